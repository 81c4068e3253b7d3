"""What a preview says of a dynamic scope: which machines it takes, what changes, and what is wrong with it."""

from dataclasses import replace
from typing import Any

import pytest

from azure_patch_simulator import Answer, match
from tests.handlers.examples import fingerprint
from tests.handlers.machines import declared
from tests.handlers.schedules import next_run
from tests.handlers.scopes import (
    GROUP,
    HERE,
    MONTHLY,
    THERE,
    WEEKLY,
    at,
    fleet,
    scope,
    scoped_azure,
    windows,
)
from tests.handlers.stack import Program, Rejected, Stack
from tests.support.simulated import Azure


def failed(resource: Any) -> dict[str, str]:
    """What is found, by rule."""
    return {finding.rule: finding.reason for finding in resource.check() if finding.verdict == "fail"}


def names(machines: Any) -> list[str]:
    return [machine.rpartition("/")[2] for machine in machines]


def test_one_query_over_all_subscriptions_finds_the_machines() -> None:
    azure = scoped_azure()
    resource = scope(azure)
    assert failed(resource) == {}
    found = resource.answers()
    assert (found["matching_count"], names(found["matching_machines"])) == (3, ["vm-1", "vm-linux", "vm-3"])
    # Machines with schedules, and assignments; the second look shares the answer of the first.
    assert azure.calls() == ["ResourceGraph_Resources"] * 2
    asked = azure.sent("ResourceGraph_Resources")
    assert [request["subscriptions"] for request in asked] == [[HERE, THERE]] * 2


def test_a_preview_without_reads_knows_nothing_and_fails_nothing() -> None:
    azure = scoped_azure()
    resource = scope(azure, maxMachines=1.0)
    assert [finding for finding in resource.check(may_read=False) if finding.verdict == "fail"] == []
    assert azure.calls() == []


def test_a_resource_graph_that_does_not_answer_leaves_it_unknown() -> None:
    azure = scoped_azure()
    azure.simulator.faults.add(
        match("POST", "ResourceGraph"), response=Answer(403, "AuthorizationFailed", "Not you."), times=None
    )
    resource = scope(azure)
    assert failed(resource) == {}
    assert resource.answers() == {}
    assert "which machines it takes is not known: Azure Resource Graph" in azure.said.text


def test_what_comes_in_and_what_drops_out_is_named_in_the_preview_of_a_change() -> None:
    azure = scoped_azure()
    resource = scope(azure)
    resource.create()
    next_run(azure)
    resource.declare(tagFilters={"ring": ["2"]})
    found = resource.answers()
    assert names(found["matching_machines"]) == ["vm-2", "srv-1"]
    assert "2 machines come into the scope." in azure.said.text
    assert "They are: vm-2, srv-1." in azure.said.text
    assert "3 machines drop out of the scope: what does, this schedule patches no longer." in azure.said.text
    assert "They are: vm-1, vm-linux, vm-3." in azure.said.text


def test_machines_that_drifted_since_the_last_deployment_are_told_with_the_next_change() -> None:
    azure = scoped_azure()
    resource = scope(azure)
    shown = resource.answers()
    resource.declare(matchingCount=float(shown["matching_count"]), matchingMachines=list(shown["matching_machines"]))
    resource.create()
    for name, ring in (("vm-1", "9"), ("vm-2", "1")):
        path = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{name}"
        assert azure.ask("PATCH", path, {"tags": {"ring": ring}}).status == 200
    next_run(azure)
    assert resource.refresh() == resource.state
    assert resource.difference().changed == ()
    resource.declare(onDestroy="keep")
    resource.answers()
    assert "1 machine comes into the scope." in azure.said.text
    assert "They are: vm-2." in azure.said.text
    assert "They are: vm-1." in azure.said.text


PROGRAM: Program = {
    "ring": (
        "dynamic_scope",
        {
            "scheduleId": MONTHLY,
            "assignmentName": "ring-one",
            "subscriptionIds": [HERE, THERE],
            "tagFilters": {"ring": ["1"]},
            "maxMachines": 3,
        },
    )
}


def retag(azure: Azure, **rings: str) -> None:
    """Somebody else changes the tags of machines by name, `_` for `-`."""
    by_name = {resource.name: resource for resource in azure.simulator.world.resources}
    for name, ring in rings.items():
        by_name[name.replace("_", "-")].body["tags"] = {"ring": ring}


