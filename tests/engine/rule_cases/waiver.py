"""Cases of the rules about waivers."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.waivers import Waiver, WaiverUse

from .form import Cases

WAIVER: Final = Waiver(
    rule="hotpatch-forbids-bypass",
    resource="*/virtualMachines/sql01",
    reason="Moves to the new image in January.",
    owner="database team",
    until=date(2027, 1, 31),
)

CASES: Final = {
    "waiver-expired": Cases(
        passes=WaiverUse(WAIVER, is_expired=False),
        violates=WaiverUse(WAIVER, is_expired=True),
        says=(
            "The waiver of hotpatch-forbids-bypass for */virtualMachines/sql01, for which database team answers, ended"
            " on 2027-01-31."
        ),
        unknown=WaiverUse(WAIVER, is_expired=UNKNOWN),
        misses="until",
    ),
    "waiver-unused": Cases(
        passes=WaiverUse(WAIVER, is_expired=False, is_used=True),
        violates=WaiverUse(WAIVER, is_expired=False, is_used=False),
        says="No finding of hotpatch-forbids-bypass is about */virtualMachines/sql01.",
        unknown=WaiverUse(WAIVER, is_expired=False, is_used=UNKNOWN),
        misses="resource",
        skipped=WaiverUse(WAIVER, is_expired=True, is_used=False),
    ),
}
