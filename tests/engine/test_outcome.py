"""What will happen to a machine: the documented table, and everything that breaks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.facts import Machine, Policies
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.outcome import TRUTH_TABLE, effective_reboot_setting, outcome
from pulumi_azure_hotpatch.engine.provisos import Given
from pulumi_azure_hotpatch.engine.window import Window
from tests.engine.rule_cases.form import CUSTOM, UBUNTU, arc_server, linux_vm, plain_windows_vm, unseen_vm, windows_vm

BYPASS = "bypass_platform_safety_checks_on_user_schedule"
WEEKLY = Given("weekly", "IfRequired")
NIGHTLY = Given("nightly", "Never")

# patch mode, bypass flag, schedule: verdict and sentence, for a Windows VM whose image is on the list. As in Microsoft
# Learn, Prerequisites for schedule patching, 2024-02-20.
TABLE: list[tuple[str, bool, bool, str, str]] = [
    ("AutomaticByPlatform", True, True, "schedule", "Schedule 'weekly' installs patches in its windows."),
    (
        "AutomaticByPlatform",
        True,
        False,
        "nothing",
        "Nothing patches it: the bypass flag leaves patching to a schedule, and it has none.",
    ),
    (
        "AutomaticByPlatform",
        False,
        True,
        "error",
        "Nothing patches it: Schedule 'weekly' needs the bypass flag and ends with a prerequisite error without it, "
        "and while a schedule is there the platform does not patch either.",
    ),
    (
        "AutomaticByPlatform",
        False,
        False,
        "platform",
        "Azure patches it within 30 days of each monthly release, in its off-peak hours.",
    ),
    (
        "Manual",
        True,
        True,
        "error",
        "Schedule 'weekly' installs nothing: it needs patch mode AutomaticByPlatform and the bypass flag and ends with "
        "a prerequisite error; updates are left to people (Manual).",
    ),
    ("AutomaticByOS", True, False, "nothing", "Azure patches nothing; Windows updates itself (AutomaticByOS)."),
    (
        "AutomaticByOS",
        False,
        True,
        "error",
        "Schedule 'weekly' installs nothing: it needs patch mode AutomaticByPlatform and the bypass flag and ends with "
        "a prerequisite error; Windows updates itself (AutomaticByOS).",
    ),
    ("Manual", False, False, "nothing", "Azure patches nothing; updates are left to people (Manual)."),
]


@pytest.mark.parametrize(("mode", "bypass", "scheduled", "verdict", "why"), TABLE)
def test_the_documented_table_holds(mode: str, bypass: bool, scheduled: bool, verdict: str, why: str) -> None:
    machine = windows_vm(enable_hotpatching=False, patch_mode=mode, **{BYPASS: bypass})
    found = outcome(machine, (WEEKLY,) if scheduled else ())
    assert (found.verdict, found.why, found.provisos) == (verdict, why, ())


def test_the_table_has_its_eight_rows() -> None:
    rows = {
        (mode == "AutomaticByPlatform", bypass, scheduled): verdict for mode, bypass, scheduled, verdict, _ in TABLE
    }
    assert rows == dict(TRUTH_TABLE)
    assert len(rows) == 8


CUSTOM_SAYS = (
    "Nothing patches it: automatic guest patching never works on custom images; "
    "set the bypass flag and give it a schedule, or patch it on demand."
)
OFF: dict[str, Any] = {BYPASS: False}

# machine, schedules, arguments, verdict, the whole answer
BEYOND: list[tuple[str, Machine, Any, dict[str, Any], str, str]] = [
    (
        "hotpatched",
        windows_vm(),
        (),
        {},
        "platform",
        "Azure patches it within 30 days of each monthly release, in its off-peak hours; "
        "it is hotpatched and restarts for baselines only.",
    ),
    (
        "hotpatched, with a schedule",
        windows_vm(),
        (WEEKLY,),
        {},
        "error",
        "Nothing patches it: Schedule 'weekly' needs the bypass flag and ends with a prerequisite error without it, "
        "and while a schedule is there the platform does not patch either.",
    ),
    (
        "hotpatched, with a schedule and the bypass flag",
        windows_vm(**{BYPASS: True}),
        (WEEKLY,),
        {},
        "error",
        "Nothing patches it: Schedule 'weekly' needs the bypass flag, which Azure refuses on a hotpatched machine, "
        "and while a schedule is there the platform does not patch either.",
    ),
    (
        "hotpatched, with a schedule, bypass flag not known",
        windows_vm(**{BYPASS: UNKNOWN}),
        (WEEKLY,),
        {},
        "error",
        "Nothing patches it: Schedule 'weekly' needs the bypass flag, which Azure refuses on a hotpatched machine, "
        "and while a schedule is there the platform does not patch either.",
    ),
    (
        "hotpatched, with a schedule and the bypass flag, relaxed",
        windows_vm(**{BYPASS: True}),
        (WEEKLY,),
        {"relaxed": frozenset(("hotpatch-forbids-bypass",))},
        "schedule",
        "Schedule 'weekly' installs patches in its windows.",
    ),
    (
        "perhaps hotpatched, with a schedule and the bypass flag",
        windows_vm(enable_hotpatching=UNKNOWN, **{BYPASS: True}),
        (WEEKLY,),
        {},
        "unknown",
        "What happens depends on whether it is hotpatched, not known yet.",
    ),
    (
        "Linux, with a schedule and the bypass flag",
        linux_vm(enable_hotpatching=UNKNOWN),
        (WEEKLY,),
        {},
        "schedule",
        "Schedule 'weekly' installs patches in its windows.",
    ),
    (
        "no settings at all",
        linux_vm(patch_mode=None, **{BYPASS: None}),
        (),
        {},
        "nothing",
        "Azure patches nothing; the operating system's own update settings hold.",
    ),
    (
        "the image's default",
        linux_vm(patch_mode="ImageDefault", **OFF),
        (),
        {},
        "nothing",
        "Azure patches nothing; the image's own update settings hold (ImageDefault).",
    ),
    ("a custom image, by the platform", plain_windows_vm(image=CUSTOM, **OFF), (), {}, "nothing", CUSTOM_SAYS),
    ("a specialised disk, by the platform", plain_windows_vm(image=None, **OFF), (), {}, "nothing", CUSTOM_SAYS),
    (
        "a custom image, by schedule",
        plain_windows_vm(image=CUSTOM),
        (WEEKLY,),
        {},
        "schedule",
        "Schedule 'weekly' installs patches in its windows.",
    ),
    (
        "an image found unsupported",
        plain_windows_vm(image=CUSTOM, support_state="Unsupported"),
        (WEEKLY,),
        {},
        "error",
        "Every installation fails: the last assessment found the machine's image unsupported.",
    ),
    (
        "an image that the list lacks",
        linux_vm(**OFF),
        (),
        {"listed_images": ["Canonical:UbuntuServer:18.04-LTS"]},
        "nothing",
        "Nothing patches it: automatic guest patching does not support the image Canonical:ubuntu-24_04-lts:server.",
    ),
    (
        "an image that the list has",
        linux_vm(**OFF),
        (),
        {"listed_images": [str(UBUNTU.triple).upper()]},
        "platform",
        "Azure patches it within 30 days of each monthly release, in its off-peak hours.",
    ),
    (
        "an image without a list",
        linux_vm(**OFF),
        (),
        {},
        "platform",
        "Azure patches it within 30 days of each monthly release, in its off-peak hours. "
        "That holds if Microsoft's list of supported images has Canonical:ubuntu-24_04-lts:server.",
    ),
    (
        "no agent",
        linux_vm(provision_vm_agent=False),
        (WEEKLY,),
        {},
        "error",
        "Nothing can be installed: the machine has no VM agent (provisionVMAgent is false).",
    ),
    (
        "no extensions",
        windows_vm(allow_extension_operations=False),
        (),
        {},
        "nothing",
        "Nothing can be installed: allowExtensionOperations is false, which keeps the patch extension out.",
    ),
    (
        "off now, scheduled",
        linux_vm(power_state="deallocated"),
        (WEEKLY,),
        {},
        "schedule",
        "Schedule 'weekly' installs patches in its windows. It is deallocated now: "
        "a run ends as ShutdownOrUnresponsive unless it is on 15 minutes before the window.",
    ),
    (
        "off now, on in its windows",
        linux_vm(power_state="deallocated"),
        (WEEKLY,),
        {"runs_in_windows": True},
        "schedule",
        "Schedule 'weekly' installs patches in its windows.",
    ),
    (
        "off in its windows",
        linux_vm(),
        (WEEKLY,),
        {"runs_in_windows": False},
        "error",
        "The machine is off in its windows, so every run ends as ShutdownOrUnresponsive.",
    ),
    (
        "off now, by the platform",
        windows_vm(power_state="stopped", enable_hotpatching=False),
        (),
        {},
        "platform",
        "Azure patches it within 30 days of each monthly release, in its off-peak hours. It is stopped now: "
        "it is patched at the first assessment after its start, within a few days.",
    ),
    (
        "Arc, scheduled",
        arc_server(),
        (WEEKLY,),
        {},
        "schedule",
        "Schedule 'weekly' installs patches in its windows; Arc-enabled servers need nothing else for that.",
    ),
    (
        "Arc, alone",
        arc_server(),
        (),
        {},
        "nothing",
        "Azure patches nothing: Arc-enabled servers are patched by schedules or on demand only.",
    ),
    (
        "under a policy that sets the flag",
        windows_vm(enable_hotpatching=False, policies=Policies(sets_bypass=True)),
        (),
        {},
        "platform",
        "Azure patches it within 30 days of each monthly release, in its off-peak hours. "
        "A policy sets AutomaticByPlatform and the bypass flag: once remediated, nothing patches it any more.",
    ),
    (
        "under a policy that sets the flag, with a schedule",
        linux_vm(patch_mode="ImageDefault", policies=Policies(sets_bypass=True), **OFF),
        (WEEKLY,),
        {},
        "error",
        "Schedule 'weekly' installs nothing: it needs patch mode AutomaticByPlatform and the bypass flag and ends with "
        "a prerequisite error; the image's own update settings hold (ImageDefault). "
        "A policy sets AutomaticByPlatform and the bypass flag: once remediated, the schedule takes over.",
    ),
    (
        "hotpatched under a policy that sets the flag",
        windows_vm(policies=Policies(sets_bypass=True)),
        (),
        {},
        "platform",
        "Azure patches it within 30 days of each monthly release, in its off-peak hours; "
        "it is hotpatched and restarts for baselines only. "
        "A policy sets the bypass flag, which Azure refuses on a hotpatched machine: its remediation fails.",
    ),
    (
        "two schedules",
        linux_vm(),
        (WEEKLY, NIGHTLY),
        {},
        "schedule",
        "Each of the schedules 'weekly' and 'nightly' installs patches in its windows.",
    ),
    (
        "mode not known",
        plain_windows_vm(patch_mode=UNKNOWN),
        (WEEKLY,),
        {},
        "unknown",
        "What happens depends on the patch mode, not known yet.",
    ),
    (
        "mode not known, and it does not matter",
        plain_windows_vm(patch_mode=UNKNOWN, **OFF),
        (WEEKLY,),
        {},
        "error",
        "Schedule 'weekly' installs nothing: it needs patch mode AutomaticByPlatform and the bypass flag and ends with "
        "a prerequisite error.",
    ),
    (
        "flag not known, and it does not matter",
        linux_vm(patch_mode="ImageDefault", **{BYPASS: UNKNOWN}),
        (),
        {},
        "nothing",
        "Azure patches nothing; the image's own update settings hold (ImageDefault).",
    ),
    (
        "schedules not known",
        plain_windows_vm(),
        UNKNOWN,
        {},
        "unknown",
        "What happens depends on the machine's schedules, not known yet.",
    ),
    (
        "schedules not known on Arc",
        arc_server(),
        UNKNOWN,
        {},
        "unknown",
        "What happens depends on the machine's schedules, not known yet.",
    ),
    (
        "image not known",
        windows_vm(image=UNKNOWN),
        (),
        {},
        "unknown",
        "What happens depends on the machine's image, not known yet.",
    ),
    (
        "agent not known",
        plain_windows_vm(provision_vm_agent=UNKNOWN, allow_extension_operations=UNKNOWN),
        (WEEKLY,),
        {},
        "unknown",
        "What happens depends on the VM agent and whether extensions are allowed, not known yet.",
    ),
    (
        "nothing known",
        Machine.unseen(UNKNOWN),
        UNKNOWN,
        {},
        "unknown",
        "What happens depends on the patch mode and the bypass flag and the machine's schedules and the machine's id, "
        "not known yet.",
    ),
]


@pytest.mark.parametrize(
    ("machine", "schedules", "arguments", "verdict", "says"),
    [row[1:] for row in BEYOND],
    ids=[row[0] for row in BEYOND],
)
def test_everything_else_that_decides_is_said_in_words(
    machine: Machine, schedules: Any, arguments: dict[str, Any], verdict: str, says: str
) -> None:
    found = outcome(machine, schedules, **arguments)
    assert (found.verdict, str(found)) == (verdict, says)


def at(hour: int, minute: int = 0) -> Window:
    opens = datetime(2026, 12, 12, hour, minute, tzinfo=UTC)
    return Window(opens, opens + timedelta(hours=2))


@pytest.mark.parametrize(
    ("second", "proviso", "rule"),
    [
        (at(2), "'weekly' and 'nightly' start at the same time: only one of them runs.", "assignment-same-start"),
        (
            at(3, 30),
            "Windows of 'weekly' and 'nightly' overlap: one run waits for the other and has less time.",
            "assignment-overlap",
        ),
        (at(4), None, None),
    ],
)
def test_windows_that_meet_are_named(second: Window, proviso: str | None, rule: str | None) -> None:
    found = outcome(
        linux_vm(reboot_setting=None), (Given("weekly", windows=(at(2),)), Given("nightly", windows=(second,)))
    )
    assert found.verdict == "schedule"
    assert found.provisos == ((proviso,) if proviso else ())
    assert {finding.rule for finding in found.findings if finding.verdict == "fail"} == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("own", "schedules", "counts"),
    [
        ("Always", (NIGHTLY,), "Always"),
        (None, (NIGHTLY,), "Never"),
        ("Unknown", (NIGHTLY,), "Never"),
        (None, (), None),
        (None, (NIGHTLY, Given("other", "never")), "never"),
        (None, (NIGHTLY, WEEKLY), UNKNOWN),
        (UNKNOWN, (NIGHTLY,), UNKNOWN),
        (None, (Given("later", UNKNOWN),), UNKNOWN),
    ],
)
def test_the_machines_reboot_setting_counts_before_the_schedules(own: Any, schedules: Any, counts: object) -> None:
    assert effective_reboot_setting(linux_vm(reboot_setting=own), schedules) == counts
    assert outcome(linux_vm(reboot_setting=own), schedules).reboot_setting == counts


def test_an_outcome_carries_the_rules_behind_it() -> None:
    found = outcome(windows_vm(), (Given("weekly", "Never"),))
    failed = {finding.rule: finding.severity for finding in found.findings if finding.verdict == "fail"}
    assert failed == {"assignment-on-hotpatched-machine": "warning", "assignment-reboot-setting": "info"}
    relaxed = outcome(windows_vm(), (Given("weekly", "Never"),), relaxed=frozenset(("hotpatch-forbids-bypass",)))
    assert {finding.severity for finding in relaxed.findings if finding.verdict == "fail"} == {"info"}
    assert all(finding.verdict != "pass" for finding in found.findings)


FIELDS = {
    "patch_mode": ("AutomaticByPlatform", "Manual", None),
    BYPASS: (True, False, None),
    "enable_hotpatching": (True, False, None),
    "image": (None, CUSTOM, UBUNTU, windows_vm().image),
    "provision_vm_agent": (True, False, None),
    "allow_extension_operations": (True, False, None),
    "support_state": (None, "Supported", "Unsupported"),
}
SETTINGS = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in FIELDS.items()})


@given(SETTINGS, st.sets(st.sampled_from(tuple(FIELDS))), st.sampled_from(((), (WEEKLY,))), st.booleans())
def test_learning_more_of_a_machine_never_turns_its_outcome_around(
    known: dict[str, Any], hidden: set[str], schedules: tuple[Given, ...], schedules_hidden: bool
) -> None:
    veiled = known | dict.fromkeys(hidden, UNKNOWN)
    before = outcome(unseen_vm(**veiled), UNKNOWN if schedules_hidden else schedules)
    after = outcome(unseen_vm(**known), schedules)
    assert before.verdict in ("unknown", after.verdict)
    assert after.verdict != "unknown"