def test_a_guard_looks_in_every_run_and_finds_nothing_to_do_while_nothing_comes_or_goes() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    stack.up(PROGRAM)
    for _ in range(2):
        azure.take()
        assert stack.up(PROGRAM) == []
        assert azure.take() == ["ResourceGraph_Resources"] * 2
        stack.refresh()
    assert azure.said.remarks == []


def test_guards_over_the_same_subscriptions_share_what_is_asked() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    kind, inputs = PROGRAM["ring"]
    two = {**inputs, "assignmentName": "ring-two", "tagFilters": {"ring": ["2"]}}
    program = {**PROGRAM, "second": (kind, two)}
    stack.up(program)
    azure.take()
    assert stack.up(program) == []
    assert azure.take() == ["ResourceGraph_Resources"] * 2


def test_a_guard_stops_an_unchanged_program_when_the_world_brings_too_many() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    stack.up(PROGRAM)
    retag(azure, vm_2="1", srv_1="1")
    with pytest.raises(Rejected, match="max_machines: The scope takes 5 machines now; its declaration expects 3"):
        stack.up(PROGRAM)
    retag(azure, vm_2="2", srv_1="2")
    assert stack.up(PROGRAM) == []


def test_with_a_guard_what_the_world_brings_or_takes_is_an_update_that_names_it_once() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    stack.up(PROGRAM)
    retag(azure, vm_1="2", vm_2="1")
    azure.new_run()
    azure.take()
    assert stack.up(PROGRAM) == ["update ring"]
    assert azure.take_writes() == []
    assert "1 machine comes into the scope." in azure.said.text
    assert "They are: vm-2." in azure.said.text
    assert "They are: vm-1." in azure.said.text
    assert names(stack.resources["ring"].outputs["matchingMachines"]) == ["vm-2", "vm-linux", "vm-3"]
    azure.said.remarks.clear()
    assert stack.up(PROGRAM) == []
    assert azure.said.remarks == []


def test_a_guard_that_cannot_look_says_so_and_changes_nothing() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    stack.up(PROGRAM)
    azure.new_run()
    azure.simulator.faults.add(
        match("POST", "ResourceGraph"), response=Answer(403, "AuthorizationFailed", "Not you."), times=None
    )
    stored = stack.resources["ring"].inputs
    assert stored["matchingCount"] == 3
    assert stack.check(PROGRAM["ring"][0], "ring", PROGRAM["ring"][1], stored) == stored
    assert "which machines it takes is not known, so max_machines cannot be checked: " in azure.said.text


def test_without_a_guard_an_unchanged_program_asks_nothing() -> None:
    azure = scoped_azure()
    stack = Stack(azure)
    kind, inputs = PROGRAM["ring"]
    program = {"ring": (kind, {name: value for name, value in inputs.items() if name != "maxMachines"})}
    stack.up(program)
    retag(azure, vm_2="1")
    azure.take()
    assert stack.up(program) == []
    assert azure.take() == []


def test_a_guard_names_all_machines_that_it_expects() -> None:
    azure = scoped_azure([windows(f"vm-{number:03}", {"ring": "1"}) for number in range(120)])
    stack = Stack(azure)
    kind, inputs = PROGRAM["ring"]
    program = {"ring": (kind, {**inputs, "maxMachines": 150})}
    stack.up(program)
    assert len(stack.resources["ring"].outputs["matchingMachines"]) == 120
    assert stack.up(program) == []
    retag(azure, vm_119="2")
    assert stack.up(program) == ["update ring"]
    assert "They are: vm-119." in azure.said.text


def test_no_list_of_machines_in_the_state_grows_beyond_a_hundred() -> None:
    azure = scoped_azure([windows(f"vm-{number:03}", {"ring": "1"}) for number in range(120)])
    resource = scope(azure, HERE)
    found = resource.answers()
    assert (found["matching_count"], len(found["matching_machines"])) == (120, 100)
    resource.declare(matchingCount=120.0, matchingMachines=list(found["matching_machines"]))
    resource.create()
    next_run(azure)
    resource.declare(tagFilters={"ring": ["2"]})
    resource.answers()
    assert "120 machines drop out of the scope" in azure.said.text


