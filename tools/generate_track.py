"""Draw the hotpatch track in `docs/explanation/tracks.md` from the engine's table: `python tools/generate_track.py`.

Only what stands between the two marks is written; a test compares the page with what this would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pulumi_azure_hotpatch.engine.track import TRANSITIONS, Signal, TrackState

PAGE: Final = Path(__file__).parents[1] / "docs" / "explanation" / "tracks.md"

_BEGIN: Final = "<!-- drawn by tools/generate_track.py -->\n"
_END: Final = "<!-- end of what is drawn -->\n"
_BASELINES: Final = {Signal.PLANNED_BASELINE_INSTALLED, Signal.UNPLANNED_BASELINE_INSTALLED}


def diagram() -> str:
    """The table as a Mermaid state diagram. What leaves a machine where it is, is left out, but for hotpatches; both
    kinds of baseline, which lead to the same state, are one arrow.
    """
    return "\n".join(("stateDiagram-v2", *_states(), *_arrows()))


def page(path: Path = PAGE) -> str:
    """The page with its diagram as the table has it."""
    head, _, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    words = (
        f"{len(TrackState)} states, {len(Signal)} events. What leaves a machine where it is, is not drawn, apart from "
        "hotpatches."
    )
    return f"{head}{_BEGIN}```mermaid\n{diagram()}\n```\n\n{words}\n{_END}{tail}"


def write(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page(path), encoding="utf-8")


def _states() -> Iterator[str]:
    for state in TrackState:
        yield f'    state "{state}" as {state.name.lower()}'
    yield f"    [*] --> {TrackState.UNENROLLED.name.lower()}"


def _arrows() -> Iterator[str]:
    merged: dict[tuple[TrackState, TrackState], list[str]] = {}
    for (state, signal), after in TRANSITIONS.items():
        if state is after and signal is not Signal.HOTPATCH_INSTALLED:
            continue
        labels = merged.setdefault((state, after), [])
        label = "baseline installed" if signal in _BASELINES else str(signal)
        if label not in labels:
            labels.append(label)
    for (state, after), labels in merged.items():
        yield f"    {state.name.lower()} --> {after.name.lower()}: {', '.join(labels)}"


if __name__ == "__main__":
    write()
