"""What a declaration changes, and what of it makes a new resource, follows from the marks on the fields."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.facts import VIRTUAL_MACHINES
from pulumi_azure_hotpatch.host import wire
from tests.host.bags import (
    ARC_MACHINE,
    GROUP,
    KINDS,
    MACHINE,
    SCALE_SET,
    SCHEDULE,
    SUBSCRIPTION,
    UNKNOWN,
    Bag,
    Kind,
    Path,
    as_floats,
    declarations,
    kinds,
    partly_unknown,
)

# What is part of the resource's id (subscription and names among it), and what Azure refuses to change.
REPLACED_BY: dict[str, set[str]] = {
    "PreviewEnrollment": {"namespace", "subscriptionId"},
    "VirtualMachinePatchSettings": {"virtualMachineId"},
    "MaintenanceSchedule": {"resourceGroupName", "scheduleName", "location", "subscriptionId"},
    "ScheduleAssignment": {"machineId", "scheduleId", "assignmentName"},
    "ImageSupportCheck": {"machineId"},
    "PatchAssessment": {"machineId"},
    "PatchInstallation": {"machineId"},
    "ArcHotpatchLicense": {"machineId"},
    "ArcMachinePatchSettings": {"machineId"},
    "DynamicScope": {"scheduleId", "assignmentName"},
    "FleetPatchSettings": set(),
    "PatchRollout": set(),
    "ScaleSetPatchSettings": {"scaleSetId"},
}

ANSWERS: dict[str, set[str]] = {
    "PreviewEnrollment": {"adopted"},
    "VirtualMachinePatchSettings": {"adopted", "imageEligibility", "outcome"},
    "MaintenanceSchedule": set(),
    "ScheduleAssignment": {"outcome"},
    "ImageSupportCheck": {"imageSupport"},
    "PatchAssessment": set(),
    "PatchInstallation": {"wouldInstall", "rebootExpected", "timeBudget"},
    "ArcHotpatchLicense": {"adopted"},
    "ArcMachinePatchSettings": {"adopted"},
    "DynamicScope": {"adopted", "findings", "matchingCount", "matchingMachines"},
    "FleetPatchSettings": {"outcomes"},
    "PatchRollout": {"plan"},
    "ScaleSetPatchSettings": {"adopted"},
}
"""What `check` fills in by itself."""

ASKS_FOR_AN_UPDATE: dict[str, set[str]] = {"PatchAssessment": {"expired"}, "FleetPatchSettings": {"matched"}}
"""What `check` fills in to say that something is due although nothing was declared anew."""

GUARDS = {"maxMachines"}
"""Inputs with which an answer counts as part of the comparison."""

ALIKE: list[tuple[str, str, Any, Any]] = [
    ("PreviewEnrollment", "features", ["A", "B"], ["b", "a"]),
    ("PreviewEnrollment", "namespace", "Microsoft.Compute", "microsoft.compute"),
    ("PreviewEnrollment", "namespace", None, "Microsoft.Compute"),
    ("PreviewEnrollment", "propagate", None, True),
    ("PreviewEnrollment", "agreeingReads", None, 3.0),
    ("PreviewEnrollment", "agreeingReads", 3, 3.0),
    ("PreviewEnrollment", "pollInterval", "90s", "1m30s"),
    ("PreviewEnrollment", "pollInterval", None, "10s"),
    ("PreviewEnrollment", "onDestroy", None, "keep"),
    ("VirtualMachinePatchSettings", "virtualMachineId", MACHINE, MACHINE.upper()),
    ("VirtualMachinePatchSettings", "virtualMachineId", MACHINE, MACHINE + "/"),
    ("VirtualMachinePatchSettings", "patchMode", "AutomaticByPlatform", "automaticbyplatform"),
    ("VirtualMachinePatchSettings", "onDestroy", None, "restore"),
    ("MaintenanceSchedule", "resourceGroupName", "rg-contoso", "RG-Contoso"),
    ("MaintenanceSchedule", "location", "East US", "eastus"),
    ("MaintenanceSchedule", "start", "2027-01-01 22:00", "2027-01-01 22:00:00"),
    ("MaintenanceSchedule", "duration", "3:00", "03:00"),
    ("MaintenanceSchedule", "timeZone", "Europe/Berlin", "W. Europe Standard Time"),
    ("MaintenanceSchedule", "timeZone", "W. Europe Standard Time", "w. europe standard time"),
    ("MaintenanceSchedule", "recurrence", "1Month Second Tuesday Offset4", "month second tuesday offset4"),
    ("MaintenanceSchedule", "recurrence", "1Day", "Day"),
    ("MaintenanceSchedule", "expires", None, "9999-12-31 23:59:59"),
    ("MaintenanceSchedule", "rebootSetting", "Always", "AlwaysReboot"),
    ("MaintenanceSchedule", "windows", {"kbNumbersToInclude": ["5044284"]}, {"kbNumbersToInclude": ["kb5044284"]}),
    (
        "MaintenanceSchedule",
        "windows",
        {"classificationsToInclude": ["Security", "Critical"]},
        {"classificationsToInclude": ["Critical", "Security"], "kbNumbersToExclude": []},
    ),
    ("MaintenanceSchedule", "windows", None, {"classificationsToInclude": [], "excludeKbsRequiringReboot": False}),
    ("MaintenanceSchedule", "linux", None, {}),
    ("MaintenanceSchedule", "tags", {"Owner": "contoso"}, {"owner": "contoso"}),
    ("MaintenanceSchedule", "tags", None, {}),
    ("ScheduleAssignment", "machineId", MACHINE, MACHINE.lower()),
    ("ScheduleAssignment", "scheduleId", SCHEDULE, SCHEDULE.upper()),
    ("ScheduleAssignment", "assignmentName", "patch-tuesday", "Patch-Tuesday"),
    ("ImageSupportCheck", "machineId", MACHINE, MACHINE.upper()),
    ("ImageSupportCheck", "triggers", None, []),
    ("PatchAssessment", "triggers", ["2027-01", 3], ["2027-01", 3.0]),
    ("PatchAssessment", "maxAge", "24h", "1440m"),
    ("PatchInstallation", "maximumDuration", None, "120m"),
    ("PatchInstallation", "rebootSetting", None, "IfRequired"),
    ("PatchInstallation", "failOn", ["failed", "reboot_pending"], ["reboot_pending", "failed"]),
    ("PatchInstallation", "failOn", None, ["failed"]),
    ("PatchInstallation", "maxPublishDate", "2027-01-12", "2027-01-12T01:00:00+01:00"),
    ("PatchInstallation", "adoptActivityId", "AB-1", "ab-1"),
    ("PatchInstallation", "startIfOff", None, False),
    ("ArcHotpatchLicense", "machineId", ARC_MACHINE, ARC_MACHINE.upper()),
    ("ArcHotpatchLicense", "enabled", None, True),
    ("ArcMachinePatchSettings", "assessmentMode", "ImageDefault", "imagedefault"),
    ("DynamicScope", "scheduleId", SCHEDULE, SCHEDULE.lower()),
    ("DynamicScope", "subscriptionIds", [SUBSCRIPTION, "b"], ["B", SUBSCRIPTION]),
    ("DynamicScope", "subscriptionIds", [SUBSCRIPTION], [f"/subscriptions/{SUBSCRIPTION}"]),
    ("DynamicScope", "resourceGroupIds", [GROUP], [GROUP.lower() + "/"]),
    ("DynamicScope", "resourceTypes", None, []),
    ("DynamicScope", "resourceTypes", [VIRTUAL_MACHINES], [VIRTUAL_MACHINES.lower()]),
    ("DynamicScope", "locations", ["West Europe", "eastus"], ["EastUS", "westeurope"]),
    ("DynamicScope", "osTypes", ["Windows", "Linux"], ["linux", "windows"]),
    ("DynamicScope", "tagFilters", {"Ring": ["1", "2"]}, {"ring": ["2", "1"]}),
    ("DynamicScope", "tagFilters", None, {}),
    ("FleetPatchSettings", "machineIds", [MACHINE, MACHINE + "2"], [MACHINE + "2", MACHINE.upper()]),
    ("FleetPatchSettings", "matched", [MACHINE, MACHINE + "2"], [MACHINE + "2", MACHINE]),
    ("FleetPatchSettings", "locations", ["West Europe", "eastus"], ["EastUS", "westeurope"]),
    ("FleetPatchSettings", "tagFilters", {"Ring": ["1", "2"]}, {"ring": ["2", "1"]}),
    ("FleetPatchSettings", "scheduleId", SCHEDULE, SCHEDULE.lower()),
    ("FleetPatchSettings", "osTypes", ["Windows", "Linux"], ["linux", "windows"]),
    ("FleetPatchSettings", "tagOperator", None, "any"),
    ("DynamicScope", "tagOperator", None, "any"),
    ("DynamicScope", "allowWholeSubscription", None, False),
    ("PatchRollout", "machineIds", [MACHINE, MACHINE + "2"], [MACHINE + "2", MACHINE.upper()]),
    ("PatchRollout", "failureBudget", 2.0, "2"),
    ("PatchRollout", "failureBudget", None, 0.0),
    ("PatchRollout", "adoptSince", "2027-01-12", "2027-01-12T01:00:00+01:00"),
    ("PatchRollout", "timeZone", "Europe/Berlin", "europe/berlin"),
    ("PatchRollout", "maxWait", None, "60m"),
    ("PatchRollout", "gate", None, ["running"]),
    ("ScaleSetPatchSettings", "scaleSetId", SCALE_SET, SCALE_SET.lower()),
]

APART: list[tuple[str, str, Any, Any]] = [
    ("PreviewEnrollment", "features", ["A", "B"], ["A"]),
    ("PreviewEnrollment", "agreeingReads", None, 4.0),
    ("PreviewEnrollment", "timeout", "60m", None),
    ("VirtualMachinePatchSettings", "patchMode", "AutomaticByPlatform", None),
    ("VirtualMachinePatchSettings", "patchMode", "AutomaticByFleet", "AutomaticByPlatform"),
    ("VirtualMachinePatchSettings", "enableHotpatching", None, False),
    ("MaintenanceSchedule", "windows", {"classificationsToInclude": ["Firmware"]}, None),
    ("MaintenanceSchedule", "tags", {"owner": "contoso"}, {"owner": "Contoso"}),
    ("MaintenanceSchedule", "timeZone", "Europe/Berlin", "Europe/London"),
    ("ScheduleAssignment", "scheduleId", SCHEDULE, f"{SCHEDULE}-2"),
    ("PatchAssessment", "triggers", ["2027-01"], ["2027-02"]),
    ("PatchAssessment", "triggers", ["3"], [3.0]),
    ("PatchAssessment", "triggers", ["a", "b"], ["b", "a"]),
    ("PatchInstallation", "failOn", ["failed"], []),
    ("PatchInstallation", "maxPublishDate", "2027-01-12", "2027-01-13"),
    ("ArcHotpatchLicense", "enabled", None, False),
    ("DynamicScope", "tagFilters", {"ring": ["one"]}, {"ring": ["One"]}),
    ("DynamicScope", "tagFilters", {"ring": ["1"]}, {"ring": ["1", "2"]}),
    ("DynamicScope", "tagOperator", "All", None),
    ("DynamicScope", "locations", ["eastus"], None),
    ("DynamicScope", "subscriptionIds", ["a", "b"], ["a"]),
    ("PatchRollout", "resume", None, "looked into"),
    ("PatchRollout", "failureBudget", 5.0, "5%"),
    ("PatchRollout", "exclude", [MACHINE], []),
    ("ScaleSetPatchSettings", "enableHotpatching", None, False),
]


def difference(kind: Kind, old: Bag, new: Bag) -> wire.Difference:
    return wire.difference(kind.inputs, kind.state, old, new)


@given(declarations())
def test_a_declaration_changes_nothing_on_the_state_it_made(drawn: tuple[Kind, Bag]) -> None:
    kind, bag = drawn
    stored = wire.dump(kind.state.model_validate(bag))
    assert difference(kind, as_floats(stored), bag) == wire.Difference()


@given(partly_unknown())
def test_an_unknown_value_is_a_change_and_never_a_replacement(drawn: tuple[Kind, Bag, Bag, frozenset[Path]]) -> None:
    kind, bag, hidden, places = drawn
    found = difference(kind, wire.dump(kind.state.model_validate(bag)), hidden)
    assert set(found.changed) == {place[0] for place in places}
    assert found.replaces == ()


@given(st.data())
def test_a_change_replaces_exactly_where_the_id_or_azure_demands_it(data: st.DataObject) -> None:
    kind, bag = data.draw(declarations())
    alias = data.draw(st.sampled_from(sorted(kind.every)))
    new = {**bag, alias: data.draw(kind.every[alias])}
    found = difference(kind, wire.dump(kind.state.model_validate(bag)), new)
    assume(found.changed)
    assert found.changed == (alias,)
    assert set(found.replaces) == {alias} & REPLACED_BY[kind.name]


@given(declarations())
def test_what_check_answers_is_never_a_change(drawn: tuple[Kind, Bag]) -> None:
    kind, bag = drawn
    bag = {alias: value for alias, value in bag.items() if alias not in GUARDS}
    answered = {**bag, **{alias: ["patch_mode"] for alias in ANSWERS[kind.name]}}
    assert difference(kind, wire.dump(kind.state.model_validate(bag)), answered) == wire.Difference()


def test_only_what_check_answers_is_no_input_of_a_program() -> None:
    for kind in KINDS.values():
        filled_in = ANSWERS[kind.name] | ASKS_FOR_AN_UPDATE.get(kind.name, set())
        assert wire.aliases(kind.inputs) - filled_in == set(kind.every)


def test_an_answer_that_something_is_due_is_a_change_and_its_end_is_none() -> None:
    kind = KINDS["PatchAssessment"]
    stored = {"machineId": MACHINE, "maxAge": "24h"}
    assert difference(kind, stored, {**stored, "expired": True}) == wire.Difference(changed=("expired",))
    assert difference(kind, stored, stored) == wire.Difference()


def test_what_a_scope_takes_is_a_change_while_a_guard_is_declared() -> None:
    kind, given = KINDS["DynamicScope"], {"scheduleId": SCHEDULE, "assignmentName": "a"}
    taken = {"matchingCount": 1.0, "matchingMachines": [MACHINE]}
    assert difference(kind, {**given, **taken}, given) == wire.Difference()
    watched = {**given, "maxMachines": 5.0}
    assert difference(kind, {**watched, **taken}, {**watched, **taken, "matchingMachines": [MACHINE.upper()]}) == (
        wire.Difference()
    )
    changed = difference(kind, {**watched, **taken}, {**watched, **taken, "matchingCount": 2.0})
    assert changed == wire.Difference(changed=("matchingCount",))


def test_what_is_not_known_of_an_answer_that_counts_is_no_change() -> None:
    watched = {"scheduleId": SCHEDULE, "assignmentName": "a", "maxMachines": 5.0}
    taken = {"matchingCount": 1.0, "matchingMachines": [MACHINE]}
    assert difference(KINDS["DynamicScope"], {**watched, **taken}, watched) == wire.Difference()
    web = {"fleetName": "web", "query": "resources"}
    assert difference(KINDS["FleetPatchSettings"], {**web, "matched": [MACHINE]}, web) == wire.Difference()
    assert difference(KINDS["FleetPatchSettings"], web, {**web, "matched": []}) == wire.Difference()
    found = difference(KINDS["FleetPatchSettings"], {**web, "matched": [MACHINE]}, {**web, "matched": []})
    assert found == wire.Difference(changed=("matched",))


def test_every_input_changed_at_once_replaces_for_exactly_these() -> None:
    for kind in KINDS.values():
        ids = {"virtualMachineId": MACHINE, "machineId": MACHINE, "scheduleId": SCHEDULE, "scaleSetId": SCALE_SET}
        old = {alias: ids.get(alias, "a") for alias in kind.every}
        new = {alias: f"{ids.get(alias, '')}b" for alias in kind.every}
        assert set(difference(kind, old, new).replaces) == REPLACED_BY[kind.name]


@pytest.mark.parametrize(("kind", "alias", "left", "right"), ALIKE)
def test_two_spellings_of_the_same_are_no_change(kind: str, alias: str, left: Any, right: Any) -> None:
    for old, new in ((left, right), (right, left)):
        assert alias not in difference(KINDS[kind], _bag(alias, old), _bag(alias, new)).changed


@pytest.mark.parametrize(("kind", "alias", "left", "right"), APART)
def test_two_meanings_are_a_change(kind: str, alias: str, left: Any, right: Any) -> None:
    for old, new in ((left, right), (right, left)):
        assert alias in difference(KINDS[kind], _bag(alias, old), _bag(alias, new)).changed


@given(declarations())
def test_what_was_left_unfinished_is_a_change_of_its_own(drawn: tuple[Kind, Bag]) -> None:
    kind, bag = drawn
    stored = {**wire.dump(kind.state.model_validate(bag)), "unfinished": "cancelled while waiting"}
    assert difference(kind, stored, bag) == wire.Difference(changed=("unfinished",))


@given(st.data())
def test_no_stored_value_of_whatever_form_makes_a_comparison_raise(data: st.DataObject) -> None:
    kind = data.draw(kinds)
    bag = data.draw(kind.bags)
    odd = st.recursive(
        st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    )
    stored = {**bag, **data.draw(st.dictionaries(st.sampled_from(sorted(kind.every)), odd, min_size=1))}
    found = difference(kind, stored, bag)
    assert set(found.replaces) <= set(found.changed) <= {*kind.every, "unfinished"}


def test_a_duration_written_by_another_version_is_a_change_and_no_failure() -> None:
    kind = KINDS["ScheduleAssignment"]
    old = {"machineId": MACHINE, "scheduleId": SCHEDULE, "timeout": "PT30M"}
    assert difference(kind, old, {**old, "timeout": "30m"}).changed == ("timeout",)


def test_a_missing_subscription_is_unknown_neither_way() -> None:
    kind = KINDS["PreviewEnrollment"]
    there = {"features": ["A"], "subscriptionId": "00000000-0000-0000-0000-000000000001"}
    found = difference(kind, there, there | {"subscriptionId": UNKNOWN})
    assert (found.changed, found.replaces) == (("subscriptionId",), ())


def _bag(alias: str, value: Any) -> Bag:
    return {} if value is None else {alias: value}
