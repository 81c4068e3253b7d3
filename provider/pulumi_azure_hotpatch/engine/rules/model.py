"""What a rule is, and how it judges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from ..facts import ARM_PATHS
from ..logic import UNKNOWN, All, Expression, evaluate, look_up, unknown_fields

Severity = Literal["error", "warning", "info"]
Verdict = Literal["pass", "fail", "unknown"]
Subject = Literal["machine", "schedule", "assignment", "feature", "declaration"]

ALWAYS: Final = All(())


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement.

    `field` is the fact that findings blame; `reason` is a sentence in which `{dotted.name}` stands for a fact. `switch` names the setting
    that turns a failure into a warning, for rules on which sources disagree (`disagreement` says how). `era` is the time it belongs to.
    """

    id: str
    subject: Subject
    severity: Severity
    title: str
    field: str
    require: Expression
    reason: str
    fix: str
    source: str
    as_of: date
    applies_to: Expression = field(default=ALWAYS)
    switch: str | None = None
    disagreement: str | None = None
    era: str = "current"


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's answer about one subject: verdict, the field as the program wrote it, Azure's path beside it, reason, fix and source."""

    rule: str
    verdict: Verdict
    severity: Severity
    field: str
    reason: str
    fix: str
    source: str
    as_of: date
    arm_path: str | None = None

    @property
    def is_error(self) -> bool:
        """Whether this finding stops a deployment."""
        return self.verdict == "fail" and self.severity == "error"

    def __str__(self) -> str:
        return f"{self.reason} Fix: {self.fix} [{self.rule}; {self.source}]"


def judge(rules: Iterable[Rule], facts: object, *, relaxed: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """The finding of every rule that applies, in catalogue order; `relaxed` holds the switches that are set."""
    for rule in rules:
        applies = evaluate(rule.applies_to, facts)
        if applies is False:
            continue
        holds = evaluate(rule.require, facts)
        verdict: Verdict
        if holds is True:
            verdict = "pass"
        elif applies is UNKNOWN or holds is UNKNOWN:
            verdict = "unknown"
        else:
            verdict = "fail"
        yield _finding(rule, facts, verdict, relaxed=rule.switch is not None and rule.switch in relaxed)


def _finding(rule: Rule, facts: object, verdict: Verdict, *, relaxed: bool) -> Finding:
    severity: Severity = "warning" if relaxed and rule.severity == "error" else rule.severity
    if verdict == "unknown":
        missing = sorted({*unknown_fields(rule.applies_to, facts), *unknown_fields(rule.require, facts)})
        reason = f"Cannot judge yet: {', '.join(map(short_name, missing))} not known."
    else:
        reason = rule.title + "." if verdict == "pass" else _fill(rule.reason, facts)
    return Finding(
        rule=rule.id,
        verdict=verdict,
        severity=severity,
        field=short_name(rule.field),
        reason=reason,
        fix=rule.fix,
        source=rule.source,
        as_of=rule.as_of,
        arm_path=arm_path(rule.field, facts),
    )


def short_name(dotted: str) -> str:
    """The field as a program writes it: `settings.patch_mode` is `patch_mode`, a machine's field below an assignment keeps its last name."""
    return dotted.rsplit(".", 1)[-1] if not dotted.endswith("image.triple") else "image"


def arm_path(dotted: str, facts: object) -> str | None:
    """Azure's path of a fact, None for one that exists only in our declaration."""
    path = ARM_PATHS.get(dotted)
    if path is None or "{os}" not in path:
        return path
    os_type = look_up(facts, "os_type")
    return path.replace("{os}", "linux" if str(os_type).casefold() == "linux" else "windows")


def _fill(template: str, facts: object) -> str:
    return re.sub(r"\{([a-z_.]+)\}", lambda match: _show(look_up(facts, match.group(1))), template)


def _show(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
