"""`azure-hotpatch rules`."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from rich.console import Console
from rich.text import Text

from pulumi_azure_hotpatch.engine.rules import RULES, Rule
from pulumi_azure_hotpatch.engine.rules.expressible import rule_as_json
from pulumi_azure_hotpatch.engine.rules.model import Era

from . import output
from .check import STYLES

_ROOMY: Final = 100
"""From this many columns on a rule has one line."""


def run(*, era: Era, as_json: bool) -> int:
    """List the rules of an era, in catalogue order."""
    chosen = [rule for rule in RULES if rule.era == era]
    if as_json:
        output.print_json(rule_as_json(rule) for rule in chosen)
        return 0
    console = output.console()
    for subject, group in groupby(chosen, key=lambda rule: rule.subject):
        output.show(console, output.title(f"About the {subject.replace('_', ' ')}"))
        _show(console, list(group))
        output.show(console, "")
    counted = output.count(len(chosen), "rule")
    output.show(console, Text(f"{counted}. `azure-hotpatch explain RULE` says all of one.", "dim"))
    return 0


def _show(console: Console, rules: list[Rule]) -> None:
    if console.width >= _ROOMY:
        shown = output.table("Severity", "Rule", "What must hold", folding=("What must hold",))
        for rule in rules:
            shown.add_row(Text(rule.severity, STYLES[rule.severity]), Text(rule.id), _requirement(rule))
        output.show(console, shown)
        return
    for rule in rules:
        label = Text.assemble((f"{rule.severity:<8}", STYLES[rule.severity]), (rule.id, "bold"))
        output.show(console, label, output.indented(_requirement(rule)))


def _requirement(rule: Rule) -> Text:
    switch = f" (switch: {rule.switch})" if rule.switch else ""
    return Text.assemble(rule.title, (switch, "dim"))
