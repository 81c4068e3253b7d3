"""Maintenance configurations: what the service rewrites and what it refuses."""

from typing import Any

import pytest

from azure_patch_simulator import Settings
from tests.simulator.asking import (
    CONFIGURATIONS,
    MACHINE,
    SUBSCRIPTION,
    Client,
    client,
    code_of,
    in_guest_configuration,
    message_of,
)

MONTHLY = f"{CONFIGURATIONS}/Monthly"


def test_a_created_configuration_answers_200_with_what_the_service_adds(azure: Client) -> None:
    answer = azure.ask("PUT", MONTHLY, in_guest_configuration())
    assert answer.status == 200
    assert answer.json() == {
        "id": MONTHLY.replace("resourceGroups", "resourcegroups"),
        "name": "Monthly",
        "type": "Microsoft.Maintenance/maintenanceConfigurations",
        "location": "eastus",
        "tags": {},
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"inGuestPatchMode": "User"},
            "maintenanceWindow": {
                "startDateTime": "2026-12-01 03:00",
                "duration": "03:00",
                "timeZone": "UTC",
                "recurEvery": "1Week Monday",
            },
            "installPatches": {"rebootSetting": "IfRequired"},
            "visibility": "Custom",
            "configurationType": "Regular",
        },
    }


def test_a_read_shows_a_lower_case_tail_in_the_id_but_not_in_the_type(azure: Client) -> None:
    azure.ask("PUT", MONTHLY, in_guest_configuration())
    body = azure.get(MONTHLY)
    assert body["id"].endswith(
        "/resourcegroups/rg-contoso/providers/microsoft.maintenance/maintenanceconfigurations/Monthly"
    )
    assert body["type"] == "Microsoft.Maintenance/maintenanceConfigurations"
    assert azure.get(CONFIGURATIONS)["value"] == [body]
    everywhere = f"{SUBSCRIPTION}/providers/Microsoft.Maintenance/maintenanceConfigurations"
    assert azure.get(everywhere) == {"value": [body]}


def test_a_host_window_of_no_duration_is_dropped_and_extension_properties_appear(azure: Client) -> None:
    body = {
        "location": "eastus",
        "properties": {"maintenanceScope": "Host", "maintenanceWindow": {"duration": "00:00"}},
    }
    properties = azure.ask("PUT", MONTHLY, body).json()["properties"]
    assert "maintenanceWindow" not in properties
    assert properties["extensionProperties"] == {}


def test_a_patch_changes_only_what_it_gives_and_a_second_put_replaces(azure: Client) -> None:
    azure.ask("PUT", MONTHLY, in_guest_configuration())
    changed = azure.ask(
        "PATCH", MONTHLY, {"tags": {"a": "b"}, "properties": {"maintenanceWindow": {"duration": "02:00"}}}
    )
    assert changed.status == 200
    window = changed.json()["properties"]["maintenanceWindow"]
    assert (window["duration"], window["recurEvery"]) == ("02:00", "1Week Monday")
    azure.ask("PUT", MONTHLY, in_guest_configuration())
    assert azure.get(MONTHLY)["tags"] == {}


def test_a_deleted_configuration_answers_200_without_a_body_and_then_204(azure: Client) -> None:
    azure.ask("PUT", MONTHLY, in_guest_configuration())
    deleted = azure.ask("DELETE", MONTHLY)
    assert (deleted.status, deleted.body) == (200, b"")
    assert azure.ask("DELETE", MONTHLY).status == 204
    assert code_of(azure.ask("GET", MONTHLY)) == "ResourceNotFound"


def test_a_monthly_recurrence_without_a_day_is_refused_in_the_words_and_envelope_of_the_service(azure: Client) -> None:
    refused = azure.ask("PUT", MONTHLY, in_guest_configuration(recurEvery="Month"))
    assert refused.status == 400
    assert refused.json() == {
        "Error": {
            "Code": "InvalidMaintenanceWindow",
            "Message": "Invalid maintenance window. Error: Monthly maintenance window is missing day of month or week "
            "of month.",
        }
    }


def test_a_guest_schedule_without_a_patch_mode_is_refused_with_the_known_text(azure: Client) -> None:
    body = in_guest_configuration()
    body["properties"]["extensionProperties"] = {}
    refused = azure.ask("PUT", MONTHLY, body)
    assert message_of(refused) == "Extension properties must contain Patch mode"
    assert code_of(refused) == "SimulatorRulePatchModeMissing"


def test_a_public_configuration_is_refused_with_the_known_text(azure: Client) -> None:
    body = in_guest_configuration()
    body["properties"]["visibility"] = "Public"
    assert message_of(azure.ask("PUT", MONTHLY, body)) == "Public Maintenance Configuration must set correct properties"


