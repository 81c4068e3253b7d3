"""What can be read, and how what cannot is refused: exit code 2, one line, no traceback."""

import json
import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from pulumi_azure_hotpatch.cli import reading
from tests.cli.conftest import INVENTORY, Ask

BODIES = json.loads(INVENTORY.read_text("utf-8"))
AS_OF = ("--as-of", "2026-11-22")


def flattened(body: dict[str, object]) -> dict[str, object]:
    """As `az` prints it: without the `properties` level."""
    properties = body["properties"]
    assert isinstance(properties, dict)
    return {key: value for key, value in body.items() if key != "properties"} | properties


def pages(bodies: list[dict[str, object]]) -> list[object]:
    return [{"value": bodies[:7], "nextLink": "https://example.com/?page=2"}, {"value": bodies[7:]}]


SHAPES = {
    "a list": json.dumps(BODIES),
    "value": json.dumps({"value": BODIES}),
    "data": json.dumps({"count": len(BODIES), "data": BODIES, "total_records": len(BODIES)}),
    "JSON lines": "\n".join(json.dumps(body) for body in BODIES) + "\n\n",
    "pages": json.dumps(pages(BODIES)),
    "pages as JSON lines": "\n".join(json.dumps(page) for page in pages(BODIES)),
    "flattened": json.dumps([flattened(body) for body in BODIES]),
    "without types": json.dumps([{key: value for key, value in body.items() if key != "type"} for body in BODIES]),
    "ids in capitals": json.dumps([body | {"id": body["id"].upper()} for body in BODIES]),
    "backwards": json.dumps(BODIES[::-1]),
    "YAML": "\n".join(f"- {json.dumps(body)}" for body in BODIES),
}


def told(rows: list[dict[str, object]]) -> list[tuple[str, object, object]]:
    return sorted((str(row["resource"]).casefold(), row["rule"], row["verdict"]) for row in rows)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_an_inventory_gives_the_same_findings(ask: Ask, shape: str) -> None:
    expected = ask("check", INVENTORY, *AS_OF, "--json", "--all").rows("findings")
    found = ask("check", "-", *AS_OF, "--json", "--all", stdin=SHAPES[shape]).rows("findings")
    assert told(found) == told(expected)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_the_encodings_that_shells_write_are_read(ask: Ask, tmp_path: Path, encoding: str) -> None:
    written = tmp_path / "inventory.json"
    written.write_text(INVENTORY.read_text("utf-8"), encoding=encoding)
    assert ask("check", written, *AS_OF, "--json").out == ask("check", INVENTORY, *AS_OF, "--json").out


UNREADABLE = [
    ("", "standard input: it is empty; expected JSON, JSON lines or YAML"),
    ("  \n", "standard input: it is empty; expected JSON, JSON lines or YAML"),
    ("[{]", "standard input: not JSON (line 1, column 3: Expecting property name enclosed in double quotes)"),
    ('[{"id": 1},\n]', "standard input: not JSON (line 1, column 11: Illegal trailing comma before end of array)"),
    ('{"id": "x"}\n{"id": }\n', "standard input: neither JSON nor JSON lines (line 2: Expecting value)"),
    ("- a: [\n", "standard input: neither JSON nor YAML (line 2, column 1: expected the node content)"),
    (b"\xff\xfa", "standard input: not UTF-8 text (invalid start byte)"),
    ('"vm-web-1"', 'standard input: an inventory is a list of ARM bodies, {"value": […]} or {"data": […]}'),
    ("{}", 'standard input: an inventory is a list of ARM bodies, {"value": […]} or {"data": […]}'),
    ('{"value": {}}', 'standard input: an inventory is a list of ARM bodies, {"value": […]} or {"data": […]}'),
    ("[1]", "standard input: entry 1: expected an ARM body with an id, but it is 1, not an object"),
    ('[{"name": "vm-web-1"}]', "standard input: entry 1: expected an ARM body with an id, but it has none"),
    ('[{"id": "vm-web-1"}]', 'standard input: entry 1: expected an ARM body with an id, but its id is "vm-web-1"'),
    ('{"steps": [5]}', "standard input: step 1: expected an object"),
    ("[" + "1" * 5000 + "]", "standard input: a number or date in it is beyond reason"),
    ("- " + "1" * 5000, "standard input: neither JSON nor YAML (a number or date in it is beyond reason"),
    ('{"id": "x"}\n' + "1" * 5000, "standard input: neither JSON nor JSON lines (line 2: a number"),
    ("- " * 500, "standard input: entry 1: expected an ARM body with an id, but it is a list, not an object"),
]


