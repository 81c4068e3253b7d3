"""Maintenance schedules: created, changed, compared with what the service makes of them, repaired."""

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.recurrence import format as format_recurrence
from pulumi_azure_hotpatch.engine.recurrence import patch_tuesday
from tests.handlers.schedules import (
    DELETE,
    GET,
    ID,
    PUT,
    WINDOW,
    change,
    kept,
    next_run,
    schedule,
    window_of,
)
from tests.support.simulated import Azure


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
