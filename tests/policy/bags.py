"""Facts as the property bags of programs that would show them: the reverse of what the policies read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pulumi_azure_hotpatch.engine.arc import ArcServer
from pulumi_azure_hotpatch.engine.dynamic_scope import DynamicScope
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELD_PATHS, PATCH_FIELDS, Machine, PreviewFeature, Schedule
from pulumi_azure_hotpatch.engine.install_request import InstallRequest
from pulumi_azure_hotpatch.engine.logic import UNKNOWN as NOT_KNOWN
from pulumi_azure_hotpatch.engine.patch_lists import PatchLists
from pulumi_azure_hotpatch.engine.scale_set import ScaleSet
from tests.engine.rule_cases.form import ARC_ID, GROUP, VM_ID
from tests.support.analyzer import UNKNOWN, Resource

OURS: Final = "pulumi-python:dynamic/azurehotpatch"
SCALE_SET_ID: Final = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/web"
SCHEDULE_ID: Final = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/nights"
OTHER_TYPE: Final = Resource("random:index/randomPet:RandomPet", {"length": 2, "patchMode": "Manual"})


def bags(facts: object) -> list[Resource]:
    """Every way to declare these facts: azure-native unversioned and versioned, and ours where ours can say them."""
    match facts:
        case Machine():
            return [*_machines(facts), *_own_settings(facts)]
        case ScaleSet():
            return [*_scale_sets(facts)]
        case ArcServer():
            return [*_arc_servers(facts)]
        case Schedule():
            return [*_schedules(facts)]
        case DynamicScope():
            return [*_scopes(facts)]
        case InstallRequest():
            return [*_requests(facts)]
        case PreviewFeature():
            return [*_features(facts)]
    raise AssertionError(f"no bag for {facts!r}")


def _native(module: str, name: str, version: str, properties: Mapping[str, Any]) -> list[Resource]:
    given = wire(properties)
    return [Resource(f"azure-native:{module}{part}:{name}", given) for part in ("", f"/{version}")]


def wire(value: Any) -> Any:
    """`value` as it travels: without what is absent, what is not known by its stand-in."""
    if value is NOT_KNOWN:
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: wire(item) for key, item in value.items() if item is not None}
    return [wire(item) for item in value] if isinstance(value, list | tuple) else value


def _machines(facts: Machine) -> list[Resource]:
    if "hybridcompute" in str(facts.id).casefold():
        return []
    profile = {"allowExtensionOperations": facts.allow_extension_operations, **_configuration(facts)}
    os_disk = {"osType": facts.os_type}
    given = {
        "vmName": "web01",
        "resourceGroupName": "contoso",
        "location": facts.location,
        "osProfile": profile,
        "storageProfile": {"imageReference": _image(facts.image), "osDisk": os_disk},
    }
    return _native("compute", "VirtualMachine", "v20240701", given)


def _configuration(facts: Machine | ScaleSet) -> dict[str, Any]:
    patching: dict[str, Any] = {}
    for name, path in PATCH_FIELD_PATHS.items():
        *parents, leaf = path
        target = patching
        for step in parents:
            target = target.setdefault(step, {})
        target[leaf] = getattr(facts.settings, name)
    configuration = {
        "provisionVMAgent": facts.provision_vm_agent,
        "enableAutomaticUpdates": getattr(facts, "enable_automatic_updates", None),
        "patchSettings": patching,
    }
    if facts.os_type is NOT_KNOWN:
        # A program always says which of the two it configures.
        return {}
    return {"linuxConfiguration" if facts.os_type == "Linux" else "windowsConfiguration": configuration}


def _image(image: Any) -> Any:
    if image is NOT_KNOWN or image is None:
        return image
    return {"publisher": image.publisher, "offer": image.offer, "sku": image.sku, "id": image.id}


def _own_settings(facts: Machine) -> list[Resource]:
    if facts != Machine.unseen(facts.id).with_settings(_settings(facts)):
        return []
    return [Resource(f"{OURS}:VirtualMachinePatchSettings", wire({"virtualMachineId": VM_ID, **_by_wire(facts)}))]


def _settings(facts: Machine | ScaleSet) -> dict[str, Any]:
    return {name: getattr(facts.settings, name) for name in PATCH_FIELDS}


def _by_wire(facts: Machine | ScaleSet) -> dict[str, Any]:
    return {_camel(name): value for name, value in _settings(facts).items()}


def own_settings(facts: Machine) -> Resource:
    """Our resource with the patch settings of a machine."""
    return Resource(f"{OURS}:VirtualMachinePatchSettings", wire({"virtualMachineId": VM_ID, **_by_wire(facts)}))


def _scale_sets(facts: ScaleSet) -> list[Resource]:
    health = [{"name": "health", "type": "ApplicationHealthWindows"}] if facts.has_health_extension is True else []
    extensions = NOT_KNOWN if facts.has_health_extension is NOT_KNOWN else health
    profile = {
        "osProfile": _configuration(facts),
        "storageProfile": {"imageReference": _image(facts.image), "osDisk": {"osType": facts.os_type}},
        "extensionProfile": {"extensions": extensions},
    }
    given = {
        "vmScaleSetName": "web",
        "resourceGroupName": "contoso",
        "orchestrationMode": facts.orchestration_mode,
        "virtualMachineProfile": profile,
    }
    return _native("compute", "VirtualMachineScaleSet", "v20240701", given)


def _arc_servers(facts: ArcServer) -> list[Resource]:
    if facts.secure_boot is not True or facts.vbs_status != 2:
        # Only our licence says what the guest answered.
        licence = {"machineId": ARC_ID, "secureBoot": facts.secure_boot, "vbsStatus": facts.vbs_status}
        return [Resource(f"{OURS}:ArcHotpatchLicense", wire({**licence, "enabled": facts.is_licensed}))]
    features = [{"name": "Hotpatch", "subscriptionStatus": facts.hotpatch_subscription}]
    patching = {"enableHotpatching": facts.enable_hotpatching, "assessmentMode": facts.assessment_mode}
    given = {
        "machineName": "branch01",
        "resourceGroupName": "contoso",
        "location": facts.location,
        "osType": "windows",
        "osProfile": {"windowsConfiguration": patching},
        "licenseProfile": {"productFeatures": features},
    }
    return _native("hybridcompute", "Machine", "v20250113", given)


def _schedules(facts: Schedule) -> list[Resource]:
    window = {
        "startDateTime": facts.start,
        "duration": facts.duration,
        "timeZone": facts.time_zone,
        "recurEvery": facts.recurrence,
        "expirationDateTime": facts.expires,
    }
    given = {
        **window,
        "resourceName": facts.name,
        "resourceGroupName": facts.resource_group_name,
        "location": facts.location,
        "maintenanceScope": facts.scope or "InGuestPatch",
        "visibility": facts.visibility,
        "extensionProperties": {"InGuestPatchMode": facts.in_guest_patch_mode},
        "installPatches": {
            "rebootSetting": facts.reboot_setting,
            "windowsParameters": windows_of(facts.patches),
            "linuxParameters": linux_of(facts.patches),
        },
    }
    return _native("maintenance", "MaintenanceConfiguration", "v20230901preview", given)


def windows_of(lists: PatchLists) -> dict[str, Any]:
    """The Windows half of a selection."""
    return {
        "classificationsToInclude": lists.windows_classifications,
        "kbNumbersToInclude": lists.kbs_to_include,
        "kbNumbersToExclude": lists.kbs_to_exclude,
        "excludeKbsRequiringReboot": lists.exclude_kbs_requiring_reboot,
    }


def linux_of(lists: PatchLists) -> dict[str, Any]:
    """The Linux half of a selection."""
    return {
        "classificationsToInclude": lists.linux_classifications,
        "packageNameMasksToInclude": lists.masks_to_include,
        "packageNameMasksToExclude": lists.masks_to_exclude,
    }


def _scopes(facts: DynamicScope) -> list[Resource]:
    tags: Any = {"filterOperator": facts.tag_operator}
    tags["tags"] = (
        facts.tag_filters
        if facts.tag_filters is NOT_KNOWN
        else {f"tag{number}": ["yes"] for number in range(facts.tag_filters or 0)}
    )
    narrowed = {
        "resourceTypes": facts.resource_types,
        "osTypes": facts.os_types,
        "locations": facts.locations,
        "resourceGroups": facts.resource_groups,
        "tagSettings": tags,
    }
    given = {"maintenanceConfigurationId": SCHEDULE_ID, "location": facts.location, "filter": narrowed}
    if facts.resource_group_name is None:
        return _native("maintenance", "ConfigurationAssignmentsForSubscription", "v20230901preview", given)
    place = {"resourceGroupName": facts.resource_group_name}
    return _native("maintenance", "ConfigurationAssignmentsForResourceGroup", "v20230901preview", given | place)


def _requests(facts: InstallRequest) -> list[Resource]:
    """An installation, and a rollout to the one machine: who rolls out starts no machine."""
    minutes = facts.maximum_minutes
    duration = minutes if minutes is NOT_KNOWN or minutes is None else f"{minutes}m"
    given = {
        "windows": windows_of(facts.patches),
        "linux": linux_of(facts.patches),
        "rebootSetting": facts.reboot_setting,
        "maximumDuration": duration,
        "maxPublishDate": (
            facts.max_publish_date.isoformat()
            if isinstance(facts.max_publish_date, datetime)
            else facts.max_publish_date
        ),
    }
    machine = ARC_ID if facts.machine.is_arc is True else VM_ID
    alone = {**given, "machineId": machine, "startIfOff": facts.starts_machine}
    found = [Resource(f"{OURS}:PatchInstallation", wire(alone))]
    if facts.starts_machine is False:
        found.append(rollout({"name": "all", "machineIds": [machine]}, **given))
    return found


def rollout(*rings: Mapping[str, Any], **inputs: Any) -> Resource:
    """A rollout in these rings."""
    chosen = {"windows": {"classificationsToInclude": ["Critical", "Security"]}}
    return Resource(f"{OURS}:PatchRollout", wire({**chosen, **inputs, "rings": inputs.get("rings", [*rings])}))


def _features(facts: PreviewFeature) -> list[Resource]:
    ours = Resource(f"{OURS}:PreviewEnrollment", wire({"namespace": facts.namespace, "features": [facts.name]}))
    given = {"providerNamespace": facts.namespace, "featureName": facts.name}
    return [*_native("features", "SubscriptionFeatureRegistration", "v20210701", given), ours]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
