"""What exists in a subscription as a program that takes it over."""

import ast
import json
from collections.abc import Callable
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from pulumi_azure_hotpatch.adoption.declarations import declarations
from pulumi_azure_hotpatch.adoption.declared import Declared
from pulumi_azure_hotpatch.adoption.found import found_in
from pulumi_azure_hotpatch.adoption.program import program_text
from pulumi_azure_hotpatch.handlers import find
from pulumi_azure_hotpatch.host import wire
from tests.handlers.declared import Declared as Taken
from tests.handlers.machines import GROUP
from tests.handlers.outside import PROFILE, SCALE_SET, put_profile, scale_set_body, server_body
from tests.status.observed import HOTPATCHED, SERVER, Heard, fleet, linux, unregister, vm, windows
from tests.support.simulated import Azure

CONFIGURATIONS = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations"
WEEKLY = f"{CONFIGURATIONS}/weekly"
TAIL = "providers/Microsoft.Maintenance/configurationAssignments"
HANDLERS = {
    "VirtualMachinePatchSettings": "virtual_machine_patch_settings",
    "ScaleSetPatchSettings": "scale_set_patch_settings",
    "ArcHotpatchLicense": "arc_hotpatch_license",
    "ArcMachinePatchSettings": "arc_machine_patch_settings",
    "MaintenanceSchedule": "maintenance_schedule",
    "ScheduleAssignment": "schedule_assignment",
}


def schedule(**properties: Any) -> dict[str, Any]:
    window = {"startDateTime": "2024-01-01 22:00", "duration": "03:00", "timeZone": "W. Europe Standard Time"}
    install = {
        "rebootSetting": "IfRequired",
        "windowsParameters": {
            "classificationsToInclude": ["Critical", "UpdateRollUp"],
            "kbNumbersToExclude": ["5044284"],
        },
        "linuxParameters": {"packageNameMasksToExclude": ["kernel*"]},
    }
    return {
        "location": "eastus",
        "tags": {"owner": "contoso"},
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {**window, "recurEvery": "Month Second Tuesday Offset4"},
            "installPatches": install,
            **properties,
        },
    }


def put(azure: Azure, id: str, body: dict[str, Any]) -> None:
    answer = azure.ask("PUT", id, body)
    assert answer.status in (200, 201), answer.json()


def give(azure: Azure, machine: str, name: str = "weekly", to: str = WEEKLY) -> None:
    put(azure, f"{machine}/{TAIL}/{name}", {"location": "eastus", "properties": {"maintenanceConfigurationId": to}})


def estate() -> Azure:
    """One of everything."""
    scheduled = {"patchMode": "AutomaticByPlatform", "automaticByPlatformSettings": {"rebootSetting": "Never"}}
    azure = fleet(
        windows("vm-1", HOTPATCHED),
        windows("vm-2", scheduled, "2022-datacenter-g2"),
        linux("vm-3"),
        scale_set_body({"patchMode": "AutomaticByPlatform", "enableHotpatching": True}),
        server_body(osProfile={"windowsConfiguration": {"patchSettings": {"assessmentMode": "AutomaticByPlatform"}}}),
    )
    put_profile(azure, ("Hotpatch", "Enable"))
    put(azure, WEEKLY, schedule())
    give(azure, vm("vm-2"))
    give(azure, SERVER)
    azure.take()
    return azure


def empty() -> Azure:
    """A resource group with nothing in it."""
    azure = fleet()
    azure.simulator.world.add_group(SUBSCRIPTION_ID, "rg-contoso", "eastus")
    return azure


def adopted(azure: Azure, heard: Heard | None = None) -> list[Declared]:
    found = found_in(azure.runtime.azure, SUBSCRIPTION_ID, tell=heard if heard is not None else Heard())
    return declarations(found, azure.clock.now())


