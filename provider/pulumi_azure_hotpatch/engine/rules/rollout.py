"""Rules on the rings of a rollout."""

from __future__ import annotations

from datetime import date
from typing import Final

from pulumi_azure_hotpatch.engine.logic import Equals

from .model import Rule

_OURS = "This package's contract: every machine goes with one ring"
_AS_OF = date(2026, 11, 22)

ROLLOUT_RULES: Final = (
    Rule(
        id="rollout-ring-one-way-in",
        subject="rollout",
        severity="error",
        title="A ring says in one way which machines it takes",
        field="unclear_ring",
        require=Equals("unclear_ring", None),
        reason="Ring '{unclear_ring}' names its machines in no way, or in more than one.",
        fix="give exactly one of machine_ids, tags, percent and rest.",
        source=_OURS,
        as_of=_AS_OF,
    ),
    Rule(
        id="rollout-machine-in-two-rings",
        subject="rollout",
        severity="error",
        title="No machine is in two rings",
        field="in_two_rings",
        require=Equals("in_two_rings", None),
        reason="A machine is claimed by two rings: {in_two_rings}.",
        fix="name it in one ring, and give tags that only one ring asks for.",
        source=_OURS,
        as_of=_AS_OF,
    ),
    Rule(
        id="rollout-machine-in-no-ring",
        subject="rollout",
        severity="error",
        title="Every machine is in a ring",
        field="in_no_ring",
        require=Equals("in_no_ring", None),
        reason="No ring takes {in_no_ring}.",
        fix="let percentages reach 100, make one ring the rest, or exclude the machine.",
        source=_OURS,
        as_of=_AS_OF,
    ),
    Rule(
        id="rollout-empty-ring",
        subject="rollout",
        severity="warning",
        title="No ring is empty",
        field="empty_ring",
        require=Equals("empty_ring", None),
        reason="No machine is in ring '{empty_ring}', so that nothing is tried out there.",
        fix="correct its tags or its percentage, or leave the ring out.",
        source=_OURS,
        as_of=_AS_OF,
    ),
    Rule(
        id="rollout-machine-unknown",
        subject="rollout",
        severity="warning",
        title="Resource Graph knows every machine",
        field="missing",
        require=Equals("missing", None),
        reason="Resource Graph does not know {missing}; what does not exist by then counts as failed.",
        fix="correct the id, or let the rollout depend on the machine.",
        source=_OURS,
        as_of=_AS_OF,
    ),
    Rule(
        id="rollout-first-ring-large",
        subject="rollout",
        severity="warning",
        title="The first ring is the smaller part",
        field="large_first_ring",
        require=Equals("large_first_ring", None),
        reason="The first ring is {large_first_ring}; most are patched before anything is learnt from it.",
        fix="begin with a small ring of machines that can be done without.",
        source="This package's contract: rings are there to learn from; half of all machines is our threshold",
        as_of=_AS_OF,
    ),
    Rule(
        id="rollout-budget-never-halts",
        subject="rollout",
        severity="warning",
        title="The failure budget can be exceeded",
        field="generous_ring",
        require=Equals("generous_ring", None),
        reason="Every machine of ring '{generous_ring}' may fail, so that nothing ever halts the rollout there.",
        fix="lower failure_budget.",
        source="This package's contract: a budget is what makes a rollout halt",
        as_of=_AS_OF,
    ),
    Rule(
        id="rollout-deferral-needs-month",
        subject="rollout",
        severity="error",
        title="A deferral counts from a month's Patch Tuesday",
        field="deferral_without_month",
        require=Equals("deferral_without_month", None),
        reason="Ring '{deferral_without_month}' waits for days after Patch Tuesday, and no month is given.",
        fix="give release_month, such as '2026-12'.",
        source="This package's contract: a preview does not depend on the day it is made",
        as_of=_AS_OF,
    ),
)
