"""Who is in a fleet: as listed, as a filter or a query finds; who joins, who leaves, and who is claimed twice."""

from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, match
from pulumi_azure_hotpatch.errors import InvalidInput
from tests.handlers.fleets import (
    BEFORE,
    GRAPH,
    MONTHLY,
    PATCH,
    PUT,
    UNASSIGN,
    WANTED,
    assigned,
    azure_of,
    fleet,
    ids,
    machines_of,
    names,
)
from tests.handlers.machines import edit, held
from tests.handlers.stack import Rejected, Stack
from tests.support.simulated import Azure

PATCHED = {"patchMode": "AutomaticByPlatform", "bypassPlatformSafetyChecksOnUserSchedule": True}
RING: dict[str, Any] = {"tagFilters": {"Ring": ["web"]}, "subscriptionIds": [SUBSCRIPTION_ID]}
QUERY = "resources | where tags['ring'] == 'web' | project id | order by id asc"


def declared(**inputs: Any) -> tuple[str, dict[str, Any]]:
    """A fleet as a program of `Stack` has it."""
    return "fleet_patch_settings", {"fleetName": "web", **PATCHED, **inputs}


def in_rings(*web: int) -> Azure:
    """Six machines, those of the given numbers in the ring `web`."""
    return azure_of(6, tags={f"vm-{number:04}": {"ring": "web" if number in web else "db"} for number in range(6)})


def move(azure: Azure, number: int, ring: str) -> None:
    """Put a machine into another ring."""
    assert azure.ask("PATCH", ids(6)[number], {"tags": {"ring": ring}}).status == 200
    azure.simulator.clock.advance(azure.simulator.world.settings.operation_time)


def patched(azure: Azure, count: int = 6) -> list[int]:
    """The numbers of the machines that have what is wanted."""
    return [number for number, machine in enumerate(ids(count)) if held(azure, machine) == WANTED]


def test_a_machine_that_is_listed_no_longer_gets_back_what_it_had() -> None:
    azure = azure_of(4)
    resource = fleet(azure, ids(4), scheduleId=MONTHLY)
    resource.create()
    azure.new_run()
    azure.take()
    resource.declare(machineIds=ids(3))
    resource.update()
    assert azure.take_writes() == [UNASSIGN, PATCH]
    assert held(azure, ids(4)[3])["patch_mode"] == BEFORE["patch_mode"]
    assert assigned(azure, ids(4)[3]) is None
    assert machines_of(resource) == names(3)
    assert "leaving the fleet: 1 machine (vm-0003)" in azure.said.text


def test_a_machine_that_leaves_a_fleet_that_keeps_everything_is_left_as_it_is() -> None:
    azure = azure_of(4)
    resource = fleet(azure, ids(4), onDestroy="keep")
    resource.create()
    azure.new_run()
    azure.take()
    resource.declare(machineIds=ids(3))
    resource.update()
    assert azure.take_writes() == []
    assert patched(azure, 4) == [0, 1, 2, 3]
    assert machines_of(resource) == names(3)


def test_a_machine_that_left_and_is_gone_is_forgotten() -> None:
    azure = azure_of(4)
    resource = fleet(azure, ids(4))
    resource.create()
    assert azure.ask("DELETE", ids(4)[3]).status == 202
    azure.simulator.clock.advance(azure.simulator.world.settings.operation_time)
    azure.new_run()
    azure.take()
    resource.declare(machineIds=ids(3))
    resource.update()
    assert azure.take_writes() == []
    assert machines_of(resource) == names(3)


def test_a_machine_that_cannot_be_given_back_stays_in_the_records_until_it_can() -> None:
    azure = azure_of(4)
    resource = fleet(azure, ids(4))
    resource.create()
    azure.new_run()
    azure.simulator.faults.add(
        match("PATCH", "vm-0003$"), response=Answer(403, "AuthorizationFailed", "No."), times=None
    )
    resource.declare(machineIds=ids(3))
    with pytest.raises(Exception, match=r"vm-0003: could not change its patch settings: AuthorizationFailed: No\."):
        resource.update()
    assert machines_of(resource) == names(4)
    azure.new_run()
    resource.update()
    assert machines_of(resource) == names(3)
    assert patched(azure, 4) == [0, 1, 2]


