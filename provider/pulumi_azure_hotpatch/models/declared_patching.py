"""What is to be judged of the installations and rollouts that a stack declares. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from pulumi_azure_hotpatch.engine.arc import power_state_of
from pulumi_azure_hotpatch.engine.declared import INSTALLATION, ROLLOUT, Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.declared_rollout import tags_shown
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, VIRTUAL_MACHINES, Machine
from pulumi_azure_hotpatch.engine.judgement import Case
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.engine.rollout_rings import Rings
from pulumi_azure_hotpatch.engine.rules import rules_for
from pulumi_azure_hotpatch.errors import InvalidInput

from .base import Inputs
from .draft import Draft
from .drafts import aliases, draft
from .installation_facts import request_facts
from .patch_installation import PatchInstallationInputs
from .patch_rollout import PatchRolloutInputs
from .rollout_facts import MEMBERSHIP, all_machines, deal_seen, known_part, plan_facts, requests

InputsT = TypeVar("InputsT", bound=Inputs)
Tags = Mapping[str, Maybe[Mapping[str, str]]]

ROLLOUT_TYPE: Final = "rollout"
"""The type of what a finding about a rollout is about: it has no ARM type."""


def patching_cases(stack: Stack, estate: Estate, bodies: Iterable[object] = ()) -> Iterator[Case]:
    """The cases of all installations and rollouts of a stack.

    `estate` is what the stack makes of the ARM bodies `bodies`; what those do not show of a machine is not known.
    Raises InvalidInput for values that the resource itself refuses.
    """
    installations, rollouts = stack.of_kind(INSTALLATION), stack.of_kind(ROLLOUT)
    if not installations and not rollouts:
        return
    machines = _Machines(estate)
    for one in installations:
        machine = machines.find(stack.label_of(one), one.text("machineId") or UNKNOWN)
        kind = ARC_MACHINES if machine.is_arc is True else VIRTUAL_MACHINES
        facts = request_facts(_inputs(PatchInstallationInputs, one), machine)
        yield Case(one.urn, kind, facts, rules_for("installation"))
    tags = tags_shown((*bodies, *stack.bodies())) if rollouts else {}
    for one in rollouts:
        yield from _rollout(one, machines, tags)


def _rollout(one: Declared, machines: _Machines, tags: Tags) -> Iterator[Case]:
    inputs = _inputs(PatchRolloutInputs, one)
    dealt: Rings | None = None
    missing: Maybe[Sequence[str]] = UNKNOWN
    everyone: tuple[str, ...] = ()
    if inputs.known(*MEMBERSHIP):
        known = known_part(inputs, MEMBERSHIP)
        everyone = all_machines(known)
        # What is not shown may be there all the same, with tags that nobody has seen.
        missing = () if all(each.casefold() in tags for each in everyone) else UNKNOWN
        seen = {each.casefold(): found for each in everyone if (found := tags.get(each.casefold(), UNKNOWN)) != UNKNOWN}
        dealt = deal_seen(known, seen)
    yield Case(one.urn, ROLLOUT_TYPE, plan_facts(inputs, dealt, missing), rules_for("rollout"))
    asked = requests(inputs, [machines.find(each, each) for each in everyone])
    yield Case(one.urn, ROLLOUT_TYPE, asked, rules_for("installation"))


class _Machines:
    """The machines of an estate, by what findings call them."""

    def __init__(self, estate: Estate) -> None:
        self._machines = {entry.resource.casefold(): entry.facts for entry in estate.machines}
        self._servers = {entry.resource.casefold(): entry.facts for entry in estate.arc_servers}

    def find(self, label: str, otherwise: Maybe[str]) -> Machine:
        """The machine as far as it is shown; `otherwise` is the id of one that is not."""
        key = label.casefold()
        machine = self._machines.get(key) or Machine.unseen(otherwise)
        server = self._servers.get(key)
        return machine if server is None else replace(machine, power_state=power_state_of(server.status))


def _inputs(model: type[InputsT], one: Declared) -> Draft[InputsT]:
    """What is known of its inputs. Raises InvalidInput that says everything that is wrong with them."""
    # A plan file has the outputs among the inputs.
    values = {key: value for key, value in one.inputs.items() if value is not None and key in aliases(model)}
    inputs, wrong = draft(model, values)
    if wrong:
        reasons = "; ".join(f"{failure.property}: {failure.reason}" for failure in wrong)
        raise InvalidInput(f"{one.kind} '{one.urn.rpartition('::')[2]}': {reasons}")
    return inputs
