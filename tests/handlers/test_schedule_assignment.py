"""Giving a schedule to a machine: adopted, awaited, taken over, restored."""

from datetime import timedelta

import pytest

from azure_patch_simulator import Answer, Drop, World, match
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, NotFound, TimedOut
from tests.handlers.assignments import (
    ARC,
    DAILY,
    DELETE,
    GET,
    ID,
    MONTHLY,
    PUT,
    TAIL,
    WEEKLY,
    assignment,
    give,
    given,
    scheduled_azure,
)
from tests.handlers.machines import APP, LINUX, MACHINES, WEB, declared
from tests.handlers.schedules import next_run
from tests.support.simulated import Azure, Settings, minutes


def test_a_machine_is_given_a_schedule_where_the_machine_is() -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    state = resource.create()
    assert azure.calls() == [GET, "VirtualMachines_Get", PUT]
    assert azure.sent(PUT) == [
        {"location": "eastus", "properties": {"maintenanceConfigurationId": MONTHLY, "resourceId": APP}}
    ]
    assert resource.id == ID
    assert (state.adopted, state.previous_schedule_id) == (False, None)


def test_the_machine_s_region_is_the_assignment_s() -> None:
    azure = scheduled_azure()
    assignment(azure, LINUX).create()
    assert azure.sent(PUT)[0]["location"] == "westeurope"


def test_a_location_that_is_given_needs_no_look_at_the_machine() -> None:
    azure = scheduled_azure()
    assignment(azure, location="East US").create()
    assert azure.calls() == [GET, PUT]
    assert azure.sent(PUT)[0]["location"] == "East US"


def test_a_run_that_has_seen_the_machine_does_not_ask_again() -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    resource.check()
    resource.create()
    assert azure.calls() == ["VirtualMachines_Get", GET, PUT]


def test_an_assignment_can_have_a_name_of_its_own() -> None:
    azure = scheduled_azure()
    resource = assignment(azure, assignmentName="by-contoso")
    resource.create()
    assert resource.id == f"{APP}/{TAIL}/by-contoso"


def test_a_machine_outside_azure_is_given_a_schedule_under_its_own_type() -> None:
    azure = scheduled_azure()
    azure.simulator.world.add_resource({"id": ARC, "location": "westeurope", "properties": {}})
    resource = assignment(azure, ARC)
    assert [finding for finding in resource.check() if finding.is_error] == []
    resource.create()
    assert resource.id == f"{ARC}/{TAIL}/contoso-monthly"
    assert azure.calls() == [GET, "Machines_Get", PUT]
    assert azure.sent(PUT) == [
        {"location": "westeurope", "properties": {"maintenanceConfigurationId": MONTHLY, "resourceId": ARC}}
    ]
    next_run(azure)
    assert resource.refresh() is not None
    resource.delete()
    assert given(azure, resource.id) is None


def test_an_assignment_that_is_there_is_adopted_and_stays_in_the_end() -> None:
    azure = scheduled_azure()
    give(azure, MONTHLY.upper())
    resource = assignment(azure)
    state = resource.create()
    assert (state.adopted, state.previous_schedule_id) == (True, None)
    next_run(azure)
    assert resource.refresh() == state
    resource.delete()
    assert azure.writes() == []
    assert azure.said.remarks == [
        ("INFO", "schedule for 'vm-app-1': the assignment stays, because it was there before")
    ]


def test_keep_leaves_it_and_says_so() -> None:
    azure = scheduled_azure()
    resource = assignment(azure, onDestroy="keep")
    resource.create()
    next_run(azure)
    resource.delete()
    assert azure.take() == []
    assert azure.said.remarks == [("INFO", "schedule for 'vm-app-1': the assignment stays (on_destroy is 'keep')")]


def test_our_own_assignment_is_deleted_in_the_end() -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    resource.create()
    next_run(azure)
    resource.delete()
    assert azure.take() == [GET, DELETE]
    resource.delete()
    assert azure.take() == [GET]


def test_one_of_that_name_with_another_schedule_is_taken_over_and_goes_back_in_the_end() -> None:
    azure = scheduled_azure()
    give(azure, WEEKLY)
    resource = assignment(azure)
    state = resource.create()
    assert azure.calls() == [GET, PUT]
    assert (state.adopted, state.previous_schedule_id, given(azure)) == (True, WEEKLY, MONTHLY)
    next_run(azure)
    resource.delete()
    assert (azure.take(), given(azure)) == ([GET, PUT], WEEKLY)
    resource.delete()
    assert azure.take() == [GET]


def test_when_the_schedule_before_is_gone_the_assignment_stays_and_that_is_said() -> None:
    azure = scheduled_azure()
    give(azure, WEEKLY)
    resource = assignment(azure)
    resource.create()
    azure.ask("DELETE", WEEKLY)
    next_run(azure)
    resource.delete()
    assert given(azure) == MONTHLY
    assert azure.said.text == (
        f"schedule for 'vm-app-1': the assignment stays as it is: the schedule that it had before, {WEEKLY}, is gone"
    )


