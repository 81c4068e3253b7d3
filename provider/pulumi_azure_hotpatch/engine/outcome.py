"""What will happen to one machine: by its patch mode, the bypass flag and its schedules, and everything that breaks it.

The heart is the table of Microsoft Learn, Prerequisites for schedule patching, 2024-02-20, written out below. It holds
for Azure VMs; Arc-enabled servers have no prerequisite and no automatic guest patching.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Final, Literal

from .facts import (
    ARC_MACHINES,
    MAINTENANCE_CONFIGURATIONS,
    VIRTUAL_MACHINES,
    Assignment,
    Machine,
    Schedule,
)
from .images import HOTPATCH_IMAGES, PLAIN_AZURE_EDITION_IMAGES
from .logic import UNKNOWN, Maybe, fold
from .provisos import Given, collision, collisions, policy_changes, while_off
from .rules import Finding, judge, rules_for

Verdict = Literal["schedule", "platform", "nothing", "error", "unknown"]
"""`schedule`: patches come in the schedule's windows; `platform`: Azure patches it; `nothing`: neither; `error`: a
schedule is there, and its runs fail; `unknown`: what is not known yet decides."""

# (AutomaticByPlatform, bypass flag, schedule) -> what happens.
TRUTH_TABLE: Final[Mapping[tuple[bool, bool, bool], Verdict]] = MappingProxyType(
    {
        (True, True, True): "schedule",
        (True, True, False): "nothing",
        (True, False, True): "error",
        (True, False, False): "platform",
        (False, True, True): "error",
        (False, True, False): "nothing",
        (False, False, True): "error",
        (False, False, False): "nothing",
    }
)


BYPASS_SWITCH: Final = "hotpatch-forbids-bypass"
"""Relaxed, a hotpatched machine is taken to have its schedule: sources disagree on whether Azure lets it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What will happen, in one sentence with its reason.

    `provisos` are the conditions under which the sentence holds, in words. `reboot_setting` is the one that counts: the
    machine's before the schedule's; None where neither has one. `findings` are the failed and open rules behind it.
    """

    verdict: Verdict
    why: str
    reboot_setting: Maybe[str | None] = None
    provisos: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.why, *self.provisos))


def outcome(
    machine: Machine,
    schedules: Maybe[Sequence[Given]] = (),
    *,
    runs_in_windows: Maybe[bool | None] = None,
    listed_images: Collection[str] | None = None,
    relaxed: frozenset[str] = frozenset(),
    with_findings: bool = True,
) -> Outcome:
    """What will happen to `machine` with the schedules it is in.

    `runs_in_windows` is whether it will be running in its windows, None where nobody said. `listed_images` are the
    marketplace images (`publisher:offer:sku`) that automatic guest patching supports; without them only those are known
    that the catalogue names, and the outcome says so. `relaxed` holds the switches that are set. The findings take most
    of the time and can be left out.

    Azure refuses the bypass flag on a hotpatched VM, so that no schedule patches it, unless `hotpatch-forbids-bypass`
    is relaxed. Source: ARM error InvalidParameter quoted in claranet/terraform-azurerm-windows-vm PR 4, 2025-03-31.
    """
    names = () if schedules is UNKNOWN else schedules
    verdict, why = _verdict(machine, schedules, refuses_bypass=BYPASS_SWITCH not in relaxed)
    provisos: list[str] = []
    if verdict == "platform":
        verdict, why = _by_platform(machine, listed_images, provisos)
    elif verdict == "schedule" and runs_in_windows is False:
        verdict, why = "error", "The machine is off in its windows, so every run ends as ShutdownOrUnresponsive."
    if verdict in ("schedule", "platform"):
        verdict, why = _unless_broken(machine, verdict, why, runs_in_windows)
    if verdict in ("schedule", "platform"):
        provisos += while_off(machine, verdict == "schedule", runs_in_windows)
    if verdict == "schedule":
        provisos += collisions(names)
    provisos += policy_changes(machine, schedules)
    return Outcome(
        verdict=verdict,
        why=why,
        reboot_setting=effective_reboot_setting(machine, names),
        provisos=tuple(provisos),
        findings=tuple(_findings(machine, names, relaxed)) if with_findings else (),
    )


def either_way(machine: Machine, relaxed: frozenset[str] = frozenset()) -> str:
    """What will happen to a machine of which it is not known whether it has a schedule: as it is, and once it has."""
    alone = outcome(machine, (), relaxed=relaxed, with_findings=False)
    scheduled = outcome(machine, (Given(""),), relaxed=relaxed, with_findings=False)
    return str(alone) if str(alone) == str(scheduled) else f"Without a schedule: {alone} With one: {scheduled}"


def effective_reboot_setting(machine: Machine, schedules: Sequence[Given]) -> Maybe[str | None]:
    """The reboot setting that counts: the machine's own, else the one that all its schedules share, else UNKNOWN.

    Source: Microsoft Learn, Automatic guest patching, 2024-07-31: the machine's takes precedence.
    """
    own = machine.settings.reboot_setting
    if own is not None and fold(own) != "unknown":
        return own
    theirs = {fold(one.reboot_setting): one.reboot_setting for one in schedules}
    if not theirs:
        return None
    return next(iter(theirs.values())) if len(theirs) == 1 else UNKNOWN


def _verdict(machine: Machine, schedules: Maybe[Sequence[Given]], *, refuses_bypass: bool) -> tuple[Verdict, str]:
    """The row of the table, or `unknown` when the rows that are still possible disagree."""
    has_schedule: Maybe[bool] = UNKNOWN if schedules is UNKNOWN else bool(schedules)
    name = _names(schedules)
    if machine.is_arc is True:
        return _arc(has_schedule, name)
    mode, bypass = machine.settings.patch_mode, machine.settings.bypass_platform_safety_checks_on_user_schedule
    by_platform: Maybe[bool] = UNKNOWN if mode is UNKNOWN else fold(mode) == "automaticbyplatform"
    bypassed: Maybe[bool] = UNKNOWN if bypass is UNKNOWN else bypass is True
    rows = product(_either(by_platform), _either(bypassed), _either(has_schedule))
    hotpatched: Maybe[bool] = machine.settings.enable_hotpatching is True
    if machine.settings.enable_hotpatching is UNKNOWN and fold(machine.os_type) != "linux":
        hotpatched = UNKNOWN
    refused = refuses_bypass and hotpatched is True
    possible: set[Verdict] = {
        "error" if refused and TRUTH_TABLE[row] == "schedule" else TRUTH_TABLE[row] for row in rows
    }
    if machine.is_arc is UNKNOWN or len(possible) > 1:
        return _undecided(
            {
                "the patch mode": by_platform,
                "the bypass flag": bypassed,
                "the machine's schedules": has_schedule,
                "the machine's id": machine.is_arc,
            }
        )
    (verdict,) = possible
    if verdict == "schedule" and refuses_bypass and hotpatched is UNKNOWN:
        return _undecided({"whether it is hotpatched": hotpatched})
    if verdict == "error" and refused and by_platform is True and bypassed is not False:
        return verdict, (
            f"Nothing patches it: {name} needs the bypass flag, which Azure refuses on a hotpatched machine, "
            "and while a schedule is there the platform does not patch either."
        )
    return verdict, _sentence(machine, verdict, by_platform, name)


def _either(flag: Maybe[bool]) -> tuple[bool, ...]:
    return (True, False) if flag is UNKNOWN else (flag,)


def _undecided(facts: Mapping[str, object]) -> tuple[Verdict, str]:
    missing = [label for label, value in facts.items() if value is UNKNOWN]
    return "unknown", f"What happens depends on {' and '.join(missing)}, not known yet."


def _arc(has_schedule: Maybe[bool], name: str) -> tuple[Verdict, str]:
    if has_schedule is UNKNOWN:
        return _undecided({"the machine's schedules": has_schedule})
    if has_schedule:
        return "schedule", f"{name} installs patches in its windows; Arc-enabled servers need nothing else for that."
    return "nothing", "Azure patches nothing: Arc-enabled servers are patched by schedules or on demand only."


def _sentence(machine: Machine, verdict: Verdict, by_platform: Maybe[bool], name: str) -> str:
    itself = "" if by_platform is UNKNOWN else f"; {_by_itself(machine.settings.patch_mode)}"
    match verdict, by_platform:
        case "schedule", _:
            return f"{name} installs patches in its windows."
        case "platform", _:
            hotpatched = machine.settings.enable_hotpatching is True
            restarts = "; it is hotpatched and restarts for baselines only" if hotpatched else ""
            return f"Azure patches it within 30 days of each monthly release, in its off-peak hours{restarts}."
        case "error", True:
            return (
                f"Nothing patches it: {name} needs the bypass flag and ends with a prerequisite error without it, "
                "and while a schedule is there the platform does not patch either."
            )
        case "error", _:
            needs = "patch mode AutomaticByPlatform and the bypass flag"
            return f"{name} installs nothing: it needs {needs} and ends with a prerequisite error{itself}."
        case _, False:
            return f"Azure patches nothing{itself}."
        case _:
            return "Nothing patches it: the bypass flag leaves patching to a schedule, and it has none."


def _by_itself(mode: Maybe[str | None]) -> str:
    match fold(mode):
        case "automaticbyos":
            return "Windows updates itself (AutomaticByOS)"
        case "manual":
            return "updates are left to people (Manual)"
        case "imagedefault":
            return "the image's own update settings hold (ImageDefault)"
        case _:
            return "the operating system's own update settings hold"


def _unless_broken(
    machine: Machine, verdict: Verdict, why: str, runs_in_windows: Maybe[bool | None]
) -> tuple[Verdict, str]:
    """The verdict, if nothing keeps installations from working, whoever starts them."""
    agent = True if machine.is_arc else machine.provision_vm_agent
    extensions = True if machine.is_arc else machine.allow_extension_operations
    broken: Verdict = "error" if verdict == "schedule" else "nothing"
    if agent is False:
        return broken, "Nothing can be installed: the machine has no VM agent (provisionVMAgent is false)."
    if extensions is False:
        return (
            broken,
            "Nothing can be installed: allowExtensionOperations is false, which keeps the patch extension out.",
        )
    if fold(machine.support_state) == "unsupported":
        return broken, "Every installation fails: the last assessment found the machine's image unsupported."
    facts = {
        "the VM agent": agent,
        "whether extensions are allowed": extensions,
        "what an assessment says of the image": machine.support_state,
        "whether the machine runs in its windows": runs_in_windows if verdict == "schedule" else None,
    }
    return _undecided(facts) if UNKNOWN in facts.values() else (verdict, why)


def _by_platform(machine: Machine, listed_images: Collection[str] | None, provisos: list[str]) -> tuple[Verdict, str]:
    custom = machine.has_custom_image
    if custom is True:
        return "nothing", (
            "Nothing patches it: automatic guest patching never works on custom images; "
            "set the bypass flag and give it a schedule, or patch it on demand."
        )
    triple = None if machine.image is UNKNOWN or machine.image is None else machine.image.triple
    listed = {image.casefold() for image in listed_images or _NAMED_IMAGES}
    if custom is UNKNOWN or triple is UNKNOWN:
        return _undecided({"the machine's image": UNKNOWN})
    if str(triple).casefold() not in listed:
        if listed_images is not None:
            return "nothing", f"Nothing patches it: automatic guest patching does not support the image {triple}."
        provisos.append(f"That holds if Microsoft's list of supported images has {triple}.")
    return "platform", _sentence(machine, "platform", True, "")


# Named by every source as patched by the platform; the full list is Microsoft's.
_NAMED_IMAGES: Final = (*HOTPATCH_IMAGES, *PLAIN_AZURE_EDITION_IMAGES)


def _findings(machine: Machine, schedules: Sequence[Given], relaxed: frozenset[str]) -> Iterable[Finding]:
    found = list(judge(rules_for("machine"), machine, relaxed=relaxed))
    for one in schedules:
        met = {collision(one, other): other.name for other in schedules if other is not one}
        facts = Assignment(
            machine=machine,
            machine_type=UNKNOWN if machine.is_arc is UNKNOWN else ARC_MACHINES if machine.is_arc else VIRTUAL_MACHINES,
            schedule_type=MAINTENANCE_CONFIGURATIONS,
            schedule=Schedule(name=one.name, reboot_setting=one.reboot_setting, scope="InGuestPatch"),
            same_start_as=met.get("same start"),
            overlaps_with=met.get("overlap"),
        )
        found += judge(rules_for("assignment"), facts, relaxed=relaxed)
    return (finding for finding in found if finding.verdict != "pass")


def _names(schedules: Maybe[Sequence[Given]]) -> str:
    known = () if schedules is UNKNOWN else schedules
    # A schedule without a name is one that is only thought of.
    quoted = [f"'{one.name}'" for one in known if one.name]
    if len(quoted) < 2:
        return f"Schedule {quoted[0]}" if quoted else "The schedule"
    return f"Each of the schedules {', '.join(quoted[:-1])} and {quoted[-1]}"
