"""One declaration over subscriptions and groups: made, adopted, repaired, partly failed, restored."""

from typing import Any

import pytest

from azure_patch_simulator import Answer, Drop, match
from pulumi_azure_hotpatch.errors import ArmError, InvalidInput
from pulumi_azure_hotpatch.ports import Settings
from tests.handlers.schedules import next_run
from tests.handlers.scopes import (
    DELETE,
    GET,
    GROUP,
    HERE,
    MONTHLY,
    PUT,
    THERE,
    WEEKLY,
    at,
    filter_at,
    scope,
    scoped_azure,
)
from tests.support.simulated import Azure

RING_ONE = {"tagSettings": {"tags": {"ring": ["1"]}, "filterOperator": "Any"}}


def put(azure: Azure, id: str, narrowed: dict[str, Any], schedule: str = MONTHLY) -> None:
    """Somebody else writes a dynamic scope."""
    properties = {"maintenanceConfigurationId": schedule, "filter": narrowed}
    assert azure.ask("PUT", id, {"location": "global", "properties": properties}).status == 200


def test_every_subscription_has_an_assignment_with_the_same_filter() -> None:
    azure = scoped_azure()
    resource = scope(azure)
    state = resource.create()
    assert azure.calls() == [GET, PUT, GET, PUT]
    assert azure.sent(PUT)[0] == {
        "location": "global",
        "properties": {
            "maintenanceConfigurationId": MONTHLY,
            "resourceId": f"/subscriptions/{HERE}",
            "filter": RING_ONE,
        },
    }
    assert [filter_at(azure, at(one)) for one in (HERE, THERE)] == [RING_ONE, RING_ONE]
    assert resource.id == at(HERE)
    assert state.assignment_ids == (at(HERE), at(THERE))


def test_a_group_s_assignment_is_kept_where_its_first_location_is() -> None:
    azure = scoped_azure()
    scope(azure, subscriptionIds=None, resourceGroupIds=[GROUP], locations=["westeurope", "eastus"]).create()
    (sent,) = azure.sent("ConfigurationAssignmentsForResourceGroup_CreateOrUpdate")
    assert (sent["location"], sent["properties"]["resourceId"]) == ("westeurope", GROUP)


def test_a_scope_that_names_no_place_is_over_the_stack_s_subscription() -> None:
    azure = scoped_azure()
    resource = scope(azure, subscriptionIds=None)
    draft_inputs = resource.handler.resolve(resource.context(), _draft(resource))
    assert draft_inputs == {"subscription_ids": (HERE,)}
    azure.settings = Settings()
    azure.new_run()
    assert {finding.rule for finding in resource.check() if finding.is_error} == {"subscription-known"}
    with pytest.raises(InvalidInput, match="no subscription is given"):
        resource.create()


def _draft(resource: Any) -> Any:
    from pulumi_azure_hotpatch.host import wire

    return wire.draft(resource.handler.inputs, resource.inputs)[0]


def test_what_the_service_rewrites_is_no_difference() -> None:
    azure = scoped_azure()
    resource = scope(azure, locations=["East US"], osTypes=["windows", "Linux"])
    state = resource.create()
    reordered = {
        "osTypes": ["Linux", "Windows"],
        "locations": ["eastus"],
        "resourceGroups": [],
        "tagSettings": {"tags": {"Ring": ["1"]}, "filterOperator": "any"},
    }
    put(azure, at(HERE), reordered, MONTHLY.lower())
    next_run(azure)
    assert resource.refresh() == state
    assert resource.difference().changed == ()
    assert azure.said.remarks == []


def test_types_systems_and_the_operator_have_any_letter_case_and_are_written_in_azure_s() -> None:
    azure = scoped_azure()
    filters: dict[str, Any] = {
        "resourceTypes": ["microsoft.compute/VIRTUALMACHINES"],
        "osTypes": ["windows"],
        "tagOperator": "all",
    }
    resource = scope(azure, HERE, **filters, tagFilters={"ring": ["1"], "stage": ["production"]})
    assert not [finding for finding in resource.check() if finding.is_error]
    resource.create()
    narrowed = filter_at(azure, at(HERE))
    assert narrowed is not None
    assert narrowed["resourceTypes"] == ["Microsoft.Compute/virtualMachines"]
    assert (narrowed["osTypes"], narrowed["tagSettings"]["filterOperator"]) == (["Windows"], "All")
    assert resource.refresh() == resource.state
    assert resource.difference().changed == ()


