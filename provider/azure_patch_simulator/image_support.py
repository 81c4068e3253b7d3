"""Whether the platform can patch what is inside a machine: decided by the first update operation on it, of any kind.

Source: Microsoft Learn, Update Manager, support matrix for updates (custom images), 2025-01-06: which systems are
supported as custom images. Windows Server 2025 is not on that list.
"""

from __future__ import annotations

from .guest_systems import UNKNOWN, System

SUPPORTED, UNSUPPORTED, UNDETERMINED = "Supported", "Unsupported", "UnableToDetermine"
_CUSTOM = {
    "ws2012": (), "ws2016": (), "ws2019": (), "ws2022": (),
    "oracle": ("7", "8"),
    "rhel": ("7", "8", "9"),
    "sles": ("12", "15"),
    "ubuntu": ("16.04", "18.04", "20.04", "22.04"),
}  # fmt: skip


def detect(system: System, *, has_agent: bool) -> str:
    """Return the detectedVMGuestPatchSupportState an operation on this machine finds.

    An unknown system, or a machine without agent, cannot be determined; marketplace images with a known system are
    supported (that an image missing from the marketplace list is called Unsupported was not seen).
    """
    if system.line == UNKNOWN or not has_agent:
        return UNDETERMINED
    if not system.custom:
        return SUPPORTED
    family, _, release = system.line.partition("-")
    versions = _CUSTOM.get(family)
    if versions is None:
        return UNSUPPORTED
    return SUPPORTED if not versions or release in versions else UNSUPPORTED
