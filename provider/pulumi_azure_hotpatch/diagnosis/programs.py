"""The programs and libraries of this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Final

from .check import Check

_LIBRARIES: Final = ("pulumi", "azure-identity", "azure-mgmt-compute", "azure-mgmt-maintenance")
_OLDEST_CLI: Final = (3, 0)
_SECONDS: Final = 60

Run = Callable[[list[str]], str]


def programs(run: Run | None = None) -> Iterator[Check]:
    """Python, the libraries, the Pulumi CLI. `run` gives what a command prints, raising OSError where it fails."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", "ok", f"Python {python}, pulumi-azure-hotpatch {_version('pulumi-azure-hotpatch')}")
    missing = [name for name in _LIBRARIES if _version(name) is None]
    if missing:
        fix = "install the package again: pip install --force-reinstall pulumi-azure-hotpatch"
        yield Check("libraries", "fail", f"not installed: {', '.join(missing)}", fix)
    else:
        yield Check("libraries", "ok", ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES))
    yield _cli(run or _run)


def _cli(run: Run) -> Check:
    try:
        printed = run(["pulumi", "version"])
    except OSError as error:
        reason = "it is not on PATH" if isinstance(error, FileNotFoundError) else f"it does not start ({error})"
        return Check(
            "pulumi-cli", "fail", f"no pulumi command: {reason}", "install it: https://www.pulumi.com/docs/install/"
        )
    found = re.search(r"v?(\d+)\.(\d+)\.\d+\S*", printed)
    if found is None:
        return Check("pulumi-cli", "unknown", f"pulumi version prints '{printed.strip()}'", "run it by hand")
    if (int(found[1]), int(found[2])) < _OLDEST_CLI:
        return Check(
            "pulumi-cli",
            "fail",
            f"pulumi {found[0]}",
            "install version 3 or newer: https://www.pulumi.com/docs/install/",
        )
    return Check("pulumi-cli", "ok", f"pulumi {found[0]}")


def _run(command: list[str]) -> str:
    where = shutil.which(command[0])
    if where is None:
        raise FileNotFoundError(command[0])
    try:
        done = subprocess.run([where, *command[1:]], capture_output=True, text=True, timeout=_SECONDS, check=True)
    except subprocess.SubprocessError as error:
        raise OSError(str(error)) from None
    return done.stdout


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
