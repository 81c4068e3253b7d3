"""Judging the machines of a fleet by the rules for one, and saying each thing once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.facts import VIRTUAL_MACHINES, Assignment, Machine
from pulumi_azure_hotpatch.engine.outcome import either_way, outcome
from pulumi_azure_hotpatch.engine.provisos import Given
from pulumi_azure_hotpatch.engine.rules import Finding, rules_for
from pulumi_azure_hotpatch.engine.rules.model import judge_all
from pulumi_azure_hotpatch.handlers.restoring import settings_in
from pulumi_azure_hotpatch.ids import ResourceId

from .records import few


def judge_machines(
    machines: Sequence[Machine], wanted: Mapping[str, object], relaxed: frozenset[str]
) -> Iterator[Finding]:
    """What the rules of machines find about what is declared, one line for all machines that it is true of."""

    def concerns_us(finding: Finding) -> bool:
        # What is wrong with settings that this declaration has no part in is somebody else's to mend.
        mentioned = settings_in(finding)
        return bool(mentioned & wanted.keys()) or (not mentioned and finding.severity == "error")

    yield from _together(machines, judge_all(rules_for("machine"), machines, relaxed=relaxed), concerns_us)


def judge_assignments(machines: Sequence[Machine], schedule_id: str, relaxed: frozenset[str]) -> Iterator[Finding]:
    """What the rules of assignments find about giving the machines that schedule."""
    kind = ResourceId.parse(schedule_id).type
    facts = [Assignment(machine=one, machine_type=VIRTUAL_MACHINES, schedule_type=kind) for one in machines]
    yield from _together(machines, judge_all(rules_for("assignment"), facts, relaxed=relaxed), lambda _: True)


def _together(
    machines: Sequence[Machine], judged: Iterable[tuple[Finding, ...]], wanted: Callable[[Finding], bool]
) -> Iterator[Finding]:
    found: defaultdict[tuple[str, str, str], list[tuple[Machine, Finding]]] = defaultdict(list)
    for machine, findings in zip(machines, judged, strict=True):
        for finding in findings:
            if finding.verdict != "pass" and wanted(finding):
                found[finding.rule, finding.verdict, finding.severity].append((machine, finding))
    for alike in found.values():
        (first, finding), whom = alike[0], _whom([machine for machine, _ in alike])
        if any(other.reason != finding.reason for _, other in alike):
            # What is said of the first one is not true of all of them, word by word.
            whom = f"{whom}; of {_whom([first])}"
        yield replace(finding, reason=f"{whom}: {finding.reason}")


def _whom(machines: Sequence[Machine]) -> str:
    """What to call machines: of one that was not seen only the id is known; one without stands for the whole fleet."""
    ids = [machine.id for machine in machines if isinstance(machine.id, str)]
    if len(ids) < len(machines):
        return "Its machines"
    names = few(map(ResourceId.parse, ids))
    return f"VM '{names}'" if len(ids) == 1 else f"{counted(len(ids))} ({names})"


@dataclass
class Sentences:
    """What will happen to machines, in words; worked out once for machines that are alike."""

    schedule_id: str | None
    relaxed: frozenset[str]
    known: dict[Machine, str] = field(default_factory=dict)

    def of(self, machine: Machine) -> str:
        """The sentence for a machine with the settings that it will have."""
        alike = replace(machine, id="", name="", zone=None, availability_set_id=None)
        try:
            found = self.known.get(alike)
        except TypeError:
            # A malformed body can hold a list where a text belongs.
            return self._say(alike)
        if found is None:
            found = self.known[alike] = self._say(alike)
        return found

    def counted(self, machines: Iterable[Machine]) -> tuple[str, ...]:
        """One line for each sentence, with the number of its machines."""
        return count_sentences(self.of(machine) for machine in machines)

    def _say(self, machine: Machine) -> str:
        if self.schedule_id is None:
            return either_way(machine, self.relaxed)
        name = ResourceId.parse(self.schedule_id).name
        return str(outcome(machine, (Given(name),), relaxed=self.relaxed, with_findings=False))


def count_sentences(sentences: Iterable[str]) -> tuple[str, ...]:
    """`940 machines: …`, the most frequent first."""
    alike = sorted(Counter(sentences).items(), key=lambda item: (-item[1], item[0]))
    return tuple(f"{counted(number)}: {sentence}" for sentence, number in alike)
