"""The last assessment and installation of machines: from Resource Graph, else from instance views."""

from collections.abc import Callable
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Drop, match
from pulumi_azure_hotpatch.errors import ArmError, InvalidInput
from pulumi_azure_hotpatch.observing.history import patch_history
from pulumi_azure_hotpatch.observing.hotpatching import hotpatch_states
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.observing.status import MOST_VIEWS, patch_status
from tests.handlers.machines import APP
from tests.status.observed import (
    ALL,
    ASSESSED,
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
)
from tests.support.simulated import START, Azure


def status(azure: Azure, scope: Scope = ALL, *, heard: Heard | None = None, **options: Any) -> list[Any]:
    return patch_status(azure.runtime.azure, scope, tell=heard if heard is not None else Heard(), **options)


def test_a_thousand_machines_are_one_query() -> None:
    machines = [windows(f"vm-{number:04}", ASSESSED) for number in range(1000)]
    azure = fleet(*machines, until="2025-10-23T08:00")
    rows = status(azure)
    assert azure.calls() == ["ResourceGraph_Resources"]
    assert [row["name"] for row in rows] == [f"vm-{number:04}" for number in range(1000)]
    assert {row["source"] for row in rows} == {"resource graph"}
    assert all(row["assessment"]["status"] == "Succeeded" for row in rows)


def test_a_thousand_named_machines_are_at_most_three_queries() -> None:
    machines = [windows(f"vm-with-a-long-name-{number:04}", ASSESSED) for number in range(1000)]
    azure = fleet(*machines, windows("vm-another"), until="2025-10-23T08:00")
    rows = status(azure, of(*(f"vm-with-a-long-name-{number:04}" for number in range(1000))))
    assert len(rows) == 1000
    assert set(azure.calls()) == {"ResourceGraph_Resources"}
    assert len(azure.calls()) <= 3


def test_a_fleet_of_more_than_a_page_is_read_page_after_page() -> None:
    azure = fleet(*(windows(f"vm-{number:04}") for number in range(1001)))
    rows = status(azure, instance_views=False)
    assert len({row["machine"] for row in rows}) == 1001
    assert azure.calls() == ["ResourceGraph_Resources"] * 2


def test_a_row_has_the_last_assessment_and_the_last_installation() -> None:
    azure = fleet(windows("vm-1", HOTPATCHED), start="2025-09-15T08:00", until="2025-10-20T08:00")
    (row,) = status(azure)
    assessment, installation = row.pop("assessment"), row.pop("installation")
    assert row == {
        "machine": vm("vm-1"),
        "name": "vm-1",
        "type": "vm",
        "location": "eastus",
        "os_type": "Windows",
        "power_state": "running",
        "patch_mode": "AutomaticByPlatform",
        "assessment_mode": "AutomaticByPlatform",
        "hotpatch": True,
        "support_state": "Supported",
        "source": "resource graph",
    }
    assert assessment["status"] == "Succeeded"
    assert assessment["at"].startswith(("2025-10-19", "2025-10-20"))
    assert assessment["reboot_pending"] is False
    assert assessment["critical_and_security"] + assessment["other"] == sum(assessment["by_classification"].values())
    assert assessment["error"] is None, "Azure sends an error of success"
    # The baseline of October, with its restart.
    assert installation["status"] == "Succeeded"
    assert installation["started"].startswith("2025-10-1")
    assert installation["ended"] > installation["started"]
    assert (installation["installed"], installation["failed"]) == (1, 0)
    assert installation["reboot_status"] == "Completed"
    assert installation["started_by"] == "Platform"


def test_every_time_has_an_offset() -> None:
    azure = fleet(windows("vm-1", HOTPATCHED), linux("vm-2"), start="2025-09-15T08:00", until="2025-10-20T08:00")
    for row in status(azure):
        for text in (row["assessment"]["at"], row["installation"]["started"], row["installation"]["ended"]):
            assert text is None or text.endswith("+00:00")


def test_linux_machines_and_servers_outside_azure_are_rows_like_any_other() -> None:
    azure = fleet(linux("vm-2"), server(assessmentMode="AutomaticByPlatform"), until="2025-10-23T08:00")
    rows = {row["type"]: row for row in status(azure)}
    assert rows["vm"]["os_type"] == "Linux"
    assert (rows["arc"]["machine"], rows["arc"]["os_type"]) == (SERVER, "Windows")
    assert rows["arc"]["assessment"]["status"] == "Succeeded"


def test_what_resource_graph_has_forgotten_is_asked_of_the_instance_view() -> None:
    azure = fleet(windows("vm-1", HOTPATCHED), windows("vm-2"), start="2025-09-15T08:00", until="2025-10-20T08:00")
    azure.ask(
        "PATCH",
        vm("vm-1"),
        {
            "properties": {
                "osProfile": {
                    "windowsConfiguration": {
                        "patchSettings": {
                            "patchMode": "AutomaticByOS",
                            "enableHotpatching": False,
                            "assessmentMode": "ImageDefault",
                        }
                    }
                }
            }
        },
    )
    azure.simulator.clock.advance_to(azure.clock.now().replace(month=12))
    azure.new_run()
    azure.take()
    rows = {row["name"]: row for row in status(azure)}
    assert azure.take() == ["ResourceGraph_Resources", *["VirtualMachines_InstanceView"] * 2]
    assert rows["vm-1"]["source"] == "instance view"
    assert rows["vm-1"]["installation"]["status"] == "Succeeded"
    assert rows["vm-1"]["assessment"]["by_classification"] is None
    assert (rows["vm-2"]["source"], rows["vm-2"]["assessment"]) == ("none", None)