def of_kind(found: list[Declared], kind: str) -> list[Declared]:
    return [one for one in found if one.kind == kind]


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def on_the_wire(arguments: Any) -> dict[str, Any]:
    return {
        camel(name): {camel(key): item for key, item in value.items()} if isinstance(value, dict) else value
        for name, value in arguments.items()
        if value is not None
    }


def test_everything_that_is_found_is_declared() -> None:
    found = adopted(estate())
    assert [(one.kind, one.name) for one in found] == [
        ("VirtualMachinePatchSettings", "rg-contoso-vm-1"),
        ("VirtualMachinePatchSettings", "rg-contoso-vm-2"),
        ("VirtualMachinePatchSettings", "rg-contoso-vm-3"),
        ("ScaleSetPatchSettings", "rg-contoso-vmss-web"),
        ("ArcHotpatchLicense", "rg-contoso-srv-arc-1"),
        ("ArcMachinePatchSettings", "rg-contoso-srv-arc-1"),
        ("MaintenanceSchedule", "rg-contoso-weekly"),
        ("ScheduleAssignment", "rg-contoso-vm-2-weekly"),
        ("ScheduleAssignment", "rg-contoso-srv-arc-1-weekly"),
    ]
    assert [one.reason for one in found] == [None] * 9


def test_reading_a_subscription_is_a_list_of_each_kind() -> None:
    azure = estate()
    adopted(azure)
    assert azure.take() == [
        *["Providers_Get"] * 3,
        "VirtualMachines_ListAll",
        "Machines_ListBySubscription",
        "LicenseProfiles_Get",
        "VirtualMachineScaleSets_ListAll",
        "MaintenanceConfigurations_List",
        "ConfigurationAssignmentsWithinSubscription_List",
    ]


def switched_on_without_a_licence() -> Azure:
    patching = {"enableHotpatching": True, "assessmentMode": "ImageDefault"}
    return fleet(server_body(osProfile={"windowsConfiguration": {"patchSettings": patching}}))


def switched_on_with_the_licence_off() -> Azure:
    azure = switched_on_without_a_licence()
    put_profile(azure, ("Hotpatch", "Disable"))
    return azure


def licensed(os_sku: str = "Windows Server 2025 Datacenter", **properties: Any) -> Azure:
    azure = fleet(server_body(os_sku, **properties))
    put_profile(azure, ("Hotpatch", "Enable"))
    return azure


def licensed_on_server_2022() -> Azure:
    return licensed("Windows Server 2022 Datacenter")


def licensed_on_an_old_build() -> Azure:
    return licensed(osVersion="10.0.26040.1000")


def turning(status: str, **error: Any) -> Azure:
    azure = licensed()
    profile = azure.simulator.world.resources.get(PROFILE)
    assert profile is not None
    profile.properties["productProfile"]["productFeatures"][0] |= {"subscriptionStatus": status, **error}
    return azure


def licence_failed() -> Azure:
    return turning("Failed", error={"code": "LicenseRefused", "message": "No."})


def assessed_without_compute() -> Azure:
    azure = fleet(server_body(osProfile={"windowsConfiguration": {"patchSettings": {"assessmentMode": PLATFORM}}}))
    unregister(azure, "Microsoft.Compute")
    return azure


def uniform_scale_set() -> Azure:
    return fleet(scale_set_body({"patchMode": "AutomaticByOS"}, mode="Uniform"))


PLATFORM = "AutomaticByPlatform"
REFUSED: dict[Callable[[], Azure], tuple[str, str]] = {
    switched_on_without_a_licence: ("ArcMachinePatchSettings", "arc-hotpatch-licensed"),
    switched_on_with_the_licence_off: ("ArcMachinePatchSettings", "arc-hotpatch-licensed"),
    licensed_on_server_2022: ("ArcHotpatchLicense", "arc-hotpatch-needs-server-2025"),
    licensed_on_an_old_build: ("ArcHotpatchLicense", "arc-hotpatch-build"),
    assessed_without_compute: ("ArcMachinePatchSettings", "arc-assessment-needs-compute"),
    uniform_scale_set: ("ScaleSetPatchSettings", "scale-set-settings-need-flexible"),
}
WORLDS = (estate, *REFUSED, licensed, licence_failed)


