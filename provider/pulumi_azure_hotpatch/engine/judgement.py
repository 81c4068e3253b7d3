"""Every rule's answer about everything in an estate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, tee
from typing import TYPE_CHECKING, Any, Final

from .counting import counted
from .estate import Entry, Estate
from .facts import ARC_MACHINES
from .rules import Finding, Rule, judge_all, rules_for
from .rules.model import CURRENT, Era

if TYPE_CHECKING:
    from .waivers import Waiver


@dataclass(frozen=True, slots=True)
class Case:
    """Facts about a resource, and the rules that judge them."""

    resource: str
    type: str
    facts: object
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Several:
    """Facts about several machines, as a case's facts: what is found is told once, with the machines it is found on."""

    names: tuple[str, ...]
    facts: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding, and the resource it is about: an ARM id where there is one, else a URN.

    `waived` is the waiver that covers a failure, where `waive` found one.
    """

    resource: str
    type: str
    finding: Finding
    waived: Waiver | None = None

    @property
    def counts_as_error(self) -> bool:
        """Whether this ends a command with a failure: an error that nobody waived."""
        return self.finding.is_error and self.waived is None

    def as_json(self) -> dict[str, Any]:
        """`{resource, type, rule, verdict, severity, field, arm_path, reason, fix, source, as_of, waived}`."""
        found = self.finding
        return {
            "resource": self.resource,
            "type": self.type,
            "rule": found.rule,
            "verdict": found.verdict,
            "severity": found.severity,
            "field": found.field,
            "arm_path": found.arm_path,
            "reason": found.reason,
            "fix": found.fix,
            "source": found.source,
            "as_of": found.as_of.isoformat(),
            "waived": None if self.waived is None else self.waived.as_json(),
        }


def cases(estate: Estate, era: Era = CURRENT) -> Iterator[Case]:
    """What is to be judged, kind by kind. An Arc-enabled server has rules of its own instead of those for VMs."""
    virtual = (*(entry for entry in estate.machines if entry.type != ARC_MACHINES), *estate.unnamed)
    kinds: tuple[tuple[Iterable[Entry[Any]], tuple[Rule, ...]], ...] = (
        (virtual, rules_for("machine", era)),
        (estate.arc_servers, rules_for("arc_server", era)),
        (estate.scale_sets, rules_for("scale_set", era)),
        (estate.schedules, rules_for("schedule", era)),
        (estate.assignments, rules_for("assignment", era)),
        (estate.dynamic_scopes, rules_for("dynamic_scope", era)),
        (estate.features, rules_for("feature", era)),
    )
    for entries, rules in kinds:
        for entry in entries:
            yield Case(entry.resource, entry.type, entry.facts, rules)


def judge_cases(given: Iterable[Case], *, relaxed: frozenset[str] = frozenset()) -> Iterator[Judgement]:
    """The judgements of every case, in order; `relaxed` holds the switches that are set."""
    for (is_several, rules), group in groupby(given, key=lambda case: (type(case.facts) is Several, case.rules)):
        if is_several:
            for case in group:
                assert isinstance(case.facts, Several)
                for finding in judge_several(rules, case.facts, relaxed=relaxed):
                    yield Judgement(case.resource, case.type, finding)
            continue
        named, judged = tee(group)
        found = judge_all(rules, (case.facts for case in judged), relaxed=relaxed)
        for case, findings in zip(named, found, strict=True):
            for finding in findings:
                yield Judgement(case.resource, case.type, finding)


def judge_several(
    rules: Iterable[Rule], several: Several, *, relaxed: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """What rules find on any of the machines, each once; that a rule holds is told where it does on all of them."""
    found: dict[tuple[str, str], list[tuple[str, Finding]]] = {}
    for name, findings in zip(several.names, judge_all(rules, several.facts, relaxed=relaxed), strict=True):
        for finding in findings:
            found.setdefault((finding.rule, finding.verdict), []).append((name, finding))
    for (rule, verdict), each in found.items():
        if verdict == "pass" and ((rule, "fail") in found or (rule, "unknown") in found):
            continue
        names, (first, *_) = [name for name, _ in each], [finding for _, finding in each]
        # One about all of them is about what is asked of them.
        where = "" if verdict != "fail" or len(each) == len(several.names) else _where(names)
        yield replace(first, reason=f"{where}{first.reason}")


_SHOWN: Final = 5


def _where(names: Sequence[str]) -> str:
    shown = ", ".join(name.rpartition("/")[2] for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"On {counted(len(names))} ({shown}{more}): "
