"""Every block of every page does what it promises (`tests/docs/pages.py` says what that is)."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from azure_patch_simulator import SUBSCRIPTION_ID
from tests.cli.conftest import validator
from tests.docs.pages import CHECKOUT, LANGUAGES, Block, Page, pages
from tests.docs.pipelines import schema_of, steps
from tests.docs.running import agrees, expectations, run

# Pages whose commands need something of their own, with the module that runs them.
RUN_ELSEWHERE = {"policies.md": "tests/policy/test_docs.py", "simulator.md": "tests/simulator/test_simulator_page.py"}

PAGES = pages()
BLOCKS = [block for page in PAGES for block in page.blocks]
EXTRAS = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


def has_commands(page: Page) -> bool:
    """Whether something of a page is run by a shell, here."""
    return page.name not in RUN_ELSEWHERE and any(block.language == "sh" for block in page.blocks)


def runs(*, azure: bool) -> list[Page]:
    """The pages with commands that need an Azure, or those that need none."""
    return [page for page in PAGES if has_commands(page) and bool(page.head.get("azure")) == azure]


def by_name(page: Page) -> str:
    """The name of a page's case."""
    return page.name


def check_page(page: Page, folder: Path) -> None:
    """Run a page and compare what it prints with what it says it prints."""
    for block, printed in expectations(page, run(page, folder)):
        assert agrees(block, printed), f"{block.place} is not what was printed:\n{printed}"


@pytest.mark.parametrize("page", runs(azure=False), ids=by_name)
def test_the_commands_of_a_page_do_what_it_says(page: Page, tmp_path: Path) -> None:
    check_page(page, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", runs(azure=True), ids=by_name)
def test_the_commands_of_a_page_do_what_it_says_on_an_azure(page: Page, tmp_path: Path) -> None:
    check_page(page, tmp_path)


def test_every_block_is_of_a_language_that_is_tested() -> None:
    assert [f"{block.place}: {block.language}" for block in BLOCKS if block.language not in LANGUAGES] == []


def test_every_output_stands_after_its_commands() -> None:
    alone = []
    for page in PAGES:
        for before, block in zip((None, *page.blocks), page.blocks, strict=False):
            if block.language == "text" and not block.included and (before is None or before.language != "sh"):
                alone.append(block.place)
    assert alone == []


def test_the_pages_that_are_run_elsewhere_are_run() -> None:
    for page, module in RUN_ELSEWHERE.items():
        assert page in (CHECKOUT / module).read_text(encoding="utf-8")


def test_every_program_can_be_declared() -> None:
    programs = [block for block in BLOCKS if block.language == "python" and is_program(block)]
    asked = [(block.text, block.place, configuration_of(block.page)) for block in programs]
    done = subprocess.run(
        [sys.executable, "-m", "tests.docs.mocked"],
        cwd=CHECKOUT,
        env={**os.environ, "ARM_SUBSCRIPTION_ID": SUBSCRIPTION_ID},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for block, declared in zip(programs, json.loads(done.stdout), strict=True):
        assert [one for one in declared if "azurehotpatch" in one], f"{block.place} declares {declared}"


def is_program(block: Block) -> bool:
    """Whether a block is a Pulumi program of its own: the gallery's are run by its tests, the simulator page's and the
    policy pack by theirs.
    """
    return block.page not in RUN_ELSEWHERE and block.included is None and block.title in (None, "__main__.py")


def configuration_of(page: str) -> dict[str, str]:
    """What a page sets with `pulumi config set`."""
    text = "\n".join(block.text for block in BLOCKS if block.page == page and block.language == "sh")
    words = [shlex.split(line) for line in re.findall(r"^pulumi config set (.*)$", text, re.MULTILINE)]
    pairs = [[word for word in line if not word.startswith("--")] for line in words]
    return {pair[0]: pair[1] for pair in pairs}


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language in ("yaml", "json")], ids=lambda block: block.place
)
def test_a_file_can_be_read_and_fits_its_schema(block: Block, tmp_path: Path) -> None:
    parsed = yaml.safe_load(block.text) if block.language == "yaml" else json.loads(block.text)
    assert parsed
    title = block.title or ""
    for kind in ("rings", "waivers"):
        if Path(title).stem == kind:
            validator(kind).validate(yaml.load(block.text, yaml.BaseLoader) | {"version": 1})
    if schema := schema_of(title):
        assert steps(block.text)
        file = tmp_path / "pipeline.yml"
        file.write_text(block.text, encoding="utf-8")
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout


def test_what_pages_install_is_this_package_with_extras_that_exist() -> None:
    commands = "\n".join(block.text for block in BLOCKS if block.language in ("sh", "yaml"))
    for asked in re.findall(r"\bpip install (.*)$", commands, re.MULTILINE):
        for requirement in shlex.split(asked):
            found = re.fullmatch(r"pulumi-azure-hotpatch(?:\[([\w,-]+)\])?", requirement)
            assert found, requirement
            assert set((found[1] or "ledger").split(",")) <= EXTRAS.keys(), requirement
