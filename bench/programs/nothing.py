"""A resource that is nothing but a resource; its provider is pickled by its import path, as this package's are.

With `wait` its creation takes so many seconds, as the wait for a machine does, and nothing else.
"""

import time
from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import ConfigureRequest, CreateResult, Resource, ResourceProvider

from pulumi_azure_hotpatch.host.engine_hooks import widen_worker_pool


class NothingProvider(ResourceProvider):
    """Does nothing."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:  # noqa: ARG002 - the engine's signature
        """As many at once as the engine asks for, as with this package."""
        widen_worker_pool()

    def create(self, props: dict[str, Any]) -> CreateResult:
        """It exists, after the wait."""
        time.sleep(props["wait"])
        return CreateResult(str(props["name"]), props)


class Nothing(Resource):
    """One of many."""

    def __init__(self, name: str, opts: ResourceOptions | None = None, *, wait: float = 0) -> None:
        super().__init__(NothingProvider(), name, {"name": name, "wait": wait}, opts)
