"""What the maintenance service allows in a configuration.

Only the refusal of a monthly recurrence without a day was seen in full; two more texts are known without their code.
Everything else is documented, and refused here under a code of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from . import recurrence
from .errors import ArmError, unseen
from .fields import choice, strings, typed
from .windows_zones import iana_zone

SCOPES = ("Host", "Resource", "OSImage", "Extension", "InGuestPatch", "SQLDB", "SQLManagedInstance", "All")
VISIBILITIES = ("Custom", "Public")
# ``AlwaysReboot`` and its kind were seen in live answers and in older documents.
REBOOT_SETTINGS = ("IfRequired", "Never", "Always", "NeverReboot", "RebootIfRequired", "AlwaysReboot")
PATCH_MODES = ("User", "Platform")
SHORTEST = timedelta(hours=1, minutes=30)
LONGEST = timedelta(hours=3, minutes=55)
MAX_NAMES = 128
_TIME_FORMAT = "%Y-%m-%d %H:%M"


class MaintenanceError(ArmError):
    """An error in the envelope the maintenance service was seen to use: ``{"Error": {"Code", "Message"}}``.

    Source: hashicorp/terraform-provider-azurerm issue 29738.
    """

    def body(self) -> dict[str, Any]:
        """Return the JSON body with capitalised names."""
        return {"Error": {"Code": self.code, "Message": self.message}}


def check_configuration(body: Mapping[str, Any], *, group: str, name: str, now: datetime) -> None:
    """Raise the answer to a configuration that breaks a rule."""
    if len(group) + len(name) >= MAX_NAMES:
        raise unseen("NamesTooLong", f"Group and configuration name have fewer than {MAX_NAMES} characters together.")
    scope = choice(body, "properties.maintenanceScope", SCOPES)
    if choice(body, "properties.visibility", VISIBILITIES) == "Public":
        # The text is quoted in the Terraform provider azurerm; code and status were not.
        raise unseen("PublicVisibility", "Public Maintenance Configuration must set correct properties", real_text=True)
    extension = typed(body, "properties.extensionProperties", dict) or {}
    if not all(isinstance(value, str) for value in extension.values()):
        raise unseen("ExtensionProperties", "Extension properties are strings.")
    if scope == "InGuestPatch":
        _check_patch_mode(extension)
    _check_patches(body)
    _check_window(body, scope, now)


def _check_patch_mode(extension: Mapping[str, str]) -> None:
    mode = next((value for key, value in extension.items() if key.lower() == "inguestpatchmode"), None)
    if mode is None:
        # The text is the title of Azure/bicep issue 8959; code and status were not given.
        raise unseen("PatchModeMissing", "Extension properties must contain Patch mode", real_text=True)
    if mode.lower() not in {known.lower() for known in PATCH_MODES}:
        raise unseen("PatchModeUnknown", f"InGuestPatchMode is one of {', '.join(PATCH_MODES)}, not '{mode}'.")


def _check_patches(body: Mapping[str, Any]) -> None:
    choice(body, "properties.installPatches.rebootSetting", REBOOT_SETTINGS)
    windows, linux = "properties.installPatches.windowsParameters", "properties.installPatches.linuxParameters"
    for path in (
        f"{windows}.kbNumbersToInclude",
        f"{windows}.kbNumbersToExclude",
        f"{windows}.classificationsToInclude",
        f"{linux}.packageNameMasksToInclude",
        f"{linux}.packageNameMasksToExclude",
        f"{linux}.classificationsToInclude",
    ):
        strings(body, path)
    typed(body, f"{windows}.excludeKbsRequiringReboot", bool)


def _check_window(body: Mapping[str, Any], scope: str | None, now: datetime) -> None:
    window = "properties.maintenanceWindow"
    _check_duration(typed(body, f"{window}.duration", str), scope)
    zone = typed(body, f"{window}.timeZone", str)
    if zone is not None and iana_zone(zone) is None:
        raise unseen("TimeZone", f"'{zone}' is not the name of a Windows time zone.", target=f"{window}.timeZone")
    _instant(body, f"{window}.startDateTime")
    expiry = _instant(body, f"{window}.expirationDateTime")
    if expiry is not None and expiry <= now.astimezone(UTC).replace(tzinfo=None):
        raise unseen("Expired", "The expiration lies in the past.", target=f"{window}.expirationDateTime")
    recurring = typed(body, f"{window}.recurEvery", str)
    if recurring is None:
        return
    try:
        recurrence.parse(recurring)
    except recurrence.MonthlyWithoutDay as reason:
        raise MaintenanceError(
            400, "InvalidMaintenanceWindow", f"Invalid maintenance window. Error: {reason}"
        ) from None
    except ValueError as reason:
        raise unseen("RecurEvery", f"recurEvery: {reason}.", target=f"{window}.recurEvery") from None


def _check_duration(duration: str | None, scope: str | None) -> None:
    if duration is None:
        return
    target = "properties.maintenanceWindow.duration"
    if re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", duration, re.ASCII) is None:
        raise unseen("Duration", f"'{duration}' is not a duration HH:mm.", target=target)
    hours, minutes = duration.split(":")
    length = timedelta(hours=int(hours), minutes=int(minutes))
    if scope == "InGuestPatch" and not SHORTEST <= length <= LONGEST:
        # Source of the bounds: Microsoft Learn, maintenance configurations, 2026-09-25.
        raise unseen("Duration", f"A guest patch window lasts 01:30 to 03:55, not {duration}.", target=target)


def _instant(body: Mapping[str, Any], path: str) -> datetime | None:
    text = typed(body, path, str)
    if text is None:
        return None
    for form in (_TIME_FORMAT, "%Y-%m-%d %H:%M:%S"):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is a field of its own on the wire
        except ValueError:
            continue
    raise unseen("DateTime", f"'{text}' is not a time 'YYYY-MM-DD hh:mm'.", target=path)
