"""The reference says all that the package has, and nothing else."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import pulumi_azure_hotpatch
from generate_reference import FOLDER, pages, write
from pulumi_azure_hotpatch.host.settings import AZURE, OURS
from reference.command_page import commands
from reference.file_page import schemas
from reference.function_page import documented
from reference.resource_pages import file_name, models_of, resources
from reference.wording import table, type_words, words_of

PAGES = pages()


def names_in(page: str, heading: str) -> set[str]:
    """The names in the first column of the table under a heading."""
    section = PAGES[page].partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)`", section, re.MULTILINE))


def test_the_reference_is_what_the_package_would_write() -> None:
    committed = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}
    assert committed == dict(PAGES), "run tools/generate_reference.py"


@pytest.mark.parametrize("name", resources())
def test_a_resource_page_has_every_input_with_its_meaning_and_every_output(name: str) -> None:
    page = f"{file_name(name)}.md"
    inputs, state = models_of(name)
    given = set(inspect.signature(resources()[name].__init__).parameters) - {"self", "resource_name", "opts"}
    assert names_in(page, "Inputs") == given
    assert given <= inputs.model_fields.keys()
    assert names_in(page, "Outputs") == state.model_fields.keys() - given - {"unfinished"}
    assert not re.search(r"^\| `\w+`¹? \| [^|]* \|  \|$", PAGES[page].partition("## Outputs")[0], re.MULTILINE), (
        "an input without a meaning"
    )


@pytest.mark.parametrize("name", resources())
def test_a_resource_page_has_what_is_said_where_a_program_declares_it(name: str) -> None:
    first, *paragraphs = words_of(resources()[name].__init__).text.split("\n\n")
    opening, _, rest = first.partition(". ")
    assert opening.startswith("Declare the ")
    page = PAGES[f"{file_name(name)}.md"].partition("## Inputs")[0]
    assert all(text in page for text in (rest, *paragraphs))


def test_every_public_name_has_a_place() -> None:
    pages_of_classes = {name for name in pulumi_azure_hotpatch.__all__ if f"{file_name(name)}.md" in PAGES}
    elsewhere = {"HOTPATCH_PREVIEW_FEATURES", "PreviewFeatureState", "Week", "Weekday"}
    assert pages_of_classes | documented() | elsewhere == set(pulumi_azure_hotpatch.__all__)


def test_every_command_key_and_schema_is_there() -> None:
    assert commands() == set(re.findall(r"^### ([\w-]+)$", PAGES["commands.md"], re.MULTILINE))
    assert {f"azure-hotpatch:{key}" for key in OURS} == names_in("configuration.md", "Our own keys")
    assert {f"azure-native:{key}" for key in AZURE} == names_in("configuration.md", "Azure")
    for name, schema in schemas().items():
        assert f"\n## {schema['title']}\n" in PAGES["files.md"]
        assert f"`{name}`" in PAGES["files.md"]


def test_a_docstring_is_read_in_parts() -> None:
    def documented_function() -> None:
        """Does
        one thing.

        :param first: goes on
            in the next line.
        :param second: short.

        Raises InvalidInput.
        """

    words = words_of(documented_function)
    assert words.text == "Does one thing.\n\nRaises InvalidInput."
    assert words.parameters == {"first": "goes on in the next line.", "second": "short."}


def test_types_and_tables_read_as_words() -> None:
    assert type_words(str | None) == "text"
    assert type_words(tuple[str | int, ...]) == "list of (text or whole number)"
    assert type_words(dict[str, bool]) == "map to boolean"
    assert table(("a", "b"), [("1|2", "x\ny")]) == "| a | b |\n|---|---|\n| 1\\|2 | x y |\n"
    assert table(("a",), []) == ""


def test_writing_the_reference_removes_pages_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_text("gone", encoding="utf-8")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(PAGES)
