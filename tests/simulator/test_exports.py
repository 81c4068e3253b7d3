"""The command line beside `serve`: environments for clients, differences of two states, a journal in a file."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from azure_patch_simulator import Simulator, World, state
from azure_patch_simulator.__main__ import main
from azure_patch_simulator.differences import Difference, differences
from azure_patch_simulator.exports import CLIENTS, commands, environment, read_info, script
from azure_patch_simulator.journal import Journal
from azure_patch_simulator.launch import launched
from tests.simulator.asking import CONFIGURATIONS, HOTPATCH_FLAG, MACHINE, START, Client, in_guest_configuration

INFO = {
    "url": "https://127.0.0.1:8443",
    "ca_file": "/tmp/folder with space/ca.pem",
    "tenant_id": "00000000-0000-0000-0000-00000000000a",
    "subscription_id": "00000000-0000-0000-0000-000000000001",
    "client_id": "00000000-0000-0000-0000-00000000000c",
    "client_secret": "it's secret",
}


@pytest.mark.parametrize("client", list(CLIENTS))
def test_what_a_shell_reads_is_what_the_environment_is(client: str, tmp_path: Path) -> None:
    for name in ("az",):
        (tmp_path / name).write_text("#!/bin/sh\nprintf '%s\\n' \"$*\" >&2\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    shell = f'set -eu\neval "$SCRIPT"\nexec {sys.executable} -c "import json, os; print(json.dumps(dict(os.environ)))"'
    given = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "SCRIPT": script(client, INFO)}
    done = subprocess.run(["bash", "-c", shell], env=given, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout.splitlines()[-1])
    wanted = environment(client, INFO)
    assert {name: seen.get(name) for name in wanted} == wanted
    asked = [" ".join(command[1:]) for command in commands(client, INFO)]
    # The cloud is known to this `az`, so that it is not registered again.
    assert [line for line in done.stderr.splitlines() if line] == asked[1:]


def test_every_member_of_the_ready_line_reaches_each_client() -> None:
    for client in CLIENTS:
        text = script(client, {name: f"<{name}>" for name in INFO} | {"url": INFO["url"]})
        # The Azure CLI asks for the subscriptions by itself.
        needed = set(INFO) - {"url"} - ({"subscription_id", "ca_file"} if client == "az" else set())
        assert {name for name in needed if f"<{name}>" not in text} == set(), client


def test_env_reads_the_line_from_a_file_or_from_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ready.json"
    file.write_text(json.dumps({**INFO, "more": 1}), encoding="utf-8")
    assert main(["env", "python", "--of", str(file)]) == 0
    assert capsys.readouterr().out == script("python", INFO)
    with file.open(encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert main(["env", "pulumi"]) == 0
    assert "export AZURE_HOTPATCH_ENDPOINT=https://127.0.0.1:8443\n" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({**INFO, "url": None}), "\x00"])
def test_what_is_no_ready_line_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(ValueError, match="is not the line"):
        read_info(text)
    file = tmp_path / "ready.json"
    file.write_text(text, encoding="utf-8")
    for path in (file, tmp_path / "none.json"):
        assert main(["env", "az", "--of", str(path)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.splitlines()) == 1


def saved(path: Path) -> Client:
    return Client(Simulator(World.default(), start=START, state_file=path))


def test_two_states_differ_in_what_was_done_between_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    azure = saved(after)
    azure.simulator.save()
    shutil.copy(after, before)
    assert main(["diff", str(before), str(after)]) == 0
    assert capsys.readouterr().out == ""
    azure.ask("PUT", f"{CONFIGURATIONS}/monthly", in_guest_configuration())
    azure.ask("PATCH", MACHINE, {"tags": {"ring": "0"}})
    azure.simulator.clock.advance(timedelta(minutes=1))
    azure.simulator.save()
    assert main(["diff", str(before), str(after)]) == 1
    lines = capsys.readouterr().out.splitlines()
    machine = f"world/resources{MACHINE.lower()}"
    assert f'+ {machine}/body/tags/ring: "0"' in lines
    assert any(line.startswith(f"+ world/resources{CONFIGURATIONS.lower()}/monthly: ") for line in lines)
    assert '~ now: "2026-11-02T08:00:00+00:00" -> "2026-11-02T08:01:00+00:00"' in lines
    assert main(["diff", "--json", str(after), str(before)]) == 1
    back = json.loads(capsys.readouterr().out)
    assert {"path": f"{machine}/body/tags/ring", "kind": "removed", "before": "0"} in back


def test_a_state_does_not_differ_from_itself_read_back(tmp_path: Path) -> None:
    azure = saved(tmp_path / "state.json")
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    azure.simulator.clock.advance(timedelta(days=3))
    azure.simulator.save()
    again = Simulator.load(tmp_path / "state.json", save=False)
    assert differences(state.snapshot(azure.simulator), state.snapshot(again)) == []


def test_lists_of_things_with_an_id_are_compared_by_it() -> None:
    old = {"a": [{"id": "X", "v": 1}, {"id": "Y", "v": None}], "b": [1, 2]}
    new = {"a": [{"id": "y", "v": None}, {"id": "x", "v": 2}], "b": [2, 1]}
    found = {each.path: (each.kind, each.before, each.after) for each in differences(old, new)}
    assert found == {
        "a/x/id": ("changed", "X", "x"),
        "a/y/id": ("changed", "Y", "y"),
        "a/x/v": ("changed", 1, 2),
        "b": ("changed", [1, 2], [2, 1]),
    }
    assert Difference("p", 1, None).to_text() == "~ p: 1 -> null"


def test_a_file_that_is_no_state_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "state.json"
    file.write_text("{}", encoding="utf-8")
    assert main(["diff", str(file), str(file)]) == 2
    assert "is not a state file" in capsys.readouterr().err


def test_a_journal_in_a_file_goes_on_after_a_restart_and_a_cut(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    arguments = ("--time", "manual", "--start", START.isoformat(), "--journal", str(file))
    for wanted in (1, 2):
        with launched(*arguments) as running, requests.Session() as session:
            session.trust_env = False
            session.verify = running.info["ca_file"]
            session.get(f"{running.info['url']}/metadata/endpoints")
            entries = session.get(f"{running.info['url']}/simulator/journal").json()["entries"]
        assert [entry["sequence"] for entry in entries] == list(range(wanted))
        file.write_bytes(file.read_bytes() + b'{"sequence": 9, "inst')
    kept = Journal.kept_in(file)
    kept.close()
    assert [entry.operation for entry in kept] == ["Metadata_Endpoints"] * 2
    assert kept.to_bytes() == file.read_bytes()
    file.write_bytes(b"not a journal\n" * 2)
    with pytest.raises(ValueError, match="is not a journal: line 1"):
        Journal.kept_in(file)
