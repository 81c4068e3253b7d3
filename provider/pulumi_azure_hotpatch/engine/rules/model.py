"""What a rule is, and how it judges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Literal

from pulumi_azure_hotpatch.engine.field_names import ARM_PATHS, WRITTEN_AS
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, All, Expression, Row, fold, look_up, reader, unknown_fields

Severity = Literal["error", "warning", "info"]
Verdict = Literal["pass", "fail", "unknown"]
Subject = Literal[
    "machine",
    "arc_server",
    "scale_set",
    "schedule",
    "assignment",
    "dynamic_scope",
    "installation",
    "rollout",
    "feature",
    "declaration",
    "coverage",
    "estate",
    "waiver",
]

Era = Literal["current", "2021-preview"]

CURRENT: Final[Era] = "current"
PREVIEW_2021: Final[Era] = "2021-preview"

_SOFTER: Final[dict[Severity, Severity]] = {"error": "warning", "warning": "info", "info": "info"}

ALWAYS: Final = All(())


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One requirement.

    `field` is the fact that findings blame; `reason` is a sentence in which `{dotted.name}` stands for a fact, and
    `{dotted.name:machine|machines}` for a number with the words for one, or for several, after it. `switch`
    names the setting that softens a failure by one step (error, warning, info), for rules on which sources disagree
    (`disagreement` says how). `era` is the time it belongs to.
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
    applies_to: Expression = ALWAYS
    switch: str | None = None
    disagreement: str | None = None
    era: Era = CURRENT


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's answer about one subject; `field` is as the program wrote it, `arm_path` is Azure's name for it."""

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

    @property
    def located(self) -> str:
        """The finding with its field in front, as the program wrote it, and Azure's path beside it."""
        beside = f" ({self.arm_path})" if self.arm_path else ""
        return f"{self.field}{beside}: {self}"

    def __str__(self) -> str:
        return f"{self.reason} Fix: {self.fix} [{self.rule}; {self.source}]"


