"""What a program declares of a rollout, as the facts that rules judge. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.judgement import Several
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.engine.rollout_facts import RolloutPlan
from pulumi_azure_hotpatch.engine.rollout_rings import Rings, deal, everyone

from .draft import Draft
from .installation_facts import request_facts
from .patch_installation import PatchInstallationInputs
from .patch_rollout import PatchRolloutInputs, Ring, may_fail

Inputs = Draft[PatchRolloutInputs]

MEMBERSHIP: Final = ("rings", "machine_ids", "exclude")
"""The inputs that say which machines a rollout is about."""
_REQUEST: Final = ("windows", "linux", "reboot_setting", "maximum_duration", "max_publish_date")


def needs_tags(inputs: PatchRolloutInputs) -> bool:
    """Whether the tags of machines decide about their rings."""
    return any(ring.tags for ring in inputs.rings)


def all_machines(inputs: PatchRolloutInputs) -> tuple[str, ...]:
    """Every machine that is named, once; what is excluded is left out."""
    return everyone(inputs.machine_ids, (ring.machine_ids for ring in inputs.rings), inputs.exclude)


def deal_out(inputs: PatchRolloutInputs, tags: Mapping[str, Mapping[str, str]]) -> Rings:
    """The machines of each ring, with the tags of machines by id in lower case; an excluded machine is in none."""
    machines = all_machines(inputs)
    kept = {each.casefold() for each in machines}
    dealt = deal([ring.membership for ring in inputs.rings], machines, tags)
    rings = {name: tuple(each for each in found if each.casefold() in kept) for name, found in dealt.members.items()}
    twice = {each: rings for each, rings in dealt.twice.items() if each.casefold() in kept}
    return Rings(rings, twice, dealt.nowhere)


def deal_seen(inputs: PatchRolloutInputs, tags: Mapping[str, Mapping[str, str]]) -> Rings | None:
    """As `deal_out`; None where tags decide and those of a machine were not seen."""
    if needs_tags(inputs) and any(each.casefold() not in tags for each in all_machines(inputs)):
        return None
    return deal_out(inputs, tags)


def plan_facts(inputs: Inputs, dealt: Rings | None, missing: Maybe[Sequence[str]]) -> RolloutPlan:
    """The plan as rules judge it.

    `dealt` is None where it is not known which machines the rings take; `missing` are machines that do not exist.
    """
    if inputs.rings is UNKNOWN:
        return RolloutPlan()
    return RolloutPlan.of(
        dealt,
        unclear=[ring.name for ring in inputs.rings if not ring.has_one_way_in],
        missing=missing,
        allowances={} if dealt is None else {ring.name: _allowance(inputs, ring, dealt) for ring in inputs.rings},
        deferred=[ring.name for ring in inputs.rings if ring.deferral_days],
        has_month=UNKNOWN if inputs.release_month is UNKNOWN else inputs.release_month is not None,
    )


def requests(inputs: Inputs, machines: Iterable[Machine]) -> Several:
    """What is asked of each machine as an installation, or of one of which nothing is known where there is none."""
    asked = Draft(PatchInstallationInputs, {name: getattr(inputs, name) for name in _REQUEST} | {"start_if_off": False})
    each = tuple(machines) or (Machine.unseen(UNKNOWN),)
    return Several(tuple(str(machine.id) for machine in each), tuple(request_facts(asked, machine) for machine in each))


def known_part(inputs: Inputs, names: Sequence[str]) -> PatchRolloutInputs:
    """Inputs of which these fields are known; the others are never looked at."""
    values: dict[str, Any] = {
        name: getattr(inputs, name) for name in PatchRolloutInputs.model_fields if inputs.known(name)
    }
    missing = [name for name in names if name not in values]
    assert not missing, missing
    return PatchRolloutInputs.model_construct(**values)


def _allowance(inputs: Inputs, ring: Ring, dealt: Rings) -> Maybe[int]:
    if ring.failure_budget is None and not inputs.known("failure_budget"):
        return UNKNOWN
    return may_fail(known_part(inputs, ("rings",)), ring, len(dealt.members[ring.name]))
