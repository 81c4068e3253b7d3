"""Where machines stand on the hotpatch track."""

from datetime import date
from typing import Any

import pytest

from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.observing.hotpatching import hotpatch_states
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.observing.status import MOST_VIEWS
from tests.handlers.machines import edit
from tests.handlers.outside import put_profile
from tests.status.observed import (
    ALL,
    HOTPATCHED,
    SERVER,
    Heard,
    fleet,
    linux,
    of,
    server,
    unregister,
    vm,
    windows,
    without_graph,
    without_lists,
)
from tests.support.simulated import Azure


def states(azure: Azure, scope: Scope = ALL, *, heard: Heard | None = None, **options: Any) -> dict[str, Any]:
    rows = hotpatch_states(
        azure.runtime.azure, scope, azure.clock.now(), tell=heard if heard is not None else Heard(), **options
    )
    return {row["name"]: row for row in rows}


def test_a_machine_on_its_baseline_is_enrolled() -> None:
    azure = fleet(windows("vm-1", HOTPATCHED), start="2025-09-20T08:00", until="2025-10-30T08:00")
    row = states(azure)["vm-1"]
    assert row == {
        "machine": vm("vm-1"),
        "name": "vm-1",
        "type": "vm",
        "product": "ws2025",
        "enabled": True,
        "state": "enrolled",
        "why": "it stands on the baseline KB5066835 of 2025-10",
        "baseline": {
            "month": "2025-10",
            "kind": "baseline",
            "date": "2025-10-14",
            "kb": "KB5066835",
            "status": "released",
        },
        "waits_for": None,
        "next_baseline": {
            "month": "2026-01",
            "kind": "baseline",
            "date": "2026-01-13",
            "kb": "KB5073379",
            "status": "released",
        },
        "license": None,
        "service_status": None,
    }


def test_a_fleet_is_one_query() -> None:
    azure = fleet(*(windows(f"vm-{number}", HOTPATCHED) for number in range(20)), until="2025-11-14T08:00")
    assert len(states(azure)) == 20
    assert azure.calls() == ["ResourceGraph_Resources"]


def test_a_machine_without_hotpatching_is_unenrolled_and_waits_for_a_baseline() -> None:
    row = states(fleet(windows("vm-1")))["vm-1"]
    assert (row["enabled"], row["state"], row["why"]) == (None, "unenrolled", "hotpatching is off")
    assert row["waits_for"]["month"] == "2026-01"


def test_a_machine_that_hotpatch_is_not_offered_on_says_why() -> None:
    rows = states(fleet(windows("vm-1", sku="2022-datacenter-g2"), linux("vm-2")))
    assert {row["product"] for row in rows.values()} == {None}
    assert rows["vm-1"]["why"].endswith("2022-datacenter-g2 is not on the published hotpatch list")


def test_a_machine_that_was_turned_off_and_on_is_pending_baseline_where_somebody_knows() -> None:
    azure = fleet(windows("vm-1", HOTPATCHED), start="2025-09-20T08:00", until="2025-11-17T08:00")
    edit(azure, {"enable_hotpatching": False}, vm("vm-1"))
    edit(azure, {"enable_hotpatching": True}, vm("vm-1"))
    assert states(azure)["vm-1"]["state"] == "enrolled", "Azure does not tell when it was turned on"
    row = states(azure, enabled_again_on={vm("vm-1").casefold(): date(2025, 11, 17)})["vm-1"]
    assert (row["state"], row["waits_for"]["date"]) == ("pending baseline", "2026-01-13")


def test_kbs_that_azure_has_forgotten_may_be_known_otherwise() -> None:
    azure = fleet(windows("vm-1", HOTPATCHED), start="2025-10-20T08:00")
    row = states(azure)["vm-1"]
    assert (row["state"], row["why"]) == ("unknown", "neither installed KBs nor a build are known")
    known = {vm("vm-1").casefold(): ["KB5066835"]}
    row = states(azure, installed=known)["vm-1"]
    assert row["baseline"]["kb"] == "KB5066835"


def test_a_server_outside_azure_is_on_the_track_of_its_licence() -> None:
    body = server()
    body["properties"]["osVersion"] = "10.0.26100.6899"
    azure = fleet(body, start="2025-10-20T08:00")
    row = states(azure)["srv-arc-1"]
    assert (row["product"], row["enabled"], row["state"], row["license"]) == ("ws2025-arc", False, "unenrolled", None)
    put_profile(azure, ("Hotpatch", "Enable"))
    row = states(azure)["srv-arc-1"]
    assert (row["enabled"], row["license"]) == (True, "Enabled")
    assert row["baseline"]["kb"] == "KB5066835", "by its build"


