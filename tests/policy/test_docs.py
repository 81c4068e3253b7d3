"""`docs/policies.md`: its program is the example, its files can be read, its names exist."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from pulumi_azure_hotpatch.cli import main
from pulumi_azure_hotpatch.engine.waivers import read_waivers
from pulumi_azure_hotpatch.policy import hotpatch_policies
from tests.cli.conftest import validator
from tests.docs.pages import CHECKOUT, DOCS, Page
from tests.policy.conftest import PACK

PAGE = Page(DOCS / "policies.md")
NAMES = {policy.name for policy in hotpatch_policies()}


def blocks(language: str) -> list[str]:
    return [block.text for block in PAGE.blocks if block.language == language]


def test_the_program_is_the_example() -> None:
    (program,) = blocks("python")
    assert (PACK / "__main__.py").read_text(encoding="utf-8").endswith(program)


def test_the_levels_are_the_example_s_and_name_policies() -> None:
    (levels,) = blocks("json")
    assert json.loads(levels) == json.loads((PACK / "levels.json").read_text(encoding="utf-8"))
    assert set(json.loads(levels)) <= NAMES | {"all"}
    # A level for all is one for waivers that have ended, too.
    assert json.loads(levels)["waiver-expired"] == "mandatory"


def test_the_waivers_fit_their_schema() -> None:
    (waivers,) = blocks("yaml")
    assert len(read_waivers(yaml.safe_load(waivers))) == 1
    validator("waivers").validate(yaml.load(waivers, yaml.BaseLoader) | {"version": 1})
    assert read_waivers(yaml.safe_load((PACK / "waivers.yaml").read_text(encoding="utf-8"))) == ()


def test_the_policies_that_are_named_exist() -> None:
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", PAGE.text))
    assert named <= NAMES, named - NAMES


def test_the_command_without_pulumi_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = [text for text in blocks("sh") if text.startswith("azure-hotpatch ")]
    monkeypatch.chdir(CHECKOUT)
    assert main(command.partition("||")[0].split()[1:]) == 1
    assert "errors" in capsys.readouterr().out