def test_a_filter_that_was_changed_elsewhere_is_seen_in_the_inputs_names_and_repaired() -> None:
    azure = scoped_azure()
    resource = scope(azure)
    resource.create()
    put(azure, at(THERE), {"osTypes": ["Linux"]})
    next_run(azure)
    seen = resource.refresh()
    assert (seen.os_types, seen.tag_filters, seen.tag_operator) == (("Linux",), None, "Any")
    assert resource.difference().changed == ("osTypes", "tagFilters")
    assert resource.refresh() == seen
    azure.take()
    resource.update()
    assert azure.take_writes() == [PUT]
    assert filter_at(azure, at(THERE)) == RING_ONE


def test_a_filter_that_somebody_puts_right_again_is_no_difference_any_more() -> None:
    azure = scoped_azure()
    resource = scope(azure)
    before = resource.create()
    put(azure, at(THERE), {"osTypes": ["Linux"]})
    next_run(azure)
    assert resource.refresh() != before
    put(azure, at(THERE), RING_ONE)
    next_run(azure)
    assert resource.refresh() == before
    assert resource.difference().changed == ()


@pytest.mark.parametrize("elsewhere", [False, True], ids=["deleted", "given another schedule"])
def test_an_assignment_that_is_lost_at_one_place_is_made_there_again(elsewhere: bool) -> None:
    azure = scoped_azure()
    resource = scope(azure)
    resource.create()
    if elsewhere:
        put(azure, at(THERE), RING_ONE, WEEKLY)
    else:
        assert azure.ask("DELETE", at(THERE)).status == 200
    next_run(azure)
    for _ in range(2):
        assert resource.refresh().subscription_ids == (HERE,)
    assert resource.difference().changed == ("subscriptionIds",)
    assert resource.difference().replaces == ()
    assert f"not there any more, or with another schedule: /subscriptions/{THERE}" in azure.said.text
    azure.take()
    resource.update()
    assert azure.take_writes() == [PUT]
    assert azure.body(at(THERE))["properties"]["maintenanceConfigurationId"] == MONTHLY
    resource.delete()
    assert [filter_at(azure, at(one)) for one in (HERE, THERE)] == [None, None]


def test_a_subscription_that_joins_or_leaves_is_an_update() -> None:
    azure = scoped_azure()
    resource = scope(azure, HERE)
    resource.create()
    next_run(azure)
    resource.declare(subscriptionIds=[HERE, THERE])
    assert resource.difference().replaces == ()
    resource.update()
    assert azure.take_writes() == [PUT]
    next_run(azure)
    resource.declare(subscriptionIds=[THERE])
    state = resource.update()
    assert azure.take_writes() == [DELETE]
    assert (filter_at(azure, at(HERE)), state.assignment_ids) == (None, (at(THERE),))
    resource.delete()
    assert filter_at(azure, at(THERE)) is None


def test_what_was_there_is_adopted_place_by_place() -> None:
    azure = scoped_azure()
    put(azure, at(HERE), RING_ONE)
    resource = scope(azure)
    state = resource.create()
    assert azure.writes() == [PUT]
    assert state.adopted == (at(HERE).casefold(),)
    next_run(azure)
    resource.delete()
    assert [filter_at(azure, at(one)) for one in (HERE, THERE)] == [RING_ONE, None]
    assert azure.said.remarks == [
        (
            "INFO",
            f"dynamic scope 'ring-one': the assignment at /subscriptions/{HERE} stays, because it was there before",
        )
    ]


def test_what_was_there_otherwise_goes_back_to_what_it_was_with_what_we_cannot_declare() -> None:
    azure = scoped_azure()
    before = {"osTypes": ["Windows"], "availabilityZones": ["1"]}
    put(azure, at(HERE), before, WEEKLY)
    resource = scope(azure, HERE)
    resource.create()
    assert filter_at(azure, at(HERE)) == RING_ONE | {"availabilityZones": ["1"]}
    next_run(azure)
    resource.delete()
    assert filter_at(azure, at(HERE)) == before
    assert azure.body(at(HERE))["properties"]["maintenanceConfigurationId"] == WEEKLY