def test_servers_are_two_queries_whatever_their_number() -> None:
    azure = fleet(server(), start="2025-10-20T08:00")
    assert states(azure)
    assert azure.calls() == ["ResourceGraph_Resources"] * 2


def test_a_server_of_another_system_is_never_hotpatched() -> None:
    body = server()
    body["properties"]["osSku"] = "Windows Server 2019 Datacenter"
    row = states(fleet(body))["srv-arc-1"]
    assert row["product"] is None
    assert row["why"] == (
        "hotpatching outside Azure is offered on Windows Server 2025 only; this is Windows Server 2019 Datacenter"
    )


@pytest.mark.parametrize("name", ["vm-1", "srv-arc-1"])
def test_without_resource_graph_named_machines_are_asked_themselves(name: str) -> None:
    body = server()
    body["properties"]["osVersion"] = "10.0.26100.6899"
    azure = fleet(windows("vm-1"), body, start="2025-10-20T08:00")
    put_profile(azure, ("Hotpatch", "Enable"))
    without_graph(azure)
    id = SERVER if name == "srv-arc-1" else vm(name)
    heard = Heard()
    row = states(azure, Scope.of([id], (), None), heard=heard)[name]
    assert row["product"] is not None
    assert (row["license"] == "Enabled") is (name == "srv-arc-1")
    assert "only builds are compared" in heard[0]


def test_without_resource_graph_all_machines_are_listed_and_those_that_hotpatch_is_offered_on_are_asked() -> None:
    body = server()
    body["properties"]["osVersion"] = "10.0.26100.6899"
    ineligible = windows("vm-2", sku="2022-datacenter-g2")
    azure = fleet(windows("vm-1", HOTPATCHED), ineligible, linux("vm-3"), body, start="2025-10-20T08:00")
    put_profile(azure, ("Hotpatch", "Enable"))
    by_graph = states(azure)
    without_graph(azure).take()
    heard = Heard()
    rows = states(azure, heard=heard)
    assert azure.take() == [
        "ResourceGraph_Resources",
        "VirtualMachines_ListAll",
        "Machines_ListBySubscription",
        "VirtualMachines_InstanceView",
        "LicenseProfiles_Get",
    ]
    by_graph["srv-arc-1"]["service_status"] = rows["srv-arc-1"]["service_status"]
    assert rows == by_graph, "but for what the service says of hotpatching, which the simulated graph has not"
    assert (rows["srv-arc-1"]["license"], rows["vm-3"]["product"]) == ("Enabled", None)
    assert heard[0].startswith("Resource Graph does not answer, so only builds are compared: ")
    known = {vm("vm-1").casefold(): ["KB5066835"]}
    assert states(azure, installed=known, heard=heard)["vm-1"]["baseline"]["kb"] == "KB5066835"
    assert "only builds and the KBs that are known otherwise are compared" in heard[1]


@pytest.mark.parametrize("scope", [ALL, of(*(f"vm-{number:03}" for number in range(MOST_VIEWS + 2)))])
def test_only_so_many_machines_are_asked_and_the_others_are_told(scope: Scope) -> None:
    azure = without_graph(fleet(*(windows(f"vm-{number:03}") for number in range(MOST_VIEWS + 2))))
    heard = Heard()
    assert len(states(azure, scope, heard=heard)) == MOST_VIEWS
    assert azure.calls().count("VirtualMachines_InstanceView") == MOST_VIEWS
    assert heard[1:] == ["not asked one by one, and left out: 2 machines"]


def test_a_subscription_without_servers_outside_azure_is_listed_too() -> None:
    azure = fleet(windows("vm-1", HOTPATCHED))
    unregister(azure, "Microsoft.HybridCompute")
    heard = Heard()
    assert list(states(without_graph(azure), heard=heard)) == ["vm-1"]
    assert "is not registered for Microsoft.HybridCompute" in heard[1]
    assert azure.take_writes() == []


def test_where_nothing_answers_that_is_an_error() -> None:
    with pytest.raises(ArmError, match="AuthorizationFailed"):
        states(without_lists(fleet(windows("vm-1"))))
