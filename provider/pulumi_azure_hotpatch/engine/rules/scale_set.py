"""Rules on scale sets."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.images import HOTPATCH_IMAGES
from pulumi_azure_hotpatch.engine.logic import Equals, In, Not

from .model import Rule

_FLEXIBLE = Equals("orchestration_mode", "Flexible")
_HOTPATCH_IMAGE = In("image.triple", HOTPATCH_IMAGES)

_LEARN_HOTPATCH = "Microsoft Learn, Hotpatch for Windows Server, 2025-07-14"
_AZURERM = "terraform-provider-azurerm, orchestrated_virtual_machine_scale_set_resource.go, 2026-08-21"

SCALE_SET_RULES: Final = (
    Rule(
        id="scale-set-uniform-cannot-hotpatch",
        subject="scale_set",
        severity="error",
        title="A scale set from a hotpatch image is orchestrated flexibly",
        field="orchestration_mode",
        applies_to=_HOTPATCH_IMAGE,
        require=Not(Equals("orchestration_mode", "Uniform")),
        reason=(
            "Scale sets of orchestration mode Uniform cannot be created from hotpatch images such as {image.triple}."
        ),
        fix="use orchestration mode Flexible, or another image.",
        source=_LEARN_HOTPATCH,
        as_of=date(2025, 7, 14),
    ),
    Rule(
        id="scale-set-hotpatch-stays-on",
        subject="scale_set",
        severity="error",
        title="A flexible scale set from a hotpatch image has hotpatch on",
        field="settings.enable_hotpatching",
        applies_to=_FLEXIBLE & _HOTPATCH_IMAGE,
        require=Equals("settings.enable_hotpatching", True),
        reason=(
            "On a flexible scale set from a hotpatch image hotpatching must stay on; it is "
            "{settings.enable_hotpatching}."
        ),
        fix="set enableHotpatching to true, or use another image.",
        source=_AZURERM,
        as_of=date(2026, 8, 21),
    ),
    Rule(
        id="scale-set-hotpatch-needs-platform-mode",
        subject="scale_set",
        severity="error",
        title="Hotpatch is on and patching is orchestrated by the platform",
        field="settings.patch_mode",
        applies_to=Equals("settings.enable_hotpatching", True),
        require=Equals("settings.patch_mode", "AutomaticByPlatform"),
        reason="Hotpatching needs patch mode AutomaticByPlatform, but it is {settings.patch_mode}.",
        fix="set patchMode to 'AutomaticByPlatform'.",
        source="Azure REST API specification, PatchSettings.enableHotpatching (azure-rest-api-specs PR 11768)",
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="scale-set-hotpatch-needs-eligible-image",
        subject="scale_set",
        severity="error",
        title="Hotpatch is on and the image is on the published hotpatch list",
        field="image.triple",
        applies_to=Equals("settings.enable_hotpatching", True),
        require=_HOTPATCH_IMAGE,
        reason=(
            "Hotpatching is offered on eight Azure Edition images only; the marketplace image here is {image.triple}."
        ),
        fix="turn enableHotpatching off, or use an image that is on the list.",
        source=_LEARN_HOTPATCH,
        as_of=date(2025, 7, 14),
    ),
    Rule(
        id="scale-set-needs-health-extension",
        subject="scale_set",
        severity="error",
        title="A flexible scale set that the platform patches reports its health",
        field="has_health_extension",
        applies_to=_FLEXIBLE & Equals("settings.patch_mode", "AutomaticByPlatform"),
        require=Equals("has_health_extension", True),
        reason=(
            "Automatic guest patching of flexible scale sets needs the Application Health extension, which is missing."
        ),
        fix="add the Application Health extension to the scale set's profile.",
        source="Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31",
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="scale-set-not-in-update-manager",
        subject="scale_set",
        severity="info",
        title="The scale set needs no schedule to be patched",
        field="settings.bypass_platform_safety_checks_on_user_schedule",
        require=Not(Equals("settings.bypass_platform_safety_checks_on_user_schedule", True)),
        reason=(
            "The bypass flag waits for a schedule, and Update Manager does not support scale sets: nothing patches "
            "this one."
        ),
        fix="set the bypass flag to false and leave patching to the platform.",
        source="Microsoft Learn, Unsupported workloads of Update Manager, 2025-02-26",
        as_of=date(2025, 2, 26),
    ),
)
