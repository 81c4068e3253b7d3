"""The report as a browser shows it: from disk and offline, at three sizes, light, dark and on paper, by keyboard.

`make test-all` finds or installs the Chromium that this needs; without one every test here says what to do.
"""

import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

import browser as chromium
from bench.engine import AS_OF, bodies
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import Forecast, forecast
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases
from pulumi_azure_hotpatch.report.overview import Machine, Overview
from pulumi_azure_hotpatch.report.page import page
from tests.report.overviews import EVIL, full, hostile, installation, status

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.slow

Scheme = Literal["light", "dark"]
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1440, 900)}
INFO = "#machines_info"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium.launched() as found:
        yield found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every part of it."""
    return write(full(), tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10,000 machines of many kinds: over 1,000 that the months bring something of their own."""
    estate = Estate.from_bodies(bodies(10_000, distinct=False), as_of=AS_OF)
    found = forecast(estate.members(), AS_OF)
    named = tuple(zip((entry.resource for entry in estate.machines), (one for _, one in found.members), strict=True))
    systems = {"windows": "Windows", "linux": "Linux"}
    machines = (
        Machine(
            entry.resource,
            entry.type,
            systems.get(str(entry.facts.os_type).casefold(), ""),
            status(machine=entry.resource, name=entry.resource.rpartition("/")[2]),
        )
        for entry in estate.machines
    )
    past = tuple(installation(machine=entry.resource) for entry in (*estate.machines, *estate.machines))
    judged = tuple(one for one in judge_cases(cases(estate)) if one.finding.verdict != "pass")
    overview = Overview(AS_OF, Forecast(found.months, named), tuple(machines), judged, past)
    assert len(overview.alike) > 1000
    return write(overview, tmp_path_factory.mktemp("large"))


def write(overview: Overview, folder: Path) -> Path:
    target = folder / "report.html"
    target.write_text(page(overview, version="0.1.0"), encoding="utf-8")
    return target


@contextmanager
def opened(
    browser: "Browser", path: Path, size: str = "desk", scheme: Scheme = "light", **options: Any
) -> Iterator["Tab"]:
    """The page in a window of its own without a network; whatever it complains of or asks for fails the test."""
    width, height = SIZES[size]
    viewport: Any = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, offline=True, **options)
    complaints: list[str] = []
    try:
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", lambda dialog: complaints.append(dialog.message))
        tab.on("request", lambda request: None if request.url == path.as_uri() else complaints.append(request.url))
        tab.goto(path.as_uri())
        tab.wait_for_selector("html[data-tables=drawn]")
        yield tab
        assert not complaints
    finally:
        context.close()


