"""Where machines stand on the hotpatch track, by the KBs that installations left on them and by their build."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from pulumi_azure_hotpatch.engine.arc import ArcServer
from pulumi_azure_hotpatch.engine.bodies import object_at
from pulumi_azure_hotpatch.engine.calendar import next_baseline
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, Machine
from pulumi_azure_hotpatch.engine.images import hotpatch_eligibility
from pulumi_azure_hotpatch.engine.inventory import arc_server_from_arm, machine_from_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.releases import Product, Release
from pulumi_azure_hotpatch.engine.track import TrackPosition, position
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.ids import ResourceId

from . import queries
from .rows import HotpatchStateRow, ReleaseName, TrackName
from .scopes import Scope
from .sources import Sources, Tell
from .status import MOST_VIEWS, body_of
from .values import flag, kb_of, text


def hotpatch_states(
    sources: Sources,
    scope: Scope,
    as_of: datetime,
    *,
    tell: Tell,
    enabled_again_on: Mapping[str, date] | None = None,
    installed: Mapping[str, Collection[str]] | None = None,
    extra: Iterable[Release] = (),
) -> list[HotpatchStateRow]:
    """One row for each machine that a hotpatch calendar can be about, by id; others have no `product` and say why.

    `as_of` (aware) is the day to count the next baseline from. By machine id in lower case: `enabled_again_on` is when
    hotpatching was turned on again after it had been off, which Azure does not tell; `installed` are KBs known
    otherwise, as from a ledger. Raises ArmError when nothing answers.
    """
    if scope.is_empty:
        return []
    again, known, rows = enabled_again_on or {}, installed or {}, tuple(extra)
    found: dict[str, HotpatchStateRow] = {}
    try:
        for seen in _with_licenses(sources, scope, list(_from_graph(sources, scope))):
            key = str(seen["id"]).casefold()
            found[key] = _judge(seen, as_of.date(), again.get(key), known.get(key, ()), rows)
    except ArmError as error:
        if scope.machines is None or error.is_unreachable:
            raise
        tell(f"Resource Graph does not answer, so only builds are compared: {error}")
    for machine in [*scope.missing(found)][:MOST_VIEWS]:
        one = _from_view(sources, machine)
        if one is None:
            tell(f"'{machine}' was not found")
            continue
        found[machine.key] = _judge(one, as_of.date(), again.get(machine.key), known.get(machine.key, ()), rows)
    return [found[key] for key in sorted(found)]


def product_of(machine: Machine) -> Product | None:
    """The product whose hotpatches a VM gets; None for an image that hotpatch is not offered on."""
    if machine.image is UNKNOWN or machine.image is None or hotpatch_eligibility(machine.image).verdict != "eligible":
        return None
    return Product.WS2022 if str(machine.image.sku).startswith("2022") else Product.WS2025


def named(release: Release | None) -> ReleaseName | None:
    """A release as rows have it."""
    if release is None:
        return None
    return {
        "month": str(release.month),
        "kind": release.kind.value,
        "date": None if release.date is None else release.date.isoformat(),
        "kb": release.kb,
        "status": release.status.value,
    }


def placed(
    product: Product,
    as_of: date,
    *,
    enabled: bool | None,
    kbs: Collection[str],
    build: str | None,
    reboot_pending: bool | None,
    enabled_again_on: date | None = None,
    extra: Iterable[Release] = (),
) -> TrackPosition:
    """The position by installed KBs, which decide; by the build where no KB says anything.

    Hotpatching that was never switched is off: an absent switch does not enable (azure-mgmt-compute 39.0.0).
    """
    rows = tuple(extra)
    common: dict[str, Any] = {
        "enabled": bool(enabled),
        "reboot_pending": UNKNOWN if reboot_pending is None else reboot_pending,
        "enabled_again_on": enabled_again_on,
        "extra": rows,
    }
    by_kb = position(product, as_of, kbs=tuple(kbs), **common) if kbs else None
    if by_kb is not None and (by_kb.state is not UNKNOWN or build is None or by_kb.baseline is not None):
        return by_kb
    by_build = position(product, as_of, build=build, **common)
    return by_build if by_kb is None or by_build.state is not UNKNOWN else by_kb


def _judge(
    seen: Mapping[str, Any], as_of: date, again: date | None, known: Collection[str], extra: tuple[Release, ...]
) -> HotpatchStateRow:
    body = body_of(seen)
    machine = machine_from_arm(body)
    server = arc_server_from_arm(body) if machine.is_arc is True else None
    product = _arc_product(server) if server is not None else product_of(machine)
    switch = machine.settings.enable_hotpatching
    enabled = _arc_enabled(server) if server is not None else flag(switch)
    kbs = {kb for kb in (kb_of(one) for one in (*(seen.get("kbs") or ()), *known)) if kb}
    row: HotpatchStateRow = {
        "machine": str(machine.id),
        "name": str(machine.name),
        "type": "vm" if server is None else "arc",
        "product": product.value if product else None,
        "enabled": enabled,
        "state": "unknown",
        "why": _why_never(machine, server),
        "baseline": None,
        "waits_for": None,
        "next_baseline": None,
        "license": None if server is None else text(server.hotpatch_subscription),
        "service_status": None if server is None else text(server.hotpatch_status),
    }
    if product is None:
        return row
    build = _build_of(seen)
    found = placed(
        product,
        as_of,
        enabled=enabled,
        kbs=kbs,
        build=build,
        reboot_pending=_reboot_pending(seen),
        enabled_again_on=again,
        extra=extra,
    )
    return {
        **row,
        "state": state_name(found),
        "why": found.why,
        "baseline": named(found.baseline),
        "waits_for": named(found.waits_for),
        "next_baseline": named(next_baseline(product, as_of, extra=extra)),
    }


def state_name(found: TrackPosition) -> TrackName:
    """The state in words, `unknown` where what is known does not decide."""
    return "unknown" if found.state is UNKNOWN else found.state.value


def _why_never(machine: Machine, server: ArcServer | None) -> str:
    if server is not None:
        return (
            f"hotpatching outside Azure is offered on Windows Server 2025 only; this is {server.os_name or 'unknown'}"
        )
    return hotpatch_eligibility(machine.image).why


def _arc_product(server: ArcServer) -> Product | None:
    return Product.WS2025_ARC if server.is_server_2025 is True else None


def _arc_enabled(server: ArcServer) -> bool:
    """On when it is licensed and the server's own switch does not hold it back."""
    return server.is_licensed is True and server.enable_hotpatching is not False


