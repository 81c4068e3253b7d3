"""Adoption under the real engine: what `azure-hotpatch adopt` writes, and a first `up` of it that changes nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import small_fleet
from azure_patch_simulator.launch import launched
from demo import Azure
from tests.e2e.conftest import MakeStack
from tests.handlers.outside import SERVER, scale_set_body, server_body

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-app-1"
SCHEDULE = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/weekly"
CONFIGURATION = {
    "id": SCHEDULE,
    "location": "eastus",
    "tags": {"owner": "contoso"},
    "properties": {
        "maintenanceScope": "InGuestPatch",
        "visibility": "Custom",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "maintenanceWindow": {
            "startDateTime": "2024-01-01 22:00",
            "duration": "03:00",
            "timeZone": "W. Europe Standard Time",
            "recurEvery": "Week Saturday",
        },
        "installPatches": {
            "rebootSetting": "IfRequired",
            "windowsParameters": {"classificationsToInclude": ["Critical"], "kbNumbersToExclude": ["5044284"]},
        },
    },
}
ASSIGNMENT = {
    "id": f"{MACHINE}/providers/Microsoft.Maintenance/configurationAssignments/weekly",
    "location": "eastus",
    "properties": {"maintenanceConfigurationId": SCHEDULE.lower(), "resourceId": MACHINE},
}
SCOPE = {
    "id": f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Maintenance/configurationAssignments/linux",
    "location": "global",
    "properties": {
        "maintenanceConfigurationId": SCHEDULE.lower(),
        "filter": {"osTypes": ["Linux"], "tagSettings": {"tags": {"Ring": ["1"]}, "filterOperator": "Any"}},
    },
}
LICENSE = {
    "id": f"{SERVER}/licenseProfiles/default",
    "location": "eastus",
    "properties": {
        "productProfile": {
            "productType": "WindowsServer",
            "productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Enabled"}],
        },
        "provisioningState": "Succeeded",
    },
}


def estate() -> list[object]:
    """The small fleet, a schedule of a machine and of a dynamic scope, a scale set, a licensed server outside Azure."""
    switched = {"windowsConfiguration": {"patchSettings": {"enableHotpatching": True}}}
    return [
        *small_fleet(SUBSCRIPTION_ID),
        CONFIGURATION,
        ASSIGNMENT,
        SCOPE,
        scale_set_body({"patchMode": "AutomaticByPlatform", "enableHotpatching": True}),
        server_body(osProfile=switched),
        LICENSE,
    ]


def adopt(azure: Azure, target: Path) -> str:
    """Run the command as somebody does, in a process of its own; what it says beside the program."""
    environment = {**os.environ, **azure.environment()}
    arguments = [sys.executable, "-c", "from pulumi_azure_hotpatch.cli import main; raise SystemExit(main())"]
    done = subprocess.run(
        [*arguments, "adopt", "--output", str(target)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "adopted"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: adopted\nruntime: python\n", encoding="utf-8")
    return folder


def test_a_first_up_of_what_adopt_wrote_changes_nothing(tmp_path: Path, project: Path, make_stack: MakeStack) -> None:
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps(estate()), encoding="utf-8")
    arguments = ("--time", "manual", "--inventory", str(inventory), "--ca-file", str(tmp_path / "ca.pem"))
    with launched(*arguments) as server:
        azure = Azure(server.info)
        said = adopt(azure, project / "__main__.py")
        assert said == "Note: 11 resources declared.\n"
        stack = make_stack(azure, str(project))
        # Five VMs, a scale set, a licence and its switch, a schedule, its assignment and its scope, the stack.
        assert stack.preview().changed == {"created": 12}
        assert stack.up().changed == {"created": 12}
        assert stack.up("--expect-no-changes").changed == {}
        assert stack.refresh().changed == {}
        assert stack.destroy().changed == {"deleted": 12}
        asked = set(azure.calls())
    assert asked
    assert {call.split("_")[1] for call in asked} <= {"Get", "ListAll", "List", "ListBySubscription", "Resources"}
