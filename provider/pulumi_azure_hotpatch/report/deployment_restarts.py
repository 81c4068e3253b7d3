"""The restarts that a deployment itself brings: of the installations and rollouts that it starts.

What is declared says when a machine may restart and whether it does; which patches there are then, and so whether one
of them asks for a restart, is known only as far as a preview has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pulumi_azure_hotpatch.engine.declared import INSTALLATION, ROLLOUT
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.previews import Change, Preview
from pulumi_azure_hotpatch.engine.rollout import Phase
from pulumi_azure_hotpatch.engine.rollout_rings import Membership, deal
from pulumi_azure_hotpatch.engine.rollout_starts import start_in_words
from pulumi_azure_hotpatch.engine.scope import is_vague
from pulumi_azure_hotpatch.errors import InvalidInput

from .affected import Affected, Machines

Answer = Literal["yes", "no", "unknown"]

# Of which a change asks for another installation. Source: models.patch_installation.REQUEST and that of rollouts.
_REQUEST: Final = ("triggers", "windows", "linux", "rebootSetting", "maximumDuration", "maxPublishDate")
_ROLLOUT_REQUEST: Final = (*_REQUEST, "releaseMonth")
# What lets a rollout that is through, or halted, go on.
_GOES_ON: Final = ("rings", "machineIds", "exclude", "resume", "retryFailed")
_LISTS: Final = ("classificationsToInclude", "kbNumbersToInclude", "packageNameMasksToInclude")


@dataclass(frozen=True, slots=True)
class DeploymentRestart:
    """One installation, or one ring of a rollout (by the resource's URN): `what` is installed, and `when`, in words."""

    urn: str
    ring: str | None
    machines: Machines
    what: str
    when: str
    reboot: Answer
    why: str


def deployment_restarts(preview: Preview, affected: Affected) -> Iterator[DeploymentRestart]:
    """The restarts of every installation and rollout that a run starts or takes up again, in the order of the run."""
    for change in preview.changes:
        if change.op not in ("create", "update", "replace"):
            continue
        kind = affected.kind_of(change)
        if kind == INSTALLATION:
            yield from _installation(change, affected, affected.earlier_outputs(change, preview.before))
        elif kind == ROLLOUT:
            yield from _rollout(change, affected, affected.earlier_outputs(change, preview.before))


def _installation(change: Change, affected: Affected, earlier: Mapping[str, Any]) -> Iterator[DeploymentRestart]:
    inputs, again = change.inputs or {}, _is_another(change, _REQUEST)
    reboot, why = _expected(inputs)
    duration = inputs.get("maximumDuration", "2h")
    when = f"when the deployment runs, for {duration} at most" if isinstance(duration, str) else "with the deployment"
    if change.op == "create" and inputs.get("adoptActivityId") is not None:
        reboot, why = "unknown", "it takes over an installation that was started before"
        when = "with the deployment, if it is still under way"
    elif again is None:
        reboot, why = _perhaps(reboot, why, "whether it installs again is not told by this kind of preview")
    elif not again:
        if earlier.get("status") is not None:
            return
        unfinished = "an installation that was not finished is awaited, or made if there is none"
        reboot, why = _perhaps(reboot, why, unfinished)
    yield DeploymentRestart(change.urn, None, affected.by(change), _asked(inputs), when, reboot, why)


def _rollout(change: Change, affected: Affected, earlier: Mapping[str, Any]) -> Iterator[DeploymentRestart]:
    inputs, again = change.inputs or {}, _is_another(change, _ROLLOUT_REQUEST)
    reboot, why = _by_setting(inputs)
    if again:
        yield from _rings(change, affected, reboot, why)
        return
    if again is False and earlier.get("phase") == Phase.FINISHED.value and not _touches(change, _GOES_ON):
        return
    left = "it goes on with the machines that are not patched yet; which these are is not told by a preview"
    everyone = affected.by(change)
    reboot, why = _perhaps(reboot, why, left)
    when = "as its rings are reached"
    yield DeploymentRestart(change.urn, "what is left", everyone, _asked(inputs), when, reboot, why)


def _rings(change: Change, affected: Affected, reboot: Answer, why: str) -> Iterator[DeploymentRestart]:
    inputs = change.inputs or {}
    rings, plan = inputs.get("rings"), inputs.get("plan")
    if not isinstance(rings, list | tuple) or not all(isinstance(ring, Mapping) for ring in rings):
        everyone = affected.by(change)
        yield DeploymentRestart(change.urn, "all", everyone, _asked(inputs), "as its rings are reached", reboot, why)
        return
    planned = {each.get("ring"): each for each in _mappings(plan)}
    dealt = _dealt(inputs, rings)
    before: str | None = None
    for ring in rings:
        name = str(ring.get("name"))
        known = planned.get(name)
        machines = Machines.of(dealt[name]) if dealt is not None else Machines(is_open=True)
        if known is not None and dealt is None:
            named, count = known.get("named") or (), known.get("machines")
            labels = tuple(str(one) for one in named)
            machines = Machines(labels, int(count) if isinstance(count, int | float) else len(labels))
        starts = known.get("starts") if known is not None else _starts(inputs, ring, before)
        reached = f"{why}, if the ring is reached: a ring that fails halts the rollout" if before else why
        when = str(starts) if isinstance(starts, str) else "not known yet"
        if machines.count or machines.is_open:
            yield DeploymentRestart(change.urn, name, machines, _asked(inputs), when, reboot, reached)
        before = name


def _is_another(change: Change, request: Iterable[str]) -> bool | None:
    """Whether the run asks for an installation of its own; None where a preview does not say what changes."""
    if change.op != "update":
        return True
    return _touches(change, request) if change.fields else None


def _touches(change: Change, names: Iterable[str]) -> bool:
    return any(name in names and not _is_alike(old, new) for name, old, new in change.fields)


def _is_alike(old: Any, new: Any) -> bool:
    return isinstance(old, str) and isinstance(new, str) and old.casefold() == new.casefold()


def _expected(inputs: Mapping[str, Any]) -> tuple[Answer, str]:
    """What the preview found out about an installation; else what the reboot setting alone says."""
    told = inputs.get("rebootExpected")
    answer, _, why = told.partition(": ") if isinstance(told, str) else ("", "", "")
    match answer:
        case "yes" | "no":
            return answer, why
        case "unknown" if _by_setting(inputs)[0] == "unknown":
            return "unknown", why
    return _by_setting(inputs)


def _by_setting(inputs: Mapping[str, Any]) -> tuple[Answer, str]:
    setting = inputs.get("rebootSetting") or "IfRequired"
    if setting is UNKNOWN:
        return "unknown", "the reboot setting is not known yet"
    match str(setting).casefold():
        case "never":
            return "no", "the reboot setting is Never; a machine may be left waiting for a restart"
        case "always":
            return "yes", "the reboot setting is Always"
        case _:
            return "unknown", "the reboot setting is IfRequired: what is installed then decides"


def _perhaps(reboot: Answer, why: str, because: str) -> tuple[Answer, str]:
    """A restart that comes only if something is installed."""
    return ("no", why) if reboot == "no" else ("unknown", f"{because}; {why}")


def _asked(inputs: Mapping[str, Any]) -> str:
    """What is to be installed, as it is declared."""
    chosen = [inputs.get(system) for system in ("windows", "linux")]
    names = [text for one in _mappings(chosen) for each in _LISTS for text in _texts(one.get(each))]
    return ", ".join(dict.fromkeys(names)) or "patches"


def _dealt(inputs: Mapping[str, Any], rings: Iterable[Mapping[str, Any]]) -> Mapping[str, tuple[str, ...]] | None:
    """The machines of each ring; None where tags, or what is not known yet, decide."""
    given, excluded = inputs.get("machineIds"), inputs.get("exclude")
    if is_vague([given, excluded, rings]) or any(ring.get("tags") for ring in rings):
        return None
    members = [
        Membership(
            name=str(ring.get("name")),
            machines=tuple(_texts(ring.get("machineIds"))),
            percent=ring.get("percent"),
            rest=bool(ring.get("rest")),
        )
        for ring in rings
    ]
    barred = {text.casefold() for text in _texts(excluded)}
    found = deal(members, _texts(given)).members
    return {name: tuple(one for one in machines if one.casefold() not in barred) for name, machines in found.items()}


def _starts(inputs: Mapping[str, Any], ring: Mapping[str, Any], before: str | None) -> str | None:
    month, days = inputs.get("releaseMonth"), ring.get("deferralDays") or 0
    start_at, zone = inputs.get("startAt") or "00:00", inputs.get("timeZone") or "UTC"
    if is_vague([month, days, start_at, zone]):
        return None
    try:
        return start_in_words(month, int(days), start_at, zone, after=before)
    except InvalidInput:
        # `check` says what is wrong with it.
        return None


def _mappings(values: Any) -> list[Mapping[str, Any]]:
    return [one for one in values if isinstance(one, Mapping)] if isinstance(values, list | tuple) else []


def _texts(values: Any) -> list[str]:
    return [one for one in values if isinstance(one, str)] if isinstance(values, list | tuple) else []
