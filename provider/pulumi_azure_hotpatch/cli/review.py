"""`azure-hotpatch review`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.declared import DYNAMIC_SCOPE
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import Forecast, forecast
from pulumi_azure_hotpatch.engine.instants import MOST_MONTHS, check_count
from pulumi_azure_hotpatch.engine.judgement import Judgement, cases, judge_cases
from pulumi_azure_hotpatch.engine.noted_members import noted_completely
from pulumi_azure_hotpatch.engine.previews import Preview, read_preview
from pulumi_azure_hotpatch.engine.waivers import waive
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.report.junit import junit
from pulumi_azure_hotpatch.report.markdown import markdown
from pulumi_azure_hotpatch.report.review import Review
from pulumi_azure_hotpatch.report.sarif import sarif

from . import output
from .calendar import extra_releases
from .check import FAILED
from .inputs import Given, untold
from .instants import as_of
from .reading import read_document, shown
from .switches import relaxed
from .waivers import load_waivers
from .writing import write_file


@dataclass(frozen=True)
class Wanted:
    """What a review is made from and where it goes; `None` is not written, Markdown then goes to the terminal."""

    preview: str
    inventories: Sequence[str] = ()
    waivers: str | None = None
    relaxed: Sequence[str] = ()
    months: int = 3
    releases: str | None = None
    today: str | None = None
    markdown: str | None = None
    sarif: str | None = None
    junit: str | None = None
    artifact: str | None = None
    as_json: bool = False


def run(wanted: Wanted) -> int:
    """Judge the whole stack; 1 where an error is not waived. Raises InvalidInput."""
    check_count(wanted.months, MOST_MONTHS, "--months")
    review = _review(wanted, as_of(wanted.today))
    everything = (*review.judged, *review.violations)
    told = [one for one in everything if one.finding.verdict != "pass"]
    if wanted.sarif is not None:
        package = version("pulumi-azure-hotpatch")
        failures = [f"the preview failed at {stop}" for stop in review.preview.stops]
        document = sarif(told, version=package, category="review", artifact=wanted.artifact, failures=failures)
        write_file(wanted.sarif, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    if wanted.junit is not None:
        write_file(wanted.junit, junit(everything, suite="azure-hotpatch review", stops=review.preview.stops))
    if wanted.markdown is not None:
        write_file(wanted.markdown, markdown(review))
    if wanted.as_json:
        output.print_json(one.as_json() for one in told)
    elif wanted.markdown is None:
        output.write(markdown(review))
    return FAILED if review.fails else 0


def _review(wanted: Wanted, now: datetime) -> Review:
    document = read_document(wanted.preview)
    try:
        preview = read_preview(document)
    except InvalidInput as error:
        raise InvalidInput(f"{shown(wanted.preview)}: {error}") from None
    bodies = _bodies(wanted.inventories)
    asked = Given(bodies, [preview]).joined(now)
    estate, stack = asked.estate, asked.stack
    # What the inventory has beside the stack is not under review.
    ours = (case for case in cases(estate) if stack.declares(case.resource))
    judged = judge_cases((*ours, *asked.declarations()), relaxed=relaxed(wanted.relaxed))
    waived = tuple(waive(judged, load_waivers(wanted.waivers), today=now.date(), also=stack.urns_of))
    before = Given(bodies, [replace(preview, after=preview.before)]).joined(now).estate
    return Review(
        preview=preview,
        judged=waived,
        as_of=now,
        after=_forecast(estate, stack, wanted, now),
        before=_forecast(before, stack, wanted, now) if preview.before or bodies else None,
        notes=tuple(_notes(preview, is_all_known=bool(bodies) or not any(map(_is_open, waived)))),
        estate=estate,
        relaxed=relaxed(wanted.relaxed),
    )


def _notes(preview: Preview, *, is_all_known: bool) -> Iterator[str]:
    """What a reader has to know of what the review was made from."""
    if (gap := untold(preview)) is not None:
        yield gap
    scopes = [one for one in preview.after if one.kind == DYNAMIC_SCOPE]
    if not all(map(noted_completely, scopes)):
        yield "Which machines dynamic scopes take is not all in this preview: azure-hotpatch scope tells."
    if not is_all_known:
        yield "A preview holds what is declared: --inventory adds what Azure has, so that more can be judged."


def _is_open(one: Judgement) -> bool:
    return one.finding.verdict == "unknown"


def _forecast(estate: Estate, stack: Stack, wanted: Wanted, now: datetime) -> Forecast:
    """What the coming months bring the machines of the stack."""
    extra, switches = extra_releases(wanted.releases), relaxed(wanted.relaxed)
    found = forecast(estate.members(), now, wanted.months, extra=extra, relaxed=switches)
    labelled = zip((entry.resource for entry in estate.machines), found.members, strict=True)
    members = ((label, pattern) for label, (_, pattern) in labelled if stack.declares(label))
    return Forecast(found.months, tuple(members))


def _bodies(paths: Sequence[str]) -> list[Body]:
    bodies: list[Body] = []
    for path in paths:
        document = read_document(path)
        try:
            bodies += bodies_in(document)
        except InvalidInput as error:
            raise InvalidInput(f"{shown(path)}: {error}") from None
    return bodies
