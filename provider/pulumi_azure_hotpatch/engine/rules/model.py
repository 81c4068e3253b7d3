"""What a rule is, and how it judges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Literal

from ..field_names import ARM_PATHS, WRITTEN_AS
from ..logic import UNKNOWN, All, Expression, Row, look_up, unknown_fields

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
    "feature",
    "declaration",
]
Era = Literal["current", "2021-preview"]

CURRENT: Final[Era] = "current"
PREVIEW_2021: Final[Era] = "2021-preview"


_SOFTER: Final[dict[Severity, Severity]] = {"error": "warning", "warning": "info", "info": "info"}

ALWAYS: Final = All(())


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One requirement.

    `field` is the fact that findings blame; `reason` is a sentence in which `{dotted.name}` stands for a fact. `switch`
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

    def __str__(self) -> str:
        return f"{self.reason} Fix: {self.fix} [{self.rule}; {self.source}]"


def judge(rules: Iterable[Rule], facts: object, *, relaxed: frozenset[str] = frozenset()) -> Iterator[Finding]:
    """The finding of every rule that applies, in the order of `rules`; `relaxed` holds the switches that are set.

    Raises LookupError when a rule asks for a fact that `facts` cannot have (a rule about another subject).
    """
    row = Row(facts)
    for rule in rules:
        applies = rule.applies_to.test(row)
        if applies is False:
            continue
        holds = rule.require.test(row)
        softened = rule.switch is not None and rule.switch in relaxed
        if holds is True:
            yield _passed(rule, softened, arm_path(rule.field, facts))
        elif applies is UNKNOWN or holds is UNKNOWN:
            yield _finding(rule, "unknown", _what_is_missing(rule, row), softened, arm_path(rule.field, facts))
        else:
            yield _finding(rule, "fail", fill(rule.reason, facts), softened, arm_path(rule.field, facts))


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


_PROFILES: Final = ("properties.osProfile", "properties.storageProfile")


def arm_path(dotted: str, facts: object) -> str | None:
    """Azure's path of a fact, below an assignment too; None for one that exists only in our declaration.

    Facts whose ARM body keeps the machine elsewhere say where in `ARM_ROOT`.
    """
    prefix = "machine." if dotted.startswith("machine.") else ""
    path = ARM_PATHS.get(dotted.removeprefix(prefix))
    root = getattr(facts, "ARM_ROOT", None)
    if path is not None and root is not None and path.startswith(_PROFILES):
        path = root + path.removeprefix("properties")
    if path is None or "{os}" not in path:
        return path
    os_type = look_up(facts, prefix + "os_type")
    return path.replace("{os}", "linux" if str(os_type).casefold() == "linux" else "windows")


def fill(template: str, facts: object) -> str:
    """`template` with every `{dotted.name}` replaced by the fact, written as people read it."""
    return _PLACE.sub(lambda match: _show(look_up(facts, match.group(1))), template)


_PLACE: Final = re.compile(r"\{([a-z_.]+)\}")


def _show(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
