"""How long waits took is remembered from run to run, and never in the way."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from pulumi_azure_hotpatch.host.durations import Durations
from tests.handlers.features import AUTOPATCH, HOTPATCH, enrolment
from tests.support.simulated import Azure

WAIT = "the installation to end"


def test_what_is_noted_is_known_to_the_next_run(tmp_path: Path) -> None:
    file = tmp_path / "home" / "waits.json"
    assert Durations(file).recall(WAIT) is None
    Durations(file).remember(WAIT, timedelta(minutes=12))
    assert Durations(file).recall(WAIT) == timedelta(minutes=12)


def test_the_last_time_counts(tmp_path: Path) -> None:
    durations = Durations(tmp_path / "waits.json")
    durations.remember(WAIT, timedelta(minutes=12))
    durations.remember(WAIT, timedelta(minutes=3))
    assert durations.recall(WAIT) == timedelta(minutes=3)


def test_two_processes_keep_what_the_other_noted(tmp_path: Path) -> None:
    one, other = Durations(tmp_path / "waits.json"), Durations(tmp_path / "waits.json")
    assert one.recall("a") is other.recall("b") is None
    one.remember("a", timedelta(seconds=1))
    other.remember("b", timedelta(seconds=2))
    fresh = Durations(tmp_path / "waits.json")
    assert (fresh.recall("a"), fresh.recall("b")) == (timedelta(seconds=1), timedelta(seconds=2))


def test_ids_are_not_written_down(tmp_path: Path) -> None:
    durations = Durations(tmp_path / "waits.json")
    durations.remember("installation 00000000-0000-0000-0000-00000000000a of somebody else", timedelta(seconds=5))
    assert "0000-0000" not in (tmp_path / "waits.json").read_text()
    found = durations.recall("installation 00000000-0000-0000-0000-00000000000b of somebody else")
    assert found == timedelta(seconds=5)


def test_simulated_waits_say_nothing_of_real_ones(tmp_path: Path) -> None:
    Durations(tmp_path / "waits.json", "simulated").remember(WAIT, timedelta(hours=1))
    assert Durations(tmp_path / "waits.json").recall(WAIT) is None


@pytest.mark.parametrize("content", ["", "[]", "{oops", '{"the installation to end": "soon"}'])
def test_a_file_that_makes_no_sense_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "waits.json"
    file.write_text(content)
    durations = Durations(file)
    assert durations.recall(WAIT) is None
    durations.remember(WAIT, timedelta(seconds=1))
    assert json.loads(file.read_text()) == {WAIT: 1.0}


def test_a_place_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    durations = Durations(tmp_path / "file" / "waits.json")
    durations.remember(WAIT, timedelta(seconds=1))
    assert durations.recall(WAIT) == timedelta(seconds=1)


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    durations = Durations(tmp_path / "waits.json")
    for number in range(510):
        durations.remember(f"wait {number}", timedelta(seconds=number))
    assert durations.recall("wait 0") is None
    assert durations.recall("wait 509") == timedelta(seconds=509)


def test_they_lie_beside_pulumis_own_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    Durations.of_user().remember(WAIT, timedelta(seconds=1))
    assert [path.name for path in (tmp_path / "pulumi-home").iterdir()] == ["azure-hotpatch-waits.json"]


def test_a_wait_says_what_comes_next_and_how_long_it_took_the_last_time() -> None:
    azure = Azure()
    first, second = enrolment(azure), enrolment(azure, AUTOPATCH)
    first.create()
    assert azure.said.progress[0].endswith(
        f"waiting for {HOTPATCH} to register (0s), then Microsoft.Compute is told of it"
    )
    told = f"waiting for {AUTOPATCH} to register (0s, 15m last time), then Microsoft.Compute is told of it"
    azure.runtime.durations.remember(f"{AUTOPATCH} to register", timedelta(minutes=15))
    second.create()
    assert any(said.endswith(told) for said in azure.said.progress)
    assert azure.runtime.durations.recall(f"{HOTPATCH} to register") == timedelta(minutes=25)
