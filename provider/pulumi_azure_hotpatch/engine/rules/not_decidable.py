"""What the sources require or warn of, and what no rule can decide before the fact, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_TROUBLESHOOT = "Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11"
_TS_CONFIGURATIONS = "Microsoft Learn, Troubleshoot maintenance configurations, 2023-10-13"
_AVGP = "Microsoft Learn, Automatic guest patching for Azure VMs, 2024-07-31"
_ARC = "Microsoft Learn, Enable Hotpatch for Azure Arc-enabled servers, 2025-10-30"
_HOTPATCH = "Microsoft Learn, Hotpatch for Windows Server, 2025-07-14"
_TOOL = "Azure/AzureUpdateManager troubleshooter, 2024-09-13"


@dataclass(frozen=True, slots=True)
class NotDecidable:
    """One statement of the sources that stays a sentence: what it says, and why it cannot be a rule."""

    subject: str
    says: str
    because: str
    source: str


NOT_DECIDABLE: Final = (
    NotDecidable(
        "hotpatch",
        "A fix can be impossible as a hotpatch without becoming an unplanned baseline (CVE-2022-37966).",
        "It is known when the fix is published, per vulnerability.",
        "MSRC, CVE-2022-37966",
    ),
    NotDecidable(
        "hotpatch",
        "Non-security updates, .NET, drivers and firmware may restart the machine in hotpatch months.",
        "Which of them a machine will be offered is known after an assessment.",
        _HOTPATCH,
    ),
    NotDecidable(
        "hotpatch",
        "There is no automatic rollback; uninstall, install the last baseline, restart.",
        "It is a procedure for afterwards.",
        _HOTPATCH,
    ),
    NotDecidable(
        "hotpatch",
        "VMs on Azure Local installed from an ISO cannot turn hotpatching off and know no Update Manager.",
        "No ARM body says that a machine was installed from an ISO.",
        "Microsoft Learn, Enable hotpatch for Azure Edition virtual machines built from ISO, 2023-10-31",
    ),
    NotDecidable(
        "hotpatch",
        "ISO installations need registry values for virtualization-based security and KB5003508.",
        "Only the guest knows its registry.",
        "Microsoft Learn, Enable hotpatch for Azure Edition virtual machines built from ISO, 2023-10-31",
    ),
    NotDecidable(
        "hotpatch",
        "Container base images cannot be hotpatched.",
        "A container's base image is no fact of a machine.",
        _HOTPATCH,
    ),
    NotDecidable(
        "hotpatch",
        "Whether hotpatch is offered in the US Government and China clouds.",
        "No source says; the rule hotpatch-cloud says so beside the machine.",
        "Microsoft Learn, Hotpatch for new virtual machines (Automanage), 2023-04-18",
    ),
    NotDecidable(
        "Arc",
        "The endpoint dls.microsoft.com must be reachable.",
        "Network paths are known inside the machine's network only.",
        "Microsoft Learn, Azure Arc network requirements, 2026-08-20",
    ),
    NotDecidable(
        "Arc",
        "After KB5066835 an enrolment can stay in progress; KB5062660 with a feature override mends it.",
        "It is a fault that shows afterwards, in the guest.",
        _ARC,
    ),
    NotDecidable(
        "Arc",
        "Secure Boot and virtualization-based security must be running.",
        "No ARM body has them: the rules judge what somebody looked up, and are silent otherwise.",
        _ARC,
    ),
    NotDecidable(
        "automatic patching",
        "Patches are installed off-peak, regions in phases.",
        "Hours and phases are not published, so that nobody can say when, only within 30 days of release.",
        _AVGP,
    ),
    NotDecidable(
        "automatic patching",
        "The image must be on the list of supported images (about 165), and leaves it at its end of life.",
        "The list is Microsoft's and changes; the outcome takes it as an argument and says so without it.",
        _AVGP,
    ),
    NotDecidable(
        "automatic patching",
        "Windows Update (wuauserv) runs; update endpoints or WSUS, or the distribution's repositories, are reachable.",
        "Only the guest knows.",
        f"{_AVGP}; {_TOOL}",
    ),
    NotDecidable(
        "automatic patching",
        "Two identical VMs may get different patches, depending on region, batch and patch source.",
        "What will be available at that time is not known.",
        _AVGP,
    ),
    NotDecidable(
        "automatic patching",
        "Turning it on may take more than three hours.",
        "It is a duration, not a condition.",
        _AVGP,
    ),
    NotDecidable(
        "restart",
        "Registry values such as AlwaysAutoRebootAtScheduledTime restart a machine in spite of Never.",
        "Only the guest knows its registry.",
        "Microsoft Learn, Schedule recurring updates, Update Manager",
    ),
    NotDecidable(
        "restart",
        "With less than 15 minutes left a needed restart does not happen: maintenanceWindowExceeded.",
        "How long installations take is known afterwards; time_budget counts with the documented reserves.",
        "Azure/LinuxPatchExtension 488ab8ea",
    ),
    NotDecidable(
        "schedule",
        "After deleting a configuration wait 20 minutes before making one of the same name.",
        "What was deleted when is not kept anywhere.",
        _TS_CONFIGURATIONS,
    ),
    NotDecidable(
        "schedule",
        "A VM made anew under the same name is ShutdownOrUnresponsive to schedules for 8 to 12 hours.",
        "What existed before under the name is not kept anywhere.",
        f"{_TS_CONFIGURATIONS}; {_TROUBLESHOOT}",
    ),
    NotDecidable(
        "schedule",
        "A VM that moved to another group or subscription has lost its assignments.",
        "A move leaves no trace in the VM; a refresh notices the missing assignment.",
        _TROUBLESHOOT,
    ),
    NotDecidable(
        "schedule",
        "A run waits for, or gives way to, host maintenance that is under way.",
        "Host maintenance is not announced this way.",
        _TS_CONFIGURATIONS,
    ),
    NotDecidable(
        "schedule",
        "At most 250 schedules per subscription and region.",
        "One declaration does not see the others; an audit of a subscription can count them.",
        "Microsoft Learn, Maintenance configurations, 2026-09-25",
    ),
    NotDecidable(
        "schedule",
        "Driver updates are not installed.",
        "Nothing declares them.",
        "Microsoft Learn, Maintenance configurations, 2026-09-25",
    ),
    NotDecidable(
        "schedule",
        "Pre-events must end 10 minutes before the window and be safe to repeat.",
        "What a handler does, and how long, is its own.",
        "Microsoft Learn, Pre and post events in Azure Update Manager, 2024-07-24",
    ),
    NotDecidable(
        "dynamic scope",
        "Which machines a scope takes is decided when it runs; tag values are case sensitive.",
        "The counts are judged where somebody evaluated the filter; the machines of tomorrow are not known.",
        "Microsoft Learn, Maintenance configurations, 2026-09-25",
    ),
    NotDecidable(
        "permissions",
        "Roles: Virtual Machine Contributor, Connected Machine Resource Administrator, Scheduled Patching Contributor.",
        "What the caller may do shows when it does it; reading all role assignments takes more rights than patching.",
        "Microsoft Learn, Roles and permissions in Azure Update Manager, 2024-07-19",
    ),
    NotDecidable(
        "policy",
        "The periodic-assessment policy does not reach specialised VMs at creation; remediation needs gallery rights.",
        "It concerns the policy's own identity and run.",
        _TROUBLESHOOT,
    ),
    NotDecidable(
        "preview feature",
        "Registration takes up to 15 minutes, by users' reports far longer; replicas answer differently meanwhile.",
        "It is a duration; the enrolment waits, agrees with itself several times and can be continued.",
        "Microsoft Docs, Hotpatch for Windows Server Azure Edition (preview), 2021-02-22; Azure/azure-cli issue 29263",
    ),
    NotDecidable(
        "workload",
        "Windows client systems, AKS nodes and scale sets are not supported by Update Manager.",
        "Scale sets are recognised by type; a client system or an AKS node looks like any VM in its body.",
        "Microsoft Learn, Unsupported workloads of Update Manager, 2025-02-26",
    ),
    NotDecidable(
        "errors in the guest",
        "0x8024402C, 0x8024001E, 0x8024002E, 0x80070422, 0x80072EE2, 0x80070005, UA_ESM_REQUIRED and the like.",
        "They are results; the page `errors` has their remedies.",
        _TROUBLESHOOT,
    ),
)
