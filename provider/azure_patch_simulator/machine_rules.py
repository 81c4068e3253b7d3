"""What the compute service allows in the patch settings of a machine.

Texts that were seen on the service come with its codes; documented rules whose answer was never seen come with ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ArmError, invalid_parameter, unseen
from .fields import choice, strings, typed
from .resources import Body
from .settings import PREVIEW_ERA_FEATURES, Settings

WINDOWS_MODES = ("Manual", "AutomaticByOS", "AutomaticByPlatform")
LINUX_MODES = ("ImageDefault", "AutomaticByPlatform")
ASSESSMENT_MODES = ("ImageDefault", "AutomaticByPlatform")
REBOOT_SETTINGS = ("Unknown", "IfRequired", "Never", "Always")

# Microsoft Learn, hotpatch for Windows Server, 2025-07-14; publisher MicrosoftWindowsServer, offer WindowsServer.
HOTPATCH_SKUS = frozenset(
    {
        "2022-datacenter-azure-edition-core",
        "2022-datacenter-azure-edition-core-smalldisk",
        "2022-datacenter-azure-edition-hotpatch",
        "2022-datacenter-azure-edition-hotpatch-smalldisk",
        "2025-datacenter-azure-edition",
        "2025-datacenter-azure-edition-smalldisk",
        "2025-datacenter-azure-edition-core",
        "2025-datacenter-azure-edition-core-smalldisk",
    }
)
_WINDOWS = "properties.osProfile.windowsConfiguration"
_LINUX = "properties.osProfile.linuxConfiguration"
_OBJECTS = (
    "properties",
    "properties.hardwareProfile",
    "properties.storageProfile",
    "properties.storageProfile.imageReference",
    "properties.storageProfile.osDisk",
    "properties.osProfile",
    "identity",
    "plan",
)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the rules must know beside the body: the world's settings, the request's version, what the provider sees."""

    settings: Settings
    api_version: str | None
    seen_features: frozenset[str]


def check_shape(body: Mapping[str, Any]) -> None:
    """Raise the 400 of unreadable content when a member the simulator reads has the wrong type."""
    for path in _OBJECTS:
        typed(body, path, dict)
    for path in ("publisher", "offer", "sku", "version", "id"):
        typed(body, f"properties.storageProfile.imageReference.{path}", str)
    typed(body, "properties.storageProfile.osDisk.osType", str)
    typed(body, "properties.osProfile.adminUsername", str)
    typed(body, "properties.osProfile.computerName", str)
    typed(body, "properties.availabilitySet.id", str)
    typed(body, "location", str)
    strings(body, "zones")
    for configuration in (_WINDOWS, _LINUX):
        typed(body, f"{configuration}.provisionVMAgent", bool)
        typed(body, f"{configuration}.patchSettings.automaticByPlatformSettings", dict)
        typed(
            body, f"{configuration}.patchSettings.automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule",
            bool,
        )  # fmt: skip
    typed(body, f"{_WINDOWS}.enableAutomaticUpdates", bool)
    typed(body, f"{_WINDOWS}.patchSettings.enableHotpatching", bool)
    for configuration, modes in ((_WINDOWS, WINDOWS_MODES), (_LINUX, LINUX_MODES)):
        choice(body, f"{configuration}.patchSettings.patchMode", modes)
        choice(body, f"{configuration}.patchSettings.assessmentMode", ASSESSMENT_MODES)
        choice(body, f"{configuration}.patchSettings.automaticByPlatformSettings.rebootSetting", REBOOT_SETTINGS)


def is_hotpatch_image(body: Mapping[str, Any]) -> bool:
    """Tell whether the machine was made from an image that can be hotpatched (no gallery or custom image can)."""
    image = typed(body, "properties.storageProfile.imageReference", dict) or {}
    named = tuple(str(image.get(part, "")).lower() for part in ("publisher", "offer", "sku"))
    return "id" not in image and named[:2] == ("microsoftwindowsserver", "windowsserver") and named[2] in HOTPATCH_SKUS


def check(body: Body, before: Body | None, knowledge: Knowledge) -> None:
    """Raise the service's answer to a machine that breaks a rule; ``before`` is the machine as it was, if it was."""
    if before is not None:
        _check_unchangeable(body, before)
        if knowledge.settings.refuses_new_os_profiles:
            _check_profile(body, before)
    _check_linux(body)
    windows = typed(body, _WINDOWS, dict)
    if windows is not None:
        _check_windows(body, knowledge)


def _check_unchangeable(body: Body, before: Body) -> None:
    path = f"{_WINDOWS}.enableAutomaticUpdates"
    was, now = typed(before, path, bool), typed(body, path, bool)
    if was is not None and now is not None and was != now:
        # Source: MicrosoftDocs/azure-docs issue 112633; the status was not given there.
        raise ArmError(
            409,
            "PropertyChangeNotAllowed",
            "Changing property 'windowsConfiguration.enableAutomaticUpdates' is not allowed.",
            target="windowsConfiguration.enableAutomaticUpdates",
        )
    for path in ("properties.storageProfile.imageReference", "properties.availabilitySet"):
        if not _same(typed(before, path, dict), typed(body, path, dict)):
            raise unseen(
                "PropertyChange", f"Changing '{path}' is not possible on an existing machine.", status=409, target=path
            )