@pytest.mark.parametrize("refreshed", [False, True], ids=["unseen", "seen by a refresh"])
@pytest.mark.parametrize("before", [None, WEEKLY], ids=["made by us", "taken over"])
def test_an_assignment_that_somebody_else_gave_another_schedule_is_left_and_named(
    before: str | None, refreshed: bool
) -> None:
    azure = scheduled_azure()
    if before is not None:
        give(azure, before)
    resource = assignment(azure)
    resource.create()
    give(azure, DAILY)
    next_run(azure)
    if refreshed:
        resource.refresh()
        azure.take()
    resource.delete()
    assert (azure.take(), given(azure)) == ([GET], DAILY)
    assert azure.said.text == (
        f"schedule for 'vm-app-1': the assignment stays: somebody else gave it the schedule {DAILY}"
    )


def test_another_schedule_under_our_name_is_drift_that_replaces() -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    resource.create()
    give(azure, DAILY)
    next_run(azure)
    assert resource.refresh().schedule_id == DAILY
    assert resource.difference().replaces == ("scheduleId",)


def test_an_assignment_that_is_gone_is_read_as_gone() -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    resource.create()
    azure.ask("DELETE", ID)
    azure.new_run()
    assert resource.refresh() is None


@pytest.mark.parametrize("is_there", [True, False], ids=["assignment gone", "machine gone"])
def test_the_end_of_what_is_gone_is_quiet(is_there: bool) -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    resource.create()
    azure.ask("DELETE", ID if is_there else APP)
    azure.simulator.clock.advance(minutes(5))
    next_run(azure)
    resource.delete()
    assert (azure.take(), azure.said.remarks) == ([GET], [])


def test_a_machine_that_does_not_exist_is_named() -> None:
    azure = scheduled_azure()
    missing = f"{MACHINES}/vm-none"
    with pytest.raises(NotFound) as refused:
        assignment(azure, missing).create()
    assert str(refused.value) == (
        f"VM 'vm-none': it does not exist ({missing}); create it first, or correct machine_id"
    )
    assert azure.writes() == []


def fresh_machine(after: timedelta) -> Azure:
    """A world whose machine takes assignments only so long after it was started, which is now."""
    azure = scheduled_azure(World.default(Settings(assignable_after=after)))
    azure.simulator.world.set_power(APP, running=False)
    azure.simulator.world.set_power(APP, running=True)
    return azure


def test_a_machine_that_was_just_started_is_asked_again_until_it_takes_the_schedule() -> None:
    azure = fresh_machine(minutes(4))
    assignment(azure).create()
    assert azure.passed == minutes(4)
    assert azure.writes() == [PUT] * 9
    assert given(azure) == MONTHLY
    assert azure.said.progress[0] == "schedule for 'vm-app-1': waiting for the new machine to become assignable (0s)"


def test_giving_back_waits_for_a_machine_that_was_just_started_too() -> None:
    azure = scheduled_azure(World.default(Settings(assignable_after=minutes(4))))
    give(azure, WEEKLY)
    resource = assignment(azure)
    resource.create()
    azure.simulator.world.set_power(APP, running=False)
    azure.simulator.world.set_power(APP, running=True)
    next_run(azure)
    resource.delete()
    assert (azure.passed, given(azure)) == (minutes(4), WEEKLY)


@pytest.mark.parametrize(
    ("inputs", "custom", "allowed", "spelt"),
    [
        ({}, None, minutes(30), "30m"),
        ({"timeout": "90s"}, None, minutes(1.5), "1m30s"),
        ({}, minutes(5), minutes(5), "5m"),
    ],
    ids=["default", "input", "custom_timeouts"],
)
def test_patience_with_a_machine_that_stays_unready_ends(
    inputs: dict[str, str], custom: timedelta | None, allowed: timedelta, spelt: str
) -> None:
    azure = fresh_machine(timedelta(days=1))
    resource = assignment(azure, **inputs)
    with pytest.raises(TimedOut) as late:
        resource.create(timeout=custom)
    assert str(late.value) == (
        f"schedule for 'vm-app-1': still waiting for the new machine to become assignable after {spelt}; "
        "run again to go on waiting"
    )
    assert (azure.passed, resource.stored) == (allowed, None)


def test_a_wait_that_was_cancelled_has_done_nothing_and_can_be_repeated() -> None:
    azure = fresh_machine(minutes(4))
    resource = assignment(azure)
    azure.clock.interrupt_at = azure.clock.now() + minutes(2)
    with pytest.raises(Interrupted):
        resource.create()
    assert resource.stored is None
    azure.new_run()
    assert resource.create().adopted is False
    assert azure.passed == minutes(4)


def test_any_other_refusal_ends_at_once_and_leaves_nothing_behind() -> None:
    azure = scheduled_azure()
    azure.simulator.faults.add(match("PUT", "contoso-monthly"), response=Answer(403, "AuthorizationFailed", "No."))
    resource = assignment(azure)
    with pytest.raises(ArmError) as refused:
        resource.create()
    assert str(refused.value) == "assignment 'contoso-monthly': could not write it: AuthorizationFailed: No."
    assert (azure.passed, resource.stored) == (timedelta(0), None)


