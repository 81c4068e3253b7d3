"""Schedules, their assignments and dynamic scopes in Azure Resource Graph.

Sources of tables and columns: Microsoft Learn, Understanding the Azure Resource Graph query language, 2024-03-20;
Microsoft Learn, Query logs of Update Manager, 2024-09-10.
"""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.estate import GUEST_SCOPE
from pulumi_azure_hotpatch.engine.facts import (
    ARC_MACHINES,
    CONFIGURATION_ASSIGNMENTS,
    MAINTENANCE_CONFIGURATIONS,
    VIRTUAL_MACHINES,
)

from .columns import NOT_KNOWN, Column, Table, columns, filled, flag, known_if, quoted
from .machine_tables import ASSESSED, MACHINE_FACTS, MACHINE_STEPS

_GROUP: Final = "extract('(?i)/resourcegroups/([^/]+)', 1, id)"
_INSTALL: Final = "properties.installPatches"
_SELECTIONS: Final = (
    f"{_INSTALL}.windowsParameters.classificationsToInclude",
    f"{_INSTALL}.windowsParameters.kbNumbersToInclude",
    f"{_INSTALL}.linuxParameters.classificationsToInclude",
    f"{_INSTALL}.linuxParameters.packageNameMasksToInclude",
)

# Schedules for hosts and images follow other rules than those for guests.
SCHEDULES: Final = Table(
    type=MAINTENANCE_CONFIGURATIONS,
    rows=f"""resources
| where type =~ '{MAINTENANCE_CONFIGURATIONS.casefold()}'
| extend scope = tostring(properties.maintenanceScope)
| where scope in~ ('', '{GUEST_SCOPE}')
""",
    columns=columns(
        {
            "reboot_setting": f"tostring({_INSTALL}.rebootSetting)",
            "scope": "scope",
            "visibility": "tostring(properties.visibility)",
            # The key's letter case varies between clients.
            "in_guest_patch_mode": 'extract(\'(?i)"inguestpatchmode":"([^"]*)"\', 1, '
            "tostring(properties.extensionProperties))",
            "has_patch_selection": flag(" or ".join(map(filled, _SELECTIONS))),
        }
    )
    | {"full_name_length": Column("full_name_length", f"tostring(strlen(name) + strlen({_GROUP}))", "number")},
)

_OF_MACHINE: Final = (
    "settings.patch_mode",
    "settings.enable_hotpatching",
    "settings.reboot_setting",
    "settings.bypass_platform_safety_checks_on_user_schedule",
    "power_state",
    "os_type",
)
_SHOWN: Final = columns(known_if("seen", {fact: MACHINE_FACTS[fact] for fact in _OF_MACHINE}), "of_")
_BEFORE: Final = "tostring(split(tolower(id), '/providers/microsoft.maintenance/')[0])"


def _given(where: str) -> str:
    """Assignments of schedules for guests, on what `where` says of the id before the assignment."""
    return f"""maintenanceresources
| where type =~ '{CONFIGURATION_ASSIGNMENTS.casefold()}'
| extend given = trim_end('/', tolower(tostring(properties.maintenanceConfigurationId))), machine = {_BEFORE}
| where machine {where}
| join kind=leftouter (
    resources
    | where type =~ '{MAINTENANCE_CONFIGURATIONS.casefold()}'
    | project given = tolower(id), schedule_shown = 'yes', schedule_scope = tostring(properties.maintenanceScope),
        schedule_reboot = tostring({_INSTALL}.rebootSetting)
) on given
| extend schedule_shown = tostring(schedule_shown), schedule_scope = tostring(schedule_scope),
    schedule_reboot = tostring(schedule_reboot)
| where schedule_scope in~ ('', '{GUEST_SCOPE}')
"""


# The schedule's reboot setting where the machine's own differs and wins; not known while the machine's is not.
_OVERRULED: Final = (
    f"case(isempty(schedule_shown), '', not(shown == 'yes') or of_reboot_setting == '{NOT_KNOWN}', '{NOT_KNOWN}', "
    "schedule_reboot == '' or of_reboot_setting == '' or of_reboot_setting =~ schedule_reboot, '', schedule_reboot)"
)

ASSIGNMENTS: Final = Table(
    type=CONFIGURATION_ASSIGNMENTS,
    rows=f"""{_given("contains '/providers/'")}{ASSESSED}| join kind=leftouter (
    resources
    | where type in~ ({quoted((VIRTUAL_MACHINES, ARC_MACHINES))})
    {MACHINE_STEPS.replace(chr(10), chr(10) + "    ").rstrip()}
    | project machine = tolower(id), shown = 'yes',
        {("," + chr(10) + "        ").join(f"{one.name} = {one.value}" for one in _SHOWN.values())}
) on machine
| extend shown = tostring(shown), of_reboot_setting = tostring(of_reboot_setting)
""",
    columns=columns(
        {
            "machine.is_arc": flag(f"machine contains '/{ARC_MACHINES.casefold()}/'"),
            **{
                f"machine.{fact}": value
                for fact, value in known_if("shown == 'yes'", {fact: one.name for fact, one in _SHOWN.items()}).items()
            },
            "machine.support_state": "iff(shown == 'yes', support, '')",
            "schedule.scope": "schedule_scope",
            "overruled_reboot_setting": _OVERRULED,
        }
    ),
)

DYNAMIC_SCOPES: Final = Table(
    type=CONFIGURATION_ASSIGNMENTS,
    rows=_given("!contains '/providers/'"),
    columns=columns(
        {
            "resource_group_name": _GROUP,
            "has_locations": flag(filled("properties['filter'].locations")),
            "tag_operator": "tostring(properties['filter'].tagSettings.filterOperator)",
        }
    ),
)
