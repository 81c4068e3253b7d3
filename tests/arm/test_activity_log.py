"""What was asked of a machine, from the activity log: our own request ids, several events of one operation, pages."""

from datetime import timedelta
from typing import Any, cast

from pulumi_azure_hotpatch.arm.activity_log import ArmActivityLog
from pulumi_azure_hotpatch.ids import ResourceId
from tests.support.simulated import START, SUBSCRIPTION_ID, Azure, minutes

MACHINE = ResourceId.parse(
    f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso/providers/Microsoft.Compute/virtualMachines/vm-app-1"
)
OURS = "00000000-0000-0000-0000-0000000000aa"


def event(verb: str, minute: int, status: str, correlation: str, client_id: str | None = None) -> dict[str, Any]:
    return {
        "operationName": {"value": f"Microsoft.Compute/virtualMachines/{verb}/action"},
        "eventTimestamp": (START + minutes(minute)).isoformat(),
        "status": {"value": status},
        "correlationId": correlation,
        "httpRequest": None if client_id is None else {"clientRequestId": client_id},
    }


class Paged:
    """A client whose log has two pages."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self._pages = list(pages)
        self.asked: list[str] = []

    def send_request(self, request: Any) -> Any:
        self.asked.append(request.url)
        page, rest = self._pages[0], self._pages[1:]
        self._pages = rest
        more = {"nextLink": "https://management.azure.com/next"} if rest else {}
        return _Answer({"value": page, **more})


class _Answer:
    def __init__(self, body: dict[str, Any]) -> None:
        self._body = body

    def raise_for_status(self) -> None:
        """It went well."""

    def json(self) -> dict[str, Any]:
        return self._body


def test_a_start_is_found_by_the_id_that_it_was_asked_with() -> None:
    azure = Azure()
    ports = azure.runtime.azure
    ports.patching.stop(MACHINE, deallocate=False)
    azure.simulator.clock.advance(minutes(2))
    ports.patching.start(MACHINE, OURS)
    azure.simulator.clock.advance(minutes(7))
    stop, start = ports.activity_log.requests(MACHINE, START)
    assert (stop.verb, start.verb, start.client_id) == ("poweroff", "start", OURS)
    assert START <= stop.at < start.at
    assert ports.activity_log.requests(MACHINE, START + timedelta(hours=1)) == ()


def test_the_events_of_an_operation_are_one_request_at_its_first_event_and_a_failed_one_is_none() -> None:
    client = Paged(
        [
            event("start", 9, "Succeeded", "three"),
            event("start", 7, "Started", "three", OURS),
            event("deallocate", 6, "Failed", "two"),
        ],
        [event("deallocate", 5, "Started", "two"), event("powerOff", 1, "Accepted", "one")],
    )
    # All of the SDK's client that is asked for here.
    log = ArmActivityLog(lambda _: cast(Any, client))
    first, last = log.requests(MACHINE, START)
    assert (first.verb, first.at, first.client_id) == ("poweroff", START + minutes(1), None)
    assert (last.verb, last.at, last.client_id) == ("start", START + minutes(7), OURS)
    assert len(client.asked) == 2
    assert client.asked[1] == "https://management.azure.com/next"
