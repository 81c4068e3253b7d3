"""Many reads of a run become a list, which never tells what is outdated and never costs more than it saves."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, Simulator, World, match
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.transport import SimulatedTransport
from pulumi_azure_hotpatch.arm.azure import over
from pulumi_azure_hotpatch.arm.clouds import PUBLIC
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body
from tests.support.simulated import START, Azure, Clock

SCHEDULES = "Microsoft.Maintenance/maintenanceConfigurations"
LISTED = "/providers/Microsoft.Compute/virtualMachines$"
OTHER_MODE = {"patchMode": "AutomaticByPlatform"}


def fleet(count: int) -> tuple[World, list[ResourceId]]:
    bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", f"vm-{n:03}", "2022-datacenter") for n in range(count)]
    return World.from_inventory(bodies), [ResourceId.parse(body["id"]) for body in bodies]


def mode(body: Body | None) -> str:
    assert body is not None
    found: str = body["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]["patchMode"]
    return found


@pytest.mark.parametrize(("machines", "singles", "pages"), [(2, 2, 0), (3, 2, 1), (150, 2, 1), (410, 4, 3)])
def test_the_first_machines_are_read_one_by_one_and_the_rest_from_pages(
    machines: int, singles: int, pages: int
) -> None:
    world, ids = fleet(machines)
    azure = Azure(world)
    for id in ids:
        body = azure.runtime.azure.machines.get(id, fresh=False)
        assert body is not None
        assert body["name"] == id.name
    assert azure.calls().count("VirtualMachines_Get") == singles
    assert azure.calls().count("VirtualMachines_ListAll") == pages


def test_a_listed_machine_is_the_same_body_as_one_that_is_read_by_itself() -> None:
    world, ids = fleet(3)
    azure = Azure(world)
    listed = [azure.runtime.azure.machines.get(id, fresh=False) for id in ids][-1]
    alone = azure.runtime.azure.machines.get(ids[-1])
    assert listed is not None
    assert alone is not None
    assert listed["properties"] == alone["properties"]


def test_a_fresh_read_is_never_from_a_list() -> None:
    world, ids = fleet(6)
    azure = Azure(world)
    for id in ids:
        azure.runtime.azure.machines.get(id)
    assert azure.calls() == ["VirtualMachines_Get"] * 6


def test_what_was_listed_two_minutes_ago_is_read_anew() -> None:
    world, ids = fleet(4)
    azure = Azure(world)
    for id in ids[:3]:
        azure.runtime.azure.machines.get(id, fresh=False)
    azure.clock.sleep_until(START + timedelta(minutes=2))
    azure.take()
    azure.runtime.azure.machines.get(ids[3], fresh=False)
    assert azure.take() == ["VirtualMachines_Get"]


def test_where_listing_is_refused_every_machine_is_read_by_itself() -> None:
    world, ids = fleet(8)
    azure = Azure(world)
    azure.simulator.faults.add(match("GET", LISTED), response=Answer(403, "AuthorizationFailed", "No."), times=None)
    for id in ids:
        assert azure.runtime.azure.machines.get(id, fresh=False) is not None
    assert azure.calls().count("VirtualMachines_Get") == 8
    assert azure.calls().count("VirtualMachines_ListAll") == 1


def test_a_machine_that_no_page_has_is_asked_for_by_itself() -> None:
    world, ids = fleet(5)
    azure = Azure(world)
    for id in ids:
        azure.runtime.azure.machines.get(id, fresh=False)
    assert azure.runtime.azure.machines.get(ResourceId.parse(f"{ids[0]}-gone"), fresh=False) is None
    assert azure.take()[-1] == "VirtualMachines_Get"


class Overtaken(SimulatedTransport):
    """Lets something happen after the service has made up a list and before we have it."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self.meddle: Callable[[], Any] = lambda: None

    def send(self, request: Any, **options: Any) -> Any:
        answer = super().send(request, **options)
        if request.url.split("?")[0].endswith("/virtualMachines"):
            meddle, self.meddle = self.meddle, lambda: None
            thread = threading.Thread(target=meddle)
            thread.start()
            thread.join(5)
        return answer


