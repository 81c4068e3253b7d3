"""Draw the Mermaid diagrams of the pages: `python tools/draw_diagrams.py`, for new and changed ones.

The site shows the drawings in `docs/pictures/diagrams`, named by a digest of their text, so that no reader's browser
has to fetch Mermaid from anywhere. `fence` puts them into pages, and ends the build where one is missing. Drawing needs
npm and Chromium; building the site needs neither.
"""

from __future__ import annotations

import hashlib
import html
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

CHECKOUT: Final = Path(__file__).resolve().parents[1]
DRAWN: Final = CHECKOUT / "docs" / "pictures" / "diagrams"

_MERMAID: Final = "mermaid@11.17.2"
_KEPT: Final = CHECKOUT / ".work" / "mermaid"
_BLOCK: Final = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Colours come from the site's style sheet, so that light and dark have one drawing.
_OPTIONS: Final = {
    "startOnLoad": False,
    "theme": "base",
    "htmlLabels": False,
    "fontFamily": "sans-serif",
    "fontSize": 15,
    "state": {"nodeSpacing": 40, "rankSpacing": 55},
}
_RENDER: Final = "([name, text]) => mermaid.render(name, text).then(drawn => drawn.svg)"


class NotDrawn(Exception):
    """A diagram that cannot be shown; the text says what to do."""


def fence(source: str, _language: str, _class: str, _options: Mapping[str, Any], _md: Any, **_: Any) -> str:
    """What a page has for a Mermaid block. Raises NotDrawn when the drawing is missing."""
    file = file_of(source)
    if not file.exists():
        raise NotDrawn(f"{file.name} is missing: run tools/draw_diagrams.py")
    words = html.escape("; ".join(line.strip() for line in source.strip().splitlines()[1:]))
    return f'<figure class="diagram" role="img" aria-label="{words}">{file.read_text(encoding="utf-8")}</figure>'


def file_of(source: str) -> Path:
    """Where the drawing of a diagram is."""
    return DRAWN / f"{hashlib.sha256(source.strip().encode()).hexdigest()[:16]}.svg"


def diagrams() -> list[str]:
    """The text of every diagram in the pages."""
    pages = (path.read_text(encoding="utf-8") for path in sorted((CHECKOUT / "docs").rglob("*.md")))
    return [found.strip() for page in pages for found in _BLOCK.findall(page)]


def draw(texts: Iterable[str]) -> dict[str, str]:
    """The drawing of each text, as SVG without colours. Raises NotDrawn, or NoBrowser where there is none."""
    from browser import launched

    with launched() as browser:
        page = browser.new_page()
        page.add_script_tag(path=_library())
        page.evaluate("options => mermaid.initialize(options)", _OPTIONS)
        return {text: _plain(page.evaluate(_RENDER, [f"d{file_of(text).stem}", text])) for text in texts}


def _plain(svg: str) -> str:
    """A drawing without its own style sheet and what only Mermaid's editor looks at."""
    return re.sub(r'<style.*?</style>| data-points="[^"]*"', "", svg, flags=re.DOTALL).strip() + "\n"


def _library() -> Path:
    """Mermaid's script, from npm's registry; kept in the ignored work folder."""
    script = _KEPT / "package" / "dist" / "mermaid.min.js"
    if not script.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm")
        if npm is None:
            raise NotDrawn("npm is needed to fetch Mermaid")
        command = [npm, "pack", "--silent", _MERMAID]
        packed = subprocess.run(command, cwd=_KEPT, capture_output=True, text=True, check=True)
        with tarfile.open(_KEPT / packed.stdout.split()[-1]) as archive:
            archive.extractall(_KEPT, filter="data")
    return script


def main() -> int:
    """Draw what is missing and remove what no page has any more."""
    from browser import NoBrowser

    DRAWN.mkdir(parents=True, exist_ok=True)
    wanted = {file_of(text): text for text in diagrams()}
    for stale in set(DRAWN.glob("*.svg")) - wanted.keys():
        stale.unlink()
    missing = [text for file, text in wanted.items() if not file.exists()]
    try:
        for text, svg in (draw(missing) if missing else {}).items():
            file_of(text).write_text(svg, encoding="utf-8")
    except (NotDrawn, NoBrowser) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
