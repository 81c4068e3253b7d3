"""A Pulumi plugin whose resources are what the program says: for previews that policies look at."""

import sys

from pulumi.provider.experimental import server
from pulumi.provider.experimental.provider import (
    CheckRequest,
    CheckResponse,
    ConfigureRequest,
    ConfigureResponse,
    CreateRequest,
    CreateResponse,
    Provider,
)


class Echo(Provider):
    """Nothing is refused, and nothing is known of a new resource but its inputs."""

    async def configure(self, request: ConfigureRequest) -> ConfigureResponse:  # noqa: ARG002
        return ConfigureResponse(supports_preview=True)

    async def check(self, request: CheckRequest) -> CheckResponse:
        return CheckResponse(inputs=dict(request.new_inputs))

    async def create(self, request: CreateRequest) -> CreateResponse:
        return CreateResponse("" if request.preview else request.urn, dict(request.properties))


if __name__ == "__main__":
    server.main(sys.argv[1:], "3.29.0", Echo())