def _check_profile(body: Body, before: Body) -> None:
    if typed(before, "properties.osProfile", dict) is None and typed(body, "properties.osProfile", dict) is not None:
        # Source: MicrosoftDocs/azure-docs issue 12602.
        raise ArmError(
            409, "PropertyChangeNotAllowed", "Changing property 'osProfile' is not allowed.", target="osProfile"
        )


def _same(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> bool:
    if was is None or now is None:
        return was is None or now is not None
    keys = ("publisher", "offer", "sku", "id")
    return all(str(was.get(key)).lower() == str(now.get(key)).lower() for key in keys if key in now)


def _check_windows(body: Body, knowledge: Knowledge) -> None:
    settings = f"{_WINDOWS}.patchSettings"
    mode = choice(body, f"{settings}.patchMode", WINDOWS_MODES)
    automatic = typed(body, f"{_WINDOWS}.enableAutomaticUpdates", bool)
    agent = typed(body, f"{_WINDOWS}.provisionVMAgent", bool)
    if mode == "AutomaticByOS" and automatic is False:
        # Source: kumarvna/terraform-azurerm-virtual-machine issue 13.
        raise invalid_parameter(
            "The patchMode 'AutomaticByOS' is invalid. For patchMode 'AutomaticByOS', the property "
            "'enableAutomaticUpdates' must be set to true.",
            "windowsConfiguration.patchSettings.patchMode",
        )
    if mode == "Manual" and automatic is True:
        raise unseen(
            "ManualNeedsNoAutomaticUpdates",
            "The patchMode 'Manual' needs enableAutomaticUpdates false.",
            target="windowsConfiguration.patchSettings.patchMode",
        )
    _check_agent(body, _WINDOWS, mode, agent)
    if typed(body, f"{settings}.enableHotpatching", bool):
        _check_hotpatching(body, mode, agent, knowledge)
    elif (
        knowledge.settings.hotpatch_images_need_platform_mode
        and is_hotpatch_image(body)
        and mode != "AutomaticByPlatform"
    ):
        raise unseen("HotpatchImageNeedsPlatformMode", "A hotpatch image needs the patchMode 'AutomaticByPlatform'.")


def _check_hotpatching(body: Body, mode: str | None, agent: bool | None, knowledge: Knowledge) -> None:
    target = "windowsConfiguration.patchSettings.enableHotpatching"
    if knowledge.api_version is not None and knowledge.api_version < "2020-06-01":
        # Text: hashicorp/packer-plugin-azure issue 189; code and status were not given there.
        raise unseen(
            "ApiVersionTooOld",
            "Hotpatch compatible VMs cannot be created or updated with an API version lower than '2020-06-01'",
            real_text=True,
        )
    bypass = f"{_WINDOWS}.patchSettings.automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule"
    if typed(body, bypass, bool):
        # Source: claranet/terraform-azurerm-windows-vm pull request 4.
        raise invalid_parameter(
            "Hotpatch updates require platform safety checks. The 'BypassPlatformSafetyChecksOnUserSchedule' flag "
            "must be set to false to enable hotpatching."
        )
    if mode != "AutomaticByPlatform" or agent is False:
        raise unseen(
            "HotpatchNeedsPlatformMode",
            "enableHotpatching needs patchMode 'AutomaticByPlatform' and provisionVMAgent true.",
            target=target,
        )
    if not is_hotpatch_image(body):
        raise unseen("HotpatchImage", "The machine's image cannot be hotpatched.", target=target)
    missing = [name for name in PREVIEW_ERA_FEATURES if name not in knowledge.seen_features]
    if knowledge.settings.era == "2021-preview" and missing:
        raise unseen(
            "PreviewFeatureNeeded",
            f"The compute provider does not see the preview features {', '.join(missing)} of Microsoft.Compute for "
            "this subscription: register them, then register the provider again.",
            target=target,
        )


def _check_linux(body: Body) -> None:
    mode = choice(body, f"{_LINUX}.patchSettings.patchMode", LINUX_MODES)
    _check_agent(body, _LINUX, mode, typed(body, f"{_LINUX}.provisionVMAgent", bool))


def _check_agent(body: Body, configuration: str, mode: str | None, agent: bool | None) -> None:
    assessment = choice(body, f"{configuration}.patchSettings.assessmentMode", ASSESSMENT_MODES)
    # Source: API description of azure-mgmt-compute 39 ("The property provisionVMAgent must be true").
    if agent is False and "AutomaticByPlatform" in (mode, assessment):
        field = "patchMode" if mode == "AutomaticByPlatform" else "assessmentMode"
        name = configuration.rsplit(".", 1)[-1]
        raise unseen(
            "PlatformModeNeedsAgent",
            f"The {field} 'AutomaticByPlatform' needs provisionVMAgent true.",
            target=f"{name}.patchSettings.{field}",
        )
