"""Findings as one page of HTML that needs nothing else: no scripts, no fonts, no network. Pure.

It reads well aloud and in print: headings in order, tables with captions and scopes, colours with words beside them
(contrast of at least 4.5 to 1, WCAG 2.2 criterion 1.4.3), light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.rules import Finding

from .template_files import read, render

LISTED: Final = 500
"""How many resources of a rule are listed; the others are counted."""

_ORDER: Final = {"error": 0, "warning": 1, "info": 2}


@dataclass(slots=True)
class Group:
    """One rule's findings of one verdict; `rows` are (resource, reason, who answers for it)."""

    finding: Finding
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    number: int = 0

    @property
    def more(self) -> int:
        """How many are not in `rows`."""
        return self.number - len(self.rows)


def findings_page(judgements: Iterable[Judgement], *, title: str, at: datetime, asked: int) -> str:
    """The page; `at` is the (aware) instant it is about, `asked` how many rules were asked.

    Raises ConfigurationError where Jinja is missing.
    """
    return render(
        "findings.html",
        "A page of findings",
        title=title,
        at=at.isoformat(timespec="minutes"),
        asked=asked,
        sections=sections(judgements, LISTED),
        style=read("page.css"),
        scripts=(),
    )


def sections(judgements: Iterable[Judgement], listed: int) -> tuple[tuple[str, list[Group]], ...]:
    """What failed, what is waived, what cannot be judged and what holds, by rule; the worst and most frequent first.

    Of each rule the first `listed` resources are kept, the others counted.
    """
    groups: dict[tuple[str, str, str, bool], Group] = {}
    for one in judgements:
        found = one.finding
        key = found.rule, found.verdict, found.severity, one.waived is not None
        group = groups.setdefault(key, Group(found))
        group.number += 1
        if len(group.rows) < listed:
            waiver = one.waived
            answers = f"{waiver.owner}, until {waiver.until.isoformat()}: {waiver.reason}" if waiver else ""
            group.rows.append((one.resource, found.reason, answers))
    failed = [group for (_, verdict, _, waived), group in groups.items() if verdict == "fail" and not waived]
    failed.sort(key=lambda group: (_ORDER[group.finding.severity], -group.number, group.finding.rule))
    return (
        ("Failed", failed),
        ("Waived", [group for key, group in groups.items() if key[3]]),
        ("Cannot be judged", [group for key, group in groups.items() if key[1] == "unknown"]),
        ("Holds", [group for key, group in groups.items() if key[1] == "pass"]),
    )
