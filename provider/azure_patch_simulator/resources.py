"""ARM resources kept as the bodies they are, found by id, type, group or scope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Body = dict[str, Any]
GROUP_TYPE = "Microsoft.Resources/resourceGroups"


@dataclass(slots=True)
class Resource:
    """One resource. ``body`` is what a GET shows; ``facts`` is what only the simulator knows of it (JSON too)."""

    id: str
    type: str
    body: Body
    created: datetime
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rsplit("/", 1)[-1]

    @property
    def properties(self) -> Body:
        """The ``properties`` of the body, made if they are missing."""
        properties: Body = self.body.setdefault("properties", {})
        return properties

    @property
    def group(self) -> str | None:
        """The resource group's name as written in the id, ``None`` above a group."""
        return group_of(self.id)

    @property
    def scope(self) -> str:
        """What the resource hangs on: the id before its last ``/providers/``."""
        return scope_of(self.id)


def parts_of(resource_id: str) -> list[str]:
    """Return the parts of an id, empty ones left out."""
    return [part for part in resource_id.split("/") if part]


def group_of(resource_id: str) -> str | None:
    """Return the resource group an id names, ``None`` if it names none."""
    parts = parts_of(resource_id)
    return parts[3] if len(parts) > 3 and parts[2].lower() == "resourcegroups" else None


def subscription_of(resource_id: str) -> str | None:
    """Return the subscription an id names, ``None`` if it names none."""
    parts = parts_of(resource_id)
    return parts[1] if len(parts) > 1 and parts[0].lower() == "subscriptions" else None


def scope_of(resource_id: str) -> str:
    """Return the id before the last ``/providers/`` (the whole id when there is none)."""
    at = resource_id.lower().rfind("/providers/")
    return resource_id[:at] if at >= 0 else resource_id


def type_of(resource_id: str) -> str | None:
    """Return the type an id spells out, e.g. ``Microsoft.Compute/virtualMachines``; ``None`` if it is no resource's."""
    parts = parts_of(resource_id)
    lower = [part.lower() for part in parts]
    if "providers" in lower:
        rest = parts[len(lower) - lower[::-1].index("providers") :]
        if len(rest) < 3 or len(rest) % 2 == 0:
            return None
        return "/".join([rest[0], *rest[1::2]])
    return GROUP_TYPE if len(parts) == 4 and lower[2] == "resourcegroups" else None


class ResourceStore:
    """All resources of a world; ids, types and scopes are compared without letter case."""

    def __init__(self) -> None:
        self._by_id: dict[str, Resource] = {}
        self._by_type: dict[str, dict[str, None]] = {}
        self._by_scope: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._by_id.values()))

    def get(self, resource_id: str) -> Resource | None:
        """Return the resource of this id, ``None`` if there is none."""
        return self._by_id.get(resource_id.lower())

    def put(self, resource: Resource) -> None:
        """Keep ``resource`` under its id."""
        key = resource.id.lower()
        self._by_id[key] = resource
        self._by_type.setdefault(resource.type.lower(), {})[key] = None
        self._by_scope.setdefault(resource.scope.lower(), {})[key] = None

    def remove(self, resource_id: str) -> None:
        """Forget the resource and everything that hangs on it."""
        key = resource_id.lower()
        resource = self._by_id.pop(key, None)
        if resource is not None:
            del self._by_type[resource.type.lower()][key]
            del self._by_scope[resource.scope.lower()][key]
        for child in list(self._by_scope.get(key, ())):
            self.remove(child)

    def of_type(self, resource_type: str, *, subscription: str, group: str | None = None) -> list[Resource]:
        """Return the resources of a type in a subscription, or in one of its groups, oldest first."""
        prefix = f"/subscriptions/{subscription}/".lower()
        if group is not None:
            prefix += f"resourcegroups/{group}/".lower()
        keys = self._by_type.get(resource_type.lower(), ())
        return [self._by_id[key] for key in keys if key.startswith(prefix)]

    def within(self, scope: str) -> list[Resource]:
        """Return what hangs directly on ``scope``."""
        return [self._by_id[key] for key in self._by_scope.get(scope.lower(), ())]
