"""Runs of guest patch schedules: prerequisites, scopes, triggers, trouble, cancellation, and what is left of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from azure.mgmt.maintenance import MaintenanceManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.resources import Body
from tests.simulator.asking import CONFIGURATIONS, GROUP, SUBSCRIPTION, Client, code_of, in_guest_configuration
from tests.simulator.guests import (
    AUTOMATIC,
    SCHEDULED,
    SECURITY,
    advance,
    arc,
    arc_id,
    compute,
    guest,
    instant,
    linux,
    machine_id,
    rows_of,
    windows,
    world,
)

OPENS = instant("2025-01-18T03:00")
TAIL = "/providers/Microsoft.Maintenance/configurationAssignments"
RUN = "20250118030000"


def patched(name: str = "vm", **settings: Any) -> Body:
    return windows(name, "2022-datacenter", patch_settings=settings or SCHEDULED)


def scheduled(*bodies: Body, start: str = "2025-01-16T08:00", **patching: Any) -> Client:
    """A world with the schedule ``monthly``: Saturday 18 January 2025, 03:00 to 06:00 UTC, then every month."""
    azure = world(*bodies, start=start, image_age=timedelta(days=20), **patching)
    put(azure, "monthly", startDateTime="2025-01-01 03:00", recurEvery="Month Second Tuesday Offset4")
    return azure


def put(azure: Client, name: str, *, reboot: str = "IfRequired", linux_: Any = None, **window: Any) -> str:
    body = in_guest_configuration(**window)
    body["properties"]["installPatches"] = {
        "rebootSetting": reboot,
        "windowsParameters": SECURITY,
        "linuxParameters": linux_ or SECURITY,
    }
    assert azure.ask("PUT", f"{CONFIGURATIONS}/{name}", body).status == 200
    return f"{CONFIGURATIONS}/{name}"


def assign(azure: Client, scope: str, name: str = "monthly", rule: Any = None) -> None:
    properties: dict[str, Any] = {"maintenanceConfigurationId": f"{CONFIGURATIONS}/{name}"}
    if rule is not None:
        properties["filter"] = rule
    answer = azure.ask("PUT", f"{scope}{TAIL}/{name}", {"location": "eastus", "properties": properties})
    assert answer.status == 200, answer.body


def runs(azure: Client, name: str = "vm") -> list[Any]:
    return [
        row["properties"]
        for row in rows_of(azure, name, "maintenance")
        if row["type"] == "microsoft.maintenance/applyupdates"
    ]


def test_a_run_installs_what_the_schedule_selects_inside_its_window() -> None:
    azure = scheduled(patched())
    assign(azure, machine_id("vm"))
    advance(azure, "2025-01-18T07:00")
    [run] = runs(azure)
    assert (run["status"], run["startDateTime"]) == ("Succeeded", OPENS.isoformat())
    assert datetime.fromisoformat(run["endDateTime"]) < OPENS + timedelta(hours=3)
    [installation, *_] = rows_of(azure, "vm", "installation")
    properties = installation["properties"]
    assert (properties["startedBy"], properties["startDateTime"]) == ("Platform", OPENS.isoformat())
    assert properties["maintenanceRunId"] == run["correlationId"]
    assert (
        run["correlationId"] == f"{CONFIGURATIONS}/monthly/providers/Microsoft.Maintenance/applyUpdates/{RUN}".lower()
    )
    assert len(guest(azure, "vm").reboots) == 1


def test_runs_recur() -> None:
    azure = scheduled(patched())
    assign(azure, machine_id("vm"))
    advance(azure, "2025-06-20T00:00")
    assert [reboot.at.date().isoformat() for reboot in guest(azure, "vm").reboots] == [
        "2025-01-18", "2025-02-15", "2025-03-15", "2025-04-12", "2025-05-17", "2025-06-14",
    ]  # fmt: skip


@pytest.mark.parametrize("automatic", [True, False])
@pytest.mark.parametrize("bypass", [True, False])
@pytest.mark.parametrize("with_schedule", [True, False])
def test_what_happens_by_mode_bypass_and_schedule(automatic: bool, bypass: bool, with_schedule: bool) -> None:
    mode = "AutomaticByPlatform" if automatic else "AutomaticByOS"
    settings: dict[str, Any] = {
        "patchMode": mode,
        "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": bypass},
    }
    azure = scheduled(patched(**settings))
    if with_schedule:
        assign(azure, machine_id("vm"))
    advance(azure, "2025-02-10T00:00")
    installed = [row["properties"]["maintenanceRunId"] != "" for row in rows_of(azure, "vm", "installation")[:1]]
    by_schedule = automatic and bypass and with_schedule
    by_platform = automatic and not bypass and not with_schedule
    assert bool(installed) is (by_schedule or by_platform)
    messages = [run["errorMessage"] for run in runs(azure)]
    if with_schedule and not by_schedule:
        assert messages == ["prerequisites for schedule patch aren't met"]
        assert [run["status"] for run in runs(azure)] == ["Failed"]
    else:
        assert messages == ([None] if by_schedule else [])


def test_an_arc_server_needs_no_prerequisite() -> None:
    azure = scheduled(arc("srv", "Windows Server 2022 Standard"))
    assign(azure, arc_id("srv"))
    advance(azure, "2025-01-18T07:00")
    assert [run["status"] for run in runs(azure, "srv")] == ["Succeeded"]


@pytest.mark.parametrize(
    ("rule", "matched"),
    [
        ({}, {"vm", "vm-eu", "vm-linux", "srv"}),
        (None, {"vm", "vm-eu", "vm-linux", "srv"}),
        ({"osTypes": ["linux"]}, {"vm-linux"}),
        ({"locations": ["West Europe"]}, {"vm-eu"}),
        ({"resourceTypes": ["microsoft.hybridcompute/machines"]}, {"srv"}),
        ({"resourceGroups": ["RG-Contoso"], "osTypes": ["Windows"]}, {"vm", "vm-eu", "srv"}),
        ({"resourceGroups": ["rg-other"]}, set()),
        ({"tagSettings": {"tags": {"ring": ["1", "2"]}}}, {"vm", "vm-eu"}),
        ({"tagSettings": {"tags": {"ring": ["1"], "tier": ["web"]}}}, {"vm", "vm-eu"}),
        ({"tagSettings": {"filterOperator": "All", "tags": {"ring": ["1"], "tier": ["web"]}}}, {"vm"}),
        ({"tagSettings": {"tags": {"Tier": ["WEB"]}}}, set()),
    ],
)
def test_a_dynamic_scope_matches_when_the_run_starts(rule: Any, matched: set[str]) -> None:
    bodies = [
        {**patched("vm"), "tags": {"ring": "1", "tier": "web"}},
        {**windows("vm-eu", "2022-datacenter", location="westeurope", patch_settings=SCHEDULED), "tags": {"ring": "1"}},
        linux("vm-linux", patch_settings=SCHEDULED),
        arc("srv", "Windows Server 2022 Standard"),
    ]
    bodies[1]["tags"] = {"ring": "2", "tier": "app"} if rule and "All" in str(rule) else {"ring": "1"}
    azure = scheduled(*bodies)
    assign(azure, SUBSCRIPTION, rule=rule)
    advance(azure, "2025-01-18T07:00")
    assert {name for name in ("vm", "vm-eu", "vm-linux", "srv") if runs(azure, name)} == matched


def test_a_machine_that_joins_the_scope_before_the_run_is_in_it() -> None:
    azure = scheduled(patched())
    assign(azure, GROUP, rule={"tagSettings": {"tags": {"patch": ["yes"]}}})
    advance(azure, "2025-01-18T02:59")
    azure.ask("PATCH", machine_id("vm"), {"tags": {"patch": "yes"}})
    advance(azure, "2025-01-18T07:00")
    assert len(runs(azure)) == 1


def test_of_two_schedules_with_the_same_trigger_only_one_runs() -> None:
    azure = scheduled(patched())
    put(azure, "other", startDateTime="2025-01-18 03:00", recurEvery="1Week Saturday")
    assign(azure, machine_id("vm"))
    assign(azure, machine_id("vm"), "other")
    advance(azure, "2025-01-18T09:00")
    assert len(runs(azure)) == 1
    assert len([row for row in rows_of(azure, "vm", "installation") if "softwarePatches" not in row["id"]]) == 1


def test_concurrent_schedules_wait_for_each_other_and_give_up_at_the_end_of_the_window() -> None:
    azure = scheduled(patched(), windows_patch_time=timedelta(hours=2))
    put(azure, "later", startDateTime="2025-01-18 03:30", duration="03:55", recurEvery="1Week Saturday")
    put(azure, "short", startDateTime="2025-01-18 03:10", duration="01:30", recurEvery="1Week Saturday")
    for name in ("monthly", "later", "short"):
        assign(azure, machine_id("vm"), name)
    advance(azure, "2025-01-18T09:00")
    found = {run["maintenanceConfigurationId"].rsplit("/", 1)[-1]: run for run in runs(azure)}
    assert (found["monthly"]["status"], found["later"]["status"]) == ("Succeeded", "Succeeded")
    assert found["later"]["endDateTime"] > found["monthly"]["endDateTime"]
    assert found["short"]["errorMessage"] == "Schedule timeout, waiting for an ongoing update to complete the resource."


def test_a_machine_that_is_off_or_was_made_again_is_shut_down_or_unresponsive() -> None:
    azure = scheduled(patched(), patched("vm-2"))
    for name in ("vm", "vm-2"):
        assign(azure, machine_id(name))
    azure.simulator.world.set_power(machine_id("vm"), running=False)
    advance(azure, "2025-01-17T22:00")
    body = azure.get(machine_id("vm-2"))
    azure.ask("DELETE", machine_id("vm-2"))
    azure.ask("PUT", machine_id("vm-2"), body)
    assign(azure, machine_id("vm-2"))
    advance(azure, "2025-01-18T07:00")
    for name in ("vm", "vm-2"):
        assert [(run["status"], run["errorMessage"]) for run in runs(azure, name)] == [
            ("Failed", "ShutdownOrUnresponsive")
        ]


def test_an_assignment_written_less_than_15_minutes_before_waits_for_the_next_run() -> None:
    azure = scheduled(patched(), patched("vm-2"))
    assign(azure, machine_id("vm"))
    advance(azure, "2025-01-18T02:50")
    assign(azure, machine_id("vm-2"))
    advance(azure, "2025-01-18T07:00")
    assert (len(runs(azure)), len(runs(azure, "vm-2"))) == (1, 0)
    advance(azure, "2025-02-15T07:00")
    assert len(runs(azure, "vm-2")) == 1


def test_a_schedule_that_is_changed_runs_by_its_new_text_only() -> None:
    azure = scheduled(patched())
    assign(azure, machine_id("vm"))
    put(azure, "monthly", startDateTime="2025-01-20 03:00", recurEvery="1Week Monday")
    advance(azure, "2025-01-20T07:00")
    assert [run["startDateTime"] for run in runs(azure)] == ["2025-01-20T03:00:00+00:00"]


def test_a_deleted_or_unassigned_schedule_runs_no_more() -> None:
    azure = scheduled(patched())
    assign(azure, machine_id("vm"))
    azure.ask("DELETE", f"{machine_id('vm')}{TAIL}/monthly")
    advance(azure, "2025-01-20T00:00")
    assert runs(azure) == []
    assign(azure, machine_id("vm"))
    azure.ask("DELETE", f"{CONFIGURATIONS}/monthly")
    advance(azure, "2025-03-01T00:00")
    assert runs(azure) == []


def test_the_machines_own_restart_setting_comes_before_the_schedules() -> None:
    own: dict[str, Any] = {**AUTOMATIC, "automaticByPlatformSettings": {
        "bypassPlatformSafetyChecksOnUserSchedule": True, "rebootSetting": "Never"}}  # fmt: skip
    azure = scheduled(patched(**own))
    put(azure, "monthly", reboot="Always", startDateTime="2025-01-01 03:00", recurEvery="Month Second Tuesday Offset4")
    assign(azure, machine_id("vm"))
    advance(azure, "2025-01-18T07:00")
    assert [run["status"] for run in runs(azure)] == ["CompletedWithWarnings"]


def test_an_announced_run_is_cancelled_until_ten_minutes_before_through_the_sdk() -> None:
    azure = scheduled(patched())
    assign(azure, machine_id("vm"))
    run_id = f"{CONFIGURATIONS}/monthly/providers/Microsoft.Maintenance/applyUpdates/{RUN}"
    assert azure.ask("GET", run_id).status == 404
    advance(azure, "2025-01-18T02:21")
    sdk = ResourceManagementClient(azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport())
    cancel: Any = {"properties": {"status": "Cancel"}}
    sdk.resources.begin_create_or_update_by_id(
        run_id, api_version="2023-09-01-preview", parameters=cancel, polling=False
    )
    assert azure.get(run_id)["properties"]["status"] == "Cancelled"
    advance(azure, "2025-01-18T07:00")
    assert runs(azure) == []
    [row] = [row for row in azure.simulator.world.patch_records.maintenance_rows() if row["name"] == RUN]
    assert row["type"] == "microsoft.maintenance/maintenanceconfigurations/applyupdates"
    assert row["properties"]["status"] == "Cancelled"
    assert row["properties"]["errorMessage"].startswith("Maintenance cancelled using cancellation API at 2025-01-18T02")
    advance(azure, "2025-02-15T07:00")
    assert len(runs(azure)) == 1


def test_a_run_is_not_cancelled_too_late_and_nothing_else_can_be_put_there() -> None:
    azure = scheduled(patched())
    assign(azure, machine_id("vm"))
    run_id = f"{CONFIGURATIONS}/monthly/providers/Microsoft.Maintenance/applyUpdates/{RUN}"
    advance(azure, "2025-01-18T02:51")
    cancel = {"properties": {"status": "Cancel"}}
    late = azure.ask("PUT", run_id, cancel)
    assert (late.status, code_of(late)) == (409, "SimulatorRuleCancelTooLate")
    assert code_of(azure.ask("PUT", run_id, {"properties": {"status": "Go"}})) == "SimulatorRuleApplyUpdate"
    default = f"{machine_id('vm')}/providers/Microsoft.Maintenance/applyUpdates/default"
    assert code_of(azure.ask("PUT", default)) == "SimulatorRuleApplyUpdate"
    advance(azure, "2025-01-18T07:00")
    assert azure.get(run_id)["properties"]["status"] == "Completed"


def test_the_maintenance_client_reads_a_machines_run() -> None:
    azure = scheduled(patched())
    assign(azure, machine_id("vm"))
    advance(azure, "2025-01-18T03:01")
    sdk = MaintenanceManagementClient(
        azure.simulator.credential(), SUBSCRIPTION_ID, transport=azure.simulator.transport()
    )
    run = sdk.apply_updates.get("rg-contoso", "Microsoft.Compute", "virtualMachines", "vm", RUN)
    assert run.status == "InProgress"
    assert list(sdk.apply_updates.list()) == []


def test_a_linux_run_tells_its_id_to_the_installation() -> None:
    azure = scheduled(linux("vm", patch_settings=SCHEDULED))
    assign(azure, machine_id("vm"))
    advance(azure, "2025-01-18T03:01")
    view: Any = compute(azure).virtual_machines.instance_view("rg-contoso", "vm")
    assert view.patch_status.last_patch_installation_summary.status == "InProgress"
    [row, *_] = rows_of(azure, "vm", "installation")
    assert row["properties"]["maintenanceRunId"].endswith(RUN)


def test_an_inventory_with_schedules_and_assignments_runs_from_the_start() -> None:
    first = scheduled(patched())
    assign(first, machine_id("vm"))
    world_ = first.simulator.world
    bodies = [resource.body | {"id": resource.id} for resource in world_.resources if "/providers/" in resource.id]
    azure = world(*bodies, start="2025-01-16T08:00", image_age=timedelta(days=20))
    advance(azure, "2025-01-18T07:00")
    assert len(runs(azure)) == 1
