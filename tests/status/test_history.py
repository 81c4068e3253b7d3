"""Installations one by one."""

from typing import Any

import pytest

from azure_patch_simulator import Answer, match
from pulumi_azure_hotpatch.errors import ArmError
from pulumi_azure_hotpatch.observing.history import patch_history
from pulumi_azure_hotpatch.observing.scopes import Scope
from tests.status.observed import ALL, HOTPATCHED, Heard, fleet, instant, linux, of, vm, windows
from tests.support.simulated import Azure


@pytest.fixture(scope="module")
def azure() -> Azure:
    """Two machines after an October and a November."""
    return fleet(windows("vm-1", HOTPATCHED), linux("vm-2"), start="2025-09-20T08:00", until="2025-11-14T08:00")


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
    alone = fleet(windows("vm-1", HOTPATCHED), start="2025-09-20T08:00", until="2025-11-14T08:00")
    alone.simulator.faults.add(match("POST", "ResourceGraph"), response=Answer(403, "Forbidden", "No."), times=None)
    heard = Heard()
    (row,) = history(alone, of("vm-1"), heard=heard)
    assert (row["source"], row["status"], row["reboot_status"]) == ("instance view", "Succeeded", None)
    assert "only the last installation of each VM is shown" in heard[0]
    with pytest.raises(ArmError):
        history(alone)


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
