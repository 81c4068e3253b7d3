"""`azure-hotpatch scope`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.facts import CONFIGURATION_ASSIGNMENTS, MAINTENANCE_CONFIGURATIONS
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.engine.rules import judge, rules_for
from pulumi_azure_hotpatch.engine.scope import Place, ScopeFilter
from pulumi_azure_hotpatch.engine.scope_preview import ScopePreview, Taken, compared, preview, taken_by
from pulumi_azure_hotpatch.engine.scopes_around import Scope, Surroundings
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId, parse_subscription_id

from . import output
from .check import FAILED, STYLES
from .instants import as_of
from .scope_given import Asked, declared_scopes, read, surroundings

TYPED: Final = "the options"
_SIGNS: Final = {"new": "green", "drops out": "yellow", "maybe": "magenta"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A scope as it was typed; every list may be empty."""

    subscriptions: Sequence[str] = ()
    groups: Sequence[str] = ()
    types: Sequence[str] = ()
    group_names: Sequence[str] = ()
    locations: Sequence[str] = ()
    systems: Sequence[str] = ()
    tags: Sequence[str] = ()
    all_tags: bool = False
    schedule: str | None = None
    whole: bool = False

    @property
    def says_something(self) -> bool:
        """Whether a scope of its own is meant, rather than those that are there."""
        narrowed = (*self.groups, *self.types, *self.group_names, *self.locations, *self.systems, *self.tags)
        return bool(narrowed) or self.whole or self.schedule is not None


def run(paths: Sequence[str], wanted: Wanted, *, live: bool, today: str | None, as_json: bool) -> int:
    """Print what scopes take; 1 when a rule of severity error failed.

    Raises InvalidInput, ConfigurationError or ArmError.
    """
    instant = None if today is None else as_of(today)
    wanted = replace(wanted, subscriptions=tuple(map(parse_subscription_id, wanted.subscriptions)))
    _check_schedule(wanted.schedule)
    cloud = None
    bodies, declared, earlier = read(paths)
    asked = list(declared_scopes(declared, earlier))
    if live or not bodies:
        bodies, instant, cloud = _from_azure(wanted, asked, bodies, instant)
    around = surroundings(bodies, declared)
    if wanted.says_something:
        asked = [Asked(TYPED, _typed(wanted, _subscriptions(wanted, around)))]
    elif not asked:
        asked = [Asked(key, scope) for key, scope in sorted(around.scopes.items()) if _is_wanted(scope, wanted)]
    at = instant or as_of(None)
    found = [(one, _previewed(one, around, at, cloud)) for one in asked]
    judged = [list(_judged(one, seen)) for one, seen in found]
    if as_json:
        output.print_json(_row(one, seen, findings) for (one, seen), findings in zip(found, judged, strict=True))
    else:
        for (one, seen), findings in zip(found, judged, strict=True):
            _show(one, seen, findings)
        if not found:
            output.show(output.console(), Text("No dynamic scope was found.", "bold"))
    return FAILED if any(one.finding.is_error for findings in judged for one in findings) else 0


def _check_schedule(given: str | None) -> None:
    """Raises InvalidInput for what is no id of a schedule."""
    if given is None:
        return
    try:
        is_schedule = ResourceId.parse(given).is_type(MAINTENANCE_CONFIGURATIONS)
    except InvalidInput:
        is_schedule = False
    if not is_schedule:
        raise InvalidInput(
            f"--schedule {given!r}: expected the id of a schedule, "
            f"/subscriptions/{{id}}/resourceGroups/{{group}}/providers/{MAINTENANCE_CONFIGURATIONS}/{{name}}"
        )


def _from_azure(
    wanted: Wanted, asked: Sequence[Asked], bodies: Sequence[Body], instant: datetime | None
) -> tuple[list[Body], datetime, str | None]:
    """The bodies of all subscriptions that the scopes are about, Azure's own time, and the cloud that it is."""
    from pulumi_azure_hotpatch.observing.scope_inventory import bodies_around
    from pulumi_azure_hotpatch.observing.scopes import Scope as Subscriptions

    from .connected import connected

    with connected("the machines that match") as azure:
        meant = {place.subscription_id for one in asked for place in one.scope.places}
        meant |= {*wanted.subscriptions, *(Place.parse(group).subscription_id for group in wanted.groups)}
        chosen = Subscriptions.of(None, sorted(meant), azure.subscription_id).subscriptions
        found = bodies_around(azure.azure.graph, chosen)
        return [*bodies, *found], instant or azure.clock.now(), azure.cloud


def _subscriptions(wanted: Wanted, around: Surroundings) -> Sequence[str]:
    """Where a typed scope is: as typed, else wherever there are machines."""
    if wanted.subscriptions or wanted.groups:
        return wanted.subscriptions
    return sorted(around.by_subscription)


