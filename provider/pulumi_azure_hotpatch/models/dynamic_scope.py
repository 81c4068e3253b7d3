"""What a program declares of a dynamic scope, and what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, Field

from pulumi_azure_hotpatch.engine.scope import Place
from pulumi_azure_hotpatch.errors import InvalidInput

from .base import (
    ANY_CASE,
    ANY_ORDER,
    REGION,
    Answer,
    ArmId,
    Inputs,
    Name,
    OnDestroy,
    ReplaceOnChange,
    Same,
    State,
)


def _check_subscriptions(given: tuple[str, ...]) -> tuple[str, ...]:
    bare = tuple(one.strip().rstrip("/").rpartition("/")[2] if "/subscriptions/" in one else one for one in given)
    if any(not one.strip() or "/" in one for one in bare):
        raise ValueError("must be subscription ids, such as 00000000-0000-0000-0000-000000000001")
    return _once(bare, "subscription")


def _check_groups(given: tuple[str, ...]) -> tuple[str, ...]:
    ids = []
    for one in given:
        try:
            place = Place.parse(one)
        except InvalidInput as error:
            raise ValueError(str(error)) from None
        if place.resource_group is None:
            raise ValueError(f"'{one}' is a subscription; name it in subscription_ids")
        ids.append(place.id)
    return _once(tuple(ids), "resource group")


def _once(given: tuple[str, ...], noun: str) -> tuple[str, ...]:
    if len({one.casefold() for one in given}) < len(given):
        raise ValueError(f"names a {noun} twice")
    return given


def _check_tags(tags: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    if len({name.casefold() for name in tags}) < len(tags):
        raise ValueError("names a tag twice: names of tags have no letter case")
    if empty := [name for name, values in tags.items() if not values]:
        raise ValueError(f"gives no value for the tag '{empty[0]}'; name the values that fit")
    return tags


def _tags_key(tags: Any) -> Any:
    """Names without letter case, values (which have it) as sets."""
    if not isinstance(tags, Mapping):
        return tags or None
    return {str(name).casefold(): frozenset(values) for name, values in tags.items()} or None


def _regions_key(names: Any) -> Any:
    return frozenset(str(name).replace(" ", "").casefold() for name in names) if names else None


TAG_FILTERS: Final = Same(_tags_key)
Subscriptions = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_check_subscriptions)]
Groups = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_check_groups)]
TagFilters = Annotated[dict[str, tuple[str, ...]], AfterValidator(_check_tags)]


class DynamicScopeInputs(Inputs):
    """One schedule for all machines that a filter lets through, in subscriptions and resource groups."""

    schedule_id: Annotated[ArmId, ReplaceOnChange(), ANY_CASE]
    assignment_name: Annotated[Name, ReplaceOnChange(), ANY_CASE]
    subscription_ids: Annotated[Subscriptions | None, ANY_ORDER] = None
    resource_group_ids: Annotated[Groups | None, ANY_ORDER] = None
    resource_types: Annotated[tuple[str, ...] | None, ANY_ORDER] = None
    resource_groups: Annotated[tuple[str, ...] | None, ANY_ORDER] = None
    locations: Annotated[tuple[str, ...] | None, Same(_regions_key)] = None
    os_types: Annotated[tuple[str, ...] | None, ANY_ORDER] = None
    tag_filters: Annotated[TagFilters | None, TAG_FILTERS] = None
    tag_operator: Annotated[str, ANY_CASE] = "Any"
    location: Annotated[str | None, REGION] = None
    allow_whole_subscription: bool = False
    max_machines: Annotated[int, Field(ge=1)] | None = None
    on_destroy: OnDestroy = "restore"
    matching_count: Annotated[int | None, Answer()] = None
    matching_machines: Annotated[tuple[str, ...] | None, Answer()] = None


class DynamicScopeState(DynamicScopeInputs, State):
    """`assignment_ids` has one id for each subscription and group; the keys of `previous` and `applied` are those ids
    in lower case.

    `adopted` holds the assignments that existed before us, `previous` what those of them were that we changed,
    `applied` what we last made each: `{maintenanceConfigurationId, filter, location}` as Azure's JSON has it.
    """

    model_config = ConfigDict(extra="ignore")

    assignment_ids: tuple[str, ...] = ()
    adopted: tuple[str, ...] = ()
    previous: dict[str, dict[str, Any]] = Field(default_factory=dict)
    applied: dict[str, dict[str, Any]] = Field(default_factory=dict)
