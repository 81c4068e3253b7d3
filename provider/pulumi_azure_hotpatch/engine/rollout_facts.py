"""A rollout's plan, as rules judge it: what is wrong with its rings, in words, None where nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .counting import counted
from .logic import UNKNOWN, Maybe
from .rollout_rings import LARGE_FIRST_RING, Rings


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """Each fact names machines and rings. `missing` are machines that were looked for and not found."""

    unclear_ring: Maybe[str | None] = UNKNOWN
    in_two_rings: Maybe[str | None] = UNKNOWN
    in_no_ring: Maybe[str | None] = UNKNOWN
    empty_ring: Maybe[str | None] = UNKNOWN
    missing: Maybe[str | None] = UNKNOWN
    large_first_ring: Maybe[str | None] = UNKNOWN
    generous_ring: Maybe[str | None] = UNKNOWN
    deferral_without_month: Maybe[str | None] = UNKNOWN

    @staticmethod
    def of(
        dealt: Rings | None,
        *,
        unclear: Iterable[str],
        missing: Maybe[Sequence[str]],
        allowances: Mapping[str, Maybe[int]],
        deferred: Iterable[str],
        has_month: Maybe[bool],
    ) -> RolloutPlan:
        """`dealt` is None where the machines of the rings are not known; `unclear`: rings that do not say in one way
        which machines they take; `allowances`: how many of each ring may fail; `deferred`: the rings that wait for a
        day of the month.
        """
        undated = _first(deferred)
        known = RolloutPlan(
            unclear_ring=_first(unclear),
            missing=UNKNOWN if missing is UNKNOWN else _several(missing),
            deferral_without_month=UNKNOWN if undated and has_month is UNKNOWN else None if has_month else undated,
        )
        if dealt is None:
            return known
        sizes = {name: len(machines) for name, machines in dealt.members.items()}
        first, total = next(iter(sizes)), sum(sizes.values())
        large = len(sizes) > 1 and sizes[first] * 100 > LARGE_FIRST_RING * total
        return replace(
            known,
            in_two_rings=_first(f"{_name(each)} ({' and '.join(rings)})" for each, rings in dealt.twice.items()),
            in_no_ring=_several(dealt.nowhere),
            empty_ring=_first(name for name, size in sizes.items() if not size),
            large_first_ring=f"'{first}' with {sizes[first]} of {counted(total)}" if large else None,
            generous_ring=_generous({name: size for name, size in sizes.items() if size > 1}, allowances),
        )


def _generous(sizes: Mapping[str, int], allowances: Mapping[str, Maybe[int]]) -> Maybe[str | None]:
    """The first ring of which every machine may fail; not known where only an unknown budget could be so large."""
    allowed = {name: allowances[name] for name in sizes}
    never = _first(name for name, most in allowed.items() if most is not UNKNOWN and most >= sizes[name])
    return UNKNOWN if never is None and UNKNOWN in allowed.values() else never


def _first(found: Iterable[str]) -> str | None:
    return next(iter(found), None)


def _several(machines: Sequence[str]) -> str | None:
    if not machines:
        return None
    more = f" and {len(machines) - 1} more" if len(machines) > 1 else ""
    return f"{_name(machines[0])}{more}"


def _name(machine: str) -> str:
    return machine.rsplit("/", 1)[-1]
