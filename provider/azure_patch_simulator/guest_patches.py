"""What can be installed on a machine: one update of Windows or one version of a Linux package."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

NEVER_REBOOTS = "NeverReboots"
CAN_REQUEST_REBOOT = "CanRequestReboot"
ALWAYS_REBOOTS = "AlwaysRequiresReboot"

CRITICAL = "Critical"
SECURITY = "Security"
UPDATE_ROLLUP = "UpdateRollUp"
FEATURE_PACK = "FeaturePack"
SERVICE_PACK = "ServicePack"
DEFINITION = "Definition"
TOOLS = "Tools"
UPDATES = "Updates"
OTHER = "Other"

# Members of availablePatchCountByClassification, in recorded order (azure-mgmt-hybridcompute 10).
COUNTED = (
    "security",
    "critical",
    "definition",
    "updateRollup",
    "featurePack",
    "servicePack",
    "tools",
    "updates",
    "other",
)


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch as Azure names it.

    ``kb`` is ``KB5066835``; on the wire it goes without the letters (recorded traffic). ``version`` is a Linux
    package's (Windows updates have none). ``reboot`` is an InstallationRebootBehavior: NeverReboots, CanRequestReboot
    or AlwaysRequiresReboot. ``published`` is aware. ``role`` is what it is to a guest: ``baseline``, ``lcu``, ``oob``,
    ``hotpatch``, ``dotnet``, ``definition`` or ``package``; it is never shown.
    """

    id: str
    name: str
    classifications: tuple[str, ...]
    published: datetime
    reboot: str
    kb: str | None = None
    version: str | None = None
    role: str = "package"

    @property
    def kb_digits(self) -> str | None:
        """The KB as answers show it: ``5066835``."""
        return None if self.kb is None else self.kb.removeprefix("KB")

    @property
    def is_urgent(self) -> bool:
        """Critical or security: what the platform installs by itself."""
        return CRITICAL in self.classifications or SECURITY in self.classifications

    @property
    def may_reboot(self) -> bool:
        """Whether installing it can need a restart."""
        return self.reboot != NEVER_REBOOTS


def count_by_classification(patches: Iterable[Patch]) -> dict[str, int]:
    """Return how many patches there are of each classification, by the names of ``COUNTED``."""
    counts: dict[str, int] = dict.fromkeys(map(str, COUNTED), 0)
    members = {name.lower(): name for name in COUNTED}
    for patch in patches:
        counts[members.get(patch.classifications[0].lower() if patch.classifications else "", "other")] += 1
    return counts