def test_what_is_wrong_with_the_machines_is_counted() -> None:
    tags = {"ring": "1"}
    off = windows("vm-off", tags)
    off["properties"]["instanceView"] = {"statuses": [{"code": "PowerState/deallocated"}]}
    hotpatched = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}
    azure = scoped_azure(
        [
            off,
            windows("vm-manual", tags, patch_settings={"patchMode": "Manual"}, automatic_updates=False),
            windows("vm-hot", tags, patch_settings=hotpatched),
            windows("vm-a", tags, availability_set="as-one"),
            windows("vm-b", tags, availability_set="as-one"),
        ]
    )
    found = failed(scope(azure, HERE))
    assert found.keys() == {
        "scope-machines-off",
        "scope-machines-ready",
        "scope-takes-hotpatched-machines",
        "scope-availability-set",
    }
    assert {reason.split(" ")[0] for rule, reason in found.items() if "hotpatched" not in rule} == {"1"}
    assert "takes 1 hotpatched machine;" in found["scope-takes-hotpatched-machines"]


def test_settings_that_this_run_declares_count_as_they_will_be() -> None:
    azure = scoped_azure([windows("vm-1", {"ring": "1"}, patch_settings={"patchMode": "AutomaticByOS"})])
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-1"
    assert "scope-machines-ready" in failed(scope(azure, HERE))
    declared(
        azure, machine, patch_mode="AutomaticByPlatform", bypass_platform_safety_checks_on_user_schedule=True
    ).check()
    assert failed(scope(azure, HERE)) == {}


def test_another_schedule_of_the_same_machines_is_seen_however_it_is_given() -> None:
    azure = scoped_azure()
    other = {"maintenanceConfigurationId": WEEKLY, "filter": {"osTypes": ["Linux"]}}
    assert azure.ask("PUT", at(HERE, "linux"), {"location": "global", "properties": other}).status == 200
    static = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-1/{at(HERE)[len(f'/subscriptions/{HERE}/') :]}"
    body = {"location": "eastus", "properties": {"maintenanceConfigurationId": WEEKLY}}
    assert azure.ask("PUT", static, body).status == 200
    # The schedules of this world are alike, so that they start together.
    assert failed(scope(azure))["scope-same-start"].startswith("On 2 machines of the scope another schedule starts")
    assert failed(scope(azure, THERE)) == {}


@pytest.mark.parametrize("reads", [True, False])
def test_a_group_in_a_subscription_of_the_same_scope_is_told(reads: bool) -> None:
    azure = scoped_azure()

    def told(subscription: str) -> list[str]:
        found = scope(azure, subscription, resourceGroupIds=[GROUP], locations=["eastus"]).check(may_read=reads)
        return [one.reason for one in found if (one.rule, one.verdict) == ("scope-places-apart", "fail")]

    (reason,) = told(HERE)
    assert reason.startswith("1 resource group is in a subscription that the scope covers as well")
    assert told(THERE) == []


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"tagFilters": None}, "scope-whole-subscription", "Nothing but resource types narrows the scope"),
    (
        {"tagFilters": None, "resourceTypes": ["Microsoft.Compute/virtualMachines"]},
        "scope-whole-subscription",
        "Nothing but resource types narrows the scope",
    ),
    (
        {"subscriptionIds": None, "resourceGroupIds": [GROUP]},
        "scope-group-needs-locations",
        "A dynamic scope on a resource group without locations fails the service's validation.",
    ),
    (
        {"resourceGroupIds": [GROUP]},
        "scope-group-needs-locations",
        "A dynamic scope on a resource group without locations fails the service's validation.",
    ),
    (
        {"resourceTypes": ["Microsoft.Compute/virtualMachineScaleSets"]},
        "scope-resource-type",
        "Resource type 'Microsoft.Compute/virtualMachineScaleSets' cannot be in a dynamic scope.",
    ),
    (
        {"tagFilters": None, "osTypes": ["Windows", "linux"]},
        "scope-whole-subscription",
        "Nothing but resource types narrows the scope",
    ),
    ({"osTypes": ["Solaris"]}, "scope-os-type", "There is no operating system type 'Solaris'."),
    ({"tagOperator": "Some"}, "scope-tag-operator", "There is no tag operator Some."),
    (
        {"tagFilters": {f"tag-{number}": ["1"] for number in range(51)}},
        "scope-tag-filter-limit",
        "51 tag filters in one scope; the limit is 50.",
    ),
    (
        {"resourceGroups": [f"rg-{number}" for number in range(51)]},
        "scope-resource-group-limit",
        "51 resource groups in one scope; the limit is 50.",
    ),
    (
        {"subscriptionIds": [f"{number:08}-0000-0000-0000-000000000001" for number in range(201)]},
        "scope-subscription-limit",
        "201 subscriptions in the dynamic scopes of one schedule; the limit is 200.",
    ),
    ({"maxMachines": 2.0}, "scope-expected-machines", "The scope takes 3 machines now; its declaration expects 2"),
    (
        {"scheduleId": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-1"},
        "assignment-schedule-type",
        "A schedule is a Microsoft.Maintenance/maintenanceConfigurations resource",
    ),
]


