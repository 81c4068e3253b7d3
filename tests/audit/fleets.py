"""Random inventories: ARM bodies with what is missing, null, oddly cased or listed apart."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

_FIRST: Final = "00000000-0000-0000-0000-000000000001"
SUBSCRIPTION: Final = f"/subscriptions/{_FIRST}"
GROUP: Final = f"{SUBSCRIPTION}/resourceGroups/contoso/providers"
_ABSENT: Final = object()
Body = dict[str, Any]

_SKUS: Final = (
    "2025-datacenter-azure-edition",
    "2022-datacenter-azure-edition-core",
    "2022-datacenter-azure-edition",
    "2019-datacenter",
)
_OFFERS: Final = ("WindowsServer", "WindowsServerHotpatch-previews", "ubuntu-24_04-lts")
_FLAG: Final = (True, False, None, _ABSENT)


def inventory(random: Random, machines: int, others: int = 12) -> list[Body]:
    """Bodies of every kind that the audit knows, in any order: `others` schedules and as many dynamic scopes."""
    bodies: list[Body] = [_schedule(random, number) for number in range(others)]
    for number in range(machines):
        kind = random.choice(("vm", "vm", "vm", "arc", "scale_set"))
        body = {"vm": virtual_machine, "arc": _arc_server, "scale_set": _scale_set}[kind](random, number)
        bodies.append(body)
        if kind == "arc" and random.random() < 0.4:
            bodies.append(_licence(random, body["id"]))
        if kind != "scale_set" and random.random() < 0.5:
            bodies.append(_assessment(random, body["id"]))
        if random.random() < 0.5:
            bodies.append(_assignment(random, body["id"]))
    bodies.append(_assignment(random, f"{GROUP}/Microsoft.Compute/virtualMachines/elsewhere"))
    bodies += [_scope(random, number) for number in range(others)]
    random.shuffle(bodies)
    return bodies


def small_fleets(random: Random, fleets: int) -> list[list[Body]]:
    """Fleets of a few machines, each in a subscription of its own, so that one table can hold them all."""
    return [
        json.loads(json.dumps(inventory(random, random.randint(1, 8), random.randint(0, 3))).replace(_FIRST, own))
        for own in (f"00000000-0000-0000-0000-{number:012}" for number in range(1, fleets + 1))
    ]


def virtual_machine(random: Random, number: int) -> Body:
    """A VM, flattened, with a `properties` level, or so projected that nothing of it is seen."""
    system = random.choice(("windows", "linux", None))
    configuration = _only(
        patchSettings=random.choice((_settings(random, system), _ABSENT, None)),
        provisionVMAgent=random.choice(_FLAG),
        enableAutomaticUpdates=random.choice(_FLAG),
    )
    profile = _only(allowExtensionOperations=random.choice(_FLAG))
    if system is not None and random.random() < 0.9:
        profile[f"{system}Configuration"] = configuration
    storage = _only(
        imageReference=_image(random),
        osDisk=_only(osType=_cased(random, random.choice(("Windows", "Linux", "Other", None, _ABSENT)))),
    )
    view = _only(
        hyperVGeneration=random.choice(("V1", "v2", None, _ABSENT)),
        osName=random.choice(("Windows Server 2025", _ABSENT)),
        patchStatus=random.choice(
            (_ABSENT, {}, *({"availablePatchSummary": _only(rebootPending=flag)} for flag in (True, True, False, None)))
        ),
        **_power(random),
    )
    properties = _only(
        osProfile=random.choice((profile, profile, profile, profile, _ABSENT, None)),
        storageProfile=storage,
        powerState=random.choice((_ABSENT, _ABSENT, "VM Running", "VM deallocated")),
    )
    if random.random() < 0.5:
        properties["instanceView"] = view
    elif random.random() < 0.7:
        properties["extended"] = {"instanceView": view}
    name = f"vm{number}"
    body = _identity(random, f"{GROUP}/Microsoft.Compute/virtualMachines/{name}", name)
    if random.random() < 0.1:
        return body
    return {**body, **properties} if random.random() < 0.3 else {**body, "properties": properties}


def _settings(random: Random, system: str | None) -> Body:
    modes = ("AutomaticByPlatform", "AutomaticByOS", "Manual", "ImageDefault", None, _ABSENT)
    automatic = _only(
        rebootSetting=_cased(
            random, random.choice(("Always", "Never", "IfRequired", "Unknown", "Maybe", None, _ABSENT))
        ),
        bypassPlatformSafetyChecksOnUserSchedule=random.choice(_FLAG),
    )
    return _only(
        patchMode=_cased(random, random.choice(modes)),
        enableHotpatching=random.choice(_FLAG) if system == "windows" or random.random() < 0.05 else _ABSENT,
        assessmentMode=_cased(random, random.choice(("AutomaticByPlatform", "ImageDefault", "Weekly", None, _ABSENT))),
        automaticByPlatformSettings=random.choice((automatic, automatic, None, _ABSENT)),
    )


def _image(random: Random) -> Any:
    reference = _only(
        publisher=_cased(random, random.choice(("MicrosoftWindowsServer", "MicrosoftWindowsServer", "Canonical"))),
        offer=_cased(random, random.choice(_OFFERS)),
        sku=_cased(random, random.choice(_SKUS)),
    )
    gallery = f"{GROUP}/Microsoft.Compute/galleries/golden/images/web"
    partly = {"publisher": "MicrosoftWindowsServer", "offer": None}
    custom = {random.choice(("id", "sharedGalleryImageId", "communityGalleryImageId")): gallery}
    return random.choice((reference, reference, reference, custom, partly, {}, None, _ABSENT))


def _power(random: Random) -> Body:
    code = _cased(random, random.choice(("PowerState/running", "PowerState/deallocated")))
    statuses = [{"code": "ProvisioningState/succeeded", "time": None}, {"code": code, "displayStatus": "VM"}]
    return random.choice(({}, {"powerState": {"code": code}}, {"statuses": statuses}, {"statuses": []}))


def _arc_server(random: Random, number: int) -> Body:
    system = random.choice(("windows", "linux"))
    patching = _only(
        enableHotpatching=random.choice(_FLAG),
        assessmentMode=random.choice(("AutomaticByPlatform", None, _ABSENT)),
        status=_only(hotpatchEnablementStatus=random.choice(("Enabled", "ActionRequired", "Disabled", _ABSENT))),
    )
    name = f"arc{number}"
    properties = _only(
        osProfile=random.choice(({f"{system}Configuration": {"patchSettings": patching}}, {}, _ABSENT)),
        osType=_cased(random, system),
        osName=random.choice(("windows", "ubuntu", None)),
        osSku=random.choice(("Windows Server 2025 Datacenter", "Windows Server 2022 Azure Edition", None, _ABSENT)),
        osEdition=random.choice(("Datacenter", "standard", "Essentials", None, _ABSENT)),
        status=random.choice(("Connected", "disconnected", None, _ABSENT)),
        licenseProfile=random.choice((_licensed(random), _ABSENT, None)),
    )
    body = _identity(random, f"{GROUP}/Microsoft.HybridCompute/machines/{name}", name)
    return {**body, "properties": properties}


def _licensed(random: Random) -> Body:
    names = random.sample(("Hotpatch", "hotpatch", "WindowsServerAzureArcMgmt"), random.randint(0, 3))
    features = [
        _only(name=name, subscriptionStatus=random.choice(("Enabled", "enable", "Disabled", None, _ABSENT)))
        for name in names
    ]
    return {"productProfile": random.choice(({"productFeatures": features}, {}, {"productFeatures": None}))}


def _licence(random: Random, server: str) -> Body:
    return {"id": f"{server}/licenseProfiles/default", "name": "default", "properties": _licensed(random)}


def _scale_set(random: Random, number: int) -> Body:
    system = random.choice(("windows", "linux"))
    extensions = [{"name": "health", "properties": {"type": "ApplicationHealthWindows"}}, {"type": "CustomScript"}]
    profile = _only(
        osProfile={f"{system}Configuration": {"patchSettings": _settings(random, system)}},
        storageProfile=_only(imageReference=_image(random)),
        extensionProfile=_only(extensions=random.choice((extensions, extensions[1:], [], None, _ABSENT))),
    )
    properties = _only(
        orchestrationMode=_cased(random, random.choice(("Flexible", "Uniform", None))), virtualMachineProfile=profile
    )
    name = f"set{number}"
    kind = "Microsoft.Compute/virtualMachineScaleSets"
    return {**_identity(random, f"{GROUP}/{kind}/{name}", name), "properties": properties}


def _assessment(random: Random, machine: str) -> Body:
    state = random.choice(("Supported", "Unsupported", "Unknown", "UnableToDetermine", None, _ABSENT))
    readiness = _only(detectedVMGuestPatchSupportState=_cased(random, state))
    properties = {"configurationStatus": random.choice(({"vmGuestPatchReadiness": readiness}, {}, None))}
    return {"id": _cased(random, f"{machine}/patchAssessmentResults/latest"), "properties": properties}


def _schedule(random: Random, number: int) -> Body:
    windows = _only(classificationsToInclude=random.choice((["Critical"], [], None, _ABSENT)))
    properties = _only(
        maintenanceScope=random.choice(("InGuestPatch", "inguestpatch", "Host", None, _ABSENT)),
        visibility=random.choice(("Custom", "Public", None, _ABSENT)),
        extensionProperties=random.choice(({"InGuestPatchMode": "User"}, {"inGuestPatchMode": "Platform"}, {}, None)),
        installPatches=_only(
            rebootSetting=random.choice(("IfRequired", "Never", "AlwaysReboot", "Sometimes", None, _ABSENT)),
            windowsParameters=random.choice((windows, None, _ABSENT)),
            linuxParameters=random.choice(({"packageNameMasksToInclude": ["kernel*"]}, _ABSENT)),
        ),
        maintenanceWindow={"startDateTime": "2026-12-12 02:00", "duration": "03:00", "timeZone": "UTC"},
    )
    name = f"schedule{number}" + "x" * random.choice((0, 120))
    kind = "Microsoft.Maintenance/maintenanceConfigurations"
    return {**_identity(random, f"{GROUP}/{kind}/{name}", name), "properties": properties}


def _assignment(random: Random, machine: str) -> Body:
    schedule = f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/schedule{random.randint(0, 14)}"
    return {
        "id": _cased(random, f"{machine}/providers/Microsoft.Maintenance/configurationAssignments/patching"),
        "name": "patching",
        "properties": {"maintenanceConfigurationId": _cased(random, schedule) + random.choice(("", "/"))},
    }


def _scope(random: Random, number: int) -> Body:
    at = random.choice((SUBSCRIPTION, f"{SUBSCRIPTION}/resourceGroups/contoso"))
    narrowed = _only(
        locations=random.choice((["westeurope"], [], None, _ABSENT)),
        tagSettings=random.choice((_only(filterOperator=random.choice(("Any", "all", "Some", None))), None, _ABSENT)),
    )
    return {
        "id": f"{at}/providers/Microsoft.Maintenance/configurationAssignments/scope{number}",
        "name": f"scope{number}",
        "properties": {"filter": narrowed},
    }


def _identity(random: Random, resource: str, name: str) -> Body:
    location = random.choice(("westeurope", "West Europe", "usgovvirginia", "chinanorth", _ABSENT))
    return _only(id=_cased(random, resource), name=name, location=location)


def _cased(random: Random, value: Any) -> Any:
    return random.choice((value, value, value.upper(), value.lower())) if isinstance(value, str) else value


def _only(**members: Any) -> Body:
    return {name: value for name, value in members.items() if value is not _ABSENT}
