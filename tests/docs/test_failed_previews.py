"""The pipelines that pages show, where the preview fails: it is reviewed all the same, and the run fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import Block, pages
from tests.docs.pipelines import schema_of, shell_steps

PIPELINES = [
    block
    for page in pages()
    for block in page.blocks
    if block.title and schema_of(block.title) and "azure-hotpatch review" in block.text
]
TYPE = "pulumi-python:dynamic/azurehotpatch:MaintenanceSchedule"
FAILED = {
    "steps": [],
    "diagnostics": [
        {
            "urn": f"urn:pulumi:dev::contoso::{TYPE}::nights",
            "severity": "error",
            "message": "error: duration: It is too long. Fix: shorten it. [schedule-duration; Microsoft Learn]",
        }
    ],
}
PULUMI = """#!/bin/sh
[ "$1" = preview ] || exit 0
cat <<'END'
{}
END
exit 255
"""


def stand_in(folder: Path, name: str, text: str = "#!/bin/sh\n") -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)


def test_the_pages_show_the_pipelines_of_three_systems() -> None:
    assert len(PIPELINES) == 3


@pytest.mark.parametrize("block", PIPELINES, ids=lambda block: block.title)
def test_a_failed_preview_is_reviewed_and_fails_the_run(block: Block, tmp_path: Path) -> None:
    tools, work = tmp_path / "bin", tmp_path / "work"
    stand_in(tools, "pulumi", PULUMI.format(json.dumps(FAILED)))
    stand_in(tools, "pip")
    stand_in(tools, "gh")
    (work / "examples" / "existing-fleet").mkdir(parents=True)
    environment = os.environ | {
        "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_HEAD_REF": "a-change",
    }
    failed = False
    for step in shell_steps(block.text):
        if failed and not step.runs_anyway:
            continue
        done = subprocess.run(["bash", "-c", step.command], cwd=work, env=environment, check=False)
        failed |= done.returncode != 0 and not step.goes_on
    assert failed
    (told,) = work.rglob("review.md")
    assert "- nights <sub>MaintenanceSchedule</sub>: `schedule-duration`" in told.read_text("utf-8")
    for results in work.rglob("patching.xml"):
        assert 'errors="1"' in results.read_text("utf-8")
    if "GITHUB_STEP_SUMMARY" in block.text:
        assert "The preview failed" in (tmp_path / "summary.md").read_text("utf-8")
