"""Who asked for an installation: the activity log has each request under the id that its client gave it.

A VM's instance view knows its last installation at once. An Arc-enabled server has none: what neither the log nor
Resource Graph shows may still have been asked for by a run that was killed, until the log is complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from pulumi_azure_hotpatch.engine.patch_results import Installation
from pulumi_azure_hotpatch.engine.requests import GRAPH_DELAY, LOG_DELAY, asked_by, untold_installation
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, Refused
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.patches import spell_instant
from pulumi_azure_hotpatch.ports import Context

# An installation may begin a while after it was asked for.
_BEFORE: Final = timedelta(hours=1)
_LOOK_INTERVAL: Final = timedelta(minutes=2)


def is_ours(
    ctx: Context, machine: ResourceId, installation: Installation, among: Iterable[Installation], ours: str
) -> bool | None:
    """Whether it was asked for under the id `ours`; None where the activity log does not tell (yet).

    `among` are all installations of the machine. That it is another's counts only once the log is complete: until then
    ours may be missing from it. Raises ArmError or ConfigurationError where the log cannot be read.
    """
    started = installation.started
    if started is None:
        return None
    requests = ctx.activity_log.requests(machine, started - _BEFORE)
    told = asked_by(requests, ours, started, (each.started for each in among))
    return None if told is False and not is_settled(ctx, installation) else told


def is_settled(ctx: Context, installation: Installation) -> bool:
    """Whether the activity log will not tell more about it."""
    return installation.started is None or ctx.clock.now() >= installation.started + LOG_DELAY


def next_look(
    ctx: Context, machine: ResourceId, since: datetime, known: Iterable[Installation], ours: str
) -> datetime | None:
    """When to look again whether an earlier run asked an Arc-enabled server for an installation; None once it is clear
    that none did but those that are `known`.

    Raises Refused where nothing tells.
    """
    now, complete = ctx.clock.now(), ctx.began + LOG_DELAY
    if now < complete:
        return complete
    try:
        requests = ctx.activity_log.requests(machine, since)
    except (ArmError, ConfigurationError) as error:
        raise Refused(
            f"{ctx.label}: whether an earlier run asked '{machine.name}' for an installation is not known, because "
            f"only the activity log tells ({error}), and a second one is never started. Let the identity read it "
            "(Microsoft.Insights/eventtypes/values/read), or set look_back='0s' if no earlier run was killed"
        ) from None
    asked = untold_installation(requests, (each.started for each in known), ours)
    if asked is None:
        return None
    if now < ctx.began + GRAPH_DELAY:
        return now + _LOOK_INTERVAL
    raise Refused(
        f"{ctx.label}: an installation of '{machine.name}' was asked for at {spell_instant(asked.at)} (activity log), "
        "and Resource Graph does not tell of it yet; it may be one of this resource from a run that was killed, and a "
        "second one is never started. Run again in a few minutes"
    )
