"""The rows of our queries as findings, in the words that the engine finds for the same facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final

from pulumi_azure_hotpatch.engine.arc import ArcServer
from pulumi_azure_hotpatch.engine.dynamic_scope import DynamicScope
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Assignment, Image, Machine, PatchSettings, Schedule
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, Subject
from pulumi_azure_hotpatch.engine.rules.model import Verdict, worded
from pulumi_azure_hotpatch.engine.scale_set import ScaleSet

from .columns import NOT_KNOWN, Column
from .conditions import LETTERS
from .queries import VERDICTS, Query

Values = Mapping[str, Any]
_VERDICTS: Final[Mapping[str, Verdict]] = MappingProxyType(
    {LETTERS.passed: "pass", LETTERS.failed: "fail", LETTERS.unknown: "unknown"}
)
# Machines that look alike are worded once: a fleet has few kinds of machines.
_MOST_ANSWERS: Final = 50_000


def judgements(
    query: Query,
    rows: Iterable[tuple[str, ...]],
    *,
    relaxed: frozenset[str] = frozenset(),
    show_all: bool = False,
) -> Iterator[Judgement]:
    """What a sweep's rows say: fails and what is not known, with `show_all` passes too.

    A row is `id`, the verdicts' letters and the columns, in the order of the query's projection.
    """
    known: dict[tuple[str, ...], tuple[Finding, ...]] = {}
    for resource, *answer in rows:
        key = tuple(answer)
        found = known.get(key)
        if found is None:
            if len(known) >= _MOST_ANSWERS:
                known.clear()
            found = known[key] = tuple(_findings(query, key, relaxed, show_all))
        named = resource.rstrip("/")
        for finding in found:
            yield Judgement(named, query.table.type, finding)


def in_order(query: Query, row: Mapping[str, Any]) -> tuple[str, ...]:
    """A row by names, as Resource Graph answers it, in the order of the query's projection."""
    names = ("id", VERDICTS, *(column.name for column in query.columns.values()))
    return tuple(_text(row.get(name)) for name in names)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _findings(query: Query, answer: tuple[str, ...], relaxed: frozenset[str], show_all: bool) -> Iterator[Finding]:
    verdicts, *texts = answer
    facts: object = None
    for letter, rule in zip(verdicts, query.rules, strict=True):
        verdict = _VERDICTS.get(letter)
        if verdict is None or (verdict == "pass" and not show_all):
            continue
        if facts is None:
            values = zip(query.columns.items(), texts, strict=True)
            facts = _FACTS[query.subject]({fact: _value(column, text) for (fact, column), text in values})
        yield worded(rule, verdict, facts, relaxed=relaxed)


def _value(column: Column, text: str) -> Any:
    match text:
        case "":
            return None
        case _ if text == NOT_KNOWN:
            return UNKNOWN
        case "true" | "false" if column.kind == "flag":
            return text == "true"
        case _:
            return int(text) if column.kind == "number" else text


def _given(kind: type, values: Values) -> dict[str, Any]:
    """The values that are fields of a class; the others follow from them."""
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


def _settings(values: Values, prefix: str = "") -> PatchSettings:
    return PatchSettings(**{name: values.get(f"{prefix}settings.{name}") for name in PATCH_FIELDS})


def _image(values: Values) -> Any:
    there = values.get("image")
    if there is not True:
        return UNKNOWN if there is UNKNOWN else None
    return Image(**{part: values.get(f"image.{part}") for part in ("publisher", "offer", "sku", "id")})


def _machine(values: Values) -> Machine:
    given = {name: value for name, value in _given(Machine, values).items() if name != "image"}
    return Machine(id="", image=_image(values), settings=_settings(values), **given)


def _scale_set(values: Values) -> ScaleSet:
    given = {name: value for name, value in _given(ScaleSet, values).items() if name != "image"}
    return ScaleSet(id="", image=_image(values), settings=_settings(values), **given)


def _assignment(values: Values) -> Assignment:
    of_machine = {name.removeprefix("machine."): value for name, value in values.items() if name.startswith("machine.")}
    of_schedule = {
        name.removeprefix("schedule."): value for name, value in values.items() if name.startswith("schedule.")
    }
    overruled = values.get("overruled_reboot_setting")
    return Assignment(
        machine=_machine(of_machine),
        schedule=Schedule(reboot_setting=overruled, **of_schedule),
    )


_FACTS: Final[Mapping[Subject, Callable[[Values], object]]] = MappingProxyType(
    {
        "machine": _machine,
        "arc_server": lambda values: ArcServer(id="", **_given(ArcServer, values)),
        "scale_set": _scale_set,
        "schedule": lambda values: Schedule(**_given(Schedule, values)),
        "assignment": _assignment,
        "dynamic_scope": lambda values: DynamicScope(
            locations=("given",) if values.get("has_locations") else None, **_given(DynamicScope, values)
        ),
    }
)
