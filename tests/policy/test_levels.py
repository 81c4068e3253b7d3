"""Levels and configuration: advisory, mandatory, remediate, disabled, and the resources that a rule is for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY

from pulumi_azure_hotpatch.engine.rules import rule
from pulumi_azure_hotpatch.policy.remedies import REMEDIES
from tests.policy.declared_cases import declarations
from tests.policy.stacks import BY_PLATFORM, BYPASS, ours, settings, vm
from tests.support.analyzer import IN_SUBSCRIPTION, SUBSCRIPTION, UNKNOWN, Analyzer, Resource

BOTH = BY_PLATFORM | BYPASS | {"enableHotpatching": True}


def levels(analyzer: Analyzer, resource: Resource) -> dict[str, str]:
    return {found.policy: found.level for found in analyzer.analyze(resource)}


def test_everything_is_advisory_until_the_team_says_otherwise(configurable: Analyzer) -> None:
    broken = vm(patching=BOTH)
    assert levels(configurable, broken) == {"hotpatch-forbids-bypass": "advisory"}
    configurable.configure({"hotpatch-forbids-bypass": "mandatory"})
    assert levels(configurable, broken) == {"hotpatch-forbids-bypass": "mandatory"}
    configurable.configure({"hotpatch-forbids-bypass": "disabled"})
    assert levels(configurable, broken) == {}


def test_a_rule_can_be_for_some_resources_only(configurable: Analyzer) -> None:
    only = {"resources": ["urn:*::web-*", "*/virtualMachines/db"]}
    configurable.configure({"hotpatch-forbids-bypass": "mandatory"}, hotpatch_forbids_bypass=only)
    told = {name for name in ("web-1", "app-1", "db") if levels(configurable, vm(name, patching=BOTH))}
    assert told == {"web-1", "db"}


NEW_GROUPS: dict[str, Any] = {"resources": ["*/resourceGroups/rg-new-*"]}
THERE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-new-1/providers/Microsoft.Compute/virtualMachines/web"
ON_A_WINDOW: dict[str, Any] = {
    "enableHotpatching": True,
    "patchMode": "AutomaticByPlatform",
    "bypassPlatformSafetyChecksOnUserSchedule": True,
}


def native(group: Any, *, name: str | None = "web", signed_in: bool = False) -> Resource:
    """A VM of azure-native in a group; `signed_in` is where only that says which subscription it is in."""
    given = {**vm(patching=BOTH).properties, "resourceGroupName": group, "vmName": name}
    left = {key: value for key, value in given.items() if value is not None}
    return Resource("azure-native:compute:VirtualMachine", left, "web", provider={} if signed_in else IN_SUBSCRIPTION)


IN_NEW_GROUPS = [
    ours("VirtualMachinePatchSettings", virtualMachineId=THERE, **ON_A_WINDOW),
    ours("FleetPatchSettings", fleetName="web", machineIds=[THERE], **ON_A_WINDOW),
    native("rg-new-1"),
    native("rg-new-1", name=None),
    native("rg-new-1", signed_in=True),
]
IN_OLD_GROUPS = [
    ours("VirtualMachinePatchSettings", virtualMachineId=THERE.replace("rg-new-1", "rg-old"), **ON_A_WINDOW),
    ours("FleetPatchSettings", fleetName="web", machineIds=[THERE.replace("rg-new-1", "rg-old")], **ON_A_WINDOW),
    native("rg-old"),
    native("rg-old", name=None),
    native("rg-old", signed_in=True),
]


def test_a_rule_for_some_groups_is_for_everything_in_them_whatever_is_known_of_its_id(configurable: Analyzer) -> None:
    configurable.configure({"hotpatch-forbids-bypass": "mandatory"}, hotpatch_forbids_bypass=NEW_GROUPS)
    for resource in IN_NEW_GROUPS:
        assert levels(configurable, resource) == {"hotpatch-forbids-bypass": "mandatory"}
    for resource in IN_OLD_GROUPS:
        assert levels(configurable, resource) == {}


def test_a_remedy_for_some_groups_is_for_everything_in_them(configurable: Analyzer) -> None:
    configurable.configure({"hotpatch-forbids-bypass": "remediate"}, hotpatch_forbids_bypass=NEW_GROUPS)
    for resource in IN_NEW_GROUPS:
        assert set(configurable.remediate(resource)) == {"hotpatch-forbids-bypass"}
    for resource in IN_OLD_GROUPS:
        assert configurable.remediate(resource) == {}


def test_a_rule_on_several_resources_is_for_what_they_are_called_too(configurable: Analyzer) -> None:
    level, only = {"windows-vm-is-patched": "mandatory"}, {"windows_vm_is_patched": NEW_GROUPS}
    configurable.configure(level, **only)
    by_hand = {"osProfile": {"windowsConfiguration": {"patchSettings": {"patchMode": "Manual"}}}}

    def told(resource: Resource) -> list[str]:
        left_alone = replace(resource, properties={**resource.properties, **by_hand})
        found = configurable.analyze_stack([left_alone])
        return [one.level for one in found if one.policy == "windows-vm-is-patched"]

    assert told(native("rg-new-1", signed_in=True)) == ["mandatory"]
    assert told(native("rg-old", signed_in=True)) == []


def test_whether_a_rule_is_for_what_has_no_id_yet_is_not_known_and_that_is_said(configurable: Analyzer) -> None:
    configurable.configure({"hotpatch-forbids-bypass": "mandatory"}, hotpatch_forbids_bypass=NEW_GROUPS)
    for resource in (
        ours("VirtualMachinePatchSettings", virtualMachineId=UNKNOWN, **ON_A_WINDOW),
        ours("FleetPatchSettings", fleetName="web", machineIds=[UNKNOWN], **ON_A_WINDOW),
        native(UNKNOWN),
    ):
        (found,) = configurable.analyze(resource)
        assert found.policy == "values-not-known"
        says = "Not known yet: what it is called in Azure. Without a verdict: hotpatch-forbids-bypass."
        assert found.message.splitlines()[1] == says
    # The same question again, once the rule is for everything.
    configurable.configure({"hotpatch-forbids-bypass": "mandatory"})
    assert levels(configurable, native(UNKNOWN)) == {"hotpatch-forbids-bypass": "mandatory"}


def test_a_pattern_with_a_subscription_waits_where_only_signing_in_says_which(configurable: Analyzer) -> None:
    only = {"resources": [f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-new-*"]}
    configurable.configure({"hotpatch-forbids-bypass": "mandatory"}, hotpatch_forbids_bypass=only)
    assert levels(configurable, native("rg-new-1")) == {"hotpatch-forbids-bypass": "mandatory"}
    assert levels(configurable, native("rg-new-1", signed_in=True)) == {"values-not-known": "advisory"}
    assert levels(configurable, native("rg-old", signed_in=True)) == {}


@pytest.mark.parametrize("rule_id", REMEDIES)
def test_a_remedy_writes_what_keeps_the_rule_and_nothing_else(rule_id: str, configurable: Analyzer) -> None:
    configurable.configure({rule_id: "remediate"})
    given = declarations(rule_id)
    mended = 0
    for resource in given.violates:
        written = configurable.remediate(resource)
        if not written:
            continue
        mended += 1
        assert set(written) == {rule_id}
        after = Resource(resource.type, written[rule_id], resource.name)
        assert rule_id not in levels(configurable, after)
        assert len(differences(resource.properties, after.properties)) == 1
    assert mended
    for resource in (*given.passes, *given.unknown):
        assert configurable.remediate(resource) == {}


def test_every_remedy_is_of_a_rule_and_of_an_error_or_a_warning() -> None:
    assert {rule(rule_id).severity for rule_id in REMEDIES} <= {"error", "warning"}


def test_remedies_of_one_resource_come_one_after_the_other(configurable: Analyzer) -> None:
    configurable.configure(dict.fromkeys(("hotpatch-needs-platform-mode", "hotpatch-forbids-bypass"), "remediate"))
    broken = settings(
        enableHotpatching=True, patchMode="Manual", bypassPlatformSafetyChecksOnUserSchedule=True, timeout=UNKNOWN
    )
    *_, last = configurable.remediate(broken).values()
    fixed = {"patchMode": "AutomaticByPlatform", "bypassPlatformSafetyChecksOnUserSchedule": False}
    assert last == {**broken.properties, **fixed}


def test_a_remedy_makes_the_objects_that_are_missing(configurable: Analyzer) -> None:
    configurable.configure({"hotpatch-needs-platform-mode": "remediate"})
    broken = vm(patching={"enableHotpatching": True})
    (written,) = configurable.remediate(broken).values()
    patching = written["osProfile"]["windowsConfiguration"]["patchSettings"]
    assert patching == {"enableHotpatching": True, "patchMode": "AutomaticByPlatform"}


def test_what_is_secret_stays_secret_when_a_remedy_writes_beside_it(configurable: Analyzer) -> None:
    secret = {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "value": "correct horse"}
    machine = vm(patching=BOTH)
    profile = {**machine.properties["osProfile"], "adminPassword": secret}
    broken = Resource(machine.type, {**machine.properties, "osProfile": profile}, machine.name)
    configurable.configure({"hotpatch-forbids-bypass": "remediate"})
    (written,) = configurable.remediate(broken).values()
    assert written["osProfile"]["adminPassword"] == secret
    assert not any("correct horse" in found.message for found in configurable.analyze(broken))


def test_a_violation_without_a_remedy_is_mandatory_at_level_remediate(configurable: Analyzer) -> None:
    configurable.configure({"hotpatch-is-windows-only": "remediate"})
    broken = vm(linux=True, patching={"enableHotpatching": True})
    assert configurable.remediate(broken) == {}
    assert levels(configurable, broken)["hotpatch-is-windows-only"] == "mandatory"


def differences(before: Any, after: Any, path: str = "") -> list[str]:
    """The places where two bags differ; an object that is new counts by what is in it."""
    if isinstance(before, dict) or isinstance(after, dict):
        left, right = (value if isinstance(value, dict) else {} for value in (before, after))
        names = sorted({*left, *right})
        return [place for name in names for place in differences(left.get(name), right.get(name), f"{path}.{name}")]
    return [] if before == after else [path]
