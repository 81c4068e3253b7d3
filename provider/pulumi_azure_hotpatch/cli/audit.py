"""`azure-hotpatch audit`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Final, Literal, Protocol

from rich.text import Text

from pulumi_azure_hotpatch.audit import local
from pulumi_azure_hotpatch.audit.answers import judgements
from pulumi_azure_hotpatch.audit.conditions import NotExpressible
from pulumi_azure_hotpatch.audit.graph import Tenant
from pulumi_azure_hotpatch.audit.queries import Query, single, sweeps
from pulumi_azure_hotpatch.audit.tally import Tally
from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.rules import RULES, rule
from pulumi_azure_hotpatch.engine.rules.model import Era
from pulumi_azure_hotpatch.engine.waivers import Waiver, waive
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.observing.scopes import Scope

from . import output
from .check import FAILED, STYLES
from .connected import connected
from .instants import as_of
from .reading import read_document, shown
from .waivers import load_waivers

Format = Literal["table", "json", "sarif", "html"]
_EXAMPLES: Final = 3


class Rows(Protocol):
    """Where queries are asked."""

    def rows(self, query: Query) -> Iterator[tuple[str, ...]]:
        """The rows of a query, in the order of its projection."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What an audit is asked for. Without inventories Resource Graph is asked, without subscriptions for the one that
    the environment names.
    """

    inventories: Sequence[str] = ()
    subscriptions: Sequence[str] = ()
    tenant: bool = False
    relaxed: Sequence[str] = ()
    era: Era = "current"
    show_all: bool = False
    waivers: str | None = None
    today: str | None = None


def run(asked: Asked, form: Format) -> int:
    """Judge what runs today; 1 when a rule of severity error failed unwaived. Raises InvalidInput, ConfigurationError
    or ArmError.
    """
    known = {one.switch for one in RULES if one.switch}
    if unknown := sorted(set(asked.relaxed) - known):
        raise InvalidInput(f"--relax {unknown[0]!r}: expected one of {', '.join(sorted(known))}")
    if asked.inventories and (asked.subscriptions or asked.tenant):
        raise InvalidInput("give either --inventory, or --subscription or --tenant")
    waivers = load_waivers(asked.waivers)
    with _source(asked) as (source, now):
        queries = sweeps(asked.era, show_all=asked.show_all)
        tally = Tally(_EXAMPLES)
        judged = waive(_judged(source, queries, asked), _askable(waivers, queries), today=now.date())
        # Waivers have passes of their own, that they are used and not over.
        found = tally.counting(one for one in judged if asked.show_all or one.finding.verdict != "pass")
        _print(found, tally, queries, form, now)
    return FAILED if tally.failed else 0


def print_kql(rule_id: str) -> int:
    """Print the query for one rule. Raises InvalidInput for a rule that cannot be asked of Resource Graph."""
    try:
        text = single(rule(rule_id))
    except NotExpressible as missing:
        raise InvalidInput(
            f"rule '{rule_id}' cannot be asked of Resource Graph, which does not hold {missing}; `check` judges it"
        ) from None
    output.write(text)
    return 0


@contextmanager
def _source(asked: Asked) -> Iterator[tuple[Rows, datetime]]:
    if asked.inventories:
        now = as_of(asked.today)
        with local.Export() as export:
            for path in asked.inventories:
                load(export, path)
            export.finish()
            yield export, now
        return
    with connected("every machine's settings") as azure:
        chosen = (
            ()
            if asked.tenant and not asked.subscriptions
            else Scope.of(None, asked.subscriptions, azure.subscription_id).subscriptions
        )
        now = azure.clock.now() if asked.today is None else as_of(asked.today)
        yield Tenant(azure.azure.graph, chosen), now


def load(export: local.Export, path: str) -> None:
    """Take a file into an export, by its kind. Raises InvalidInput that names it."""
    if Path(path).suffix.casefold() in local.NATIVE:
        export.load_file(path)
        return
    try:
        export.load_bodies(bodies_in(read_document(path)))
    except InvalidInput as error:
        named = str(error).startswith(shown(path))
        raise InvalidInput(str(error) if named else f"{shown(path)}: {error}") from None


def _judged(source: Rows, queries: Sequence[Query], asked: Asked) -> Iterator[Judgement]:
    relaxed = frozenset(asked.relaxed)
    return chain.from_iterable(
        judgements(query, source.rows(query), relaxed=relaxed, show_all=asked.show_all) for query in queries
    )


def _askable(waivers: Sequence[Waiver], queries: Sequence[Query]) -> tuple[Waiver, ...]:
    # A waiver of a rule that was not asked is neither used nor unused.
    ids = {one.id for query in queries for one in query.rules}
    return tuple(waiver for waiver in waivers if waiver.rule in ids)


def _print(found: Iterator[Judgement], tally: Tally, queries: Sequence[Query], form: Format, now: datetime) -> None:
    match form:
        case "json":
            output.print_json(one.as_json() for one in found)
        case "sarif":
            from pulumi_azure_hotpatch.report.sarif import sarif

            log = sarif(found, version=version("pulumi-azure-hotpatch"), category="audit")
            output.write(json.dumps(log, ensure_ascii=False, indent=1))
        case "html":
            from pulumi_azure_hotpatch.report.findings_page import findings_page

            output.write(findings_page(found, title="Audit of guest patching", at=now, asked=len(_ids(queries))))
        case "table":
            for _ in found:
                pass
            _show(tally, queries)


def _ids(queries: Sequence[Query]) -> set[str]:
    return {one.id for query in queries for one in query.rules}


def _show(tally: Tally, queries: Sequence[Query]) -> None:
    console = output.console()
    table = output.table("Rule", "Severity", "Failed", "Not known", "Waived", "Such as", folding=("Rule", "Such as"))
    for row in tally.by_rule():
        table.add_row(
            Text(row.rule),
            Text(row.severity, STYLES[row.severity] if row.failed else "dim"),
            Text(str(row.failed)),
            Text(str(row.unknown), "magenta" if row.unknown else "dim"),
            Text(str(row.waived), "dim"),
            Text(", ".join(map(_name, row.examples))),
        )
    output.show(console, output.title("What runs today, by rule"), table)
    parts = [
        output.count(tally.errors, "error"),
        output.count(tally.warnings, "warning"),
        output.count(tally.advisories, "advisory", "advisories"),
        f"{tally.unknown} not known",
        f"{tally.waived} waived",
    ]
    style = "bold red" if tally.errors else "bold yellow" if tally.warnings else "bold green"
    output.show(console, Text(", ".join(parts) + ".", style))
    asked = len(_ids(queries))
    output.show(
        console, Text(f"{output.count(asked, 'rule')} asked; the others need what no query has: see `check`.", "dim")
    )


def _name(resource: str) -> str:
    """A resource's last name; an assignment is named after its machine too."""
    *before, name = resource.rstrip("/").split("/")
    on_machine = len(before) > 4 and [part.casefold() for part in before].count("providers") > 1
    return f"{name} for {before[-4]}" if on_machine else name