def _typed(wanted: Wanted, subscriptions: Sequence[str]) -> Scope:
    tags: dict[str, tuple[str, ...]] = {}
    for text in wanted.tags:
        name, separator, value = text.partition("=")
        if not name or not separator:
            raise InvalidInput(f"--tag {text!r}: expected NAME=VALUE")
        tags[name] = (*tags.get(name, ()), value)
    return Scope(
        places=(*map(Place, subscriptions), *map(Place.parse, wanted.groups)),
        filter=ScopeFilter(
            tuple(wanted.types),
            tuple(wanted.group_names),
            tuple(wanted.locations),
            tuple(wanted.systems),
            tags,
            "All" if wanted.all_tags else "Any",
        ),
        schedule_id=wanted.schedule,
        location=next(iter(wanted.locations), None),
        allow_whole_subscription=wanted.whole,
    )


def _is_wanted(scope: Scope, wanted: Wanted) -> bool:
    chosen = {one.casefold() for one in wanted.subscriptions}
    return not chosen or any(place.subscription_id.casefold() in chosen for place in scope.places)


def _previewed(one: Asked, around: Surroundings, at: datetime, cloud: str | None) -> ScopePreview:
    found = preview(one.scope, around, as_of=at, cloud=cloud)
    if one.noted is not None:
        return compared(found, one.noted)
    return found if one.before is None else compared(found, taken_by(one.before, around.candidates))


def _judged(one: Asked, found: ScopePreview) -> Iterable[Judgement]:
    seen = set()
    for facts in found.facts:
        for finding in judge(rules_for("dynamic_scope"), facts):
            if finding.verdict != "pass" and (finding.rule, finding.reason) not in seen:
                seen.add((finding.rule, finding.reason))
                yield Judgement(one.label, CONFIGURATION_ASSIGNMENTS, finding)


def _row(one: Asked, found: ScopePreview, findings: Iterable[Judgement]) -> dict[str, Any]:
    counts = {place.id: 0 for place in found.scope.places}
    for taken in found.sure:
        counts[taken.place.id] += 1
    return {
        "scope": one.label,
        "schedule": found.scope.schedule_id,
        "places": [{"place": place, "machines": number} for place, number in counts.items()],
        "machines": [_machine(taken) for taken in found.machines],
        "new": None if found.new is None else list(found.new),
        "dropped": None if found.dropped is None else list(found.dropped),
        "findings": [one.as_json() for one in findings],
    }


def _machine(taken: Taken) -> dict[str, Any]:
    machine = taken.candidate.machine
    return {
        "machine": _known(machine.id),
        "name": _known(machine.name),
        "type": taken.candidate.type,
        "place": taken.place.id,
        "location": _known(machine.location),
        "os_type": _known(machine.os_type),
        "taken": _known(taken.taken),
        "ready": _known(taken.ready),
        "hotpatched": _known(taken.hotpatched),
        "power_state": _known(machine.power_state),
        "availability_set": _known(machine.availability_set_id),
        "other_schedules": list(taken.other_schedules),
        "clash": taken.clash,
    }


def _known(value: Maybe[Any]) -> Any:
    return None if value is UNKNOWN else value


def _show(one: Asked, found: ScopePreview, findings: Sequence[Judgement]) -> None:
    console = output.console()
    roomy = console.width >= output.NARROW
    new = {machine.casefold() for machine in found.new or ()}
    headers = ("Machine", "", "System", "Location", "Ready", "Power", "Other schedules")
    table = output.table(*(headers if roomy else headers[:3]), folding=("Machine", "Other schedules"))
    for taken in found.machines:
        machine = taken.candidate.machine
        sign = "maybe" if taken.taken is UNKNOWN else "new" if taken.candidate.key in new else ""
        others = ", ".join(key.rpartition("/")[2] for key in taken.other_schedules)
        cells = (
            Text(str(_known(machine.name) or taken.candidate.key.rpartition("/")[2])),
            Text(sign, _SIGNS.get(sign, "")),
            Text(str(_known(machine.os_type) or "-")),
            Text(str(_known(machine.location) or "-")),
            _readiness(taken),
            Text(str(_known(machine.power_state) or "-")),
            Text(f"{others} ({taken.clash})" if taken.clash else others or "-", "yellow" if taken.clash else ""),
        )
        table.add_row(*(cells if roomy else cells[:3]))
    for dropped in found.dropped or ():
        blank = [Text("-")] * (len(headers) - 2 if roomy else 1)
        table.add_row(Text(dropped.rpartition("/")[2]), Text("drops out", _SIGNS["drops out"]), *blank)
    name = one.label.rpartition("::" if one.label.startswith("urn:") else "/")[2]
    output.show(console, output.title(f"{name}: {output.count(len(found.sure), 'machine')}"))
    if table.row_count:
        output.show(console, table)
    for judgement in findings:
        finding = judgement.finding
        if finding.verdict == "fail":
            words = Text.assemble((finding.rule, "bold"), "\n", finding.reason, "\n", ("Fix: ", "bold"), finding.fix)
            output.show(console, output.indented(words, finding.severity, STYLES[finding.severity]))
    output.show(console, "")


def _readiness(taken: Taken) -> Text:
    if taken.hotpatched is True:
        return Text("hotpatched", "yellow")
    if taken.ready is UNKNOWN:
        return Text("?", "magenta")
    return Text("yes", "green") if taken.ready else Text("no", "bold red")