@pytest.mark.parametrize("source", [RING, {"query": QUERY, "subscriptionIds": [SUBSCRIPTION_ID]}])
def test_what_a_filter_or_a_query_finds_joins_and_leaves(source: dict[str, Any]) -> None:
    azure = in_rings(0, 1, 2)
    stack = Stack(azure)
    program = {"web": declared(**source)}
    assert stack.up(program) == ["create web"]
    assert patched(azure) == [0, 1, 2]
    assert stack.resources["web"].outputs["matched"] == ids(3)
    for _ in range(3):
        azure.take()
        assert stack.up(program) == []
        assert azure.take() == [GRAPH]
    move(azure, 5, "web")
    move(azure, 0, "db")
    assert stack.check("fleet_patch_settings", "web", program["web"][1])["matched"] == [ids(6)[n] for n in (1, 2, 5)]
    assert stack.up(program) == ["update web"]
    assert patched(azure) == [1, 2, 5]
    assert stack.up(program) == []
    stack.refresh()
    assert stack.up(program) == []
    assert stack.up({}) == ["delete web"]
    assert patched(azure) == []


def test_filters_are_those_of_dynamic_scopes() -> None:
    azure = in_rings(0, 1)
    both = {"tagFilters": {"ring": ["web"], "owner": ["contoso"]}, "subscriptionIds": [SUBSCRIPTION_ID]}
    stack = Stack(azure)

    def matched(**inputs: Any) -> list[str] | None:
        found = stack.check("fleet_patch_settings", "web", declared(**inputs)[1])
        matched: list[str] | None = found.get("matched")
        return matched

    assert matched(**both) == ids(2)
    assert matched(**both, tagOperator="All") == []
    assert matched(tagFilters={"ring": ["WEB"]}) == []
    assert matched(osTypes=["Windows"], locations=["East US"], resourceGroups=["RG-CONTOSO"]) == ids(6)
    assert matched(osTypes=["Linux"]) == []
    assert matched(allowWholeSubscription=True) == ids(6)
    assert matched(machineIds=ids(1)) is None


def test_systems_and_the_operator_have_any_letter_case_as_in_dynamic_scopes() -> None:
    azure = in_rings(1, 4)
    stack = Stack(azure)
    tags = {"ring": ["web"], "stage": ["production"]}
    stack.up({"web": declared(osTypes=["windows"], tagFilters=tags, tagOperator="any")})
    assert patched(azure) == [1, 4]
    azure.new_run()
    assert stack.up({"web": declared(osTypes=["Windows"], tagFilters=tags)}) == []
    with pytest.raises(Rejected, match="'solaris' is not one of 'Windows' or 'Linux'"):
        stack.up({"web": declared(osTypes=["solaris"])})


def test_where_azure_may_not_be_asked_nobody_joins_or_leaves() -> None:
    azure = in_rings(0, 1)
    stack = Stack(azure)
    program = {"web": declared(**RING)}
    stack.up(program)
    move(azure, 2, "web")
    azure.simulator.faults.clear()
    object.__setattr__(azure.settings, "preview_reads", False)
    azure.take()
    assert stack.up(program) == []
    assert azure.take() == []
    object.__setattr__(azure.settings, "preview_reads", True)
    assert stack.up(program) == ["update web"]
    assert patched(azure) == [0, 1, 2]


def test_a_fleet_that_was_made_without_a_look_needs_none_to_be_settled() -> None:
    azure = in_rings(0, 1)
    stack = Stack(azure)
    program = {"web": declared(**RING)}
    object.__setattr__(azure.settings, "preview_reads", False)
    stack.up(program)
    azure.take()
    assert stack.up(program) == []
    assert azure.take() == []
    stack.refresh()
    assert stack.up(program) == []
    object.__setattr__(azure.settings, "preview_reads", True)
    assert stack.up(program) == []
    move(azure, 2, "web")
    assert stack.up(program) == ["update web"]
    assert patched(azure) == [0, 1, 2]


def test_without_previews_a_new_fleet_finds_its_machines_when_it_is_made() -> None:
    azure = in_rings(0, 1)
    object.__setattr__(azure.settings, "preview_reads", False)
    stack = Stack(azure)
    assert stack.up({"web": declared(**RING)}) == ["create web"]
    assert patched(azure) == [0, 1]


def test_machines_that_are_found_only_while_writing_are_claimed_like_others() -> None:
    azure = in_rings(0, 1)
    object.__setattr__(azure.settings, "preview_reads", False)
    single = ("virtual_machine_patch_settings", {"virtualMachineId": ids(6)[3], **PATCHED})
    stack = Stack(azure)
    stack.up({"web": declared(**RING), "listed": declared(machineIds=[ids(6)[2]], fleetName="b"), "single": single})
    move(azure, 2, "web")
    move(azure, 3, "web")
    both = {**RING, "tagFilters": {"ring": ["web", "front"]}}
    assert stack.up({"web": declared(**both)}) == ["update web", "delete single", "delete listed"]
    assert patched(azure) == [0, 1, 2, 3]
    assert stack.up({"web": declared(**both)}, replacing=["web"]) == ["replace web", "delete web"]
    assert patched(azure) == [0, 1, 2, 3]


