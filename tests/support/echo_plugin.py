"""A Pulumi plugin whose resources are what the program says: for previews that policies look at."""

import sys
from pathlib import Path

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

_CHECKOUT = Path(__file__).parents[2]


class Echo(Provider):
    """Nothing is refused, and nothing is known of a new resource but its inputs."""

    async def configure(self, request: ConfigureRequest) -> ConfigureResponse:  # noqa: ARG002
        return ConfigureResponse(supports_preview=True)

    async def check(self, request: CheckRequest) -> CheckResponse:
        return CheckResponse(inputs=dict(request.new_inputs))

    async def create(self, request: CreateRequest) -> CreateResponse:
        return CreateResponse("" if request.preview else request.urn, dict(request.properties))


def install(folder: Path, *packages: str) -> Path:
    """Make the executables for packages in `folder`, which has to come first on PATH; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in packages:
        executable = folder / f"pulumi-resource-{package}"
        executable.write_text(
            f'#!/bin/sh\nPYTHONPATH="{_CHECKOUT}" exec "{sys.executable}" -u -m tests.support.echo_plugin "$@"\n',
            encoding="utf-8",
        )
        executable.chmod(0o755)
    return folder


if __name__ == "__main__":
    server.main(sys.argv[1:], "3.29.0", Echo())
