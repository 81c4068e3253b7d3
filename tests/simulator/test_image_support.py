"""What is inside a machine, and whether the platform can patch it: decided by the first update operation on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator.guest_systems import line_of
from azure_patch_simulator.resources import Body
from tests.simulator.asking import Client
from tests.simulator.guests import (
    ASSESSED,
    advance,
    assess,
    compute,
    custom,
    guest,
    install,
    linux,
    rows_of,
    windows,
    world,
)


def state(azure: Client, name: str) -> str:
    [summary, *_] = rows_of(azure, name, "assessment")
    found: str = summary["properties"]["configurationStatus"]["vmGuestPatchReadiness"][
        "detectedVMGuestPatchSupportState"
    ]
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (windows("vm"), "Supported"),
        (linux("vm"), "Supported"),
        (custom("vm", "windows-2012-r2"), "Supported"),
        (custom("vm", "ws2019-contoso"), "Supported"),
        (custom("vm", "windows2022"), "Supported"),
        (custom("vm", "windows2025"), "Unsupported"),
        (custom("vm", "contoso"), "UnableToDetermine"),
        (custom("vm", "ubuntu-22.04", os_type="Linux"), "Supported"),
        (custom("vm", "ubuntu-24.04", os_type="Linux"), "Unsupported"),
        (custom("vm", "rhel-9", os_type="Linux"), "Supported"),
        (custom("vm", "debian-12", os_type="Linux"), "Unsupported"),
    ],
)
def test_an_assessment_decides_by_system_and_kind_of_image(body: Body, expected: str) -> None:
    azure = world(body)
    assert rows_of(azure, "vm", "assessment") == []
    assert assess(azure, "vm")["status"] == "Succeeded"
    assert state(azure, "vm") == expected


def test_a_machine_without_agent_cannot_be_determined() -> None:
    body = windows("vm")
    body["properties"]["osProfile"]["windowsConfiguration"]["provisionVMAgent"] = False
    azure = world(body)
    assess(azure, "vm")
    assert state(azure, "vm") == "UnableToDetermine"


def test_what_a_custom_image_holds_can_be_told() -> None:
    azure = world(custom("vm", "golden"), images={"images/golden": "ws2019"})
    assert guest(azure, "vm").line == "ws2019"
    assess(azure, "vm")
    assert state(azure, "vm") == "Supported"


def test_an_installation_decides_too_and_fails_where_the_system_is_not_supported() -> None:
    azure = world(custom("vm", "windows2025"))
    failed = install(azure, "vm")
    assert (failed["status"], failed["patches"]) == ("Failed", [])
    assert failed["error"]["details"][0]["code"] == "SimulatorRuleImageUnsupported"
    assert state(azure, "vm") == "Unsupported"


def test_a_periodic_assessment_decides_too() -> None:
    body = custom("vm", "windows2022")
    body["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"] = ASSESSED
    azure = world(body)
    advance(azure, "2025-01-04T00:00")
    assert state(azure, "vm") == "Supported"


def test_while_the_first_assessment_runs_the_state_is_there_and_the_row_in_progress() -> None:
    azure = world(custom("vm", "windows2022"))
    compute(azure).virtual_machines.begin_assess_patches("rg-contoso", "vm", polling=False)
    [row] = rows_of(azure, "vm", "assessment")
    assert row["properties"]["status"] == "InProgress"
    azure.simulator.clock.advance(timedelta(minutes=10))
    assert rows_of(azure, "vm", "assessment")[0]["properties"]["status"] == "Succeeded"


@pytest.mark.parametrize(
    ("text", "windows_", "line"),
    [
        ("microsoftwindowsserver windowsserver 2022-datacenter-azure-edition-core", True, "ws2022"),
        ("microsoftwindowsserver windowsserver 2012-r2-datacenter-gensecond", True, "ws2012"),
        ("microsoftwindowsdesktop windows-11 win11-24h2-pro", True, "windows"),
        ("contoso", True, "unknown"),
        ("canonical 0001-com-ubuntu-server-jammy 22_04-lts-gen2", False, "ubuntu-22.04"),
        ("canonical ubuntuserver 18.04-lts", False, "ubuntu-18.04"),
        ("canonical ubuntu-24_04-lts server", False, "ubuntu-24.04"),
        ("redhat rhel 9_4", False, "rhel-9"),
        ("redhat rhel 94_gen2", False, "rhel-9"),
        ("suse sles-15-sp5 gen2", False, "sles-15"),
        ("oracle oracle-linux ol8-lvm-gen2", False, "oracle-8"),
        ("debian debian-12 12-gen2", False, "debian-12"),
        ("contoso", False, "unknown"),
    ],
)
def test_an_image_says_what_it_holds(text: str, windows_: bool, line: str) -> None:
    assert line_of(text, windows=windows_) == line


def test_a_custom_image_is_never_patched_by_the_platform() -> None:
    body: Any = custom("vm", "windows2022")
    body["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"] = ASSESSED
    azure = world(body, windows("vm-market", "2022-datacenter", patch_settings=ASSESSED), image_age=timedelta(days=60))
    advance(azure, "2025-03-01T00:00")
    assert guest(azure, "vm").reboots == []
    assert guest(azure, "vm-market").reboots != []


def test_the_state_reads_unknown_for_as_long_as_is_set_and_then_stays_known() -> None:
    azure = world(custom("vm", "windows2022"))
    azure.simulator.world.settings.patching.support_delay = timedelta(minutes=30)
    assess(azure, "vm")
    assert state(azure, "vm") == "Unknown"
    azure.simulator.clock.advance(timedelta(minutes=20))
    assert state(azure, "vm") == "Unknown"
    azure.simulator.clock.advance(timedelta(minutes=10))
    assert state(azure, "vm") == "Supported"
    # Another operation does not make it unknown again.
    assess(azure, "vm")
    assert state(azure, "vm") == "Supported"
