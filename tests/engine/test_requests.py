"""What requests in the activity log say of a machine that is on, and of installations that nobody tells of."""

from datetime import UTC, datetime, timedelta

from pulumi_azure_hotpatch.engine.requests import Request, Started, request_id, untold_installation, who_started

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
    asked = request("installPatches", 60)
    assert untold_installation([request("assessPatches", 0), asked], []) is asked
    for minutes in (56, 60, 89):
        assert untold_installation([asked], [T0 + timedelta(minutes=minutes)]) is None
    for minutes in (54, 91):
        assert untold_installation([asked], [T0 + timedelta(minutes=minutes), None]) is asked
