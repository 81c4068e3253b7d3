"""Rollouts ring by ring, as a stack declares them and as their last run left them. Pure.

What a preview does not know yet is left open: a ring of which nothing is known has its name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_azure_hotpatch.engine.declared import ROLLOUT, Declared
from pulumi_azure_hotpatch.engine.logic import UNKNOWN


@dataclass(frozen=True, slots=True)
class RingProgress:
    """One ring: its plan (from a preview) and how far it is (from the state); None where that is not known.

    `starts` and `soak` are words, `opened_at`, `ended_at` and `passed_at` are RFC 3339.
    """

    ring: str
    machines: int | None = None
    named: tuple[str, ...] = ()
    starts: str | None = None
    soak: str | None = None
    at_a_time: int | None = None
    may_fail: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    opened_at: str | None = None
    ended_at: str | None = None
    passed_at: str | None = None

    @property
    def remaining(self) -> int | None:
        """Machines that are neither patched nor failed."""
        if self.machines is None:
            return None
        return max(0, self.machines - (self.succeeded or 0) - (self.failed or 0))


@dataclass(frozen=True, slots=True)
class Rollout:
    """A rollout: `phase` is of the current `ring`, None where it has never run; `failures` are machines and why."""

    urn: str
    phase: str | None
    ring: str | None
    waiting_until: str | None
    release_month: str | None
    rings: tuple[RingProgress, ...]
    failures: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rpartition("::")[2]

    def as_json(self) -> dict[str, Any]:
        """The rollout and its rings."""
        return {
            "rollout": self.urn,
            "name": self.name,
            "phase": self.phase,
            "ring": self.ring,
            "waiting_until": self.waiting_until,
            "release_month": self.release_month,
            "rings": [
                {
                    "ring": ring.ring,
                    "machines": ring.machines,
                    "starts": ring.starts,
                    "soak": ring.soak,
                    "at_a_time": ring.at_a_time,
                    "may_fail": ring.may_fail,
                    "succeeded": ring.succeeded,
                    "failed": ring.failed,
                    "remaining": ring.remaining,
                    "opened_at": ring.opened_at,
                    "ended_at": ring.ended_at,
                    "passed_at": ring.passed_at,
                }
                for ring in self.rings
            ],
            "failures": [{"machine": machine, "reason": reason} for machine, reason in self.failures],
        }


def rollouts_of(declared: Iterable[Declared]) -> tuple[Rollout, ...]:
    """The rollouts among what stacks declare, in order."""
    return tuple(_rollout(one) for one in declared if one.kind == ROLLOUT)


def _rollout(one: Declared) -> Rollout:
    known = {**one.outputs, **{name: value for name, value in one.inputs.items() if value is not UNKNOWN}}
    plan = {_text(ring, "ring"): ring for ring in _objects(known.get("plan"))}
    states = {_text(ring, "ring"): ring for ring in _objects(one.outputs.get("ringStates"))}
    names = [_text(ring, "name") for ring in _objects(known.get("rings"))] or [*plan, *states]
    return Rollout(
        urn=one.urn,
        phase=_text(one.outputs, "phase"),
        ring=_text(one.outputs, "ring"),
        waiting_until=_text(one.outputs, "waitingUntil"),
        release_month=_text(known, "releaseMonth"),
        rings=tuple(_ring(name, plan.get(name, {}), states.get(name, {})) for name in dict.fromkeys(names) if name),
        failures=tuple(
            (_text(machine, "machineId") or "", _reason(machine))
            for machine in _objects(one.outputs.get("machines"))
            if _text(machine, "phase") == "failed" or _text(machine, "unhealthy")
        ),
    )


def _ring(name: str, plan: Mapping[str, Any], state: Mapping[str, Any]) -> RingProgress:
    machines = _number(state, "machines")
    named = plan.get("named")
    return RingProgress(
        ring=name,
        machines=_number(plan, "machines") if machines is None else machines,
        named=tuple(each for each in named if isinstance(each, str)) if isinstance(named, Sequence) else (),
        starts=_text(plan, "starts"),
        soak=_text(plan, "soak"),
        at_a_time=_number(plan, "atATime"),
        may_fail=_number(plan, "mayFail"),
        succeeded=_number(state, "succeeded"),
        failed=_number(state, "failed"),
        opened_at=_text(state, "openedAt"),
        ended_at=_text(state, "endedAt"),
        passed_at=_text(state, "passedAt"),
    )


def _reason(machine: Mapping[str, Any]) -> str:
    return _text(machine, "unhealthy") or _text(machine, "error") or _text(machine, "status") or "failed"


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _number(values: Mapping[str, Any], name: str) -> int | None:
    value = values.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
