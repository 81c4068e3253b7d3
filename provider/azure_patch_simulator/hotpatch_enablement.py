"""How far an Arc-enabled server is on its way to hotpatches.

Source: Microsoft Learn, Enable hotpatch for Azure Arc-enabled servers, 2025-10-30 (Windows Server 2025, virtualization
based security must run, about ten minutes' wait); of the words: azure-mgmt-hybridcompute 10. Which word stands for
which situation is this simulator's reading: none was seen beside its situation.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .machine_settings import LICENCE_TAIL, choices_of, hotpatch_status
from .resources import Resource

if TYPE_CHECKING:
    from .simulator import Simulator

EVALUATION = timedelta(minutes=10)
OBSTACLE = "hotpatchObstacle"


def status_of(simulator: Simulator, machine: Resource) -> dict[str, Any]:
    """Return ``{"hotpatchEnablementStatus", "error"?}`` of a machine's patch settings."""
    licence = simulator.world.resources.get(machine.id + LICENCE_TAIL)
    feature = "Unknown" if licence is None else hotpatch_status(licence)
    if feature in ("Enabling", "Disabling"):
        return _status("PendingEvaluation")
    if feature != "Enabled" or choices_of(machine).hotpatching is False:
        return _status("Disabled")
    if simulator.patching.guest_of(machine).line != "ws2025":
        return _status("ActionRequired", "Hotpatch on Arc-enabled servers is for Windows Server 2025.")
    if OBSTACLE in machine.facts:
        return _status("ActionRequired", str(machine.facts[OBSTACLE]))
    enabled = licence.facts.get("enabled") if licence is not None else None
    if isinstance(enabled, str) and simulator.clock.now() < datetime.fromisoformat(enabled) + EVALUATION:
        return _status("PendingEvaluation")
    return _status("Enabled")


def _status(word: str, message: str | None = None) -> dict[str, Any]:
    status: dict[str, Any] = {"hotpatchEnablementStatus": word}
    if message is not None:
        status["error"] = {"code": "SimulatorRuleHotpatchObstacle", "message": message}
    return status


def set_obstacle(simulator: Simulator, machine_id: str, reason: str | None) -> None:
    """Say what keeps a machine from hotpatches (no virtualization based security, say), ``None`` = nothing.

    Raises ``KeyError`` when there is no such machine.
    """
    machine = simulator.world.resources.get(machine_id)
    if machine is None:
        raise KeyError(machine_id)
    simulator.patching.before_change(machine)
    if reason is None:
        machine.facts.pop(OBSTACLE, None)
    else:
        machine.facts[OBSTACLE] = reason
    simulator.patching.after_write(machine)
