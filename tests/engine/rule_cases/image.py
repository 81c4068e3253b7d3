"""Cases of the rules on images."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.facts import Policies
from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import CUSTOM, Cases, arc_server, marketplace, plain_windows_vm, windows_vm

_PREVIEW = marketplace(
    "MicrosoftWindowsServer:WindowsServerHotpatch-previews:windows-server-2022-azure-edition-hotpatch"
)
_PLAIN_EDITION = marketplace("MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition")

CASES: Final = {
    "custom-image-not-patched-by-platform": Cases(
        passes=plain_windows_vm(image=CUSTOM),
        violates=plain_windows_vm(image=None, bypass_platform_safety_checks_on_user_schedule=None),
        says=(
            "Automatic guest patching never works on custom images, even with AutomaticByPlatform, "
            "and the bypass flag that schedules need is not set."
        ),
        unknown=plain_windows_vm(image=UNKNOWN, bypass_platform_safety_checks_on_user_schedule=False),
        misses="image",
        skipped=plain_windows_vm(bypass_platform_safety_checks_on_user_schedule=False),
    ),
    "custom-image-supported": Cases(
        passes=plain_windows_vm(image=CUSTOM, support_state="Supported"),
        violates=plain_windows_vm(image=CUSTOM, support_state="Unsupported"),
        says="The last assessment found that guest patching does not support this machine's custom image.",
        unknown=plain_windows_vm(image=CUSTOM, support_state=UNKNOWN),
        misses="support_state",
        skipped=plain_windows_vm(image=CUSTOM, support_state="Unknown"),
    ),
    "custom-image-checked": Cases(
        passes=plain_windows_vm(image=CUSTOM, support_state="Supported"),
        violates=plain_windows_vm(image=CUSTOM, support_state="UnableToDetermine"),
        says="Whether the custom image can be patched is not settled yet: the service says UnableToDetermine.",
        unknown=plain_windows_vm(image=UNKNOWN, support_state="Unknown"),
        misses="image",
        skipped=plain_windows_vm(image=CUSTOM),
    ),
    "preview-image": Cases(
        passes=windows_vm(),
        violates=windows_vm(image=_PREVIEW),
        says=(
            "Offer WindowsServerHotpatch-previews dates from a preview and is not on the list of images that can be "
            "hotpatched today."
        ),
        unknown=windows_vm(image=UNKNOWN),
        misses="image",
        skipped=arc_server(),
    ),
    "policy-asks-for-impossible-hotpatch": Cases(
        passes=windows_vm(policies=Policies(wants_hotpatch=True)),
        violates=windows_vm(policies=Policies(wants_hotpatch=True), image=_PLAIN_EDITION),
        says=(
            "The built-in policy 6d02d2f7 asks for hotpatching on "
            "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition, which cannot be hotpatched."
        ),
        unknown=windows_vm(policies=Policies(wants_hotpatch=True), image=UNKNOWN),
        misses="image",
        skipped=windows_vm(image=_PLAIN_EDITION),
    ),
}
