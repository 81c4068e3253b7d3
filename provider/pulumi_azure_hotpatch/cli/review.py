"""`azure-hotpatch review`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import Forecast, forecast
from pulumi_azure_hotpatch.engine.instants import MOST_MONTHS, check_count
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases
from pulumi_azure_hotpatch.engine.previews import read_preview
from pulumi_azure_hotpatch.engine.waivers import waive
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.report.junit import junit
from pulumi_azure_hotpatch.report.markdown import markdown
from pulumi_azure_hotpatch.report.review import Review
from pulumi_azure_hotpatch.report.sarif import sarif

from . import output
from .calendar import extra_releases
from .check import FAILED
from .inputs import Given
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
    told = [one for one in review.judged if one.finding.verdict != "pass"]
    if wanted.sarif is not None:
        package = version("pulumi-azure-hotpatch")
        failures = [f"the preview failed at {stop}" for stop in review.preview.stops]
        document = sarif(told, version=package, category="review", artifact=wanted.artifact, failures=failures)
        write_file(wanted.sarif, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    if wanted.junit is not None:
        write_file(wanted.junit, junit(review.judged, suite="azure-hotpatch review", stops=review.preview.stops))
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
    waivers = load_waivers(wanted.waivers)
    before = Stack(preview.before).estate(bodies, as_of=now) if preview.before or bodies else None
    notes = []
    if preview.untold or any(change.op == "read" for change in preview.changes) or not preview.changes:
        notes.append("The preview lists few resources: --show-sames lists unchanged ones too.")
    if estate.dynamic_scopes:
        notes.append("What dynamic scopes match is not followed here: azure-hotpatch scope tells.")
    return Review(
        preview=preview,
        judged=tuple(waive(judged, waivers, today=now.date(), also=stack.urns_of)),
        as_of=now,
        after=_forecast(estate, stack, wanted, now),
        before=_forecast(before, stack, wanted, now) if before is not None else None,
        notes=tuple(notes),
    )


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
