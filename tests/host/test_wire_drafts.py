"""What is not known yet is never missing and never wrong; what is known beside it is judged all the same."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine import logic
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.host import wire
from tests.host.bags import (
    KINDS,
    MACHINE,
    SCHEDULE,
    UNKNOWN,
    Bag,
    Kind,
    Path,
    as_floats,
    declarations,
    hide,
    partly_unknown,
    paths,
)

WRONG: dict[str, dict[str, Any]] = {
    "PreviewEnrollment": {
        "features": ["Microsoft.Compute/InGuestHotPatchVMPreview"],
        "namespace": 5.0,
        "propagate": "perhaps",
        "agreeingReads": 0.0,
        "pollInterval": "soon",
        "timeout": "an hour",
        "onDestroy": "explode",
    },
    "VirtualMachinePatchSettings": {
        "virtualMachineId": "vm-web-1",
        "patchMode": "Sometimes",
        "enableHotpatching": "perhaps",
        "assessmentMode": "Never",
        "rebootSetting": "Tomorrow",
        "timeout": "an hour",
        "onDestroy": "explode",
    },
    "MaintenanceSchedule": {
        "resourceGroupName": 7.0,
        "rebootSetting": "Tomorrow",
        "windows": {"kbNumbersToInclude": ["KB12"]},
        "linux": {"classificationsToInclude": ["Sometimes"]},
        "tags": {"owner": ["contoso"]},
        "onDestroy": "explode",
    },
    "ScheduleAssignment": {
        "machineId": "vm-web-1",
        "scheduleId": "patch-tuesday",
        "assignmentName": 3.0,
        "timeout": "an hour",
        "onDestroy": "explode",
    },
    "ImageSupportCheck": {
        "machineId": "vm-web-1",
        "require": "Unsupported",
        "triggers": "2027-01",
        "pollInterval": "soon",
        "timeout": "an hour",
    },
    "PatchAssessment": {
        "machineId": SCHEDULE,
        "triggers": [["2027-01"]],
        "maxAge": "a day",
        "timeout": "an hour",
    },
    "PatchInstallation": {
        "machineId": SCHEDULE,
        "windows": {"classificationsToInclude": ["Sometimes"]},
        "linux": {"kbNumbersToInclude": ["KB5034129"]},
        "rebootSetting": "Tomorrow",
        "maximumDuration": "0m",
        "maxPublishDate": "last week",
        "triggers": {"month": "2027-01"},
        "failOn": ["everything"],
        "startIfOff": "perhaps",
        "adoptActivityId": 7.0,
        "ignoreActivityId": ["x"],
        "lookBack": "long ago",
        "timeout": "an hour",
    },
    "ArcHotpatchLicense": {
        "machineId": MACHINE,
        "enabled": "perhaps",
        "vbsStatus": "running",
        "secureBoot": "perhaps",
        "timeout": "an hour",
        "onDestroy": "explode",
    },
    "ArcMachinePatchSettings": {
        "machineId": MACHINE,
        "patchMode": "Sometimes",
        "enableHotpatching": "perhaps",
        "assessmentMode": "Never",
        "timeout": "an hour",
        "onDestroy": "explode",
    },
    "DynamicScope": {
        "scheduleId": "patch-tuesday",
        "assignmentName": "a/b",
        "subscriptionIds": ["a", "A"],
        "resourceGroupIds": ["rg-contoso"],
        "locations": "eastus",
        "tagFilters": {"ring": []},
        "allowWholeSubscription": "perhaps",
        "maxMachines": 0.0,
        "onDestroy": "explode",
    },
    "FleetPatchSettings": {
        "fleetName": "a/b",
        "machineIds": ["vm-1"],
        "query": True,
        "subscriptionIds": ["a", "A"],
        "resourceGroups": "rg-contoso",
        "locations": "eastus",
        "osTypes": ["Solaris"],
        "tagFilters": {"ring": []},
        "tagOperator": "Some",
        "allowWholeSubscription": "perhaps",
        "patchMode": "Sometimes",
        "enableHotpatching": "perhaps",
        "assessmentMode": "Never",
        "rebootSetting": "Tomorrow",
        "scheduleId": "patch-tuesday",
        "timeout": "an hour",
        "onDestroy": "explode",
    },
    "PatchRollout": {
        "rings": [{"name": "one", "percent": 120.0}],
        "machineIds": [SCHEDULE],
        "exclude": [SCHEDULE],
        "windows": {"classificationsToInclude": ["Sometimes"]},
        "linux": {"kbNumbersToInclude": ["KB5034129"]},
        "rebootSetting": "Tomorrow",
        "maximumDuration": "0m",
        "maxPublishDate": "last week",
        "triggers": {"month": "2027-01"},
        "failOn": ["everything"],
        "gate": ["happy"],
        "failureBudget": "a few",
        "maxConcurrent": 0.0,
        "soak": "overnight",
        "releaseMonth": "December",
        "startAt": "noon",
        "timeZone": "Europe/Contoso",
        "resume": ["go"],
        "retryFailed": "perhaps",
        "adoptSince": "yesterday",
        "lookBack": "long ago",
        "maxWait": "a while",
        "timeout": "an hour",
    },
    "ScaleSetPatchSettings": {
        "scaleSetId": MACHINE,
        "patchMode": "Sometimes",
        "enableHotpatching": "perhaps",
        "assessmentMode": "Never",
        "rebootSetting": "Tomorrow",
        "timeout": "an hour",
        "onDestroy": "explode",
    },
}


@given(partly_unknown())
def test_no_unknown_value_is_reported_as_missing_or_wrong(drawn: tuple[Kind, Bag, Bag, frozenset[Path]]) -> None:
    kind, _, hidden, _ = drawn
    _, failures = wire.draft(kind.inputs, hidden)
    assert failures == []


@given(partly_unknown())
def test_a_field_is_unknown_exactly_where_a_part_of_it_is(drawn: tuple[Kind, Bag, Bag, frozenset[Path]]) -> None:
    kind, bag, hidden, places = drawn
    known, _ = wire.draft(kind.inputs, bag)
    draft, _ = wire.draft(kind.inputs, hidden)
    touched = {place[0] for place in places}
    for name, field in kind.inputs.model_fields.items():
        expected = logic.UNKNOWN if field.alias in touched else getattr(known, name)
        assert getattr(draft, name) == expected, name


@given(st.data())
def test_a_missing_required_value_is_reported_whatever_else_is_unknown(data: st.DataObject) -> None:
    kind, _, hidden, _ = data.draw(partly_unknown())
    gone = data.draw(st.sets(st.sampled_from(sorted(kind.required)), min_size=1))
    _, failures = wire.draft(kind.inputs, {key: value for key, value in hidden.items() if key not in gone})
    assert {failure.property for failure in failures} == gone
    assert {failure.reason for failure in failures} == {"is required"}


@given(st.data())
def test_a_wrong_value_is_reported_whatever_else_is_unknown(data: st.DataObject) -> None:
    kind, bag, _, _ = data.draw(partly_unknown())
    wrong = data.draw(st.sampled_from(sorted(WRONG[kind.name])))
    others = [place for place in paths(bag) if place[0] != wrong]
    hidden = hide(bag, frozenset(data.draw(st.sets(st.sampled_from(sorted(others, key=str))))) if others else set())
    _, failures = wire.draft(kind.inputs, {**hidden, wrong: WRONG[kind.name][wrong]})
    assert failures
    assert {failure.property.split(".")[0] for failure in failures} == {wrong}


@given(st.data())
def test_nothing_a_program_may_pass_makes_a_draft_raise(data: st.DataObject) -> None:
    kind, bag = data.draw(declarations())
    odd = st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just(UNKNOWN),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    )
    replaced = data.draw(st.dictionaries(st.sampled_from([*sorted(kind.every), "other"]), odd, min_size=1))
    draft, failures = wire.draft(kind.inputs, {**bag, **replaced})
    for failure in failures:
        assert failure.property.split(".")[0] in {*kind.every, "other"}
        assert "\n" not in failure.reason
    for name in kind.inputs.model_fields:
        getattr(draft, name)


@pytest.mark.parametrize(
    ("kind", "property", "written", "expected"),
    [
        ("PreviewEnrollment", "features", [UNKNOWN, "a/b"], "features"),
        ("PreviewEnrollment", "features", [UNKNOWN, 5.0], "features.1"),
        (
            "MaintenanceSchedule",
            "windows",
            {"kbNumbersToInclude": [UNKNOWN, "KB5000001", UNKNOWN, "KB1"], "classificationsToInclude": UNKNOWN},
            "windows.kbNumbersToInclude.3",
        ),
        ("MaintenanceSchedule", "tags", {"owner": UNKNOWN, "team": 5.0}, "tags.team"),
        ("MaintenanceSchedule", "linux", {"packageNameMasksToInclude": [UNKNOWN], "masks": ["x"]}, "linux.masks"),
    ],
)
def test_a_wrong_value_beside_an_unknown_one_is_named_by_its_own_place(
    kind: str, property: str, written: Any, expected: str
) -> None:
    model = KINDS[kind].inputs
    required = dict.fromkeys(KINDS[kind].required, UNKNOWN)
    _, failures = wire.draft(model, {**required, property: written})
    assert [failure.property for failure in failures] == [expected]


def test_a_list_of_nothing_but_unknown_values_is_not_too_short() -> None:
    draft, failures = wire.draft(KINDS["PreviewEnrollment"].inputs, {"features": [UNKNOWN, UNKNOWN]})
    assert failures == []
    assert not draft.known("features")


def test_an_empty_list_where_something_is_needed_is_reported() -> None:
    _, failures = wire.draft(KINDS["PreviewEnrollment"].inputs, {"features": []})
    assert [failure.property for failure in failures] == ["features"]


@given(declarations())
def test_every_number_may_arrive_as_a_float(drawn: tuple[Kind, Bag]) -> None:
    kind, bag = drawn
    assert wire.load_inputs(kind.inputs, as_floats(bag)) == wire.load_inputs(kind.inputs, bag)
    assert wire.draft(kind.inputs, as_floats(bag))[1] == []


@given(declarations())
def test_what_the_engine_adds_to_a_bag_is_ignored(drawn: tuple[Kind, Bag]) -> None:
    kind, bag = drawn
    added = {**bag, "__provider": "gASV", "id": MACHINE, "urn": "urn:pulumi:dev::contoso::t::r"}
    assert wire.draft(kind.inputs, added)[1] == []
    assert wire.load_inputs(kind.inputs, added) == wire.load_inputs(kind.inputs, bag)
    assert wire.difference(kind.inputs, kind.state, bag, added) == wire.Difference()


@pytest.mark.parametrize(
    ("kind", "property", "written", "told"),
    [
        ("PatchRollout", "resume", {"a": 1.0}, {"resume": "must be text or true or false or a number, not an object"}),
        ("PatchRollout", "rings", [{}], {"rings.0.name": "is required"}),
        ("PatchRollout", "rings", [None], {"rings.0": "must be an object, not null"}),
        ("PatchRollout", "maxConcurrent", 0.0, {"maxConcurrent": "must be at least 1, not 0"}),
        ("DynamicScope", "maxMachines", 1e300, {"maxMachines": "must be a smaller number, not 1e+300"}),
        ("DynamicScope", "osTypes", [None], {"osTypes.0": "must be text, not null"}),
    ],
)
def test_what_is_wrong_is_said_once_and_in_plain_words(
    kind: str, property: str, written: Any, told: dict[str, str]
) -> None:
    model = KINDS[kind].inputs
    required = dict.fromkeys(KINDS[kind].required, UNKNOWN)
    _, failures = wire.draft(model, {**required, property: written})
    assert {failure.property: failure.reason for failure in failures} == told
    assert len(failures) == len(told)


def test_a_misspelt_property_is_an_error_that_names_the_nearest_one() -> None:
    bag = {"virtualMachineId": MACHINE, "enableHotPatching": True}
    _, failures = wire.draft(KINDS["VirtualMachinePatchSettings"].inputs, bag)
    expected = wire.Failure(
        "enableHotPatching", "is not a property of this resource; did you mean 'enableHotpatching'?"
    )
    assert failures == [expected]


def test_a_misspelt_property_is_an_error_even_while_its_value_is_unknown() -> None:
    _, failures = wire.draft(KINDS["ScheduleAssignment"].inputs, {"machineId": UNKNOWN, "schedule": UNKNOWN})
    assert {failure.property for failure in failures} == {"schedule", "scheduleId"}


def test_loading_inputs_names_every_wrong_field_in_one_line() -> None:
    bag = {"machineId": "vm-web-1", "scheduleId": SCHEDULE, "timeout": "an hour", "onDestroy": "explode"}
    with pytest.raises(InvalidInput) as caught:
        wire.load_inputs(KINDS["ScheduleAssignment"].inputs, bag)
    text = str(caught.value)
    assert "\n" not in text
    assert text == (
        "machineId: 'vm-web-1' is not an Azure resource id; write it as "
        "/subscriptions/{id}/resourceGroups/{group}/providers/{namespace}/{type}/{name}; "
        "timeout: 'an hour' is not a duration such as 90s, 15m or 1h30m; "
        "onDestroy: 'explode' is not one of 'restore' or 'keep'"
    )


def test_a_required_value_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"^scheduleId: is required$"):
        wire.load_inputs(KINDS["ScheduleAssignment"].inputs, {"machineId": MACHINE})


def test_a_list_that_will_be_known_later_is_not_judged_as_empty() -> None:
    bag = {"scheduleId": SCHEDULE, "assignmentName": "it", "tagFilters": {"ring": [UNKNOWN]}}
    assert wire.draft(KINDS["DynamicScope"].inputs, bag)[1] == []
