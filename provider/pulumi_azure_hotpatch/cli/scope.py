"""`azure-hotpatch scope`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.facts import CONFIGURATION_ASSIGNMENTS
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.engine.rules import judge, rules_for
from pulumi_azure_hotpatch.engine.schedule_clashes import readable
from pulumi_azure_hotpatch.engine.scope import Place
from pulumi_azure_hotpatch.engine.scope_preview import ScopePreview, Taken, compared, preview, taken_by
from pulumi_azure_hotpatch.engine.scopes_around import Scope, Surroundings
from pulumi_azure_hotpatch.engine.stand_ins import is_stand_in
from pulumi_azure_hotpatch.ids import ResourceId, parse_subscription_id

from . import output
from .check import FAILED, STYLES
from .instants import as_of
from .scope_given import Asked, declared_scopes, read, surroundings
from .scope_typed import Wanted, check_schedule, subscriptions_of, typed_scope

TYPED: Final = "the options"
_SIGNS: Final = {"new": "green", "drops out": "yellow", "maybe": "magenta"}


def run(paths: Sequence[str], wanted: Wanted, *, live: bool, today: str | None, as_json: bool) -> int:
    """Print what scopes take; 1 when a rule of severity error failed.

    Raises InvalidInput, ConfigurationError or ArmError.
    """
    instant = None if today is None else as_of(today)
    wanted = replace(wanted, subscriptions=tuple(map(parse_subscription_id, wanted.subscriptions)))
    check_schedule(wanted.schedule)
    cloud = None
    bodies, declared, earlier = read(paths)
    asked = list(declared_scopes(declared, earlier))
    is_live = live or not bodies
    if is_live:
        bodies, instant, cloud = _from_azure(wanted, asked, bodies, instant)
    around = surroundings(bodies, declared)
    if wanted.says_something:
        asked = [Asked(TYPED, typed_scope(wanted, subscriptions_of(wanted, around)))]
    elif not asked:
        asked = [Asked(key, scope) for key, scope in sorted(around.scopes.items()) if _is_wanted(scope, wanted)]
    at = instant or as_of(None)
    found = [(one, _previewed(one, around, at, cloud)) for one in asked]
    judged = [list(_judged(one, seen)) for one, seen in found]
    for remark in dict.fromkeys(one for each, seen in found for one in _remarks(each, seen, around, is_live=is_live)):
        output.note(f"Note: {remark}")
    if as_json:
        output.print_json(_row(one, seen, findings) for (one, seen), findings in zip(found, judged, strict=True))
    else:
        for (one, seen), findings in zip(found, judged, strict=True):
            _show(one, seen, findings)
        if not found:
            output.show(output.console(), Text("No dynamic scope was found.", "bold"))
    return FAILED if any(one.finding.is_error for findings in judged for one in findings) else 0


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
        if meant:
            # Without a place a typed scope is wherever machines are found.
            schedules = (one for one in (wanted.schedule, *(one.scope.schedule_id for one in asked)) if one)
            meant |= {ResourceId.parse(one).subscription_id for one in schedules if not is_stand_in(one)}
        chosen = Subscriptions.of(None, sorted(meant), azure.subscription_id).subscriptions
        found = bodies_around(azure.azure.graph, chosen)
        return [*bodies, *found], instant or azure.clock.now(), azure.cloud


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


def _remarks(one: Asked, found: ScopePreview, around: Surroundings, *, is_live: bool) -> Iterable[str]:
    """What nobody can tell of a scope, and why."""
    scope = found.scope
    if scope.filter.beyond:
        yield f"{_name(one)}: its filter has {' and '.join(scope.filter.beyond)} too, which is not compared here."
    if scope.schedule_id is None or not (one.label == TYPED or any(taken.other_schedules for taken in found.machines)):
        return
    schedule = around.schedules.get(scope.schedule_id.rstrip("/").casefold())
    if is_stand_in(scope.schedule_id):
        if schedule is None or readable(schedule) is None:
            yield f"{_name(one)}: windows are not compared: its schedule is not known yet."
    elif schedule is None:
        why = f"Azure has no schedule {scope.schedule_id} for guests"
        why = why if is_live else f"no file shows the schedule {scope.schedule_id}; --live asks Azure"
        yield f"windows are not compared: {why}."
    elif readable(schedule) is None:
        yield f"windows are not compared: when {scope.schedule_id} runs cannot be read."


def _name(one: Asked) -> str:
    return one.label.rpartition("::" if one.label.startswith("urn:") else "/")[2]


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
        "agent_status": _known(taken.candidate.agent),
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
            Text(str(_known(machine.power_state) or _agent(taken) or "-")),
            Text(f"{others} ({taken.clash})" if taken.clash else others or "-", "yellow" if taken.clash else ""),
        )
        table.add_row(*(cells if roomy else cells[:3]))
    for dropped in found.dropped or ():
        blank = [Text("-")] * (len(headers) - 2 if roomy else 1)
        table.add_row(Text(dropped.rpartition("/")[2]), Text("drops out", _SIGNS["drops out"]), *blank)
    output.show(console, output.title(f"{_name(one)}: {output.count(len(found.sure), 'machine')}"))
    if table.row_count:
        output.show(console, table)
    for judgement in findings:
        finding = judgement.finding
        if finding.verdict == "fail":
            words = Text.assemble((finding.rule, "bold"), "\n", finding.reason, "\n", ("Fix: ", "bold"), finding.fix)
            output.show(console, output.indented(words, finding.severity, STYLES[finding.severity]))
    output.show(console, "")


def _agent(taken: Taken) -> str | None:
    """How the agent of an Arc-enabled server stands, where it is not as usual."""
    return str(_known(taken.candidate.agent)) if taken.is_off else None


def _readiness(taken: Taken) -> Text:
    if taken.hotpatched is True:
        return Text("hotpatched", "yellow")
    if taken.ready is UNKNOWN:
        return Text("?", "magenta")
    return Text("yes", "green") if taken.ready else Text("no", "bold red")