@pytest.mark.parametrize("other", [{"machineIds": ids(6)}, RING])
def test_machines_that_are_found_only_while_writing_are_not_shared(other: dict[str, Any]) -> None:
    azure = in_rings(0, 1, 2, 4, 5)
    object.__setattr__(azure.settings, "preview_reads", False)
    stack = Stack(azure)
    with pytest.raises(Exception, match="declared by another resource") as refused:
        stack.up({"other": declared(**other, fleetName="b"), "web": declared(**RING)})
    (line,) = str(refused.value).splitlines()
    assert "fleet 'web': machine_ids: " in line
    assert line.endswith("So are 2 more [vm-settings-declared-twice].")
    assert list(stack.resources) == ["other"]


def test_machines_that_are_found_only_while_writing_are_judged_before_anything_is_written() -> None:
    azure = azure_of(2)
    object.__setattr__(azure.settings, "preview_reads", False)
    stack = Stack(azure)
    azure.take()
    with pytest.raises(Exception, match=r"fleet 'web': .*hotpatch-forbids-bypass"):
        stack.up({"web": declared(allowWholeSubscription=True, enableHotpatching=True)})
    assert azure.take_writes() == []


def test_another_filter_is_looked_up_by_the_update_itself() -> None:
    azure = in_rings(0, 1)
    stack = Stack(azure)
    stack.up({"web": declared(**RING)})
    db = {"web": declared(**{**RING, "tagFilters": {"Ring": ["db"]}})}
    object.__setattr__(azure.settings, "preview_reads", False)
    assert stack.up(db) == ["update web"]
    assert patched(azure) == [2, 3, 4, 5]
    assert stack.up(db) == []


def test_a_fleet_whose_machines_cannot_be_looked_up_is_not_changed() -> None:
    azure = in_rings(0, 1)
    stack = Stack(azure)
    stack.up({"web": declared(**RING)})
    before = stack.resources["web"]
    azure.take()

    def run(program: dict[str, Any]) -> list[str]:
        """A run in which Resource Graph is down: `up` begins one."""
        failing = azure.new_run

        def new_run() -> None:
            failing()
            unavailable = Answer(503, "ServiceUnavailable", "Later.")
            azure.simulator.faults.add(match("POST", "ResourceGraph"), response=unavailable, times=None)

        azure.new_run = new_run  # type: ignore[method-assign]
        try:
            return stack.up(program)
        finally:
            azure.new_run = failing  # type: ignore[method-assign]

    assert run({"web": declared(**RING)}) == []
    db = {"web": declared(**{**RING, "tagFilters": {"Ring": ["db"]}})}
    with pytest.raises(
        Exception, match="which machines match could not be looked up, so nothing was changed"
    ) as failed:
        run(db)
    (line,) = str(failed.value).splitlines()
    assert line.startswith("fleet 'web': ")
    assert line.endswith("; mend that and run again")
    assert "preview" not in line + azure.said.text
    assert stack.resources["web"] == before
    assert patched(azure) == [0, 1]
    assert stack.up(db) == ["update web"]
    assert patched(azure) == [2, 3, 4, 5]


def test_an_error_at_a_list_or_a_map_does_not_show_all_of_its_values() -> None:
    stack = Stack(azure_of(1))
    stack.check("fleet_patch_settings", "first", declared(machineIds=ids(500))[1])
    with pytest.raises(Rejected) as rejected:
        stack.check("fleet_patch_settings", "second", declared(machineIds=ids(500), fleetName="b")[1])
    assert {property for property, _ in rejected.value.failures} == {""}
    assert all("machine_ids: " in reason for _, reason in rejected.value.failures[:3])
    assert rejected.value.failures[3][1] == "fleet 'b': so are 497 more [vm-settings-declared-twice]"
    with pytest.raises(Rejected) as rejected:
        stack.check("fleet_patch_settings", "second", declared(machineIds=ids(500), patchMode="Never")[1])
    assert [property for property, _ in rejected.value.failures] == ["patchMode"]


def test_a_query_that_finds_no_machines_is_refused_in_preview() -> None:
    stack = Stack(in_rings(0))
    for query, reason in (
        ("resources | project name | order by name asc", "the query answers a row without 'id'; let it project the id"),
        ("resources | where type contains 'maintenance' | project id | order by id asc", "the query answers '/subsc"),
        ("resources | wher", "the query cannot be used: Azure Resource Graph: could not ask it: BadRequest"),
    ):
        with pytest.raises(Exception, match=f"fleet 'web': {reason}"):
            stack.check("fleet_patch_settings", "web", declared(query=query)[1])


