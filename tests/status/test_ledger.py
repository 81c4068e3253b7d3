"""A ledger keeps what Azure forgets: each activity once, appended, whoever writes at the same time."""

import json
import os
import threading
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.observing import ledger
from pulumi_azure_hotpatch.observing.history import merged, patch_history
from pulumi_azure_hotpatch.observing.ledger_file import LedgerFile
from pulumi_azure_hotpatch.observing.status import patch_status
from tests.status.observed import ALL, HOTPATCHED, Heard, fleet, instant, vm, windows, without_graph
from tests.support.simulated import Azure

NOW = instant("2025-11-14T08:00")


@pytest.fixture
def file(tmp_path: Path) -> LedgerFile:
    return LedgerFile(tmp_path / "patching.jsonl")


def patched(until: str = "2025-11-14T08:00") -> Azure:
    return fleet(windows("vm-1", HOTPATCHED), start="2025-09-20T08:00", until=until)


def history(azure: Azure) -> list[Any]:
    return patch_history(azure.runtime.azure, ALL, tell=Heard(), with_patches=True)


def record(azure: Azure, file: LedgerFile) -> int:
    statuses = patch_status(azure.runtime.azure, ALL, tell=Heard())
    return ledger.record(file, statuses, history(azure), azure.clock.now(), tell=Heard())


def lines(file: LedgerFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(file.name).read_text("utf-8").splitlines()]


def installation(activity: str = "a-1", **changes: Any) -> Any:
    """A row of history."""
    row = {
        "activity_id": activity,
        "status": "Succeeded",
        "started": "2025-10-15T03:00:00+00:00",
        "ended": "2025-10-15T03:30:00+00:00",
        "started_by": "Platform",
        "reboot_status": "Completed",
        "window_exceeded": False,
        "installed": 1,
        "failed": 0,
        "pending": 0,
        "excluded": 0,
        "not_selected": 0,
        "schedule_run": None,
        "error": None,
        "machine": vm("vm-1"),
        "os_type": "Windows",
        "kbs": ["KB5066835"],
        "patches": None,
        "source": "resource graph",
    }
    return {**row, **changes}


def test_every_line_fits_the_published_schema(file: LedgerFile) -> None:
    assert record(patched(), file) >= 2
    text = resources.files("pulumi_azure_hotpatch").joinpath("schemas/ledger.schema.json").read_text("utf-8")
    validator = Draft202012Validator(json.loads(text), format_checker=FormatChecker())
    found = lines(file)
    for line in found:
        validator.validate(line)
    assert {line["kind"] for line in found} == {"assessment", "installation"}
    assert {line["version"] for line in found} == {1}


def test_recording_twice_records_once(file: LedgerFile) -> None:
    azure = patched()
    first = record(azure, file)
    before = Path(file.name).read_bytes()
    assert (first > 0, record(azure, file)) == (True, 0)
    assert Path(file.name).read_bytes() == before


def test_what_was_written_is_never_rewritten(file: LedgerFile) -> None:
    azure = patched()
    record(azure, file)
    before = Path(file.name).read_bytes()
    azure.simulator.clock.advance_to(instant("2025-12-20T08:00"))
    assert record(azure, file) > 0
    assert Path(file.name).read_bytes().startswith(before)


def test_a_ledger_remembers_what_azure_has_forgotten(file: LedgerFile) -> None:
    azure = patched("2025-10-20T08:00")
    record(azure, file)
    october = {row["activity_id"] for row in history(azure)}
    azure.simulator.clock.advance_to(instant("2025-12-20T08:00"))
    now = history(azure)
    assert october.isdisjoint(row["activity_id"] for row in now)
    rows = merged(now, ledger.remembered(file, tell=Heard()))
    assert october <= {row["activity_id"] for row in rows}
    assert {row["source"] for row in rows} == {"resource graph", "ledger"}
    assert any("KB5066835" in (row["kbs"] or ()) for row in rows)


def test_what_azure_has_too_is_as_azure_has_it(file: LedgerFile) -> None:
    azure = patched()
    record(azure, file)
    rows = merged(history(azure), ledger.remembered(file, tell=Heard()))
    assert [row["activity_id"] for row in rows] == [row["activity_id"] for row in history(azure)]
    assert {row["source"] for row in rows} == {"resource graph"}


def test_what_is_under_way_is_not_written_down(file: LedgerFile) -> None:
    rows = [installation("a-1", status="InProgress", ended=None), installation("a-2")]
    assert ledger.record(file, (), rows, NOW, tell=Heard()) == 1
    assert [line["activity_id"] for line in lines(file)] == ["a-2"]


def test_what_an_instance_view_told_is_recorded_again_once_with_its_kbs(file: LedgerFile) -> None:
    viewed = installation(kbs=None, os_type=None, reboot_status=None, source="instance view")
    assert ledger.record(file, (), [viewed], NOW, tell=Heard()) == 1
    assert ledger.record(file, (), [viewed], NOW, tell=Heard()) == 0
    assert ledger.record(file, (), [installation()], NOW, tell=Heard()) == 1
    assert [ledger.record(file, (), [one], NOW, tell=Heard()) for one in (viewed, installation())] == [0, 0]
    (row,) = ledger.remembered(file, tell=Heard())
    assert {**row, "source": "resource graph"} == installation()


def test_without_resource_graph_the_last_of_each_machine_is_recorded(file: LedgerFile) -> None:
    azure = patched()
    assert record(without_graph(azure), file) == 2
    assert {line["kind"] for line in lines(file)} == {"assessment", "installation"}


