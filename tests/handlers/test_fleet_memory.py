"""What a fleet costs in memory, with Azure in a process of its own: so much a machine, however many there are."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.launch import launched
from demo import Azure
from pulumi_azure_hotpatch.handlers import find
from pulumi_azure_hotpatch.handlers.fleets import run as fleet_run
from pulumi_azure_hotpatch.host import wire
from pulumi_azure_hotpatch.host.endpoint_clock import EndpointClock
from pulumi_azure_hotpatch.host.engine_log import EngineLog
from pulumi_azure_hotpatch.host.runtime import CallContext, Runtime
from tests.handlers.fleets import names
from tests.handlers.machines import HOTPATCH_SKU

FEW, MANY = 200, 2_000
SHARE = {"making": 12_000, "refreshing": 6_500}
"""Bytes that a machine more may cost at the most: its id and record, several times while they are stored, and its row
in one page of Resource Graph. The answer to one write has 30,000, a machine's facts 5,000: keeping them all would show.
"""


@contextmanager
def azure_of(count: int, folder: Path) -> Iterator[Azure]:
    """An Azure of so many machines in another process."""
    bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", name, HOTPATCH_SKU) for name in names(count)]
    inventory = folder / f"{count}.json"
    inventory.write_text(json.dumps(bodies), encoding="utf-8")
    arguments = ("--time", "manual", "--inventory", str(inventory), "--ca-file", str(folder / f"{count}.pem"))
    with launched(*arguments) as server:
        yield Azure(server.info)


def peak_of(do: Callable[[], Any]) -> tuple[Any, int]:
    """What it gives, and how many bytes it had at most beyond what was there before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        given = do()
        return given, tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@contextmanager
def new_run() -> Iterator[CallContext]:
    """A context as a plugin process makes it from the environment."""
    runtime = Runtime.configured(lambda _: None, EngineLog(None))
    with closing(runtime.azure):
        yield runtime.call(None, "the fleet")
    assert isinstance(runtime.clock, EndpointClock)
    runtime.clock.close()


def peaks(count: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The most bytes at any time of making and of refreshing a fleet of so many machines."""
    handler = find("fleet_patch_settings")
    declared = {"fleetName": "web", "osTypes": ["Windows"], "patchMode": "AutomaticByPlatform"}
    with azure_of(count, folder) as azure:
        for name, value in azure.environment().items():
            monkeypatch.setenv(name, value)
        # In one thread, whose connections are closed.
        monkeypatch.setenv("AZURE_HOTPATCH_REQUESTS_AT_ONCE", "1")
        inputs = wire.load_inputs(handler.inputs, declared)
        with new_run() as ctx:
            created, making = peak_of(lambda: handler.create(ctx, inputs))
        stored = wire.dump(created.state)
        assert len(stored["matched"]) == count
        with new_run() as ctx:
            seen, refreshing = peak_of(lambda: handler.read(ctx, created.id, wire.load_state(handler.state, stored)))
        assert seen is not None
        assert wire.dump(seen) == stored
    return {"making": making, "refreshing": refreshing}


@pytest.mark.slow
def test_beyond_one_wave_memory_grows_by_no_more_than_what_is_stored_of_a_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is under way at a time is a wave; here the smaller fleet is one.
    monkeypatch.setattr(fleet_run, "_WAVE", FEW)
    # What is loaded once is not counted.
    peaks(1, tmp_path, monkeypatch)
    few, many = (peaks(count, tmp_path, monkeypatch) for count in (FEW, MANY))
    growth = {verb: (many[verb] - few[verb]) / (MANY - FEW) for verb in few}
    assert all(growth[verb] < SHARE[verb] for verb in SHARE), growth
