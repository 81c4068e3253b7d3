"""The rollout's table: every cell, every phase reachable and left, and what holds for any course of signals."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import generate_rollout
from pulumi_azure_hotpatch.engine.rollout import FIRST, TABLE, Effect, IllegalSignal, Phase, Signal, diagram, step

# The whole machine: where each signal leads; "-" is a signal that cannot come there.
CELLS = """
                | waiting    | installing | draining   | soaking  | checking | halted     | finished
due             | installing | -          | -          | checking | -        | -          | -
far             | waiting    | -          | -          | soaking  | -        | -          | -
ended           | -          | installing | draining   | -        | -        | -          | -
overspent       | draining   | draining   | -          | -        | -        | -          | -
all ended       | -          | soaking    | halted     | -        | -        | -          | -
healthy         | -          | -          | -          | -        | waiting  | -          | -
healthy at last | -          | -          | -          | -        | finished | -          | -
unhealthy       | -          | -          | -          | -        | halted   | -          | -
resumed         | -          | -          | waiting    | -        | -        | waiting    | -
extended        | -          | -          | -          | -        | -        | -          | waiting
removed         | waiting    | waiting    | draining   | waiting  | waiting  | halted     | -
"""


def cells() -> list[tuple[Phase, Signal, str]]:
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in CELLS.strip("\n").splitlines()]
    return [
        (Phase(phase), Signal(line[0]), cell) for line in lines for phase, cell in zip(head[1:], line[1:], strict=True)
    ]


@pytest.mark.parametrize(("phase", "signal", "expected"), cells())
def test_a_signal_leads_where_the_table_says_or_is_refused(phase: Phase, signal: Signal, expected: str) -> None:
    if expected == "-":
        with pytest.raises(IllegalSignal, match=f"signal '{signal}' in phase '{phase}'"):
            step(phase, signal)
    else:
        assert step(phase, signal).phase is Phase(expected)


def test_the_cells_above_are_all_there_are() -> None:
    assert len(cells()) == len(Phase) * len(Signal)


def reachable(start: Phase) -> set[Phase]:
    found, new = {start}, [start]
    while new:
        phase = new.pop()
        for (origin, _), where in TABLE.items():
            if origin is phase and where.phase not in found:
                found.add(where.phase)
                new.append(where.phase)
    return found


def test_every_phase_is_reached_and_from_every_phase_the_end_is() -> None:
    assert reachable(FIRST) == set(Phase)
    assert all(Phase.FINISHED in reachable(phase) for phase in Phase)


def test_no_signal_and_no_effect_is_dead() -> None:
    assert {signal for _, signal in TABLE} == set(Signal)
    assert {effect for found in TABLE.values() for effect in found.effects} == set(Effect)


def legal(phase: Phase) -> list[Signal]:
    return [signal for origin, signal in TABLE if origin is phase]


@given(st.lists(st.integers(0, 11), max_size=200))
def test_whatever_comes_nothing_is_started_in_a_ring_that_was_not_opened_or_has_failed(choices: list[int]) -> None:
    phase, opened, started = FIRST, False, 0
    for choice in choices:
        signals = legal(phase)
        before, signal = phase, signals[choice % len(signals)]
        found = step(phase, signal)
        phase = found.phase
        for effect in found.effects:
            if effect is Effect.OPEN_RING:
                assert not opened
                opened = True
            if effect is Effect.START_MACHINES:
                assert opened
                assert phase is Phase.INSTALLING
                started += 1
            if effect is Effect.NEXT_RING:
                # The gate is the only way on.
                assert (before, signal) == (Phase.CHECKING, Signal.HEALTHY)
                opened = False
            if effect is Effect.HALT:
                assert phase is Phase.HALTED
        if before is Phase.HALTED:
            # Another name does not end a halt.
            assert signal is Signal.RESUMED or phase is Phase.HALTED
        if phase is Phase.FINISHED or signal in (Signal.RESUMED, Signal.REMOVED):
            # What goes on is opened again, and what takes its place was not open yet.
            opened = False


@given(st.lists(st.sampled_from(list(Signal)), max_size=100))
def test_an_illegal_signal_changes_nothing(signals: list[Signal]) -> None:
    phase = FIRST
    for signal in signals:
        if (phase, signal) in TABLE:
            phase = step(phase, signal).phase
        else:
            with pytest.raises(IllegalSignal):
                step(phase, signal)


def test_the_diagram_has_every_cell_of_the_table() -> None:
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    labels = [label for line in lines if ": " in line for label in line.partition(": ")[2].split("<br>")]
    assert len(labels) == len(TABLE)
    arrows = [line.partition(": ")[0] for line in lines]
    assert len(arrows) == len(set(arrows))
    assert "    installing --> soaking: all ended / note the ring's end" in lines
    assert "    waiting --> waiting: far / end this run<br>removed" in lines


def test_the_page_shows_the_table_as_it_is() -> None:
    assert generate_rollout.PAGE.read_text(encoding="utf-8") == generate_rollout.page()


def test_writing_the_page_again_changes_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "rollout.md"
    copy.write_text(generate_rollout.PAGE.read_text(encoding="utf-8").replace("stateDiagram-v2", "old"), "utf-8")
    generate_rollout.write(copy)
    assert copy.read_text(encoding="utf-8") == generate_rollout.PAGE.read_text(encoding="utf-8")
