"""A simulator in a file."""

from datetime import timedelta
from pathlib import Path

import pytest

from azure_patch_simulator import Policy, Settings, Simulator, StateError, World
from tests.simulator.asking import (
    CONFIGURATIONS,
    HOTPATCH_FLAG,
    MACHINE,
    START,
    Client,
    in_guest_configuration,
    patch_settings,
)


def kept(path: Path, settings: Settings | None = None) -> Client:
    return Client(Simulator(World.default(settings), start=START, seed=3, state_file=path))


def test_registrations_operations_and_policies_go_on_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    policy = Policy("assess", {}, patch_settings(assessmentMode="AutomaticByPlatform"), timedelta(minutes=10))
    before = kept(file, Settings(policies=[policy]))
    before.ask("POST", f"{HOTPATCH_FLAG}/register")
    before.ask("PUT", f"{CONFIGURATIONS}/monthly", in_guest_configuration())
    poll = before.ask("PATCH", MACHINE, {"tags": {"a": "b"}}).headers["azure-asyncoperation"]

    after = Client(Simulator.load(file))
    assert after.simulator.clock.now() == START
    assert after.simulator.clock.pending() == before.simulator.clock.pending()
    assert after.get(poll)["status"] == "InProgress"
    after.simulator.clock.advance(timedelta(minutes=15))
    assert after.get(poll)["status"] == "Succeeded"
    assert after.state() == "Registered"
    machine = after.get(MACHINE)
    assert machine["tags"] == {"a": "b"}
    assert machine["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]["assessmentMode"] == (
        "AutomaticByPlatform"
    )
    assert after.get(f"{CONFIGURATIONS}/monthly") == before.get(f"{CONFIGURATIONS}/monthly")


def test_tokens_outlive_a_restart_and_ids_do_not_come_twice(tmp_path: Path) -> None:
    before = kept(tmp_path / "state.json")
    token = before.token()
    first = before.ask("PATCH", MACHINE, {"tags": {}}).headers["x-ms-request-id"]
    after = Client(Simulator.load(tmp_path / "state.json"))
    answer = after.ask("GET", MACHINE, headers={"authorization": f"Bearer {token}"})
    assert answer.status == 200
    assert answer.headers["x-ms-request-id"] != first


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    file, copy = tmp_path / "state.json", tmp_path / "copy.json"
    azure = kept(file)
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    azure.ask("DELETE", MACHINE)
    again = Simulator.load(file, save=False)
    again.identifiers.run -= 1
    again.save(copy)
    assert copy.read_bytes() == file.read_bytes()


def test_nothing_but_the_state_is_left_in_the_folder(tmp_path: Path) -> None:
    azure = kept(tmp_path / "state.json")
    for number in range(5):
        azure.ask("PUT", f"{CONFIGURATIONS}/c{number}", {"location": "eastus"})
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"version": 2}', '{"version": 1}', '{"version": 1, "now": "x", "world": []}']
)
def test_a_file_that_is_no_state_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(StateError) as raised:
        Simulator.load(file)
    assert "\n" not in str(raised.value)
    with pytest.raises(StateError, match="cannot read"):
        Simulator.load(tmp_path / "none.json")
