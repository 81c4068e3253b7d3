"""Where machines stand on the hotpatch track, by the KBs that installations left on them and by their build."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from pulumi_azure_hotpatch.engine.arc import ArcServer
from pulumi_azure_hotpatch.engine.bodies import object_at
from pulumi_azure_hotpatch.engine.calendar import next_baseline
from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.images import hotpatch_eligibility
from pulumi_azure_hotpatch.engine.inventory import arc_server_from_arm, machine_from_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.releases import Product, Release
from pulumi_azure_hotpatch.engine.track import TrackPosition, position
from pulumi_azure_hotpatch.errors import ArmError

from .rows import HotpatchStateRow, ReleaseName, TrackName
from .scopes import Scope
from .sources import Sources, Tell
from .status import body_of
from .track_rows import from_graph, from_lists, of_named
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
    otherwise, as from a ledger. Without Resource Graph the machines are asked themselves, as far as `MOST_VIEWS` goes;
    those that hotpatch is not offered on need not be. Raises ArmError when nothing answers.
    """
    if scope.is_empty:
        return []
    again, known, rows = enabled_again_on or {}, installed or {}, tuple(extra)
    seen: dict[str, Mapping[str, Any]] = {}
    try:
        for one in from_graph(sources, scope):
            seen[str(one["id"]).casefold()] = one
    except ArmError as error:
        if error.is_unreachable:
            raise
        compared = "builds and the KBs that are known otherwise" if known else "builds"
        tell(f"Resource Graph does not answer, so only {compared} are compared: {error}")
        for one in from_lists(sources, scope, lambda vm: product_of(vm) is not None, tell=tell):
            seen[str(one["id"]).casefold()] = one
    for one in of_named(sources, [*scope.missing(seen)], tell=tell):
        seen[str(one["id"]).casefold()] = one
    return [_judge(seen[key], as_of.date(), again.get(key), known.get(key, ()), rows) for key in sorted(seen)]


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