def test_a_list_that_our_write_overtakes_does_not_bring_back_what_was_before() -> None:
    world, ids = fleet(4)
    simulator = Simulator(world, start=START)
    transport = Overtaken(simulator)
    machines = over(PUBLIC, simulator.credential(), transport, Clock(simulator)).machines
    transport.meddle = lambda: machines.patch_settings(ids[3], "windows", OTHER_MODE)
    for id in ids[:3]:
        machines.get(id, fresh=False)
    assert mode(machines.get(ids[3], fresh=False)) == "AutomaticByPlatform"


def test_many_threads_read_many_machines_with_few_calls() -> None:
    world, ids = fleet(120)
    azure = Azure(world)
    found: dict[str, Body | None] = {}

    def read(some: list[ResourceId]) -> None:
        for id in some:
            found[id.name] = azure.runtime.azure.machines.get(id, fresh=False)

    threads = [threading.Thread(target=read, args=(ids[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(id.name for id in ids)
    assert None not in found.values()
    assert len(azure.calls()) == 3


def assignments(azure: Azure, ids: list[ResourceId]) -> list[ResourceId]:
    """A schedule that may be given to machines, and the ids of its assignments."""
    schedule = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso/providers/{SCHEDULES}/monthly"
    window = {"startDateTime": "2027-01-01 22:00", "duration": "03:00", "timeZone": "UTC", "recurEvery": "1Month day4"}
    properties = {"maintenanceScope": "InGuestPatch", "extensionProperties": {"InGuestPatchMode": "User"}}
    body = {"location": "eastus", "properties": properties | {"maintenanceWindow": window}}
    azure.runtime.azure.maintenance.put_schedule(ResourceId.parse(schedule), body)
    azure.take()
    return [id.extension("Microsoft.Maintenance/configurationAssignments", "monthly") for id in ids]


def assign(azure: Azure, assignment: ResourceId) -> None:
    schedule = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso/providers/{SCHEDULES}/monthly"
    body = {"location": "eastus", "properties": {"maintenanceConfigurationId": schedule}}
    assert azure.ask("PUT", str(assignment), body).status == 200


def test_what_neither_the_list_nor_resource_graph_knows_does_not_exist() -> None:
    world, ids = fleet(50)
    azure = Azure(world)
    wanted = assignments(azure, ids)
    assign(azure, wanted[40])
    found = [azure.runtime.azure.maintenance.get_assignment(one, fresh=False) for one in wanted]
    assert [body is not None for body in found] == [number == 40 for number in range(50)]
    calls = azure.take()
    assert calls.count("ConfigurationAssignments_Get") <= 3
    assert len(calls) <= 5


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "^/subscriptions/[^/]*/providers/Microsoft.Maintenance/configurationAssignments$"),
        ("POST", "^/providers/Microsoft.ResourceGraph/resources$"),
    ],
)
def test_without_the_list_or_resource_graph_every_missing_assignment_is_asked_for(method: str, path: str) -> None:
    world, ids = fleet(9)
    azure = Azure(world)
    wanted = assignments(azure, ids)
    azure.simulator.faults.add(match(method, path), response=Answer(403, "Forbidden", "No."), times=None)
    for one in wanted:
        assert azure.runtime.azure.maintenance.get_assignment(one, fresh=False) is None
    assert azure.take().count("ConfigurationAssignments_Get") == 9


def test_a_refresh_of_many_reads_a_list_and_tells_each_body_once() -> None:
    world, ids = fleet(20)
    azure = Azure(world)
    wanted = assignments(azure, ids)
    for one in wanted:
        assign(azure, one)
    maintenance = azure.runtime.azure.maintenance
    assert all(maintenance.observe_assignment(one) is not None for one in wanted)
    assert len(azure.take()) == 3
    azure.ask("DELETE", str(wanted[10]))
    assert maintenance.observe_assignment(wanted[10]) is None
    assert azure.take() == ["ConfigurationAssignments_Get"]


def test_a_refresh_never_concludes_from_a_list_that_something_is_gone() -> None:
    world, ids = fleet(6)
    azure = Azure(world)
    for one in assignments(azure, ids):
        assert azure.runtime.azure.maintenance.observe_assignment(one) is None
    assert azure.take().count("ConfigurationAssignments_Get") == 6
