"""Bodies that hold a value of another type than ARM gives it: a number for a mode, a text for a switch.

A query compares texts, so that it would judge such a value instead of refusing it. Here the export is asked, in one
pass, which bodies may hold one; those, and only those, are then read as `check` reads them, which says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.facts import (
    ARC_MACHINES,
    MAINTENANCE_CONFIGURATIONS,
    PATCH_FIELD_PATHS,
    SCALE_SETS,
    VIRTUAL_MACHINES,
)

_SWITCHES: Final = frozenset(("enable_hotpatching", "bypass_platform_safety_checks_on_user_schedule"))
_IMAGE: Final = ("publisher", "offer", "sku", "id")
_VIEW: Final = ("instanceView.osName", "instanceView.hyperVGeneration", "instanceView.vmAgent.vmAgentVersion")
# Types depend on no instant.
_WHENEVER: Final = datetime(2026, 1, 1, tzinfo=UTC)
_WINDOW: Final = ("startDateTime", "expirationDateTime", "duration", "timeZone", "recurEvery")


def _of_systems(prefix: str = "") -> tuple[list[str], list[str]]:
    """The texts and the switches of an operating system's profile and of its image, below `prefix`."""
    texts = [f"{prefix}storageProfile.imageReference.{part}" for part in _IMAGE]
    texts.append(f"{prefix}storageProfile.osDisk.osType")
    switches = [f"{prefix}osProfile.allowExtensionOperations"]
    for system in ("windows", "linux"):
        configuration = f"{prefix}osProfile.{system}Configuration"
        for name, path in PATCH_FIELD_PATHS.items():
            (switches if name in _SWITCHES else texts).append(f"{configuration}.patchSettings.{'.'.join(path)}")
        switches += [f"{configuration}.provisionVMAgent", f"{configuration}.enableAutomaticUpdates"]
    return texts, switches


_MACHINE_TEXTS, _MACHINE_SWITCHES = _of_systems()
_SET_TEXTS, _SET_SWITCHES = _of_systems("virtualMachineProfile.")
_PATHS: Final = {
    VIRTUAL_MACHINES: ([*_MACHINE_TEXTS, *_VIEW], _MACHINE_SWITCHES),
    ARC_MACHINES: ([*_MACHINE_TEXTS, "osName", "osSku", "osType", "osEdition", "status"], _MACHINE_SWITCHES),
    SCALE_SETS: ([*_SET_TEXTS, "orchestrationMode"], _SET_SWITCHES),
    MAINTENANCE_CONFIGURATIONS: (
        ["maintenanceScope", "installPatches.rebootSetting", *(f"maintenanceWindow.{name}" for name in _WINDOW)],
        [],
    ),
}


def suspects() -> str:
    """A condition on `type` and `properties` in DuckDB, for bodies that may hold a value of a wrong type."""
    return " OR ".join(
        f"(\"type\" = '{kind.casefold()}' AND ({' OR '.join(_other_than(texts, switches))}))"
        for kind, (texts, switches) in _PATHS.items()
    )


def refuse(bodies: Iterator[Body]) -> None:
    """Read bodies as `check` does. Raises InvalidInput for the first that is not of the shape ARM gives it."""
    for body in bodies:
        Estate.from_bodies([body], as_of=_WHENEVER)


def _other_than(texts: list[str], switches: list[str]) -> Iterator[str]:
    for kind, paths in (("VARCHAR", texts), ("BOOLEAN", switches)):
        if paths:
            listed = ", ".join(f"'$.{path}'" for path in paths)
            yield f"len(list_filter(json_type(properties, [{listed}]), lambda t: t NOT IN ('{kind}', 'NULL'))) > 0"
