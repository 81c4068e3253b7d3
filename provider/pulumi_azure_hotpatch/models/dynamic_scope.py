"""What a program declares of a dynamic scope, and what is stored."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, VIRTUAL_MACHINES
from pulumi_azure_hotpatch.engine.scope import ALL, ANY, Place
from pulumi_azure_hotpatch.ids import parse_subscription_id

from .base import (
    ANY_CASE,
    ANY_ORDER,
    REGION,
    Answer,
    ArmId,
    GroupName,
    Inputs,
    Name,
    OnDestroy,
    Region,
    ReplaceOnChange,
    Same,
    State,
    SubscriptionId,
    check_group_name,
)
from .tags import TAG_FILTERS, TagFilters


def _check_group(given: str) -> str:
    place = Place.parse(given)
    if place.resource_group is None:
        raise ValueError(f"'{given}' is a subscription; name it in subscription_ids")
    return Place(parse_subscription_id(place.subscription_id), check_group_name(place.resource_group)).id


def once(noun: str) -> AfterValidator:
    """Refuses a list that names one thing twice, whatever the letter case; `West Europe` and `westeurope` are one."""

    def check(given: tuple[str, ...]) -> tuple[str, ...]:
        if len({one.replace(" ", "").casefold() for one in given}) < len(given):
            raise ValueError(f"names {noun} twice")
        return given

    return AfterValidator(check)


def _regions_key(names: Any) -> Any:
    return frozenset(str(name).replace(" ", "").casefold() for name in names) if names else None


def spelt_as(*names: str) -> BeforeValidator:
    """Takes a name in any letter case and goes on with ours; anything else is left to whoever judges it."""
    known = {name.casefold(): name for name in names}
    return BeforeValidator(lambda given: known.get(given.casefold(), given) if isinstance(given, str) else given)


OS_TYPES: Final = spelt_as("Windows", "Linux")
TAG_OPERATORS: Final = spelt_as(ANY, ALL)
RESOURCE_TYPES: Final = spelt_as(VIRTUAL_MACHINES, ARC_MACHINES)
REGIONS: Final = Same(_regions_key)
Subscriptions = Annotated[tuple[SubscriptionId, ...], Field(min_length=1), once("a subscription")]
GroupId = Annotated[str, AfterValidator(_check_group)]
Groups = Annotated[tuple[GroupId, ...], Field(min_length=1), once("a resource group")]
GroupNames = Annotated[tuple[GroupName, ...], once("a resource group")]
Regions = Annotated[tuple[Region, ...], once("a region")]
EACH_SYSTEM_ONCE: Final = once("an operating system")
Systems = Annotated[tuple[Annotated[str, OS_TYPES], ...], EACH_SYSTEM_ONCE]
ResourceTypes = Annotated[tuple[Annotated[str, RESOURCE_TYPES], ...], once("a resource type")]


class DynamicScopeInputs(Inputs):
    """One schedule for all machines that a filter lets through, in subscriptions and resource groups."""

    schedule_id: Annotated[ArmId, ReplaceOnChange(), ANY_CASE]
    assignment_name: Annotated[Name, ReplaceOnChange(), ANY_CASE]
    subscription_ids: Annotated[Subscriptions | None, ANY_ORDER] = None
    resource_group_ids: Annotated[Groups | None, ANY_ORDER] = None
    resource_types: Annotated[ResourceTypes | None, ANY_ORDER] = None
    resource_groups: Annotated[GroupNames | None, ANY_ORDER] = None
    locations: Annotated[Regions | None, REGIONS] = None
    os_types: Annotated[Systems | None, ANY_ORDER] = None
    tag_filters: Annotated[TagFilters | None, TAG_FILTERS] = None
    tag_operator: Annotated[str, TAG_OPERATORS, ANY_CASE] = ANY
    location: Annotated[str | None, REGION] = None
    allow_whole_subscription: bool = False
    max_machines: Annotated[int, Field(ge=1)] | None = None
    on_destroy: OnDestroy = "restore"
    matching_count: Annotated[int | None, Answer(compared_with="max_machines")] = None
    matching_machines: Annotated[tuple[str, ...] | None, ANY_ORDER, Answer(compared_with="max_machines")] = None
    findings: Annotated[tuple[str, ...] | None, Answer()] = None
    adopted: Annotated[tuple[str, ...] | None, Answer()] = None


class DynamicScopeState(DynamicScopeInputs, State):
    """`assignment_ids` has one id for each subscription and group; the keys of `previous` and `applied` are those ids
    in lower case.

    `adopted` holds the assignments that existed before us, `previous` what those of them were that we changed,
    `applied` what we last made each: `{maintenanceConfigurationId, filter, location}` as Azure's JSON has it.
    """

    model_config = ConfigDict(extra="ignore")

    assignment_ids: tuple[str, ...] = ()
    previous: dict[str, dict[str, Any]] = Field(default_factory=dict)
    applied: dict[str, dict[str, Any]] = Field(default_factory=dict)
