"""Rules as Kusto queries: all that can be asked of a kind of subject in one pass, or one rule alone.

Only operators and functions that both Resource Graph's documentation and the local translator take are used
(`OPERATORS`, `FUNCTIONS`), with at most three joins, and rows are ordered by `id`, which paging needs. Source of the
limits (3 `join`, 3 `mv-expand`, 3 `union`): Microsoft Learn, Understanding the Azure Resource Graph query language,
2024-03-20. How long a query may be is documented nowhere; ours are the shortest that the rules asked for allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pulumi_azure_hotpatch.engine.rules import Rule, Subject, rules_for
from pulumi_azure_hotpatch.engine.rules.model import CURRENT, Era, facts_of

from .columns import Column, Table
from .conditions import LETTERS, NAMES, is_expressible, verdict
from .tables import TABLES

OPERATORS: Final = frozenset(("extend", "join", "order", "project", "where"))
FUNCTIONS: Final = frozenset(
    (
        "case",
        "extract",
        "iff",
        "isempty",
        "isnotempty",
        "isnotnull",
        "isnull",
        "not",
        "replace_string",
        "split",
        "strcat",
        "strlen",
        "substring",
        "tolong",
        "tolower",
        "tostring",
        "trim_end",
    )
)
VERDICTS: Final = "verdicts"
# Source: Microsoft Learn, strcat(): it takes between 1 and 64 arguments.
_MOST_ARGUMENTS: Final = 60
_OF_IMAGE: Final = ("has_custom_image", "made_from")


@dataclass(frozen=True, slots=True)
class Query:
    """A query, the rules whose verdicts are the letters of its column `verdicts`, and columns by names of facts."""

    text: str
    subject: Subject
    table: Table
    rules: tuple[Rule, ...]
    columns: Mapping[str, Column]


def askable(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that can be asked of Resource Graph, in order."""
    return tuple(rule for rule in rules if rule.subject in TABLES and is_expressible(rule, TABLES[rule.subject]))


@lru_cache(maxsize=16)
def sweeps(era: Era = CURRENT, *, show_all: bool = False) -> tuple[Query, ...]:
    """The queries that judge everything, one for each kind of subject.

    Rows are `id`, `verdicts` and the facts that findings name; of subjects with nothing to say only with `show_all`.
    """
    asked: dict[Subject, tuple[Rule, ...]] = {kind: askable(rules_for(kind, era)) for kind in TABLES}
    return tuple(sweep(kind, rules, show_all=show_all) for kind, rules in asked.items() if rules)


def sweep(subject: Subject, rules: Sequence[Rule], *, show_all: bool = False) -> Query:
    """The query that judges one kind of subject by the given rules. Raises NotExpressible."""
    table = TABLES[subject]
    needed = _needed(table, rules)
    names = [f"v{number}" for number in range(len(rules))]
    steps = [
        _extend((one.name, one.value) for one in needed.values()),
        _extend((name, verdict(rule, table, LETTERS)) for name, rule in zip(names, rules, strict=True)),
        f"| extend {VERDICTS} = {_strcat(names)}",
        *([] if show_all else [f"| where {VERDICTS} contains 'f' or {VERDICTS} contains 'u'"]),
        f"| project {', '.join(('id', VERDICTS, *(one.name for one in needed.values())))}",
        "| order by id asc",
    ]
    return Query(_rows(table, needed) + "\n".join(step for step in steps if step), subject, table, tuple(rules), needed)


def single(rule: Rule) -> str:
    """The query for one rule, for people: `id`, `verdict` in words and the facts. Raises NotExpressible."""
    table = TABLES[rule.subject]
    needed = _needed(table, (rule,))
    words = verdict(rule, table, NAMES)
    steps = (
        f"// {rule.id}: {rule.title} ({rule.severity})",
        _rows(table, needed).rstrip(),
        _extend((one.name, one.value) for one in needed.values()),
        f"| extend verdict = {words}",
        f"| where verdict != '{NAMES.silent}'",
        f"| project {', '.join(('id', 'verdict', *(one.name for one in needed.values())))}",
        "| order by id asc",
    )
    return "\n".join(step for step in steps if step)


def _rows(table: Table, needed: Iterable[str]) -> str:
    return table.rows + "".join(steps for fact, steps in table.joins.items() if fact in needed)


def _needed(table: Table, rules: Sequence[Rule]) -> dict[str, Column]:
    """The columns that judge and word the rules, in the order of the table."""
    asked = {name for rule in rules for name in facts_of(rule)}
    chosen = {fact: column for fact, column in table.columns.items() if fact in asked}
    # Facts about the image are made from its parts.
    worded = any(fact in table.worded or fact.startswith("image.") or fact in _OF_IMAGE for fact in asked)
    extra = table.worded if worded else {}
    return chosen | {fact: column for fact, column in extra.items() if fact not in chosen}


def _extend(values: Iterable[tuple[str, str]]) -> str:
    # A column that has its name already needs no expression.
    made = ",\n    ".join(f"{name} = {value}" for name, value in values if name != value)
    return f"| extend {made}" if made else ""


def _strcat(names: Sequence[str]) -> str:
    chunks = [names[start : start + _MOST_ARGUMENTS] for start in range(0, len(names), _MOST_ARGUMENTS)]
    parts = [f"strcat({', '.join(chunk)}, '')" for chunk in chunks]
    return parts[0] if len(parts) == 1 else f"strcat({', '.join(parts)})"


def words_of(query: str) -> tuple[frozenset[str], frozenset[str]]:
    """The operators and the functions that a query of ours uses, texts and comments aside."""
    plain = re.sub(r"'(?:\\.|[^'\\])*'|//[^\n]*", "''", query)
    return frozenset(re.findall(r"\|\s*([a-z-]+)", plain)), frozenset(re.findall(r"\b([a-z_]+)\(", plain))
