"""The query that finds what a fleet's filter may take."""

import pytest

from pulumi_azure_hotpatch.engine.fleet import body_of, filter_query
from pulumi_azure_hotpatch.engine.scope import Candidate, ScopeFilter

ROW = {
    "id": "/subscriptions/s/resourceGroups/RG-One/providers/Microsoft.Compute/virtualMachines/vm-1",
    "name": "vm-1",
    "type": "microsoft.compute/virtualmachines",
    "location": "eastus",
    "tags": {"Ring": "web"},
    "osType": "Linux",
}


def test_no_filter_asks_for_every_machine() -> None:
    query = filter_query(ScopeFilter())
    assert query.count("| where") == 1
    assert query.startswith("resources\n| where type =~ 'microsoft.compute/virtualmachines'\n| project id,")
    assert query.endswith("| order by id asc")


def test_groups_regions_and_systems_narrow_the_query_and_quotes_are_harmless() -> None:
    query = filter_query(
        ScopeFilter(resource_groups=("it's", "rg\\2"), locations=("West Europe",), os_types=("Windows", "Linux"))
    )
    assert "| where resourceGroup in~ ('it\\'s', 'rg\\\\2')\n" in query
    assert "| where location in~ ('WestEurope')\n" in query
    assert "| where tostring(properties.storageProfile.osDisk.osType) in~ ('Windows', 'Linux')\n" in query


@pytest.mark.parametrize(
    ("chosen", "taken"),
    [
        (ScopeFilter(os_types=("linux",)), True),
        (ScopeFilter(os_types=("Windows",)), False),
        (ScopeFilter(resource_groups=("rg-one",), locations=("East US",), tags={"ring": ("web",)}), True),
        (ScopeFilter(tags={"ring": ("WEB",)}), False),
    ],
)
def test_a_row_is_taken_as_the_machine_would_be(chosen: ScopeFilter, taken: bool) -> None:
    candidate = Candidate.of(body_of(ROW))
    assert candidate is not None
    assert chosen.takes(candidate) is taken
