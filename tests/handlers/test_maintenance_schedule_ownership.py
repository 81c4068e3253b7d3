"""Maintenance schedules that were there before: taken over, released, left, restored; and answers that never came."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_patch_simulator import Answer, Drop, match
from pulumi_azure_hotpatch.errors import ArmError, Refused
from tests.handlers.schedules import (
    DELETE,
    GET,
    ID,
    NAME,
    PUT,
    WINDOW,
    change,
    kept,
    next_run,
    schedule,
    theirs,
    window_of,
)
from tests.support.simulated import Azure


def test_a_schedule_that_is_as_wanted_is_adopted_without_a_write_and_stays_in_the_end() -> None:
    azure = Azure()
    theirs(azure)
    before = kept(azure)
    resource = schedule(azure)
    state = resource.create()
    assert (state.adopted, state.previous, state.previously_absent) == (True, {}, ())
    next_run(azure)
    resource.delete()
    assert azure.writes() == []
    assert kept(azure) == before
    assert azure.said.remarks == [("INFO", "schedule 'contoso-monthly': it stays, because it was there before")]


def test_only_what_is_given_changes_in_a_schedule_that_was_there_and_all_of_it_goes_back() -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    before = kept(azure)
    resource = schedule(
        azure,
        rebootSetting="Always",
        windows={"classificationsToInclude": ["Security"]},
        linux={"packageNameMasksToInclude": ["kernel*"]},
    )
    state = resource.create()
    assert azure.calls() == [GET, PUT]
    assert state.adopted is True
    assert state.previously_absent == ("linux",)
    assert state.previous == {
        "duration": "02:00",
        "reboot_setting": "Never",
        "windows": {"classificationsToInclude": ["Critical"], "kbNumbersToExclude": ["5001234"]},
    }
    after = kept(azure)
    assert (after["tags"], after["properties"]["maintenanceWindow"]) == (
        {"owner": "contoso"},
        {**WINDOW, "expirationDateTime": "2028-01-01 00:00"},
    )
    for untouched in ("namespace", "extensionProperties"):
        assert after["properties"][untouched] == before["properties"][untouched]
    next_run(azure)
    assert resource.refresh() == state
    resource.delete()
    assert kept(azure) == before


def test_the_reboot_setting_of_a_schedule_that_was_there_is_theirs_until_it_is_given() -> None:
    azure = Azure()
    theirs(azure)
    resource = schedule(azure)
    resource.create()
    next_run(azure)
    resource.refresh()
    assert resource.difference().changed == ()
    resource.declare(rebootSetting="IfRequired")
    assert resource.difference().changed == ("rebootSetting",)
    resource.update()
    assert kept(azure)["properties"]["installPatches"]["rebootSetting"] == "IfRequired"
    next_run(azure)
    resource.delete()
    assert kept(azure)["properties"]["installPatches"]["rebootSetting"] == "Never"


def test_a_schedule_of_another_scope_is_not_taken_over() -> None:
    azure = Azure()
    body = {"location": "eastus", "properties": {"maintenanceScope": "Host", "visibility": "Custom"}}
    assert azure.ask("PUT", ID, body).status == 200
    with pytest.raises(Refused) as refused:
        schedule(azure).create()
    assert str(refused.value) == (
        "schedule 'contoso-monthly': it exists already with scope Host; choose another schedule_name"
    )
    assert azure.writes() == []


def test_a_schedule_in_another_region_is_not_taken_over() -> None:
    azure = Azure()
    theirs(azure)
    with pytest.raises(Refused) as refused:
        schedule(azure, location="West Europe").create()
    assert str(refused.value) == (
        "schedule 'contoso-monthly': it exists already in eastus; correct location or choose another name"
    )
    schedule(azure, location="East US").create()
    assert azure.writes() == []


@pytest.mark.parametrize("refreshed", [False, True], ids=["unseen", "seen by a refresh"])
def test_what_somebody_changed_in_a_schedule_that_was_there_is_left_and_named(refreshed: bool) -> None:
    azure = Azure()
    theirs(azure, duration="02:00", recurEvery="Week Sunday")
    resource = schedule(azure)
    resource.create()
    change(azure, {"maintenanceWindow": {"recurEvery": "Day"}})
    next_run(azure)
    if refreshed:
        resource.refresh()
    resource.delete()
    window = window_of(azure)
    assert (window["duration"], window["recurEvery"]) == ("02:00", "Day")
    assert azure.said.text == (
        "schedule 'contoso-monthly': it stays, because it was there before; changed by somebody else and left: "
        "recurrence"
    )


def test_what_was_as_wanted_and_had_to_be_repaired_is_not_undone_in_the_end() -> None:
    azure = Azure()
    theirs(azure)
    resource = schedule(azure)
    resource.create()
    change(azure, {"maintenanceWindow": {"duration": "02:00"}})
    next_run(azure)
    resource.refresh()
    assert resource.update().previous == {}
    next_run(azure)
    resource.delete()
    assert window_of(azure)["duration"] == "03:00"


def test_a_field_dropped_from_the_declaration_is_released() -> None:
    azure = Azure()
    theirs(azure)
    resource = schedule(azure, tags={"ring": "one"}, expires="2029-01-01 00:00")
    resource.create()
    next_run(azure)
    resource.declare(tags=None, expires=None)
    state = resource.update()
    assert azure.take_writes() == []
    assert (state.previous, state.previously_absent) == ({}, ())
    change(azure, {}, tags={"ring": None})
    next_run(azure)
    resource.delete()
    assert azure.take_writes() == []
    assert (kept(azure)["tags"], window_of(azure)["expirationDateTime"]) == ({}, "2029-01-01 00:00")


def test_one_that_was_there_and_is_gone_is_ours_when_we_make_it_again() -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    resource = schedule(azure)
    resource.create()
    azure.ask("DELETE", ID)
    next_run(azure)
    state = resource.update()
    assert (state.adopted, state.previous, state.applied) == (False, {}, {})
    next_run(azure)
    resource.delete()
    assert azure.take() == [DELETE]


def test_one_that_was_there_and_is_gone_needs_no_restoring() -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    resource = schedule(azure)
    resource.create()
    azure.ask("DELETE", ID)
    next_run(azure)
    resource.delete()
    assert azure.take() == [GET]


def test_a_schedule_that_another_resource_declares_stays() -> None:
    azure = Azure()
    old, new = schedule(azure, urn="urn:old"), schedule(azure, urn="urn:new")
    old.create()
    next_run(azure)
    assert azure.context(urn=new.urn).declarations.declare(new.targets()[0])
    assert new.create().adopted is True
    old.delete()
    assert azure.take_writes() == []
    assert azure.said.remarks == [("INFO", "it stays: another resource of this stack declares it")]


@pytest.mark.parametrize("before", [True, False], ids=["nothing was done", "it was done"])
def test_a_lost_answer_is_asked_for_again_by_the_sdk(before: bool) -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PUT", NAME), response=Drop(before=before))
    state = schedule(azure).create()
    assert (state.adopted, window_of(azure)) == (False, WINDOW)


@pytest.mark.parametrize("before", [True, False], ids=["nothing was done", "it was done"])
def test_when_no_answer_comes_at_all_the_next_run_still_knows_it_as_ours(before: bool) -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PUT", NAME), response=Drop(before=before), times=None)
    resource = schedule(azure)
    with pytest.raises(ArmError, match="Azure cannot be reached"):
        resource.create()
    azure.simulator.faults.clear()
    next_run(azure)
    state = resource.update()
    assert (state.adopted, state.unfinished, window_of(azure)) == (False, None, WINDOW)
    assert azure.take() == ([GET, PUT] if before else [GET])


def test_when_no_answer_comes_at_all_what_was_there_before_is_not_lost() -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    azure.simulator.faults.add(match("PUT", NAME), response=Drop(), times=None)
    resource = schedule(azure)
    with pytest.raises(ArmError):
        resource.create()
    azure.simulator.faults.clear()
    next_run(azure)
    resource.update()
    next_run(azure)
    resource.delete()
    assert window_of(azure)["duration"] == "02:00"


def test_what_azure_refuses_leaves_nothing_behind() -> None:
    azure = Azure()
    azure.simulator.faults.add(match("PUT", NAME), response=Answer(403, "AuthorizationFailed", "No."))
    resource = schedule(azure)
    with pytest.raises(ArmError) as refused:
        resource.create()
    assert str(refused.value) == "schedule 'contoso-monthly': could not write it: AuthorizationFailed: No."
    assert resource.stored is None


def test_after_a_killed_run_what_is_found_is_adopted_and_not_claimed() -> None:
    azure = Azure()
    resource = schedule(azure)
    resource.create()
    resource.forget()
    next_run(azure)
    assert resource.create().adopted is True
    assert azure.take() == [GET]
    resource.delete()
    assert azure.ask("GET", ID).status == 200


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "duration": st.sampled_from(["02:00", "03:00", "03:30"]),
        "recurrence": st.sampled_from(["Day", "Week Sunday", "1Month Second Tuesday Offset4"]),
        "rebootSetting": st.sampled_from(["IfRequired", "Never", "Always"]),
        "expires": st.sampled_from(["2028-01-01 00:00", "2029-01-01 00:00"]),
        "tags": st.sampled_from([{}, {"ring": "one"}, {"owner": "contoso"}]),
        "windows": st.sampled_from([{"classificationsToInclude": ["Critical"]}, {"kbNumbersToInclude": ["KB5044284"]}]),
    },
)


@given(FIELDS, FIELDS)
def test_whatever_is_declared_of_one_that_was_there_it_is_as_before_in_the_end(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    azure = Azure()
    theirs(azure, duration="02:00")
    before = kept(azure)
    resource = schedule(azure, **first)
    resource.create()
    for name, value in second.items():
        if name in first or name in ("duration", "recurrence"):
            resource.declare(**{name: value})
    azure.new_run()
    resource.update()
    azure.new_run()
    resource.delete()
    assert kept(azure) == before
