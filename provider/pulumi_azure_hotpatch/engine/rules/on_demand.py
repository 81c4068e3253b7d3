"""Rules on what a program declares of an installation beyond what the service's request holds."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import Equals

from .model import Rule

ON_DEMAND_RULES: Final = (
    Rule(
        id="install-publish-date-on-windows",
        subject="installation",
        severity="error",
        title="A latest publication date is given for Windows only",
        field="max_publish_date",
        applies_to=Equals("machine.os_type", "Linux"),
        require=Equals("max_publish_date", None),
        reason="The service takes a latest publication date for Windows updates only, not for Linux packages.",
        fix="leave max_publish_date out, or name packages with their versions.",
        source="azure-mgmt-compute 39.0.0, WindowsParameters and LinuxParameters",
        as_of=date(2026, 8, 1),
    ),
    Rule(
        id="install-start-needs-azure-vm",
        subject="installation",
        severity="error",
        title="Only Azure VMs are started for an installation",
        field="starts_machine",
        applies_to=Equals("machine.is_arc", True),
        require=Equals("starts_machine", False),
        reason="Azure cannot start or stop an Arc-enabled server.",
        fix="leave start_if_off out, and have the server running when it is to be patched.",
        source="azure-mgmt-hybridcompute 10.0.0, MachinesOperations (no start, no stop)",
        as_of=date(2026, 8, 1),
    ),
)
