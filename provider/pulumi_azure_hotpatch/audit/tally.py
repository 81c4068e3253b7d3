"""Counts of findings by rule, taken while they pass by: a fleet's findings need not be held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.rules import Severity

_ORDER: Final[dict[Severity, int]] = {"error": 0, "warning": 1, "info": 2}


@dataclass(slots=True)
class RuleCount:
    """What came of one rule at one severity; `examples` are resources that failed, else that are not known."""

    rule: str
    severity: Severity
    failed: int = 0
    unknown: int = 0
    waived: int = 0
    examples: list[str] = field(default_factory=list)


class Tally:
    """Counts, with up to `examples` resources each."""

    def __init__(self, examples: int) -> None:
        self._examples = examples
        self._rules: dict[tuple[str, Severity], RuleCount] = {}

    def counting(self, judged: Iterable[Judgement]) -> Iterator[Judgement]:
        """The judgements as they come, counted. Passes are not."""
        for one in judged:
            if one.finding.verdict != "pass":
                self._count(one)
            yield one

    def _count(self, one: Judgement) -> None:
        key = one.finding.rule, one.finding.severity
        row = self._rules.get(key)
        if row is None:
            row = self._rules[key] = RuleCount(*key)
        if one.waived is not None:
            row.waived += 1
            return
        if one.finding.verdict == "fail":
            row.failed += 1
        else:
            row.unknown += 1
        if len(row.examples) < self._examples:
            row.examples.append(one.resource)

    def by_rule(self) -> list[RuleCount]:
        """The worst first, then the most frequent."""
        return sorted(
            self._rules.values(), key=lambda row: (not row.failed, _ORDER[row.severity], -row.failed, row.rule)
        )

    def _failures(self, severity: Severity) -> int:
        return sum(row.failed for row in self._rules.values() if row.severity == severity)

    @property
    def errors(self) -> int:
        """Failures of severity error that nobody waived."""
        return self._failures("error")

    @property
    def warnings(self) -> int:
        """Failures of severity warning that nobody waived."""
        return self._failures("warning")

    @property
    def advisories(self) -> int:
        """Failures of severity info that nobody waived."""
        return self._failures("info")

    @property
    def unknown(self) -> int:
        """What cannot be judged."""
        return sum(row.unknown for row in self._rules.values())

    @property
    def waived(self) -> int:
        """Failures that somebody answers for."""
        return sum(row.waived for row in self._rules.values())

    @property
    def failed(self) -> bool:
        """Whether a command ends with a failure."""
        return self.errors > 0
