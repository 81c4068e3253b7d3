"""Cases of the rules of the preview of 2021."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases, feature, windows_vm

_EDITION = "Windows Server 2019 Datacenter: Azure Edition"
_HOTPATCH = "InGuestHotPatchVMPreview"

CASES: Final = {
    "preview-2021-image": Cases(
        passes=windows_vm(os_name=_EDITION),
        violates=windows_vm(os_name="Windows Server 2019 Datacenter"),
        says=(
            "The preview is offered on Windows Server 2019 Datacenter: Azure Edition only; "
            "this machine runs Windows Server 2019 Datacenter."
        ),
        unknown=windows_vm(os_name=UNKNOWN),
        misses="os_name",
        skipped=windows_vm(enable_hotpatching=False),
    ),
    "preview-2021-platform-mode": Cases(
        passes=windows_vm(),
        violates=windows_vm(patch_mode="AutomaticByOS"),
        says="Automatic VM guest patching comes with the preview's image; the patch mode is AutomaticByOS.",
        unknown=windows_vm(patch_mode=UNKNOWN),
        misses="patch_mode",
        skipped=windows_vm(enable_hotpatching=None, patch_mode="Manual"),
    ),
    "preview-2021-not-in-government": Cases(
        passes=windows_vm(),
        violates=windows_vm(location="USGov Virginia"),
        says="The preview is not available in Azure Government regions such as USGov Virginia.",
        unknown=windows_vm(location=UNKNOWN),
        misses="location",
        skipped=windows_vm(location=None),
    ),
    "preview-2021-not-for-production": Cases(
        passes=windows_vm(is_production=False),
        violates=windows_vm(is_production=True),
        says="The preview is for testing only and must not be used in production.",
        unknown=windows_vm(is_production=UNKNOWN),
        misses="is_production",
        skipped=windows_vm(),
    ),
    "preview-2021-feature-registered": Cases(
        passes=feature(name=_HOTPATCH),
        violates=feature(name=_HOTPATCH, state="NotRegistered"),
        says="The preview needs 'InGuestHotPatchVMPreview' registered in the subscription; its state is NotRegistered.",
        unknown=feature(name=_HOTPATCH, state=UNKNOWN),
        misses="state",
        skipped=feature(state="NotRegistered"),
    ),
    "preview-2021-provider-registered-again": Cases(
        passes=feature(name=_HOTPATCH, provider_saw_it=True),
        violates=feature(name=_HOTPATCH, provider_saw_it=False),
        says=(
            "'InGuestHotPatchVMPreview' is registered, but Microsoft.Compute was not registered again since: "
            "the opt-in may not have arrived."
        ),
        unknown=feature(name=_HOTPATCH, provider_saw_it=UNKNOWN),
        misses="provider_saw_it",
        skipped=feature(name=_HOTPATCH, state="Registering", provider_saw_it=False),
    ),
}
