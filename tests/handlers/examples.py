"""One or more examples of every resource, small enough to be cut off at every request."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from azure_patch_simulator import PREVIEW_ERA_FEATURES, SUBSCRIPTION_ID, World
from azure_patch_simulator.inventory import arc_machine
from tests.handlers.assignments import ARC
from tests.handlers.declared import Declared
from tests.handlers.features import AUTOPATCH, FEATURES, HOTPATCH
from tests.handlers.machines import APP, GROUP, LINUX, WEB
from tests.handlers.outside import SCALE_SET, SERVER, put_profile, scale_set_body, server_body
from tests.support.simulated import Azure, Settings, minutes

CONFIGURATIONS = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations"
MONTHLY, WEEKLY = f"{CONFIGURATIONS}/contoso-monthly", f"{CONFIGURATIONS}/contoso-weekly"
ASSIGNED = f"{APP}/providers/Microsoft.Maintenance/configurationAssignments/contoso-monthly"
SCHEDULE = {
    "resourceGroupName": "rg-contoso",
    "scheduleName": "contoso-monthly",
    "location": "eastus",
    "subscriptionId": SUBSCRIPTION_ID,
    "start": "2027-01-01 22:00",
    "duration": "03:00",
    "timeZone": "Europe/Berlin",
    "recurrence": "1Month Second Tuesday Offset4",
    "expires": "2030-01-01 00:00",
    "windows": {"classificationsToInclude": ["Critical", "Security"], "kbNumbersToExclude": ["5044284"]},
    "linux": {"packageNameMasksToExclude": ["kernel*"]},
    "tags": {"ring": "one"},
}
OTHER_SUBSCRIPTION = "00000000-0000-0000-0000-000000000002"
SCOPE = {
    "scheduleId": MONTHLY,
    "assignmentName": "contoso-scope",
    "subscriptionIds": [SUBSCRIPTION_ID],
    "osTypes": ["windows"],
    "locations": ["East US", "westeurope"],
}
SCOPED = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Maintenance/configurationAssignments/contoso-scope"
BY_OTHERS: dict[str, Any] = {
    "location": "eastus",
    "tags": {"owner": "contoso"},
    "properties": {
        "maintenanceScope": "InGuestPatch",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "maintenanceWindow": {
            "startDateTime": "2026-12-01 20:00",
            "duration": "02:00",
            "timeZone": "UTC",
            "recurEvery": "Week Sunday",
        },
        "installPatches": {"rebootSetting": "Never"},
    },
}


def nothing(_: Azure) -> None:
    """Nobody has done anything before us."""


@dataclass(frozen=True)
class Example:
    """A declaration (`inputs`), a `change` of it, what was there before (`prepare`), what goes away (`vanish`)."""

    kind: str
    inputs: Mapping[str, Any]
    change: Mapping[str, Any]
    prepare: Callable[[Azure], None] = nothing
    vanish: str | None = None

    def azure(self) -> Azure:
        """A fresh world with what was there before."""
        quick = Settings(feature_registration_time=minutes(1), provider_registration_time=timedelta(seconds=20))
        quick.patching.assessment_time = timedelta(seconds=20)
        azure = Azure(World.default(quick))
        self.prepare(azure)
        return azure

    def declared(self, azure: Azure) -> Declared:
        """The declaration in a world."""
        return Declared(azure, self.kind, self.inputs)

    def disappear(self, azure: Azure) -> None:
        """Somebody else deletes what the declaration is about."""
        assert self.vanish is not None
        assert azure.ask("DELETE", self.vanish).status in (200, 202)
        azure.simulator.clock.advance(minutes(5))


def register_one(azure: Azure) -> None:
    azure.ask("POST", f"{FEATURES}/{AUTOPATCH}/register")
    azure.simulator.clock.advance(minutes(5))


def make_schedule(azure: Azure) -> None:
    assert azure.ask("PUT", MONTHLY, BY_OTHERS).status == 200


def make_schedules(azure: Azure) -> None:
    azure.simulator.world.add_resource({"id": ARC, "location": "eastus", "properties": {}})
    for schedule in (MONTHLY, WEEKLY):
        assert azure.ask("PUT", schedule, BY_OTHERS).status == 200


def assign_another(azure: Azure) -> None:
    make_schedules(azure)
    body = {"location": "eastus", "properties": {"maintenanceConfigurationId": WEEKLY}}
    assert azure.ask("PUT", ASSIGNED, body).status == 200


def scope_another(azure: Azure) -> None:
    """A dynamic scope of the name is there, for another schedule and other machines; and another subscription."""
    make_schedules(azure)
    azure.simulator.world.add_subscription(OTHER_SUBSCRIPTION)
    narrowed = {"osTypes": ["Linux"], "resourceIds": [APP]}
    properties = {"maintenanceConfigurationId": WEEKLY, "filter": narrowed}
    assert azure.ask("PUT", SCOPED, {"location": "eastus", "properties": properties}).status == 200


def set_reboots(azure: Azure) -> None:
    nested = {"automaticByPlatformSettings": {"rebootSetting": "Never"}, "patchMode": "AutomaticByPlatform"}
    change = {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": nested}}}}
    assert azure.ask("PATCH", WEB, change).status == 200
    azure.simulator.clock.advance(minutes(5))


def assign_another_and_set_reboots(azure: Azure) -> None:
    assign_another(azure)
    set_reboots(azure)


def connect_server(azure: Azure) -> None:
    azure.simulator.world.add_resource(server_body())


def license_for_another(azure: Azure) -> None:
    connect_server(azure)
    put_profile(azure, ("Hotpatch", "Disable"), softwareAssurance={"softwareAssuranceCustomer": True})


def license_server(azure: Azure) -> None:
    connect_server(azure)
    put_profile(azure, ("Hotpatch", "Enable"))


def make_scale_set(azure: Azure) -> None:
    settings = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True, "assessmentMode": "ImageDefault"}
    azure.simulator.world.add_resource(scale_set_body(settings))


def make_server(azure: Azure) -> None:
    azure.simulator.world.add_resource(arc_machine(SUBSCRIPTION_ID, "rg-contoso", "arc-1"))


def patch_quickly(azure: Azure) -> None:
    patching = azure.simulator.world.settings.patching
    patching.windows_patch_time = patching.reboot_time = patching.assessment_time = timedelta(seconds=5)


def make_custom_image(azure: Azure) -> None:
    machine = azure.simulator.world.resources.get(WEB)
    assert machine is not None
    gallery = f"{GROUP}/providers/Microsoft.Compute/galleries/contoso/images/windows2022/versions/1.0.0"
    machine.properties["storageProfile"]["imageReference"] = {"id": gallery}


def _enrolment(*features: str) -> dict[str, Any]:
    return {
        "features": list(features),
        "subscriptionId": SUBSCRIPTION_ID,
        "agreeingReads": 2,
        "pollInterval": "20s",
        "onDestroy": "restore",
    }


EXAMPLES: Mapping[str, Example] = {
    "enrolment": Example("preview_enrollment", _enrolment(*PREVIEW_ERA_FEATURES), {"features": [HOTPATCH, AUTOPATCH]}),
    "enrolment, one on already": Example(
        "preview_enrollment", _enrolment(HOTPATCH, AUTOPATCH), {"features": [HOTPATCH]}, register_one
    ),
    "hotpatching": Example(
        "virtual_machine_patch_settings",
        {"virtualMachineId": WEB, "patchMode": "AutomaticByPlatform", "enableHotpatching": True},
        {"enableHotpatching": False},
        vanish=WEB,
    ),
    "settings, some as wanted already": Example(
        "virtual_machine_patch_settings",
        {"virtualMachineId": WEB, "patchMode": "AutomaticByPlatform", "rebootSetting": "Always"},
        {"rebootSetting": "IfRequired"},
        set_reboots,
        vanish=WEB,
    ),
    "settings of Linux": Example(
        "virtual_machine_patch_settings",
        {
            "virtualMachineId": LINUX,
            "patchMode": "AutomaticByPlatform",
            "bypassPlatformSafetyChecksOnUserSchedule": True,
        },
        {"bypassPlatformSafetyChecksOnUserSchedule": False},
        vanish=LINUX,
    ),
    "schedule": Example("maintenance_schedule", SCHEDULE, {"duration": "02:30"}, vanish=MONTHLY),
    "schedule, there already": Example(
        "maintenance_schedule", SCHEDULE, {"recurrence": "Day"}, make_schedule, vanish=MONTHLY
    ),
    "assignment": Example(
        "schedule_assignment",
        {"machineId": APP, "scheduleId": MONTHLY},
        {"onDestroy": "keep"},
        make_schedules,
        vanish=ASSIGNED,
    ),
    "assignment, another schedule before": Example(
        "schedule_assignment",
        {"machineId": APP, "scheduleId": MONTHLY},
        {"timeout": "10m"},
        assign_another,
        vanish=ASSIGNED,
    ),
    "assignment outside Azure": Example(
        "schedule_assignment",
        {"machineId": ARC, "scheduleId": MONTHLY, "location": "eastus"},
        {"location": "westus"},
        make_schedules,
        vanish=ASSIGNED.replace(APP, ARC),
    ),
    "scope over a subscription and a group": Example(
        "dynamic_scope",
        SCOPE | {"resourceGroupIds": [f"{GROUP}-eu"]},
        {"osTypes": ["Windows", "Linux"]},
        make_schedules,
    ),
    "scope, there already with another filter": Example(
        "dynamic_scope",
        SCOPE | {"tagFilters": {"Ring": ["1", "2"]}, "tagOperator": "All"},
        {"subscriptionIds": [SUBSCRIPTION_ID, OTHER_SUBSCRIPTION]},
        scope_another,
        vanish=SCOPED,
    ),
    "licence outside Azure": Example(
        "arc_hotpatch_license", {"machineId": SERVER}, {"enabled": False}, connect_server, vanish=SERVER
    ),
    "licence, in a profile of others": Example(
        "arc_hotpatch_license", {"machineId": SERVER}, {"timeout": "20m"}, license_for_another, vanish=SERVER
    ),
    "settings outside Azure": Example(
        "arc_machine_patch_settings",
        {"machineId": SERVER, "enableHotpatching": False},
        {"enableHotpatching": True},
        license_server,
        vanish=SERVER,
    ),
    "settings of a scale set": Example(
        "scale_set_patch_settings",
        {"scaleSetId": SCALE_SET, "assessmentMode": "AutomaticByPlatform", "patchMode": "AutomaticByPlatform"},
        {"assessmentMode": "ImageDefault"},
        make_scale_set,
    ),
    "fleet": Example(
        "fleet_patch_settings",
        {
            "fleetName": "web",
            "machineIds": [WEB],
            "patchMode": "AutomaticByPlatform",
            "enableHotpatching": True,
        },
        {"enableHotpatching": False},
        vanish=WEB,
    ),
    "rollout": Example(
        "patch_rollout",
        {
            "machineIds": [WEB, APP],
            "rings": [{"name": "canary", "machineIds": [APP]}, {"name": "broad", "rest": True}],
            "windows": {"classificationsToInclude": ["Definition"]},
            "rebootSetting": "Never",
            "gate": [],
        },
        {"timeout": "20h"},
        patch_quickly,
    ),
    "fleet with a schedule": Example(
        "fleet_patch_settings",
        {
            "fleetName": "all",
            "machineIds": [APP, LINUX, WEB],
            "patchMode": "AutomaticByPlatform",
            "bypassPlatformSafetyChecksOnUserSchedule": True,
            "scheduleId": MONTHLY,
        },
        {"bypassPlatformSafetyChecksOnUserSchedule": False},
        assign_another_and_set_reboots,
    ),
    "assessment": Example("patch_assessment", {"machineId": WEB, "maxAge": "12h"}, {"timeout": "2h"}, vanish=WEB),
    "assessment outside Azure": Example(
        "patch_assessment", {"machineId": ARC, "maxAge": "12h"}, {"maxAge": "24h"}, make_server, vanish=ARC
    ),
    "image of the marketplace": Example(
        "image_support_check", {"machineId": APP, "require": "Supported"}, {"timeout": "2h"}, vanish=APP
    ),
    "custom image": Example(
        "image_support_check", {"machineId": WEB}, {"require": "Supported"}, make_custom_image, vanish=WEB
    ),
}


def fingerprint(azure: Azure) -> dict[str, Any]:
    """Everything that Azure holds, as far as it means something: what is off or absent alike is written alike."""
    held: dict[str, Any] = {}
    for resource in azure.simulator.world.resources:
        body = json.loads(json.dumps({name: value for name, value in resource.body.items() if name != "etag"}))
        for feature in body.get("properties", {}).get("productProfile", {}).get("productFeatures", ()):
            # That it was on once is written into a licence for ever.
            for date in ("enrollmentDate", "disenrollmentDate", "billingStartDate"):
                feature.pop(date, None)
        profile = body.get("properties", {}).get("osProfile", {})
        for configuration in (profile[kind] for kind in profile if kind.endswith("Configuration")):
            settings = configuration.get("patchSettings", {})
            settings.setdefault("enableHotpatching", False)
            settings.setdefault("automaticByPlatformSettings", {}).setdefault(
                "bypassPlatformSafetyChecksOnUserSchedule", False
            )
        held[resource.id.lower()] = body
    for feature in PREVIEW_ERA_FEATURES:
        state = azure.body(f"{FEATURES}/{feature}")["properties"]["state"]
        held[feature] = "off" if state in ("NotRegistered", "Unregistered") else state
    return held
