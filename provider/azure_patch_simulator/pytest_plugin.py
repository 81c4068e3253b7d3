"""A simulated subscription for any project's tests: the fixture ``azure_subscription``.

Installed with the package, nothing to configure. ``@pytest.mark.azure_simulator(...)`` says how: ``inventory`` (ARM
bodies or the path of a file of them), ``start`` (an aware datetime), ``seed``, ``pace`` (0 = moved by hand, the
default) and ``settings``. A test that uses neither pays nothing: all imports are made by the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .faults import Faults
    from .journal import Journal
    from .server import ServerInfo
    from .simulator import Simulator
    from .transport import SimulatedCredential, SimulatedTransport

MARK = "azure_simulator"
START = datetime(2026, 1, 1, tzinfo=UTC)
"""The first instant of a test's simulated time, so that a test means the same on every day."""


class AzureSubscription:
    """One simulated subscription, in process; served over HTTPS too from the moment somebody asks for its ``url``."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.id = next(iter(simulator.world.subscriptions.values())).id
        self.tenant_id = simulator.world.tenant_id
        self._closing = ExitStack()

    def transport(self) -> SimulatedTransport:
        """Return a transport for azure-mgmt clients: requests stay in the process, waiting moves the clock."""
        return self.simulator.transport()

    def credential(self) -> SimulatedCredential:
        """Return a credential for azure-mgmt clients."""
        return self.simulator.credential()

    def now(self) -> datetime:
        """Return the simulated instant."""
        return self.simulator.clock.now()

    def advance(self, duration: timedelta | None = None, **parts: float) -> datetime:
        """Move the clock on, by a duration or by its parts (``hours=3``), and return the new instant."""
        return self.simulator.clock.advance((duration or timedelta(0)) + timedelta(**parts))

    @property
    def journal(self) -> Journal:
        """What was asked so far."""
        return self.simulator.journal

    @property
    def faults(self) -> Faults:
        """What goes wrong; add to it."""
        return self.simulator.faults

    @cached_property
    def server(self) -> ServerInfo:
        """The HTTPS server on loopback, started now."""
        from .server import serve_in_thread

        return self._closing.enter_context(serve_in_thread(self.simulator))

    @property
    def url(self) -> str:
        """Where Resource Manager and the token endpoint are."""
        return self.server.url

    @property
    def ca_file(self) -> str:
        """The certificate authority to trust."""
        return self.server.ca_file

    @property
    def credentials(self) -> dict[str, str]:
        """``tenant_id``, ``client_id`` and ``client_secret``, as azure-identity's ClientSecretCredential names them."""
        known = self.simulator.credentials
        return {
            "tenant_id": self.tenant_id,
            "client_id": known.client_id,
            "client_secret": known.client_secret,
        }

    def environment(self, client: str) -> dict[str, str]:
        """Return the variables that point ``az``, ``terraform``, ``python`` or ``pulumi`` at the HTTPS server."""
        from .exports import environment

        return environment(client, self.server.to_json())

    def close(self) -> None:
        """Stop the server, if it was started."""
        self._closing.close()


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers", f"{MARK}(inventory, start, seed, pace, settings): what the fixture azure_subscription begins with"
    )


@pytest.fixture
def azure_subscription(request: pytest.FixtureRequest) -> Iterator[AzureSubscription]:
    """A simulated Azure subscription of this test's own."""
    from .simulator import Simulator
    from .world import World

    mark = request.node.get_closest_marker(MARK)
    given: dict[str, Any] = dict(mark.kwargs) if mark is not None else {}
    inventory, settings = given.pop("inventory", None), given.pop("settings", None)
    given.setdefault("start", START)
    unknown = given.keys() - {"start", "seed", "pace"}
    if unknown or (mark is not None and mark.args):
        raise pytest.UsageError(f"@pytest.mark.{MARK} takes inventory, start, seed, pace and settings, by name")
    world = World.default(settings) if inventory is None else World.from_inventory(inventory, settings=settings)
    subscription = AzureSubscription(Simulator(world, **given))
    yield subscription
    subscription.close()
