"""Findings as one page of HTML that needs nothing else: no scripts, no fonts, no network. Pure.

It reads well aloud and in print: headings in order, tables with captions and scopes, colours with words beside them
(contrast of at least 4.5 to 1, WCAG 2.2 criterion 1.4.3), light and dark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.errors import InvalidInput

if TYPE_CHECKING:
    from jinja2 import Template

MISSING: Final = "this needs Jinja: pip install 'pulumi-azure-hotpatch[report]'"
LISTED: Final = 500
"""How many resources of a rule are listed; the others are counted."""

_ORDER: Final = {"error": 0, "warning": 1, "info": 2}


@dataclass(slots=True)
class _Group:
    """One rule's findings of one verdict; `rows` are (resource, reason, who answers for it)."""

    finding: Finding
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    number: int = 0

    @property
    def more(self) -> int:
        return self.number - len(self.rows)


def findings_page(judgements: Iterable[Judgement], *, title: str, at: datetime, asked: int) -> str:
    """The page; `at` is the (aware) instant it is about, `asked` how many rules were asked.

    Raises InvalidInput where Jinja is missing.
    """
    groups: dict[tuple[str, str, str, bool], _Group] = {}
    for one in judgements:
        found = one.finding
        key = found.rule, found.verdict, found.severity, one.waived is not None
        group = groups.setdefault(key, _Group(found))
        group.number += 1
        if len(group.rows) < LISTED:
            waiver = one.waived
            answers = f"{waiver.owner}, until {waiver.until.isoformat()}: {waiver.reason}" if waiver else ""
            group.rows.append((one.resource, found.reason, answers))
    failed = [group for (_, verdict, _, waived), group in groups.items() if verdict == "fail" and not waived]
    failed.sort(key=lambda group: (_ORDER[group.finding.severity], -group.number, group.finding.rule))
    parts: dict[str, Any] = {
        "title": title,
        "at": at.isoformat(timespec="minutes"),
        "asked": asked,
        "sections": (
            ("Failed", failed),
            ("Waived", [group for key, group in groups.items() if key[3]]),
            ("Cannot be judged", [group for key, group in groups.items() if key[1] == "unknown"]),
            ("Holds", [group for key, group in groups.items() if key[1] == "pass"]),
        ),
    }
    return _template().render(parts)


@lru_cache(maxsize=1)
def _template() -> Template:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError:
        raise InvalidInput(MISSING) from None
    environment = Environment(
        loader=PackageLoader("pulumi_azure_hotpatch.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("findings.html")
