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
    """The table as a Mermaid state diagram, without what `page` says in words; both kinds of baseline, which lead to
    the same state, are one arrow.
    """
    return "\n".join(("stateDiagram-v2", *_states(), *_arrows()))


def page(path: Path = PAGE) -> str:
    """The page with its diagram as the table has it."""
    head, _, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    left = {after for (_, signal), after in TRANSITIONS.items() if signal is Signal.HOTPATCH_DISABLED}
    (off,) = left
    words = (
        f"{len(TrackState)} states, {len(Signal)} events. Not drawn: turning hotpatching off, which leads from each "
        f"state to *{off}*, and what leaves a machine where it is, apart from hotpatches."
    )
    return f"{head}{_BEGIN}```mermaid\n{diagram()}\n```\n\n{words}\n{_END}{tail}"


def write(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page(path), encoding="utf-8")


def _key(state: TrackState) -> str:
    return state.name.lower()


def _states() -> Iterator[str]:
    for state in TrackState:
        yield f'    state "{state}" as {_key(state)}'
    yield f"    [*] --> {_key(TrackState.UNENROLLED)}"


def _arrows() -> Iterator[str]:
    merged: dict[tuple[TrackState, TrackState], list[str]] = {}
    for (state, signal), after in TRANSITIONS.items():
        stays = state is after and signal is not Signal.HOTPATCH_INSTALLED
        if stays or signal is Signal.HOTPATCH_DISABLED:
            continue
        labels = merged.setdefault((state, after), [])
        label = "baseline installed" if signal in _BASELINES else str(signal)
        if label not in labels:
            labels.append(label)
    for (state, after), labels in merged.items():
        yield f"    {_key(state)} --> {_key(after)}: {', '.join(labels)}"


if __name__ == "__main__":
    write()
