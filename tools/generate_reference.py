"""Write `docs/reference/` from the package: `python tools/generate_reference.py`.

A page for each resource, one for functions, the command line, the configuration and files. Nothing in that folder is
written by hand; a test compares it with what this would write. The rules have a tool of their own, `generate_rules.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pulumi_azure_hotpatch
from reference.command_page import command_page
from reference.file_page import file_page
from reference.function_page import function_page
from reference.resource_pages import file_name, resource_pages
from reference.setting_page import setting_page
from reference.wording import table, words_of

FOLDER: Final = Path(__file__).parents[1] / "docs" / "reference"

_WRITTEN: Final = "<!-- written by tools/generate_reference.py -->\n\n"


def pages() -> Mapping[str, str]:
    """Every file of the folder by its name, with its text."""
    resources = resource_pages()
    written = {
        **resources,
        "functions.md": function_page(),
        "commands.md": command_page(),
        "configuration.md": setting_page(),
        "files.md": file_page(),
        "index.md": _index(resources),
    }
    return {name: f"{_WRITTEN}{text.rstrip()}\n" for name, text in written.items()}


def write(folder: Path = FOLDER) -> None:
    """Write the pages, and remove what is no page any more."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for stale in folder.glob("*.md"):
        if stale.name not in wanted:
            stale.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def _index(resources: Iterable[str]) -> str:
    classes = {f"{file_name(name)}.md": name for name in pulumi_azure_hotpatch.__all__ if name[0].isupper()}
    rows = []
    for file in resources:
        name = classes[file]
        first = words_of(getattr(pulumi_azure_hotpatch, name)).text.partition("\n\n")[0]
        rows.append((f"[{name}]({file})", first))
    return "\n".join(
        [
            "# Reference",
            "",
            "Written from the package itself; a test keeps it so.",
            "",
            "* [Functions](functions.md) and arguments",
            "* [The command line](commands.md)",
            "* [Configuration](configuration.md) of a stack and of the environment",
            "* [Files and JSON](files.md), with their schemas",
            "* [Rules](../rules/README.md), each with its source",
            "",
            "## Resources",
            "",
            "A change of an input is an update in place, unless its page says that it makes a new resource. Every",
            "resource takes Pulumi's `opts`.",
            "",
            table(("resource", "what it is"), rows),
        ]
    )


if __name__ == "__main__":
    write()