def test_instance_views_are_left_alone_when_told_so() -> None:
    azure = fleet(windows("vm-1"))
    (row,) = status(azure, instance_views=False)
    assert (row["source"], azure.calls()) == ("none", ["ResourceGraph_Resources"])


def test_only_so_many_machines_are_asked_one_by_one() -> None:
    azure = fleet(*(windows(f"vm-{number:03}") for number in range(MOST_VIEWS + 3)))
    heard = Heard()
    assert len(status(azure, heard=heard)) == MOST_VIEWS + 3
    assert azure.calls().count("VirtualMachines_InstanceView") == MOST_VIEWS
    assert heard == ["not asked one by one: 3 machines without patching in Resource Graph"]


def test_without_resource_graph_the_instance_views_answer() -> None:
    azure = fleet(windows("vm-1", ASSESSED), server(), until="2025-10-23T08:00")
    without_graph(azure)
    heard = Heard()
    rows = {row["type"]: row for row in status(azure, heard=heard)}
    assert rows["vm"]["source"] == "instance view"
    assert rows["vm"]["assessment"]["status"] == "Succeeded"
    assert rows["arc"]["source"] == "none", "servers outside Azure have no such view"
    assert len(heard) == 1
    assert heard[0].startswith("Resource Graph does not answer, so the instance views are read: Azure Resource Graph:")


def test_without_resource_graph_a_subscription_without_servers_outside_azure_has_none() -> None:
    azure = without_graph(fleet(windows("vm-1")))
    unregister(azure, "Microsoft.HybridCompute")
    heard = Heard()
    assert [row["name"] for row in status(azure, heard=heard)] == ["vm-1"]
    assert "is not registered for Microsoft.HybridCompute" in heard[1]
    assert azure.take_writes() == []


def test_a_named_machine_that_was_not_asked_is_not_said_to_be_missing() -> None:
    azure = without_graph(fleet(*(windows(f"vm-{number:03}") for number in range(MOST_VIEWS + 1))))
    heard = Heard()
    assert len(status(azure, of(*(f"vm-{number:03}" for number in range(MOST_VIEWS + 1))), heard=heard)) == MOST_VIEWS
    assert heard[1:] == ["not asked one by one: 1 machine without patching in Resource Graph"]


def test_without_resource_graph_and_instance_views_nobody_answers() -> None:
    azure = fleet(windows("vm-1"))
    without_graph(azure)
    with pytest.raises(ArmError, match="Azure Resource Graph: could not ask it: AuthorizationFailed: No"):
        status(azure, instance_views=False)


@pytest.mark.parametrize("ask", [patch_status, patch_history, hotpatch_states])
def test_where_nobody_can_be_reached_only_one_question_waits_for_it(ask: Callable[..., Any]) -> None:
    azure = fleet(windows("vm-1"))
    azure.simulator.faults.add(match("POST", "ResourceGraph"), response=Drop(before=True), times=None)
    today = {"as_of": START} if ask is hotpatch_states else {}
    heard = Heard()
    with pytest.raises(ArmError, match="Azure Resource Graph: could not ask it: Azure cannot be reached") as caught:
        ask(azure.runtime.azure, of("vm-1"), tell=heard, **today)
    assert caught.value.is_unreachable
    assert ({*azure.calls()}, heard) == ({"ResourceGraph_Resources"}, [])


def test_named_machines_are_answered_alone_whatever_the_letter_case() -> None:
    azure = fleet(windows("vm-1", ASSESSED), windows("vm-2", ASSESSED), until="2025-10-23T08:00")
    (row,) = status(azure, Scope.of([vm("VM-1").upper()], (), None))
    assert row["machine"] == vm("vm-1")


def test_a_machine_of_the_same_name_in_another_group_is_another_machine() -> None:
    other = windows("vm-1", ASSESSED)
    other["id"] = other["id"].replace("rg-contoso", "rg-contoso-eu")
    azure = fleet(windows("vm-1", ASSESSED), other, until="2025-10-23T08:00")
    assert [row["machine"] for row in status(azure, of("vm-1"))] == [vm("vm-1")]


def test_a_named_machine_that_is_not_there_is_said_not_invented() -> None:
    azure = fleet(windows("vm-1", ASSESSED), until="2025-10-23T08:00")
    heard = Heard()
    rows = status(azure, of("vm-1", "vm-none"), heard=heard)
    assert [row["name"] for row in rows] == ["vm-1"]
    assert heard == [f"'{vm('vm-none')}' was not found"]


def test_names_are_quoted_so_that_no_name_can_be_a_query() -> None:
    (line,) = Scope.of([vm("a'b")], (), None).filters()
    assert line == "| where name in~ ('a\\'b')\n"


def test_a_scope_of_no_machines_asks_nothing() -> None:
    azure = fleet(windows("vm-1"))
    assert status(azure, Scope.of([], (), SUBSCRIPTION_ID)) == []
    assert azure.calls() == []


@pytest.mark.parametrize(
    ("machines", "says"),
    [
        (["vm-1"], "'vm-1' is not an Azure resource id"),
        ([APP.replace("virtualMachines", "disks")], "is the id of neither a VM nor an Arc-enabled server"),
    ],
)
def test_what_is_no_machine_is_refused_before_anything_is_asked(machines: list[str], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        Scope.of(machines, (), None)


def test_without_a_subscription_it_says_what_to_set() -> None:
    with pytest.raises(InvalidInput, match="set azure-native:subscriptionId or ARM_SUBSCRIPTION_ID"):
        Scope.of(None, (), None)
