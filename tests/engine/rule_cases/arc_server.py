"""Cases of the rules on Arc-enabled servers."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import NOT_HOTPATCHED, Cases, hotpatched_arc_server

_AZURE_EDITION = "Windows Server 2025 Datacenter: Azure Edition"

CASES: Final = {
    "arc-hotpatch-needs-server-2025": Cases(
        passes=hotpatched_arc_server(os_name="Microsoft Windows Server 2025 Standard"),
        violates=hotpatched_arc_server(os_name="Windows 11 Enterprise"),
        says=(
            "Hotpatching outside Azure is offered on Windows Server 2025 only; this server runs Windows 11 Enterprise."
        ),
        unknown=hotpatched_arc_server(os_name=UNKNOWN),
        misses="os_name",
        skipped=hotpatched_arc_server(os_name="Windows Server 2019 Datacenter", **NOT_HOTPATCHED),
    ),
    "arc-hotpatch-edition": Cases(
        passes=hotpatched_arc_server(os_edition="standard"),
        violates=hotpatched_arc_server(os_edition="Essentials"),
        says="Hotpatching outside Azure is offered on the Standard and Datacenter editions; this is Essentials.",
        unknown=hotpatched_arc_server(os_edition=UNKNOWN),
        misses="os_edition",
        skipped=hotpatched_arc_server(os_name=_AZURE_EDITION, os_edition="Azure"),
    ),
    "arc-hotpatch-not-for-azure-edition": Cases(
        passes=hotpatched_arc_server(),
        violates=hotpatched_arc_server(os_name=_AZURE_EDITION),
        says="Azure Edition is hotpatched without Arc; the licence on this server changes nothing.",
        unknown=hotpatched_arc_server(os_name=UNKNOWN),
        misses="os_name",
        skipped=hotpatched_arc_server(os_name=_AZURE_EDITION, **NOT_HOTPATCHED),
    ),
    "arc-hotpatch-build": Cases(
        passes=hotpatched_arc_server(os_build="26100.1742"),
        violates=hotpatched_arc_server(os_build="26100.1297"),
        says="Build 26100.1297 is older than 26100.1742, the first that can be hotpatched.",
        unknown=hotpatched_arc_server(os_build=UNKNOWN),
        misses="os_build",
        skipped=hotpatched_arc_server(os_build=None),
    ),
    "arc-hotpatch-secure-boot": Cases(
        passes=hotpatched_arc_server(),
        violates=hotpatched_arc_server(secure_boot=False),
        says="Hotpatching outside Azure needs UEFI with Secure Boot (Hyper-V: generation 2), and it is off.",
        unknown=hotpatched_arc_server(secure_boot=UNKNOWN),
        misses="secure_boot",
        skipped=hotpatched_arc_server(secure_boot=None),
    ),
    "arc-hotpatch-needs-vbs": Cases(
        passes=hotpatched_arc_server(),
        violates=hotpatched_arc_server(vbs_status=1),
        says=("Hotpatching outside Azure needs virtualization-based security running (status 2); its status is 1."),
        unknown=hotpatched_arc_server(vbs_status=UNKNOWN),
        misses="vbs_status",
        skipped=hotpatched_arc_server(vbs_status=None),
    ),
    "arc-hotpatch-licensed": Cases(
        passes=hotpatched_arc_server(hotpatch_subscription="Enabling"),
        violates=hotpatched_arc_server(hotpatch_subscription=None),
        says="The server's hotpatch switch is on, but its licence profile has Hotpatch not set.",
        unknown=hotpatched_arc_server(hotpatch_subscription=UNKNOWN),
        misses="hotpatch_subscription",
        skipped=hotpatched_arc_server(hotpatch_subscription=None, os_name=_AZURE_EDITION),
    ),
    "arc-hotpatch-held-back": Cases(
        passes=hotpatched_arc_server(enable_hotpatching=None),
        violates=hotpatched_arc_server(enable_hotpatching=False),
        says="The server is licensed for hotpatching, but its own switch is off: it gets none.",
        unknown=hotpatched_arc_server(enable_hotpatching=UNKNOWN),
        misses="enable_hotpatching",
        skipped=hotpatched_arc_server(**NOT_HOTPATCHED),
    ),
    "arc-hotpatch-status": Cases(
        passes=hotpatched_arc_server(hotpatch_status="PendingEvaluation"),
        violates=hotpatched_arc_server(hotpatch_status="ActionRequired"),
        says="The service reports hotpatching as ActionRequired, although it is asked for.",
        unknown=hotpatched_arc_server(hotpatch_status=UNKNOWN),
        misses="hotpatch_status",
        skipped=hotpatched_arc_server(hotpatch_status="Disabled", **NOT_HOTPATCHED),
    ),
    "arc-agent-version": Cases(
        passes=hotpatched_arc_server(agent_version="1.39"),
        violates=hotpatched_arc_server(agent_version="1.38.02628.1665"),
        says="Connected Machine agent 1.38.02628.1665 is older than 1.39, which patching needs.",
        unknown=hotpatched_arc_server(agent_version=UNKNOWN),
        misses="agent_version",
        skipped=hotpatched_arc_server(agent_version=None),
    ),
    "arc-connected": Cases(
        passes=hotpatched_arc_server(),
        violates=hotpatched_arc_server(status="Disconnected"),
        says="The server's agent is Disconnected: nothing can be assessed or installed.",
        unknown=hotpatched_arc_server(status=UNKNOWN),
        misses="status",
        skipped=hotpatched_arc_server(status=None),
    ),
    "arc-assessment-needs-compute": Cases(
        passes=hotpatched_arc_server(),
        violates=hotpatched_arc_server(compute_registered=False),
        says="Periodic assessment of Arc-enabled servers needs Microsoft.Compute registered in the subscription.",
        unknown=hotpatched_arc_server(compute_registered=UNKNOWN),
        misses="compute_registered",
        skipped=hotpatched_arc_server(compute_registered=False, assessment_mode="ImageDefault"),
    ),
}
