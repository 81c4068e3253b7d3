"""Waivers: findings that somebody answers for until a day, in a file that is reviewed like code.

A waiver takes nothing away: the finding stays, says who answers for it and why, and does not count. A waiver whose day
is over waives nothing and is itself a finding; so is one that no finding needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fnmatch import translate
from functools import lru_cache
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .judgement import Judgement
from .logic import UNKNOWN, Maybe
from .rules import RULES, judge, rules_for

WAIVERS_VERSION: Final = 1
"""The `version` of a waivers file; its JSON Schema is `schemas/waivers.schema.json`."""

WAIVER: Final = "waiver"
"""The type of what findings about waivers are about; their resource is the waiver's pattern."""

_FIELDS: Final = ("rule", "resource", "reason", "owner", "until")
_RULES: Final = frozenset(rule.id for rule in RULES if rule.subject != WAIVER)

# Other names that a resource goes by: the URN of what a finding names by its ARM id.
Names = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Waiver:
    """Who answers for which finding.

    `rule` is a rule's id. `resource` is a pattern for an ARM id or a URN, letter case aside: `*` stands for anything,
    slashes too, `?` for one character, `[ab]` for one of them. `until` is the last day on which it holds.
    """

    rule: str
    resource: str
    reason: str
    owner: str
    until: date

    def covers(self, rule: str, *names: str) -> bool:
        """Whether it is about that rule and a resource that goes by one of these names."""
        return rule == self.rule and covers_any((self.resource,), *names)

    def holds(self, today: date) -> bool:
        """Whether its last day is not over."""
        return today <= self.until

    def as_json(self) -> dict[str, str]:
        """`{reason, owner, until}`, as findings carry it."""
        return {"reason": self.reason, "owner": self.owner, "until": self.until.isoformat()}


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """What can be said of a waiver on a day: facts for the rules about waivers.

    `is_used` is whether any finding needs it, UNKNOWN where not everything was judged.
    """

    waiver: Waiver
    is_expired: Maybe[bool] = UNKNOWN
    is_used: Maybe[bool] = UNKNOWN


def covers_any(patterns: Iterable[str], *names: str) -> bool:
    """Whether any of these patterns, written as `Waiver.resource` is, covers any of these names."""
    return any(_pattern(pattern).fullmatch(name.casefold()) for pattern in patterns for name in names)


def read_waivers(document: object) -> tuple[Waiver, ...]:
    """The waivers of a parsed file, `{"version": 1, "waivers": [{rule, resource, reason, owner, until}]}`.

    `until` is a date or its text, `YYYY-MM-DD`. Raises InvalidInput that names the row and what is wrong with it.
    """
    if not isinstance(document, Mapping) or document.get("version") != WAIVERS_VERSION:
        raise InvalidInput(f"waivers: expected a mapping with 'version': {WAIVERS_VERSION} and a 'waivers' list")
    rows = document.get("waivers")
    if not isinstance(rows, list) or set(document) - {"version", "waivers"}:
        raise InvalidInput("waivers: expected the keys 'version' and 'waivers', the latter a list")
    return tuple(_waiver(row, f"waivers, row {number}") for number, row in enumerate(rows, start=1))


def waive(
    judgements: Iterable[Judgement],
    waivers: Sequence[Waiver],
    *,
    today: date,
    also: Names = lambda _: (),
    complete: bool = True,
) -> Iterator[Judgement]:
    """The judgements in order, failures with the waiver that covers them (`waived`), then those about the waivers.

    `also` gives other names of a resource. `complete` is whether these are all judgements there are: only then can a
    waiver be called unused.
    """
    used: set[Waiver] = set()
    by_rule: dict[str, list[Waiver]] = {}
    for waiver in waivers:
        by_rule.setdefault(waiver.rule, []).append(waiver)
    for one in judgements:
        candidates = by_rule.get(one.finding.rule, ()) if one.finding.verdict != "pass" else ()
        covering = [waiver for waiver in candidates if waiver.covers(waiver.rule, one.resource, *also(one.resource))]
        used.update(covering)
        holding = next((waiver for waiver in covering if waiver.holds(today)), None)
        # What is not known yet fails nobody, so nothing is waived; but the waiver may be needed.
        yield one if holding is None or one.finding.verdict != "fail" else replace(one, waived=holding)
    for waiver in waivers:
        is_used = True if waiver in used else False if complete else UNKNOWN
        yield from judge_waiver(WaiverUse(waiver, not waiver.holds(today), is_used))


def judge_waiver(use: WaiverUse) -> Iterator[Judgement]:
    """What the rules about waivers say of one: that it has expired, that nothing needs it."""
    for finding in judge(rules_for("waiver"), use):
        yield Judgement(use.waiver.resource, WAIVER, finding)


@lru_cache(maxsize=4096)
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob.casefold()))


def _waiver(row: object, where: str) -> Waiver:
    if not isinstance(row, Mapping):
        raise InvalidInput(f"{where}: expected a mapping with {', '.join(_FIELDS)}")
    if unknown := sorted(str(name) for name in set(row) - set(_FIELDS)):
        raise InvalidInput(f"{where}: {unknown[0]!r} is not a field; expected {', '.join(_FIELDS)}")
    texts = {name: _text(row, name, where) for name in _FIELDS if name != "until"}
    if texts["rule"] not in _RULES:
        raise InvalidInput(f"{where}: there is no rule {texts['rule']!r}; `azure-hotpatch rules` lists them")
    return Waiver(**texts, until=_day(row.get("until"), where))


def _text(row: Mapping[Any, Any], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{where}: {name!r} is missing; every waiver says {', '.join(_FIELDS)}")
    return value.strip()


def _day(value: object, where: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(f"{where}: until {value!r}: expected YYYY-MM-DD, the last day it holds") from None
