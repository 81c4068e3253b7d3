"""A review as Markdown for a pull request: GitHub's and GitLab's flavour, within what a comment may hold.

What comes from outside – names, reasons, values – is escaped: it can neither break a table nor mention anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.expectations import Expectation
from pulumi_azure_hotpatch.engine.forecast import Forecast
from pulumi_azure_hotpatch.engine.judgement import Judgement

from .deployment_restarts import DeploymentRestart
from .markdown_changes import changes_table, named
from .markdown_text import ROWS, escape, few, left_out
from .review import Review, restarts
from .spelling import leaf, spell_window

LARGEST: Final = 60_000
"""Characters; a comment of GitHub holds 65,536."""
_NOUNS: Final = {"error": "error", "warning": "warning", "info": "remark"}
_ANSWERS: Final = {"yes": "**yes**", "no": "no", "unknown": "*not decided*"}


def markdown(review: Review) -> str:
    """The whole comment."""
    parts = [
        "## Patching review",
        _summary(review),
        *_section("The preview failed", _stops(review)),
        *_section("What changes", changes_table(review)),
        *_section("Restarts to come", _restarts(review)),
        *_section("Findings", _findings(review)),
        *_section("Waived", _waived(review.waived)),
        *_section("Policies of this run", _policies(review)),
        *_details(review),
        f"<sub>As of {review.as_of:%Y-%m-%d}. Rules: `azure-hotpatch explain RULE`.</sub>",
    ]
    text = "\n\n".join(part for part in parts if part) + "\n"
    if len(text) <= LARGEST:
        return text
    cut = text.rfind("\n", 0, LARGEST - 200)
    return f"{text[:cut]}\n\n**The rest is left out**: a comment holds no more. `--json` has everything.\n"


def _summary(review: Review) -> str:
    ops: dict[str, int] = {}
    for change in review.changes:
        ops[change.op] = ops.get(change.op, 0) + 1
    changed = ", ".join(f"{number} to {escape(op)}" for op, number in ops.items()) or "nothing changes"
    if review.preview.stops:
        changed = f"the preview failed; until then: {changed}"
    findings = review.counted()
    found = ", ".join(counted(findings[name], noun) for name, noun in _NOUNS.items())
    mark = "❌" if review.fails else "⚠️" if findings["warning"] else "✅"
    waived = f", {len(review.waived)} waived" if review.waived else ""
    mandatory = sum(one.counts_as_error for one in review.violations)
    policies = f", {counted(mandatory, 'mandatory policy violation')}" if mandatory else ""
    return f"{mark} **{changed}** · {found}{waived}{policies}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"### {title}"
        yield "\n".join(found)


def _stops(review: Review) -> Iterator[str]:
    for stop in review.preview.stops[:ROWS]:
        kind = stop.urn.rpartition("::")[0].rpartition(":")[2]
        rule = f": `{stop.rule}`" if stop.rule else ""
        name = f"{escape(leaf(stop.urn))} <sub>{escape(kind)}</sub>" if stop.urn else "the program"
        yield f"- {name}{rule}"
    if review.preview.stops:
        yield ""
        yield "The preview's own output says why. What would come after that is not in this review."


def _restarts(review: Review) -> Iterator[str]:
    if review.deployment:
        yield _of_this_run(review.deployment)
    if review.deployment and review.after.members:
        yield ""
    if review.after.members:
        yield _of_months(review)
    if not review.deployment and not review.after.members:
        return
    yield ""
    yield "| month | release | window | machines | restart | why |"
    yield "|---|---|---|---|---|---|"
    for one in review.deployment[:ROWS]:
        ring = f", {escape(one.ring)}" if one.ring else ""
        yield (
            f"| this change: {escape(leaf(one.urn))}{ring} | {escape(one.what)} | {escape(one.when)} "
            f"| {named(one.machines)} | {_ANSWERS[one.reboot]} | {escape(one.why)} |"
        )
    yield from left_out(len(review.deployment), 6)
    rows = list(_grouped(review.after))
    for expected, machines in rows[:ROWS]:
        yield (
            f"| {expected.release_month} | {_release(expected)} | {_window(expected)} "
            f"| {few(machines)} | {_ANSWERS[expected.reboot]} | {escape(expected.why)} |"
        )
    yield from left_out(len(rows), 6)


def _of_this_run(deployment: Sequence[DeploymentRestart]) -> str:
    """How many machines this change may restart; whether it does is said only where it is known."""
    machines: Counter[str] = Counter()
    for one in deployment:
        machines[one.reboot] += one.machines.count
    is_open = any(one.machines.is_open and one.reboot != "no" for one in deployment)
    told = [f"restarts **{counted(machines['yes'])}**"] if machines["yes"] else []
    told += [f"perhaps {counted(machines['unknown'])}"] if machines["unknown"] else []
    told += ["machines that are not known yet"] if is_open else []
    return f"What this change itself installs: {', '.join(told) or 'no restart'}."


def _of_months(review: Review) -> str:
    sure, still_open = restarts(review.after)
    months = len(review.after.months)
    words = f"**{sure}** in {counted(months, 'month')} on {counted(len(review.after.members), 'machine')}"
    if still_open:
        words += f", {still_open} more not decided"
    if review.before is not None:
        earlier, earlier_open = restarts(review.before)
        words += f" (before this change {earlier}{f', {earlier_open} not decided' if earlier_open else ''})"
    return f"{words}."


def _release(expected: Expectation) -> str:
    kind = expected.release_kind
    return "–" if kind == "unknown" else escape(kind.replace("_", " "))


def _grouped(forecast: Forecast) -> Iterator[tuple[Expectation, list[str]]]:
    """What each month brings the machines that it brings the same, by month; months without a window that bring the
    same are told together.
    """
    together: dict[Expectation, list[str]] = {}
    for row in forecast.rows():
        together.setdefault(row.expected, []).append(row.machine)
    months: dict[tuple[Expectation, tuple[str, ...]], list[str]] = {}
    for expected, machines in sorted(together.items(), key=lambda item: item[0].release_month):
        alike = expected._replace(release_month="" if expected.latest is None else expected.release_month)
        months.setdefault((alike, tuple(machines)), []).append(expected.release_month)
    for (expected, names), alike_months in months.items():
        yield expected._replace(release_month=", ".join(alike_months)), list(names)


def _window(expected: Expectation) -> str:
    name = f"{escape(expected.schedule)}: " if expected.schedule and expected.latest is not None else ""
    return f"{name}{spell_window(expected.earliest, expected.latest)}"


def _findings(review: Review) -> Iterator[str]:
    found = [*review.failed("error"), *review.failed("warning"), *review.failed("info")]
    if not found:
        return
    yield "| severity | rule | resource | reason | fix |"
    yield "|---|---|---|---|---|"
    together: dict[tuple[str, str, str, str], list[Judgement]] = {}
    for one in found:
        key = (one.finding.severity, one.finding.rule, one.finding.reason, one.finding.fix)
        together.setdefault(key, []).append(one)
    for (severity, rule, reason, fix), alike in list(together.items())[:ROWS]:
        names = few([one.resource for one in alike])
        yield f"| {severity} | `{rule}` | {names} | {escape(reason)} | {escape(fix)} |"
    yield from left_out(len(together), 5)


def _waived(found: Sequence[Judgement]) -> Iterator[str]:
    if not found:
        return
    yield "| rule | resource | who answers for it | until | why |"
    yield "|---|---|---|---|---|"
    for one in found[:ROWS]:
        waiver = one.waived
        if waiver is not None:
            yield (
                f"| `{one.finding.rule}` | {escape(leaf(one.resource))} | {escape(waiver.owner)} "
                f"| {waiver.until.isoformat()} | {escape(waiver.reason)} |"
            )
    yield from left_out(len(found), 5)


def _policies(review: Review) -> Iterator[str]:
    for told in review.preview.policies[:ROWS]:
        name = told.urn.rpartition("::")[2]
        yield f"- {escape(told.level)} `{told.pack}/{told.policy}` on {escape(name)}: {escape(told.message)}"


def _details(review: Review) -> Iterator[str]:
    unknown: Mapping[str, int] = review.unknown
    if unknown:
        rows = "\n".join(f"- `{rule}`: {counted(times, 'time')}" for rule, times in unknown.items())
        total = sum(unknown.values())
        yield (
            f"<details><summary>{counted(total, 'judgement')} {'waits' if total == 1 else 'wait'} for values that are "
            "not known in a preview</summary>\n\n"
            f"{rows}\n\n</details>"
        )
    for note in review.notes:
        yield f"> {escape(note)}"
