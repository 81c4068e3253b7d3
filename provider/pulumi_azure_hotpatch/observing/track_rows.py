"""What a machine's place on the hotpatch track follows from: rows of Resource Graph, or the machine itself.

A row has `id`, `name`, `type`, `location` and the properties of the machine beside each other, `extended.instanceView`
and, of a server outside Azure, `licenseProfile`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pulumi_azure_hotpatch.engine.bodies import Body, object_at, properties_of
from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, Machine
from pulumi_azure_hotpatch.engine.inventory import machine_from_arm, os_kind
from pulumi_azure_hotpatch.ids import ResourceId

from . import queries
from .listed import listed
from .scopes import Scope
from .sources import Sources, Tell
from .status import MOST_VIEWS

Row = Mapping[str, Any]


def from_graph(sources: Sources, scope: Scope) -> Iterator[Row]:
    """What Resource Graph knows, the KBs of installations among it. Raises ArmError before the first row."""
    rows = [
        row
        for names in scope.filters()
        for row in sources.graph.query(queries.hotpatch(names), scope.subscriptions)
        if scope.holds(str(row["id"]))
    ]
    licenses: dict[str, Any] = {}
    if any(_is_server(row) and not row.get("licenseProfile") for row in rows):
        for profile in sources.graph.query(queries.LICENSES, scope.subscriptions):
            licenses[str(profile["machine"])] = profile.get("properties")
    for row in rows:
        yield {**row, "licenseProfile": row.get("licenseProfile") or licenses.get(str(row["id"]).casefold())}


def from_lists(sources: Sources, scope: Scope, is_offered: Callable[[Machine], bool], *, tell: Tell) -> Iterator[Row]:
    """All machines of subscriptions as Resource Manager lists them. Raises ArmError.

    `MOST_VIEWS` of those that hotpatch may be offered on are asked themselves; how many more there are is told.
    """
    candidates: list[Body] = []
    for in_subscription in (sources.machines.in_subscription, sources.arc.in_subscription):
        for body in listed(in_subscription, scope, tell=tell):
            if os_kind(body) == "windows" if _is_server(body) else is_offered(machine_from_arm(body)):
                candidates.append(body)
            else:
                yield _row(body)
    for body in candidates[:MOST_VIEWS]:
        yield _asked(sources, body)
    _tell_left_out(len(candidates), tell)


def of_named(sources: Sources, machines: Sequence[ResourceId], *, tell: Tell) -> Iterator[Row]:
    """Machines that are asked themselves, `MOST_VIEWS` of them; what is not there and how many more is told."""
    for machine in machines[:MOST_VIEWS]:
        body = (sources.arc if machine.is_type(ARC_MACHINES) else sources.machines).get(machine, fresh=False)
        if body is None:
            tell(f"'{machine}' was not found")
        else:
            yield _asked(sources, body)
    _tell_left_out(len(machines), tell)


def _tell_left_out(number: int, tell: Tell) -> None:
    if number > MOST_VIEWS:
        tell(f"not asked one by one, and left out: {counted(number - MOST_VIEWS)}")


def _asked(sources: Sources, body: Body) -> Row:
    """The row of a machine with its instance view, or with its licence profile."""
    machine = ResourceId.parse(str(body["id"]))
    if _is_server(body):
        profile = sources.arc.get_license_profile(machine)
        return _row(body) | ({"licenseProfile": properties_of(profile)} if profile else {})
    view = sources.machines.instance_view(machine) or {}
    summary = object_at(object_at(view, "patchStatus"), "availablePatchSummary")
    return _row(body) | {"extended": {"instanceView": view}, "rebootPending": summary.get("rebootPending")}


def _row(body: Body) -> dict[str, Any]:
    return {key: body.get(key) for key in ("id", "name", "type", "location")} | dict(properties_of(body))


def _is_server(row: Row) -> bool:
    return f"/{ARC_MACHINES}/".casefold() in str(row["id"]).casefold()
