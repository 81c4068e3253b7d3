"""Facts that follow from others: versions, clouds, lists, licences, scopes."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.clouds import cloud_of
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.patch_lists import PatchLists
from pulumi_azure_hotpatch.engine.versions import is_older
from tests.engine.rule_cases.form import (
    CUSTOM,
    arc_server,
    assignment,
    dynamic_scope,
    hotpatched_arc_server,
    installation,
    linux_vm,
    plain_windows_vm,
    schedule,
    windows_vm,
)


@pytest.mark.parametrize(
    ("version", "minimum", "older"),
    [
        ("2.2.9", "2.2.53.1", True),
        ("2.2.53.1", "2.2.53.1", False),
        ("2.10", "2.9.9", False),
        ("1.38.02628.1665", "1.39", True),
        ("1.39.0.0", "1.39", False),
        ("26100.1742", "26100.1742", False),
        ("Unknown", "1.0", None),
        ("1.x", "1.0", None),
        ("", "1.0", None),
        (None, "1.0", None),
        (UNKNOWN, "1.0", UNKNOWN),
    ],
)
def test_versions_compare_by_their_numbers(version: Any, minimum: str, older: object) -> None:
    assert is_older(version, minimum) is older


@pytest.mark.parametrize(
    ("location", "cloud"),
    [
        ("westeurope", "AzureCloud"),
        ("USGov Virginia", "AzureUSGovernment"),
        ("usdodeast", "AzureUSGovernment"),
        ("chinanorth3", "AzureChinaCloud"),
        ("eastus", "AzureCloud"),
    ],
)
def test_a_region_belongs_to_a_cloud(location: str, cloud: str) -> None:
    assert cloud_of(location) == cloud


def test_a_machine_without_a_known_location_is_in_no_known_cloud() -> None:
    assert windows_vm(location=UNKNOWN).cloud is UNKNOWN
    assert windows_vm(location=None).cloud is None


@pytest.mark.parametrize(
    ("image", "custom"), [(CUSTOM, True), (None, True), (UNKNOWN, UNKNOWN), (windows_vm().image, False)]
)
def test_what_is_not_from_the_marketplace_is_custom(image: Any, custom: object) -> None:
    assert windows_vm(image=image).has_custom_image is custom


@pytest.mark.parametrize(
    ("os_type", "too_old"), [("Linux", False), ("Windows", True), ("Solaris", None), (UNKNOWN, UNKNOWN)]
)
def test_the_oldest_agent_depends_on_the_operating_system(os_type: Any, too_old: object) -> None:
    assert windows_vm(os_type=os_type, vm_agent_version="2.3.0.0").agent_is_too_old is too_old


def test_an_empty_selection_has_nothing_wrong_and_selects_nothing() -> None:
    lists = PatchLists()
    assert (lists.wrong_windows_classification, lists.wrong_linux_classification, lists.wrong_kb) == (None, None, None)
    assert (lists.kb_in_both, lists.mask_in_both, lists.beyond_security) == (None, None, None)
    assert (lists.linux_security_alone, lists.selects_for_windows, lists.selects_for_linux) == (False, False, False)


@pytest.mark.parametrize(
    ("lists", "selects"),
    [
        (PatchLists(kbs_to_include=("KB1",)), True),
        (PatchLists(windows_classifications=UNKNOWN, kbs_to_include=("KB1",)), True),
        (PatchLists(windows_classifications=UNKNOWN), UNKNOWN),
        (PatchLists(windows_classifications=(), kbs_to_exclude=("KB1",)), False),
    ],
)
def test_one_inclusion_is_enough_to_select_something(lists: PatchLists, selects: object) -> None:
    assert lists.selects_for_windows is selects


def test_both_spellings_of_update_rollup_are_right() -> None:
    lists = PatchLists(windows_classifications=("UpdateRollUp", "UpdateRollup"))
    assert lists.wrong_windows_classification is None


@pytest.mark.parametrize(
    ("machine", "lists", "selects"),
    [
        (plain_windows_vm(), {}, True),
        (linux_vm(), {}, False),
        (linux_vm(), {"masks_to_include": ("kernel*",)}, True),
        (plain_windows_vm(os_type=UNKNOWN), {}, UNKNOWN),
        (plain_windows_vm(os_type=UNKNOWN), {"linux_classifications": ("Other",)}, True),
    ],
)
def test_a_request_selects_for_the_machines_own_system(machine: Any, lists: dict[str, Any], selects: object) -> None:
    assert installation(machine, **lists).selects_something is selects


@pytest.mark.parametrize(
    ("changes", "wants"),
    [
        ({}, True),
        ({"enable_hotpatching": False}, True),
        ({"enable_hotpatching": UNKNOWN}, True),
        ({"enable_hotpatching": None, "hotpatch_subscription": "Enable"}, True),
        ({"enable_hotpatching": False, "hotpatch_subscription": "Disabling"}, False),
        ({"enable_hotpatching": False, "hotpatch_subscription": UNKNOWN}, UNKNOWN),
        ({"enable_hotpatching": None, "hotpatch_subscription": None}, False),
    ],
)
def test_a_server_wants_hotpatches_by_either_switch(changes: dict[str, Any], wants: object) -> None:
    assert hotpatched_arc_server(**changes).wants_hotpatch is wants


@pytest.mark.parametrize(
    ("machine", "other", "overruled"),
    [
        (plain_windows_vm(reboot_setting="Always"), "Never", "Never"),
        (plain_windows_vm(reboot_setting="Always"), "always", None),
        (plain_windows_vm(reboot_setting=None), "Never", None),
        (plain_windows_vm(reboot_setting=UNKNOWN), "Never", UNKNOWN),
        (arc_server(), None, None),
    ],
)
def test_a_machines_reboot_setting_overrules_a_schedules_other_one(machine: Any, other: Any, overruled: object) -> None:
    assert assignment(machine, schedule=schedule(reboot_setting=other)).overruled_reboot_setting == overruled


@pytest.mark.parametrize(
    ("location", "cloud", "sovereign"),
    [
        ("westeurope", None, False),
        ("chinaeast2", None, True),
        ("global", None, UNKNOWN),
        (None, None, UNKNOWN),
        (UNKNOWN, None, UNKNOWN),
        (None, "AzureUSGovernment", True),
        ("global", "AzureChinaCloud", True),
        (UNKNOWN, "AzureCloud", False),
    ],
)
def test_the_lower_limits_hold_in_sovereign_clouds(location: Any, cloud: str | None, sovereign: object) -> None:
    assert dynamic_scope(location=location, cloud=cloud).is_sovereign is sovereign
