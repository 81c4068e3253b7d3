"""What requests in the activity log say of a machine that is on, and of installations that nobody tells of."""

from datetime import UTC, datetime, timedelta

from pulumi_azure_hotpatch.engine.requests import (
    Request,
    Started,
    asked_by,
    request_id,
    untold_installation,
    who_started,
)

T0 = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
OURS = request_id("urn:one", "/subscriptions/s/vm", "start")
COMPUTE = "Microsoft.Compute/virtualMachines"


def request(verb: str, minutes: int, client_id: str | None = None) -> Request:
    return Request(f"{COMPUTE}/{verb}/action", T0 + timedelta(minutes=minutes), client_id)


def test_a_request_has_the_same_id_in_every_run_and_another_one_for_every_other_resource() -> None:
    assert request_id("urn:one", "/subscriptions/S/VM", "start") == OURS
    others = {
        request_id("urn:two", "/subscriptions/s/vm", "start"),
        request_id("urn:one", "/subscriptions/s/vm2", "start"),
        request_id("urn:one", "/subscriptions/s/vm", "install"),
    }
    assert len({OURS, *others}) == 4


def test_the_last_start_says_who_started_the_machine_and_the_stop_before_it_how_it_was_off() -> None:
    stopped, deallocated = request("powerOff", 0), request("deallocate", 1)
    assert who_started([request("start", 2, OURS.upper())], OURS) == Started(True, "deallocated")
    assert who_started([request("start", 2, OURS), stopped], OURS) == Started(True, "stopped")
    assert who_started([stopped, deallocated, request("start", 2, OURS)], OURS) == Started(True, "deallocated")
    assert who_started([request("start", 2, OURS), request("start", 3, "another")], OURS) == Started(
        False, "deallocated"
    )
    assert who_started([request("start", 2)], OURS).ours is False


def test_without_a_start_since_the_last_stop_the_log_does_not_tell() -> None:
    assert who_started([], OURS).ours is None
    assert who_started([request("start", 0, OURS), request("deallocate", 1)], OURS).ours is None
    assert who_started([request("installPatches", 0), request("write", 1)], OURS).ours is None


def test_an_installation_is_told_by_one_that_began_soon_after_its_request() -> None:
    wanted = request("installPatches", 60)
    assert untold_installation([request("assessPatches", 0), wanted], [], OURS) is wanted
    for minutes in (56, 60, 89):
        assert untold_installation([wanted], [T0 + timedelta(minutes=minutes)], OURS) is None
    for minutes in (54, 91):
        assert untold_installation([wanted], [T0 + timedelta(minutes=minutes), None], OURS) is wanted


def test_what_another_asked_for_is_not_missed() -> None:
    mine = request("installPatches", 60, OURS)
    assert untold_installation([request("installPatches", 0, "another"), mine], [], OURS) is mine
    assert untold_installation([request("installPatches", 0, "another")], [], OURS) is None


def test_an_installation_was_asked_for_by_the_request_that_no_other_one_is_nearer_to() -> None:
    theirs, mine = request("installPatches", 0, "another"), request("installPatches", 20, OURS)
    at = {minutes: T0 + timedelta(minutes=minutes) for minutes in (1, 21, 90)}
    assert asked_by([theirs, mine], OURS, at[21]) is True
    assert asked_by([theirs, mine], OURS, at[1]) is False
    assert asked_by([theirs, mine], OURS, at[90]) is None
    assert asked_by([theirs], OURS, at[21], [at[1], at[21], None]) is None
    assert asked_by([theirs], OURS, at[21]) is False
    assert asked_by([request("installPatches", 20)], OURS, at[21]) is None
