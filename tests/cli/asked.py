"""Commands that ask Azure, pointed at a simulated one that is reached over TLS."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from azure_patch_simulator import Simulator, World
from azure_patch_simulator.server import serve_in_thread
from tests.support.simulated import START


@contextmanager
def serving(world: World, monkeypatch: pytest.MonkeyPatch, *, start: Any = START) -> Iterator[Simulator]:
    """A simulator that the environment names, whose clock is the one that counts."""
    simulator = Simulator(world, start=start)
    with serve_in_thread(simulator) as server:
        chosen = {
            "AZURE_HOTPATCH_ENDPOINT": server.url,
            "AZURE_HOTPATCH_CA_FILE": server.ca_file,
            "AZURE_HOTPATCH_CLOCK": "endpoint",
            "ARM_TENANT_ID": server.tenant_id,
            "ARM_SUBSCRIPTION_ID": server.subscription_id,
            "ARM_CLIENT_ID": server.client_id,
            "ARM_CLIENT_SECRET": server.client_secret,
        }
        for name, value in chosen.items():
            monkeypatch.setenv(name, str(value))
        yield simulator


def writes(simulator: Simulator) -> list[str]:
    """What was asked of Azure beyond reading: neither tokens nor queries."""
    harmless = ("OAuth2_Token", "ResourceGraph_Resources")
    return [one.operation for one in simulator.journal if one.method != "GET" and one.operation not in harmless]
