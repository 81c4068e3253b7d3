"""A resource that is nothing but a resource; its provider is pickled by its import path, as this package's are."""

from typing import Any

from pulumi import ResourceOptions
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class NothingProvider(ResourceProvider):
    """Does nothing."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """It exists."""
        return CreateResult(str(props["name"]), props)


class Nothing(Resource):
    """One of many."""

    def __init__(self, name: str, opts: ResourceOptions | None = None) -> None:
        super().__init__(NothingProvider(), name, {"name": name}, opts)
