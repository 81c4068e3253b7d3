"""A review as Markdown for a pull request: GitHub's and GitLab's flavour, within what a comment may hold.

What comes from outside – names, reasons, values – is escaped: it can neither break a table nor mention anybody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.expectations import Expectation
from pulumi_azure_hotpatch.engine.forecast import Forecast
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.previews import Change

from .review import Review, about, outcome_of, restarts
from .spelling import harmless, leaf, spell_window

LARGEST: Final = 60_000
"""Characters; a comment of GitHub holds 65,536."""
_ROWS: Final = 50
_VALUE: Final = 80

_VERBS: Final = {"create": "create", "update": "update", "replace": "**replace**", "delete": "**delete**"}
_NOUNS: Final = {"error": "error", "warning": "warning", "info": "remark"}
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|#~&])")
_MENTION: Final = re.compile(r"@(?=\w)")


def markdown(review: Review) -> str:
    """The whole comment."""
    parts = [
        "## Patching review",
        _summary(review),
        *_section("The preview failed", _stops(review)),
        *_section("What changes", _changes(review.changes)),
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


def escape(value: object) -> str:
    """Any text as Markdown that shows it as it is, on one line."""
    words = harmless(" ".join(str(value).split()))
    # A zero-width space keeps a name from being a mention.
    return _MENTION.sub("@\u200b", _SPECIAL.sub(r"\\\1", words))


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
    return f"{mark} **{changed}** · {found}{waived}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"### {title}"
        yield "\n".join(found)


def _stops(review: Review) -> Iterator[str]:
    for stop in review.preview.stops[:_ROWS]:
        kind = stop.urn.rpartition("::")[0].rpartition(":")[2]
        rule = f": `{stop.rule}`" if stop.rule else ""
        name = f"{escape(leaf(stop.urn))} <sub>{escape(kind)}</sub>" if stop.urn else "the program"
        yield f"- {name}{rule}"
    if review.preview.stops:
        yield ""
        yield "The preview's own output says why. What would come after that is not in this review."


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        return
    yield "| | resource | machine | change | what will happen |"
    yield "|---|---|---|---|---|"
    for change in changes[:_ROWS]:
        machines = ", ".join(escape(machine.rpartition("/")[2]) for machine in about(change)[:5])
        more = f" and {len(about(change)) - 5} more" if len(about(change)) > 5 else ""
        fields = "<br>".join(f"{escape(name)}: {_value(old)} → {_value(new)}" for name, old, new in change.fields[:10])
        kind = change.type.rpartition(":")[2]
        verb = _VERBS.get(change.op, escape(change.op))
        yield (
            f"| {verb} | {escape(change.name)} <sub>{escape(kind)}</sub> | {machines}{more} | {fields} "
            f"| {escape(outcome_of(change))} |"
        )
    yield from _left_out(len(changes), 5)


def _value(value: Any) -> str:
    if value is UNKNOWN:
        return "*known later*"
    if value is None:
        return "–"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=lambda _: "known later")
    return escape(text if len(text) <= _VALUE else f"{text[:_VALUE]}…")


def _restarts(review: Review) -> Iterator[str]:
    if not review.after.members:
        return
    sure, still_open = restarts(review.after)
    months = len(review.after.months)
    words = f"**{sure}** in {months} months on {counted(len(review.after.members), 'machine')}"
    if still_open:
        words += f", {still_open} more not decided"
    if review.before is not None:
        earlier, earlier_open = restarts(review.before)
        words += f" (before this change {earlier}{f', {earlier_open} not decided' if earlier_open else ''})"
    yield f"{words}."
    yield ""
    yield "| month | release | window | machines | restart | why |"
    yield "|---|---|---|---|---|---|"
    rows = list(_grouped(review.after))
    for expected, machines in rows[:_ROWS]:
        names = [machine.rpartition("::" if machine.startswith("urn:") else "/")[2] for machine in machines]
        shown = ", ".join(map(escape, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        answer = {"yes": "**yes**", "no": "no"}.get(expected.reboot, "*not decided*")
        yield (
            f"| {expected.release_month} | {escape(expected.release_kind.replace('_', ' '))} | {_window(expected)} "
            f"| {shown} | {answer} | {escape(expected.why)} |"
        )
    yield from _left_out(len(rows), 6)


def _grouped(forecast: Forecast) -> Iterator[tuple[Expectation, list[str]]]:
    """What each month brings the machines that it brings the same, by month."""
    together: dict[Expectation, list[str]] = {}
    for row in forecast.rows():
        together.setdefault(row.expected, []).append(row.machine)
    yield from sorted(together.items(), key=lambda item: item[0].release_month)


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
    for (severity, rule, reason, fix), alike in list(together.items())[:_ROWS]:
        names = [leaf(one.resource) for one in alike]
        shown = ", ".join(map(escape, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        yield f"| {severity} | `{rule}` | {shown} | {escape(reason)} | {escape(fix)} |"
    yield from _left_out(len(together), 5)


def _waived(found: Sequence[Judgement]) -> Iterator[str]:
    if not found:
        return
    yield "| rule | resource | who answers for it | until | why |"
    yield "|---|---|---|---|---|"
    for one in found[:_ROWS]:
        waiver = one.waived
        if waiver is not None:
            yield (
                f"| `{one.finding.rule}` | {escape(leaf(one.resource))} | {escape(waiver.owner)} "
                f"| {waiver.until.isoformat()} | {escape(waiver.reason)} |"
            )
    yield from _left_out(len(found), 5)


def _policies(review: Review) -> Iterator[str]:
    for told in review.preview.policies[:_ROWS]:
        name = told.urn.rpartition("::")[2]
        yield f"- {escape(told.level)} `{told.pack}/{told.policy}` on {escape(name)}: {escape(told.message)}"


def _details(review: Review) -> Iterator[str]:
    unknown: Mapping[str, int] = review.unknown
    if unknown:
        rows = "\n".join(f"- `{rule}`: {counted(times, 'time')}" for rule, times in unknown.items())
        total = sum(unknown.values())
        yield (
            f"<details><summary>{total} judgements wait for values that are not known in a preview</summary>\n\n"
            f"{rows}\n\n</details>"
        )
    for note in review.notes:
        yield f"> {escape(note)}"


def _left_out(number: int, columns: int) -> Iterator[str]:
    if number > _ROWS:
        yield f"| … | {number - _ROWS} more |" + " |" * (columns - 2)