@pytest.mark.parametrize(
    ("inputs", "number"),
    [
        ({}, 0),
        ({"subscriptionIds": [SUBSCRIPTION_ID]}, 0),
        ({"machineIds": ids(1), "query": QUERY}, 2),
        (RING | {"query": QUERY}, 2),
    ],
)
def test_machines_are_named_in_one_way(inputs: dict[str, Any], number: int) -> None:
    with pytest.raises(Rejected, match=f"Of machine_ids, query and filters {number} are given, where exactly one is"):
        Stack(in_rings(0)).check("fleet_patch_settings", "web", declared(**inputs)[1])


def test_a_fleet_without_machines_is_a_warning() -> None:
    azure = in_rings()
    stack = Stack(azure)
    assert stack.up({"web": declared(**RING)}) == ["create web"]
    assert "No machine is in the fleet." in azure.said.text
    assert stack.up({"web": declared(**RING)}) == []
    assert stack.up({}) == ["delete web"]


def test_no_machine_has_its_settings_declared_twice() -> None:
    single = (
        "virtual_machine_patch_settings",
        {
            "virtualMachineId": ids(3)[1]
            .upper()
            .replace("MICROSOFT.COMPUTE/VIRTUALMACHINES", "Microsoft.Compute/virtualMachines"),
            "patchMode": "AutomaticByPlatform",
        },
    )
    schedule = ("schedule_assignment", {"machineId": ids(3)[2], "scheduleId": MONTHLY})
    several = declared(machineIds=ids(3), scheduleId=MONTHLY)
    for first, second in ((several, single), (single, several), (several, declared(machineIds=ids(1), fleetName="b"))):
        stack = Stack(azure_of(3))
        stack.check(first[0], "first", first[1])
        with pytest.raises(Rejected, match="vm-settings-declared-twice"):
            stack.check(second[0], "second", second[1])
    stack = Stack(azure_of(3))
    stack.check(several[0], "first", several[1])
    with pytest.raises(Rejected, match="assignment-declared-twice"):
        stack.check(schedule[0], "second", schedule[1])


def test_of_many_machines_that_are_declared_twice_a_few_are_named() -> None:
    stack = Stack(azure_of(20))
    stack.check("fleet_patch_settings", "first", declared(machineIds=ids(20))[1])
    with pytest.raises(Rejected) as refused:
        stack.check("fleet_patch_settings", "second", declared(machineIds=ids(20), fleetName="again")[1])
    *named, rest = [reason for _, reason in refused.value.failures]
    assert [reason.split(" has its")[0].rsplit("/", 1)[-1] for reason in named] == names(3)
    assert rest == "fleet 'again': so are 17 more [vm-settings-declared-twice]"


def test_a_machine_that_moves_to_a_resource_of_its_own_is_not_given_back() -> None:
    azure = azure_of(3)
    stack = Stack(azure)
    stack.up({"web": declared(machineIds=ids(3))})
    azure.take()
    steps = stack.up(
        {
            "one": ("virtual_machine_patch_settings", {"virtualMachineId": ids(3)[2], **PATCHED}),
            "web": declared(machineIds=ids(2)),
        }
    )
    assert steps == ["create one", "update web"]
    assert azure.take_writes() == []
    assert patched(azure, 3) == [0, 1, 2]


def test_a_renamed_fleet_changes_nothing() -> None:
    azure = azure_of(3)
    stack = Stack(azure)
    stack.up({"web": declared(machineIds=ids(3), scheduleId=MONTHLY)})
    azure.take()
    assert stack.up({"front": declared(machineIds=ids(3), scheduleId=MONTHLY)}) == ["create front", "delete web"]
    assert azure.take_writes() == []


def test_a_machine_that_is_listed_twice_is_one() -> None:
    azure = azure_of(2)
    resource = fleet(azure, [*ids(2), ids(2)[0].replace("vm-", "VM-")])
    resource.create()
    assert azure.writes() == [PATCH, PATCH]
    assert len(machines_of(resource)) == 2


def test_what_joins_is_adopted_where_it_is_as_wanted() -> None:
    azure = azure_of(3)
    edit(azure, WANTED, ids(3)[2])
    resource = fleet(azure, ids(2), scheduleId=MONTHLY)
    resource.create()
    resource.declare(machineIds=ids(3))
    azure.new_run()
    azure.take()
    resource.update()
    assert azure.take_writes() == [PUT]
    azure.new_run()
    resource.delete()
    assert patched(azure, 3) == [2]


def test_a_query_without_a_subscription_says_how_to_name_one() -> None:
    azure = in_rings(0)
    object.__setattr__(azure.settings, "subscription_id", None)
    resource = fleet(azure, [], query=QUERY)
    resource.declare(machineIds=None)
    with pytest.raises(InvalidInput, match="fleet 'web': no subscription is given; name subscription_ids"):
        resource.create()
