"""Every block of docs/simulator.md is run as it stands, in an empty folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from azure_patch_simulator.exports import CLIENTS
from tests.docs.pages import DOCS, Page
from tests.simulator.az_cli import NOWHERE, installed_az

BLOCKS = Page(DOCS / "simulator.md").blocks
SHELL = [block.text for block in BLOCKS if block.language == "sh"]
INSTALL, SERVE = SHELL[:2]
OF_AZ = [text for text in SHELL if "\naz " in text]
OTHERS = [text for text in SHELL[2:] if text not in OF_AZ]
STOP = "\nkill $! && wait $!\n"


def run(script: str, folder: Path, *paths: Path) -> str:
    path = os.pathsep.join([*map(str, paths), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # The server is stopped whatever happens.
    script = f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}"
    alone = {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "NO_PROXY": "127.0.0.1,localhost"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **alone},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_all_blocks_are_of_kinds_that_are_run_here() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "python"}
    assert INSTALL == "pip install 'pulumi-azure-hotpatch[simulator]'\n"
    assert len(OF_AZ) == 1
    for client in CLIENTS:
        assert sum(f"azure-patch-simulator env {client} --of ready.json" in text for text in SHELL) == 1


def test_the_test_of_the_page_passes_in_an_empty_project(tmp_path: Path) -> None:
    (program,) = (block.text for block in BLOCKS if block.language == "python")
    (tmp_path / "test_page.py").write_text(program, encoding="utf-8")
    said = run("python -m pytest -q -p no:cacheprovider -p no:randomly", tmp_path)
    assert "2 passed" in said


def test_the_server_and_its_clients_work_as_the_page_says(tmp_path: Path) -> None:
    said = run(SERVE + "\n".join(OTHERS) + STOP, tmp_path)
    assert "vm-web-1 eastus" in said
    assert "export ARM_RESOURCE_MANAGER_ENDPOINT=https://127.0.0.1:" in said
    assert '"pace":600.0' in said
    assert '"enforced":true' in said
    assert '"path"' in (tmp_path / "journal.json").read_text(encoding="utf-8")
    assert "~ now: " in (tmp_path / "what-happened.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_azure_cli_works_as_the_page_says(tmp_path: Path) -> None:
    said = run(SERVE + OF_AZ[0] + STOP, tmp_path, installed_az().parent).splitlines()
    assert "vm-linux-1" in said
    assert "Succeeded" in said
    assert any(line.endswith("/vm-app-1/patchAssessmentResults/latest") for line in said)
