"""A fleet is judged by the rules for one machine, and each thing is said once, with how many and the first of them."""

import json
from dataclasses import replace
from typing import Any

from azure_patch_simulator import SUBSCRIPTION_ID, Request, Response, World
from azure_patch_simulator.inventory import linux_machine, windows_machine
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.host import wire
from tests.handlers.declared import Declared
from tests.handlers.fleets import GRAPH, MONTHLY, azure_of, fleet, ids
from tests.handlers.machines import HOTPATCH_SKU, MACHINES, UBUNTU, declared
from tests.host.bags import UNKNOWN
from tests.support.simulated import Azure

HOTPATCHED: dict[str, Any] = {
    "patch_mode": "AutomaticByPlatform",
    "enable_hotpatching": True,
    "bypass_platform_safety_checks_on_user_schedule": None,
}


def mixed() -> tuple[Azure, list[str]]:
    """Ten machines that can be hotpatched, four whose image cannot, and a Linux one."""
    bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", f"vm-new-{number}", HOTPATCH_SKU) for number in range(10)]
    bodies += [windows_machine(SUBSCRIPTION_ID, "rg-contoso", f"vm-old-{n}", "2019-datacenter") for n in range(4)]
    bodies.append(linux_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-linux", UBUNTU, location="eastus"))
    return Azure(World.from_inventory(bodies)), [body["id"] for body in bodies]


def by_rule(findings: list[Finding]) -> dict[str, str]:
    """The reasons of failures by rule; no rule has two."""
    failures = [finding for finding in findings if finding.verdict == "fail"]
    assert len({finding.rule for finding in failures}) == len(failures)
    return {finding.rule: finding.reason for finding in failures}


def test_each_rule_is_told_once_with_the_number_of_machines_and_the_first_of_them() -> None:
    azure, machines = mixed()
    found = by_rule(fleet(azure, machines, **HOTPATCHED).check())
    assert azure.take() == [GRAPH]
    reason = found["hotpatch-needs-eligible-image"]
    assert reason.startswith("5 machines (vm-old-0, vm-old-1, vm-old-2 and 2 more); of VM 'vm-old-0': ")
    assert "2019-datacenter" in reason
    assert found["hotpatch-is-windows-only"].startswith("VM 'vm-linux': ")


def test_a_machine_that_is_not_seen_is_called_by_its_id_s_last_part_and_unknown_ones_the_fleet_s() -> None:
    azure = azure_of(3)
    declared_fleet = fleet(azure, ids(4))
    unknown = [finding.reason for finding in declared_fleet.check() if finding.verdict == "unknown"]
    assert unknown
    assert all(reason.startswith("VM 'vm-0003': ") for reason in unknown)
    unread = [finding.reason for finding in declared_fleet.check(may_read=False) if finding.verdict == "unknown"]
    assert unread
    assert all(reason.startswith("Its machines: ") for reason in unread)


def test_what_is_found_about_many_is_what_is_found_about_each() -> None:
    azure, machines = mixed()
    alone: set[tuple[str, str]] = set()
    for machine in machines:
        for finding in declared(azure, machine, **HOTPATCHED).check():
            alone.add((finding.rule, finding.verdict))
    assert {(finding.rule, finding.verdict) for finding in fleet(azure, machines, **HOTPATCHED).check()} == alone


def test_an_error_of_one_machine_stops_the_fleet_before_anything_is_touched() -> None:
    azure, machines = mixed()
    assert any(finding.is_error for finding in fleet(azure, machines, **HOTPATCHED).check())
    assert azure.writes() == []


def test_outcomes_are_counted_in_preview_and_kept() -> None:
    azure, machines = mixed()
    resource = fleet(azure, machines[:14], scheduleId=MONTHLY)
    assert resource.answers() == {
        "outcomes": ("14 machines: Schedule 'contoso-monthly' installs patches in its windows.",)
    }
    apart = fleet(azure, machines[:14], bypass_platform_safety_checks_on_user_schedule=None)
    lines = apart.answers()["outcomes"]
    assert [line.partition(":")[0] for line in lines] == ["10 machines", "4 machines"]


def test_a_schedule_that_would_install_nothing_is_told() -> None:
    azure, machines = mixed()
    resource = fleet(azure, machines[:10], **HOTPATCHED, scheduleId=MONTHLY)
    (finding,) = (finding for finding in resource.check() if "bypass" in finding.reason)
    assert finding.reason.startswith("10 machines (vm-new-0, vm-new-1, vm-new-2 and 7 more): ")


def test_what_is_not_known_yet_is_unknown_and_read_nowhere() -> None:
    azure = azure_of(3)
    for hidden in ("machineIds", "patchMode", "scheduleId"):
        resource = fleet(azure, ids(3), scheduleId=MONTHLY)
        draft, wrong = wire.draft(resource.handler.inputs, {**resource.inputs, hidden: UNKNOWN})
        assert wrong == []
        ctx = resource.context()
        assert [finding for finding in resource.handler.check(ctx, draft) if finding.is_error] == []
        resource.handler.answers(ctx, draft, None)
    assert set(azure.take()) == {GRAPH, "MaintenanceConfigurations_Get"}


def test_what_is_true_of_all_in_the_same_words_is_said_of_all() -> None:
    azure, machines = mixed()
    found = by_rule(fleet(azure, machines[:14], **HOTPATCHED).check())
    reason = found["hotpatch-needs-eligible-image"]
    assert reason.startswith("4 machines (vm-old-0, vm-old-1, vm-old-2 and 1 more): ")


def test_a_machine_that_does_not_exist_yet_is_told_and_no_obstacle() -> None:
    azure = azure_of(2)
    resource = fleet(azure, [*ids(2), f"{MACHINES}/vm-new"])
    assert [finding for finding in resource.check() if finding.is_error] == []
    assert f"VM 'vm-new' does not exist ({MACHINES}/vm-new); unless it does by then, the update" in azure.said.text
    assert resource.answers() == {}
    fleet(azure, [*ids(2), *(f"{MACHINES}/new-{number}" for number in range(9))]).check()
    assert "9 machines do not exist (new-0, new-1, new-2 and 6 more); unless they do by then" in azure.said.text


def test_many_machines_that_nothing_shows_are_told_of_and_not_asked_for_one_by_one() -> None:
    azure = azure_of(2)
    azure.take()
    fleet(azure, [*ids(2), *(f"{MACHINES}/new-{number}" for number in range(500))]).check()
    assert "does not show 500 machines (new-0, new-1, new-2 and 497 more), too many to ask for each" in azure.said.text
    assert "do not exist" not in azure.said.text
    assert len(azure.take()) < 10


def test_a_machine_that_resource_graph_does_not_show_yet_is_looked_at_itself() -> None:
    azure = azure_of(2)
    handle = azure.simulator.handle

    def late(request: Request) -> Response:
        answer = handle(request)
        if "ResourceGraph" not in request.path:
            return answer
        body = json.loads(answer.body)
        body["data"] = [row for row in body["data"] if row["name"] != "vm-0001"]
        return replace(answer, body=json.dumps(body).encode())

    azure.answer_with(late)
    assert "2 machines: " in fleet(azure, ids(2)).answers()["outcomes"][0]
    assert "does not exist" not in azure.said.text


def test_previews_that_may_not_read_ask_nothing() -> None:
    azure = azure_of(2)
    resource: Declared = fleet(azure, ids(2))
    assert [finding for finding in resource.check(may_read=False) if finding.is_error] == []
    assert azure.take() == []
