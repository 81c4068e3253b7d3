"""`azure-hotpatch adopt`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_patch_simulator import Simulator, World
from tests.cli.asked import serving, writes
from tests.cli.conftest import Ask
from tests.handlers.outside import scale_set_body, server_body
from tests.status.observed import HOTPATCHED, linux, vm, windows
from tests.status.test_runs import BODY, SCHEDULE


@pytest.fixture
def estate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A few of everything, one of which cannot be declared."""
    bodies = [
        windows("vm-1", HOTPATCHED),
        linux("vm-2"),
        windows("vm-3", {"patchMode": "Manual", "enableHotpatching": True}),
        scale_set_body({"patchMode": "AutomaticByPlatform", "enableHotpatching": True}),
        server_body(),
        {**BODY, "id": SCHEDULE},
    ]
    with serving(World.from_inventory(bodies), monkeypatch) as simulator:
        yield simulator


def test_the_program_goes_to_standard_output_and_the_count_beside_it(estate: Simulator, ask: Ask) -> None:
    answer = ask("adopt")
    assert answer.code == 0
    calls = [node for node in ast.walk(ast.parse(answer.out)) if isinstance(node, ast.Call)]
    assert len(calls) == 4
    assert answer.err == "Note: 4 resources declared, 1 not (see the comments).\n"
    assert writes(estate) == []


def test_it_goes_to_a_file_but_never_over_one(estate: Simulator, ask: Ask, tmp_path: Path) -> None:
    target = tmp_path / "__main__.py"
    printed = ask("adopt").out
    answer = ask("adopt", "--output", target)
    assert (answer.code, answer.out) == (0, "")
    assert target.read_text("utf-8") == printed
    answer = ask("adopt", "-o", target)
    assert (answer.code, answer.err) == (
        2,
        f"azure-hotpatch: {target}: it exists already and is not written over\n",
    )
    answer = ask("adopt", "-o", tmp_path / "none" / "x.py")
    assert (answer.code, "cannot be written (No such file or directory)" in answer.err) == (2, True)
    assert writes(estate) == []


def test_json_fits_its_schema_and_says_what_is_not_declared(estate: Simulator, ask: Ask) -> None:
    rows = ask("adopt", "--json").rows("adopt")
    left = [row for row in rows if not row["declared"]]
    assert [(row["resource"], row["type"]) for row in left] == [(vm("vm-3"), "VirtualMachinePatchSettings")]
    assert "hotpatch-needs-platform-mode" in left[0]["reason"]
    assert writes(estate) == []


def test_a_subscription_that_is_not_there_is_one_line(estate: Simulator, ask: Ask) -> None:
    answer = ask("adopt", "--subscription", "00000000-0000-0000-0000-000000000009")
    assert (answer.code, answer.out, len(answer.err.splitlines())) == (2, "", 1)
    assert "SubscriptionNotFound" in answer.err
    assert writes(estate) == []
