"""The real azure-mgmt clients, unmodified, in simulated time."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.models import PatchSettings, VirtualMachine
from azure.mgmt.core.policies import _base as registration_policy
from azure.mgmt.maintenance import MaintenanceManagementClient
from azure.mgmt.maintenance.models import ConfigurationAssignment, MaintenanceConfiguration
from azure.mgmt.resource.features import FeatureClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azure_patch_simulator import SUBSCRIPTION_ID, Settings
from tests.simulator.asking import CONFIGURATIONS, MACHINES, START, Client, client, patch_settings, update


def compute(azure: Client) -> ComputeManagementClient:
    return ComputeManagementClient(azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport())


def maintenance(azure: Client) -> MaintenanceManagementClient:
    return MaintenanceManagementClient(
        azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport()
    )


def resources(azure: Client) -> ResourceManagementClient:
    return ResourceManagementClient(
        azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport()
    )


def features(azure: Client) -> FeatureClient:
    return FeatureClient(azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport())


def test_compute_updates_a_machine_and_waits_in_simulated_time(azure: Client) -> None:
    settings = PatchSettings(patch_mode="AutomaticByPlatform", enable_hotpatching=True)
    body = update(patch_settings(patchMode="AutomaticByPlatform", enableHotpatching=True))
    machine = compute(azure).virtual_machines.begin_update("rg-contoso", "vm-web-1", body).result()
    assert machine.provisioning_state == "Succeeded"
    assert machine.os_profile is not None
    assert machine.os_profile.windows_configuration is not None
    assert machine.os_profile.windows_configuration.patch_settings == settings
    assert machine.os_profile.windows_configuration.enable_automatic_updates is True
    assert azure.simulator.clock.now() == START + timedelta(seconds=30)
    assert [(entry.instant - START, entry.operation) for entry in azure.simulator.journal] == [
        (timedelta(0), "VirtualMachines_Update"),
        (timedelta(0), "Operations_Get"),
        (timedelta(seconds=10), "Operations_Get"),
        (timedelta(seconds=20), "Operations_Get"),
        (timedelta(seconds=30), "Operations_Get"),
        (timedelta(seconds=30), "VirtualMachines_Get"),
    ]


def test_compute_reads_creates_lists_and_deletes(azure: Client) -> None:
    machines = compute(azure).virtual_machines
    made = machines.begin_create_or_update(
        "rg-contoso",
        "vm-new",
        VirtualMachine({"location": "eastus", "properties": {"osProfile": {"linuxConfiguration": {}}}}),
    ).result()
    assert made.name == "vm-new"
    assert {machine.name for machine in machines.list("rg-contoso")} >= {"vm-new", "vm-web-1"}
    assert len(list(machines.list_all())) == 6
    view = machines.instance_view("rg-contoso", "vm-new")
    assert view.statuses is not None
    assert view.statuses[1].code == "PowerState/running"
    machines.begin_delete("rg-contoso", "vm-new").result()
    with pytest.raises(ResourceNotFoundError):
        machines.get("rg-contoso", "vm-new")


def test_compute_follows_the_links_of_paged_lists() -> None:
    azure = client(Settings(page_size=2))
    assert len(list(compute(azure).virtual_machines.list_all())) == 5
    assert len(azure.simulator.journal.select(operation="VirtualMachines_ListAll")) == 3


def test_a_poller_can_be_stored_and_taken_up_again(azure: Client) -> None:
    machines = compute(azure).virtual_machines
    token = machines.begin_update(
        "rg-contoso", "vm-web-1", update({"tags": {"a": "b"}}), polling=True
    ).continuation_token()
    again = machines.begin_update("rg-contoso", "vm-web-1", update({"tags": {}}), continuation_token=token)
    assert again.result().tags == {"a": "b"}
    assert len(azure.simulator.journal.select(method="PATCH")) == 1


def test_maintenance_writes_reads_and_deletes_configurations_and_assignments(azure: Client) -> None:
    sdk = maintenance(azure)
    wanted = MaintenanceConfiguration(
        location="eastus",
        maintenance_scope="InGuestPatch",
        extension_properties={"InGuestPatchMode": "User"},
        start_date_time="2026-12-01 03:00",
        duration="03:00",
        time_zone="UTC",
        recur_every="Month Second Tuesday Offset4",
    )
    made = sdk.maintenance_configurations.create_or_update("rg-contoso", "monthly", wanted)
    assert made.extension_properties == {"inGuestPatchMode": "User"}
    assert sdk.maintenance_configurations.get("rg-contoso", "monthly").recur_every == "Month Second Tuesday Offset4"
    assignment = ConfigurationAssignment(location="eastus", maintenance_configuration_id=f"{CONFIGURATIONS}/monthly")
    place = ("rg-contoso", "Microsoft.Compute", "virtualMachines", "vm-app-1")
    kept = sdk.configuration_assignments.create_or_update(*place, "monthly", assignment)
    assert kept.as_dict()["type"] == "microsoft.maintenance/configurationassignments"
    assert [each.name for each in sdk.configuration_assignments.list(*place)] == ["monthly"]
    scope = sdk.configuration_assignments_for_subscriptions.create_or_update("all", assignment)
    assert scope.filter is not None
    assert scope.filter.os_types is None
    assert len(list(sdk.configuration_assignments_within_subscription.list())) == 2
    sdk.configuration_assignments.delete(*place, "monthly")
    sdk.configuration_assignments_for_subscriptions.delete("all")
    assert sdk.maintenance_configurations.delete("rg-contoso", "monthly") is None
    assert list(sdk.maintenance_configurations.list()) == []


def test_maintenance_registers_a_missing_provider_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = client(Settings(registered_providers=["Microsoft.Compute"]))
    # This one policy of the SDK does not sleep through the transport.
    sleeping = SimpleNamespace(sleep=lambda seconds: azure.simulator.clock.sleep(timedelta(seconds=seconds)))
    monkeypatch.setattr(registration_policy, "time", sleeping)
    sdk = maintenance(azure)
    made = sdk.maintenance_configurations.create_or_update(
        "rg-contoso", "host", MaintenanceConfiguration(location="eastus")
    )
    assert made.as_dict()["name"] == "host"
    operations = [entry.operation for entry in azure.simulator.journal]
    assert operations[:2] == ["MaintenanceConfigurations_CreateOrUpdate", "Providers_Register"]
    assert operations[-1] == "MaintenanceConfigurations_CreateOrUpdate"


def test_compute_operations_do_not_register_a_missing_provider() -> None:
    azure = client(Settings(registered_providers=[]))
    with pytest.raises(ResourceExistsError):
        compute(azure).virtual_machines.begin_update("rg-contoso", "vm-web-1", update({"tags": {}}))


def test_resources_manages_groups_and_providers(azure: Client) -> None:
    sdk = resources(azure)
    assert sdk.resource_groups.check_existence("rg-contoso") is True
    assert sdk.resource_groups.check_existence("rg-new") is False
    assert sdk.resource_groups.create_or_update("rg-new", {"location": "West Europe"}).location == "westeurope"
    sdk.resource_groups.begin_delete("rg-new").result()
    assert [group.name for group in sdk.resource_groups.list()] == ["rg-contoso", "rg-contoso-eu"]
    assert sdk.providers.register("Microsoft.Compute").registration_state == "Registering"
    azure.simulator.clock.advance(timedelta(minutes=1))
    assert sdk.providers.get("Microsoft.Compute").registration_state == "Registered"
    assert len(list(sdk.resources.list())) == 5
    assert sdk.resources.get_by_id(f"{MACHINES}/vm-app-1", api_version="2024-11-01").name == "vm-app-1"


def test_features_registers_in_both_families(azure: Client) -> None:
    sdk = features(azure)
    answer = sdk.features.register("Microsoft.Compute", "InGuestHotPatchVMPreview")
    assert answer.properties is not None
    assert answer.properties.state == "Registering"
    azure.simulator.clock.advance(timedelta(minutes=15))
    assert len(list(sdk.features.list("Microsoft.Compute"))) == 5
    registration = sdk.subscription_feature_registrations.get("Microsoft.Compute", "InGuestHotPatchVMPreview")
    assert registration.properties is not None
    assert registration.properties.state == "Registered"
    sdk.subscription_feature_registrations.delete("Microsoft.Compute", "InGuestHotPatchVMPreview")
    with pytest.raises(ResourceNotFoundError, match="could not be found"):
        sdk.features.get("Microsoft.Compute", "Nothing")
