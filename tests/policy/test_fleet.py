"""A stack of 500 machines in the real analyzer."""

from __future__ import annotations

import time

import pytest

from tests.policy.stacks import BY_PLATFORM, BYPASS, assigned, on, schedule, vm
from tests.support.analyzer import Analyzer, Resource

MACHINES = 500
MOST_SECONDS = 60


def fleet() -> list[Resource]:
    """Every tenth machine is hotpatched with the bypass flag, other fifths patch themselves, half have a schedule."""
    made: list[Resource] = [schedule()]
    for number in range(MACHINES):
        patching = dict(BY_PLATFORM)
        if number % 10 == 0:
            patching |= {**BYPASS, "enableHotpatching": True}  # type: ignore[dict-item]
        elif number % 5 == 0:
            patching = {"patchMode": "AutomaticByOS"}
        machine = vm(f"vm-{number:03}", patching=patching)
        made.append(machine)
        if number % 2:
            made.append(on(assigned(f"vm-{number:03}"), machine))
    return made


@pytest.mark.slow
def test_a_stack_of_500_machines_is_reviewed_in_seconds(analyzer: Analyzer) -> None:
    resources = fleet()
    started = time.monotonic()
    alone = [found for resource in resources for found in analyzer.analyze(resource)]
    one_by_one = time.monotonic() - started
    together = analyzer.analyze_stack(resources)
    seconds = time.monotonic() - started
    print(
        f"{len(resources)} resources: {one_by_one:.1f} s and {len(alone)} findings one by one, "
        f"{seconds - one_by_one:.1f} s and {len(together)} findings together"
    )
    bypassed = [found for found in alone if found.policy == "hotpatch-forbids-bypass"]
    assert len(bypassed) == MACHINES // 10
    unpatched = {found.urn.rpartition("::")[2] for found in together if found.policy == "windows-vm-is-patched"}
    # Of those that the platform leaves alone, the odd ones have a schedule.
    assert unpatched == {f"vm-{number:03}" for number in range(0, MACHINES, 10)}
    assert seconds < MOST_SECONDS
