"""State survives the wire unchanged, and old, new or odd state still loads."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.host import wire
from pulumi_azure_hotpatch.models.base import State
from pulumi_azure_hotpatch.models.maintenance_schedule import WindowsPatches
from tests.host.bags import KINDS, MACHINE, SCHEDULE, Bag, Kind, holds_none, kinds


@st.composite
def stored(draw: st.DrawFn) -> tuple[Kind, State]:
    """A resource and a state of it."""
    kind = draw(kinds)
    return kind, draw(kind.states)


def through_the_engine(bag: Bag) -> Bag:
    """`bag` as the engine hands it back."""

    async def send() -> Any:
        return await rpc.serialize_properties(bag, {})

    loop = asyncio.new_event_loop()
    try:
        received: Bag = rpc.deserialize_properties(loop.run_until_complete(send()))
    finally:
        loop.close()
    return received


@given(stored())
def test_state_that_went_over_the_wire_is_the_same_state(drawn: tuple[Kind, State]) -> None:
    kind, state = drawn
    assert wire.load_state(kind.state, through_the_engine(wire.dump(state))) == state


def test_every_field_of_a_state_is_tried_here() -> None:
    for kind in KINDS.values():
        assert {*kind.every, *kind.stored} == wire.aliases(kind.state)


@given(stored())
def test_nothing_absent_is_ever_on_the_wire(drawn: tuple[Kind, State]) -> None:
    assert not holds_none(wire.dump(drawn[1]))


def test_what_azure_left_out_deep_inside_a_remembered_value_is_not_on_the_wire_either() -> None:
    kind = KINDS["MaintenanceSchedule"]
    before = {
        "windows": {"kb_numbers_to_include": None, "classifications_to_include": ["Critical", None]},
        "tags": None,
    }
    state = _schedule_state().model_copy(update={"previous": before})
    assert wire.dump(state)["previous"] == {"windows": {"classifications_to_include": ["Critical"]}}
    assert wire.load_state(kind.state, wire.dump(state)).unfinished is None


@given(stored())
def test_every_stored_name_is_camel_case(drawn: tuple[Kind, State]) -> None:
    kind, state = drawn
    assert wire.dump(state).keys() <= wire.aliases(kind.state)


@given(stored(), st.dictionaries(st.sampled_from(["wave", "soakTime", "__internal"]), st.booleans(), min_size=1))
def test_state_of_a_newer_version_still_loads(drawn: tuple[Kind, State], newer: Bag) -> None:
    kind, state = drawn
    assert wire.load_state(kind.state, {**wire.dump(state), **newer}) == state


@given(stored())
def test_state_of_an_older_version_still_loads(drawn: tuple[Kind, State]) -> None:
    kind, state = drawn
    older = {key: value for key, value in wire.dump(state).items() if key in kind.required}
    loaded = wire.load_state(kind.state, older)
    assert loaded == kind.state.model_validate(older)


@given(st.data())
def test_state_whose_values_have_another_form_still_loads_and_is_stored_again(data: st.DataObject) -> None:
    kind = data.draw(kinds)
    bag = wire.dump(data.draw(kind.states))
    odd = (
        st.booleans() | st.integers(-9, 9).map(float) | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)
    )
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(wire.aliases(kind.state))), odd, min_size=1))
    again = wire.dump(wire.load_state(kind.state, {**bag, **changed}))
    assert set(again) >= set(changed)


@pytest.mark.parametrize(
    ("kind", "field", "answer"),
    [
        ("VirtualMachinePatchSettings", "patchMode", "AutomaticByFleet"),
        ("VirtualMachinePatchSettings", "assessmentMode", "Hourly"),
        ("VirtualMachinePatchSettings", "rebootSetting", "AskOwner"),
        ("MaintenanceSchedule", "rebootSetting", "AskOwner"),
        ("MaintenanceSchedule", "windows", {"classificationsToInclude": ["Firmware"]}),
        ("MaintenanceSchedule", "duration", "PT3H"),
    ],
)
def test_a_value_that_azure_answers_and_we_do_not_know_loads_and_is_stored_as_it_is(
    kind: str, field: str, answer: Any
) -> None:
    required = _required(kind)
    loaded = wire.load_state(KINDS[kind].state, {**required, field: answer})
    assert wire.dump(loaded)[field] == answer


def test_an_observed_value_that_we_do_not_know_is_stored_by_its_own_names() -> None:
    observed = WindowsPatches.model_construct(classifications_to_include=("Firmware",))  # type: ignore[arg-type]
    state = _schedule_state().model_copy(update={"windows": observed, "reboot_setting": "AskOwner"})
    dumped = wire.dump(state)
    assert dumped["rebootSetting"] == "AskOwner"
    assert dumped["windows"]["classificationsToInclude"] == ["Firmware"]


def test_an_answer_that_holds_models_is_a_bag_of_bags() -> None:
    patches = WindowsPatches(classifications_to_include=("Critical",))
    expected = wire.dump(patches)
    assert expected["classificationsToInclude"] == ["Critical"]
    assert wire.plain((patches, "text")) == [expected, "text"]
    assert wire.plain(patches) == expected
    assert wire.plain(None) is None


def test_state_without_a_required_value_says_what_to_do() -> None:
    with pytest.raises(InvalidInput) as caught:
        wire.load_state(KINDS["ScheduleAssignment"].state, {"machineId": MACHINE})
    assert str(caught.value) == (
        "the stored state has no 'scheduleId'; remove the resource from the state and run again"
    )


def _required(kind: str) -> Bag:
    return {
        "VirtualMachinePatchSettings": {"virtualMachineId": MACHINE},
        "ScheduleAssignment": {"machineId": MACHINE, "scheduleId": SCHEDULE},
        "MaintenanceSchedule": {
            "resourceGroupName": "rg-contoso",
            "scheduleName": "patch-tuesday",
            "location": "eastus",
            "start": "2027-01-01 22:00",
            "duration": "03:00",
            "timeZone": "Europe/Berlin",
            "recurrence": "Month Second Tuesday Offset4",
        },
    }[kind]


def _schedule_state() -> State:
    return wire.load_state(KINDS["MaintenanceSchedule"].state, _required("MaintenanceSchedule"))
