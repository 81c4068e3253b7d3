"""Draw the Mermaid diagrams of the pages: `python tools/draw_diagrams.py`, for new and changed ones.

The site shows the drawings in `docs/pictures/diagrams`, named by a digest of their text, so that no reader's browser
has to fetch Mermaid from anywhere. `fence` puts them into pages, and ends the build where one is missing. Drawing needs
npm and Chromium; building the site needs neither.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

CHECKOUT: Final = Path(__file__).resolve().parents[1]
DRAWN: Final = CHECKOUT / "docs" / "pictures" / "diagrams"

_MERMAID: Final = "mermaid@11.17.2"
_KEPT: Final = CHECKOUT / ".work" / "mermaid"
_BLOCK: Final = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Colours come from the site's style sheet, so that light and dark have one drawing.
_OPTIONS: Final = {"startOnLoad": False, "theme": "base", "htmlLabels": False, "fontFamily": "sans-serif"}
_PAGE: Final = """<!doctype html><meta charset="utf-8"><body><script src="{library}"></script><script>
const texts = {texts};
(async () => {{
  mermaid.initialize({options});
  for (const name in texts) {{
    const drawn = await mermaid.render("d" + name, texts[name]);
    const holder = document.createElement("pre");
    holder.id = name;
    holder.textContent = drawn.svg;
    document.body.append(holder);
  }}
}})();
</script>"""
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_QUIET: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


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
    """The drawing of each text, as SVG without colours. Raises NotDrawn."""
    named = {file_of(text).stem: text for text in texts}
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        options, listed = json.dumps(_OPTIONS), json.dumps(named).replace("</", "<\\/")
        page.write_text(_PAGE.format(library=_library().as_uri(), texts=listed, options=options), encoding="utf-8")
        command = [_browser(), *_QUIET, f"--user-data-dir={folder}/profile", "--virtual-time-budget=20000"]
        done = subprocess.run([*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, check=False)
    found = dict(re.findall(r'<pre id="([0-9a-f]{16})">(.*?)</pre>', done.stdout, re.DOTALL))
    if missing := named.keys() - found.keys():
        raise NotDrawn(f"Mermaid did not draw {named[missing.pop()]!r}: {done.stderr[-500:]}")
    return {named[name]: _plain(html.unescape(svg)) for name, svg in found.items()}


def _plain(svg: str) -> str:
    """A drawing without its own style sheet and what only Mermaid's editor looks at."""
    return re.sub(r'<style.*?</style>| data-points="[^"]*"', "", svg, flags=re.DOTALL).strip() + "\n"


def _browser() -> str:
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise NotDrawn("Chromium is needed to draw: apt-get install chromium")
    return found


def _library() -> Path:
    """Mermaid's script, from npm's registry; kept in the ignored work folder."""
    script = _KEPT / "package" / "dist" / "mermaid.min.js"
    if not script.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm")
        if npm is None:
            raise NotDrawn("npm is needed to fetch Mermaid")
        packed = subprocess.run(
            [npm, "pack", "--silent", _MERMAID], cwd=_KEPT, capture_output=True, text=True, check=True
        )
        with tarfile.open(_KEPT / packed.stdout.split()[-1]) as archive:
            archive.extractall(_KEPT, filter="data")
    return script


def main() -> int:
    """Draw what is missing and remove what no page has any more."""
    DRAWN.mkdir(parents=True, exist_ok=True)
    wanted = {file_of(text): text for text in diagrams()}
    for stale in set(DRAWN.glob("*.svg")) - wanted.keys():
        stale.unlink()
    missing = [text for file, text in wanted.items() if not file.exists()]
    try:
        for text, svg in (draw(missing) if missing else {}).items():
            file_of(text).write_text(svg, encoding="utf-8")
    except NotDrawn as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
