"""Running a page: its files and commands in one shell in a folder of its own, with a simulated Azure if it needs one.

`PYTHONPATH=.:tools python -m tests.docs.running how-to/adopt.md …` writes what the commands print into the pages'
`text` blocks, apart from those that agree already.
"""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pulumi_env
from azure_patch_simulator.launch import launched
from demo import Azure
from tests.docs.pages import CHECKOUT, DOCS, OWN_AZURE, Block, Page
from tests.docs.pipelines import schema_of, steps
from tests.support import azure_native
from tests.support.gallery import STARTS, normalised

_MARK = "\x1e"
# What is sent to a place has to be what belongs there: the last two parts of the address are the body's type and name.
_SENDS = """
import json, sys
given = dict(zip(sys.argv[2::2], sys.argv[3::2]))
kind, name = given["--url"].partition("?")[0].split("/")[-2:]
body = json.load(open(given["--body"].removeprefix("@")))
sys.exit((body["type"].rpartition("/")[2], body["name"]) != (kind, name))
"""
# Nothing is installed, nobody is told, nothing is made: what is asked for has to be there.
_STAND_INS = f"""
pip() {{ [ "$1" = install ]; }}
az() {{ [ "$1" != rest ] || {shlex.quote(sys.executable)} -c {shlex.quote(_SENDS)} "$@"; }}
gh() {{ [ -s "${{!#}}" ]; }}
make() {{ command make --dry-run --directory {shlex.quote(str(CHECKOUT))} "$@" > dry-run.txt; }}
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
"""
_TERMINAL = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "TZ": "UTC"}
_PIPELINE = {"GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_HEAD_REF": "a-change"}
_ENGINE = {"PULUMI_OPTION_COLOR": "never", "PULUMI_OPTION_NON_INTERACTIVE": "true", "PULUMI_PARALLEL": "1"}


@contextmanager
def surroundings(page: Page, folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which a page's commands run; its Azure is there while the context lasts."""
    environment = pulumi_env.isolated(folder / "pulumi") | _TERMINAL | _PIPELINE | _ENGINE
    environment.pop("GITHUB_ACTIONS", None)
    machines = page.head.get("azure")
    if machines in (None, OWN_AZURE):
        yield environment
        return
    arguments = ["--time", "manual", "--start", STARTS, "--ca-file", str(folder / "ca.pem")]
    if machines != "default":
        arguments += ["--inventory", str(CHECKOUT / machines)]
    with launched(*arguments) as server:
        environment |= Azure(server.info).environment()
        environment["PATH"] = f"{azure_native.install(folder / 'bin')}:{environment['PATH']}"
        yield environment


def run(page: Page, folder: Path) -> list[tuple[Block, str]]:
    """What each `sh` block (and each step of a pipeline, under its file) printed, in order.

    Raises AssertionError with everything that was printed when a command does not end as the page says.
    """
    work = folder / "page"
    shutil.copytree(CHECKOUT / "examples", work / "examples", ignore=shutil.ignore_patterns("Pulumi.*.yaml", "__*__"))
    for program in (CHECKOUT / "examples").glob("*/__main__.py"):
        shutil.copy(program, work / program.relative_to(CHECKOUT))
    with surroundings(page, folder) as environment:
        return _run(page.blocks, work, environment)


def _run(blocks: Sequence[Block], work: Path, environment: Mapping[str, str]) -> list[tuple[Block, str]]:
    lines = [_STAND_INS]
    for number, block in enumerate(blocks):
        if block.title and not block.included:
            file = work.parent / f"block-{number}"
            file.write_text(block.text, encoding="utf-8")
            target = shlex.quote(block.title)
            lines.append(f'mkdir -p "$(dirname {target})" && cp {shlex.quote(str(file))} {target}')
        commands = [block.text] if block.language == "sh" and not block.title else _steps(block)
        for command in commands:
            lines.append(f"printf '{_MARK}{number}\\n'")
            lines.append(_ending_with(command, block.ends_with) if block.ends_with else command)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        cwd=work,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=300,
        check=False,
    )
    parts = [part.partition("\n") for part in done.stdout.split(_MARK)[1:]]
    last = blocks[int(parts[-1][0])].place if parts else "before the first block"
    assert done.returncode == 0, f"{last} ended with {done.returncode}:\n{done.stdout}"
    return [(blocks[int(number)], printed) for number, _, printed in parts]


def _steps(block: Block) -> list[str]:
    return steps(block.text) if block.title and schema_of(block.title) else []


def _ending_with(command: str, code: int) -> str:
    trap = f"trap 'was=$?; [ $was -eq {code} ] || {{ echo \"(ended with $was)\"; exit 99; }}; seen={code}' ERR"
    return f'set +e\n( seen=0\n{trap}\n{command}\nexit $seen )\nended=$?\nset -e\n[ "$ended" -eq {code} ] || exit 99'


def expectations(page: Page, printed: Sequence[tuple[Block, str]]) -> Iterator[tuple[Block, str]]:
    """Every `text` block after an `sh` block, with what was printed there."""
    by_block = dict(printed)
    for before, block in zip(page.blocks, page.blocks[1:], strict=False):
        if block.language == "text" and before in by_block:
            told = by_block[before]
            yield block, _of_pulumi(told) if "pulumi " in before.text else told


def _of_pulumi(told: str) -> str:
    """As the gallery has it, and without the word of thanks for a new stack."""
    return re.sub(r"^Created stack '\w+'\n", "", normalised(told))


def agrees(block: Block, printed: str) -> bool:
    """Whether an expected output allows what was printed. What Pulumi says of resources that do not wait for each other
    may come in any order.
    """
    expected, told = _tidy(block.text), _tidy(printed)
    if doctest.OutputChecker().check_output(expected, told, doctest.ELLIPSIS):
        return True
    return "pulumi:pulumi:Stack" in expected and sorted(expected.splitlines()) == sorted(told.splitlines())


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n"


def write_outputs(page: Page) -> int:
    """Write what a page's commands print where it says something else; how many blocks were written."""
    with tempfile.TemporaryDirectory() as folder:
        stale = [pair for pair in expectations(page, run(page, Path(folder))) if not agrees(*pair)]
    lines = page.path.read_text(encoding="utf-8").splitlines()
    for block, printed in reversed(stale):
        assert block.included is None, f"{block.place}: {block.included} is not what was printed:\n{printed}"
        lines[block.line : block.line + len(block.text.splitlines())] = _tidy(printed).splitlines()
    page.path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(stale)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(f"{name}: {write_outputs(Page(DOCS / name))} written")
