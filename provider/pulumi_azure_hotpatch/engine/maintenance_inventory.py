"""ARM bodies of maintenance configurations and their assignments to facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from .bodies import UNSEEN, Body, group_of, known_texts_at, object_at, properties_of, text_at
from .dynamic_scope import DynamicScope
from .facts import Schedule
from .logic import UNKNOWN, Maybe, any_of
from .patch_lists import PatchLists
from .schedules import schedule_facts
from .scope import BEYOND


def schedule_from_arm(body: Body, *, as_of: datetime | None = None) -> Schedule:
    """A schedule from the body of `Microsoft.Maintenance/maintenanceConfigurations`, flattened or not.

    `as_of` is the (aware) instant to count lead times from.
    """
    properties = properties_of(body)
    window = object_at(properties, "maintenanceWindow") or properties
    install = object_at(properties, "installPatches")
    patches = _patch_lists(install)
    not_seen = object_at(properties, "extensionProperties") is UNSEEN
    extension = {str(key).casefold(): value for key, value in object_at(properties, "extensionProperties").items()}
    facts = schedule_facts(
        name=str(body.get("name", "")),
        resource_group_name=group_of(body) or "",
        location=body.get("location"),
        start=text_at(window, "startDateTime"),
        duration=text_at(window, "duration"),
        time_zone=text_at(window, "timeZone"),
        recurrence=text_at(window, "recurEvery"),
        expires=text_at(window, "expirationDateTime"),
        reboot_setting=text_at(install, "rebootSetting"),
        has_patch_selection=any_of(patches.selects_for_windows, patches.selects_for_linux),
        tags=body.get("tags"),
        as_of=as_of,
    )
    return replace(
        facts,
        patches=patches,
        scope=properties.get("maintenanceScope"),
        visibility=properties.get("visibility"),
        in_guest_patch_mode=UNKNOWN if not_seen else extension.get("inguestpatchmode"),
    )


def dynamic_scope_from_arm(body: Body) -> DynamicScope:
    """A dynamic scope from the body of a `Microsoft.Maintenance/configurationAssignments` with a filter."""
    narrowed = object_at(properties_of(body), "filter")
    tags = object_at(narrowed, "tagSettings")
    return DynamicScope(
        resource_group_name=group_of(body) or None,
        location=body.get("location"),
        resource_types=known_texts_at(narrowed, "resourceTypes"),
        os_types=known_texts_at(narrowed, "osTypes"),
        locations=known_texts_at(narrowed, "locations"),
        resource_groups=known_texts_at(narrowed, "resourceGroups"),
        tag_operator=tags.get("filterOperator"),
        has_other_filter=any_of(*(_is_given(narrowed.get(name)) for name in BEYOND)),
        tag_filters=UNKNOWN if object_at(tags, "tags") is UNSEEN else len(object_at(tags, "tags")),
    )


def _is_given(value: Any) -> Maybe[bool]:
    return UNKNOWN if value is UNKNOWN else bool(value)


def _patch_lists(install: Body) -> PatchLists:
    windows, linux = object_at(install, "windowsParameters"), object_at(install, "linuxParameters")
    return PatchLists(
        windows_classifications=known_texts_at(windows, "classificationsToInclude"),
        kbs_to_include=known_texts_at(windows, "kbNumbersToInclude"),
        kbs_to_exclude=known_texts_at(windows, "kbNumbersToExclude"),
        exclude_kbs_requiring_reboot=windows.get("excludeKbsRequiringReboot"),
        linux_classifications=known_texts_at(linux, "classificationsToInclude"),
        masks_to_include=known_texts_at(linux, "packageNameMasksToInclude"),
        masks_to_exclude=known_texts_at(linux, "packageNameMasksToExclude"),
    )
