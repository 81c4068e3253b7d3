"""The Azure CLI, unmodified, against the simulator over HTTPS: every command that patching needs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from azure_patch_simulator.launch import launched
from tests.simulator.asking import CONFIGURATIONS, MACHINE, SUBSCRIPTION, in_guest_configuration
from tests.simulator.az_cli import Az, installed_az

pytestmark = pytest.mark.slow

VM = ("--resource-group", "rg-contoso", "--name", "vm-web-1")
FLAG = ("--namespace", "Microsoft.Compute", "--name", "InGuestHotPatchVMPreview")
VERSION = "2023-04-01"


@pytest.fixture(scope="module")
def az(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Az]:
    """Signed in to a simulator where an hour passes in a second."""
    home = tmp_path_factory.mktemp("az")
    command = installed_az()
    with launched("--time", "x3600", "--ca-file", str(home / "ca.pem"), "--operation-seconds", "60") as running:
        made = Az(command, running.info, home)
        made.sign_in()
        yield made


def operations(az: Az, since: int = 0) -> list[str]:
    session = requests.Session()
    session.trust_env = False
    session.verify = az.info["ca_file"]
    answer = session.get(f"{az.info['url']}/simulator/journal?since={since}").json()
    return [f"{entry['method']} {entry['operation']}" for entry in answer["entries"]]


def test_signing_in_finds_the_subscription(az: Az) -> None:
    assert [account["id"] for account in az.ask("account", "list")] == [az.info["subscription_id"]]
    assert operations(az)[:4] == [
        "GET Metadata_Endpoints",
        "GET OpenId_Configuration",
        "POST OAuth2_Token",
        "GET Subscriptions_List",
    ]


def test_features_are_registered_shown_and_unregistered_in_both_families(az: Az) -> None:
    assert az.ask("feature", "register", *FLAG)["properties"]["state"] == "Registering"
    assert az.ask("feature", "show", *FLAG)["name"] == "Microsoft.Compute/InGuestHotPatchVMPreview"
    assert az.ask("feature", "unregister", *FLAG)["properties"]["state"] in ("Unregistering", "Unregistered")
    new = ("--namespace", "Microsoft.Compute", "--name", "ContosoApprovedAtOncePreview")
    made = az.ask("feature", "registration", "create", *new)
    assert made["properties"]["state"] == "Registered"
    shown = az.ask("feature", "registration", "list", "--namespace", "Microsoft.Compute")
    assert "ContosoApprovedAtOncePreview" in [each["name"] for each in shown]
    assert len(az.ask("feature", "list", "--namespace", "Microsoft.Compute")) == 5


def test_providers_are_registered_and_waited_for(az: Az) -> None:
    az.run("provider", "register", "--namespace", "Microsoft.HybridCompute", "--wait")
    assert az.ask("provider", "show", "--namespace", "Microsoft.HybridCompute")["registrationState"] == "Registered"


def test_machines_are_listed_shown_and_missing(az: Az) -> None:
    assert len(az.ask("vm", "list")) == 5
    machine = az.ask("vm", "show", *VM)
    assert machine["storageProfile"]["imageReference"]["sku"] == "2025-datacenter-azure-edition"
    view = az.ask("vm", "get-instance-view", *VM)["instanceView"]
    assert [status["code"] for status in view["statuses"]] == ["ProvisioningState/succeeded", "PowerState/running"]
    missing = az.run("vm", "show", "--resource-group", "rg-contoso", "--name", "vm-none", status=3)
    assert "(ResourceNotFound)" in missing
    assert az.ask("resource", "show", "--ids", MACHINE)["name"] == "vm-web-1"
    assert len(az.ask("resource", "list", "--resource-type", "Microsoft.Compute/virtualMachines")) == 5


def test_patch_settings_are_set_on_a_whole_machine_and_refused_when_wrong(az: Az) -> None:
    settings = {
        "patchMode": "AutomaticByPlatform",
        "enableHotpatching": True,
        "assessmentMode": "AutomaticByPlatform",
        "automaticByPlatformSettings": {"rebootSetting": "IfRequired"},
    }
    path = "osProfile.windowsConfiguration.patchSettings"
    before = len(operations(az))
    changed = az.ask("vm", "update", *VM, "--set", f"{path}={json.dumps(settings)}")
    assert changed["osProfile"]["windowsConfiguration"]["patchSettings"] == settings
    # The CLI reads, writes the whole body without its image, polls, and reads again: the image is still there.
    assert operations(az, before)[:2] == ["GET VirtualMachines_Get", "PUT VirtualMachines_CreateOrUpdate"]
    assert az.ask("vm", "show", *VM)["storageProfile"]["imageReference"]["publisher"] == "MicrosoftWindowsServer"
    bypass = f"{path}.automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule=true"
    refused = az.run("vm", "update", *VM, "--set", bypass, status=1)
    assert "Hotpatch updates require platform safety checks" in refused


def test_patches_are_assessed_installed_and_found_in_the_graph(az: Az) -> None:
    vm = ("--resource-group", "rg-contoso", "--name", "vm-app-1")
    assessed = az.ask("vm", "assess-patches", *vm)
    assert assessed["status"] == "Succeeded"
    assert assessed["criticalAndSecurityPatchCount"] + assessed["otherPatchCount"] == len(assessed["availablePatches"])
    asked = ("--maximum-duration", "PT4H", "--reboot-setting", "IfRequired", "--classifications-to-include-win")
    installed = az.ask("vm", "install-patches", *vm, *asked, "Critical", "Security", "UpdateRollUp")
    assert installed["status"] in ("Succeeded", "CompletedWithWarnings")
    assert installed["installationActivityId"]
    view = az.ask("vm", "get-instance-view", *vm)["instanceView"]["patchStatus"]
    assert view["lastPatchInstallationSummary"]["installationActivityId"] == installed["installationActivityId"]
    rows = graph(az, 'patchinstallationresources | where type !has "softwarepatches" | project name, properties.status')
    assert installed["installationActivityId"] in [row["name"] for row in rows]


def graph(az: Az, query: str) -> list[dict[str, Any]]:
    url = f"{az.info['url']}/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
    body = {"query": query, "options": {"$top": 100, "$skip": 0, "resultFormat": "objectArray"}}
    rows: list[dict[str, Any]] = az.ask("rest", "--method", "post", "--url", url, "--body", json.dumps(body))["data"]
    return rows


def test_the_graph_answers_queries_and_refuses_bad_ones(az: Az) -> None:
    kinds = "resources | summarize n = count() by type"
    assert {"type": "microsoft.compute/virtualmachines", "n": 5} in graph(az, kinds)
    url = f"{az.info['url']}/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
    body = json.dumps({"query": "where where"})
    assert "ParserFailure" in az.run("rest", "--method", "post", "--url", url, "--body", body, status=1)


def test_schedules_and_assignments_are_managed_with_rest_and_resource(az: Az, tmp_path: Path) -> None:
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps(in_guest_configuration(startDateTime="2035-01-01 03:00")), encoding="utf-8")
    url = f"{CONFIGURATIONS}/monthly?api-version={VERSION}"
    made = az.ask("rest", "--method", "put", "--url", url, "--body", f"@{file}")
    assert made["properties"]["extensionProperties"] == {"inGuestPatchMode": "User"}
    tail = f"providers/Microsoft.Maintenance/configurationAssignments/monthly?api-version={VERSION}"
    body = {"location": "eastus", "properties": {"maintenanceConfigurationId": f"{CONFIGURATIONS}/monthly"}}
    for scope in (MACHINE, SUBSCRIPTION):
        az.ask("rest", "--method", "put", "--url", f"{scope}/{tail}", "--body", json.dumps(body))
    listed = f"{SUBSCRIPTION}/providers/Microsoft.Maintenance/configurationAssignments?api-version={VERSION}"
    assert len(az.ask("rest", "--method", "get", "--url", listed)["value"]) == 2
    az.run("rest", "--method", "delete", "--url", f"{MACHINE}/{tail}")
    shown = az.ask("resource", "show", "--ids", f"{CONFIGURATIONS}/monthly", "--api-version", VERSION)
    assert shown["name"] == "monthly"
    az.run("resource", "delete", "--ids", f"{CONFIGURATIONS}/monthly", "--api-version", VERSION)
    az.run("resource", "show", "--ids", f"{CONFIGURATIONS}/monthly", "--api-version", VERSION, status=3)