def test_one_activity_on_two_machines_is_two_entries(file: LedgerFile) -> None:
    rows = [installation(), installation(machine=vm("vm-2")), installation(machine=vm("VM-1"))]
    assert ledger.record(file, (), rows, NOW, tell=Heard()) == 2


def test_a_ledger_that_is_not_there_is_empty(file: LedgerFile) -> None:
    assert ledger.remembered(file, tell=Heard()) == []
    assert not Path(file.name).exists()


def test_nothing_to_record_makes_no_entry(file: LedgerFile) -> None:
    assert ledger.record(file, (), (), NOW, tell=Heard()) == 0
    assert file.read() == b""


def test_a_line_that_was_broken_off_is_left_out_and_harms_no_other(file: LedgerFile) -> None:
    ledger.record(file, (), [installation("a-1")], NOW, tell=Heard())
    whole = Path(file.name).read_bytes()
    Path(file.name).write_bytes(whole + whole[:40])
    heard = Heard()
    assert ledger.record(file, (), [installation("a-2")], NOW, tell=heard) == 1
    assert [row["activity_id"] for row in ledger.remembered(file, tell=heard)] == ["a-1", "a-2"]
    assert heard[0] == (f"{file.name}, line 2: it is not whole, as after a write that was broken off; it is left out")


def within_a_character(line: bytes, character: str = "ü") -> int:
    """How many bytes of a line are written when a write is broken off within a character."""
    return line.index(character.encode()) + 1


@pytest.mark.parametrize("before", [[], ["a-1"]])
def test_a_line_that_was_broken_off_within_a_character_is_like_any_other(file: LedgerFile, before: list[str]) -> None:
    ledger.record(file, (), [installation("a-2", error="Zugriff verweigert: Schlüssel")], NOW, tell=Heard())
    torn = Path(file.name).read_bytes()
    Path(file.name).unlink()
    ledger.record(file, (), map(installation, before), NOW, tell=Heard())
    with Path(file.name).open("ab") as content:
        content.write(torn[: within_a_character(torn)])
    left_out = f"{file.name}, line {len(before) + 1}: it is not whole, as after a write that was broken off"
    heard = Heard()
    assert [row["activity_id"] for row in ledger.remembered(file, tell=heard)] == before
    assert [remark.partition(";")[0] for remark in heard] == [left_out]
    assert ledger.record(file, (), [installation("a-3")], NOW, tell=Heard()) == 1
    assert [row["activity_id"] for row in ledger.remembered(file, tell=Heard())] == [*before, "a-3"]


def test_many_writers_write_each_activity_once(file: LedgerFile) -> None:
    rows = [installation(f"a-{number}") for number in range(20)]

    def write() -> None:
        for row in rows:
            ledger.record(LedgerFile(file.name), (), [row], NOW, tell=Heard())

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(line["activity_id"] for line in lines(file)) == sorted(row["activity_id"] for row in rows)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "it is not UTF-8 text, so it is no ledger"),
        ('{"version": 1}\n'.encode("utf-16") * 2, "it is not UTF-8 text, so it is no ledger"),
        (b"[]\n", "line 1: it is no entry of a ledger (it has no 'version')"),
        (b'{"version": 2}\n', "line 1: its version is 2, and this program reads version 1"),
        (
            b'{"version": 1, "recorded": "x"}\n',
            "line 1: it is no entry of a ledger (its 'kind' is missing or malformed)",
        ),
        (
            b'{"version":1,"recorded":"x","kind":"installation","machine":"m","activity_id":"a","summary":7}\n',
            "(its 'summary' is missing or malformed)",
        ),
    ],
)
def test_what_is_no_ledger_is_refused_and_left_as_it_is(file: LedgerFile, content: bytes, says: str) -> None:
    Path(file.name).write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        ledger.record(file, (), [installation()], NOW, tell=Heard())
    assert says in str(refused.value)
    assert Path(file.name).read_bytes() == content


def test_keys_of_a_later_writer_are_no_harm(file: LedgerFile) -> None:
    ledger.record(file, (), [installation()], NOW, tell=Heard())
    (line,) = lines(file)
    line["summary"]["colour"] = "blue"
    Path(file.name).write_text(json.dumps({**line, "added": True}) + "\n\n", encoding="utf-8")
    (row,) = ledger.remembered(file, tell=Heard())
    assert {**row, "source": "resource graph"} == installation()


def test_a_ledger_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    nowhere = LedgerFile(tmp_path / "none" / "patching.jsonl")
    with pytest.raises(InvalidInput, match=r"patching\.jsonl: it cannot be written \(No such file or directory\)"):
        ledger.record(nowhere, (), [installation()], NOW, tell=Heard())
    with pytest.raises(InvalidInput, match="it is no file, so it is no ledger"):
        LedgerFile(tmp_path).read()
    with pytest.raises(InvalidInput, match="it is no file, so it is no ledger"):
        LedgerFile(os.devnull).extend(lambda _: b"x")


def test_what_ends_a_line_within_a_text_ends_no_entry(file: LedgerFile) -> None:
    given = installation(error="The agent said:\u2028nothing\x85more")
    ledger.record(file, (), [given], NOW, tell=Heard())
    assert ledger.record(file, (), [given], NOW, tell=Heard()) == 0
    (row,) = ledger.remembered(file, tell=Heard())
    assert row["error"] == given["error"]
