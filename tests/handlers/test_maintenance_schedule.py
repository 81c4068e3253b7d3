"""Maintenance schedules: created, taken over, compared with what the service makes of them, restored."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, Drop, match
from pulumi_azure_hotpatch.engine.recurrence import format as format_recurrence
from pulumi_azure_hotpatch.engine.recurrence import patch_tuesday
from pulumi_azure_hotpatch.errors import ArmError, Refused
from tests.handlers.declared import Declared
from tests.handlers.machines import GROUP
from tests.support.simulated import Azure

NAME = "contoso-monthly"
ID = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/{NAME}"
GET, PUT, DELETE = (f"MaintenanceConfigurations_{verb}" for verb in ("Get", "CreateOrUpdate", "Delete"))
BASIC = {
    "resourceGroupName": "rg-contoso",
    "scheduleName": NAME,
    "location": "eastus",
    "subscriptionId": SUBSCRIPTION_ID,
    "start": "2027-01-01 22:00",
    "duration": "03:00",
    "timeZone": "Europe/Berlin",
    "recurrence": "1Month Second Tuesday Offset4",
}
WINDOW = {
    "startDateTime": "2027-01-01 22:00",
    "duration": "03:00",
    "timeZone": "W. Europe Standard Time",
    "recurEvery": "1Month Second Tuesday Offset4",
}
# Somebody else's configuration of the same window, with things in it that we never declare.
THEIRS: dict[str, Any] = {
    "location": "eastus",
    "tags": {"owner": "contoso"},
    "properties": {
        "namespace": "Microsoft.Maintenance",
        "maintenanceScope": "InGuestPatch",
        "visibility": "Custom",
        "extensionProperties": {"InGuestPatchMode": "Platform", "Note": "by hand"},
        "maintenanceWindow": {**WINDOW, "expirationDateTime": "2028-01-01 00:00"},
        "installPatches": {
            "rebootSetting": "Never",
            "windowsParameters": {"classificationsToInclude": ["Critical"], "kbNumbersToExclude": ["5001234"]},
        },
    },
}


def schedule(azure: Azure, *, urn: str = "", **inputs: Any) -> Declared:
    """The basic schedule with some inputs otherwise."""
    resource = Declared(azure, "maintenance_schedule", BASIC, urn=urn)
    resource.declare(**inputs)
    return resource


def theirs(azure: Azure, **window: str) -> None:
    """Somebody else makes the configuration, with some of its window otherwise."""
    properties = {**THEIRS["properties"], "maintenanceWindow": {**THEIRS["properties"]["maintenanceWindow"], **window}}
    answer = azure.ask("PUT", ID, {**THEIRS, "properties": properties})
    assert answer.status == 200, answer.json()


def change(azure: Azure, properties: dict[str, Any], **body: Any) -> None:
    """Somebody else changes the configuration."""
    answer = azure.ask("PATCH", ID, {"properties": properties, **body})
    assert answer.status == 200, answer.json()


def kept(azure: Azure) -> dict[str, Any]:
    """What Azure holds, without names."""
    return {name: value for name, value in azure.body(ID).items() if name in ("location", "tags", "properties")}


def window_of(azure: Azure) -> dict[str, Any]:
    window: dict[str, Any] = azure.body(ID)["properties"]["maintenanceWindow"]
    return window


def next_run(azure: Azure) -> None:
    azure.new_run()
    azure.take()


def test_a_schedule_that_does_not_exist_is_made_with_one_write() -> None:
    azure = Azure()
    resource = schedule(azure, windows={"classificationsToInclude": ["Critical"], "kbNumbersToExclude": ["5044284"]})
    state = resource.create()
    assert azure.calls() == [GET, PUT]
    assert resource.id == ID
    assert (state.adopted, state.previous, state.applied) == (False, {}, {})
    assert azure.sent(PUT) == [
        {
            "location": "eastus",
            "tags": {},
            "properties": {
                "maintenanceScope": "InGuestPatch",
                "visibility": "Custom",
                "extensionProperties": {"InGuestPatchMode": "User"},
                "maintenanceWindow": WINDOW,
                "installPatches": {
                    "rebootSetting": "IfRequired",
                    "windowsParameters": {
                        "classificationsToInclude": ["Critical"],
                        "kbNumbersToInclude": [],
                        "kbNumbersToExclude": ["KB5044284"],
                        "excludeKbsRequiringReboot": False,
                    },
                },
            },
        }
    ]


def test_a_typed_recurrence_is_sent_as_the_service_spells_it() -> None:
    azure = Azure()
    schedule(azure, recurrence=format_recurrence(patch_tuesday(4))).create()
    assert window_of(azure)["recurEvery"] == "Month Second Tuesday Offset4"


@pytest.mark.parametrize("start", ["2027-01-01T22:00", " 2027-01-01 22:00 ", "2027-01-01 22:00:00"])
def test_a_start_is_sent_in_the_form_that_the_service_takes(start: str) -> None:
    azure = Azure()
    schedule(azure, start=start, expires="2030-01-01T00:00").create()
    window = window_of(azure)
    assert (window["startDateTime"], window["expirationDateTime"]) == ("2027-01-01 22:00", "2030-01-01 00:00")


def test_our_own_schedule_is_deleted_in_the_end() -> None:
    azure = Azure()
    resource = schedule(azure)
    resource.create()
    change(azure, {"maintenanceWindow": {"duration": "02:00"}})
    next_run(azure)
    resource.delete()
    assert azure.take() == [DELETE]
    assert azure.ask("GET", ID).status == 404


def test_keep_leaves_it_and_says_so() -> None:
    azure = Azure()
    resource = schedule(azure, onDestroy="keep")
    resource.create()
    next_run(azure)
    resource.delete()
    assert azure.take() == []
    assert azure.said.remarks == [("INFO", "schedule 'contoso-monthly': it stays (on_destroy is 'keep')")]


@pytest.mark.parametrize(
    ("inputs", "sent"),
    [
        ({"duration": "02:30"}, {"duration": "02:30"}),
        ({"timeZone": "America/New_York"}, {"timeZone": "Eastern Standard Time"}),
        ({"recurrence": "2Weeks Saturday"}, {"recurEvery": "2Weeks Saturday"}),
        ({"expires": "2029-01-01 00:00"}, {"expirationDateTime": "2029-01-01 00:00"}),
    ],
    ids=lambda value: next(iter(value)),
)
def test_a_change_is_one_read_and_one_write(inputs: dict[str, str], sent: dict[str, str]) -> None:
    azure = Azure()
    resource = schedule(azure)
    resource.create()
    next_run(azure)
    resource.declare(**inputs)
    assert resource.difference().changed == tuple(inputs)
    resource.update()
    assert azure.take() == [GET, PUT]
    assert azure.sent(PUT)[-1]["properties"]["maintenanceWindow"] == {**WINDOW, **sent}


SPELLINGS: list[tuple[str, Any, dict[str, Any]]] = [
    ("timeZone", "Europe/Berlin", {"maintenanceWindow": {"timeZone": "w. europe standard time"}}),
    ("timeZone", "W. Europe Standard Time", {"maintenanceWindow": {"timeZone": "W. Europe Standard Time"}}),
    ("start", "2027-01-01 22:00", {"maintenanceWindow": {"startDateTime": "2027-01-01 22:00:00"}}),
    (
        "recurrence",
        "1Month Second Tuesday Offset4",
        {"maintenanceWindow": {"recurEvery": "month second tuesday offset4"}},
    ),
    ("recurrence", "Week Sunday,Saturday", {"maintenanceWindow": {"recurEvery": "1Week Saturday,Sunday"}}),
    ("expires", "9999-12-31 23:59:59", {"maintenanceWindow": {"expirationDateTime": None}}),
    ("rebootSetting", "Always", {"installPatches": {"rebootSetting": "always"}}),
    (
        "windows",
        {"classificationsToInclude": ["Security", "Critical"], "kbNumbersToInclude": ["KB5044284"]},
        {
            "installPatches": {
                "windowsParameters": {
                    "classificationsToInclude": ["critical", "Security"],
                    "kbNumbersToInclude": ["5044284"],
                    "kbNumbersToExclude": [],
                    "excludeKbsRequiringReboot": False,
                }
            }
        },
    ),
    (
        "linux",
        {"packageNameMasksToExclude": ["kernel*", "libc=1.0"]},
        {"installPatches": {"linuxParameters": {"packageNameMasksToExclude": ["libc=1.0", "kernel*"]}}},
    ),
]


@pytest.mark.parametrize(("name", "written", "answered"), SPELLINGS, ids=[name for name, _, _ in SPELLINGS])
def test_what_the_service_makes_of_a_value_is_no_change(name: str, written: Any, answered: dict[str, Any]) -> None:
    azure = Azure()
    resource = schedule(azure, **{name: written})
    state = resource.create()
    change(azure, answered)
    next_run(azure)
    assert resource.refresh() == state
    assert resource.difference().changed == ()
    resource.update()
    assert azure.take_writes() == []


def test_the_name_that_the_service_has_answered_for_always_is_no_change() -> None:
    azure = Azure()
    resource = schedule(azure, rebootSetting="Always")
    state = resource.create()
    body = azure.simulator.world.resources.get(ID)
    assert body is not None
    body.properties["installPatches"]["rebootSetting"] = "AlwaysReboot"
    next_run(azure)
    assert resource.refresh() == state
    assert resource.update().reboot_setting == "Always"
    assert azure.take_writes() == []


@pytest.mark.parametrize("tags", [None, {}], ids=["none", "empty"])
def test_empty_tags_are_no_tags(tags: dict[str, str] | None) -> None:
    azure = Azure()
    resource = schedule(azure, tags=tags)
    resource.create()
    next_run(azure)
    resource.refresh()
    assert resource.difference().changed == ()


def test_what_somebody_changed_is_seen_and_repaired() -> None:
    azure = Azure()
    resource = schedule(azure, linux={"classificationsToInclude": ["Critical"]})
    resource.create()
    change(azure, {"maintenanceWindow": {"duration": "02:00"}, "installPatches": {"linuxParameters": None}})
    next_run(azure)
    state = resource.refresh()
    assert (state.duration, state.linux) == ("02:00", None)
    assert resource.difference().changed == ("duration", "linux")
    resource.update()
    assert azure.take() == [GET, GET, PUT]
    assert window_of(azure) == WINDOW
    assert resource.difference().changed == ()


def test_the_reboot_setting_of_our_own_schedule_is_ours_whether_given_or_not() -> None:
    azure = Azure()
    resource = schedule(azure)
    resource.create()
    change(azure, {"installPatches": {"rebootSetting": "Always"}})
    next_run(azure)
    assert resource.refresh().reboot_setting == "Always"
    assert resource.difference().changed == ("rebootSetting",)
    resource.update()
    assert kept(azure)["properties"]["installPatches"] == {"rebootSetting": "IfRequired"}


def test_a_schedule_without_its_window_is_drift_that_can_be_repaired() -> None:
    azure = Azure()
    resource = schedule(azure)
    resource.create()
    change(azure, {"maintenanceWindow": None})
    next_run(azure)
    resource.refresh()
    assert resource.difference().changed == ("start", "duration", "timeZone", "recurrence")
    assert resource.refresh() == resource.state
    resource.update()
    assert window_of(azure) == WINDOW


def test_values_that_only_the_service_knows_are_drift_that_can_be_repaired() -> None:
    azure = Azure()
    resource = schedule(azure, windows={"classificationsToInclude": ["Critical"]})
    resource.create()
    change(azure, {"installPatches": {"windowsParameters": {"classificationsToInclude": ["Firmware"]}}})
    next_run(azure)
    assert resource.refresh().windows["classificationsToInclude"] == ["Firmware"]
    assert resource.difference().changed == ("windows",)
    resource.update()
    assert resource.difference().changed == ()


def test_a_schedule_that_is_gone_is_read_as_gone_and_made_again() -> None:
    azure = Azure()
    resource = schedule(azure)
    state = resource.create()
    azure.ask("DELETE", ID)
    next_run(azure)
    assert resource.update() == state
    assert azure.take() == [GET, PUT]
    azure.ask("DELETE", ID)
    resource.delete()
    assert resource.refresh() is None


def test_a_schedule_that_is_as_wanted_is_adopted_without_a_write_and_stays_in_the_end() -> None:
    azure = Azure()
    theirs(azure)
    before = kept(azure)
    resource = schedule(azure)
    state = resource.create()
    assert (state.adopted, state.previous, state.previously_absent) == (True, {}, ())
    next_run(azure)
    resource.delete()
    assert azure.writes() == []
    assert kept(azure) == before
    assert azure.said.remarks == [("INFO", "schedule 'contoso-monthly': it stays, because it was there before")]


def test_only_what_is_given_changes_in_a_schedule_that_was_there_and_all_of_it_goes_back() -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    before = kept(azure)
    resource = schedule(
        azure,
        rebootSetting="Always",
        windows={"classificationsToInclude": ["Security"]},
        linux={"packageNameMasksToInclude": ["kernel*"]},
    )
    state = resource.create()
    assert azure.calls() == [GET, PUT]
    assert state.adopted is True
    assert state.previously_absent == ("linux",)
    assert state.previous == {
        "duration": "02:00",
        "reboot_setting": "Never",
        "windows": {"classificationsToInclude": ["Critical"], "kbNumbersToExclude": ["5001234"]},
    }
    after = kept(azure)
    assert (after["tags"], after["properties"]["maintenanceWindow"]) == (
        {"owner": "contoso"},
        {**WINDOW, "expirationDateTime": "2028-01-01 00:00"},
    )
    for untouched in ("namespace", "extensionProperties"):
        assert after["properties"][untouched] == before["properties"][untouched]
    next_run(azure)
    assert resource.refresh() == state
    resource.delete()
    assert kept(azure) == before


def test_the_reboot_setting_of_a_schedule_that_was_there_is_theirs_until_it_is_given() -> None:
    azure = Azure()
    theirs(azure)
    resource = schedule(azure)
    resource.create()
    next_run(azure)
    resource.refresh()
    assert resource.difference().changed == ()
    resource.declare(rebootSetting="IfRequired")
    assert resource.difference().changed == ("rebootSetting",)
    resource.update()
    assert kept(azure)["properties"]["installPatches"]["rebootSetting"] == "IfRequired"
    next_run(azure)
    resource.delete()
    assert kept(azure)["properties"]["installPatches"]["rebootSetting"] == "Never"


def test_a_schedule_of_another_scope_is_not_taken_over() -> None:
    azure = Azure()
    body = {"location": "eastus", "properties": {"maintenanceScope": "Host", "visibility": "Custom"}}
    assert azure.ask("PUT", ID, body).status == 200
    with pytest.raises(Refused) as refused:
        schedule(azure).create()
    assert str(refused.value) == (
        "schedule 'contoso-monthly': it exists already with scope Host; choose another schedule_name"
    )
    assert azure.writes() == []


def test_a_schedule_in_another_region_is_not_taken_over() -> None:
    azure = Azure()
    theirs(azure)
    with pytest.raises(Refused) as refused:
        schedule(azure, location="West Europe").create()
    assert str(refused.value) == (
        "schedule 'contoso-monthly': it exists already in eastus; correct location or choose another name"
    )
    schedule(azure, location="East US").create()
    assert azure.writes() == []


@pytest.mark.parametrize("refreshed", [False, True], ids=["unseen", "seen by a refresh"])
def test_what_somebody_changed_in_a_schedule_that_was_there_is_left_and_named(refreshed: bool) -> None:
    azure = Azure()
    theirs(azure, duration="02:00", recurEvery="Week Sunday")
    resource = schedule(azure)
    resource.create()
    change(azure, {"maintenanceWindow": {"recurEvery": "Day"}})
    next_run(azure)
    if refreshed:
        resource.refresh()
    resource.delete()
    window = window_of(azure)
    assert (window["duration"], window["recurEvery"]) == ("02:00", "Day")
    assert azure.said.text == (
        "schedule 'contoso-monthly': it stays, because it was there before; changed by somebody else and left: "
        "recurrence"
    )


def test_what_was_as_wanted_and_had_to_be_repaired_is_not_undone_in_the_end() -> None:
    azure = Azure()
    theirs(azure)
    resource = schedule(azure)
    resource.create()
    change(azure, {"maintenanceWindow": {"duration": "02:00"}})
    next_run(azure)
    resource.refresh()
    assert resource.update().previous == {}
    next_run(azure)
    resource.delete()
    assert window_of(azure)["duration"] == "03:00"


def test_a_field_dropped_from_the_declaration_is_released() -> None:
    azure = Azure()
    theirs(azure)
    resource = schedule(azure, tags={"ring": "one"}, expires="2029-01-01 00:00")
    resource.create()
    next_run(azure)
    resource.declare(tags=None, expires=None)
    state = resource.update()
    assert azure.take_writes() == []
    assert (state.previous, state.previously_absent) == ({}, ())
    change(azure, {}, tags={"ring": None})
    next_run(azure)
    resource.delete()
    assert azure.take_writes() == []
    assert (kept(azure)["tags"], window_of(azure)["expirationDateTime"]) == ({}, "2029-01-01 00:00")


def test_one_that_was_there_and_is_gone_is_ours_when_we_make_it_again() -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    resource = schedule(azure)
    resource.create()
    azure.ask("DELETE", ID)
    next_run(azure)
    state = resource.update()
    assert (state.adopted, state.previous, state.applied) == (False, {}, {})
    next_run(azure)
    resource.delete()
    assert azure.take() == [DELETE]


def test_one_that_was_there_and_is_gone_needs_no_restoring() -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    resource = schedule(azure)
    resource.create()
    azure.ask("DELETE", ID)
    next_run(azure)
    resource.delete()
    assert azure.take() == [GET]


def test_a_schedule_that_another_resource_declares_stays() -> None:
    azure = Azure()
    old, new = schedule(azure, urn="urn:old"), schedule(azure, urn="urn:new")
    old.create()
    next_run(azure)
    assert azure.context(urn=new.urn).declarations.declare(new.targets()[0])
    assert new.create().adopted is True
    old.delete()
    assert azure.take_writes() == []
    assert azure.said.remarks == [("INFO", "it stays: another resource of this stack declares it")]


@pytest.mark.parametrize("before", [True, False], ids=["nothing was done", "it was done"])
def test_a_lost_answer_is_asked_for_again_by_the_sdk(before: bool) -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PUT", NAME), response=Drop(before=before))
    state = schedule(azure).create()
    assert (state.adopted, window_of(azure)) == (False, WINDOW)


@pytest.mark.parametrize("before", [True, False], ids=["nothing was done", "it was done"])
def test_when_no_answer_comes_at_all_the_next_run_still_knows_it_as_ours(before: bool) -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PUT", NAME), response=Drop(before=before), times=None)
    resource = schedule(azure)
    with pytest.raises(ArmError, match="Azure cannot be reached"):
        resource.create()
    azure.simulator.faults.clear()
    next_run(azure)
    state = resource.update()
    assert (state.adopted, state.unfinished, window_of(azure)) == (False, None, WINDOW)
    assert azure.take() == ([GET, PUT] if before else [GET])


def test_when_no_answer_comes_at_all_what_was_there_before_is_not_lost() -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    azure.simulator.faults.add(match("PUT", NAME), response=Drop(), times=None)
    resource = schedule(azure)
    with pytest.raises(ArmError):
        resource.create()
    azure.simulator.faults.clear()
    next_run(azure)
    resource.update()
    next_run(azure)
    resource.delete()
    assert window_of(azure)["duration"] == "02:00"


def test_what_azure_refuses_leaves_nothing_behind() -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PUT", NAME), response=Answer(403, "AuthorizationFailed", "No."))
    resource = schedule(azure)
    with pytest.raises(ArmError) as refused:
        resource.create()
    assert str(refused.value) == "schedule 'contoso-monthly': could not write it: AuthorizationFailed: No."
    assert resource.stored is None


def test_after_a_killed_run_what_is_found_is_adopted_and_not_claimed() -> None:
    azure = Azure()
    resource = schedule(azure)
    resource.create()
    resource.forget()
    next_run(azure)
    assert resource.create().adopted is True
    assert azure.take() == [GET]
    resource.delete()
    assert azure.ask("GET", ID).status == 200


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "duration": st.sampled_from(["02:00", "03:00", "03:30"]),
        "recurrence": st.sampled_from(["Day", "Week Sunday", "1Month Second Tuesday Offset4"]),
        "rebootSetting": st.sampled_from(["IfRequired", "Never", "Always"]),
        "expires": st.sampled_from(["2028-01-01 00:00", "2029-01-01 00:00"]),
        "tags": st.sampled_from([{}, {"ring": "one"}, {"owner": "contoso"}]),
        "windows": st.sampled_from([{"classificationsToInclude": ["Critical"]}, {"kbNumbersToInclude": ["KB5044284"]}]),
    },
)


@given(FIELDS, FIELDS)
def test_whatever_is_declared_of_one_that_was_there_it_is_as_before_in_the_end(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    before = kept(azure)
    resource = schedule(azure, **first)
    resource.create()
    for name, value in second.items():
        if name in first or name in ("duration", "recurrence"):
            resource.declare(**{name: value})
    azure.new_run()
    resource.update()
    azure.new_run()
    resource.delete()
    assert kept(azure) == before