@pytest.mark.parametrize("command", ["check", "forecast"])
@pytest.mark.parametrize(("text", "message"), UNREADABLE, ids=[message[:60] for _, message in UNREADABLE])
def test_what_is_no_inventory_is_refused_in_one_line(ask: Ask, command: str, text: str | bytes, message: str) -> None:
    answer = ask(command, "-", stdin=text)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith(f"azure-hotpatch: {message.split('(')[0]}")
    assert answer.err.count("\n") == 1


MACHINES = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines"
)


def odd(name: str) -> str:
    """An inventory of one machine whose name and patch mode hold more than characters."""
    patching = {"windowsConfiguration": {"patchSettings": {"patchMode": name}}}
    return json.dumps([{"id": f"{MACHINES}/{name}", "osProfile": patching}])


def test_a_name_commands_the_terminal_nothing(ask: Ask) -> None:
    answer = ask("check", "-", *AS_OF, stdin=odd("vm\x1b]0;owned\x1b[2J\x9b31m\u202egpj"))
    assert answer.code == 1
    shown = "vm\ufffd]0;owned\ufffd[2J\ufffd31m\ufffdgpj"
    assert answer.lines[0].startswith(f"{shown}  ")
    assert f"Patch mode {shown} does not exist" in answer.out
    refused = ask("check", "vm\x1b[2J.json")
    assert refused.err == "azure-hotpatch: vm\ufffd[2J.json: cannot be read (No such file or directory)\n"


def test_half_a_character_is_replaced(ask: Ask) -> None:
    rows = ask("check", "-", *AS_OF, "--json", stdin=odd("vm-\ud800")).rows("findings")
    assert {row["resource"] for row in rows} == {f"{MACHINES}/vm-\ufffd"}


def test_json_lines_end_where_lines_do_and_nowhere_else(ask: Ask) -> None:
    first, second = (json.loads(odd(name))[0] for name in ("vm\u2028one", "vm-two"))
    lines = "\r\n".join(json.dumps(body, ensure_ascii=False) for body in (first, second))
    rows = ask("check", "-", *AS_OF, "--json", stdin=lines).rows("findings")
    assert {row["resource"] for row in rows} == {first["id"], second["id"]}


@pytest.mark.parametrize(
    ("device", "says"), [("/dev/zero", "not text (it has a NUL character)"), ("/dev/urandom", "not UTF-")]
)
def test_a_device_without_an_end_is_refused(ask: Ask, device: str, says: str) -> None:
    answer = ask("check", device)
    assert (answer.code, len(answer.err.splitlines()), answer.out) == (2, 1, "")
    assert f"{device}: {says}" in answer.err


def test_a_text_without_an_end_is_refused_at_the_limit(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST", 1024**2)
    monkeypatch.setattr(reading, "_PIECE", 64 * 1024)
    endless = tmp_path / "fifo"
    os.mkfifo(endless)

    def write() -> None:
        with suppress(BrokenPipeError), endless.open("wb", buffering=0) as file:
            while True:
                file.write(b"y\n" * 1024)

    writer = threading.Thread(target=write)
    writer.start()
    answer = ask("check", endless)
    writer.join(timeout=30)
    assert not writer.is_alive()
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"azure-hotpatch: {endless}: it is longer than ")
    assert answer.err.endswith(" GiB; give it in several files\n")


def test_what_another_program_writes_piece_by_piece_is_read_to_its_end(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pieces that end within characters.
    monkeypatch.setattr(reading, "_PIECE", 7)
    bodies = [BODIES[0] | {"tags": {"owner": "Zoë’s 队"}}, *BODIES[1:]]
    pipe = tmp_path / "fifo"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            for byte in (data := json.dumps(bodies, ensure_ascii=False).encode())[:4000]:
                file.write(bytes([byte]))
            file.write(data[4000:])

    writer = threading.Thread(target=write)
    writer.start()
    found = ask("check", pipe, "--json", *AS_OF).rows("findings")
    writer.join(timeout=30)
    assert not writer.is_alive()
    assert told(found) == told(ask("check", INVENTORY, "--json", *AS_OF).rows("findings"))
