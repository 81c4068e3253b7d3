"""Cases of the rules on preview features."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases, feature

CASES: Final = {
    "feature-exists": Cases(
        passes=feature(state="NotRegistered"),
        violates=feature(name="EncryptionAtHots", state=None),
        says="Azure knows no preview feature 'EncryptionAtHots' in Microsoft.Compute.",
        unknown=feature(state=UNKNOWN),
        misses="state",
    ),
    "feature-retired": Cases(
        passes=feature(),
        violates=feature(name="InGuestPatchVMPreview", retired=True),
        says="'InGuestPatchVMPreview' is no longer required: what it guarded is generally available.",
        unknown=feature(retired=UNKNOWN),
        misses="retired",
    ),
    "feature-needs-approval": Cases(
        passes=feature(),
        violates=feature(state="Pending"),
        says=(
            "'EncryptionAtHost' needs manual approval by Microsoft; its registration is Pending and no client can "
            "hasten it."
        ),
        unknown=feature(state=UNKNOWN),
        misses="state",
    ),
}
