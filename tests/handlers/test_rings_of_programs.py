"""Rings as programs write them: what is none reaches the check, and a bad file ends a program in one line."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from pulumi_azure_hotpatch import read_rings
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.resources.patch_rollout import _with_wire_names
from tests.handlers.patching import SECURITY
from tests.handlers.rollouts import fleet, ids, quick
from tests.handlers.stack import Rejected, Stack


@pytest.mark.parametrize(
    ("rings", "says"),
    [
        ("x", "rings must be a list, not 'x'"),
        (["a"], "rings.0 must be an object, not 'a'"),
        ({"name": "a", "rest": True}, "rings must be a list, not an object"),
        (5, "rings must be a list, not 5"),
    ],
)
def test_what_is_no_list_of_rings_is_told_in_one_line(rings: Any, says: str) -> None:
    bodies = fleet(1)
    given = {"machineIds": ids(bodies), "rings": _with_wire_names(rings), "windows": SECURITY}
    with pytest.raises(Rejected) as refused:
        Stack(quick(*bodies)).up({"r": ("patch_rollout", given)})
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_rings_of_a_program_have_the_names_of_the_wire_whatever_holds_them() -> None:
    ring = {"name": "a", "machine_ids": ["x"], "max_concurrent": 2}
    assert _with_wire_names((ring,)) == [{"name": "a", "machineIds": ["x"], "maxConcurrent": 2}]
    assert _with_wire_names(iter([ring])) == _with_wire_names([ring])
    assert _with_wire_names(None) is None


@pytest.mark.parametrize("text", [None, "rings: [", "version: 1\nrings: []\n"])
def test_a_bad_file_of_rings_ends_a_program_in_one_line(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "rings.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    # The engine's host prints no traceback for this kind.
    with pytest.raises(pulumi.RunError, match=r"rings\.yaml: ") as ended:
        read_rings(path)
    assert isinstance(ended.value, InvalidInput)
    assert "\n" not in str(ended.value)
