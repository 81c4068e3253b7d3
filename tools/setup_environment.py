"""Bring the project's environment to what uv.lock says. Needs only the Python that runs it and a package index.

uv is taken from PATH when it is new enough, else installed with pip into the ignored work folder.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OWN_UV = CHECKOUT / ".work" / "uv"
MINIMUM_UV = (0, 9)
"""The lock file's format asks for it; pyproject.toml says the same to uv itself."""


class SetupFailed(Exception):
    """The environment cannot be made; the text says why and what to do."""


def find_uv() -> Path | None:
    """Give a uv that is new enough: the one on PATH, else our own."""
    on_path = shutil.which("uv")
    for candidate in (Path(on_path) if on_path else None, OWN_UV / "bin" / "uv"):
        if candidate and candidate.exists() and _version(candidate) >= MINIMUM_UV:
            return candidate
    return None


def install_uv() -> Path:
    """Install uv with pip into the work folder: into an environment of its own, or without one where venv is missing.

    Raises `SetupFailed` with what pip said. (Debian's python3 has venv in a package of its own, and some have no pip.)
    """
    requirement = f"uv>={'.'.join(map(str, MINIMUM_UV))}"
    print("Installing uv into .work/uv", flush=True)
    shutil.rmtree(OWN_UV, ignore_errors=True)
    said = _run([sys.executable, "-m", "venv", str(OWN_UV)])
    if not said:
        said = _run([str(OWN_UV / "bin" / "python"), "-m", "pip", "install", "--quiet", requirement])
    if said:
        shutil.rmtree(OWN_UV, ignore_errors=True)
        said += _run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(OWN_UV), requirement])
    if uv := find_uv():
        return uv
    raise SetupFailed(
        f"uv is not on PATH and pip could not install it:\n{said.strip()}\n"
        "Install uv by hand, or Python's venv and pip (Debian: apt install python3-venv), and try again."
    )


def sync(uv: Path) -> None:
    """Make `.venv` what uv.lock says; quick when it is already so. Raises `SetupFailed`."""
    has_environment = (CHECKOUT / ".venv" / "bin" / "python").exists()
    # A new environment gets the Python that `make` was asked to use; an existing one keeps its own.
    interpreter = [] if has_environment else ["--python", sys.executable]
    elsewhere = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
    # The machine's own certificates, so that it also works behind a company's inspecting proxy, as pip does.
    settings = {"UV_SYSTEM_CERTS": "true", "UV_PYTHON_DOWNLOADS": "never"}
    environment = settings | {k: v for k, v in os.environ.items() if k not in elsewhere}
    done = subprocess.run([str(uv), "sync", "--frozen", *interpreter], cwd=CHECKOUT, env=environment, check=False)
    if done.returncode:
        raise SetupFailed("uv sync failed; its message is above.")


def compile_bytecode() -> None:
    """Compile what the engine imports again and again, once per lock file: every start of a Python is then faster.

    uv leaves compiling to the first import, which some machines forbid (PYTHONDONTWRITEBYTECODE). `azure-native` is
    left out: 6,000 modules, imported lazily if at all. What cannot be compiled (templates) is no failure.
    """
    marker = CHECKOUT / ".venv" / ".compiled"
    lock = hashlib.sha256((CHECKOUT / "uv.lock").read_bytes()).hexdigest()
    if marker.exists() and marker.read_text(encoding="utf-8") == lock:
        return
    python, packages = CHECKOUT / ".venv" / "bin" / "python", CHECKOUT / ".venv" / "lib"
    _run([str(python), "-m", "compileall", "-q", "-j", "0", "-x", "/pulumi_azure_native/|/tests?/", str(packages)])
    marker.write_text(lock, encoding="utf-8")


def _run(command: list[str]) -> str:
    """Run a command; what it printed if it failed, nothing if it worked."""
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout or f"{command[0]} failed" if done.returncode else ""


def _version(uv: Path) -> tuple[int, ...]:
    done = subprocess.run([str(uv), "--version"], text=True, capture_output=True, check=False)
    found = re.match(r"uv (\d+)\.(\d+)", done.stdout)
    return tuple(map(int, found.groups())) if found else ()


def main() -> int:
    """Find or install uv, sync, compile."""
    try:
        sync(find_uv() or install_uv())
        compile_bytecode()
    except SetupFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
