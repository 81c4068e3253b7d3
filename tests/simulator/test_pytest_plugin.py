"""The fixture that gives any project a simulated subscription, used in projects that know nothing of this checkout."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient

from azure_patch_simulator.pytest_plugin import START, AzureSubscription

FOREIGN = """
from datetime import UTC, datetime, timedelta

import pytest
from azure.mgmt.compute import ComputeManagementClient


def test_one_line_is_enough(azure_subscription):
    azure = azure_subscription
    machines = ComputeManagementClient(azure.credential(), azure.id, transport=azure.transport()).virtual_machines
    assert len(list(machines.list_all())) == 5
    azure.advance(hours=3)
    assert azure.now() == datetime(2026, 1, 1, 3, tzinfo=UTC)
    assert [entry.operation for entry in azure.journal] == ["VirtualMachines_ListAll"]


MACHINE = {
    "id": "/subscriptions/00000000-0000-0000-0000-000000000007/resourceGroups/rg/providers/Microsoft.Compute"
    "/virtualMachines/vm",
    "location": "northeurope",
}


@pytest.mark.azure_simulator(inventory=[MACHINE], start=datetime(2030, 5, 6, tzinfo=UTC), seed=4)
def test_a_mark_says_what_to_begin_with(azure_subscription):
    assert azure_subscription.id.endswith("7")
    assert azure_subscription.now() == datetime(2030, 5, 6, tzinfo=UTC)
    assert azure_subscription.advance(timedelta(days=1)).day == 7


@pytest.mark.azure_simulator(size=3)
def test_a_mark_with_an_unknown_word_is_an_error(azure_subscription):
    raise AssertionError("not reached")
"""

LEAN = """
import sys


def test_nothing_was_imported():
    heavy = {"azure_patch_simulator.simulator", "azure", "requests", "uvicorn", "trustme", "duckdb", "dateutil"}
    assert heavy & set(sys.modules) == set()
"""


def foreign_pytest(folder: Path, text: str) -> str:
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-p", "no:randomly", "-p", "no:cacheprovider"]
    # Nothing but the installed package: not this checkout's configuration, nor its other plugins' weight.
    command += ["-p", "no:hypothesispytest", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def test_another_project_gets_a_subscription_without_any_configuration(tmp_path: Path) -> None:
    said = foreign_pytest(tmp_path, FOREIGN)
    assert "2 passed" in said, said
    assert "1 error" in said
    assert "takes inventory, start, seed, pace and settings, by name" in said


def test_a_run_that_does_not_use_it_does_not_pay_for_it(tmp_path: Path) -> None:
    assert "1 passed" in foreign_pytest(tmp_path, LEAN)


def test_each_test_has_its_own_subscription_and_its_own_time(azure_subscription: AzureSubscription) -> None:
    assert azure_subscription.now() == START
    assert len(azure_subscription.journal) == 0


def test_it_serves_real_clients_over_https_from_the_moment_it_is_asked_for_its_url(
    azure_subscription: AzureSubscription,
) -> None:
    azure = azure_subscription
    credential = ClientSecretCredential(
        **azure.credentials, authority=azure.url, disable_instance_discovery=True, connection_verify=azure.ca_file
    )
    sdk = ComputeManagementClient(
        credential,
        azure.id,
        base_url=azure.url,
        credential_scopes=[f"{azure.url}/.default"],
        connection_verify=azure.ca_file,
    )
    with sdk:
        assert sdk.virtual_machines.get("rg-contoso", "vm-web-1").name == "vm-web-1"
    assert [entry.operation for entry in azure.journal][-1] == "VirtualMachines_Get"
    assert azure.environment("python")["AZURE_AUTHORITY_HOST"] == azure.url
    url = azure.url
    azure.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5, verify=False)


def test_the_public_names_of_the_package_are_where_it_says() -> None:
    import azure_patch_simulator as package

    assert {name: getattr(package, name).__class__ for name in package.__all__}
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        package.__getattr__("Nothing")