def judge(rules: Iterable[Rule], facts: object, *, relaxed: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """The finding of every rule that applies, in the order of `rules`; `relaxed` holds the switches that are set.

    Raises LookupError when a rule asks for a fact that `facts` cannot have (a rule about another subject).
    """
    row = facts if isinstance(facts, Row) else Row(facts)
    for rule in rules:
        applies = rule.applies_to.test(row)
        if applies is False:
            continue
        holds = rule.require.test(row)
        if holds is True:
            verdict: Verdict = "pass"
        else:
            verdict = "unknown" if UNKNOWN in (applies, holds) else "fail"
        yield worded(rule, verdict, row, relaxed=relaxed)


def judge_all(
    rules: Iterable[Rule], fleet: Iterable[object], *, relaxed: frozenset[str] = frozenset()
) -> Iterator[tuple[Finding, ...]]:
    """The findings of `judge` for every member of a fleet, in order.

    Members that look alike to the rules are judged once: what they are called is no concern of a rule.
    """
    chosen = tuple(rules)
    names = tuple(sorted(frozenset().union(*map(facts_of, chosen))))
    readers = [reader(name) for name in names]
    answers: dict[tuple[object, ...], tuple[Finding, ...]] = {}
    for facts in fleet:
        values = [read(facts) for read in readers]
        # With their types, because 1 and True are the same key.
        key = (getattr(facts, "ARM_ROOT", None), *values, *map(type, values))
        try:
            found = answers.get(key)
        except TypeError:
            # A malformed body can hold a list where a text belongs.
            yield tuple(judge(chosen, facts, relaxed=relaxed))
            continue
        if found is None:
            if len(answers) >= _MOST_ANSWERS:
                answers.clear()
            row = Row(facts)
            row.update(zip(names, map(fold, values), strict=True))
            found = answers[key] = tuple(judge(chosen, row, relaxed=relaxed))
        yield found


_MOST_ANSWERS: Final = 50_000


def worded(rule: Rule, verdict: Verdict, facts: object, *, relaxed: frozenset[str] = frozenset()) -> Finding:
    """The finding with a verdict that was reached elsewhere, such as by a query; `facts` fill its words."""
    row = facts if isinstance(facts, Row) else Row(facts)
    softened = rule.switch is not None and rule.switch in relaxed
    path = _arm_path(rule.field, row)
    match verdict:
        case "pass":
            return _passed(rule, softened, path)
        case "unknown":
            return _finding(rule, "unknown", _what_is_missing(rule, row), softened, path)
        case "fail":
            return _finding(rule, "fail", fill(rule.reason, row.facts), softened, path)


def facts_of(rule: Rule) -> frozenset[str]:
    """Every fact that a finding of the rule depends on."""
    _, os_type = _path_template(rule.field, None)
    shown = frozenset(match[1] for match in _PLACE.finditer(rule.reason))
    return rule.applies_to.fields | rule.require.fields | shown | (frozenset((os_type,)) if os_type else frozenset())


def _finding(rule: Rule, verdict: Verdict, reason: str, softened: bool, path: str | None) -> Finding:
    return Finding(
        rule=rule.id,
        verdict=verdict,
        severity=_SOFTER[rule.severity] if softened else rule.severity,
        field=short_name(rule.field),
        reason=reason,
        fix=rule.fix,
        source=rule.source,
        as_of=rule.as_of,
        arm_path=path,
    )


@lru_cache(maxsize=4096)
def _passed(rule: Rule, softened: bool, path: str | None) -> Finding:
    # Most verdicts of a fleet are passes, and a pass says the same for every machine.
    return _finding(rule, "pass", f"{rule.title}.", softened, path)


def _what_is_missing(rule: Rule, row: Row) -> str:
    missing = {*unknown_fields(rule.applies_to, row), *unknown_fields(rule.require, row)}
    return f"Cannot judge yet: {', '.join(sorted({short_name(name) for name in missing}))} not known."


def short_name(dotted: str) -> str:
    """The field as a program writes it: `settings.patch_mode` is `patch_mode`, `recurrence_problem` is `recurrence`."""
    return WRITTEN_AS.get(dotted) or dotted.rsplit(".", 1)[-1]


def arm_path(dotted: str, facts: object) -> str | None:
    """Azure's path of a fact, below an assignment too; None for one that exists only in our declaration.

    Facts whose ARM body keeps the machine elsewhere say where in `ARM_ROOT`.
    """
    return _arm_path(dotted, facts if isinstance(facts, Row) else Row(facts))


def _arm_path(dotted: str, row: Row) -> str | None:
    path, os_type = _path_template(dotted, getattr(row.facts, "ARM_ROOT", None))
    if path is None or os_type is None:
        return path
    return path.replace("{os}", "linux" if row[os_type] == "linux" else "windows")


_PROFILES: Final = ("properties.osProfile", "properties.storageProfile")


@lru_cache(maxsize=1024)
def _path_template(dotted: str, root: str | None) -> tuple[str | None, str | None]:
    """Azure's path with `{os}` in it, and the fact that says what to write there (None where there is no `{os}`)."""
    prefix = "machine." if dotted.startswith("machine.") else ""
    path = ARM_PATHS.get(dotted.removeprefix(prefix))
    if path is not None and root is not None and path.startswith(_PROFILES):
        path = root + path.removeprefix("properties")
    return path, f"{prefix}os_type" if path is not None and "{os}" in path else None


def fill(template: str, facts: object) -> str:
    """`template` with every `{dotted.name}` replaced by the fact, written as people read it."""

    def spell(match: re.Match[str]) -> str:
        name, one, several = match.groups()
        value = look_up(facts, name)
        return _show(value) if one is None else f"{_show(value)} {one if value == 1 else several}"

    return _PLACE.sub(spell, template)


def in_general(template: str) -> str:
    """`template` as it is said of several: `{dotted.name} machines`."""
    return _PLACE.sub(lambda match: f"{{{match[1]}}}" + (f" {match[3]}" if match[3] else ""), template)


_PLACE: Final = re.compile(r"\{([a-z_.]+)(?::([^{}|]+)\|([^{}|]+))?\}")


def _show(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
