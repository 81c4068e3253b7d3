"""Where our own Pulumi runs keep their things: inside one work folder, never in the user's Pulumi home.

`environment` is what the Makefile, the demo and the end-to-end tests add to the process environment; `isolated` is a
whole process environment in which the caller's own Pulumi and Azure settings are gone too. As a command it prints
`export` lines: `eval "$(python tools/pulumi_env.py)"` and the plain `pulumi` works on the demo's stacks.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
WORK = CHECKOUT / ".work"
"""The ignored folder for what a run leaves behind. `make demo` and `make recover` both use it."""

FOREIGN_PREFIXES = ("PULUMI_", "ARM_", "AZURE_")
"""Settings that would send a run of ours to somebody's real stacks or subscription."""


def environment(work: Path) -> dict[str, str]:
    """Give the variables of a Pulumi that lives in `work`: home, file backend, passphrase, no update check.

    Creates the backend's folder, since the engine refuses one that is missing. The project's Python comes first on
    PATH, so that program, dynamic providers and policy packs all run in the environment this was called from.
    """
    home, state = work / "pulumi-home", work / "pulumi-state"
    state.mkdir(parents=True, exist_ok=True)
    python = Path(sys.executable)
    return {
        "PULUMI_HOME": str(home.resolve()),
        "PULUMI_BACKEND_URL": state.resolve().as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "local",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": str(python),
        "PATH": os.pathsep.join(_first(str(python.parent), os.environ.get("PATH", os.defpath).split(os.pathsep))),
    }


def isolated(work: Path, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give a whole process environment: `base` (default: this process's) without foreign settings, plus ours."""
    kept = {k: v for k, v in (os.environ if base is None else base).items() if not k.startswith(FOREIGN_PREFIXES)}
    return kept | environment(work)


def _first(entry: str, entries: list[str]) -> list[str]:
    return [entry, *(each for each in entries if each != entry)]


def main(arguments: list[str]) -> int:
    """Print the variables as `export` lines for a shell; the work folder may be given."""
    work = Path(arguments[0]) if arguments else WORK
    for name, value in environment(work).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
