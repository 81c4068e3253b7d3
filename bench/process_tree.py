"""What a command costs with everything that it starts: wall time, processor time, memory.

Run as a module it is the root of the tree: it starts the command, adopts what its processes leave behind (a CLI does
not wait for its plugins), samples the memory of all of them, and writes what it saw as JSON. Linux only.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_SAMPLE_SECONDS = 0.1
# Plugins end within a second of their CLI; what has not by then is ended.
_GRACE_SECONDS = 10.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


class CommandFailed(Exception):
    """A command did not succeed; the text is what it printed."""


@dataclass(frozen=True)
class Cost:
    """`wall_s` until the command itself ended, `cpu_s` of user and system over the whole tree, `peak_mb` the largest
    sum of resident memory (pages that processes share count once for each).
    """

    wall_s: float
    cpu_s: float
    peak_mb: float


def measured(
    command: list[str], folder: Path, environment: Mapping[str, str], *, allowed: tuple[int, ...] = (0,)
) -> Cost:
    """Run a command and return what it cost. Raises CommandFailed for an exit status that is not allowed."""
    with tempfile.TemporaryDirectory() as scratch:
        report, words = Path(scratch) / "report.json", Path(scratch) / "words"
        root = [sys.executable, str(Path(__file__).resolve()), str(report), *command]
        with words.open("w") as out:
            subprocess.run(root, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        seen = json.loads(report.read_text()) if report.exists() else {"status": -1}
        if seen["status"] not in allowed:
            raise CommandFailed(f"{' '.join(command)} ended with {seen['status']}:\n{words.read_text()[-6000:]}")
    return Cost(seen["wall_s"], seen["cpu_s"], seen["peak_mb"])


def _adopt_orphans() -> None:
    if not sys.platform.startswith("linux"):
        raise SystemExit("this measures process trees as Linux shows them")
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise SystemExit("this process may not adopt orphans")


def _children(pid: int) -> Iterator[int]:
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            yield from map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    except OSError:
        return


def _resident_pages(pid: int) -> int:
    """The memory of everything below a process; what ends meanwhile is not counted."""
    pages = 0
    for child in _children(pid):
        try:
            pages += int(Path(f"/proc/{child}/statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
        pages += _resident_pages(child)
    return pages


def _run(command: list[str]) -> dict[str, float]:
    _adopt_orphans()
    begun = time.monotonic()
    process = subprocess.Popen(command)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _resident_pages(os.getpid()))
        time.sleep(_SAMPLE_SECONDS if time.monotonic() - begun > 1 else _SAMPLE_SECONDS / 5)
    wall = time.monotonic() - begun
    _bury_orphans()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, peak_mb = used.ru_utime + used.ru_stime, peak * _PAGE / 2**20
    return {"status": process.returncode, "wall_s": wall, "cpu_s": cpu, "peak_mb": peak_mb}


def _bury_orphans() -> None:
    deadline = time.monotonic() + _GRACE_SECONDS
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid:
            continue
        if time.monotonic() > deadline:
            for child in list(_children(os.getpid())):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.02)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(_run(sys.argv[2:])))
