"""The scope that is typed as options of `azure-hotpatch scope`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pulumi_azure_hotpatch.engine.facts import MAINTENANCE_CONFIGURATIONS
from pulumi_azure_hotpatch.engine.scope import Place, ScopeFilter
from pulumi_azure_hotpatch.engine.scopes_around import Scope, Surroundings
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId


@dataclass(frozen=True, slots=True)
class Wanted:
    """A scope as it was typed; every list may be empty."""

    subscriptions: Sequence[str] = ()
    groups: Sequence[str] = ()
    types: Sequence[str] = ()
    group_names: Sequence[str] = ()
    locations: Sequence[str] = ()
    systems: Sequence[str] = ()
    tags: Sequence[str] = ()
    all_tags: bool = False
    schedule: str | None = None
    whole: bool = False

    @property
    def says_something(self) -> bool:
        """Whether a scope of its own is meant, rather than those that are there."""
        narrowed = (*self.groups, *self.types, *self.group_names, *self.locations, *self.systems, *self.tags)
        return bool(narrowed) or self.whole or self.schedule is not None


def check_schedule(given: str | None) -> None:
    """Raises InvalidInput for what is no id of a schedule."""
    if given is None:
        return
    try:
        is_schedule = ResourceId.parse(given).is_type(MAINTENANCE_CONFIGURATIONS)
    except InvalidInput:
        is_schedule = False
    if not is_schedule:
        raise InvalidInput(
            f"--schedule {given!r}: expected the id of a schedule, "
            f"/subscriptions/{{id}}/resourceGroups/{{group}}/providers/{MAINTENANCE_CONFIGURATIONS}/{{name}}"
        )


def subscriptions_of(wanted: Wanted, around: Surroundings) -> Sequence[str]:
    """Where a typed scope is: as typed, else wherever there are machines."""
    if wanted.subscriptions or wanted.groups:
        return wanted.subscriptions
    return sorted(around.by_subscription)


def typed_scope(wanted: Wanted, subscriptions: Sequence[str]) -> Scope:
    """The scope that the options say. Raises InvalidInput for a tag without a value and for what is no place."""
    tags: dict[str, tuple[str, ...]] = {}
    spelt: dict[str, str] = {}
    for text in wanted.tags:
        name, separator, value = text.partition("=")
        if not name or not separator:
            raise InvalidInput(f"--tag {text!r}: expected NAME=VALUE")
        # Names of tags have no letter case.
        name = spelt.setdefault(name.casefold(), name)
        tags[name] = (*tags.get(name, ()), value)
    return Scope(
        places=(*map(Place, subscriptions), *map(Place.parse, wanted.groups)),
        filter=ScopeFilter(
            _each_once(wanted.types),
            _each_once(wanted.group_names),
            _each_once(wanted.locations),
            _each_once(wanted.systems),
            tags,
            "All" if wanted.all_tags else "Any",
        ),
        schedule_id=wanted.schedule,
        location=next(iter(wanted.locations), None),
        allow_whole_subscription=wanted.whole,
    )


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    """The names but for repeated ones; `West Europe` and `westeurope` are one."""
    once: dict[str, str] = {}
    for name in names:
        once.setdefault(name.replace(" ", "").casefold(), name)
    return tuple(once.values())
