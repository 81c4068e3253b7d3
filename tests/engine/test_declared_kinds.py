"""Declared stacks beyond VMs: Arc-enabled servers, scale sets, preview features, assignments below a parent."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.arc import ArcServer
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Machine
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.scale_set import ScaleSet
from tests.engine.test_declared import (
    GROUP,
    IMAGE,
    NIGHTS,
    SUBSCRIPTION,
    WEB,
    estate,
    failures,
    judged,
    native,
    ours,
    settings,
)

OTHER = "00000000-0000-0000-0000-000000000002"
SERVER = f"{GROUP}/Microsoft.HybridCompute/machines/srv-arc-1"
FLEET = f"{GROUP}/Microsoft.Compute/virtualMachineScaleSets/web"


def test_an_arc_enabled_server_that_only_settings_and_a_licence_speak_of() -> None:
    settings = ours("ArcMachinePatchSettings", "a", machineId=SERVER, enableHotpatching=True)
    licence = ours("ArcHotpatchLicense", "a", machineId=SERVER.upper(), enabled=True, vbsStatus=0, secureBoot=True)
    found = estate(settings, licence)
    (server,) = found.arc_servers
    assert server.facts == ArcServer(
        id=SERVER, enable_hotpatching=True, hotpatch_subscription="Enable", vbs_status=0, secure_boot=True
    )
    (machine,) = found.machines
    assert machine.facts == Machine.unseen(SERVER).with_settings({"enable_hotpatching": True})
    assert (SERVER, "arc-hotpatch-needs-vbs") in failures(judged(settings, licence))


@pytest.mark.parametrize(("enabled", "status"), [(None, "Enable"), (False, "Disable"), (UNKNOWN, UNKNOWN)])
def test_a_licence_is_asked_for_unless_it_is_turned_off(enabled: Any, status: Any) -> None:
    (server,) = estate(ours("ArcHotpatchLicense", "a", machineId=SERVER, enabled=enabled)).arc_servers
    assert server.facts.hotpatch_subscription == status


def test_azure_native_s_arc_enabled_server_is_read_as_it_flattens_it() -> None:
    server = native(
        "hybridcompute:Machine",
        "srv",
        location="eastus",
        osType="windows",
        osProfile={"windowsConfiguration": {"enableHotpatching": False, "assessmentMode": "ImageDefault"}},
        licenseProfile={"productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Enable"}]},
    )
    (entry,) = estate(server).arc_servers
    assert entry.resource == server.urn
    facts = entry.facts
    assert (facts.enable_hotpatching, facts.assessment_mode, facts.hotpatch_subscription) == (
        False,
        "ImageDefault",
        "Enable",
    )
    assert (facts.os_name, facts.os_build, facts.status, facts.agent_version) == (UNKNOWN,) * 4
    assert (server.urn, "arc-hotpatch-held-back") in failures(judged(server))


def test_of_a_profile_that_is_not_known_yet_nothing_is_known() -> None:
    server = native("hybridcompute:Machine", "srv", osProfile=UNKNOWN, licenseProfile=UNKNOWN)
    (entry,) = estate(server).arc_servers
    assert (entry.facts.enable_hotpatching, entry.facts.hotpatch_subscription) == (UNKNOWN, UNKNOWN)


def test_azure_native_s_scale_set_is_judged_with_settings_over_it() -> None:
    fleet = native(
        "compute/v20240701:VirtualMachineScaleSet",
        "web",
        orchestrationMode="Flexible",
        virtualMachineProfile={
            "storageProfile": {"imageReference": IMAGE},
            "osProfile": {"windowsConfiguration": {"patchSettings": {"patchMode": "AutomaticByPlatform"}}},
            "extensionProfile": {"extensions": [{"name": "health", "type": "ApplicationHealthWindows"}]},
        },
    )
    on_it = {"scaleSetId": (fleet.urn,)}
    settings = ours("ScaleSetPatchSettings", "web", on_it, scaleSetId=UNKNOWN, enableHotpatching=True)
    (entry,) = estate(fleet, settings).scale_sets
    assert entry.resource == fleet.urn
    facts = entry.facts
    assert (facts.os_type, facts.has_health_extension, facts.settings.enable_hotpatching) == ("Windows", True, True)
    assert failures(judged(fleet, settings)) == set()
    assert (fleet.urn, "scale-set-hotpatch-stays-on") in failures(judged(fleet))


def test_settings_of_an_unseen_scale_set_are_all_that_is_known_of_it() -> None:
    (entry,) = estate(ours("ScaleSetPatchSettings", "web", scaleSetId=FLEET, patchMode="Manual")).scale_sets
    assert entry.facts == ScaleSet(
        id=FLEET, settings=Machine.unseen(FLEET).with_settings({"patch_mode": "Manual"}).settings
    )
    assert {getattr(entry.facts.settings, name) for name in PATCH_FIELDS} == {"Manual", UNKNOWN}


def test_azure_native_s_feature_registration_is_a_preview_feature() -> None:
    retired = native(
        "features/v20210701:SubscriptionFeatureRegistration",
        "hotpatch",
        providerNamespace="Microsoft.Compute",
        featureName="InGuestPatchVMPreview",
    )
    (entry,) = estate(retired).features
    assert (entry.resource, entry.facts.name, entry.facts.retired) == (retired.urn, "InGuestPatchVMPreview", True)
    (later,) = estate(native("features:SubscriptionFeatureRegistration", "x", providerNamespace=UNKNOWN)).features
    assert later.facts.retired is UNKNOWN


def test_a_schedule_for_a_dedicated_host_is_not_taken_for_one_of_guests() -> None:
    host = native(
        "maintenance:ConfigurationAssignmentParent",
        "host",
        resourceGroupName="rg-contoso",
        providerName="Microsoft.Compute",
        resourceParentType="hostGroups",
        resourceParentName="hosts",
        resourceType="hosts",
        resourceName="host-1",
        maintenanceConfigurationId=NIGHTS,
    )
    (entry,) = estate(host).assignments
    assert entry.facts.machine_type is UNKNOWN
    assert failures(judged(host)) == set()
    nights = native("maintenance:MaintenanceConfiguration", "nights", NIGHTS, maintenanceScope="InGuestPatch")
    assert (host.urn, "assignment-machine-type") in failures(judged(host, nights))


def test_a_new_azure_native_machine_has_the_agent_unless_it_is_told_otherwise() -> None:
    def machine(**configuration: Any) -> Any:
        profile = {"windowsConfiguration": configuration} if configuration else {"linuxConfiguration": {"ssh": {}}}
        (entry,) = estate(native("compute:VirtualMachine", "vm", osProfile=profile)).machines
        return entry.facts.provision_vm_agent, entry.facts.enable_automatic_updates

    assert machine(timeZone="UTC") == (True, True)
    assert machine(provisionVMAgent=False, enableAutomaticUpdates=False) == (False, False)
    assert machine() == (True, None)


@pytest.mark.parametrize(
    ("kind", "field", "target", "rule"),
    [
        ("ArcMachinePatchSettings", "machineId", SERVER, "arc-settings-declared-twice"),
        ("ArcHotpatchLicense", "machineId", SERVER, "arc-license-declared-twice"),
        ("ScaleSetPatchSettings", "scaleSetId", FLEET, "scale-set-settings-declared-twice"),
        ("PatchInstallation", "machineId", SERVER, "installation-declared-twice"),
    ],
)
def test_what_two_resources_claim_is_declared_twice(kind: str, field: str, target: str, rule: str) -> None:
    one, two = (ours(kind, name, None, **{field: value}) for name, value in (("one", target), ("two", target.lower())))
    assert rule in {found for _, found in failures(judged(one, two))}
    assert rule not in {found for _, found in failures(judged(one))}


def test_our_dynamic_scope_is_one_at_subscriptions_and_one_at_resource_groups() -> None:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-contoso"
    scope = ours(
        "DynamicScope",
        "all",
        scheduleId=NIGHTS,
        assignmentName="all",
        subscriptionIds=[SUBSCRIPTION],
        resourceGroupIds=[group],
        osTypes=["Windws"],
        tagFilters={"patch": ["yes"]},
    )
    whole, part = estate(scope).dynamic_scopes
    assert (whole.facts.resource_group_name, part.facts.resource_group_name) == (None, "rg-contoso")
    assert Stack([scope]).urns_of(whole.resource) == (scope.urn,)
    assert (whole.facts.tag_filters, whole.facts.tag_operator, whole.facts.wrong_os_type) == (1, "Any", "Windws")
    assert {rule for _, rule in failures(judged(scope))} == {
        "scope-os-type",
        "scope-group-needs-locations",
        "scope-places-apart",
    }


def test_two_of_our_dynamic_scopes_with_one_name_in_one_place_are_one_declared_twice() -> None:
    one, two, elsewhere = (
        ours("DynamicScope", name, None, assignmentName="all", subscriptionIds=[place], osTypes=["Linux"])
        for name, place in (("one", SUBSCRIPTION), ("two", SUBSCRIPTION.upper()), ("three", OTHER))
    )
    assert "scope-declared-twice" in {rule for _, rule in failures(judged(one, two))}
    assert "scope-declared-twice" not in {rule for _, rule in failures(judged(one, elsewhere))}


def test_a_fleet_s_settings_are_those_of_each_of_its_machines_and_so_is_its_schedule() -> None:
    other = WEB.replace("vm-web-1", "vm-web-2")
    fleet = ours("FleetPatchSettings", "all", None, machineIds=[WEB, other], patchMode="Manual", scheduleId=NIGHTS)
    found = estate(fleet)
    assert {entry.resource: entry.facts.settings.patch_mode for entry in found.machines} == {
        WEB: "Manual",
        other: "Manual",
    }
    assert found.assigned == {WEB.casefold(): (NIGHTS.casefold(),), other.casefold(): (NIGHTS.casefold(),)}
    assert Stack([fleet]).urns_of(other) == (fleet.urn,)
    again = settings(machine=WEB.upper(), patchMode="Manual")
    assert "vm-settings-declared-twice" in {rule for _, rule in failures(judged(fleet, again))}


@pytest.mark.parametrize("inputs", [{"machineIds": UNKNOWN}, {"query": "resources", "scheduleId": NIGHTS}])
def test_a_fleet_whose_machines_are_not_known_is_judged_as_one_machine(inputs: dict[str, Any]) -> None:
    fleet = ours("FleetPatchSettings", "all", None, enableHotpatching=True, patchMode="Manual", **inputs)
    assert {rule for _, rule in failures(judged(fleet))} == {"hotpatch-needs-platform-mode"}
