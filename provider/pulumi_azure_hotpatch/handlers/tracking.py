"""What turning hotpatching off and on does to a VM's place on the hotpatch track, and when it is back.

Turned off, a machine gets ordinary updates with their restarts; turned on again it is on the track only once the next
baseline is installed. Source: Microsoft Learn, Hotpatch for new virtual machines (Automanage), 2023-04-18, frequently
asked questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date
from typing import Any, Final

from pulumi_azure_hotpatch.engine.calendar import next_baseline
from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.releases import Release, Status
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError
from pulumi_azure_hotpatch.models.virtual_machine_patch_settings import VirtualMachinePatchSettingsState
from pulumi_azure_hotpatch.observing.hotpatching import hotpatch_states, product_of
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.ports import Context

State = VirtualMachinePatchSettingsState

_ABOUT_SWITCHING: Final = ("hotpatch-off-leaves-the-track", "hotpatch-on-waits-for-baseline")
_SETTLED: Final = ("enrolled", "unenrolled")


def with_next_baseline(finding: Finding, ctx: Context, look: Callable[[], Machine]) -> Finding:
    """A finding about turning hotpatching off or on, with the day of the next baseline; any other as it is."""
    if finding.verdict != "fail" or finding.rule not in _ABOUT_SWITCHING:
        return finding
    release = _upcoming(look(), _today(ctx))
    return finding if release is None else replace(finding, reason=f"{finding.reason} {_in_words(release)}")


def after_switching(ctx: Context, machine: Machine, state: State, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored of the track once the switch was changed; says what follows from it."""
    wanted = changes.get("enable_hotpatching")
    if wanted is None or product_of(machine) is None:
        return {}
    release = _upcoming(machine, _today(ctx))
    when = f" {_in_words(release)}" if release else ""
    if not wanted:
        if machine.settings.enable_hotpatching is not True:
            return {}
        ctx.advise(f"hotpatching is off: from now on ordinary updates, with a restart every month.{when}")
        return {"hotpatch_track": "unenrolled", "hotpatch_enabled_again_on": None}
    was_off = machine.settings.enable_hotpatching is False or state.hotpatch_track == "unenrolled"
    if not was_off:
        return {}
    ctx.inform(f"hotpatching is on again and pending baseline: it takes effect with the next baseline.{when}")
    return {"hotpatch_track": "pending baseline", "hotpatch_enabled_again_on": _today(ctx).isoformat()}


def track_now(ctx: Context, id: str, state: State) -> dict[str, Any]:
    """Where a machine that is not back on the track yet stands now; empty when there is nothing to look for.

    While Azure cannot be asked, what was known stays. What was installed may be releases that are not known here: once
    the next baseline is due, that reads `unknown`.
    """
    if state.hotpatch_track in (None, *_SETTLED) or not state.hotpatch_enabled_again_on or not state.enable_hotpatching:
        return {}
    again = date.fromisoformat(state.hotpatch_enabled_again_on)
    scope = Scope.of([id], (), None)
    told: list[str] = []
    try:
        found = hotpatch_states(ctx, scope, ctx.clock.now(), tell=told.append, enabled_again_on={id.casefold(): again})
    except (ArmError, ConfigurationError):
        return {}
    if not found or (told and found[0]["state"] == "unknown"):
        return {}
    stands = found[0]["state"]
    if stands != "unknown" or found[0]["product"] is None:
        return {"hotpatch_track": stands}
    awaited = next_baseline(found[0]["product"], again)
    is_due = awaited is not None and awaited.date is not None and awaited.date <= _today(ctx)
    return {"hotpatch_track": "unknown" if is_due else "pending baseline"}


def _upcoming(machine: Machine, today: date) -> Release | None:
    product = product_of(machine)
    return None if product is None else next_baseline(product, today)


def _in_words(release: Release) -> str:
    certainty = "" if release.status is Status.RELEASED else "planned for "
    return f"The next baseline is {certainty}{release.date or release.month}."


def _today(ctx: Context) -> date:
    return ctx.clock.now().astimezone(UTC).date()
