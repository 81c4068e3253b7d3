"""The program itself: help, version, exit codes, colours, pipes, and how quickly it answers."""

import gc
import os
import pty
import re
import subprocess
import sys
import textwrap
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import pytest

from azure_patch_simulator import World
from pulumi_azure_hotpatch.engine.calendar import Era
from pulumi_azure_hotpatch.engine.releases import Product
from tests.cli.asked import serving
from tests.cli.conftest import CHECKOUT, INVENTORY, Ask

COMMAND = Path(sys.executable).with_name("azure-hotpatch")
COMMANDS = ("calendar", "schedule", "forecast", "check", "rules", "explain")


def test_the_version_is_the_package_s(ask: Ask) -> None:
    assert ask("--version").out == f"azure-hotpatch {version('pulumi-azure-hotpatch')}\n"


def test_help_names_every_command_and_the_exit_codes(ask: Ask) -> None:
    answer = ask("--help")
    assert answer.code == 0
    for command in COMMANDS:
        assert f" {command} " in answer.out
    assert "Exit codes: 0 nothing failed" in answer.out


def test_no_command_at_all_is_bad_usage_and_gets_the_help(ask: Ask) -> None:
    answer = ask()
    assert (answer.code, answer.out) == (2, ask("--help").out)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_has_json(ask: Ask, command: str) -> None:
    answer = ask(command, "--help", columns=100)
    assert answer.code == 0
    assert "--json" in answer.out
    assert "Traceback" not in answer.out


def test_choices_are_those_of_the_engine(ask: Ask) -> None:
    shown = ask("calendar", "--help", columns=160).out
    assert "|".join(Product) in shown
    assert "|".join(Era) in shown


SCHEDULE = ("--start", "2027-01-01 22:00", "--duration", "03:00", "--time-zone", "UTC")
BAD_USAGE = [
    (("calender",), "No such command 'calender'. Did you mean 'calendar'?"),
    (("calendar",), "Missing option '--product'. Choose from: ws2022, ws2025, ws2025-arc"),
    (("calendar", "--product", "ws2019"), "Invalid value for '--product': 'ws2019' is not one of"),
    (("calendar", "--product", "ws2025", "--to", "9999-12"), "--to '9999-12-01': expected a year from 1970 to 2200"),
    (("calendar", "--product", "ws2025", "--from", ""), "month '': expected YYYY-MM"),
    (("scope", "examples/inventory.json", "-s", "prod", "--os", "Windows"), "'prod' is not the id of a subscription"),
    (("feed", "examples/inventory.json", "--output", ""), "'': cannot be written; name a file"),
    (("calendar", "--product", "ws2025", "--form", "2026-01"), "No such option: --form"),
    (("calendar", "--product", "ws2025", "--from", "2026-13"), "month '2026-13': expected YYYY-MM, e.g. '2026-01'"),
    (
        ("calendar", "--product", "ws2025", "--from", "2026-02", "--to", "2026-01"),
        "calendar from 2026-02 to 2026-01: the first month comes after the last",
    ),
    (
        ("calendar", "--product", "ws2025", "--era", "2021-preview", "--from", "2021-01"),
        "era 2021-preview: the preview had no ws2025",
    ),
    (("calendar", "--product", "ws2025", "--as-of", "today"), "--as-of 'today': expected YYYY-MM-DD"),
    (("calendar", "--product", "ws2025", "--as-of", "9999-06-01"), "--as-of '9999-06-01': expected a year from 1970"),
    (("calendar", "--product", "ws2025", "--as-of", "2026-02-30"), "--as-of '2026-02-30': expected YYYY-MM-DD"),
    (
        ("calendar", "--product", "ws2025", "--as-of", "2026-11-22T09:00:00"),
        "--as-of '2026-11-22T09:00:00': an instant needs an offset",
    ),
    (
        ("calendar", "--product", "ws2025", "--releases", "nowhere.yaml"),
        "nowhere.yaml: cannot be read (No such file or directory)",
    ),
    (("calendar", "--product", "ws2025", "--releases", "examples"), "examples: cannot be read (Is a directory)"),
    (
        ("calendar", "--product", "ws2025", "--releases", "examples/inventory.json"),
        "examples/inventory.json: extra releases: expected a mapping with 'version': 1 and a 'releases' list",
    ),
    (
        ("schedule", "--recur", "Month", *SCHEDULE),
        "recurEvery 'Month': monthly maintenance window is missing day of month or week of month",
    ),
    (("schedule", "--recur", "Week Someday", *SCHEDULE), "recurEvery 'Week Someday': expected weekdays"),
    (("schedule", "--recur", "Day", *SCHEDULE, "--time-zone", "Europe/Berln"), "time zone 'Europe/Berln' is not known"),
    (("schedule", "--recur", "Day", *SCHEDULE, "--duration", "04:00"), "duration '04:00' is too long"),
    (
        ("schedule", "--recur", "Day", *SCHEDULE, "--start", "2027-02-29 22:00"),
        "start '2027-02-29 22:00' does not exist",
    ),
    (("schedule", "--recur", "Day", *SCHEDULE, "--count", "0"), "--count 0: expected 1 to 10000"),
    (
        ("schedule", "--recur", "Day", *SCHEDULE, "--count", "many"),
        "Invalid value for '--count': expected a whole number",
    ),
    (("check",), "Missing argument 'FILE...'."),
    (("forecast",), "Missing argument 'FILE...'."),
    (("forecast", "examples/inventory.json", "--months", "0"), "--months 0: expected 1 to 600"),
    (("check", "nowhere.json"), "nowhere.json: cannot be read (No such file or directory)"),
    (("check", "examples/inventory.json", "--relax", "nothing"), "--relax 'nothing': expected one of custom-images, "),
]


