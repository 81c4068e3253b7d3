"""ARM resource ids: parse, format, compare without letter case; ids of subscriptions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .errors import InvalidInput

# Source: Azure/azure-rest-api-specs, common types of Resource Manager: "The value must be an UUID."
_SUBSCRIPTION: Final = re.compile(r"(?:/subscriptions/)?(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?", re.I)


@dataclass(frozen=True, eq=False)
class ResourceId:
    """An ARM id split into its parts; text is kept as written, equality and hash ignore letter case.

    `parents` and the leaf are `(type, name)` pairs below `provider`. An extension resource (an assignment on a
    machine) keeps the id it extends in `scope`.

    >>> vm = ResourceId.parse("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web01")
    >>> vm.name, vm.type
    ('web01', 'Microsoft.Compute/virtualMachines')
    >>> vm == ResourceId.parse(str(vm).upper())
    True
    """

    scope: str
    provider: str
    path: tuple[tuple[str, str], ...]

    @staticmethod
    def parse(text: str) -> ResourceId:
        """Split `text`. Raises InvalidInput when it is not an absolute ARM id of a resource below a provider."""
        trimmed = text.strip().rstrip("/")
        head, separator, tail = _rpartition_providers(trimmed)
        segments = tail.split("/")
        if (
            not separator
            or not trimmed.startswith("/")
            or len(segments) < 3
            or len(segments) % 2 == 0
            or "" in segments
            or not _is_scope(head)
        ):
            raise InvalidInput(
                f"'{text}' is not an Azure resource id; write it as "
                "/subscriptions/{id}/resourceGroups/{group}/providers/{namespace}/{type}/{name}"
            )
        pairs = tuple(zip(segments[1::2], segments[2::2], strict=True))
        return ResourceId(scope=head, provider=segments[0], path=pairs)

    @property
    def name(self) -> str:
        """The last name."""
        return self.path[-1][1]

    @property
    def type(self) -> str:
        """Provider and type names, such as `Microsoft.Compute/virtualMachines`."""
        return "/".join((self.provider, *(kind for kind, _ in self.path)))

    @property
    def subscription_id(self) -> str:
        """The subscription of the outermost scope; empty for a tenant-level resource."""
        return self._scope_segment("subscriptions")

    @property
    def resource_group(self) -> str:
        """The resource group of the outermost scope; empty at subscription level."""
        return self._scope_segment("resourcegroups")

    def is_type(self, wanted: str) -> bool:
        """Whether this is a `wanted` resource (`Namespace/type`), letter case ignored."""
        return self.type.casefold() == wanted.casefold()

    def extension(self, kind: str, name: str) -> ResourceId:
        """The id of an extension resource `kind` (`Namespace/type`) on this one."""
        provider, _, leaf = kind.partition("/")
        return ResourceId(scope=str(self), provider=provider, path=((leaf, name),))

    @property
    def key(self) -> str:
        """The text to compare and look up by."""
        return str(self).casefold()

    def _scope_segment(self, wanted: str) -> str:
        segments = self.scope.split("/")
        for kind, value in zip(segments[1::2], segments[2::2], strict=False):
            if kind.casefold() == wanted:
                return value
        return ""

    def __str__(self) -> str:
        return f"{self.scope}/providers/{self.provider}/" + "/".join(f"{kind}/{name}" for kind, name in self.path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def parse_subscription_id(text: str) -> str:
    """The id of a subscription, given alone or as `/subscriptions/{id}`. Raises InvalidInput for any other text."""
    found = _SUBSCRIPTION.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(
            f"'{text}' is not the id of a subscription; write it as 00000000-0000-0000-0000-000000000000"
        )
    return found["id"]


def id_in_group(subscription_id: str, group: str, type: str, name: str) -> str:
    """The id of a resource of a group; `type` is like `Microsoft.Compute/virtualMachines`."""
    return f"/subscriptions/{subscription_id}/resourceGroups/{group}/providers/{type}/{name}"


def same_id(left: str, right: str) -> bool:
    """Whether two ids name the same resource."""
    return left.strip().rstrip("/").casefold() == right.strip().rstrip("/").casefold()


def _is_scope(text: str) -> bool:
    """Whether `text` is made of pairs such as `/resourceGroups/{group}`; an empty variable leaves a hole."""
    segments = text.split("/")[1:]
    return len(segments) % 2 == 0 and "" not in segments


def _rpartition_providers(text: str) -> tuple[str, str, str]:
    marker = "/providers/"
    at = text.casefold().rfind(marker)
    return (text, "", "") if at < 0 else (text[:at], marker, text[at + len(marker) :])
