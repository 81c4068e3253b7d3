"""`azure-hotpatch feed`: the forecast as a calendar file."""

from pathlib import Path

import pytest

from tests.cli.conftest import INVENTORY, Ask
from tests.report.test_feed import read_back


def test_the_command_writes_over_an_older_feed(ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "patching.ics"
    target.write_text("an older feed")
    done = ask("feed", INVENTORY, "--output", target, "--as-of", "2026-11-23", "--months", 3)
    assert (done.code, done.out) == (0, "")
    assert done.err == f"{len(read_back(target.read_bytes()))} events written to {target}; import it again to " + (
        "update them.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["patching.ics"]


@pytest.mark.parametrize("target", ["nowhere/patching.ics", "."])
def test_a_file_that_cannot_be_written_is_named(ask: Ask, tmp_path: Path, target: str) -> None:
    done = ask("feed", INVENTORY, "--output", tmp_path / target, "--as-of", "2026-11-23")
    assert done.code == 2
    assert done.err.startswith(f"azure-hotpatch: {tmp_path / target}: cannot be written (")
