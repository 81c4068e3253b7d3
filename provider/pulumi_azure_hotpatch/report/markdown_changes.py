"""The changes of a review as a table in Markdown: what is different, on which machines, and what will happen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice, takewhile
from typing import Any, Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.previews import Change

from .affected import Machines
from .differences import Different, differences
from .expected_outcomes import ANSWERS, earlier_outcome, expected_outcome
from .markdown_text import ROWS, SHOWN, escape, few, left_out
from .review import Review
from .spelling import leaf

_PARTS: Final = 10
_VALUE: Final = 80
_LATER: Final = "*known later*"
_VERBS: Final = {"create": "create", "update": "update", "replace": "**replace**", "delete": "**delete**"}
# Of what is new: where it is and what it is about stands in other columns, or is of no interest to a reviewer.
_ELSEWHERE: Final = frozenset(
    (
        *("virtualMachineId", "machineId", "scaleSetId", "machineIds", "matched", "matchingMachines"),
        *("fleetName", "assignmentName", "scheduleName", "subscriptionId", "adopted", "imageEligibility"),
    )
)


def changes_table(review: Review) -> Iterator[str]:
    """The lines of the table; none without changes."""
    changes = review.changes
    if not changes:
        return
    yield "| | resource | machine | change | what will happen |"
    yield "|---|---|---|---|---|"
    for change in changes[:ROWS]:
        kind = change.type.rpartition(":")[2]
        verb = _VERBS.get(change.op, escape(change.op))
        machines = named(review.affected.by(change))
        yield (
            f"| {verb} | {escape(change.name)} <sub>{escape(kind)}</sub> | {machines} | {_what(change, review)} "
            f"| {_outcome(review, change)} |"
        )
    yield from left_out(len(changes), 5)


def named(machines: Machines) -> str:
    """The first few machines by name, and what is to be said of the others."""
    shown = few(machines.labels, machines.count)
    if not machines.is_open:
        return shown
    return f"{shown} and others, {_LATER}" if shown else _LATER


def _what(change: Change, review: Review) -> str:
    if change.op == "create":
        lines = list(_declared(change, review))
    else:
        fields = (field for field in change.fields if field[0] not in ANSWERS)
        lines = [_different(part) for name, old, new in fields for part in differences(name, old, new)]
    more = [f"and {len(lines) - _PARTS} more"] if len(lines) > _PARTS else []
    return "<br>".join([*islice(lines, _PARTS), *more])


def _declared(change: Change, review: Review) -> Iterator[str]:
    """What is declared of something new."""
    kind = review.affected.kind_of(change)
    if not kind or ":" in kind:
        # azure-native's are large, and what of them matters here is in the next column.
        return
    for name, value in (change.inputs or {}).items():
        if value is None or name in ANSWERS | _ELSEWHERE or name.startswith("__"):
            continue
        source = review.affected.source_of(change, name) if value is UNKNOWN else None
        for path, part in _parts(name, value if source is None else leaf(source)):
            yield f"{escape(path)}: {_value(part)}"


def _different(part: Different) -> str:
    path = escape(part.path)
    if part.is_of_list:
        signed = [*(("+", one) for one in part.added), *(("-", one) for one in part.removed)]
        names = [_name(one) for _, one in signed]
        # Two machines of one name lie in different groups.
        shown = names if len(set(names)) == len(names) else [str(one) for _, one in signed]
        told = " / ".join(
            f"{sign} {_LATER if one is UNKNOWN else escape(name)}"
            for (sign, one), name in zip(signed[: 2 * SHOWN], shown, strict=False)
        )
        return f"{path}: {told}" + (f" and {len(signed) - 2 * SHOWN} more" if len(signed) > 2 * SHOWN else "")
    old, new = part.old, part.new
    if _is_id(old) and _is_id(new) and leaf(old) != leaf(new):
        return f"{path}: {escape(leaf(old))} → {escape(leaf(new))}"
    start = 0
    if isinstance(old, str) and isinstance(new, str) and max(len(old), len(new)) > _VALUE:
        # What is alike at the beginning would push the difference out of the cell.
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
        start = max(0, alike - _VALUE // 4)
    return f"{path}: {_value(old, start)} → {_value(new, start)}"


def _value(value: Any, start: int = 0) -> str:
    if value is UNKNOWN:
        return _LATER
    if value is None:
        return "–"
    if start == 0 and _is_id(value):
        return escape(leaf(value))
    rest = _text(value)[start:]
    shown = rest if len(rest) <= _VALUE else f"{rest[:_VALUE]}…"
    return escape(f"…{shown}" if start else shown)


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What an object holds, part by part; everything else is a part of its own."""
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, part in value.items():
        yield f"{name}.{key}", part


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    members = value if isinstance(value, list | tuple) else ()
    names = [_named(member) for member in members]
    if names and None not in names:
        return ", ".join(str(name) for name in names)
    return json.dumps(value, ensure_ascii=False, default=lambda _: "known later")


def _named(member: Any) -> str | None:
    """What a member of a list is called: of objects, such as rings, the name."""
    name = member.get("name") if isinstance(member, Mapping) else member
    return _name(name) if isinstance(name, str) else None


def _outcome(review: Review, change: Change) -> str:
    now, before = expected_outcome(change, review.affected, review.prospects), earlier_outcome(change)
    if not now:
        alone = [one for one in review.deployment if one.urn == change.urn and one.ring is None]
        now = "; ".join(
            f"restart: {'not decided' if one.reboot == 'unknown' else one.reboot}: {one.why}" for one in alone
        )
    told = f"<br><sub>before: {escape(before)}</sub>" if before and before != now else ""
    return f"{escape(now)}{told}"


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and value.casefold().startswith("/subscriptions/")


def _name(value: Any) -> str:
    return leaf(value) if _is_id(value) else str(value)