@pytest.mark.parametrize(("changes", "rule", "reason"), BAD, ids=[f"{rule}-{n}" for n, (_, rule, _) in enumerate(BAD)])
def test_a_bad_declaration_is_refused_before_anything_is_touched(
    changes: dict[str, Any], rule: str, reason: str
) -> None:
    azure = scoped_azure()
    before = fingerprint(azure)
    errors = {found.rule: found.reason for found in scope(azure, **changes).check() if found.is_error}
    assert rule in errors
    assert errors[rule].startswith(reason)
    assert fingerprint(azure) == before


def test_a_whole_subscription_is_taken_when_the_declaration_says_so() -> None:
    azure = scoped_azure()
    resource = scope(azure, tagFilters=None, allowWholeSubscription=True)
    assert failed(resource) == {}
    assert resource.answers()["matching_count"] == len(fleet())


def test_a_filter_that_takes_nothing_is_pointed_out() -> None:
    azure = scoped_azure()
    assert failed(scope(azure, tagFilters={"ring": ["one"]})) == {
        "scope-matches-machines": "The scope takes none of the machines that are there now."
    }


def test_two_scopes_of_one_name_in_one_subscription_are_two_owners() -> None:
    azure = scoped_azure()
    assert set(scope(azure).targets()) == {at(HERE), at(THERE)}
    assert set(scope(azure, HERE, tagFilters={"ring": ["2"]}).targets()) == {at(HERE)}


def many(azure: Azure, number: int) -> None:
    """Other dynamic scopes of the same subscription and schedule."""
    for index in range(number):
        properties = {"maintenanceConfigurationId": WEEKLY, "filter": {"osTypes": ["Linux"]}}
        assert (
            azure.ask("PUT", at(HERE, f"scope-{index}"), {"location": "global", "properties": properties}).status == 200
        )


def test_limits_count_what_is_there_already() -> None:
    azure = scoped_azure()
    many(azure, 250)
    found = failed(scope(azure, scheduleId=WEEKLY))
    assert found["scope-region-limit"].startswith("251 dynamic scopes in one region")
    assert found["scope-schedule-limit"] == "252 dynamic scopes on one schedule; the limit is 200."
    assert "scope-subscription-limit" not in found


@pytest.mark.parametrize(
    ("cloud", "region", "is_over"),
    [
        ("AzureUSGovernment", "eastus", True),
        ("AzureCloud", "eastus", False),
        # Where the configuration does not tell, the machines' regions do.
        (None, "chinaeast2", True),
        (None, "eastus", False),
    ],
)
def test_the_lower_limits_of_sovereign_clouds_hold_without_locations(
    cloud: str | None, region: str, is_over: bool
) -> None:
    azure = scoped_azure([windows("vm-1", {"ring": "1"}, location=region)])
    azure.settings = replace(azure.settings, cloud=cloud)
    azure.new_run()
    subscriptions = [HERE, *(f"{number:08}-0000-0000-0000-000000000002" for number in range(100))]
    found = failed(scope(azure, *subscriptions))
    assert ("scope-subscription-limit-sovereign" in found) == is_over
    assert "scope-subscription-limit" not in found


@pytest.mark.slow
def test_a_scope_of_more_machines_than_a_page_holds_is_counted_whole_and_refused() -> None:
    azure = scoped_azure([windows(f"vm-{number:04}", {"ring": "1"}) for number in range(1100)])
    resource = scope(azure, HERE)
    found = failed(resource)
    assert found["scope-machine-limit"] == "1100 machines in one dynamic scope; the limit is 1000."
    assert resource.answers()["matching_count"] == 1100
    # Two pages of machines, one of assignments.
    assert azure.calls() == ["ResourceGraph_Resources"] * 3
