"""Rules on hotpatching and assessing an Arc-enabled server."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.arc import HOTPATCH_EDITIONS
from pulumi_azure_hotpatch.engine.logic import Equals, In, Not

from .model import Rule

_WANTED = Equals("wants_hotpatch", True)

_LEARN = "Microsoft Learn, Enable Hotpatch for Azure Arc-enabled servers, 2025-10-30"
_MANAGE = "Microsoft Learn, Manage hotpatches on Arc-enabled machines, 2025-08-21"

ARC_SERVER_RULES: Final = (
    Rule(
        id="arc-hotpatch-needs-server-2025",
        subject="arc_server",
        severity="error",
        title="Hotpatch is asked for on Windows Server 2025",
        field="os_name",
        applies_to=_WANTED & Not(Equals("is_server_2025", None)),
        require=Equals("is_server_2025", True),
        reason="Hotpatching outside Azure is offered on Windows Server 2025 only; this server runs {os_name}.",
        fix="take the hotpatch licence off this server.",
        source=_LEARN,
        as_of=date(2025, 10, 30),
    ),
    Rule(
        id="arc-hotpatch-edition",
        subject="arc_server",
        severity="error",
        title="Hotpatch is asked for on the Standard or Datacenter edition",
        field="os_edition",
        applies_to=_WANTED & Not(Equals("os_edition", None)) & Not(Equals("is_azure_edition", True)),
        require=In("os_edition", HOTPATCH_EDITIONS),
        reason="Hotpatching outside Azure is offered on the Standard and Datacenter editions; this is {os_edition}.",
        fix="take the hotpatch licence off this server.",
        source=_LEARN,
        as_of=date(2025, 10, 30),
    ),
    Rule(
        id="arc-hotpatch-not-for-azure-edition",
        subject="arc_server",
        severity="info",
        title="The server needs a hotpatch licence through Arc",
        field="os_name",
        applies_to=Equals("is_licensed", True) & Not(Equals("is_azure_edition", None)),
        require=Equals("is_azure_edition", False),
        reason="Azure Edition is hotpatched without Arc; the licence on this server changes nothing.",
        fix="take the hotpatch licence off this server.",
        source=_LEARN,
        as_of=date(2025, 10, 30),
    ),
    Rule(
        id="arc-hotpatch-build",
        subject="arc_server",
        severity="error",
        title="The server runs a released build of Windows Server 2025",
        field="os_build",
        applies_to=_WANTED & Equals("is_server_2025", True) & Not(Equals("build_is_too_old", None)),
        require=Equals("build_is_too_old", False),
        reason="Build {os_build} is older than 26100.1742, the first that can be hotpatched.",
        fix="install the released version.",
        source=_LEARN,
        as_of=date(2025, 10, 30),
    ),
    Rule(
        id="arc-hotpatch-secure-boot",
        subject="arc_server",
        severity="error",
        title="The server starts with UEFI and Secure Boot",
        field="secure_boot",
        applies_to=_WANTED & Not(Equals("secure_boot", None)),
        require=Equals("secure_boot", True),
        reason="Hotpatching outside Azure needs UEFI with Secure Boot (Hyper-V: generation 2), and it is off.",
        fix="turn Secure Boot on in the firmware.",
        source=_LEARN,
        as_of=date(2025, 10, 30),
    ),
    Rule(
        id="arc-hotpatch-needs-vbs",
        subject="arc_server",
        severity="error",
        title="Virtualization-based security is running",
        field="vbs_status",
        applies_to=_WANTED & Not(Equals("vbs_status", None)),
        require=Equals("vbs_status", 2),
        reason=(
            "Hotpatching outside Azure needs virtualization-based security running (status 2); its status is "
            "{vbs_status}."
        ),
        fix=(
            r"set HKLM\SYSTEM\CurrentControlSet\Control\DeviceGuard\EnableVirtualizationBasedSecurity to 1 and restart."
        ),
        source=_LEARN,
        as_of=date(2025, 10, 30),
    ),
    Rule(
        id="arc-hotpatch-licensed",
        subject="arc_server",
        severity="error",
        title="The server's hotpatch switch goes with a licence",
        field="hotpatch_subscription",
        applies_to=Equals("enable_hotpatching", True) & Not(Equals("is_azure_edition", True)),
        require=Equals("is_licensed", True),
        reason="The server's hotpatch switch is on, but its licence profile has Hotpatch {hotpatch_subscription}.",
        fix="ask for the product feature Hotpatch in the server's licence profile; it is free since 2026-05-19.",
        source=f"{_MANAGE}; billing section of 2026-05-19",
        as_of=date(2026, 5, 19),
    ),
    Rule(
        id="arc-hotpatch-held-back",
        subject="arc_server",
        severity="warning",
        title="A licensed server takes its hotpatches",
        field="enable_hotpatching",
        applies_to=Equals("is_licensed", True),
        require=Not(Equals("enable_hotpatching", False)),
        reason="The server is licensed for hotpatching, but its own switch is off: it gets none.",
        fix="turn the server's enableHotpatching on, or take the licence off.",
        source=_MANAGE,
        as_of=date(2025, 8, 21),
    ),
    Rule(
        id="arc-hotpatch-status",
        subject="arc_server",
        severity="warning",
        title="The service has enabled hotpatching",
        field="hotpatch_status",
        applies_to=_WANTED & Not(Equals("hotpatch_status", None)),
        require=Not(In("hotpatch_status", ("ActionRequired", "Disabled"))),
        reason="The service reports hotpatching as {hotpatch_status}, although it is asked for.",
        fix="look at the status's error and at the prerequisites (build, Secure Boot, virtualization-based security).",
        source="Azure SDK for HybridCompute 2024-07-10, hotpatchEnablementStatus",
        as_of=date(2024, 7, 10),
    ),
    Rule(
        id="arc-agent-version",
        subject="arc_server",
        severity="warning",
        title="The Connected Machine agent is recent enough",
        field="agent_version",
        applies_to=Not(Equals("connected_agent_is_too_old", None)),
        require=Equals("connected_agent_is_too_old", False),
        reason="Connected Machine agent {agent_version} is older than 1.39, which patching needs.",
        fix="update the agent.",
        source="Azure/AzureUpdateManager troubleshooter, 2024-09-13",
        as_of=date(2024, 9, 13),
    ),
    Rule(
        id="arc-connected",
        subject="arc_server",
        severity="warning",
        title="The server is connected",
        field="status",
        applies_to=Not(Equals("status", None)),
        require=Equals("status", "Connected"),
        reason="The server's agent is {status}: nothing can be assessed or installed.",
        fix="start the server, or mend its agent's connection.",
        source="Microsoft Learn, Troubleshoot issues with Azure Update Manager, 2024-09-11",
        as_of=date(2024, 9, 11),
    ),
    Rule(
        id="arc-assessment-needs-compute",
        subject="arc_server",
        severity="error",
        title="Periodic assessment goes with a registered Microsoft.Compute",
        field="assessment_mode",
        applies_to=Equals("assessment_mode", "AutomaticByPlatform") & Not(Equals("compute_registered", None)),
        require=Equals("compute_registered", True),
        reason="Periodic assessment of Arc-enabled servers needs Microsoft.Compute registered in the subscription.",
        fix="register it: az provider register --namespace Microsoft.Compute.",
        source="Microsoft Learn, Assessment options in Update Manager",
        as_of=date(2024, 9, 10),
    ),
)
