"""Under which conditions a machine's outcome holds, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from .facts import Machine
from .logic import UNKNOWN, Maybe, fold
from .window import Window, overlapping, same_start


@dataclass(frozen=True, slots=True)
class Given:
    """A schedule that the machine is in, by assignment or by a dynamic scope, with its next windows."""

    name: str
    reboot_setting: Maybe[str | None] = None
    windows: tuple[Window, ...] = ()


def while_off(machine: Machine, scheduled: bool, runs_in_windows: Maybe[bool | None]) -> Iterable[str]:
    """What becomes of a machine that is not running now, and may not run when it matters."""
    state = machine.power_state
    if state is UNKNOWN or state is None or fold(state) == "running" or runs_in_windows is True:
        return
    if scheduled:
        yield f"It is {state} now: a run ends as ShutdownOrUnresponsive unless it is on 15 minutes before the window."
    else:
        yield f"It is {state} now: it is patched at the first assessment after its start, within a few days."


def collisions(schedules: Sequence[Given]) -> Iterable[str]:
    """What becomes of windows that meet on one machine.

    Source: Microsoft Learn, Maintenance configurations, 2026-09-25.
    """
    for first, second in combinations(schedules, 2):
        both = f"'{first.name}' and '{second.name}'"
        match collision(first, second):
            case "same start":
                yield f"{both} start at the same time: only one of them runs."
            case "overlap":
                yield f"Windows of {both} overlap: one run waits for the other and has less time."


def collision(first: Given, second: Given) -> Literal["same start", "overlap"] | None:
    """How the next windows of two schedules meet, None where they do not."""
    pairs = list(overlapping(first.windows, second.windows))
    if any(same_start(one, other) for one, other in pairs):
        return "same start"
    return "overlap" if pairs else None


def policy_changes(machine: Machine, schedules: Maybe[Sequence[Given]]) -> Iterable[str]:
    """What an assigned policy that sets the bypass flag will change."""
    policies, settings = machine.policies, machine.settings
    if policies is None or policies.sets_bypass is not True or machine.is_arc is True:
        return
    if settings.enable_hotpatching is True:
        yield "A policy sets the bypass flag, which Azure refuses on a hotpatched machine: its remediation fails."
    elif settings.bypass_platform_safety_checks_on_user_schedule is not True:
        then = "the schedule takes over" if schedules is UNKNOWN or schedules else "nothing patches it any more"
        yield f"A policy sets AutomaticByPlatform and the bypass flag: once remediated, {then}."
