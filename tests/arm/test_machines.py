"""Reads of machines are shared by a run, and never tell what our own writes have made untrue."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator import Simulator, World
from azure_patch_simulator.transport import SimulatedTransport
from pulumi_azure_hotpatch.arm.azure import over
from pulumi_azure_hotpatch.arm.clouds import PUBLIC
from pulumi_azure_hotpatch.arm.machines import ArmMachines
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.ports import Body
from tests.arm.answers import MACHINE
from tests.support.simulated import START, Azure, Clock

WANTED = {"patchMode": "AutomaticByPlatform"}


def patch_mode(body: Body | None) -> str:
    assert body is not None
    mode: str = body["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]["patchMode"]
    return mode


def reads(azure: Azure) -> int:
    return azure.calls().count("VirtualMachines_Get")


def test_two_resources_that_want_the_same_read_at_once_share_it() -> None:
    azure = Azure()
    with azure.simulator.clock.lock:
        # Nobody is answered before everybody has asked.
        threads = [
            threading.Thread(target=azure.runtime.azure.machines.get, args=(MACHINE,), kwargs={"fresh": False})
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        threads[0].join(0.05)
    for thread in threads:
        thread.join()
    assert reads(azure) == 1


def test_a_read_in_another_letter_case_is_the_same_read() -> None:
    azure = Azure()
    machines = azure.runtime.azure.machines
    assert machines.get(MACHINE, fresh=False) is machines.get(ResourceId.parse(str(MACHINE).upper()), fresh=False)
    assert reads(azure) == 1


def test_a_fresh_read_always_asks() -> None:
    azure = Azure()
    machines = azure.runtime.azure.machines
    for _ in range(2):
        machines.get(MACHINE)
    machines.get(MACHINE, fresh=False)
    assert reads(azure) == 2


def test_a_machine_that_is_missing_is_remembered_as_missing() -> None:
    azure = Azure()
    gone = ResourceId.parse(f"{MACHINE}-gone")
    assert azure.runtime.azure.machines.get(gone, fresh=False) is None
    assert azure.runtime.azure.machines.get(gone, fresh=False) is None
    assert reads(azure) == 1


@pytest.mark.parametrize(("age", "expected"), [(timedelta(seconds=119), 1), (timedelta(minutes=2), 2)])
def test_what_was_read_two_minutes_ago_is_read_anew(age: timedelta, expected: int) -> None:
    azure = Azure()
    azure.runtime.azure.machines.get(MACHINE, fresh=False)
    azure.clock.sleep_until(START + age)
    azure.runtime.azure.machines.get(MACHINE, fresh=False)
    assert reads(azure) == expected


def test_what_azure_answers_to_our_own_write_is_a_read() -> None:
    azure = Azure()
    machines = azure.runtime.azure.machines
    assert patch_mode(machines.get(MACHINE, fresh=False)) == "AutomaticByOS"
    machines.patch_settings(MACHINE, "windows", WANTED)
    assert patch_mode(machines.get(MACHINE, fresh=False)) == "AutomaticByPlatform"
    assert reads(azure) == 1


def test_a_refused_write_makes_the_next_read_ask() -> None:
    azure = Azure()
    machines = azure.runtime.azure.machines
    machines.get(MACHINE, fresh=False)
    with pytest.raises(ArmError):
        machines.patch_settings(MACHINE, "windows", {"patchMode": "Nonsense"})
    machines.get(MACHINE, fresh=False)
    assert reads(azure) == 2


class Meddling(SimulatedTransport):
    """Lets something else happen in the middle of the first request of a kind."""

    def __init__(self, simulator: Simulator, method: str, *, after: bool) -> None:
        super().__init__(simulator)
        self._method = method
        self._after = after
        self.meddle: Callable[[], Any] = lambda: None
        self.overtook = False

    def send(self, request: Any, **options: Any) -> Any:
        strikes = request.method == self._method
        if strikes and not self._after:
            self._strike()
        answer = super().send(request, **options)
        if strikes and self._after:
            self._strike()
        return answer

    def _strike(self) -> None:
        meddle, self.meddle = self.meddle, lambda: None
        thread = threading.Thread(target=meddle, daemon=True)
        thread.start()
        # It may have to wait for us: then it goes on when we are done.
        thread.join(0.2)
        self.overtook = self.overtook or not thread.is_alive()


def meddled(method: str, *, after: bool) -> tuple[ArmMachines, Meddling]:
    simulator = Simulator(World.default(), start=START)
    transport = Meddling(simulator, method, after=after)
    clock = Clock(simulator)
    return over(PUBLIC, simulator.credential(), transport, clock).machines, transport


@pytest.mark.parametrize("after", [False, True])
def test_a_read_in_the_middle_of_our_write_is_not_remembered_from_before_it(after: bool) -> None:
    machines, transport = meddled("PATCH", after=after)
    transport.meddle = lambda: machines.get(MACHINE, fresh=False)
    machines.patch_settings(MACHINE, "windows", WANTED)
    assert patch_mode(machines.get(MACHINE, fresh=False)) == "AutomaticByPlatform"


@pytest.mark.parametrize("after", [False, True])
def test_a_read_that_our_write_overtakes_is_not_remembered_from_before_it(after: bool) -> None:
    machines, transport = meddled("GET", after=after)
    done = threading.Event()

    def write() -> None:
        machines.patch_settings(MACHINE, "windows", WANTED)
        done.set()

    transport.meddle = write
    machines.get(MACHINE, fresh=False)
    assert done.wait(5)
    assert patch_mode(machines.get(MACHINE, fresh=False)) == "AutomaticByPlatform"


def test_reads_of_different_machines_do_not_wait_for_each_other() -> None:
    machines, transport = meddled("GET", after=False)
    other = ResourceId.parse(str(MACHINE).replace("vm-web-1", "vm-web-2"))
    transport.meddle = lambda: machines.get(other, fresh=False)
    machines.get(MACHINE, fresh=False)
    assert transport.overtook


def test_only_the_given_patch_settings_are_sent() -> None:
    azure = Azure()
    bodies: list[bytes] = []
    handle = azure.simulator.handle

    def listen(request: Any) -> Any:
        bodies.append(request.body)
        return handle(request)

    azure.answer_with(listen)
    azure.runtime.azure.machines.patch_settings(MACHINE, "windows", {"enableHotpatching": False})
    assert bodies == [
        b'{"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": {"enableHotpatching": false}}}}}'
    ]
