"""Which patches an installation takes: the request, and what it makes of what is offered.

Sources: API description of azure-mgmt-compute 39 (``excludeKbsRequiringReboot`` leaves out what is not NeverReboots);
Microsoft Learn, Update Manager, 2024-10-17 (exclusion wins); Azure/LinuxPatchExtension at 488ab8ea (Security alone
takes Critical along; masks on ``name`` and ``name=version``). Included KBs or packages are taken beside the
classifications.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from .errors import invalid_parameter, unseen
from .fields import choice, strings, typed
from .guest_patches import Patch
from .reboots import SETTINGS

SELECTED, EXCLUDED, NOT_SELECTED = "Selected", "Excluded", "NotSelected"
WINDOWS_CLASSES = (
    "Critical", "Security", "UpdateRollUp", "FeaturePack", "ServicePack", "Definition", "Tools", "Updates",
)  # fmt: skip
LINUX_CLASSES = ("Critical", "Security", "Other")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?", re.ASCII)
_KB = re.compile(r"KB\d+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class InstallRequest:
    """What to install and for how long; classifications, KBs and masks are lower case.

    ``reboot`` is IfRequired, Never or Always. ``run`` is the id of the maintenance run it belongs to, ``""`` for none.
    """

    maximum: timedelta
    reboot: str = "IfRequired"
    classes: tuple[str, ...] = ()
    kbs: tuple[str, ...] = ()
    excluded_kbs: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()
    excluded_masks: tuple[str, ...] = ()
    excludes_rebooting: bool = False
    published_until: datetime | None = None
    run: str = ""


def select(request: InstallRequest, patches: Iterable[Patch]) -> list[tuple[Patch, str]]:
    """Return each patch with Selected, Excluded or NotSelected."""
    classes = set(request.classes)
    return [(patch, _verdict(request, classes, patch)) for patch in patches]


def _verdict(request: InstallRequest, classes: set[str], patch: Patch) -> str:
    kb = (patch.kb or "").lower()
    if (kb and kb in request.excluded_kbs) or _masked(request.excluded_masks, patch):
        return EXCLUDED
    if request.excludes_rebooting and patch.kb is not None and patch.may_reboot:
        return EXCLUDED
    if request.published_until is not None and patch.published > request.published_until:
        return NOT_SELECTED
    wanted = (
        (kb and kb in request.kbs)
        or _masked(request.masks, patch)
        or any(each.lower() in classes for each in patch.classifications)
        or (patch.kb is None and "security" in classes and "Critical" in patch.classifications)
    )
    return SELECTED if wanted else NOT_SELECTED


def _masked(masks: Iterable[str], patch: Patch) -> bool:
    name = patch.name.lower()
    versioned = f"{name}={(patch.version or '').lower()}"
    return any(fnmatchcase(versioned if "=" in mask else name, mask) for mask in masks)


def duration_of(body: Mapping[str, Any], path: str) -> timedelta | None:
    """Return an ISO 8601 duration of days to seconds, ``None`` when missing."""
    text = typed(body, path, str)
    if text is None:
        return None
    matched = _DURATION.fullmatch(text)
    if matched is None or not any(matched.groups()) or len(text) > 24:
        raise unseen("Duration", f"'{text}' is not a duration such as PT2H.", target=path)
    days, hours, minutes, seconds = (int(part or 0) for part in matched.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def request_of(body: Mapping[str, Any], *, windows: bool, default: timedelta | None) -> InstallRequest:
    """Read the body of installPatches; ``default`` stands in for a duration left out, ``None`` = it is required.

    Clients send the parameters of the other operating system too, usually empty: they are looked at for their form and
    do not count. Raises the service's 400 for a KB without its letters, ours for everything else.
    """
    reboot = choice(body, "rebootSetting", SETTINGS)
    if reboot is None:
        raise unseen("RebootSettingMissing", "rebootSetting is needed.", target="rebootSetting")
    maximum = duration_of(body, "maximumDuration")
    if maximum is None and default is None:
        raise unseen("DurationMissing", "maximumDuration is needed.", target="maximumDuration")
    parsed = {
        "windowsParameters": _windows_parameters(body, "windowsParameters"),
        "linuxParameters": _linux_parameters(body, "linuxParameters"),
    }
    chosen = parsed["windowsParameters" if windows else "linuxParameters"]
    if not (chosen["classes"] or chosen.get("kbs") or chosen.get("masks")):
        # Source of the rule: Microsoft Learn, automatic VM guest patching ("at least one classification or patch").
        raise unseen("NothingIncluded", "At least one classification or one included patch is needed.")
    return InstallRequest(maximum=maximum if maximum is not None else default or timedelta(0), reboot=reboot, **chosen)


def _windows_parameters(body: Mapping[str, Any], path: str) -> dict[str, Any]:
    published = typed(body, f"{path}.maxPatchPublishDate", str)
    return {
        "classes": _classes(body, f"{path}.classificationsToInclude", WINDOWS_CLASSES),
        "kbs": _kbs(body, path, "kbNumbersToInclude"),
        "excluded_kbs": _kbs(body, path, "kbNumbersToExclude"),
        "masks": _lower(strings(body, f"{path}.patchNameMasksToInclude")),
        "excluded_masks": _lower(strings(body, f"{path}.patchNameMasksToExclude")),
        "excludes_rebooting": bool(typed(body, f"{path}.excludeKbsRequiringReboot", bool)),
        "published_until": None if published is None else _instant(published, f"{path}.maxPatchPublishDate"),
    }


def _linux_parameters(body: Mapping[str, Any], path: str) -> dict[str, Any]:
    return {
        "classes": _classes(body, f"{path}.classificationsToInclude", LINUX_CLASSES),
        "masks": _lower(strings(body, f"{path}.packageNameMasksToInclude")),
        "excluded_masks": _lower(strings(body, f"{path}.packageNameMasksToExclude")),
        "run": typed(body, f"{path}.maintenanceRunId", str) or "",
    }


def _classes(body: Mapping[str, Any], path: str, known: tuple[str, ...]) -> tuple[str, ...]:
    wanted = strings(body, path) or []
    for each in wanted:
        if each.lower() not in {name.lower() for name in known}:
            raise unseen("Classification", f"'{each}' is not one of {', '.join(known)}.", target=path)
    return _lower(wanted)


def _kbs(body: Mapping[str, Any], path: str, name: str) -> tuple[str, ...]:
    wanted = strings(body, f"{path}.{name}") or []
    for each in wanted:
        if _KB.fullmatch(each) is None:
            # Source: recorded traffic.
            raise invalid_parameter(
                f"The entry in '{name}' with value '{each}' is not valid. It must be a KBID such as KB4512508.",
                f"windowsParameters.{name}",
            )
    return _lower(wanted)


def _lower(values: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(value.lower() for value in values or ())


def _instant(text: str, path: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise unseen("DateTime", f"'{text}' is not an RFC 3339 time.", target=path) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
