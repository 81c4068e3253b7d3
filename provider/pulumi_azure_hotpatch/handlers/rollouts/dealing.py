"""Machines that need no ring: something was done with them already, or they are gone, and they stay where they are."""

from __future__ import annotations

from collections.abc import Callable, Container

from pulumi_azure_hotpatch.engine.rollout_rings import Rings, called_now
from pulumi_azure_hotpatch.errors import Refused
from pulumi_azure_hotpatch.models.patch_rollout import PatchRolloutInputs, PatchRolloutState, RolloutMachine
from pulumi_azure_hotpatch.models.rollout_facts import all_machines, deal_out, needs_tags
from pulumi_azure_hotpatch.ports import Context

from .records import find_members, tags_of
from .words import named

Found = Callable[[list[str]], Container[str]]


def dealt(ctx: Context, inputs: PatchRolloutInputs, state: PatchRolloutState | None) -> Rings:
    """The machines of each ring; `state` is of the rollout that goes on, None at the beginning of one.

    Raises Refused for machines that nothing was done with and that no ring, or more than one, takes.
    """
    members = find_members(ctx, all_machines(inputs)) if needs_tags(inputs) else None
    found = deal_out(inputs, tags_of(members or {}))
    if state is not None:
        found = with_settled(
            found, inputs, state, lambda unclear: find_members(ctx, unclear) if members is None else members
        )
    if found.twice:
        raise Refused(f"{ctx.label}: two rings claim {named(found.twice)}; let only one do so")
    if found.nowhere:
        raise Refused(f"{ctx.label}: no ring takes {named(found.nowhere)}; make one ring the rest, or exclude them")
    return found


def with_settled(found: Rings, inputs: PatchRolloutInputs, state: PatchRolloutState, there: Found) -> Rings:
    """The rings with the machines that need none any more where they were.

    Patched ones are done, whatever has become of them and of their tags; one that was not, and is gone, fails in its
    ring. `there` gives the ids in lower case of those of some machines that exist.
    """
    names = called_now([ring.membership for ring in state.rings], [ring.membership for ring in inputs.rings])
    known = {each.machine_id.casefold(): each for each in state.machines}
    unclear = [each for each in found.nowhere if each.casefold() in known]
    begun = [each for each in unclear if _is_begun(known[each.casefold()])]
    others = [each for each in unclear if each not in begun]
    exist = there(others) if others else ()
    members = {name: [*machines] for name, machines in found.members.items()}
    nowhere = []
    for machine in found.nowhere:
        if machine in begun or (machine in others and machine.casefold() not in exist):
            # Where its ring is declared no more, in one that is over no later than any other.
            members[names.get(known[machine.casefold()].ring, inputs.rings[0].name)].append(machine)
        else:
            nowhere.append(machine)
    twice = {
        machine: claims
        for machine, claims in found.twice.items()
        if machine.casefold() not in known or not _is_begun(known[machine.casefold()])
    }
    ordered = {name: tuple(sorted(machines, key=str.casefold)) for name, machines in members.items()}
    return Rings(ordered, twice, tuple(nowhere))


def _is_begun(machine: RolloutMachine) -> bool:
    """Whether an installation was asked for; what failed before that is tried again."""
    return machine.phase in ("asked", "installing", "succeeded", "excluded") or machine.activity_id is not None
