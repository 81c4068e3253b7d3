"""Fleets to declare, worlds of many machines, and what can go wrong with some of them."""

from collections.abc import Iterable
from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID, World, operations
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.simulator import Simulator
from azure_patch_simulator.world import Operation
from tests.handlers.declared import Declared
from tests.handlers.machines import ARM_NAMES, GROUP, HOTPATCH_SKU, MACHINES
from tests.handlers.schedules import THEIRS
from tests.support.simulated import Azure, Settings

MONTHLY, WEEKLY = (
    f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/contoso-{name}"
    for name in ("monthly", "weekly")
)
WANTED = {"patch_mode": "AutomaticByPlatform", "bypass_platform_safety_checks_on_user_schedule": True}
BEFORE = {"patch_mode": "AutomaticByOS"}
PATCH, LIST, GET = "VirtualMachines_Update", "VirtualMachines_ListAll", "VirtualMachines_Get"
POLL, GRAPH = "Operations_Get", "ResourceGraph_Resources"
PUT, UNASSIGN = "ConfigurationAssignments_CreateOrUpdate", "ConfigurationAssignments_Delete"
ASSIGNED = "ConfigurationAssignmentsWithinSubscription_List"


def names(count: int, start: int = 0) -> list[str]:
    """Names of machines: `vm-0000` and so on."""
    return [f"vm-{number:04}" for number in range(start, start + count)]


def ids(count: int, start: int = 0) -> list[str]:
    """Their ids."""
    return [f"{MACHINES}/{name}" for name in names(count, start)]


def azure_of(count: int, *, tags: dict[str, dict[str, str]] | None = None, **settings: Any) -> Azure:
    """An Azure of so many machines and two schedules; `tags` by the machine's name."""
    bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", name, HOTPATCH_SKU) for name in names(count)]
    for body in bodies:
        body["tags"] = (tags or {}).get(body["name"], {})
    azure = Azure(World.from_inventory(bodies, settings=Settings(**settings)))
    for schedule in (MONTHLY, WEEKLY):
        assert azure.ask("PUT", schedule, THEIRS).status == 200
    return azure


def fleet(azure: Azure, machines: Iterable[str], *, urn: str = "", **inputs: Any) -> Declared:
    """Listed machines that are to have `WANTED`; patch fields by the program's names, other inputs by the wire's."""
    given = {ARM_NAMES.get(name, name): value for name, value in {**WANTED, **inputs}.items() if value is not None}
    return Declared(azure, "fleet_patch_settings", {"fleetName": "web", "machineIds": list(machines), **given}, urn=urn)


def machines_of(resource: Declared, **known: Any) -> list[str]:
    """The names of the machines in the groups of which all that is known."""
    return [
        machine.rsplit("/", 1)[-1]
        for group in resource.state.groups
        if all(getattr(group, name) == value for name, value in known.items())
        for machine in group.machines
    ]


def failed_machines(resource: Declared) -> list[str]:
    """The names of the machines that have an error."""
    return [name.rsplit("/", 1)[-1] for group in resource.state.groups if group.error for name in group.machines]


def fail_writes(monkeypatch: Any, machines: Iterable[str], *, times: int = 1) -> None:
    """Let the operation that changes a machine end as failed, so many times for each of these."""
    left = dict.fromkeys((one.casefold() for one in machines), times)
    succeed = operations.finishers["virtualMachine.write"]

    def finish(simulator: Simulator, operation: Operation) -> None:
        succeed(simulator, operation)
        key = operation.resource_id.casefold()
        if left.get(key, 0):
            left[key] -= 1
            operation.status = "Failed"
            operation.error = {"code": "VMAgentStatusCommunicationError", "message": "The agent does not answer."}
            machine = simulator.world.resources.get(operation.resource_id)
            assert machine is not None
            machine.properties["provisioningState"] = "Failed"

    monkeypatch.setitem(operations.finishers, "virtualMachine.write", finish)


def assigned(azure: Azure, machine: str, schedule: str = MONTHLY) -> str | None:
    """The schedule that a machine's assignment of that name leads to."""
    name = schedule.rsplit("/", 1)[-1]
    answer = azure.ask("GET", f"{machine}/providers/Microsoft.Maintenance/configurationAssignments/{name}")
    return None if answer.status == 404 else answer.json()["properties"]["maintenanceConfigurationId"]
