"""Draw the diagram in `docs/rollout.md` from the engine's table: `python tools/generate_rollout.py`.

Only what stands between the two marks is written; a test compares the page with what this would write.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pulumi_azure_hotpatch.engine.rollout import Effect, Phase, Signal, diagram

PAGE: Final = Path(__file__).parents[1] / "docs" / "rollout.md"

_BEGIN: Final = "<!-- drawn by tools/generate_rollout.py -->\n"
_END: Final = "<!-- end of what is drawn -->\n"


def page(path: Path = PAGE) -> str:
    """The page with its diagram as the table has it."""
    head, _, rest = path.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    words = (
        f"{len(Phase)} phases, {len(Signal)} signals, {len(Effect)} effects; a signal that has no arrow is a bug and "
        "raises."
    )
    return f"{head}{_BEGIN}```mermaid\n{diagram()}\n```\n\n{words}\n{_END}{tail}"


def write(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page(path), encoding="utf-8")


if __name__ == "__main__":
    write()