@pytest.mark.parametrize(("world", "refused"), REFUSED.items())
def test_what_the_first_run_would_refuse_is_named_with_the_rule(
    world: Callable[[], Azure], refused: tuple[str, str]
) -> None:
    kind, rule = refused
    reasons = {one.kind: one.reason for one in adopted(world()) if one.reason is not None}
    assert reasons.keys() == {kind}
    assert reasons[kind].endswith(f"[{rule}]")


def test_a_licence_that_is_neither_on_nor_off_is_named_with_what_azure_says_of_it() -> None:
    (one,) = adopted(licence_failed())
    assert one.reason == (
        "its hotpatch licence is Failed (LicenseRefused: No.), neither on nor off: whatever declares it writes it"
    )
    text = program_text([one], SUBSCRIPTION_ID)
    assert f"{one.resource} is not declared: " in " ".join(text.replace("\n#", "").split())


@pytest.mark.parametrize("status", ["Enabled", "Disabled", "Disabling", "Unknown"])
def test_a_licence_is_declared_as_it_is(status: str) -> None:
    (one,) = adopted(turning(status))
    assert (one.reason, one.arguments.get("enabled", True)) == (None, status == "Enabled")


def test_a_uniform_scale_set_is_told_by_its_name_and_one_without_patch_settings_is_nothing() -> None:
    (one,) = adopted(uniform_scale_set())
    assert (one.resource, one.name) == (SCALE_SET, "rg-contoso-vmss-web")
    assert adopted(fleet(scale_set_body(mode="Uniform"))) == []


@pytest.mark.parametrize("world", WORLDS)
def test_every_declaration_is_judged_without_an_error_and_adopted_without_a_write(world: Callable[[], Azure]) -> None:
    azure = world()
    found = [one for one in adopted(azure) if one.reason is None]
    azure.take_writes()
    for one in found:
        handler = find(HANDLERS[one.kind])
        bag = on_the_wire(one.arguments)
        draft, wrong = wire.draft(handler.inputs, bag)
        assert wrong == []
        ctx = azure.context()
        assert [str(finding) for finding in handler.check(ctx, draft) if finding.is_error] == []
        handler.create(azure.context(), wire.load_inputs(handler.inputs, bag))
    assert azure.take_writes() == []


def test_the_program_is_python_that_declares_each_once() -> None:
    text = program_text(adopted(estate()), SUBSCRIPTION_ID)
    tree = ast.parse(text)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert len(calls) == 9
    names = [(ast.unparse(call.func), ast.literal_eval(call.args[0])) for call in calls]
    assert len(set(names)) == 9
    assert "weekly = hotpatch.MaintenanceSchedule(" in text
    assert text.count("schedule_id=weekly.id,") == 2
    assert "tags" not in text, "what nobody asked to own is left out"


def test_only_what_is_set_is_declared() -> None:
    (one,) = of_kind(adopted(fleet(windows("vm-1", HOTPATCHED))), "VirtualMachinePatchSettings")
    assert one.arguments == {
        "virtual_machine_id": vm("vm-1"),
        "patch_mode": "AutomaticByPlatform",
        "enable_hotpatching": True,
        "assessment_mode": "AutomaticByPlatform",
    }


def test_a_schedule_is_declared_with_its_window_and_selections() -> None:
    azure = empty()
    put(azure, WEEKLY, schedule())
    (one,) = adopted(azure)
    assert one.arguments == {
        "resource_group_name": "rg-contoso",
        "schedule_name": "weekly",
        "location": "eastus",
        "subscription_id": SUBSCRIPTION_ID,
        "start": "2024-01-01 22:00",
        "duration": "03:00",
        "time_zone": "W. Europe Standard Time",
        "recurrence": "Month Second Tuesday Offset4",
        "reboot_setting": "IfRequired",
        "windows": {
            "classifications_to_include": ["Critical", "UpdateRollup"],
            "kb_numbers_to_exclude": ["KB5044284"],
        },
        "linux": {"package_name_masks_to_exclude": ["kernel*"]},
    }


