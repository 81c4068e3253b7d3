"""A Chromium for tests and pictures: one that is on this machine, else the distribution's where this may install it.

`python tools/browser.py` finds or installs it and says in one line what is missing where it can do neither.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Nothing but the page is talked to. Containers have no sandbox; the pages are our own."""

_PACKAGES = ("chromium", "fonts-dejavu-core")
_SECONDS = 900


class NoBrowser(Exception):
    """There is no Chromium; the text says what to do."""


def find_browser() -> Path:
    """Give the browser that `CHROMIUM` names, else the first one on PATH. Raises `NoBrowser`."""
    named = os.environ.get("CHROMIUM")
    for name in (named,) if named else NAMES:
        if found := shutil.which(name):
            return Path(found)
    if named:
        raise NoBrowser(f"CHROMIUM is {named!r}, and there is no such program")
    raise NoBrowser(
        "no Chromium on PATH: install one (Debian: apt-get install chromium), or say in CHROMIUM where one is"
    )


def install_browser() -> Path:
    """Give a browser, installed from the distribution's packages if there is none. Raises `NoBrowser`."""
    try:
        return find_browser()
    except NoBrowser:
        if os.environ.get("CHROMIUM") or not shutil.which("apt-get") or os.geteuid() != 0:
            raise
    print("No Chromium on PATH; installing the distribution's", file=sys.stderr, flush=True)
    _apt("update")
    _apt("install", "--yes", "--no-install-recommends", *_PACKAGES)
    return find_browser()


@contextmanager
def launched() -> Iterator["Browser"]:
    """Start the browser, headless and with a profile of its own. Raises `NoBrowser`."""
    from playwright.sync_api import sync_playwright

    program = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def _apt(*arguments: str) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            ["apt-get", "--quiet", *arguments],
            text=True,
            capture_output=True,
            env=environment,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoBrowser(f"apt-get {arguments[0]} did not finish within {_SECONDS} s") from None
    if done.returncode:
        last = " ".join(done.stderr.split()[-40:])
        raise NoBrowser(f"no Chromium on PATH, and apt-get {arguments[0]} failed: {last}")


def main() -> int:
    """Find or install; the message of a failure goes to stderr."""
    try:
        install_browser()
    except NoBrowser as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
