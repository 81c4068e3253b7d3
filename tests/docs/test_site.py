"""The site: every link leads somewhere, and nothing of it is loaded from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import draw_diagrams
import generate_track
from draw_diagrams import NotDrawn, diagrams, fence, file_of
from pulumi_azure_hotpatch.engine.track import TRANSITIONS, Signal
from tests.docs.pages import CHECKOUT, DOCS

CONFIGURATION = CHECKOUT / "mkdocs.yml"
# What makes a browser fetch something; a link waits for its reader.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "use": "href"}


class Elements(HTMLParser):
    """What a page fetches, where its links lead and can lead to, and the classes that scripts look for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.classes: set[str] = set()
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.classes.update(given.get("class", "").split())
        self.ids.add(given.get("id", ""))
        if tag in FETCHED and FETCHED[tag] in given:
            self.fetched.append(given[FETCHED[tag]])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; building it checks every internal link and anchor."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(CONFIGURATION, folder)
    shutil.copytree(DOCS, folder / "docs")
    # Zensical looks for included files where it runs.
    for name in ("examples", "tools"):
        (folder / name).symlink_to(CHECKOUT / name)
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "tools")}
    built = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "build" / "site"


def read(site: Path) -> Iterator[tuple[str, Elements]]:
    """Every page of the site."""
    for path in sorted(site.rglob("*.html")):
        yield path.relative_to(site).as_posix(), Elements(path.read_text(encoding="utf-8"))


def test_what_pages_fetch_is_in_the_site(site: Path) -> None:
    pages = dict(read(site))
    assert len(pages) > 60
    fetched = [(name, url) for name, page in pages.items() for url in page.fetched if name != "404.html"]
    assert [one for one in fetched if urlsplit(one[1]).netloc] == []
    missing = [(name, url) for name, url in fetched if not (site / name).parent.joinpath(urlsplit(url).path).is_file()]
    assert missing == []
    # The theme's script fetches Mermaid and MathJax for these.
    assert [name for name, page in pages.items() if page.classes & {"mermaid", "arithmatex"}] == []
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*['\"]?(?:https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_links_within_the_site_lead_to_pages_and_anchors_that_exist(site: Path) -> None:
    pages = {(site / name).resolve(): page for name, page in read(site)}
    broken = []
    for path, page in pages.items():
        # The page for what does not exist knows not where it stands.
        for link in page.links if path.name != "404.html" else ():
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            known = pages[target].ids if target in pages else set()
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in known):
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_links_to_elsewhere_are_well_formed(site: Path) -> None:
    outside = {link for _, page in read(site) for link in page.links if urlsplit(link).scheme}
    assert outside
    for link in outside:
        parts = urlsplit(link)
        assert parts.scheme == "https", link
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc), link
        assert not re.search(r"\s", link), link


@pytest.mark.parametrize(
    "path", [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("examples/**/*.md")], ids=lambda path: path.name
)
def test_links_of_files_beside_the_site_lead_to_files_that_exist(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    inside = [link for link in links if not urlsplit(link).scheme]
    assert [link for link in inside if not (path.parent / link).exists()] == []


def test_every_page_is_in_the_menu_once() -> None:
    listed = re.findall(r": ([\w/-]+\.md)$", CONFIGURATION.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def test_every_diagram_is_drawn_and_every_drawing_is_shown() -> None:
    drawn = {path.name for path in draw_diagrams.DRAWN.glob("*.svg")}
    assert drawn == {file_of(text).name for text in diagrams()}, "run tools/draw_diagrams.py"


def test_a_page_shows_a_drawing_with_words_for_those_who_do_not_see_it() -> None:
    (text,) = (text for text in diagrams() if "pending_baseline" in text)
    shown = fence(text + "\n", "mermaid", "diagram", {}, None)
    assert 'aria-label="state &quot;unenrolled&quot; as unenrolled; ' in shown
    assert "<svg" in shown
    assert "<style" not in shown


def test_a_diagram_without_a_drawing_ends_the_build() -> None:
    with pytest.raises(NotDrawn, match=r"\.svg is missing: run tools/draw_diagrams\.py$"):
        fence("stateDiagram-v2\n    [*] --> new", "mermaid", "diagram", {}, None)


def test_the_track_is_drawn_from_the_engine_s_table() -> None:
    assert generate_track.PAGE.read_text(encoding="utf-8") == generate_track.page(), "run tools/generate_track.py"
    arrows = set(re.findall(r"(\w+) --> (\w+)", generate_track.diagram()))
    drawn = {
        (state.name.lower(), after.name.lower())
        for (state, signal), after in TRANSITIONS.items()
        if signal is not Signal.HOTPATCH_DISABLED and (state is not after or signal is Signal.HOTPATCH_INSTALLED)
    }
    assert arrows == drawn