def test_a_schedule_that_is_gone_is_not_given_back() -> None:
    azure = scoped_azure()
    put(azure, at(HERE), {"osTypes": ["Windows"]}, WEEKLY)
    resource = scope(azure, HERE)
    resource.create()
    assert azure.ask("DELETE", WEEKLY).status == 200
    next_run(azure)
    resource.delete()
    assert filter_at(azure, at(HERE)) == RING_ONE
    assert f"the schedule that it had before, {WEEKLY}, is gone" in azure.said.text


def test_what_somebody_else_changed_since_is_left_and_named() -> None:
    azure = scoped_azure()
    resource = scope(azure, HERE)
    resource.create()
    put(azure, at(HERE), {"osTypes": ["Linux"]})
    next_run(azure)
    resource.delete()
    assert azure.writes() == [PUT]
    assert (
        azure.said.text
        == f"dynamic scope 'ring-one': the assignment at /subscriptions/{HERE} stays: somebody else changed it"
    )


def test_keep_leaves_everything_and_says_so() -> None:
    azure = scoped_azure()
    resource = scope(azure, HERE, onDestroy="keep")
    resource.create()
    next_run(azure)
    resource.delete()
    assert azure.take() == []
    assert azure.said.text.endswith("stays (on_destroy is 'keep')")


def refuse(azure: Azure, subscription: str) -> None:
    """The service refuses whatever is written in a subscription."""
    azure.simulator.faults.add(
        match("PUT", rf"/subscriptions/{subscription}/providers/Microsoft\.Maintenance"),
        response=Answer(403, "AuthorizationFailed", "The client does not have authorization."),
        times=None,
    )


def test_one_subscription_that_fails_does_not_stop_the_others_and_the_next_run_does_the_rest() -> None:
    azure = scoped_azure()
    refuse(azure, HERE)
    resource = scope(azure)
    with pytest.raises(ArmError) as failed:
        resource.create()
    assert str(failed.value).startswith(
        "dynamic scope 'ring-one': 1 of 2 assignments failed; what is done is kept, run again to do the rest. "
        f"/subscriptions/{HERE}: assignment 'ring-one': could not write it: AuthorizationFailed"
    )
    assert resource.state.assignment_ids == (at(THERE),)
    assert resource.id == at(HERE)
    next_run(azure)
    assert resource.difference().changed == ("unfinished",)
    state = resource.update()
    assert azure.take_writes() == [PUT]
    assert (set(state.assignment_ids), state.unfinished) == ({at(HERE), at(THERE)}, None)
    resource.delete()
    assert [filter_at(azure, at(one)) for one in (HERE, THERE)] == [None, None]


def test_where_nothing_was_done_nothing_is_kept() -> None:
    azure = scoped_azure()
    refuse(azure, HERE)
    resource = scope(azure, HERE)
    with pytest.raises(ArmError):
        resource.create()
    assert resource.stored is None


def test_when_azure_cannot_be_reached_the_rest_is_not_even_tried() -> None:
    azure = scoped_azure()
    azure.simulator.faults.add(match("PUT", "Microsoft.Maintenance"), response=Drop(before=True), times=None)
    resource = scope(azure)
    with pytest.raises(ArmError, match="1 of 1 assignment failed"):
        resource.create()
    assert filter_at(azure, at(THERE)) is None
    next_run(azure)
    assert set(resource.update().assignment_ids) == {at(HERE), at(THERE)}


def test_an_end_that_fails_at_one_place_is_repeated_for_that_place_only() -> None:
    azure = scoped_azure()
    resource = scope(azure)
    resource.create()
    next_run(azure)
    azure.simulator.faults.add(
        match("DELETE", f"/subscriptions/{HERE}/"), response=Answer(409, "Conflict", "Not now."), times=None
    )
    with pytest.raises(ArmError, match="1 of 2 assignments failed"):
        resource.delete()
    assert filter_at(azure, at(THERE)) is None
    next_run(azure)
    resource.delete()
    assert azure.take_writes() == [DELETE]


def test_a_rename_keeps_what_the_new_resource_declares() -> None:
    azure = scoped_azure()
    old = scope(azure, urn="urn:old")
    old.create()
    next_run(azure)
    new = scope(azure, urn="urn:new")
    ctx = new.context()
    for target in new.targets():
        ctx.declarations.declare(target)
    new.create()
    old.delete()
    assert azure.take_writes() == []
    assert azure.said.text.count("stays: another resource of this stack declares it") == 2
