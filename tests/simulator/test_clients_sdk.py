"""The Azure SDKs, unmodified, over HTTPS with azure-identity: set up by what `env python` prints alone."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import EnvironmentCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.models import VirtualMachineInstallPatchesParameters, WindowsParameters
from azure.mgmt.hybridcompute import HybridComputeManagementClient
from azure.mgmt.maintenance import MaintenanceManagementClient
from azure.mgmt.maintenance.models import ConfigurationAssignment, MaintenanceConfiguration
from azure.mgmt.resource.features import FeatureClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest

from azure_patch_simulator.exports import environment
from azure_patch_simulator.inventory import small_fleet
from azure_patch_simulator.launch import launched
from tests.simulator.asking import CONFIGURATIONS, START, patch_settings, update

pytestmark = pytest.mark.slow

GROUP = "rg-contoso"


class Clients:
    """Every client of one running simulator, made as its user would."""

    def __init__(self, info: dict[str, str]) -> None:
        self.url, self.subscription = info["url"], info["subscription_id"]
        self._options: dict[str, Any] = {
            "base_url": self.url,
            "credential_scopes": [f"{self.url}/.default"],
            "polling_interval": 1,
        }
        self._credential = EnvironmentCredential(disable_instance_discovery=True)
        self._made: list[Any] = [self._credential]

    def make(self, client: Any, *arguments: Any) -> Any:
        made = client(self._credential, *arguments, **self._options)
        self._made.append(made)
        return made

    def __getattr__(self, name: str) -> Any:
        kinds = {
            "compute": ComputeManagementClient,
            "maintenance": MaintenanceManagementClient,
            "features": FeatureClient,
            "resources": ResourceManagementClient,
            "arc": HybridComputeManagementClient,
        }
        return self.make(kinds[name], self.subscription)

    def close(self) -> None:
        for made in self._made:
            made.close()


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """An hour passes in a second."""
    folder: Path = tmp_path_factory.mktemp("sdk")
    arguments = ("--time", "x3600", "--start", START.isoformat(), "--operation-seconds", "60")
    with launched(*arguments, "--ca-file", str(folder / "ca.pem")) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in environment("python", running.info).items():
            patch.setenv(name, value)
        clients = Clients(dict(running.info))
        yield clients
        clients.close()


def test_compute_changes_assesses_and_patches_a_machine(azure: Clients) -> None:
    machines = azure.compute.virtual_machines
    assert {machine.name for machine in machines.list_all()} == {body["name"] for body in small_fleet("x")}
    wanted = patch_settings(patchMode="AutomaticByPlatform", enableHotpatching=True)
    changed = machines.begin_update(GROUP, "vm-web-1", update(wanted)).result()
    assert changed.os_profile.windows_configuration.patch_settings.enable_hotpatching is True
    assessed = machines.begin_assess_patches(GROUP, "vm-app-1").result()
    assert (assessed.status, assessed.error.code if assessed.error else "Success") == ("Succeeded", "Success")
    asked = VirtualMachineInstallPatchesParameters(
        maximum_duration=timedelta(hours=4),
        reboot_setting="IfRequired",
        windows_parameters=WindowsParameters(classifications_to_include=["Critical", "Security", "UpdateRollUp"]),
    )
    installed = machines.begin_install_patches(GROUP, "vm-app-1", asked).result()
    assert installed.status in ("Succeeded", "CompletedWithWarnings")
    assert len(installed.patches) == sum(
        (
            installed.installed_patch_count,
            installed.pending_patch_count,
            installed.failed_patch_count,
            installed.excluded_patch_count,
            installed.not_selected_patch_count,
        )
    )
    summary = machines.instance_view(GROUP, "vm-app-1").patch_status.last_patch_installation_summary
    assert summary.installation_activity_id == installed.installation_activity_id
    with pytest.raises(ResourceNotFoundError):
        machines.get(GROUP, "vm-none")


def test_the_graph_finds_what_was_patched(azure: Clients) -> None:
    graph = azure.make(ResourceGraphClient)
    azure.compute.virtual_machines.begin_assess_patches(GROUP, "vm-web-2").result()
    answer = graph.resources(
        QueryRequest(
            subscriptions=[azure.subscription],
            query='patchassessmentresources | where type !has "softwarepatches" | where id has "vm-web-2"'
            ' | parse id with machine "/patchAssessmentResults" * | project machine, status = properties.status',
        )
    )
    assert [row["status"] for row in answer.data] == ["Succeeded"]
    with pytest.raises(HttpResponseError, match="BadRequest") as raised:
        graph.resources(QueryRequest(query="resources | where"))
    assert raised.value.error is not None
    assert [detail.code for detail in raised.value.error.details] == ["InvalidQuery", "ParserFailure"]


def test_maintenance_keeps_a_schedule_and_its_assignment(azure: Clients) -> None:
    maintenance = azure.maintenance
    wanted = MaintenanceConfiguration(
        location="eastus",
        maintenance_scope="InGuestPatch",
        extension_properties={"InGuestPatchMode": "User"},
        start_date_time="2035-12-01 03:00",
        duration="03:00",
        time_zone="UTC",
        recur_every="Month Second Tuesday Offset4",
    )
    made = maintenance.maintenance_configurations.create_or_update(GROUP, "monthly", wanted)
    assert made.recur_every == "Month Second Tuesday Offset4"
    assignment = ConfigurationAssignment(location="eastus", maintenance_configuration_id=f"{CONFIGURATIONS}/monthly")
    place = (GROUP, "Microsoft.Compute", "virtualMachines", "vm-app-1")
    maintenance.configuration_assignments.create_or_update(*place, "monthly", assignment)
    assert [each.name for each in maintenance.configuration_assignments.list(*place)] == ["monthly"]
    maintenance.configuration_assignments.delete(*place, "monthly")
    maintenance.maintenance_configurations.delete(GROUP, "monthly")
    assert list(maintenance.maintenance_configurations.list()) == []


def test_features_and_resources_answer_too(azure: Clients) -> None:
    feature = azure.features.features.register("Microsoft.Compute", "InGuestHotPatchVMPreview")
    assert feature.properties.state in ("Registering", "Registered")
    resources = azure.resources
    assert resources.resource_groups.check_existence(GROUP) is True
    assert resources.providers.register("Microsoft.Compute").namespace == "Microsoft.Compute"
    resources.resource_groups.create_or_update("rg-new", {"location": "westeurope"})
    resources.resource_groups.begin_delete("rg-new").result()
    assert "rg-new" not in [group.name for group in resources.resource_groups.list()]


def test_arc_lists_its_servers(azure: Clients) -> None:
    azure.resources.providers.register("Microsoft.HybridCompute")
    assert list(azure.arc.machines.list_by_resource_group(GROUP)) == []
