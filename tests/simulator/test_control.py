"""What can be turned from outside while it runs: pace, settings, features, power."""

from datetime import timedelta
from typing import Any

import pytest

from tests.simulator.asking import HOTPATCH_FLAG, MACHINE, Client, code_of

STUCK = {"name": "InGuestHotPatchVMPreview", "registration_seconds": None}


def test_the_pace_of_time_can_change_and_nothing_is_lost(azure: Client) -> None:
    assert azure.ask("POST", "/simulator/clock", {"pace": "x1000000"}).json()["pace"] == 1_000_000
    before = azure.simulator.clock.now()
    while azure.simulator.clock.now() == before:
        pass
    assert azure.ask("POST", "/simulator/clock", {"pace": "manual"}).json()["pace"] == 0
    stopped = azure.simulator.clock.now()
    assert stopped > before
    assert azure.simulator.clock.now() == stopped
    assert azure.ask("POST", "/simulator/clock", {"pace": "x0"}).status == 400


def test_a_feature_can_be_stuck_and_freed(azure: Client) -> None:
    assert azure.ask("POST", "/simulator/features", STUCK).status == 200
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    azure.simulator.clock.advance(timedelta(days=30))
    assert azure.state() == "Registering"
    azure.ask("POST", "/simulator/features", {**STUCK, "registration_seconds": 60})
    for step in ("unregister", "register"):
        assert azure.ask("POST", f"{HOTPATCH_FLAG}/{step}").status == 200
        azure.simulator.clock.advance(timedelta(minutes=1))
    assert azure.state() == "Registered"


def test_a_pending_feature_can_be_approved(azure: Client) -> None:
    flag = HOTPATCH_FLAG.replace("InGuestHotPatchVMPreview", "ContosoApprovedByHandPreview")
    azure.ask("POST", f"{flag}/register")
    assert azure.state(flag) == "Pending"
    azure.ask("POST", "/simulator/features", {"name": "contosoapprovedbyhandpreview", "approve": True})
    assert azure.state(flag) == "Registered"


def test_machines_can_be_stopped_and_started(azure: Client) -> None:
    for running, text in ((False, "PowerState/deallocated"), (True, "PowerState/running")):
        azure.ask("POST", "/simulator/power", {"machine": MACHINE, "running": running})
        assert azure.get(f"{MACHINE}/instanceView")["statuses"][1]["code"] == text


def test_settings_are_shown_and_changed_member_by_member(azure: Client) -> None:
    shown = azure.ask("GET", "/simulator/settings").json()
    assert shown["operation_time"] == 30.0
    assert shown["throttling"]["reads"] == {"size": 250, "refill": 25.0}
    change = {"operation_time": 0, "replicas": 3, "throttling": {"enforced": True, "reads": {"size": 2}}}
    after = azure.ask("PATCH", "/simulator/settings", change).json()
    shown["throttling"] |= {"enforced": True, "reads": {"size": 2, "refill": 25.0}}
    assert after == {**shown, "operation_time": 0.0, "replicas": 3}
    assert azure.ask("PATCH", MACHINE, {"tags": {}}).json()["properties"]["provisioningState"] == "Succeeded"
    assert [azure.ask("GET", MACHINE).status for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "settings", {"nothing": 1}),
        ("PATCH", "settings", {"operation_time": "soon"}),
        ("PATCH", "settings", {"operation_time": -1}),
        ("PATCH", "settings", {"operation_time": 1e300}),
        ("PATCH", "settings", {"replicas": True}),
        ("PATCH", "settings", {"era": "1999"}),
        ("PATCH", "settings", {"page_size": 5, "throttling": {"enforced": "yes"}}),
        ("PATCH", "settings", {"features": [{"name": "x"}]}),
        ("PATCH", "settings", {"registered_providers": "all"}),
        ("PATCH", "settings", {"throttling": None}),
        ("POST", "features", {}),
        ("POST", "features", {"name": "InGuestHotPatchVMPreview", "registration_seconds": "x"}),
        ("POST", "features", {"name": "None", "approve": True}),
        ("POST", "power", {"machine": MACHINE}),
        ("POST", "power", {"machine": f"{MACHINE}-none", "running": True}),
        ("POST", "faults", {"storm": 2}),
        ("POST", "faults", {"fail": 418}),
        ("POST", "faults", {"throttle": 1, "chance": 0}),
    ],
)
def test_a_turn_that_makes_no_sense_changes_nothing(azure: Client, method: str, path: str, body: Any) -> None:
    before = azure.ask("GET", "/simulator/settings").json()
    refused = azure.ask(method, f"/simulator/{path}", body)
    assert refused.status in (400, 404)
    assert code_of(refused) == "SimulatorRuleControl"
    assert azure.ask("GET", "/simulator/settings").json() == before
    assert len(azure.simulator.faults) == 0