def info(tab: "Tab") -> str:
    """What the line under the table of machines says."""
    return tab.locator(INFO).inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_no_window_is_too_narrow(browser: "Browser", written: Path, size: str, scheme: Scheme) -> None:
    with opened(browser, written, size, scheme) as tab:
        assert tab.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 22, 22)")
        assert tab.locator("#machines tbody tr").count() == 13
        assert tab.locator("#status tbody tr").count() == 13
        assert tab.locator("#history tbody tr").count() == 13
        assert tab.locator("svg.chart").count() == 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_axe_finds_nothing(browser: "Browser", written: Path, size: str, scheme: Scheme) -> None:
    # The checker is a script of another origin, which the page's policy would keep out.
    with opened(browser, written, size, scheme, bypass_csp=True) as tab:
        tab.locator("button.more").first.click()
        tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        found = Axe().run(tab).response
        told = [(one["impact"], one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
        assert told == []
        assert len(found["passes"]) > 30


def test_everything_can_be_done_with_the_keyboard(browser: "Browser", written: Path) -> None:
    with opened(browser, written) as tab:
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        tab.locator("#find").focus()
        tab.keyboard.type("web")
        assert info(tab).startswith("Machines 1 to 2 of 2 (of 13): 8 restarts instead of 24")
        for _ in range(40):
            tab.keyboard.press("Tab")
            if tab.evaluate("document.activeElement.className") == "more":
                break
        button = tab.locator("button.more").first
        assert button.get_attribute("aria-expanded") == "false"
        tab.keyboard.press("Enter")
        assert button.get_attribute("aria-expanded") == "true"
        assert tab.locator(".details caption").all_inner_texts() == ["The months of vm-web-1"]
        tab.keyboard.press("Enter")
        assert tab.locator(".details").count() == 0
        tab.locator("#machines thead .dt-column-order").first.focus()
        tab.keyboard.press("Enter")
        assert tab.locator("#machines thead th").first.get_attribute("aria-sort") == "ascending"


def test_filters_narrow_the_table_and_its_sums(browser: "Browser", written: Path) -> None:
    with opened(browser, written) as tab:
        everything = info(tab)
        tab.select_option("#by-system", "Windows, hotpatch")
        assert "of 5 (of 13)" in info(tab)
        tab.select_option("#by-restart", "next")
        assert info(tab) == "No machine fits."
        tab.select_option("#by-restart", "any")
        assert "of 4 (of 13): 16 restarts instead of" in info(tab)
        tab.get_by_role("button", name="Clear").click()
        expect(tab.locator(INFO)).to_have_text(everything)
        tab.select_option("#by-finding", "error")
        assert tab.locator("button.more").all_inner_texts() == ["vm-sql-1", "vm-app-2"]
        tab.select_option("#by-finding", "")
        tab.select_option("#by-schedule", "sundays-eu")
        assert tab.locator("button.more").all_inner_texts() == ["vm-linux-1", "srv-branch-1"]


def test_paper_gets_everything_that_is_folded_away(browser: "Browser", written: Path) -> None:
    with opened(browser, written, scheme="dark") as tab:
        closed = "document.querySelectorAll('details:not([open])').length"
        before = tab.evaluate(closed)
        assert before > 0
        tab.emulate_media(media="print")
        tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert tab.evaluate(closed) == 0
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not tab.locator("nav").first.is_visible()
        assert not tab.locator(".filters").is_visible()
        tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert tab.evaluate(closed) == before
        pdf = tab.pdf(prefer_css_page_size=True)
        assert pdf.startswith(b"%PDF")
        assert 4 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 20
        assert {int(width) for width in re.findall(rb"/MediaBox\s*\[0 0 (\d+)", pdf)} <= {841, 842}, "A4, on its side"


def test_names_that_want_to_be_markup_stay_names(browser: "Browser", tmp_path: Path) -> None:
    with opened(browser, write(hostile(), tmp_path)) as tab:
        button = tab.locator("button.more").first
        assert button.inner_text() == EVIL.replace("/", "")
        button.click()
        assert EVIL in tab.locator(".details").inner_text()
        assert EVIL in tab.locator("#history").inner_text()
        assert EVIL in tab.locator("#status").inner_text()
        assert tab.locator("img").count() == 0


def test_ten_thousand_machines_answer_within_two_seconds(browser: "Browser", large: Path) -> None:
    ready, typed = [], []
    for _ in range(3):
        with opened(browser, large) as tab:
            mark = "performance.getEntriesByName('azure-hotpatch-ready')[0].startTime"
            ready.append(float(tab.evaluate(mark)))
            assert info(tab).startswith("Machines 1 to 25 of 10,000: ")
            typed += [float(tab.evaluate(_TYPE, key)) for key in "vm-123"]
            assert " (of 10,000): " in info(tab)
    typed.sort()
    print(f"ready after {min(ready):.0f} ms, a key takes {typed[len(typed) // 2]:.0f} ms", file=sys.stderr)
    assert min(ready) < 2000
    assert typed[len(typed) // 2] < 200


def test_the_documentations_pictures_are_those_that_the_script_takes(tmp_path: Path) -> None:
    checkout = Path(__file__).parents[2]
    script = [sys.executable, str(checkout / "tools" / "take_pictures.py"), str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    kept = {path.name: size_of(path) for path in (checkout / "docs" / "pictures").glob("report-*.png")}
    assert kept == {path.name: size_of(path) for path in tmp_path.glob("*.png")}
    assert len(kept) == 5


def size_of(picture: Path) -> tuple[int, ...]:
    """Width and height of a PNG."""
    return struct.unpack(">II", picture.read_bytes()[16:24])


# One key into the search, until its frame is painted, in milliseconds.
_TYPE = """key => new Promise((done) => {
  const field = document.getElementById("find");
  const began = performance.now();
  field.value += key;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
})"""
