"""Maintenance schedules to declare, and somebody else's of the same name."""

from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID
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