@pytest.mark.parametrize(
    ("window", "rule"),
    [
        ({"duration": "01:29"}, "Duration"),
        ({"duration": "03:56"}, "Duration"),
        ({"duration": "three hours"}, "Duration"),
        ({"duration": "24:00"}, "Duration"),
        ({"timeZone": "Europe/Berlin"}, "TimeZone"),
        ({"timeZone": "Mars Standard Time"}, "TimeZone"),
        ({"startDateTime": "2026-13-01 03:00"}, "DateTime"),
        ({"startDateTime": "tomorrow"}, "DateTime"),
        ({"expirationDateTime": "2026-11-02 07:59"}, "Expired"),
        ({"recurEvery": "Fortnight"}, "RecurEvery"),
        ({"recurEvery": "0Day"}, "RecurEvery"),
        ({"recurEvery": "1Week Mon"}, "RecurEvery"),
        ({"recurEvery": "1Month day32"}, "RecurEvery"),
        ({"recurEvery": "1Month Second Tuesday Offset7"}, "RecurEvery"),
        ({"recurEvery": "1Month Fifth Tuesday"}, "RecurEvery"),
        ({"recurEvery": "5Hours"}, "RecurEvery"),
        ({"recurEvery": "2Days Monday"}, "RecurEvery"),
    ],
)
def test_documented_bounds_of_a_window_are_kept_under_a_code_of_ours(
    azure: Client, window: dict[str, str], rule: str
) -> None:
    refused = azure.ask("PUT", MONTHLY, in_guest_configuration(**window))
    assert (refused.status, code_of(refused)) == (400, f"SimulatorRule{rule}")
    assert azure.ask("GET", MONTHLY).status == 404


@pytest.mark.parametrize(
    "window",
    [
        {"duration": "01:30"},
        {"duration": "3:55"},
        {"timeZone": "W. Europe Standard Time"},
        {"expirationDateTime": "9999-12-31 23:59:59"},
        {"recurEvery": "20days"},
        {"recurEvery": "Week Saturday,Sunday"},
        {"recurEvery": "3Weeks"},
        {"recurEvery": "2Months Third Monday Offset3"},
        {"recurEvery": "Month Last Friday Offset-6"},
        {"recurEvery": "1Month day23,day24"},
        {"recurEvery": "6Hours"},
    ],
)
def test_forms_seen_on_the_service_are_taken_and_kept_as_sent(azure: Client, window: dict[str, str]) -> None:
    answer = azure.ask("PUT", MONTHLY, in_guest_configuration(**window))
    assert answer.status == 200
    assert window.items() <= answer.json()["properties"]["maintenanceWindow"].items()


def test_names_of_group_and_configuration_have_a_common_limit(azure: Client) -> None:
    room = 128 - len("rg-contoso")
    assert azure.ask("PUT", f"{CONFIGURATIONS}/{'a' * (room - 1)}", in_guest_configuration()).status == 200
    refused = azure.ask("PUT", f"{CONFIGURATIONS}/{'a' * room}", in_guest_configuration())
    assert code_of(refused) == "SimulatorRuleNamesTooLong"


@pytest.mark.parametrize(
    "body",
    [
        {"location": "eastus", "properties": []},
        {"location": "eastus", "properties": {"maintenanceWindow": {"duration": 3}}},
        {"location": "eastus", "properties": {"installPatches": {"windowsParameters": {"kbNumbersToInclude": "KB1"}}}},
        {"location": 5},
        {"location": "eastus", "tags": {"a": 1}},
    ],
)
def test_wrong_types_are_unreadable_content(azure: Client, body: dict[str, Any]) -> None:
    refused = azure.ask("PUT", MONTHLY, body)
    assert (refused.status, code_of(refused)) == (400, "InvalidRequestContent")


@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 409)])
def test_the_world_decides_whether_an_assigned_configuration_can_be_deleted(allowed: bool, status: int) -> None:
    azure = client(Settings(deletes_assigned_configurations=allowed))
    azure.ask("PUT", MONTHLY, in_guest_configuration())
    assignment = f"{MACHINE}/providers/Microsoft.Maintenance/configurationAssignments/monthly"
    body = {"location": "eastus", "properties": {"maintenanceConfigurationId": MONTHLY}}
    assert azure.ask("PUT", assignment, body).status == 200
    assert azure.ask("DELETE", MONTHLY).status == status
    azure.ask("DELETE", assignment)
    assert azure.ask("DELETE", MONTHLY).status in (200, 204)
