"""Schedules to give to machines, and others who give them."""

from typing import Any

from azure_patch_simulator import World
from tests.handlers.declared import Declared
from tests.handlers.machines import APP, GROUP
from tests.handlers.schedules import THEIRS
from tests.support.simulated import Azure

CONFIGURATIONS = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations"
MONTHLY, WEEKLY, DAILY = (f"{CONFIGURATIONS}/contoso-{name}" for name in ("monthly", "weekly", "daily"))
TAIL = "providers/Microsoft.Maintenance/configurationAssignments"
ID = f"{APP}/{TAIL}/contoso-monthly"
GET, PUT, DELETE = (f"ConfigurationAssignments_{verb}" for verb in ("Get", "CreateOrUpdate", "Delete"))
ARC = f"{GROUP}/providers/Microsoft.HybridCompute/machines/arc-1"


def scheduled_azure(world: World | None = None) -> Azure:
    """A world with three schedules."""
    azure = Azure(world)
    for schedule in (MONTHLY, WEEKLY, DAILY):
        assert azure.ask("PUT", schedule, THEIRS).status == 200
    return azure


def assignment(azure: Azure, machine: str = APP, schedule: str = MONTHLY, *, urn: str = "", **inputs: Any) -> Declared:
    """A schedule given to a machine."""
    return Declared(azure, "schedule_assignment", {"machineId": machine, "scheduleId": schedule, **inputs}, urn=urn)


def give(azure: Azure, schedule: str, id: str = ID) -> None:
    """Somebody else assigns a schedule."""
    body = {"location": "eastus", "properties": {"maintenanceConfigurationId": schedule}}
    assert azure.ask("PUT", id, body).status == 200


def given(azure: Azure, id: str = ID) -> str | None:
    """The schedule that an assignment leads to, None without one."""
    answer = azure.ask("GET", id)
    return None if answer.status == 404 else answer.json()["properties"]["maintenanceConfigurationId"]
