"""Who goes with which ring, as far as it is known: for a rollout, and for its preview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any, Final

from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rollout_facts import RolloutPlan
from pulumi_azure_hotpatch.engine.rollout_rings import Rings, deal, earliest_start
from pulumi_azure_hotpatch.engine.rules import Finding, judge_all, rules_for
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationInputs
from pulumi_azure_hotpatch.models.patch_rollout import (
    PatchRolloutInputs,
    PlannedRing,
    Ring,
    at_a_time,
    may_fail,
    soak_of,
)
from pulumi_azure_hotpatch.ports import Context

from .install_requests import request_facts
from .rollout_records import Member, find_lacking, find_members
from .rollout_words import counted, named
from .waiting import spell

Inputs = Draft[PatchRolloutInputs]

_MEMBERSHIP: Final = ("rings", "machine_ids", "exclude")
_PLANNED: Final = (
    *_MEMBERSHIP,
    "soak",
    "max_concurrent",
    "failure_budget",
    "release_month",
    "start_at",
    "time_zone",
)
_REQUEST: Final = ("windows", "linux", "reboot_setting", "maximum_duration", "max_publish_date")


@dataclass(frozen=True)
class Plan:
    """The rings with their machines, and what is known of the machines; `members` is None where nobody looked."""

    rings: Rings
    members: Mapping[str, Member] | None = None
    lacking: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def needs_tags(inputs: PatchRolloutInputs) -> bool:
    """Whether the tags of machines decide about their rings."""
    return any(ring.tags for ring in inputs.rings)


def all_machines(inputs: PatchRolloutInputs) -> list[str]:
    """Every machine that is named, once; what is excluded is left out."""
    excluded = {each.casefold() for each in inputs.exclude}
    found: dict[str, str] = {}
    for each in (*inputs.machine_ids, *(each for ring in inputs.rings for each in ring.machine_ids)):
        if each.casefold() not in excluded:
            found.setdefault(each.casefold(), each)
    return list(found.values())


def deal_out(inputs: PatchRolloutInputs, members: Mapping[str, Member] | None) -> Rings:
    """The machines of each ring, with the tags that were seen; an excluded machine is in none."""
    kept = {each.casefold() for each in all_machines(inputs)}
    tags = {key: member.tags for key, member in (members or {}).items()}
    dealt = deal([ring.membership for ring in inputs.rings], all_machines(inputs), tags)
    rings = {name: tuple(each for each in found if each.casefold() in kept) for name, found in dealt.members.items()}
    twice = {each: rings for each, rings in dealt.twice.items() if each.casefold() in kept}
    return Rings(rings, twice, dealt.nowhere)


def look(ctx: Context, inputs: Inputs) -> Plan | None:
    """What a preview knows of the rings; None where it cannot know. Never fails for what Azure does not answer."""
    if not inputs.known(*_MEMBERSHIP):
        return None
    found: Plan | None = ctx.once("rollout plan", lambda: _look(ctx, _known(inputs, _MEMBERSHIP)))
    return found


def _look(ctx: Context, inputs: PatchRolloutInputs) -> Plan | None:
    members: Mapping[str, Member] | None = None
    lacking: Mapping[str, Mapping[str, int]] = {}
    if ctx.may_read:
        machines = all_machines(inputs)
        try:
            members = find_members(ctx, machines)
            lacking = find_lacking(ctx, machines)
        except (ArmError, ConfigurationError) as error:
            ctx.advise(f"the machines are not known in this preview: {error}")
    if members is None and needs_tags(inputs):
        return None
    return Plan(deal_out(inputs, members), members, lacking)


def plan_facts(inputs: Inputs, plan: Plan | None) -> RolloutPlan:
    """The plan as rules judge it."""
    if plan is None:
        return RolloutPlan()
    return RolloutPlan.of(
        plan.rings,
        unclear=[ring.name for ring in inputs.rings if not ring.has_one_way_in],
        missing=UNKNOWN if plan.members is None else _missing(plan),
        allowances=_allowances(inputs, plan.rings),
        deferred=[ring.name for ring in inputs.rings if ring.deferral_days],
        has_month=inputs.release_month is not None,
    )


def judge_machines(ctx: Context, inputs: Inputs, plan: Plan | None) -> Iterator[Finding]:
    """What the rules on installations find, each once: for the first machine it is found on, with how many more."""
    machines = [member.facts for member in plan.members.values()] if plan is not None and plan.members else []
    machines = machines or [Machine.unseen(UNKNOWN)]
    request = Draft(
        PatchInstallationInputs, {name: getattr(inputs, name) for name in _REQUEST} | {"start_if_off": False}
    )
    facts = [request_facts(request, machine) for machine in machines]
    found: dict[tuple[str, str], list[tuple[Machine, Finding]]] = {}
    for machine, findings in zip(
        machines, judge_all(rules_for("installation"), facts, relaxed=ctx.settings.relaxed), strict=True
    ):
        for finding in findings:
            if finding.verdict != "pass":
                found.setdefault((finding.rule, finding.verdict), []).append((machine, finding))
    for each in found.values():
        yield _collapsed([machine for machine, _ in each], each[0][1], len(machines))


def planned(inputs: Inputs, plan: Plan | None) -> tuple[PlannedRing, ...] | None:
    """The rings as a preview shows them; None where something of it is not known yet."""
    if plan is None or not inputs.known(*_PLANNED):
        return None
    known = _known(inputs, _PLANNED)
    rings = []
    for at, ring in enumerate(known.rings):
        machines = plan.rings.members[ring.name]
        rings.append(
            PlannedRing(
                ring=ring.name,
                machines=len(machines),
                named=tuple(ResourceId.parse(each).name for each in machines[:5]),
                starts=_starts(known, at),
                soak=spell(soak_of(known, ring)) if at + 1 < len(known.rings) else "none, it is the last",
                at_a_time=at_a_time(known, ring),
                may_fail=may_fail(known, ring, len(machines)),
                lacks=_lacks(plan, machines),
            )
        )
    return tuple(rings)


def batches(inputs: PatchRolloutInputs, rings: Rings) -> int:
    """How many installations follow one another at the most, if every machine takes its time."""
    return sum(ceil(len(rings.members[ring.name]) / at_a_time(inputs, ring)) for ring in inputs.rings)


def _starts(inputs: PatchRolloutInputs, at: int) -> str:
    ring, after = inputs.rings[at], f"after ring '{inputs.rings[at - 1].name}'" if at else ""
    if inputs.release_month is None:
        return after or "at once"
    start = earliest_start(inputs.release_month, ring.deferral_days, inputs.start_at, inputs.time_zone)
    days = counted(ring.deferral_days, "day", "days")
    day = f"{start:%Y-%m-%d %H:%M} {inputs.time_zone} ({days} after Patch Tuesday of {inputs.release_month})"
    return f"{day} at the earliest" + (f", and {after}" if after else "")


def _lacks(plan: Plan, machines: tuple[str, ...]) -> dict[str, int] | None:
    known = [plan.lacking[each.casefold()] for each in machines if each.casefold() in plan.lacking]
    if not known:
        return None
    total: dict[str, int] = {}
    for counts in known:
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return {name: count for name, count in sorted(total.items()) if count}


def _missing(plan: Plan) -> list[str]:
    members = plan.members or {}
    everyone = (*(each for found in plan.rings.members.values() for each in found), *plan.rings.nowhere)
    return [each for each in everyone if each.casefold() not in members]


def _allowances(inputs: Inputs, rings: Rings) -> dict[str, int]:
    def allowed(ring: Ring) -> int:
        if ring.failure_budget is None and inputs.failure_budget is UNKNOWN:
            return 0
        return may_fail(_known(inputs, ("rings", "failure_budget")), ring, len(rings.members[ring.name]))

    return {ring.name: allowed(ring) for ring in inputs.rings}


def _collapsed(machines: list[Machine], finding: Finding, total: int) -> Finding:
    """A finding about machines of which the first is named; one about all of them is about the request."""
    if total == 1 or len(machines) == total:
        return finding
    known = [str(each.id) for each in machines if each.id is not UNKNOWN]
    return replace(finding, reason=f"On {counted(len(machines))} ({named(known)}): {finding.reason}")


def _known(inputs: Inputs, names: tuple[str, ...]) -> PatchRolloutInputs:
    """Inputs of which these fields are known; the others are never looked at."""
    values: dict[str, Any] = {
        name: getattr(inputs, name) for name in PatchRolloutInputs.model_fields if inputs.known(name)
    }
    missing = [name for name in names if name not in values]
    assert not missing, missing
    return PatchRolloutInputs.model_construct(**values)