@pytest.mark.parametrize("before", [True, False], ids=["nothing was done", "it was done"])
def test_when_no_answer_comes_the_next_run_makes_sure_and_knows_it_as_ours(before: bool) -> None:
    azure = scheduled_azure()
    azure.simulator.faults.add(match("PUT", "contoso-monthly"), response=Drop(before=before), times=None)
    resource = assignment(azure)
    with pytest.raises(ArmError, match="Azure cannot be reached"):
        resource.create()
    azure.simulator.faults.clear()
    next_run(azure)
    state = resource.update()
    assert (state.adopted, state.unfinished, given(azure)) == (False, None, MONTHLY)
    assert azure.take_writes() == ([PUT] if before else [])


def test_an_update_of_our_own_bookkeeping_writes_nothing() -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    resource.create()
    next_run(azure)
    resource.declare(onDestroy="keep", timeout="10m")
    assert resource.difference().changed == ("timeout", "onDestroy")
    assert resource.update().on_destroy == "keep"
    assert azure.take() == [GET]


def test_an_update_repairs_what_nobody_had_noticed() -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    resource.create()
    give(azure, DAILY)
    next_run(azure)
    resource.declare(timeout="10m")
    resource.update()
    assert (azure.take_writes(), given(azure)) == ([PUT], MONTHLY)


def test_an_adopted_one_that_is_gone_is_ours_when_it_is_made_again() -> None:
    azure = scheduled_azure()
    give(azure, WEEKLY)
    resource = assignment(azure)
    resource.create()
    azure.ask("DELETE", ID)
    next_run(azure)
    resource.declare(timeout="10m")
    state = resource.update()
    assert (state.adopted, state.previous_schedule_id) == (False, None)
    next_run(azure)
    resource.delete()
    assert azure.take_writes() == [DELETE]


def test_a_location_that_is_corrected_reaches_azure() -> None:
    azure = scheduled_azure()
    resource = assignment(azure, location="westus")
    resource.create()
    next_run(azure)
    resource.declare(location="West US")
    assert resource.difference().changed == ()
    resource.declare(location="East US")
    resource.update()
    assert azure.sent(PUT)[-1]["location"] == "East US"


def test_an_assignment_that_another_resource_declares_stays() -> None:
    azure = scheduled_azure()
    old, new = assignment(azure, urn="urn:old"), assignment(azure, urn="urn:new")
    old.create()
    next_run(azure)
    assert azure.context(urn=new.urn).declarations.declare(new.targets()[0])
    assert new.create().adopted is True
    old.delete()
    assert (azure.take_writes(), given(azure)) == ([], MONTHLY)
    assert azure.said.remarks == [("INFO", "the assignment stays: another resource of this stack declares it")]


def test_preview_says_that_a_schedule_would_do_nothing_on_the_machine_as_it_is() -> None:
    azure = scheduled_azure()
    found = {finding.rule: finding.reason for finding in assignment(azure).check() if finding.verdict == "fail"}
    assert found["assignment-needs-platform-mode"] == (
        "The schedule will install nothing: the machine's patch mode is AutomaticByOS, not AutomaticByPlatform."
    )
    assert "assignment-needs-bypass" in found
    assert azure.calls() == ["VirtualMachines_Get"]


def test_preview_knows_what_the_same_run_will_make_of_the_machine() -> None:
    azure = scheduled_azure()
    settings = declared(azure, APP, patch_mode="AutomaticByPlatform", bypassPlatformSafetyChecksOnUserSchedule=True)
    settings.check()
    found = [finding.rule for finding in assignment(azure).check() if finding.verdict == "fail"]
    assert not {"assignment-needs-platform-mode", "assignment-needs-bypass"} & set(found)


@pytest.mark.parametrize(
    ("machine", "schedule", "reason"),
    [
        (
            WEB.replace("virtualMachines", "virtualMachineScaleSets"),
            MONTHLY,
            "Guest patching schedules work on virtual machines and Arc-enabled servers; this is a "
            "Microsoft.Compute/virtualMachineScaleSets.",
        ),
        (
            WEB,
            WEB,
            "A schedule is a Microsoft.Maintenance/maintenanceConfigurations resource; this is a "
            "Microsoft.Compute/virtualMachines.",
        ),
    ],
    ids=["machine", "schedule"],
)
def test_ids_of_other_things_are_refused(machine: str, schedule: str, reason: str) -> None:
    azure = scheduled_azure()
    assert [found.reason for found in assignment(azure, machine, schedule).check() if found.is_error] == [reason]


def test_a_preview_that_may_not_read_asks_nothing() -> None:
    azure = scheduled_azure()
    assert not any(finding.is_error for finding in assignment(azure).check(may_read=False))
    assert azure.calls() == []


def test_after_a_killed_run_what_is_found_is_adopted_and_not_claimed() -> None:
    azure = scheduled_azure()
    resource = assignment(azure)
    resource.create()
    resource.forget()
    next_run(azure)
    assert resource.create().adopted is True
    assert azure.take() == [GET]
