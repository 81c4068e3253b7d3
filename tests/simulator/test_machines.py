"""Virtual machines: merge, replace, list, conditions, views, and those who keep writing."""

from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator import Policy, Settings
from tests.simulator.asking import (
    GROUP,
    MACHINE,
    MACHINES,
    SUBSCRIPTION,
    Client,
    client,
    code_of,
    message_of,
    patch_settings,
)

WINDOWS = ("properties", "osProfile", "windowsConfiguration")


@pytest.fixture
def quick() -> Client:
    return client(Settings(operation_time=timedelta(0)))


def windows(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["properties"]["osProfile"]["windowsConfiguration"]
    return found


def test_a_patch_changes_only_what_it_gives(quick: Client) -> None:
    before = quick.get(MACHINE)
    quick.ask("PATCH", MACHINE, patch_settings(assessmentMode="AutomaticByPlatform"))
    after = quick.get(MACHINE)
    expected = {**before, "etag": after["etag"]}
    windows(expected)["patchSettings"] = {"patchMode": "AutomaticByOS", "assessmentMode": "AutomaticByPlatform"}
    assert after == expected


def test_a_put_of_a_body_just_read_changes_nothing(quick: Client) -> None:
    before = quick.get(MACHINE)
    answer = quick.ask("PUT", MACHINE, before)
    assert answer.status == 200
    assert {**answer.json(), "etag": before.get("etag")} == {**before, "etag": before.get("etag")}


def test_a_put_that_omits_immutable_properties_leaves_them_as_they_were(quick: Client) -> None:
    before = quick.get(MACHINE)
    sent = {name: value for name, value in before.items() if name in ("location", "tags", "zones")}
    sent["properties"] = {
        "osProfile": {"windowsConfiguration": {"patchSettings": {"patchMode": "AutomaticByPlatform"}}}
    }
    after = quick.ask("PUT", MACHINE, sent).json()
    for profile in ("storageProfile", "hardwareProfile", "networkProfile"):
        assert after["properties"][profile] == before["properties"][profile]
    assert after["properties"]["osProfile"]["adminUsername"] == "azureuser"
    assert windows(after) == {**windows(before), "patchSettings": {"patchMode": "AutomaticByPlatform"}}


def test_a_put_replaces_tags_and_patch_settings_as_a_whole(quick: Client) -> None:
    quick.ask("PATCH", MACHINE, {"tags": {"a": "1"}, **patch_settings(assessmentMode="AutomaticByPlatform")})
    sent = quick.get(MACHINE)
    del sent["tags"], windows(sent)["patchSettings"]["assessmentMode"]
    after = quick.ask("PUT", MACHINE, sent).json()
    assert "tags" not in after
    assert windows(after)["patchSettings"] == {"patchMode": "AutomaticByOS"}


def test_an_empty_windows_configuration_is_filled_with_the_defaults_of_the_service(quick: Client) -> None:
    image = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2019-datacenter"}
    body = {
        "location": "eastus",
        "properties": {"storageProfile": {"imageReference": image}, "osProfile": {"windowsConfiguration": {}}},
    }
    assert windows(quick.ask("PUT", f"{MACHINES}/vm-new", body).json()) == {
        "provisionVMAgent": True,
        "enableAutomaticUpdates": True,
        "patchSettings": {"patchMode": "AutomaticByOS"},
    }


def test_a_machine_needs_a_location_a_group_and_stays_where_it_is(azure: Client) -> None:
    assert code_of(azure.ask("PUT", f"{MACHINES}/vm-new", {"properties": {}})) == "LocationRequired"
    elsewhere = f"{SUBSCRIPTION}/resourceGroups/rg-none/providers/Microsoft.Compute/virtualMachines/vm-new"
    refused = azure.ask("PUT", elsewhere, {"location": "eastus"})
    assert (refused.status, code_of(refused)) == (404, "ResourceGroupNotFound")
    moved = azure.ask("PUT", MACHINE, {"location": "West Europe"})
    assert (moved.status, code_of(moved)) == (409, "InvalidResourceLocation")
    assert azure.ask("PUT", MACHINE, {"location": "East US"}).json()["location"] == "eastus"


def test_a_missing_machine_is_not_found_in_the_words_of_resource_manager(azure: Client) -> None:
    missing = azure.ask("GET", f"{MACHINES}/vm-none")
    assert (missing.status, code_of(missing)) == (404, "ResourceNotFound")
    assert message_of(missing) == (
        "The Resource 'Microsoft.Compute/virtualMachines/vm-none' under resource group 'rg-contoso' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


def test_paths_ignore_letter_case_and_answers_keep_the_names(azure: Client) -> None:
    body = azure.get(MACHINE.upper().replace("VM-WEB-1", "Vm-Web-1"))
    assert body["id"] == MACHINE
    assert body["name"] == "vm-web-1"


def test_lists_are_paged_and_every_page_leads_to_the_next() -> None:
    azure = client(Settings(page_size=2))
    link: str | None = f"{SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines"
    pages = []
    while link is not None:
        page = azure.get(link)
        pages.append([machine["name"] for machine in page["value"]])
        link = page.get("nextLink")
    assert pages == [["vm-web-1", "vm-web-2"], ["vm-web-3", "vm-app-1"], ["vm-linux-1"]]
    assert [each["name"] for each in azure.get(MACHINES)["value"]] == ["vm-web-1", "vm-web-2"]


def test_the_generic_list_has_all_resources_and_can_be_filtered_by_type(azure: Client) -> None:
    assert len(azure.get(f"{SUBSCRIPTION}/resources")["value"]) == 5
    assert len(azure.get(f"{GROUP}/resources")["value"]) == 4
    assert azure.get(f"{SUBSCRIPTION}/resources?$filter=resourceType%20eq%20'Contoso.None/none'")["value"] == []


def test_the_instance_view_shows_power_and_provisioning(azure: Client) -> None:
    view = azure.get(f"{MACHINE}?$expand=instanceView")["properties"]["instanceView"]
    assert view == azure.get(f"{MACHINE}/instanceView")
    assert [status["code"] for status in view["statuses"]] == ["ProvisioningState/succeeded", "PowerState/running"]
    azure.simulator.world.set_power(MACHINE, running=False)
    statuses = azure.get(f"{MACHINE}/instanceView")["statuses"]
    assert statuses[1]["code"] == "PowerState/deallocated"
    assert "instanceView" not in azure.get(MACHINE)["properties"]


def test_conditions_protect_a_machine_that_someone_else_changed(quick: Client) -> None:
    tag = quick.ask("GET", MACHINE).headers["etag"]
    assert quick.ask("PATCH", MACHINE, {"tags": {}}, headers={"if-match": tag}).status == 200
    assert quick.ask("PATCH", MACHINE, {"tags": {}}, headers={"if-match": tag}).status == 412
    assert quick.ask("PUT", MACHINE, {"location": "eastus"}, headers={"if-none-match": "*"}).status == 412


def test_someone_who_keeps_writing_comes_back_after_every_write() -> None:
    policy = Policy(
        name="prerequisite",
        where={"location": "eastus", "properties": {"osProfile": {"windowsConfiguration": {}}}},
        patch=patch_settings(assessmentMode="AutomaticByPlatform"),
        delay=timedelta(minutes=10),
    )
    azure = client(Settings(operation_time=timedelta(0), policies=[policy]))
    for _ in range(2):
        azure.ask("PATCH", MACHINE, patch_settings(assessmentMode="ImageDefault"))
        azure.simulator.clock.advance(timedelta(minutes=9))
        assert windows(azure.get(MACHINE))["patchSettings"]["assessmentMode"] == "ImageDefault"
        azure.simulator.clock.advance(timedelta(minutes=1))
        assert windows(azure.get(MACHINE))["patchSettings"]["assessmentMode"] == "AutomaticByPlatform"
    assert azure.simulator.world.resources.get(MACHINE).facts["written_by"] == "prerequisite"  # type: ignore[union-attr]


def test_a_policy_waits_for_a_running_write_and_gives_way_to_the_rules() -> None:
    bypass = {"bypassPlatformSafetyChecksOnUserSchedule": True}
    policy = Policy("bypass", {}, patch_settings(automaticByPlatformSettings=bypass), timedelta(seconds=5))
    azure = client(Settings(policies=[policy]))
    azure.ask("PATCH", MACHINE, patch_settings(patchMode="AutomaticByPlatform", enableHotpatching=True))
    azure.simulator.clock.advance(timedelta(minutes=5))
    machine = azure.simulator.world.resources.get(MACHINE)
    assert machine is not None
    assert machine.facts["policy_refused"] == "bypass: InvalidParameter"
    assert windows(machine.body)["patchSettings"] == {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}
