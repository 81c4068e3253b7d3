"""Never a second installation: killed, interrupted, unanswered, adopted, ignored; and the machine's power."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_patch_simulator.faults import Answer, Drop, match
from pulumi_azure_hotpatch.engine.requests import LOG_DELAY
from pulumi_azure_hotpatch.errors import ArmError, HotpatchError, Interrupted, Refused, TimedOut
from tests.handlers.declared import Declared
from tests.handlers.patching import (
    ARC,
    INSTALL,
    SECURITY,
    START_VM,
    STOP_VM,
    VM,
    arc,
    asked,
    azure_of,
    image_check,
    installation,
    power,
    somebody_installs,
    turn_off,
    windows,
)
from tests.support.simulated import START, Azure, Killed, Settings, minutes

INSTALL_ARC = "Machines_InstallPatches"
QUESTION = re.compile(r"adopt_activity_id='([0-9a-f-]{36})' to take it as this resource's, or ignore_activity_id='")


REQUEST_OF_ANOTHER: dict[str, Any] = {
    "maximumDuration": "PT2H",
    "rebootSetting": "IfRequired",
    "windowsParameters": {"classificationsToInclude": ["Definition"]},
}


def killed_in_the_middle(azure: Azure, resource: Declared, machine: str = VM) -> str:
    """Create it and kill the process once Azure has accepted; the activity id that nobody remembers."""
    azure.kill_after("/installPatches")
    with pytest.raises(Killed):
        resource.create()
    resource.forget()
    azure.new_run()
    return azure.simulator.world.patch_records.installations[machine.lower()][-1].activity


def question(resource: Declared) -> str:
    """The activity that the resource asks about."""
    with pytest.raises(Refused) as asking:
        resource.bring_about()
    text = str(asking.value)
    assert "\n" not in text
    assert "a second one is never started" in text
    found = QUESTION.search(text)
    assert found is not None, text
    return found.group(1)


def mute(azure: Azure) -> None:
    """Let the activity log be so far behind that it never tells anything."""
    azure.simulator.world.settings.activity_log_lag = timedelta(days=100)


def hide_who_asked(azure: Azure) -> None:
    """Let the activity log not tell which client asked for installations."""
    for each in azure.simulator.world.activities:
        if "installPatches" in each.operation:
            each.client_request_id = None


def lose_the_answer(azure: Azure, *, before: bool = False) -> None:
    """Let the answer to the next request for an installation be lost, or (`before`) the request itself."""
    azure.simulator.faults.add(match("POST", "/installPatches"), response=Drop(before=before))


def interrupted(azure: Azure, resource: Declared, after: timedelta) -> None:
    azure.clock.interrupt_at = azure.clock.now() + after
    with pytest.raises(Interrupted):
        resource.bring_about()
    azure.new_run()


def test_an_interrupted_installation_is_continued() -> None:
    azure = azure_of()
    resource = installation(azure)
    interrupted(azure, resource, minutes(1))
    kept = resource.state
    assert resource.id == f"{VM}#{kept.activity_id}"
    assert resource.difference().changed == ("unfinished",)
    state = resource.bring_about()
    assert (state.activity_id, state.status, state.adopted) == (kept.activity_id, "Succeeded", False)
    assert state.patches
    assert asked(azure) == 1
    assert resource.difference().changed == ()


def test_what_is_kept_holds_no_host_and_no_signature() -> None:
    azure = azure_of()
    resource = installation(azure)
    interrupted(azure, resource, minutes(1))
    path, _, query = str(resource.state.operation).partition("?")
    assert path.startswith("/subscriptions/")
    assert {part.partition("=")[0] for part in query.split("&")} == {"p", "api-version"}


def test_an_installation_that_timed_out_is_continued_by_as_many_runs_as_it_takes() -> None:
    azure = azure_of(windows_patch_time=minutes(50))
    resource = installation(azure, timeout="15m")
    for _ in range(20):
        try:
            resource.bring_about()
            break
        except TimedOut:
            azure.new_run()
    assert resource.state.status == "Succeeded"
    assert asked(azure) == 1


def test_an_installation_that_ended_meanwhile_is_taken_as_it_ended() -> None:
    azure = azure_of()
    resource = installation(azure)
    interrupted(azure, resource, minutes(1))
    azure.simulator.clock.advance(timedelta(days=3))
    state = resource.bring_about()
    assert state.status == "Succeeded"
    assert datetime.fromisoformat(state.finished_at) <= azure.clock.now()
    assert asked(azure) == 1


def test_an_address_that_is_no_longer_good_leads_to_the_activity() -> None:
    azure = azure_of()
    resource = installation(azure)
    interrupted(azure, resource, minutes(1))
    gone: Any = Answer(404, "NotFound", "The entity was not found.")
    azure.simulator.faults.add(match("GET", "/operations/"), response=gone, times=None)
    state = resource.bring_about()
    assert (state.status, state.reboot_status) == ("Succeeded", "Completed")
    assert [patch.state for patch in state.patches].count("Installed") == 1
    assert asked(azure) == 1


def take_away(azure: Azure, machine: str = VM) -> None:
    """The machine is gone, with its operations and what Azure remembered of them."""
    azure.simulator.world.resources.remove(machine)
    (lost,) = azure.simulator.world.patch_records.installations.pop(machine.lower())
    gone: Any = Answer(404, "NotFound", "The entity was not found.")
    azure.simulator.faults.add(match("GET", lost.activity), response=gone, times=None)


LOST = r"installation [0-9a-f-]{36}: it ended as Failed \(the machine does not exist any more, or was created anew"


@pytest.mark.parametrize(("body", "machine"), [(windows(), VM), (arc(), ARC)])
def test_a_machine_that_is_gone_while_its_installation_is_awaited_ends_the_wait(body: Any, machine: str) -> None:
    azure = azure_of(body)
    resource = installation(azure, machine, lookBack="0s")
    interrupted(azure, resource, minutes(1))
    take_away(azure, machine)
    before = azure.clock.now()
    with pytest.raises(Refused, match=LOST):
        resource.bring_about()
    assert azure.clock.now() - before < minutes(2)
    # No run waits again.
    azure.new_run()
    with pytest.raises(Refused, match=LOST):
        resource.bring_about()
    assert resource.state.status == "Failed"
    assert resource.refresh() is None


def test_a_machine_that_is_gone_ends_the_wait_of_the_run_that_asked_it_too() -> None:
    azure = azure_of(windows_patch_time=minutes(30))
    turn_off(azure)
    resource = installation(azure, startIfOff=True)
    slept = azure.clock.sleep_until

    def sleep_until(deadline: datetime) -> None:
        slept(deadline)
        if asked(azure) and azure.simulator.world.resources.get(VM) is not None:
            take_away(azure)

    azure.clock.sleep_until = sleep_until  # type: ignore[method-assign]
    with pytest.raises(Refused, match=LOST):
        resource.create()
    assert azure.passed < minutes(30)
    assert resource.state.started_machine is None
    assert "is still on" not in azure.said.text


def test_a_machine_that_was_created_anew_does_not_end_the_installation_of_the_one_before() -> None:
    azure = azure_of()
    resource = installation(azure)
    interrupted(azure, resource, minutes(1))
    take_away(azure)
    azure.simulator.clock.advance(minutes(10))
    body = {name: value for name, value in windows().items() if name in ("location", "tags", "properties")}
    assert azure.ask("PUT", VM, body).status in (200, 201)
    azure.simulator.clock.advance(minutes(10))
    with pytest.raises(Refused, match=LOST):
        resource.bring_about()
    azure.new_run()
    resource.declare(triggers=["anew"])
    assert resource.bring_about().status == "Succeeded"
    assert asked(azure) == 2


@pytest.mark.parametrize("way_out", ["triggers", "fail_on", "destroy"])
def test_an_installation_that_nobody_remembers_blocks_nothing(way_out: str) -> None:
    azure = azure_of()
    turn_off(azure)
    resource = installation(azure, startIfOff=True)
    interrupted(azure, resource, minutes(12))
    first, address = resource.state.activity_id, str(resource.state.operation).partition("?")[0]
    azure.simulator.clock.advance(timedelta(days=40))
    azure.simulator.world.patch_records.installations.clear()
    gone: Any = Answer(404, "NotFound", "The entity was not found.")
    azure.simulator.faults.add(match("GET", re.escape(address)), response=gone, times=None)
    if way_out == "destroy":
        resource.delete()
        assert power(azure) == "deallocated"
        return
    with pytest.raises(
        Refused, match=r"it ended as Unknown \(Azure does not remember it \(any more\)\)\. Change `triggers`"
    ):
        resource.bring_about()
    assert power(azure) == "deallocated"
    azure.new_run()
    resource.declare(**({"triggers": ["again"]} if way_out == "triggers" else {"failOn": []}))
    state = resource.bring_about()
    assert (state.activity_id != first, state.unfinished) == (way_out == "triggers", None)
    assert azure.passed < timedelta(days=40, hours=6)


def test_an_installation_that_is_no_longer_the_last_one_is_found_in_resource_graph() -> None:
    azure = azure_of()
    resource = installation(azure)
    interrupted(azure, resource, minutes(1))
    ours = resource.state.activity_id
    azure.simulator.clock.advance(timedelta(hours=5))
    later = somebody_installs(azure)
    azure.simulator.clock.advance(timedelta(hours=5))
    assert resource.stored is not None
    del resource.stored["operation"]
    state = resource.bring_about()
    assert state.activity_id == ours != later
    assert state.status == "Succeeded"


@pytest.mark.parametrize("later", [0, 3, 30, 60 * 24])
def test_after_a_kill_the_installation_is_found_by_its_request_and_taken_up(later: float) -> None:
    azure = azure_of()
    resource = installation(azure, triggers=["2026-11"])
    activity = killed_in_the_middle(azure, resource)
    azure.simulator.clock.advance(minutes(later))
    state = resource.bring_about()
    assert (state.activity_id, state.adopted, state.status) == (activity, True, "Succeeded")
    assert state.patches
    assert asked(azure) == 1
    assert f"installation {activity} was asked for by an earlier run of this resource (activity log)" in azure.said.text
    azure.new_run()
    assert resource.difference().changed == ()


def test_the_request_of_an_earlier_run_is_recognised_however_its_lists_are_written() -> None:
    azure = azure_of()
    resource = installation(azure, windows={"classificationsToInclude": ["Critical", "Security"]}, maximumDuration="2h")
    activity = killed_in_the_middle(azure, resource)
    resource.declare(windows={"classificationsToInclude": ["Security", "Critical"]}, maximumDuration="120m")
    assert resource.bring_about().activity_id == activity
    assert asked(azure) == 1


def test_after_a_kill_another_request_is_another_installation() -> None:
    azure = azure_of()
    resource = installation(azure, triggers=["2026-11"])
    activity = killed_in_the_middle(azure, resource)
    resource.declare(triggers=["2026-12"])
    assert resource.bring_about().activity_id != activity
    first, second = azure.simulator.world.patch_records.installations[VM.lower()]
    assert first.ends <= second.started


def test_what_the_log_says_to_be_anothers_is_waited_for_and_never_taken() -> None:
    azure = azure_of(windows_patch_time=minutes(10))
    answer = azure.ask("POST", f"{VM}/installPatches", REQUEST_OF_ANOTHER, client_id="another-client")
    assert answer.status == 202
    state = installation(azure).create()
    theirs, ours = azure.simulator.world.patch_records.installations[VM.lower()]
    assert (state.activity_id, state.adopted) == (ours.activity, False)
    assert theirs.ends <= ours.started


def test_anothers_request_in_the_log_does_not_hide_that_ours_is_not_in_it_yet() -> None:
    azure = azure_of(settings=Settings(activity_log_lag=minutes(15)), windows_patch_time=minutes(1))
    answer = azure.ask("POST", f"{VM}/installPatches", REQUEST_OF_ANOTHER, client_id="another-client")
    assert answer.status == 202
    azure.simulator.clock.advance(minutes(25))
    # What came of theirs is shown nowhere: ours is the only installation near their request.
    azure.simulator.world.patch_records.installations.clear()
    resource = installation(azure)
    activity = killed_in_the_middle(azure, resource)
    state = resource.bring_about()
    assert (state.activity_id, state.adopted) == (activity, True)
    assert asked(azure) == 2


def test_where_the_log_does_not_tell_the_installation_is_asked_about_and_never_started_again() -> None:
    azure = azure_of()
    mute(azure)
    resource = installation(azure)
    activity = killed_in_the_middle(azure, resource)
    assert question(resource) == activity
    azure.new_run()
    assert question(resource) == activity
    azure.simulator.clock.advance(timedelta(days=1))
    azure.new_run()
    assert question(resource) == activity
    assert asked(azure) == 1


def test_an_installation_that_is_named_is_adopted_with_all_its_results() -> None:
    azure = azure_of()
    mute(azure)
    resource = installation(azure)
    activity = killed_in_the_middle(azure, resource)
    resource.declare(adoptActivityId=activity.upper())
    state = resource.bring_about()
    assert (state.activity_id.lower(), state.adopted, state.status) == (activity, True, "Succeeded")
    assert state.patches
    assert state.installed_count == 1
    assert asked(azure) == 1
    # The answer may stay in the program: another trigger installs again.
    azure.new_run()
    resource.declare(triggers=["2026-12"])
    again = resource.bring_about()
    assert again.activity_id != activity
    assert again.adopted is False
    assert asked(azure) == 2


def test_an_answer_that_stays_in_the_program_is_given_once() -> None:
    azure = azure_of()
    theirs = somebody_installs(azure)
    azure.simulator.clock.advance(timedelta(hours=3))
    resource = installation(azure, adoptActivityId=theirs, triggers=["1"])
    assert resource.create().activity_id == theirs
    for month in ("2", "3", "4"):
        azure.simulator.clock.advance(timedelta(days=4))
        azure.new_run()
        resource.declare(triggers=[month])
        state = resource.bring_about()
        assert (state.adopted, state.status) == (False, "Succeeded")
    assert asked(azure) == 4


def test_an_adoption_that_is_interrupted_is_continued() -> None:
    azure = azure_of()
    resource = installation(azure)
    activity = killed_in_the_middle(azure, resource)
    resource.declare(adoptActivityId=activity)
    interrupted(azure, resource, minutes(1))
    assert resource.state.adopted is True
    assert resource.bring_about().status == "Succeeded"
    assert asked(azure) == 1


def test_an_installation_that_nobody_knows_is_not_adopted() -> None:
    azure = azure_of()
    resource = installation(azure, adoptActivityId="11111111-2222-3333-4444-555555555555")
    with pytest.raises(Refused, match="Azure knows no such installation of this machine"):
        resource.create()
    assert asked(azure) == 0


def test_an_installation_that_is_told_to_be_anothers_ends_first_and_ours_follows() -> None:
    azure = azure_of()
    theirs = somebody_installs(azure)
    resource = installation(azure)
    assert question(resource) == theirs
    azure.new_run()
    resource.declare(ignoreActivityId=theirs)
    state = resource.bring_about()
    assert state.activity_id != theirs
    assert state.status == "Succeeded"
    assert asked(azure) == 2


def test_what_ended_long_ago_is_of_no_interest() -> None:
    azure = azure_of()
    somebody_installs(azure)
    azure.simulator.clock.advance(timedelta(hours=73))
    assert installation(azure).create().status == "Succeeded"
    azure = azure_of()
    somebody_installs(azure)
    azure.simulator.clock.advance(timedelta(hours=73))
    question(installation(azure, lookBack="96h"))


def test_a_run_of_a_schedule_is_never_taken_for_ours() -> None:
    azure = azure_of()
    somebody_installs(azure)
    (theirs,) = azure.simulator.world.patch_records.installations[VM.lower()]
    theirs.run = "/subscriptions/s/providers/Microsoft.Maintenance/applyUpdates/1"
    azure.simulator.clock.advance(timedelta(hours=1))
    assert installation(azure).create().activity_id != theirs.activity


def test_a_kill_in_an_update_is_asked_about_too() -> None:
    azure = azure_of()
    mute(azure)
    resource = installation(azure, triggers=["one"])
    first = resource.create()
    azure.simulator.clock.advance(timedelta(days=30))
    azure.new_run()
    resource.declare(triggers=["two"])
    azure.kill_after("/installPatches")
    with pytest.raises(Killed):
        resource.update()
    azure.new_run()
    assert asked(azure) == 2
    activity = question(resource)
    assert activity != first.activity_id
    azure.new_run()
    resource.declare(adoptActivityId=activity)
    state = resource.bring_about()
    assert (state.activity_id, state.status) == (activity, "Succeeded")
    assert asked(azure) == 2


def test_another_trigger_while_one_runs_waits_for_its_end() -> None:
    azure = azure_of()
    resource = installation(azure, triggers=["one"])
    interrupted(azure, resource, minutes(1))
    first = resource.state.activity_id
    resource.declare(triggers=["two"])
    state = resource.bring_about()
    assert state.activity_id != first
    (one, two) = azure.simulator.world.patch_records.installations[VM.lower()]
    assert one.ends <= two.started


def test_a_request_whose_answer_was_lost_is_found_again() -> None:
    azure = azure_of()
    resource = installation(azure)
    lose_the_answer(azure)
    with pytest.raises(ArmError):
        resource.create()
    azure.new_run()
    state = resource.bring_about()
    assert (state.status, state.adopted, state.asked_at) == ("Succeeded", True, None)
    assert asked(azure) == 1


def test_a_request_whose_answer_was_lost_is_asked_about_where_the_log_does_not_tell() -> None:
    azure = azure_of()
    mute(azure)
    resource = installation(azure)
    lose_the_answer(azure)
    with pytest.raises(ArmError):
        resource.create()
    assert asked(azure) == 1
    assert resource.state.asked_at is not None
    azure.new_run()
    activity = question(resource)
    azure.new_run()
    resource.declare(adoptActivityId=activity)
    assert resource.bring_about().status == "Succeeded"
    assert asked(azure) == 1


def test_a_request_that_never_arrived_is_sent_again() -> None:
    azure = azure_of()
    resource = installation(azure)
    lose_the_answer(azure, before=True)
    with pytest.raises(ArmError):
        resource.create()
    azure.new_run()
    assert resource.bring_about().status == "Succeeded"
    assert asked(azure) == 1


def test_a_fault_of_the_service_is_never_answered_with_the_same_request_again() -> None:
    for status in (500, 503, 504):
        azure = azure_of()
        fault: Any = Answer(status, "ServiceUnavailable", "Try again.", {"Retry-After": "1"})
        azure.simulator.faults.add(match("POST", "/installPatches"), response=fault, times=None)
        resource = installation(azure)
        with pytest.raises(ArmError):
            resource.create()
        assert azure.calls().count(INSTALL) == 1, status
        assert resource.state.asked_at is not None


def test_throttling_is_waited_for() -> None:
    azure = azure_of()
    slow_down: Any = Answer(429, "TooManyRequests", "Slow down.", {"Retry-After": "20"})
    azure.simulator.faults.add(match("POST", "/installPatches"), response=slow_down, times=2)
    assert installation(azure).create().status == "Succeeded"
    assert asked(azure) == 1


def test_a_request_for_an_arc_server_that_never_arrived_is_sent_again_once_the_log_would_have_it() -> None:
    azure = azure_of(arc())
    resource = installation(azure, ARC)
    lose_the_answer(azure, before=True)
    with pytest.raises(ArmError):
        resource.create()
    azure.new_run()
    resource.declare(lookBack="0s")
    again = azure.clock.now()
    assert resource.bring_about().status == "Succeeded"
    assert azure.clock.now() - again >= LOG_DELAY
    assert asked(azure, INSTALL_ARC) == 1


@pytest.mark.parametrize("is_mute", [False, True])
def test_an_arc_server_that_was_patched_by_a_killed_run_is_not_patched_again(is_mute: bool) -> None:
    azure = azure_of(arc())
    resource = installation(azure, ARC)
    killed_in_the_middle(azure, resource, ARC)
    if is_mute:
        mute(azure)
        resource.declare(adoptActivityId=question(resource))
        azure.new_run()
    state = resource.bring_about()
    assert (state.status, state.adopted) == ("Succeeded", True)
    assert state.patches
    assert asked(azure, INSTALL_ARC) == 1


def arc_patched_in_no_time(behind: float) -> Azure:
    """An installation is over at once, and neither the log nor Resource Graph has it for a while."""
    return azure_of(
        arc(),
        settings=Settings(activity_log_lag=minutes(19)),
        installations_lag=minutes(behind),
        windows_patch_time=timedelta(seconds=30),
    )


@pytest.mark.parametrize("later", [0, 3, 12, 25, 90])
@pytest.mark.parametrize("behind", [15, 28])
def test_an_arc_server_is_not_patched_twice_by_what_nothing_shows_yet(behind: float, later: float) -> None:
    azure = arc_patched_in_no_time(behind)
    resource = installation(azure, ARC)
    killed_in_the_middle(azure, resource, ARC)
    azure.simulator.clock.advance(minutes(later))
    azure.new_run()
    state = resource.bring_about()
    assert (state.status, state.adopted) == ("Succeeded", True)
    assert asked(azure, INSTALL_ARC) == 1


def test_an_arc_server_is_not_patched_twice_while_resource_graph_is_far_behind() -> None:
    azure = arc_patched_in_no_time(120)
    resource = installation(azure, ARC)
    killed_in_the_middle(azure, resource, ARC)
    with pytest.raises(
        Refused, match=r"asked for at 2026-\S+ \(activity log\), and Resource Graph does not tell of it yet"
    ):
        resource.create()
    azure.simulator.clock.advance(timedelta(hours=2))
    azure.new_run()
    assert resource.bring_about().adopted is True
    assert asked(azure, INSTALL_ARC) == 1


def test_an_arc_server_is_asked_once_the_log_has_all_of_earlier_runs_unless_there_were_none() -> None:
    azure = azure_of(arc())
    assert installation(azure, ARC).create().status == "Succeeded"
    assert any("the activity log to tell all that was asked before this run" in told for told in azure.said.progress)
    (installed,) = azure.simulator.world.patch_records.installations[ARC.lower()]
    assert installed.started == START + LOG_DELAY
    azure = azure_of(arc())
    assert installation(azure, ARC, lookBack="0s").create().status == "Succeeded"
    (installed,) = azure.simulator.world.patch_records.installations[ARC.lower()]
    assert installed.started == START


def test_an_arc_server_is_not_patched_where_the_activity_log_may_not_be_read() -> None:
    azure = azure_of(arc())
    refusal: Any = Answer(403, "AuthorizationFailed", "The client has no permission.")
    azure.simulator.faults.add(match("GET", "/eventtypes/management/values"), response=refusal, times=None)
    resource = installation(azure, ARC)
    with pytest.raises(Refused, match=r"Let the identity read it .*, or set look_back='0s' if no earlier run"):
        resource.create()
    assert asked(azure, INSTALL_ARC) == 0
    resource.declare(lookBack="0s")
    assert resource.bring_about().status == "Succeeded"


@pytest.mark.parametrize("was", ["deallocated", "stopped"])
def test_a_machine_that_is_off_is_started_and_put_back_as_it_was(was: str) -> None:
    azure = azure_of(settings=Settings(operation_time=minutes(2)))
    answer = azure.ask("POST", f"{VM}/{'deallocate' if was == 'deallocated' else 'powerOff'}")
    assert answer.status == 202
    azure.simulator.clock.advance(minutes(5))
    azure.take()
    state = installation(azure, startIfOff=True).create()
    assert (state.status, state.started_machine) == ("Succeeded", None)
    assert power(azure) == was
    stop = STOP_VM if was == "deallocated" else "VirtualMachines_PowerOff"
    assert azure.take_writes() == [START_VM, INSTALL, stop]
    assert f"the machine is off again ({was}), as it was before the installation" in azure.said.text


def test_a_machine_that_runs_is_left_running() -> None:
    azure = azure_of()
    installation(azure, startIfOff=True).create()
    assert power(azure) == "running"
    assert {START_VM, STOP_VM} & set(azure.calls()) == set()


def test_a_machine_that_was_started_is_stopped_after_a_failure() -> None:
    azure = azure_of()
    turn_off(azure)
    azure.simulator.patching.fail("patch", times=None)
    with pytest.raises(Refused, match="Change `triggers` to install again"):
        installation(azure, startIfOff=True).create()
    assert power(azure) == "deallocated"


def test_a_machine_that_was_started_is_stopped_when_the_request_is_refused_and_nothing_is_left_behind() -> None:
    azure = azure_of()
    turn_off(azure)
    refusal: Any = Answer(403, "AuthorizationFailed", "The client has no permission.")
    azure.simulator.faults.add(match("POST", "/installPatches"), response=refusal, times=None)
    resource = installation(azure, startIfOff=True)
    with pytest.raises(ArmError, match="AuthorizationFailed"):
        resource.create()
    assert power(azure) == "deallocated"
    assert resource.stored is None


def test_a_machine_that_was_started_is_stopped_after_a_time_out_that_nothing_was_asked_for_in() -> None:
    azure = azure_of(assessment_time=minutes(60))
    turn_off(azure)
    busy: Any = Answer(409, "Conflict", "An operation is in progress.")
    azure.simulator.faults.add(match("POST", "/installPatches"), response=busy, times=None)
    resource = installation(azure, startIfOff=True, timeout="20m")
    handle = azure.simulator.handle

    def assessed_by_somebody(request: Any) -> Any:
        answer = handle(request)
        if request.path.endswith("/start"):
            azure.simulator.clock.advance(minutes(2))
            assert azure.ask("POST", f"{VM}/assessPatches", {}).status == 202
        return answer

    azure.answer_with(assessed_by_somebody)
    with pytest.raises(TimedOut):
        resource.create()
    assert asked(azure) == 0
    assert power(azure) == "deallocated"
    assert resource.stored is None


@pytest.mark.parametrize("after", [0.5, 4, 12])
def test_a_machine_that_was_started_by_an_interrupted_run_is_stopped_by_the_next_one(after: float) -> None:
    azure = azure_of(settings=Settings(operation_time=minutes(2)))
    turn_off(azure)
    resource = installation(azure, startIfOff=True)
    interrupted(azure, resource, minutes(after))
    assert resource.state.started_machine == "deallocated"
    assert "the machine was started for this and is still on" in azure.said.text
    assert resource.bring_about().started_machine is None
    assert power(azure) == "deallocated"
    assert asked(azure) == 1


@pytest.mark.parametrize("after", [0.5, 4, 12])
def test_a_machine_that_was_started_by_an_interrupted_run_is_stopped_by_a_destroy(after: float) -> None:
    azure = azure_of(settings=Settings(operation_time=minutes(2)))
    turn_off(azure)
    resource = installation(azure, startIfOff=True)
    interrupted(azure, resource, minutes(after))
    resource.delete()
    azure.simulator.clock.advance(timedelta(hours=1))
    assert power(azure) == "deallocated"
    for one in azure.simulator.world.patch_records.installations.get(VM.lower(), ()):
        # It was not stopped in the middle.
        assert one.status == "Succeeded"


def killed_after_the_start(azure: Azure, resource: Declared) -> None:
    """Create it and kill the process as soon as Azure was asked to start the machine; nobody remembers."""
    azure.cut_off(5, "killed", before=False)
    with pytest.raises(Killed):
        resource.create()
    assert azure.calls()[-1] == START_VM
    resource.forget()
    azure.new_run()


@pytest.mark.parametrize("was", ["deallocated", "stopped"])
def test_a_machine_that_was_started_by_a_killed_run_is_put_back_by_the_next_one(was: str) -> None:
    azure = azure_of()
    azure.ask("POST", f"{VM}/{'deallocate' if was == 'deallocated' else 'powerOff'}")
    azure.simulator.clock.advance(minutes(5))
    resource = installation(azure, startIfOff=True)
    killed_after_the_start(azure, resource)
    azure.simulator.clock.advance(timedelta(hours=5))
    assert power(azure) == "running"
    assert resource.bring_about().status == "Succeeded"
    assert "the machine is on because a run that was killed has started it (activity log)" in azure.said.text
    assert power(azure) == was
    assert azure.calls().count(START_VM) == 1


def test_the_activity_log_is_waited_for_where_it_does_not_tell_who_started_the_machine() -> None:
    azure = azure_of(settings=Settings(activity_log_lag=minutes(19)), windows_patch_time=minutes(1))
    turn_off(azure)
    resource = installation(azure, startIfOff=True)
    killed_after_the_start(azure, resource)
    azure.simulator.clock.advance(minutes(1))
    resource.bring_about()
    assert power(azure) == "deallocated"
    assert any("the activity log to tell who started the machine" in told for told in azure.said.progress)
    assert azure.passed <= minutes(25)


def test_a_machine_that_somebody_else_has_started_is_left_on() -> None:
    azure = azure_of()
    turn_off(azure)
    resource = installation(azure, startIfOff=True)
    killed_after_the_start(azure, resource)
    azure.simulator.clock.advance(minutes(30))
    for verb in ("deallocate", "start"):
        assert azure.ask("POST", f"{VM}/{verb}").status == 202
        azure.simulator.clock.advance(minutes(30))
    resource.bring_about()
    assert power(azure) == "running"


def test_a_question_does_not_leave_a_machine_on_that_a_killed_run_has_started() -> None:
    azure = azure_of(windows_patch_time=minutes(60))
    turn_off(azure)
    resource = installation(azure, startIfOff=True)
    killed_in_the_middle(azure, resource)
    hide_who_asked(azure)
    azure.simulator.clock.advance(minutes(6))
    # It is still installing: stopping it now would cut that off.
    question(resource)
    assert power(azure) == "running"
    assert "an installation runs in it" in azure.said.text
    azure.simulator.clock.advance(timedelta(hours=3))
    azure.new_run()
    activity = question(resource)
    assert power(azure) == "deallocated"
    resource.declare(adoptActivityId=activity)
    azure.new_run()
    assert resource.bring_about().status == "Succeeded"
    assert power(azure) == "deallocated"
    (one,) = azure.simulator.world.patch_records.installations[VM.lower()]
    assert one.status == "Succeeded"


def test_a_machine_that_a_killed_update_has_started_is_stopped_by_a_destroy() -> None:
    azure = azure_of()
    turn_off(azure)
    resource = installation(azure, startIfOff=True, triggers=["one"])
    resource.create()
    azure.simulator.clock.advance(timedelta(days=30))
    azure.new_run()
    resource.declare(triggers=["two"])
    azure.cut_off(5, "killed", before=False)
    with pytest.raises(Killed):
        resource.update()
    assert azure.calls()[-1] == START_VM
    azure.simulator.clock.advance(timedelta(hours=1))
    azure.new_run()
    resource.delete()
    assert power(azure) == "deallocated"


def test_a_log_that_may_not_be_read_is_told_with_the_machine_that_may_be_left_on() -> None:
    azure = azure_of()
    refusal: Any = Answer(403, "AuthorizationFailed", "The client has no permission.")
    azure.simulator.faults.add(match("GET", "/eventtypes/management/values"), response=refusal, times=None)
    assert installation(azure, startIfOff=True).create().status == "Succeeded"
    assert (
        "VM 'vm': the machine is on, and whether a run that was killed has started it is not known" in azure.said.text
    )


def test_a_question_is_asked_before_a_machine_is_started() -> None:
    azure = azure_of()
    somebody_installs(azure)
    azure.simulator.clock.advance(timedelta(hours=5))
    turn_off(azure)
    question(installation(azure, startIfOff=True))
    assert power(azure) == "deallocated"
    assert START_VM not in azure.calls()


def test_two_checks_and_an_assessment_share_one_machine() -> None:
    azure = azure_of(windows("2022-datacenter"))
    image_check(azure, require="Supported").create()
    assert installation(azure, windows=SECURITY).create().status == "Succeeded"


def bring_about_in_the_end(azure: Azure, resource: Declared) -> None:
    """What a person does: run again, and answer a question with what is asked about."""
    for _ in range(4):
        azure.new_run()
        try:
            resource.bring_about()
        except Refused as error:
            found = QUESTION.search(str(error))
            resource.declare(adoptActivityId=found and found.group(1))
        else:
            return
    raise AssertionError("it never ends")


@given(
    request=st.integers(0, 60),
    kind=st.sampled_from(["killed", "lost"]),
    before=st.booleans(),
    off=st.booleans(),
)
def test_cut_off_anywhere_there_is_one_installation_in_the_end(
    request: int, kind: Any, before: bool, off: bool
) -> None:
    azure = azure_of(settings=Settings(operation_time=minutes(1)))
    if off:
        turn_off(azure)
    resource = installation(azure, startIfOff=off)
    azure.cut_off(request, kind, before=before)
    try:
        resource.create()
    except Killed:
        resource.forget()
    except HotpatchError:
        pass
    bring_about_in_the_end(azure, resource)
    assert resource.state.status == "Succeeded"
    assert resource.state.unfinished is None
    assert asked(azure) == 1
    azure.simulator.clock.advance(timedelta(hours=1))
    assert power(azure) == ("deallocated" if off else "running")


@given(seconds=st.integers(0, 2400), off=st.booleans())
def test_interrupted_at_any_time_there_is_one_installation_and_the_machine_is_as_before(
    seconds: int, off: bool
) -> None:
    azure = azure_of(settings=Settings(operation_time=minutes(1)))
    if off:
        turn_off(azure)
    resource = installation(azure, startIfOff=off)
    azure.clock.interrupt_at = START + timedelta(seconds=seconds)
    try:
        resource.create()
    except Interrupted:
        azure.new_run()
        resource.bring_about()
    assert resource.state.status == "Succeeded"
    assert resource.state.adopted is False
    assert asked(azure) == 1
    azure.simulator.clock.advance(timedelta(hours=1))
    assert power(azure) == ("deallocated" if off else "running")
