"""Cases of the rules on the rings of a rollout."""

from __future__ import annotations

from typing import Any, Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rollout_facts import RolloutPlan

from .form import Cases


def _case(fact: str, says: str, *, misses: str | None = None, **wrong: Any) -> Cases:
    nothing: dict[str, Any] = {fact: None}
    return Cases(
        passes=RolloutPlan(**nothing),
        violates=RolloutPlan(**wrong),
        says=says,
        unknown=RolloutPlan(**{fact: UNKNOWN}),
        misses=misses or fact,
    )


CASES: Final = {
    "rollout-ring-one-way-in": _case(
        "unclear_ring",
        "Ring 'canary' names its machines in no way, or in more than one.",
        unclear_ring="canary",
        misses="rings",
    ),
    "rollout-machine-in-two-rings": _case(
        "in_two_rings",
        "A machine is claimed by two rings: web01 (canary and broad).",
        in_two_rings="web01 (canary and broad)",
        misses="rings",
    ),
    "rollout-machine-in-no-ring": _case(
        "in_no_ring", "No ring takes web01 and 2 more.", in_no_ring="web01 and 2 more", misses="rings"
    ),
    "rollout-empty-ring": _case(
        "empty_ring",
        "No machine is in ring 'canary', so that nothing is tried out there.",
        empty_ring="canary",
        misses="rings",
    ),
    "rollout-machine-unknown": _case(
        "missing",
        "Resource Graph does not know web01; what does not exist by then counts as failed.",
        missing="web01",
        misses="machine_ids",
    ),
    "rollout-first-ring-large": _case(
        "large_first_ring",
        "The first ring is 'all' with 9 of 10 machines; most are patched before anything is learnt from it.",
        large_first_ring="'all' with 9 of 10 machines",
        misses="rings",
    ),
    "rollout-budget-never-halts": _case(
        "generous_ring",
        "Every machine of ring 'canary' may fail, so that nothing ever halts the rollout there.",
        generous_ring="canary",
        misses="failure_budget",
    ),
    "rollout-deferral-needs-month": _case(
        "deferral_without_month",
        "Ring 'broad' waits for days after Patch Tuesday, and no month is given.",
        deferral_without_month="broad",
        misses="release_month",
    ),
}