def test_schedules_of_other_scopes_are_not_ours() -> None:
    azure = empty()
    body = schedule(maintenanceScope="Host", installPatches=None, extensionProperties={})
    put(azure, WEEKLY, body)
    assert adopted(azure) == []


def test_settings_that_a_rule_forbids_are_left_out_with_the_reason() -> None:
    body = windows("vm-1", {"patchMode": "Manual", "enableHotpatching": True})
    azure = fleet(body)
    (one,) = adopted(azure)
    assert one.reason is not None
    assert one.reason.endswith("[hotpatch-needs-platform-mode]")
    text = program_text([one], SUBSCRIPTION_ID)
    comment = " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("#"))
    assert f"{vm('vm-1')} is not declared: {one.reason}" in comment
    assert [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)] == []


def test_a_value_that_cannot_be_declared_is_left_alone_and_named() -> None:
    settings = {"patchMode": "AutomaticByPlatform", "automaticByPlatformSettings": {"rebootSetting": "Unknown"}}
    (one,) = adopted(fleet(windows("vm-1", settings, "2022-datacenter-g2")))
    assert "reboot_setting" not in one.arguments
    assert one.remarks == ("reboot_setting is Unknown, which cannot be declared",)
    assert "# Left alone: reboot_setting is Unknown, which cannot be declared." in program_text([one], SUBSCRIPTION_ID)


def test_a_recurrence_that_is_not_understood_is_left_out() -> None:
    azure = empty()
    body = schedule()
    put(azure, WEEKLY, body)
    resource = azure.simulator.world.resources.get(WEEKLY)
    assert resource is not None
    resource.properties["maintenanceWindow"]["recurEvery"] = "Fortnightly"
    (one,) = adopted(azure)
    assert one.reason is not None
    assert "[schedule-recurrence]" in one.reason


SCOPES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "",
        {"osTypes": ["Windows"], "locations": ["eastus"]},
        {"subscription_ids": [SUBSCRIPTION_ID], "os_types": ["Windows"], "locations": ["eastus"]},
    ),
    (
        "/resourceGroups/rg-contoso",
        {
            "locations": ["eastus"],
            "tagSettings": {"tags": {"Ring_Name": ["1", "2"], "tier": ["web"]}, "filterOperator": "all"},
        },
        {
            "resource_group_ids": [GROUP],
            "locations": ["eastus"],
            "tag_filters": {"Ring_Name": ["1", "2"], "tier": ["web"]},
            "tag_operator": "All",
            "location": "eastus",
        },
    ),
    (
        "",
        {"resourceTypes": ["Microsoft.Compute/virtualMachines"]},
        {
            "subscription_ids": [SUBSCRIPTION_ID],
            "resource_types": ["Microsoft.Compute/virtualMachines"],
            "allow_whole_subscription": True,
        },
    ),
]


def scoped(below: str, narrowed: dict[str, Any]) -> Azure:
    """A world with a dynamic scope."""
    azure = fleet(windows("vm-1"))
    put(azure, WEEKLY, schedule())
    location = "eastus" if below else "global"
    rule = {"maintenanceConfigurationId": WEEKLY, "filter": narrowed}
    put(azure, f"/subscriptions/{SUBSCRIPTION_ID}{below}/{TAIL}/By-OS", {"location": location, "properties": rule})
    return azure


