"""What a program sees: names, keywords, documentation, and what reaches the engine."""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources as files
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_azure_hotpatch
from azure_patch_simulator import Simulator, World
from azure_patch_simulator.server import serve_in_thread
from pulumi_azure_hotpatch import get_preview_features, resources
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.host import wire
from pulumi_azure_hotpatch.host.program import program_runtime
from pulumi_azure_hotpatch.models.base import Answer, mark
from tests.host.bags import GROUP, KINDS, MACHINE, SCHEDULE
from tests.support.dynamic_host import PROVIDERS
from tests.support.simulated import START

PROGRAM = Path(__file__).parent / "host" / "declaring.py"
DECLARED = {name: getattr(resources, name) for name in KINDS}


def test_the_public_names_are_sorted_and_all_there() -> None:
    names = pulumi_azure_hotpatch.__all__
    assert names == sorted(names)
    assert all(hasattr(pulumi_azure_hotpatch, name) for name in names)
    assert set(KINDS) <= set(names)


def test_the_package_says_that_it_is_typed() -> None:
    assert (files.files(pulumi_azure_hotpatch) / "py.typed").is_file()


def test_importing_the_package_loads_no_azure_sdk_and_registers_nothing() -> None:
    script = (
        "import sys, pulumi_azure_hotpatch\n"
        "print([name for name in sys.modules if name.partition('.')[0] in ('azure', 'pulumi_azure_native', 'msal')])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_the_fields_of_the_state(kind: str) -> None:
    assert set(DECLARED[kind].__annotations__) == set(KINDS[kind].state.model_fields)


@pytest.mark.parametrize("kind", KINDS)
def test_keywords_are_the_inputs_that_check_does_not_answer(kind: str) -> None:
    fields = KINDS[kind].inputs.model_fields
    expected = {name for name, field in fields.items() if mark(field, Answer) is None}
    assert set(_keywords(kind)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_keyword_is_required_exactly_where_the_input_is(kind: str) -> None:
    fields = KINDS[kind].inputs.model_fields
    required = {name for name, keyword in _keywords(kind).items() if keyword.default is inspect.Parameter.empty}
    # A schedule's or an assignment's name is the resource's by default, which only a program knows.
    by_name = {
        "MaintenanceSchedule": {"schedule_name"},
        "DynamicScope": {"assignment_name"},
        "FleetPatchSettings": {"fleet_name"},
    }.get(kind, set())
    assert required == {name for name, field in fields.items() if field.is_required()} - by_name


@pytest.mark.parametrize("kind", KINDS)
def test_every_default_is_documented(kind: str) -> None:
    documented = _documented(kind)
    for name, field in KINDS[kind].inputs.model_fields.items():
        if name in documented and not field.is_required() and field.default is not None:
            assert str(field.default) in documented[name], name
            assert "default" in documented[name], name


@pytest.mark.parametrize("kind", KINDS)
def test_the_documentation_speaks_of_no_keyword_that_there_is_not(kind: str) -> None:
    assert set(_documented(kind)) <= set(_keywords(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_every_annotation_is_an_output(kind: str) -> None:
    assert all(hint.startswith("Output[") for hint in DECLARED[kind].__annotations__.values())


@pytest.fixture(scope="module")
def program() -> Any:
    """What `tests/host/declaring.py` sent to the engine and got back."""
    done = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_declarations_reach_the_engine_in_camel_case_without_what_is_not_given(program: Any) -> None:
    sent = {name: declared["inputs"] for name, declared in program["declared"].items()}
    assert sent == {
        "enrolment": {
            "features": ["InGuestHotPatchVMPreview", "InGuestAutoPatchVMPreview", "InGuestPatchVMPreview"],
            "agreeingReads": 2.0,
            "pollInterval": "30s",
        },
        "settings": {
            "virtualMachineId": MACHINE,
            "patchMode": "AutomaticByPlatform",
            "enableHotpatching": True,
            "bypassPlatformSafetyChecksOnUserSchedule": False,
        },
        "schedule": {
            "resourceGroupName": "rg-contoso",
            "scheduleName": "schedule",
            "location": "eastus",
            "start": "2027-01-01 22:00",
            "duration": "03:00",
            "timeZone": "Europe/Berlin",
            "recurrence": "Month Second Tuesday Offset4",
            "windows": {"classificationsToInclude": ["Critical"], "excludeKbsRequiringReboot": True},
            "linux": {"packageNameMasksToInclude": ["kernel*"]},
            "tags": {"owner": "contoso", "cost_centre": "7"},
        },
        "assignment": {"machineId": MACHINE, "scheduleId": "schedule-id"},
        "scope": {
            "scheduleId": "schedule-id",
            "assignmentName": "scope",
            "resourceGroupIds": [GROUP],
            "locations": ["eastus"],
            "tagFilters": {"Cost_Centre": ["7", "8"]},
            "maxMachines": 20.0,
        },
        "image": {"machineId": MACHINE, "require": "Supported", "timeout": "20m"},
        "assessed": {"machineId": MACHINE, "triggers": ["2027-01", 3.0, True], "maxAge": "24h"},
        "installation": {
            "machineId": MACHINE,
            "windows": {"classificationsToInclude": ["Critical"], "kbNumbersToExclude": ["KB5034129"]},
            "failOn": ["failed", "reboot_pending"],
            "startIfOff": True,
        },
    }


def test_what_a_program_declares_is_a_valid_declaration(program: Any) -> None:
    for name, declared in program["declared"].items():
        kind = KINDS[declared["type"].rpartition(":")[2]]
        bag = declared["inputs"]
        required = {"scheduleId": SCHEDULE} if name in ("assignment", "scope") else {}
        assert wire.draft(kind.inputs, {**bag, **required})[1] == []


def test_a_declared_resource_has_the_stored_type_and_pickle(program: Any) -> None:
    for declared in program["declared"].values():
        kind = declared["type"].rpartition(":")[2]
        assert declared["provider"] == PROVIDERS[kind]


def test_outputs_come_back_under_the_names_of_the_program(program: Any) -> None:
    assert program["outputs"] == {
        "image_eligibility": "eligible",
        "previously_absent": ["patch_mode"],
        "adopted": None,
        "time_zone": "Europe/Berlin",
        "windows": {"classificationsToInclude": ["Critical"], "excludeKbsRequiringReboot": True},
        "tags": {"owner": "contoso", "cost_centre": "7"},
    }


@pytest.fixture
def configured() -> Iterator[Simulator]:
    """A program whose stack is configured for a simulated Azure."""
    simulator = Simulator(World.default(), start=START)
    with serve_in_thread(simulator) as server:
        pulumi.runtime.set_all_config(
            {
                "azure-hotpatch:endpoint": server.url,
                "azure-hotpatch:caFile": server.ca_file,
                "azure-native:tenantId": server.tenant_id,
                "azure-native:subscriptionId": server.subscription_id,
                "azure-native:clientId": server.client_id,
                "azure-native:clientSecret": server.client_secret,
            }
        )
        program_runtime.cache_clear()
        yield simulator
    program_runtime.cache_clear()
    pulumi.runtime.set_all_config({})


def test_preview_features_are_read_and_owned_by_nobody(configured: Simulator) -> None:
    states = get_preview_features(["InGuestPatchVMPreview", "InGuestHotPatchVMPreview", "ContosoUnheardOf"])
    found = [(state.namespace, state.name, state.state, state.is_registered) for state in states]
    assert found == [
        ("Microsoft.Compute", "InGuestPatchVMPreview", "NotRegistered", False),
        ("Microsoft.Compute", "InGuestHotPatchVMPreview", "NotRegistered", False),
        ("Microsoft.Compute", "ContosoUnheardOf", None, False),
    ]
    assert {entry.operation for entry in configured.journal if entry.method != "GET"} == {"OAuth2_Token"}


def test_preview_features_without_a_subscription_say_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"):
        monkeypatch.delenv(variable, raising=False)
    program_runtime.cache_clear()
    with pytest.raises(InvalidInput, match=r"^get_preview_features: no subscription is given; set subscription_id"):
        get_preview_features()
    program_runtime.cache_clear()


def _keywords(kind: str) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(DECLARED[kind].__init__).parameters
    return {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and name != "opts"
    }


def _documented(kind: str) -> dict[str, str]:
    text = inspect.getdoc(DECLARED[kind].__init__) or ""
    found = re.findall(r"^:param (\w+): (.*?)(?=^:param|\Z)", text, re.MULTILINE | re.DOTALL)
    return dict(found)
