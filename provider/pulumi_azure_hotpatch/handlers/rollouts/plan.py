"""Who goes with which ring, as far as it is known: for a rollout, and for its preview."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Final

from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.judgement import judge_several
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.engine.rollout_rings import Rings, called_now
from pulumi_azure_hotpatch.engine.rollout_starts import start_in_words
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rules_for
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError
from pulumi_azure_hotpatch.handlers.waiting import spell
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.patch_rollout import (
    REQUEST,
    PatchRolloutInputs,
    PatchRolloutState,
    PlannedRing,
    asks_for_the_same,
    at_a_time,
    may_fail,
    soak_of,
)
from pulumi_azure_hotpatch.models.rollout_facts import (
    MEMBERSHIP,
    all_machines,
    deal_seen,
    known_part,
    plan_facts,
    requests,
)
from pulumi_azure_hotpatch.ports import Context

from .dealing import with_settled
from .records import Member, find_lacking, find_members, tags_of

Inputs = Draft[PatchRolloutInputs]

_PLANNED: Final = (
    *MEMBERSHIP,
    "soak",
    "max_concurrent",
    "failure_budget",
    "release_month",
    "start_at",
    "time_zone",
)

_LATE: Final = "; with the ring under way, where a later one already is"
_OF_MACHINES: Final = ("rollout-machine-in-two-rings", "rollout-machine-in-no-ring")


@dataclass(frozen=True)
class Plan:
    """The rings with their machines, and what is known of the machines; `members` is None where nobody looked."""

    rings: Rings
    members: Mapping[str, Member] | None = None
    lacking: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def among(self, machines: Sequence[str]) -> Container[str]:
        """The ids in lower case of those that exist, all of them where nobody looked."""
        return {each.casefold() for each in machines} if self.members is None else self.members


def look(ctx: Context, inputs: Inputs) -> Plan | None:
    """What a preview knows of the rings; None where it cannot know. Never fails for what Azure does not answer."""
    if not inputs.known(*MEMBERSHIP):
        return None
    found: Plan | None = ctx.once("rollout plan", lambda: _look(ctx, known_part(inputs, MEMBERSHIP)))
    return found


def _look(ctx: Context, inputs: PatchRolloutInputs) -> Plan | None:
    members: Mapping[str, Member] | None = None
    lacking: Mapping[str, Mapping[str, int]] = {}
    machines = all_machines(inputs)
    if ctx.may_read:
        try:
            members = find_members(ctx, machines)
            lacking = find_lacking(ctx, machines)
        except (ArmError, ConfigurationError) as error:
            ctx.advise(f"the machines are not known in this preview: {error}")
    # What does not exist has no tags.
    seen = {} if members is None else {each.casefold(): {} for each in machines} | tags_of(members)
    rings = deal_seen(inputs, seen)
    return None if rings is None else Plan(rings, members, lacking)


def judge_plan(ctx: Context, inputs: Inputs, plan: Plan | None) -> Iterator[Finding]:
    """What is wrong with the rings, then what the rules on installations find: each once for all machines."""
    state, rings = _going_on(ctx, inputs), None if plan is None else plan.rings
    if state is not None and plan is not None and rings is not None:
        rings = with_settled(rings, known_part(inputs, MEMBERSHIP), state, plan.among)
    facts = plan_facts(inputs, rings, _missing(plan))
    for finding in judge(rules_for("rollout"), facts, relaxed=ctx.settings.relaxed):
        # Without what has been done nobody can tell whether the machine still needs a ring: the update does.
        is_open = state is not None and state.begun_at is None and finding.rule in _OF_MACHINES
        yield replace(finding, severity="warning") if is_open and finding.is_error else finding
    asked = requests(inputs, _machines(inputs, plan))
    yield from judge_several(rules_for("installation"), asked, relaxed=ctx.settings.relaxed)


def planned(ctx: Context, inputs: Inputs, plan: Plan | None) -> tuple[PlannedRing, ...] | None:
    """The rings as a preview shows them; None where something of it is not known yet."""
    if plan is None or not inputs.known(*_PLANNED):
        return None
    known = known_part(inputs, _PLANNED)
    rings, late = [], _late(known, _going_on(ctx, inputs))
    for at, ring in enumerate(known.rings):
        machines = plan.rings.members[ring.name]
        rings.append(
            PlannedRing(
                ring=ring.name,
                machines=len(machines),
                named=tuple(ResourceId.parse(each).name for each in machines[:5]),
                starts=_starts(known, at) + (_LATE if ring.name in late else ""),
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


def _going_on(ctx: Context, inputs: Inputs) -> PatchRolloutState | None:
    """What is stored of the rollout if the declaration is of the same one, as far as that is known."""
    state = ctx.earlier
    if not isinstance(state, PatchRolloutState) or not inputs.known("rings"):
        return None
    known = [name for name in REQUEST if inputs.known(name)]
    return state if asks_for_the_same(state, known_part(inputs, known), known) else None


def _late(inputs: PatchRolloutInputs, state: PatchRolloutState | None) -> set[str]:
    """The rings that were put before others of a rollout that exists: a later one may be under way."""
    if state is None:
        return set()
    names = called_now([ring.membership for ring in state.rings], [ring.membership for ring in inputs.rings])
    told = {names.get(each.ring) for each in state.plan or () if each.starts.endswith(_LATE)}
    old = [at for at, ring in enumerate(inputs.rings) if ring.name in names.values() and ring.name not in told]
    return {ring.name for at, ring in enumerate(inputs.rings) if at not in old and old and at < old[-1]}


def _starts(inputs: PatchRolloutInputs, at: int) -> str:
    ring, before = inputs.rings[at], inputs.rings[at - 1].name if at else None
    return start_in_words(inputs.release_month, ring.deferral_days, inputs.start_at, inputs.time_zone, after=before)


def _lacks(plan: Plan, machines: tuple[str, ...]) -> dict[str, int] | None:
    known = [plan.lacking[each.casefold()] for each in machines if each.casefold() in plan.lacking]
    if not known:
        return None
    total: dict[str, int] = {}
    for counts in known:
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return {name: count for name, count in sorted(total.items()) if count}


def _missing(plan: Plan | None) -> Maybe[list[str]]:
    if plan is None:
        return UNKNOWN
    everyone = (*(each for found in plan.rings.members.values() for each in found), *plan.rings.nowhere)
    if plan.members is None and everyone:
        return UNKNOWN
    return [each for each in everyone if each.casefold() not in (plan.members or {})]


def _machines(inputs: Inputs, plan: Plan | None) -> list[Machine]:
    """Those that were found; while none was, what their ids say of them."""
    if plan is not None and plan.members:
        return [member.facts for member in plan.members.values()]
    if not inputs.known(*MEMBERSHIP):
        return []
    return [Machine.unseen(each) for each in all_machines(known_part(inputs, MEMBERSHIP))]
