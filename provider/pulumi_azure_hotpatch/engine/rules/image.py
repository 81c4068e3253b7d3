"""Rules on where a machine's operating system came from."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.images import PLAIN_AZURE_EDITION_IMAGES, PREVIEW_OFFERS
from pulumi_azure_hotpatch.engine.logic import Equals, In, Not

from .model import Rule

_AZURE_VM = Equals("is_arc", False)
_CUSTOM = Equals("has_custom_image", True)
_BY_PLATFORM = Equals("settings.patch_mode", "AutomaticByPlatform")

_AVGP = "Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31"
_CUSTOM_IMAGES = "Microsoft Learn, Manage updates for custom images"

IMAGE_RULES: Final = (
    Rule(
        id="custom-image-not-patched-by-platform",
        subject="machine",
        severity="warning",
        title="A machine from a custom image is not left to automatic guest patching",
        field="settings.patch_mode",
        applies_to=_AZURE_VM & _CUSTOM & _BY_PLATFORM,
        require=Equals("settings.bypass_platform_safety_checks_on_user_schedule", True),
        reason=(
            "Automatic guest patching never works on custom images, even with AutomaticByPlatform, "
            "and the bypass flag that schedules need is {settings.bypass_platform_safety_checks_on_user_schedule}."
        ),
        fix="set bypass_platform_safety_checks_on_user_schedule to True and give the machine a schedule.",
        source=f"{_CUSTOM_IMAGES}, limitations",
        as_of=date(2025, 1, 6),
        switch="custom-images",
        disagreement=(
            "An older revision of the support matrix (MicrosoftDocs/azure-docs PR 127493) says custom images are not "
            "supported for assessment, on-demand and scheduled patching either."
        ),
    ),
    Rule(
        id="custom-image-supported",
        subject="machine",
        severity="warning",
        title="The custom image's system can be patched",
        field="image.triple",
        applies_to=_AZURE_VM & _CUSTOM & In("support_state", ("Supported", "Unsupported")),
        require=Equals("support_state", "Supported"),
        reason="The last assessment found that guest patching does not support this machine's custom image.",
        fix="rebuild the machine from a supported system; guest patching of this one will fail.",
        source=f"{_CUSTOM_IMAGES}, asynchronous check",
        as_of=date(2025, 1, 6),
    ),
    Rule(
        id="custom-image-checked",
        subject="machine",
        severity="info",
        title="The custom image has been checked by an assessment",
        field="image.triple",
        applies_to=_AZURE_VM & _CUSTOM & Not(Equals("support_state", None)),
        require=Not(In("support_state", ("Unknown", "UnableToDetermine"))),
        reason="Whether the custom image can be patched is not settled yet: the service says {support_state}.",
        fix="assess the machine's patches once it runs; the assessment settles it.",
        source=f"{_CUSTOM_IMAGES}, asynchronous check",
        as_of=date(2025, 1, 6),
    ),
    Rule(
        id="preview-image",
        subject="machine",
        severity="warning",
        title="The image is not left over from a hotpatch preview",
        field="image.offer",
        applies_to=_AZURE_VM & Equals("has_custom_image", False),
        require=Not(In("image.offer", PREVIEW_OFFERS)),
        reason=(
            "Offer {image.offer} dates from a preview and is not on the list of images that can be hotpatched today."
        ),
        fix="recreate the machine from one of the eight Azure Edition images on the list.",
        source=f"{_AVGP}, table of images that are not hotpatchable",
        as_of=date(2024, 7, 31),
    ),
    Rule(
        id="policy-asks-for-impossible-hotpatch",
        subject="machine",
        severity="info",
        title="The hotpatch policy asks nothing that the image cannot do",
        field="image.triple",
        applies_to=_AZURE_VM & Equals("policies.wants_hotpatch", True),
        require=Not(In("image.triple", PLAIN_AZURE_EDITION_IMAGES)),
        reason="The built-in policy 6d02d2f7 asks for hotpatching on {image.triple}, which cannot be hotpatched.",
        fix="exempt the machine from the policy, or recreate it from an image that is on the list.",
        source="Azure/azure-policy 6d02d2f7-e38b-4bdc-96f3-adc0a8726abc (1.0.0), 2026-04-29",
        as_of=date(2026, 4, 29),
        switch="hotpatch-needs-eligible-image",
        disagreement="The policy's list of SKUs is older than the published one and contradicts it.",
    ),
)