@pytest.mark.parametrize(
    ("arguments", "message"), BAD_USAGE, ids=[" ".join(given[:1]) + " " + said[:50] for given, said in BAD_USAGE]
)
def test_bad_usage_is_one_line_and_exit_code_2(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(CHECKOUT)
    answer = ask(*arguments)
    assert answer.err.startswith(f"azure-hotpatch: {message}")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return subprocess.run(
        [str(COMMAND), *arguments], text=True, capture_output=True, check=False, env=plain | (env or {})
    )


def test_the_installed_command_ends_with_the_code_of_its_answer() -> None:
    assert run("check", str(INVENTORY)).returncode == 1
    assert run("rules").returncode == 0
    failed = run("check", "nowhere.json")
    assert (failed.returncode, failed.stdout) == (2, "")


CALENDAR = ("calendar", "--product", "ws2025", "--from", "2026-01", "--to", "2026-03")
ESCAPE = "\x1b["


def on_a_terminal(*arguments: str, **env: str) -> str:
    """What the command prints on a terminal of its own."""
    leader, follower = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [str(COMMAND), *arguments], stdout=follower, env=plain | {"COLUMNS": "120", "TERM": "xterm-256color"} | env
    )
    os.close(follower)
    printed = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # Linux says so where others answer nothing: the other side has been closed.
            break
        if not chunk:
            break
        printed += chunk
    os.close(leader)
    assert process.wait() == 0
    return printed.decode()


def test_a_terminal_gets_colours_and_everything_else_does_not() -> None:
    assert ESCAPE in on_a_terminal(*CALENDAR)
    assert ESCAPE not in run(*CALENDAR).stdout
    assert ESCAPE not in on_a_terminal(*CALENDAR, NO_COLOR="1").replace(f"{ESCAPE}1m", "").replace(
        f"{ESCAPE}2m", ""
    ).replace(f"{ESCAPE}0m", "")
    assert ESCAPE not in on_a_terminal(*CALENDAR, TERM="dumb")
    assert ESCAPE not in on_a_terminal(*CALENDAR, "--json")


def test_a_terminal_that_has_no_box_characters_gets_plain_ones() -> None:
    printed = run(*CALENDAR, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}).stdout
    assert printed.isascii()
    assert "2026-01" in printed


def test_json_is_utf_8_on_every_terminal() -> None:
    printed = subprocess.run(
        [str(COMMAND), "rules", "--json"],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    ).stdout
    assert printed.decode("utf-8").startswith("[\n")


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    shell = f"'{COMMAND}' rules --json | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], text=True, capture_output=True, check=False)
    assert done.stdout == "[\n"
    assert done.stderr == ""
    # What is written before the reader goes may fit into the pipe.
    assert done.returncode in (0, 141)


def test_a_reader_that_is_gone_before_the_first_word_is_told_as_the_shell_does() -> None:
    read, write = os.pipe()
    os.close(read)
    with open(write, "wb") as nobody:
        done = subprocess.run([str(COMMAND), "rules"], stdout=nobody, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_run_within_another_program_leaves_its_garbage_collection_on(ask: Ask) -> None:
    assert gc.isenabled()
    ask("check", INVENTORY)
    ask("check", "nowhere.json")
    assert gc.isenabled()


QUICK = """
    import sys, types



    # The package's own __init__ is what programs import; the command needs none of it.
    package = types.ModuleType("pulumi_azure_hotpatch")
    package.__path__ = [{path!r}]
    sys.modules["pulumi_azure_hotpatch"] = package

    from pulumi_azure_hotpatch.cli import main

    code = main({arguments!r})
    heavy = {{"pulumi", "azure", "grpc", "yaml", "pulumi_azure_native"}} & set(sys.modules)
    sys.exit(f"imported: {{sorted(heavy)}}" if heavy else code)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        [*CALENDAR],
        ["schedule", "--recur", "Day", *SCHEDULE],
        ["rules"],
        ["check", str(INVENTORY)],
        ["forecast", str(INVENTORY)],
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_command_imports_pulumi_or_the_azure_sdk(arguments: list[str]) -> None:
    program = textwrap.dedent(QUICK).format(
        path=str(CHECKOUT / "provider" / "pulumi_azure_hotpatch"), arguments=arguments
    )
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True, check=False)
    assert done.returncode in (0, 1)
    assert "imported" not in done.stderr
    assert "Error" not in done.stderr


def test_a_full_disk_is_told_in_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([str(COMMAND), "rules"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (
        2,
        "azure-hotpatch: the answer cannot be written: No space left on device\n",
    )


def test_a_closed_output_leaves_the_exit_code() -> None:
    done = subprocess.run(["sh", "-c", f"'{COMMAND}' rules >&-"], stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def on_a_terminals_error_stream(*arguments: str) -> str:
    """What the command says beside its answer on a terminal of its own."""
    leader, follower = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "120"}
    done = subprocess.run([str(COMMAND), *arguments], stdout=subprocess.DEVNULL, stderr=follower, env=environment)
    os.close(follower)
    said = b""
    with suppress(OSError):
        while chunk := os.read(leader, 65536):
            said += chunk
    os.close(leader)
    assert done.returncode == 0
    return said.decode()


def test_a_terminal_shows_what_is_waited_for_and_anything_else_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    with serving(World.default(), monkeypatch):
        assert run("status", "--json").stderr == ""
        said = on_a_terminals_error_stream("status", "--json")
    assert re.search(r"Asking Azure for the state of every machine \(\d+ s last time\)", said)
    assert said.endswith("\x1b[?25h") or said.rstrip("\r\n").endswith(("\x1b[2K", "\x1b[?25h"))
