"""The Kusto queries, one for each question, whatever the number of machines.

Source of tables and columns: Microsoft Learn, Query logs of Update Manager, 2024-09-10. Each machine is one row; every
query projects `id` and is ordered by it, which paging needs.
"""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, VIRTUAL_MACHINES

_TYPES: Final = (VIRTUAL_MACHINES.casefold(), ARC_MACHINES.casefold())


def _types(suffix: str = "") -> str:
    return ", ".join(f"'{kind}{suffix}'" for kind in _TYPES)


def _machine_of(segment: str) -> str:
    return f"machine = tostring(split(tolower(id), '/{segment}/')[0])"


_MACHINES: Final = f"""resources
| where type in~ ({_types()})
{{filter}}| project id, name, type, location, machine = tolower(id), properties
"""

_ASSESSMENT: Final = f"""| join kind=leftouter (
    patchassessmentresources
    | where type in~ ({_types("/patchassessmentresults")})
    | project {_machine_of("patchassessmentresults")}, assessment = properties
) on machine
"""

_LAST_INSTALLATION: Final = f"""| join kind=leftouter (
    patchinstallationresources
    | where type in~ ({_types("/patchinstallationresults")})
    | extend {_machine_of("patchinstallationresults")}, started = todatetime(properties.startDateTime)
    | summarize arg_max(started, properties) by machine
    | project machine, installation = properties
) on machine
"""

_INSTALLED_KBS: Final = f"""| join kind=leftouter (
    patchinstallationresources
    | where type in~ ({_types("/patchinstallationresults/softwarepatches")})
    | where tostring(properties.installationState) =~ 'Installed'
    | extend {_machine_of("patchinstallationresults")}, kb = tostring(properties.kbId)
    | where isnotempty(kb)
    | summarize kbs = make_set(kb) by machine
    | project machine, kbs
) on machine
"""

_SHOWN: Final = """osProfile = properties.osProfile, storageProfile = properties.storageProfile,
    extended = properties.extended, osType = properties.osType, osVersion = properties.osVersion"""

_STATUS: Final = (
    _MACHINES
    + _ASSESSMENT
    + _LAST_INSTALLATION
    + f"| project id, name, type, location, {_SHOWN}, assessment, installation\n| order by id asc"
)

_HOTPATCH: Final = (
    _MACHINES
    + _ASSESSMENT
    + _INSTALLED_KBS
    + _LAST_INSTALLATION
    + f"""| project id, name, type, location, {_SHOWN}, osSku = properties.osSku, osEdition = properties.osEdition,
    licenseProfile = properties.licenseProfile, rebootPending = assessment.rebootPending,
    rebootStatus = installation.rebootStatus, kbs
| order by id asc"""
)

_INSTALLATIONS: Final = f"""patchinstallationresources
| where type in~ ({_types("/patchinstallationresults")})
| extend {_machine_of("patchinstallationresults")}, started = todatetime(properties.startDateTime)
{{filter}}| project id, machine, started, properties
| order by id asc"""

_PATCHES: Final = f"""patchinstallationresources
| where type in~ ({_types("/patchinstallationresults/softwarepatches")})
| extend {_machine_of("patchinstallationresults")}
{{filter}}| extend installation = tostring(split(tolower(id), '/softwarepatches/')[0])
| project id, installation, properties
| order by id asc"""

LICENSES: Final = """resources
| where type =~ 'microsoft.hybridcompute/machines/licenseprofiles'
| project id, machine = tostring(split(tolower(id), '/licenseprofiles/')[0]), properties
| order by id asc"""
"""Licence profiles, which the rows of their machines do not always carry."""

RUNS: Final = """maintenanceresources
| where type in~ ('microsoft.maintenance/applyupdates', 'microsoft.maintenance/maintenanceconfigurations/applyupdates')
| project id, name, properties
| order by id asc"""


def status(names: str) -> str:
    """Machines with their last assessment and installation; `names` is a line of `Scope.filters`."""
    return _STATUS.format(filter=names)


def hotpatch(names: str) -> str:
    """Machines with the KBs that the installations of the last 30 days left on them, and how the last one ended."""
    return _HOTPATCH.format(filter=names)


def installations(names: str) -> str:
    """The installations of the last 30 days."""
    return _INSTALLATIONS.format(filter=_by_machine(names))


def patches(names: str) -> str:
    """Every patch of the installations of the last 30 days."""
    return _PATCHES.format(filter=_by_machine(names))


def _by_machine(names: str) -> str:
    # Rows of these tables are called after the installation; the machine's name ends what `machine` holds.
    return names.replace("where name in~", "where tostring(split(machine, '/')[8]) in~")
