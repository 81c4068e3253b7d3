"""A rollout's plan, as rules judge it: what is wrong with its rings, in words, None where nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
        dealt: Rings,
        *,
        unclear: Iterable[str],
        missing: Maybe[Sequence[str]],
        allowances: Mapping[str, int],
        deferred: Iterable[str],
        has_month: bool,
    ) -> RolloutPlan:
        """`unclear`: rings that do not say in one way which machines they take; `allowances`: how many of each ring
        may fail; `deferred`: the rings that wait for a day of the month.
        """
        sizes = {name: len(machines) for name, machines in dealt.members.items()}
        first, total = next(iter(sizes)), sum(sizes.values())
        large = len(sizes) > 1 and sizes[first] * 100 > LARGE_FIRST_RING * total
        generous = (name for name, size in sizes.items() if size > 1 and allowances[name] >= size)
        undated = None if has_month else next(iter(deferred), None)
        return RolloutPlan(
            unclear_ring=_first(unclear),
            in_two_rings=_first(f"{_name(each)} ({' and '.join(rings)})" for each, rings in dealt.twice.items()),
            in_no_ring=_several(dealt.nowhere),
            empty_ring=_first(name for name, size in sizes.items() if not size),
            missing=UNKNOWN if missing is UNKNOWN else _several(missing),
            large_first_ring=f"'{first}' with {sizes[first]} of {total} machines" if large else None,
            generous_ring=_first(generous),
            deferral_without_month=undated,
        )


def _first(found: Iterable[str]) -> str | None:
    return next(iter(found), None)


def _several(machines: Sequence[str]) -> str | None:
    if not machines:
        return None
    more = f" and {len(machines) - 1} more" if len(machines) > 1 else ""
    return f"{_name(machines[0])}{more}"


def _name(machine: str) -> str:
    return machine.rsplit("/", 1)[-1]
