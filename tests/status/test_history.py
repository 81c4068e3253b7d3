"""Installations one by one."""

from typing import Any

import pytest

from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.observing.history import patch_history, patch_history_with
from pulumi_azure_hotpatch.observing.scopes import Scope
from pulumi_azure_hotpatch.observing.status import MOST_VIEWS
from tests.status.observed import (
    ALL,
    HOTPATCHED,
    Heard,
    fleet,
    instant,
    linux,
    of,
    vm,
    windows,
    without_graph,
    without_lists,
)
from tests.status.test_ledger import installation
from tests.support.simulated import Azure

OTHER = "00000000-0000-0000-0000-000000000002"


@pytest.fixture(scope="module")
def azure() -> Azure:
    """Two machines after an October and a November."""
    return fleet(windows("vm-1", HOTPATCHED), linux("vm-2"), start="2025-09-20T08:00", until="2025-11-14T08:00")


def patched() -> Azure:
    """One machine after the hotpatch of November 2025."""
    return fleet(windows("vm-1", HOTPATCHED), start="2025-09-20T08:00", until="2025-11-14T08:00")


def history(azure: Azure, scope: Scope = ALL, *, heard: Heard | None = None, **options: Any) -> list[Any]:
    return patch_history(azure.runtime.azure, scope, tell=heard if heard is not None else Heard(), **options)


def test_installations_come_the_latest_first(azure: Azure) -> None:
    started = [row["started"] for row in history(azure)]
    assert len(started) >= 2
    assert started == sorted(started, reverse=True)


def test_azure_remembers_thirty_days(azure: Azure) -> None:
    assert all(row["started"] >= "2025-10-15" for row in history(azure))


def test_patches_and_kbs_are_listed_when_asked_for(azure: Azure) -> None:
    rows = history(azure, of("vm-1"), with_patches=True)
    (november,) = [row for row in rows if row["started"] > "2025-11-11"]
    assert november["kbs"] == ["KB5068966"], "the hotpatch of November 2025"
    assert november["reboot_status"] == "NotNeeded"
    assert {"kb": "KB5068966", "state": "Installed", "classifications": ["Security"], "version": None}.items() <= next(
        one for one in november["patches"] if one["kb"] == "KB5068966"
    ).items()


def test_they_are_not_known_when_they_are_not_asked_for(azure: Azure) -> None:
    row = history(azure, of("vm-1"))[0]
    assert (row["kbs"], row["patches"], row["source"]) == (None, None, "resource graph")


def test_packages_of_linux_have_versions_and_no_kbs(azure: Azure) -> None:
    row = history(azure, of("vm-2"), with_patches=True)[0]
    assert row["kbs"] == []
    assert all(one["kb"] is None and one["version"] for one in row["patches"])


def test_machines_are_named_as_azure_writes_them(azure: Azure) -> None:
    assert {row["machine"] for row in history(azure)} == {vm("vm-1"), vm("vm-2")}


def test_what_started_before_is_left_out(azure: Azure) -> None:
    since = instant("2025-11-11T00:00")
    rows = history(azure, since=since)
    assert rows
    assert all(row["started"] >= "2025-11-11" for row in rows)


def test_a_history_is_one_query_and_with_patches_two(azure: Azure) -> None:
    azure.take()
    history(azure)
    assert azure.take() == ["ResourceGraph_Resources"]
    history(azure, with_patches=True)
    assert azure.take() == ["ResourceGraph_Resources"] * 2


def test_without_resource_graph_the_last_installation_of_named_machines_is_known() -> None:
    alone = patched()
    without_graph(alone)
    heard = Heard()
    (row,) = history(alone, of("vm-1"), heard=heard)
    assert (row["source"], row["status"], row["reboot_status"]) == ("instance view", "Succeeded", None)
    assert "only the last installation of each VM is shown" in heard[0]


def test_without_resource_graph_the_machines_of_a_subscription_are_listed_and_asked() -> None:
    alone = patched()
    without_graph(alone).take()
    heard = Heard()
    assert [(row["machine"], row["source"]) for row in history(alone, heard=heard)] == [(vm("vm-1"), "instance view")]
    assert alone.take() == [
        "ResourceGraph_Resources",
        "VirtualMachines_ListAll",
        "VirtualMachines_InstanceView",
    ]
    assert len(heard) == 1


def test_without_resource_graph_only_so_many_are_asked_one_by_one() -> None:
    alone = fleet(*(windows(f"vm-{number:03}") for number in range(MOST_VIEWS + 2)))
    without_graph(alone)
    heard = Heard()
    assert history(alone, heard=heard) == []
    assert alone.calls().count("VirtualMachines_InstanceView") == MOST_VIEWS
    assert heard[1:] == ["not asked one by one: 2 machines"]


def test_where_nothing_answers_the_ledger_does_and_the_error_is_told() -> None:
    alone = without_lists(patched())
    heard = Heard()
    kept = [installation(source="ledger"), installation(machine=f"/subscriptions/{OTHER}{vm('vm-1')[51:]}")]
    rows = patch_history_with(kept, alone.runtime.azure, ALL, tell=heard)
    assert rows == kept[:1], "machines of other subscriptions are not asked for"
    assert heard[-1].startswith("Azure does not answer, so only what the ledger has is shown: ")
    assert "AuthorizationFailed" in heard[-1]


@pytest.mark.parametrize("kept", [[], [installation(started="2025-09-15T03:00:00+00:00")]])
def test_where_nothing_answers_and_the_ledger_has_nothing_of_it_that_is_an_error(kept: list[Any]) -> None:
    alone = without_lists(patched())
    with pytest.raises(ArmError, match="AuthorizationFailed"):
        patch_history_with(kept, alone.runtime.azure, ALL, tell=Heard(), since=instant("2025-10-01T00:00"))


def test_what_an_instance_view_does_not_tell_is_filled_in_from_the_ledger() -> None:
    alone = patched()
    known = history(alone, with_patches=True)
    kept: list[Any] = [{**row, "patches": None, "source": "ledger"} for row in known]
    without_graph(alone)
    rows = patch_history_with(kept, alone.runtime.azure, ALL, tell=Heard())
    assert [row["source"] for row in rows] == ["instance view", *["ledger"] * (len(known) - 1)]
    told = ("kbs", "os_type", "reboot_status", "started_by", "schedule_run")
    assert {name: rows[0][name] for name in told} == {name: known[0][name] for name in told}  # type: ignore[literal-required]
    assert rows[0]["kbs"]


def test_an_installation_under_way_has_not_ended() -> None:
    alone = fleet(windows("vm-1", HOTPATCHED), start="2025-10-14T08:00")
    body = {
        "maximumDuration": "PT3H",
        "rebootSetting": "IfRequired",
        "windowsParameters": {"classificationsToInclude": ["Critical", "Security"]},
    }
    alone.simulator.clock.advance_to(instant("2025-10-14T20:00"))
    assert alone.ask("POST", f"{vm('vm-1')}/installPatches", body).status == 202
    row = history(alone)[0]
    assert (row["status"], row["ended"], row["started_by"]) == ("InProgress", None, "User")
