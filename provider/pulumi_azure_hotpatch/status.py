"""Where machines stand and what was done to them, for programs: read now, owned by nobody.

Answers are lists of plain dictionaries (`observing.rows`), which a stack can export; their shapes are those of
`azure-hotpatch … --json`. Credentials come from the stack's configuration, as for the resources. What is read changes
from one run to the next: a resource that depends on it changes too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pulumi

from .engine.extra_releases import read_releases
from .engine.instants import instant_of
from .host.program import program_runtime
from .host.program_errors import in_one_line
from .host.runtime import Runtime
from .observing import history, hotpatching, ledger, status
from .observing.ledger_places import ledger_at
from .observing.rows import HotpatchStateRow, PatchHistoryRow, PatchStatusRow
from .observing.scopes import Scope

AsOf = datetime | date | str | None
"""A day (its first instant in UTC), an instant with an offset, or the text of either; None is now."""


@in_one_line("get_patch_status")
def get_patch_status(
    machine_ids: Sequence[str] | None = None, *, subscription_ids: Sequence[str] = (), instance_views: bool = True
) -> list[PatchStatusRow]:
    """The last assessment and installation of each machine, from Resource Graph: one query for a thousand machines.

    :param machine_ids: ARM ids of VMs and Arc-enabled servers; by default all of the subscriptions.
    :param subscription_ids: whose machines; by default the stack's subscription.
    :param instance_views: ask up to 50 VMs one by one that Resource Graph knows no patching of.

    Raises InvalidInput for what is no machine or without a subscription, ConfigurationError or ArmError when Azure
    cannot be asked.
    """
    runtime, scope = _asked(machine_ids, subscription_ids)
    return status.patch_status(runtime.azure, scope, tell=_warn, instance_views=instance_views)


def get_patch_status_output(
    machine_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
    *,
    subscription_ids: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
    instance_views: bool = True,
) -> pulumi.Output[list[PatchStatusRow]]:
    """As `get_patch_status`, once its arguments are known."""
    known: Any = pulumi.Output.all(machine_ids=machine_ids, subscription_ids=subscription_ids)
    rows: pulumi.Output[list[PatchStatusRow]] = known.apply(
        lambda values: get_patch_status(**values, instance_views=instance_views)
    )
    return rows


@in_one_line("get_patch_history")
def get_patch_history(
    machine_ids: Sequence[str] | None = None,
    *,
    subscription_ids: Sequence[str] = (),
    since: AsOf = None,
    with_patches: bool = False,
    ledger_file: str | None = None,
) -> list[PatchHistoryRow]:
    """The installations that Azure remembers (30 days) and those of a ledger, the latest first.

    Without Resource Graph the last installation of up to 50 VMs is known from their instance views; where Azure does
    not answer at all, what the ledger has is. A warning says so.

    :param machine_ids: ARM ids of VMs and Arc-enabled servers; by default all of the subscriptions.
    :param subscription_ids: whose machines; by default the stack's subscription.
    :param since: leave out what started before.
    :param with_patches: each installation's patches too, and what became of them.
    :param ledger_file: a ledger (`azure-hotpatch record`), for what Azure has forgotten: the path of a file, or the
        `https://` address of a blob.

    Raises InvalidInput, ConfigurationError or ArmError.
    """
    runtime, scope = _asked(machine_ids, subscription_ids)
    start = None if since is None else instant_of(since, "since")
    kept = (
        ledger.remembered(ledger_at(ledger_file, runtime.azure.ledger), tell=_warn) if ledger_file is not None else []
    )
    return history.patch_history_with(kept, runtime.azure, scope, tell=_warn, since=start, with_patches=with_patches)


def get_patch_history_output(
    machine_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
    *,
    subscription_ids: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
    since: AsOf = None,
    with_patches: bool = False,
    ledger_file: str | None = None,
) -> pulumi.Output[list[PatchHistoryRow]]:
    """As `get_patch_history`, once its arguments are known."""
    known: Any = pulumi.Output.all(machine_ids=machine_ids, subscription_ids=subscription_ids)
    rows: pulumi.Output[list[PatchHistoryRow]] = known.apply(
        lambda values: get_patch_history(**values, since=since, with_patches=with_patches, ledger_file=ledger_file)
    )
    return rows


@in_one_line("get_hotpatch_state")
def get_hotpatch_state(
    machine_ids: Sequence[str] | None = None,
    *,
    subscription_ids: Sequence[str] = (),
    as_of: AsOf = None,
    enabled_again_on: Mapping[str, str | date | None] | None = None,
    ledger_file: str | None = None,
    releases: Mapping[str, Any] | None = None,
) -> list[HotpatchStateRow]:
    """Where each machine stands on the hotpatch track, why, and when the next baseline restarts it.

    The position follows from the KBs that installations left on the machine (Azure remembers 30 days, a ledger more),
    else from its build; what these do not decide is `unknown`. Without Resource Graph up to 50 machines that
    hotpatch is offered on are asked themselves, and a warning says so.

    :param machine_ids: ARM ids of VMs and Arc-enabled servers; by default all of the subscriptions.
    :param subscription_ids: whose machines; by default the stack's subscription.
    :param as_of: the day to count the next baseline from.
    :param enabled_again_on: by machine id, the day on which hotpatching was turned on again after it had been off:
        `VirtualMachinePatchSettings.hotpatch_enabled_again_on`. Azure does not tell it.
    :param ledger_file: a ledger, for KBs that Azure has forgotten: a path, or the `https://` address of a blob.
    :param releases: releases of your own, as in a file for `--releases`: `{"version": 1, "releases": […]}`; they win
        over the published ones.

    Raises InvalidInput, ConfigurationError or ArmError.
    """
    runtime, scope = _asked(machine_ids, subscription_ids)
    kept = ledger.remembered(ledger_at(ledger_file, runtime.azure.ledger), tell=_warn) if ledger_file else []
    again = {id.casefold(): instant_of(day).date() for id, day in (enabled_again_on or {}).items() if day is not None}
    return hotpatching.hotpatch_states(
        runtime.azure,
        scope,
        runtime.clock.now() if as_of is None else instant_of(as_of),
        tell=_warn,
        enabled_again_on=again,
        installed=history.kbs_by_machine(kept),
        extra=() if releases is None else read_releases(releases),
    )


def get_hotpatch_state_output(
    machine_ids: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
    *,
    subscription_ids: pulumi.Input[Sequence[pulumi.Input[str]]] = (),
    as_of: AsOf = None,
    enabled_again_on: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
    ledger_file: str | None = None,
    releases: Mapping[str, Any] | None = None,
) -> pulumi.Output[list[HotpatchStateRow]]:
    """As `get_hotpatch_state`, once its arguments are known."""
    known: Any = pulumi.Output.all(
        machine_ids=machine_ids, subscription_ids=subscription_ids, enabled_again_on=enabled_again_on
    )
    rows: pulumi.Output[list[HotpatchStateRow]] = known.apply(
        lambda values: get_hotpatch_state(**values, as_of=as_of, ledger_file=ledger_file, releases=releases)
    )
    return rows


def _asked(machine_ids: Sequence[str] | None, subscription_ids: Sequence[str]) -> tuple[Runtime, Scope]:
    runtime = program_runtime()
    return runtime, Scope.of(machine_ids, subscription_ids, runtime.configuration.settings.subscription_id)


def _warn(remark: str) -> None:
    pulumi.log.warn(remark)
