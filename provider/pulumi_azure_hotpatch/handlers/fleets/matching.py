"""Which machines a fleet is made of: as listed, or as a filter or a query finds them now.

Filters and queries are evaluated whenever the declaration is checked, in previews and before updates. What they found
is part of the compared inputs (`matched`): as long as the estate stays as it is nothing is to be done, and a machine
that joins or leaves is an update that preview shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pulumi_azure_hotpatch.engine.facts import VIRTUAL_MACHINES
from pulumi_azure_hotpatch.engine.fleet import body_of, filter_query
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.scope import Candidate, ScopeFilter
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.fleet_patch_settings import FILTER_FIELDS, FleetPatchSettingsInputs
from pulumi_azure_hotpatch.ports import Context

Inputs = Draft[FleetPatchSettingsInputs]

_BAD_REQUEST: Final = 400
_NARROWING: Final = ("subscription_ids", *FILTER_FIELDS, "tag_operator", "query")


def sources(inputs: Inputs) -> Any:
    """How many of the ways to name machines are used, UNKNOWN while that may still turn out either way."""
    filters = [getattr(inputs, name) for name in FILTER_FIELDS]
    named = [inputs.machine_ids is not None, inputs.query is not None]
    if any(value is UNKNOWN for value in filters):
        return UNKNOWN
    return sum((*named, any(filters)))


def members(inputs: Inputs) -> Any:
    """The ids of the machines, without repetitions; UNKNOWN while they are."""
    listed = inputs.machine_ids if inputs.machine_ids is not None else inputs.matched
    if listed is UNKNOWN or listed is None:
        return UNKNOWN
    return tuple({one.casefold(): one for one in reversed(listed)}.values())[::-1]


def match_now(ctx: Context, inputs: Inputs) -> tuple[str, ...] | None:
    """What a filter or a query finds, None where there is none or it is not known yet.

    Raises InvalidInput for a query that does not find VMs, ArmError.
    """
    if sources(inputs) != 1 or inputs.machine_ids is not None or not inputs.known(*_NARROWING):
        return None
    default = ctx.settings.subscription_id
    subscriptions = inputs.subscription_ids or ((default,) if default else ())
    if not subscriptions:
        raise InvalidInput(
            f"fleet '{inputs.fleet_name}': no subscription is given; name subscription_ids, or set "
            "azure-native:subscriptionId or ARM_SUBSCRIPTION_ID"
        )
    find = _by_query if inputs.query is not None else _by_filter
    return tuple(sorted({one.casefold(): one for one in find(ctx, inputs, subscriptions)}.values(), key=str.casefold))


def match_for_good(ctx: Context, inputs: Inputs) -> tuple[str, ...] | None:
    """As `match_now`, for whoever is about to write: a failure names the fleet and says what to do."""
    try:
        return match_now(ctx, inputs)
    except ArmError as error:
        raise error.in_words(
            f"fleet '{inputs.fleet_name}': which machines match could not be looked up, so nothing was changed: "
            f"{str(error).rstrip('.')}; mend that and run again"
        ) from None


def match_in_preview(ctx: Context, inputs: Inputs) -> tuple[str, ...] | None:
    """As `match_now`; None also where Azure may not be asked, or cannot be."""
    if not (ctx.may_read and ctx.settings.preview_reads):
        return None
    try:
        return match_now(ctx, inputs)
    except (ArmError, ConfigurationError) as error:
        if isinstance(error, ArmError) and error.status == _BAD_REQUEST:
            raise InvalidInput(f"fleet '{inputs.fleet_name}': the query cannot be used: {error}") from None
        ctx.advise(f"which machines match could not be looked up: {error}")
        return None


def _by_filter(ctx: Context, inputs: Inputs, subscriptions: tuple[str, ...]) -> Iterator[str]:
    chosen = ScopeFilter(
        resource_types=(VIRTUAL_MACHINES,),
        resource_groups=inputs.resource_groups or (),
        locations=inputs.locations or (),
        os_types=inputs.os_types or (),
        tags=inputs.tag_filters or {},
        tag_operator=inputs.tag_operator,
    )
    for row in ctx.graph.query(filter_query(chosen), subscriptions):
        candidate = Candidate.of(body_of(row))
        if candidate is not None and chosen.takes(candidate) is True:
            yield str(row["id"])


def _by_query(ctx: Context, inputs: Inputs, subscriptions: tuple[str, ...]) -> Iterator[str]:
    for row in ctx.graph.query(inputs.query, subscriptions):
        text = row.get("id")
        if not isinstance(text, str) or not _is_machine(text):
            shown = "a row without 'id'" if text is None else f"'{text}'"
            raise InvalidInput(
                f"fleet '{inputs.fleet_name}': the query answers {shown}; let it project the id of virtual machines"
            )
        yield text


def _is_machine(text: str) -> bool:
    try:
        return ResourceId.parse(text).is_type(VIRTUAL_MACHINES)
    except InvalidInput:
        return False
