"""Cases of the rules on what a program declares of an installation on demand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases, arc_server, installation, linux_vm

CASES: Final = {
    "install-publish-date-on-windows": Cases(
        passes=installation(linux_vm()),
        violates=installation(linux_vm(), max_publish_date=datetime(2026, 11, 1, tzinfo=UTC)),
        says="The service takes a latest publication date for Windows updates only, not for Linux packages.",
        unknown=installation(linux_vm(), max_publish_date=UNKNOWN),
        misses="max_publish_date",
        skipped=installation(max_publish_date=datetime(2026, 11, 1, tzinfo=UTC)),
    ),
    "install-start-needs-azure-vm": Cases(
        passes=installation(arc_server(), starts_machine=False),
        violates=installation(arc_server(), starts_machine=True),
        says="Azure cannot start or stop an Arc-enabled server.",
        unknown=installation(arc_server(), starts_machine=UNKNOWN),
        misses="start_if_off",
        skipped=installation(starts_machine=True),
    ),
}
