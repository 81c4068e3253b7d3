"""`HotpatchReady`: which resources it makes, in which order, and which wishes it refuses."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_azure_hotpatch import HotpatchReady, MaintenanceSchedule, ScheduleArgs
from pulumi_azure_hotpatch.errors import InvalidInput

PROGRAM = Path(__file__).parent / "declaring.py"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-web-1"
NIGHTS = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/nights"
WINDOW = dict.fromkeys(("resource_group_name", "location", "start", "duration", "time_zone", "recurrence"), "given")
PREVIEWS = "pulumi-python:dynamic/azurehotpatch:PreviewEnrollment::previews"
VIRTUAL_MACHINE = "azure-native:compute:VirtualMachine::machine"


@pytest.fixture(scope="module")
def program() -> Any:
    """What `declaring.py` sent to the engine and got back."""
    done = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def children(program: Any, component: str) -> dict[str, Any]:
    """The children of a component by the ends of their names."""
    parent = f"azurehotpatch:components:HotpatchReady::{component}"
    found = (each for each in program["seen"] if each["parent"] == parent)
    return {each["name"].removeprefix(f"{component}-"): each for each in found}


def names(urns: list[str]) -> set[str]:
    return {urn.rpartition("::")[2] for urn in urns}


def test_a_machine_is_gated_and_hotpatched_and_no_more(program: Any) -> None:
    found = children(program, "plain")
    assert found.keys() == {"image", "settings"}
    assert found["image"]["inputs"] == {"machineId": MACHINE, "require": "Supported"}
    assert found["settings"]["inputs"] == {
        "virtualMachineId": MACHINE,
        "patchMode": "AutomaticByPlatform",
        "enableHotpatching": True,
        "bypassPlatformSafetyChecksOnUserSchedule": False,
        "assessmentMode": "AutomaticByPlatform",
    }
    assert names(found["settings"]["depends_on"]) == {"plain-image"}
    assert program["outputs"]["plain"] == [MACHINE, "outcome of plain-settings", "Supported", None, None]


def test_the_gate_and_the_assessment_can_be_left_out(program: Any) -> None:
    found = children(program, "bare")
    assert found.keys() == {"settings"}
    assert "assessmentMode" not in found["settings"]["inputs"]
    assert found["settings"]["depends_on"] == []


def test_a_schedule_that_there_is_is_given_once_the_machine_takes_one(program: Any) -> None:
    found = children(program, "given")
    assert found.keys() == {"image", "settings", "assignment"}
    settings, assignment = found["settings"]["inputs"], found["assignment"]["inputs"]
    assert settings["bypassPlatformSafetyChecksOnUserSchedule"] is True
    assert settings["enableHotpatching"] is False
    assert assignment == {"machineId": MACHINE, "scheduleId": NIGHTS, "timeout": "20m", "onDestroy": "keep"}
    assert names(found["assignment"]["depends_on"]) == {"given-image", "given-settings"}
    assert {found["image"]["inputs"]["timeout"], settings["timeout"]} == {"20m"}
    assert settings["onDestroy"] == "keep"
    assert program["outputs"]["given"][1:] == [
        "outcome of given-assignment",
        "Supported",
        NIGHTS,
        "given-assignment-id",
    ]


def test_features_come_first_and_a_schedule_is_made_under_the_component_s_name(program: Any) -> None:
    found = children(program, "whole")
    assert found.keys() == {"features", "image", "settings", "schedule", "assignment"}
    assert found["schedule"]["inputs"]["scheduleName"] == "whole"
    assert found["schedule"]["inputs"]["recurrence"] == "Month Second Tuesday Offset4"
    assert names(found["image"]["depends_on"]) == {"machine", "whole-features"}
    assert names(found["settings"]["depends_on"]) == {"machine", "whole-features", "whole-image"}
    assert names(found["assignment"]["depends_on"]) == {"machine", "whole-image", "whole-settings", "whole-schedule"}


def test_what_is_about_a_declared_machine_goes_with_it_and_the_rest_does_not(program: Any) -> None:
    found = children(program, "whole")
    assert {name for name, each in found.items() if each["deleted_with"] == VIRTUAL_MACHINE} == {
        "image",
        "settings",
        "assignment",
    }
    assert {each["deleted_with"] for each in children(program, "plain").values()} == {""}


def test_children_wait_for_what_the_component_waits_for(program: Any) -> None:
    found = children(program, "native")
    assert all(PREVIEWS in each["depends_on"] for each in found.values())
    assert found["settings"]["inputs"]["virtualMachineId"] == "machine-id"


def test_what_is_certainly_no_machine_is_refused_before_anything_is_declared(program: Any) -> None:
    ask = "give the ARM id of a VM, or a resource that is one"
    kinds = {
        "group": "machine is a azure-native:resources:ResourceGroup",
        "arc": "machine is a azure-native:hybridcompute:Machine",
        "features": "machine is a pulumi-python:dynamic/azurehotpatch:PreviewEnrollment",
        "component": "machine is a azurehotpatch:components:HotpatchReady",
        "number": "machine is of type int",
    }
    expected = {name: f"HotpatchReady '{name}': {words}; {ask}" for name, words in kinds.items()}
    assert program["outputs"]["refused"] == expected
    declared = {each["name"] for each in program["seen"]}
    assert not {"component", "number"} & declared


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"schedule_id": NIGHTS},
            r"say enable_hotpatching=False to patch by the schedule, or leave the schedule out to hotpatch "
            r"\[hotpatch-forbids-bypass; ",
        ),
        ({"schedule_id": NIGHTS, "enable_hotpatching": True}, r"say enable_hotpatching=False"),
        (
            {
                "schedule_id": NIGHTS,
                "enable_hotpatching": False,
                "bypass_platform_safety_checks_on_user_schedule": False,
            },
            r"a schedule does nothing while bypass_platform_safety_checks_on_user_schedule is False",
        ),
        ({"bypass_platform_safety_checks_on_user_schedule": True}, r"is for machines with a schedule"),
        ({"schedule_id": NIGHTS, "schedule": {}}, r"give schedule or schedule_id, not both"),
        (
            {"schedule": {"location": "eastus"}, "enable_hotpatching": False},
            r"schedule lacks duration, recurrence, resource_group_name, start, time_zone$",
        ),
        (
            {"schedule": {**WINDOW, "lokation": "eastus"}, "enable_hotpatching": False},
            r"schedule has no argument 'lokation'; did you mean location\?$",
        ),
        (
            {"schedule": {**WINDOW, "on_destroy": "keep"}, "enable_hotpatching": False},
            r"schedule takes no on_destroy; give on_destroy to the component",
        ),
        (
            {"schedule": {**WINDOW, "linux": {}}, "enable_hotpatching": False},
            r"schedule selects Linux packages only, and HotpatchReady is for Windows; declare VirtualMachinePatch",
        ),
        ({"machine": None}, r"machine is missing; give the ARM id of a VM"),
        ({"features": "InGuestHotPatchVMPreview"}, r"features is one text; give a list, such as \['InGuestHotPatch"),
        ({"schedule": NIGHTS}, r"an id goes to schedule_id"),
        ({"enable_hotpatching": pulumi.Output.from_input(True)}, r"enable_hotpatching must be True, False or left out"),
    ],
)
def test_wishes_that_contradict_each_other_are_refused_in_one_line(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=f"^HotpatchReady 'web': .*{message}") as refused:
        HotpatchReady("web", **{"machine": MACHINE, **given})
    assert "\n" not in str(refused.value)
    # Pulumi prints no traceback of such an error.
    assert isinstance(refused.value, pulumi.RunError)


def test_the_arguments_of_a_schedule_are_those_of_the_resource() -> None:
    parameters = inspect.signature(MaintenanceSchedule.__init__).parameters
    keywords = {name for name, each in parameters.items() if each.kind is inspect.Parameter.KEYWORD_ONLY}
    assert keywords - {"opts", "on_destroy"} == set(ScheduleArgs.__annotations__)
    required = {name for name in keywords if parameters[name].default is inspect.Parameter.empty}
    assert required == ScheduleArgs.__required_keys__


def test_every_argument_is_documented() -> None:
    documented = re.findall(r":param (\w+):", inspect.getdoc(HotpatchReady.__init__) or "")
    parameters = list(inspect.signature(HotpatchReady.__init__).parameters)
    assert documented == [name for name in parameters if name not in ("self", "resource_name")]
