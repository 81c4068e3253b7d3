"""Rules about waivers: what somebody answers for ends, and is needed."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import Equals

from .model import Rule

_OURS: Final = "This package's contract: what is waived has an owner and an end"

WAIVER_RULES: Final = (
    Rule(
        id="waiver-expired",
        subject="waiver",
        severity="error",
        title="The waiver's last day is not over",
        field="waiver.until",
        require=Equals("is_expired", False),
        reason=(
            "The waiver of {waiver.rule} for {waiver.resource}, for which {waiver.owner} answers, ended on"
            " {waiver.until}."
        ),
        fix="mend the finding and remove the waiver, or have a later date reviewed.",
        source=_OURS,
        as_of=date(2026, 11, 22),
    ),
    Rule(
        id="waiver-unused",
        subject="waiver",
        severity="info",
        title="A finding needs the waiver",
        field="waiver.resource",
        applies_to=Equals("is_expired", False),
        require=Equals("is_used", True),
        reason="No finding of {waiver.rule} is about {waiver.resource}.",
        fix="remove the waiver, or correct its pattern.",
        source=_OURS,
        as_of=date(2026, 11, 22),
    ),
)
