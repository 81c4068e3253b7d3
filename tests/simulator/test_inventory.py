"""Starting worlds from what people have."""

import json
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Simulator, World
from azure_patch_simulator.inventory import small_fleet
from tests.simulator.asking import MACHINE, START, SUBSCRIPTION, Client

FLEET = small_fleet(SUBSCRIPTION_ID)


def client_of(world: World) -> Client:
    return Client(Simulator(world, start=START))


def flattened(body: dict[str, Any]) -> dict[str, Any]:
    """As ``az vm list -d`` prints it: no ``properties`` level, nulls, a few members of its own."""
    flat = {name: value for name, value in body.items() if name != "properties"}
    group = body["id"].split("/")[4].upper()
    return {**flat, **body["properties"], "resourceGroup": group, "powerState": "VM deallocated", "plan": None}


@pytest.mark.parametrize("shape", ["list", "value", "data", "lines", "single line"])
def test_every_shape_gives_the_same_world(tmp_path: Path, shape: str) -> None:
    file = tmp_path / "inventory.json"
    texts = {
        "list": json.dumps(FLEET, indent=2),
        "value": json.dumps({"value": FLEET}),
        "data": json.dumps({"data": FLEET, "count": len(FLEET)}),
        "lines": "\n".join(json.dumps(body) for body in FLEET) + "\n",
        "single line": json.dumps(FLEET),
    }
    file.write_text(texts[shape], encoding="utf-8")
    azure = client_of(World.from_inventory(file))
    assert azure.get(MACHINE) == client_of(World.from_inventory(FLEET)).get(MACHINE)
    assert len(azure.get(f"{SUBSCRIPTION}/resources")["value"]) == len(FLEET)


def test_what_az_flattens_is_put_back() -> None:
    azure = client_of(World.from_inventory([flattened(body) for body in FLEET]))
    assert azure.get(MACHINE) == client_of(World.from_inventory(FLEET)).get(MACHINE)
    assert azure.get(f"{MACHINE}/instanceView")["statuses"][1]["code"] == "PowerState/deallocated"


def test_the_power_state_of_an_instance_view_is_taken_over() -> None:
    body = json.loads(json.dumps(FLEET[0]))
    body["properties"]["instanceView"] = {"statuses": [{"code": "PowerState/stopped"}]}
    azure = client_of(World.from_inventory([body]))
    assert azure.get(f"{MACHINE}/instanceView")["statuses"][1]["code"] == "PowerState/deallocated"
    assert "instanceView" not in azure.get(MACHINE)["properties"]


def test_subscriptions_groups_schedules_and_assignments_come_along() -> None:
    other = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-two"
    configuration = f"{other}/providers/microsoft.maintenance/maintenanceconfigurations/monthly"
    machine = {**FLEET[0], "id": f"{other}/providers/Microsoft.Compute/virtualMachines/vm-2"}
    tail = "providers/microsoft.maintenance/configurationassignments/monthly"
    azure = client_of(
        World.from_inventory(
            [
                machine,
                {"id": configuration, "location": "eastus", "properties": {"maintenanceScope": "InGuestPatch"}},
                {"id": f"{machine['id']}/{tail}", "properties": {"maintenanceConfigurationId": configuration}},
            ]
        )
    )
    assert [each["name"] for each in azure.get(f"{other[:51]}/resourceGroups")["value"]] == ["rg-two"]
    assert azure.get(configuration)["properties"] == {"maintenanceScope": "InGuestPatch"}
    [assignment] = azure.get(f"{machine['id']}/providers/Microsoft.Maintenance/configurationAssignments")["value"]
    assert assignment["name"] == "monthly"
    assert azure.ask("GET", MACHINE).status == 404


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ([{"name": "vm"}], "inventory entry 1: no ARM id"),
        (
            [FLEET[0], {"id": "/subscriptions/x/resourceGroups"}],
            "inventory entry 2: the id .* is not that of a resource",
        ),
        ([FLEET[0], 5], "inventory entry 2: an object is expected, not int"),
        ({"value": ["x"]}, "inventory entry 1: an object is expected, not str"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named(source: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        World.from_inventory(source)


def test_a_file_that_is_no_inventory_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "inventory.json"
    for scalar in ("5", '"vm-web-1"', "null"):
        file.write_text(scalar, encoding="utf-8")
        with pytest.raises(ValueError, match="an inventory is a list"):
            World.from_inventory(file)
    file.write_text("vm-web-1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="neither JSON nor JSON lines"):
        World.from_inventory(file)


def test_the_default_world_has_regions_zones_sets_and_real_images() -> None:
    world = World.default()
    machines = world.resources.of_type("Microsoft.Compute/virtualMachines", subscription=SUBSCRIPTION_ID)
    assert {machine.body["location"] for machine in machines} == {"eastus", "westeurope"}
    assert [machine.body.get("zones") for machine in machines[:3]] == [["1"], ["2"], ["3"]]
    assert "availabilitySet" in machines[3].properties
