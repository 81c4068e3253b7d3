"""A simulated Azure control plane for guest patching: features, providers, machines, maintenance, and a clock to move.

One synchronous core, two skins: ``Simulator.transport()`` puts unmodified azure-mgmt clients on it in process and in
simulated time; ``azure-patch-simulator serve`` is an HTTPS server on loopback. Where the behaviour of the real service
was not seen, the answer carries a code that begins with ``SimulatorRule``.
"""

from .clock import Event, SimulatedClock, parse_pace
from .errors import OWN_CODE_PREFIX, ArmError
from .faults import Answer, Delay, Drop, match, throttled
from .http import Request, Response
from .journal import Entry, Journal
from .settings import PREVIEW_ERA_FEATURES, FeatureDefinition, Policy, Settings
from .simulator import Credentials, Simulator
from .state import StateError
from .world import SUBSCRIPTION_ID, TENANT_ID, World

__all__ = [
    "OWN_CODE_PREFIX",
    "PREVIEW_ERA_FEATURES",
    "SUBSCRIPTION_ID",
    "TENANT_ID",
    "Answer",
    "ArmError",
    "Credentials",
    "Delay",
    "Drop",
    "Entry",
    "Event",
    "FeatureDefinition",
    "Journal",
    "Policy",
    "Request",
    "Response",
    "Settings",
    "SimulatedClock",
    "Simulator",
    "StateError",
    "World",
    "match",
    "parse_pace",
    "throttled",
]