@pytest.mark.parametrize(("below", "narrowed", "arguments"), SCOPES)
def test_a_dynamic_scope_is_declared_and_taking_it_over_changes_nothing(
    below: str, narrowed: dict[str, Any], arguments: dict[str, Any]
) -> None:
    azure = scoped(below, narrowed)
    (one,) = of_kind(adopted(azure), "DynamicScope")
    assert (one.reason, one.remarks) == (None, ())
    schedule_id, given = one.arguments["schedule_id"], {**one.arguments}
    assert schedule_id.casefold() == WEEKLY.casefold()
    assert {name: value for name, value in given.items() if name not in ("schedule_id", "assignment_name")} == arguments
    azure.take()
    wire_inputs = {camel(name): value for name, value in given.items()}
    resource = Taken(azure, "dynamic_scope", wire_inputs)
    assert [finding for finding in resource.check() if finding.is_error] == []
    state = resource.create()
    assert azure.take_writes() == []
    assert resource.refresh() == state
    resource.delete()
    assert azure.take_writes() == []
    assert f"schedule_id=weekly.id,\n    assignment_name={json.dumps(given['assignment_name'])}" in program_text(
        adopted(azure), SUBSCRIPTION_ID
    )


def test_what_of_a_filter_cannot_be_declared_is_remarked() -> None:
    azure = scoped("", {"osTypes": ["Windows"], "availabilityZones": ["1"]})
    (one,) = of_kind(adopted(azure), "DynamicScope")
    assert one.remarks == ("its filter has availabilityZones too, which stays and cannot be declared",)


def test_a_scope_that_a_rule_would_refuse_is_named_and_not_declared() -> None:
    azure = scoped("/resourceGroups/rg-contoso", {"osTypes": ["Windows"]})
    (one,) = of_kind(adopted(azure), "DynamicScope")
    assert one.reason is not None
    assert one.reason.endswith("[scope-group-needs-locations]")


def test_a_schedule_that_is_not_in_the_program_is_named_by_its_id() -> None:
    azure = fleet(windows("vm-1"))
    put(azure, WEEKLY, schedule())
    give(azure, vm("vm-1"))
    text = program_text(of_kind(adopted(azure), "ScheduleAssignment"), SUBSCRIPTION_ID)
    assert f'schedule_id="{WEEKLY}"'.casefold() in text.casefold()


def test_names_that_meet_are_told_apart() -> None:
    one = Declared("a", "MaintenanceSchedule", "g-import", {"schedule_name": "import"})
    two = Declared("b", "MaintenanceSchedule", "g-import", {"schedule_name": "Import"})
    three = Declared("c", "MaintenanceSchedule", "g-7", {"schedule_name": "7"})
    text = program_text([one, two, three], SUBSCRIPTION_ID)
    names = [node.targets[0].id for node in ast.parse(text).body if isinstance(node, ast.Assign)]  # type: ignore[attr-defined]
    assert names == ["import_2", "import_3", "schedule_7"]
    assert text.count('"g-import"') == 1
    assert '"g-import-2"' in text


@pytest.mark.parametrize("name", ['"""\nimport os', "a\\", "ä'\"\N{BELL}", "# x\r\nprint(1)"])
def test_whatever_things_are_called_the_program_says_nothing_else(name: str) -> None:
    declared = Declared(name, "VirtualMachinePatchSettings", name, {"virtual_machine_id": name})
    refused = Declared(name, "ScheduleAssignment", name, {}, reason=name, remarks=(name,))
    tree = ast.parse(program_text([declared, refused], name))
    statements = [type(node).__name__ for node in tree.body]
    assert statements == ["Expr", "Import", "Expr"]
    (call,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert ast.literal_eval(call.args[0]) == name
    assert ast.literal_eval(call.keywords[0].value) == name


def test_providers_that_are_not_registered_have_nothing_in_them() -> None:
    azure = fleet(windows("vm-1", HOTPATCHED))
    unregister(azure, "Microsoft.Maintenance")
    heard = Heard()
    assert len(adopted(azure, heard)) == 1
    assert heard == ["Microsoft.Maintenance is Unregistered in the subscription, so nothing of it is looked for"]
    assert azure.take_writes() == [], "nor registered, as the SDK would"
