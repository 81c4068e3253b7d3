"""The same seed and the same requests give the same bytes; importing costs nothing."""

import subprocess
import sys
from datetime import timedelta

from azure.mgmt.compute import ComputeManagementClient

from azure_patch_simulator import SUBSCRIPTION_ID, Settings
from tests.simulator.asking import HOTPATCH_FLAG, MACHINE, Client, client, update


def played(seed: int) -> tuple[bytes, list[bytes]]:
    azure = client(Settings(replicas=3, replica_lag=timedelta(minutes=3)), seed=seed)
    sdk = ComputeManagementClient(azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport())
    sdk.virtual_machines.begin_update("rg-contoso", "vm-web-1", update({"tags": {"a": "b"}})).result()
    answers = [azure.ask("POST", f"{HOTPATCH_FLAG}/register").body]
    for _ in range(6):
        azure.simulator.clock.advance(timedelta(minutes=4))
        answers.append(azure.ask("GET", HOTPATCH_FLAG).body)
    answers.append(azure.ask("GET", MACHINE).body)
    return azure.simulator.journal.to_bytes(), answers


def test_the_same_seed_gives_the_same_journal_and_answers_byte_for_byte() -> None:
    assert played(7) == played(7)


def test_another_seed_gives_other_ids() -> None:
    assert played(7)[0] != played(8)[0]


def test_the_journal_tells_what_was_asked_when_and_how_it_was_answered(azure: Client) -> None:
    azure.ask("GET", MACHINE)
    azure.simulator.clock.advance(timedelta(hours=1))
    azure.ask("GET", MACHINE.replace("vm-web-1", "VM-None"), version="2024-11-01")
    azure.ask("GET", "/simulator/journal")
    journal = azure.simulator.journal
    assert journal.counts() == {"VirtualMachines_Get": 2}
    [missing] = journal.select(status=404)
    assert missing.path.endswith("/VM-None")
    assert missing.api_version == "2024-11-01"
    assert journal.select(method="get", path="vm-none", operation="VirtualMachines_Get") == [missing]
    answer = azure.ask("GET", "/simulator/journal?since=1").json()
    assert [entry["path"] for entry in answer["entries"]] == [missing.path]
    assert answer["next"] == 2


def test_importing_the_package_brings_in_no_server_and_no_sdk() -> None:
    probe = (
        "import sys, azure_patch_simulator as s\n"
        "s.Simulator(s.World.default(), start=s.world.LONG_AGO)\n"
        "heavy = {'uvicorn', 'starlette', 'trustme', 'azure', 'requests', 'pulumi', 'pulumi_azure_hotpatch'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
