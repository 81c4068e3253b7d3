"""`azure-hotpatch check`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pulumi_azure_hotpatch.engine.judgement import Judgement, cases, judge_cases
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.engine.rules.model import Era
from pulumi_azure_hotpatch.engine.waivers import WAIVER, Waiver, waive

from . import output, switches
from .inputs import Asked, places, read_estate
from .instants import as_of
from .waivers import load_waivers

FAILED: Final = 1
WAIVED: Final = "waived"

STYLES: Final = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_ORDER: Final = {"error": 0, "warning": 1, "info": 2}


def run(
    paths: Sequence[str],
    *,
    show_all: bool,
    relaxed: Sequence[str],
    era: Era,
    waivers: str | None,
    today: str | None,
    as_json: bool,
) -> int:
    """Judge everything in the files; 1 when a rule of severity error failed unwaived, or a preview did: what it would
    have gone on to is judged by nobody. Raises InvalidInput.
    """
    now, given = as_of(today), load_waivers(waivers)
    asked = read_estate(paths, now)
    everything = (*cases(asked.estate, era), *asked.declarations())
    judged = judge_cases(everything, relaxed=switches.relaxed(relaxed))
    tally, wanted = Counter[tuple[str, str]](), []
    for one in waive(judged, given, today=now.date(), also=asked.urns_of):
        tally[WAIVED if one.waived else one.finding.verdict, one.finding.severity] += 1
        if show_all or one.finding.verdict != "pass":
            wanted.append(one)
    if as_json:
        output.print_json(one.as_json() for one in wanted)
    else:
        console = output.console()
        _show(console, wanted)
        _sum_up(console, tally, len({case.resource.casefold() for case in everything}), asked)
    return FAILED if tally["fail", "error"] or asked.stops else 0


def _show(console: Console, judged: Iterable[Judgement]) -> None:
    by_resource: dict[str, list[Judgement]] = defaultdict(list)
    for one in judged:
        by_resource[one.resource.casefold()].append(one)
    # Much of a fleet is alike, and layout is slow.
    known: dict[tuple[tuple[Finding, Waiver | None], ...], str] = {}
    for found in by_resource.values():
        alike = tuple((one.finding, one.waived) for one in found)
        if alike not in known:
            known[alike] = output.rendered(console, *_report(found), "")
        output.show(console, _heading(found[0]))
        output.write(known[alike])


def _report(judged: Sequence[Judgement]) -> Iterator[Table]:
    """What failed, the worst first, then what of it is waived; what cannot be judged, and what holds, in a paragraph
    each.
    """
    findings = [one.finding for one in judged if one.waived is None]
    failed = [finding for finding in findings if finding.verdict == "fail"]
    yield from map(_block, sorted(failed, key=lambda finding: _ORDER[finding.severity]))
    for one in judged:
        if one.waived is not None:
            yield _waived(one.finding, one.waived)
    unknown = [finding for finding in findings if finding.verdict == "unknown"]
    if unknown:
        missing = {finding.reason.removeprefix(_MISSING).removesuffix(_NOT_KNOWN) for finding in unknown}
        fields = sorted({field for reason in missing for field in reason.split(", ")})
        rules = output.count(len(unknown), "rule")
        words = f"{rules} cannot be judged: {', '.join(fields)} not known."
        yield output.indented(words, "unknown", "magenta")
    passed = [finding.rule for finding in findings if finding.verdict == "pass"]
    if passed:
        yield output.indented(", ".join(passed), "pass", "green")


_MISSING: Final = "Cannot judge yet: "
_NOT_KNOWN: Final = " not known."


def _heading(one: Judgement) -> Text:
    """The resource's name and where it is; an assignment is named after its machine too."""
    if one.resource.startswith("urn:"):
        kind, _, name = one.resource.rpartition("::")
        return Text.assemble((name, "bold"), (f"  {kind.rpartition('::')[2]}", "dim"))
    if one.type == WAIVER:
        return Text.assemble((one.resource, "bold"), (f"  {one.type}", "dim"))
    *before, name = one.resource.split("/")
    lowered = [part.casefold() for part in before]
    at = lowered.index("resourcegroups") + 1 if "resourcegroups" in lowered else None
    where = f" in {before[at]}" if at is not None and at < len(before) else ""
    if lowered[-2:-1] == ["microsoft.maintenance"] and lowered.count("providers") > 1:
        name = f"{name} for {before[-4]}"
    return Text.assemble((name, "bold"), (f"  {one.type}{where}", "dim"))


def _block(finding: Finding) -> Table:
    words = Text.assemble((finding.rule, "bold"), "\n", finding.reason, "\n", ("Fix: ", "bold"), finding.fix)
    return output.indented(words, finding.severity, STYLES[finding.severity])


def _waived(finding: Finding, waiver: Waiver) -> Table:
    answers = f"{waiver.owner} answers for it until {waiver.until}: {waiver.reason}"
    words = Text.assemble((finding.rule, "bold"), f" ({finding.severity})\n", finding.reason, "\n", answers)
    return output.indented(words, WAIVED, "dim")


def _sum_up(console: Console, tally: Mapping[tuple[str, str], int], resources: int, asked: Asked) -> None:
    """`tally` counts findings by verdict and severity."""
    failed = Counter({severity: number for (verdict, severity), number in tally.items() if verdict == "fail"})
    unknown = sum(number for (verdict, _), number in tally.items() if verdict == "unknown")
    parts = [
        output.count(resources, "resource"),
        output.count(failed["error"], "error"),
        output.count(failed["warning"], "warning"),
        output.count(failed["info"], "advisory", "advisories"),
        f"{unknown} not known",
    ]
    parts += (
        [f"{waived} waived"] if (waived := sum(n for (verdict, _), n in tally.items() if verdict == WAIVED)) else []
    )
    parts += [f"the preview failed at {places(asked.stops)}"] if asked.stops else []
    style = "bold red" if failed["error"] or asked.stops else "bold yellow" if failed["warning"] else "bold green"
    output.show(console, Text(", ".join(parts) + ".", style))
    if asked.estate.others:
        shown = ", ".join(f"{kind} ({number})" for kind, number in asked.estate.others.items())
        output.show(console, Text(f"Not looked at: {shown}.", "dim"))