def _build_of(seen: Mapping[str, Any]) -> str | None:
    """The build that the guest reports, such as `26100.6899`; None where it reports none that can be compared."""
    view = object_at(object_at(seen, "extended"), "instanceView")
    version = text(seen.get("osVersion")) or text(view.get("osVersion"))
    parts = (version or "").split(".")
    return ".".join(parts[-2:]) if len(parts) >= 2 and parts[-1].isdigit() and parts[-2].isdigit() else None


def _reboot_pending(seen: Mapping[str, Any]) -> bool | None:
    """Whether a restart is waited for: as the last assessment found, else as the last installation left it."""
    found = flag(seen.get("rebootPending"))
    if found is not None:
        return found
    status = (text(seen.get("rebootStatus")) or "").casefold()
    if status in ("notneeded", "completed"):
        return False
    return True if status in ("required", "started", "failed") else None


def _from_graph(sources: Sources, scope: Scope) -> Iterator[Mapping[str, Any]]:
    for names in scope.filters():
        for row in sources.graph.query(queries.hotpatch(names), scope.subscriptions):
            if scope.holds(str(row["id"])):
                yield row


def _with_licenses(sources: Sources, scope: Scope, rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The rows, those of Arc-enabled servers with their licence profiles."""
    licenses: dict[str, Any] = {}
    if any(_is_arc(row) and not row.get("licenseProfile") for row in rows):
        for profile in sources.graph.query(queries.LICENSES, scope.subscriptions):
            licenses[str(profile["machine"])] = profile.get("properties")
    for row in rows:
        yield {**row, "licenseProfile": row.get("licenseProfile") or licenses.get(str(row["id"]).casefold())}


def _is_arc(row: Mapping[str, Any]) -> bool:
    return f"/{ARC_MACHINES}/".casefold() in str(row["id"]).casefold()


def _from_view(sources: Sources, machine: ResourceId) -> Mapping[str, Any] | None:
    """The same row from Resource Manager itself."""
    is_arc = machine.is_type(ARC_MACHINES)
    body = (sources.arc if is_arc else sources.machines).get(machine, fresh=False)
    if body is None:
        return None
    view = {} if is_arc else sources.machines.instance_view(machine) or {}
    profile = sources.arc.get_license_profile(machine) if is_arc else None
    summary = object_at(object_at(view, "patchStatus"), "availablePatchSummary")
    return {
        **{key: body.get(key) for key in ("id", "name", "type", "location")},
        **object_at(body, "properties"),
        **({"licenseProfile": object_at(profile, "properties")} if profile else {}),
        "extended": {"instanceView": view},
        "rebootPending": summary.get("rebootPending"),
    }
