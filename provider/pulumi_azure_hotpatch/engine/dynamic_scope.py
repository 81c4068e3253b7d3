"""Dynamic scopes: assignments whose machines are found by a filter when the schedule runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .clouds import PUBLIC, cloud_of
from .facts import ARC_MACHINES, VIRTUAL_MACHINES
from .logic import UNKNOWN, Maybe
from .patch_lists import Texts, first_outside

# What the assignment at a subscription has in the place of a region.
_NO_REGION: Final = "global"
MACHINE_TYPES: Final = (VIRTUAL_MACHINES, ARC_MACHINES)
OS_TYPES: Final = ("Windows", "Linux")


@dataclass(frozen=True, slots=True)
class DynamicScope:
    """The filter of a dynamic scope, and how full the things around it are.

    `resource_group_name` is set for an assignment at a resource group, None at the subscription. The counts include
    this scope and are None where nobody counted: `machines` it matches, `hotpatched_machines` and `unready_machines`
    (no AutomaticByPlatform or no bypass flag) among them, `scopes_in_region` of its subscription or group,
    `scopes_on_schedule`, `subscriptions_on_schedule`, `associations_on_schedule`. Of a scope over several places
    `machines` is of the fullest place, `all_machines` of all of them, `machines_off` those that do not run, or
    are not connected, now.

    `cloud` is where the scope is, as `clouds` calls it, None where only its location may tell.

    `has_other_filter` is whether the service narrows it by something that nobody can declare here, `covered_groups`
    how many of its resource groups are in a subscription that it covers as well.

    `allow_whole_subscription` and `most_machines` are what a declaration says; None where nobody declared the scope.
    """

    resource_group_name: Maybe[str | None] = UNKNOWN
    location: Maybe[str | None] = UNKNOWN
    resource_types: Maybe[Texts | None] = None
    os_types: Maybe[Texts | None] = None
    locations: Maybe[Texts | None] = None
    resource_groups: Maybe[Texts | None] = None
    tag_operator: Maybe[str | None] = None
    tag_filters: Maybe[int | None] = None
    has_other_filter: Maybe[bool] = False
    covered_groups: Maybe[int | None] = None
    machines: Maybe[int | None] = None
    hotpatched_machines: Maybe[int | None] = None
    unready_machines: Maybe[int | None] = None
    scopes_in_region: Maybe[int | None] = None
    scopes_on_schedule: Maybe[int | None] = None
    subscriptions_on_schedule: Maybe[int | None] = None
    associations_on_schedule: Maybe[int | None] = None
    all_machines: Maybe[int | None] = None
    machines_off: Maybe[int | None] = None
    same_start_machines: Maybe[int | None] = None
    overlapping_machines: Maybe[int | None] = None
    shared_availability_sets: Maybe[int | None] = None
    new_machines: Maybe[int | None] = None
    dropped_machines: Maybe[int | None] = None
    allow_whole_subscription: Maybe[bool | None] = None
    most_machines: Maybe[int | None] = None
    cloud: Maybe[str | None] = None

    @property
    def has_filter(self) -> Maybe[bool]:
        """Whether anything narrows the scope."""
        return _any_of(_leaves_out(self.resource_types, MACHINE_TYPES), self._narrows_within_types)

    @property
    def is_narrowed(self) -> Maybe[bool]:
        """Whether it takes less than every machine of a subscription: types of resources alone leave all in."""
        if self.resource_group_name is not UNKNOWN and self.resource_group_name is not None:
            return True
        narrowed = self._narrows_within_types
        return UNKNOWN if narrowed is False and self.resource_group_name is UNKNOWN else narrowed

    @property
    def _narrows_within_types(self) -> Maybe[bool]:
        systems = _leaves_out(self.os_types, OS_TYPES)
        return _any_of(systems, self.locations, self.resource_groups, self.tag_filters, self.has_other_filter)

    @property
    def exceeds_most_machines(self) -> Maybe[bool]:
        """Whether it takes more machines than the declaration expects."""
        most, taken = self.most_machines, self.all_machines
        if most is None or taken is None:
            return False
        return UNKNOWN if most is UNKNOWN or taken is UNKNOWN else taken > most

    @property
    def has_locations(self) -> Maybe[bool]:
        """Whether locations are given."""
        return UNKNOWN if self.locations is UNKNOWN else bool(self.locations)

    @property
    def wrong_resource_type(self) -> Maybe[str | None]:
        """The first resource type that cannot be in a scope."""
        return first_outside(self.resource_types, MACHINE_TYPES)

    @property
    def wrong_os_type(self) -> Maybe[str | None]:
        """The first operating system type that does not exist."""
        return first_outside(self.os_types, OS_TYPES)

    @property
    def resource_group_count(self) -> Maybe[int | None]:
        """How many resource groups the filter names, None where it names none."""
        if self.resource_groups is UNKNOWN or self.resource_groups is None:
            return self.resource_groups
        return len(self.resource_groups)

    @property
    def is_sovereign(self) -> Maybe[bool]:
        """Whether the lower limits of the US Government and China clouds hold; unknown where no region tells."""
        if isinstance(self.cloud, str):
            return self.cloud != PUBLIC
        if not isinstance(self.location, str) or self.location.casefold() == _NO_REGION:
            return UNKNOWN
        return cloud_of(self.location) != PUBLIC


def _leaves_out(named: Maybe[Texts | None], all_there_are: Texts) -> Maybe[bool]:
    """Whether a list lets less than everything through; one that is empty or names all lets everything."""
    if named is UNKNOWN or not named:
        return UNKNOWN if named is UNKNOWN else False
    given = {one.casefold() for one in named}
    return any(one.casefold() not in given for one in all_there_are)


def _any_of(*parts: object) -> Maybe[bool]:
    if any(part is not UNKNOWN and part for part in parts):
        return True
    return UNKNOWN if any(part is UNKNOWN for part in parts) else False
