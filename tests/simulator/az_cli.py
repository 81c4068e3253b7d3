"""The real Azure CLI from the package index, in a cached environment of its own outside the checkout."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator.exports import environment
from setup_environment import SetupFailed, find_uv, install_uv

VERSION = "2.91.0"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there: whatever is asked of another host fails."""


def installed_az() -> Path:
    """The `az` command; installed at the first use. A test that cannot have it fails, and says why."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pulumi-azure-hotpatch"
    folder = cache / f"azure-cli-{VERSION}-python-{PYTHON}"
    ready = folder / "ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        _install(folder)
        ready.write_text(VERSION, encoding="utf-8")
    return folder / "bin" / "az"


def _install(folder: Path) -> None:
    try:
        uv = str(find_uv() or install_uv())
    except SetupFailed as reason:
        pytest.fail(f"The Azure CLI needs uv to be installed: {reason}", pytrace=False)
    python = str(folder / "bin" / "python")
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, f"azure-cli=={VERSION}"],
    ):
        settings = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "true"}
        done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(
                f"The Azure CLI {VERSION} could not be installed from the package index, and these tests are about "
                f"nothing else. {' '.join(command)} said:\n{done.stdout}{done.stderr}",
                pytrace=False,
            )


@dataclass
class Az:
    """`az`, signed in to a running simulator; nothing else can be reached."""

    command: Path
    info: Mapping[str, str]
    home: Path

    def sign_in(self) -> None:
        """As a person does it: `eval` of what `azure-patch-simulator env az` prints."""
        ready = self.home / "ready.json"
        ready.write_text(json.dumps(dict(self.info)), encoding="utf-8")
        shell = f'set -eu\neval "$("{sys.executable}" -m azure_patch_simulator env az --of "{ready}")"'
        done = subprocess.run(["bash", "-c", shell], env=self._clean(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def run(self, *arguments: str, status: int = 0) -> str:
        """What a command prints; for one that fails with `status`, its words."""
        given = self._clean() | environment("az", self.info)
        command = [str(self.command), *arguments, "--output", "json"]
        done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == status, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    def ask(self, *arguments: str) -> Any:
        """The JSON that a command prints, `None` when it prints nothing."""
        text = self.run(*arguments)
        return json.loads(text) if text.strip() else None

    def _clean(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.command.parent), os.environ.get("PATH", os.defpath)])
        alone = {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "NO_PROXY": "127.0.0.1,localhost"}
        return {"PATH": path, "HOME": str(self.home), **alone}
