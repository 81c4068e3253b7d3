"""Start, deallocate, power off and restart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from azure_patch_simulator import Settings
from tests.simulator.asking import MACHINE, Client, client, code_of
from tests.simulator.guests import GROUP_NAME, compute, machine_id

NAME = "vm-web-1"


def power(azure: Client) -> str:
    statuses = compute(azure).virtual_machines.instance_view(GROUP_NAME, NAME).statuses
    assert statuses is not None
    return str(statuses[1].code)


def test_a_machine_goes_down_and_comes_back_through_the_sdk(azure: Client) -> None:
    machines = compute(azure).virtual_machines
    machines.begin_deallocate(GROUP_NAME, NAME).result()
    assert power(azure) == "PowerState/deallocated"
    machines.begin_start(GROUP_NAME, NAME).result()
    assert power(azure) == "PowerState/running"
    machines.begin_power_off(GROUP_NAME, NAME).result()
    assert power(azure) == "PowerState/stopped"
    machines.begin_start(GROUP_NAME, NAME).result()
    machines.begin_restart(GROUP_NAME, NAME).result()
    assert power(azure) == "PowerState/running"
    operations = [entry.operation for entry in azure.simulator.journal if entry.method == "POST"]
    assert operations == [f"VirtualMachines_{verb}" for verb in ("Deallocate", "Start", "PowerOff", "Start", "Restart")]


def test_starts_and_restarts_boot_the_guest_and_a_stop_does_not(azure: Client) -> None:
    machines = compute(azure).virtual_machines
    guest = azure.simulator.patching.guest(machine_id(NAME))
    machines.begin_deallocate(GROUP_NAME, NAME).result()
    assert guest.reboots == []
    machines.begin_restart(GROUP_NAME, NAME).result()
    assert guest.reboots == []
    machines.begin_start(GROUP_NAME, NAME).result()
    machines.begin_restart(GROUP_NAME, NAME).result()
    assert len(guest.reboots) == 2


def test_power_operations_take_time_and_one_at_a_time(azure: Client) -> None:
    accepted = azure.ask("POST", f"{MACHINE}/deallocate")
    assert accepted.status == 202
    assert {"azure-asyncoperation", "location"} <= set(accepted.headers)
    assert power(azure) == "PowerState/running"
    refused = azure.ask("POST", f"{MACHINE}/start")
    assert (refused.status, code_of(refused)) == (409, "SimulatorRuleWriteInProgress")
    assert azure.ask("POST", f"{MACHINE}/assessPatches").status == 409
    azure.simulator.clock.advance(timedelta(seconds=30))
    assert azure.ask("GET", accepted.headers["location"]).status == 204
    assert power(azure) == "PowerState/deallocated"


@pytest.mark.parametrize("verb", ["start", "deallocate", "powerOff", "restart"])
def test_without_an_operation_time_it_is_done_with_its_answer(verb: str) -> None:
    azure = client(Settings(operation_time=timedelta(0)))
    assert azure.ask("POST", f"{MACHINE}/{verb}").status == 200
    assert azure.ask("POST", f"{MACHINE}-not/{verb}").status == 404


def test_a_restart_ends_an_assessment_that_runs(azure: Client) -> None:
    accepted = azure.ask("POST", f"{MACHINE}/assessPatches")
    compute(azure).virtual_machines.begin_restart(GROUP_NAME, NAME).result()
    envelope = azure.get(accepted.headers["azure-asyncoperation"])
    assert envelope["properties"]["output"]["status"] == "Failed"
    assert azure.ask("POST", f"{MACHINE}/assessPatches").status == 202
