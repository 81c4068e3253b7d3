"""A simulated Azure control plane for guest patching: features, providers, machines, maintenance, and a clock to move.

One synchronous core, two skins: ``Simulator.transport()`` puts unmodified azure-mgmt clients on it in process and in
simulated time; ``azure-patch-simulator serve`` is an HTTPS server on loopback. Where the behaviour of the real service
was not seen, the answer carries a code that begins with ``SimulatorRule``.

Names are brought in when they are first asked for: the package has a pytest plugin, which pytest loads on every start.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .clock import Event, SimulatedClock, parse_pace
    from .errors import OWN_CODE_PREFIX, ArmError
    from .faults import Answer, Delay, Drop, Expire, Jump, Slow, failing, match, throttled
    from .http import Request, Response
    from .journal import Entry, Journal
    from .patch_failures import PatchFailure
    from .patching_settings import PatchingSettings
    from .settings import PREVIEW_ERA_FEATURES, FeatureDefinition, Policy, Settings
    from .simulator import Credentials, Simulator
    from .state import StateError
    from .throttling import Bucket, ThrottlingSettings, Window
    from .world import SUBSCRIPTION_ID, TENANT_ID, World

__all__ = [
    "OWN_CODE_PREFIX",
    "PREVIEW_ERA_FEATURES",
    "SUBSCRIPTION_ID",
    "TENANT_ID",
    "Answer",
    "ArmError",
    "Bucket",
    "Credentials",
    "Delay",
    "Drop",
    "Entry",
    "Event",
    "Expire",
    "FeatureDefinition",
    "Journal",
    "Jump",
    "PatchFailure",
    "PatchingSettings",
    "Policy",
    "Request",
    "Response",
    "Settings",
    "SimulatedClock",
    "Simulator",
    "Slow",
    "StateError",
    "ThrottlingSettings",
    "Window",
    "World",
    "failing",
    "match",
    "parse_pace",
    "throttled",
]

_HOMES = {
    "clock": ("Event", "SimulatedClock", "parse_pace"),
    "errors": ("OWN_CODE_PREFIX", "ArmError"),
    "faults": ("Answer", "Delay", "Drop", "Expire", "Jump", "Slow", "failing", "match", "throttled"),
    "http": ("Request", "Response"),
    "journal": ("Entry", "Journal"),
    "patch_failures": ("PatchFailure",),
    "patching_settings": ("PatchingSettings",),
    "settings": ("PREVIEW_ERA_FEATURES", "FeatureDefinition", "Policy", "Settings"),
    "simulator": ("Credentials", "Simulator"),
    "state": ("StateError",),
    "throttling": ("Bucket", "ThrottlingSettings", "Window"),
    "world": ("SUBSCRIPTION_ID", "TENANT_ID", "World"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
