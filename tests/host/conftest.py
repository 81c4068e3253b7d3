"""A simulated Azure behind HTTPS and an engine that listens, for plugins in processes of their own."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from azure_patch_simulator import FeatureDefinition, Settings, World
from azure_patch_simulator.server import ServerInfo, serve_in_thread
from azure_patch_simulator.settings import default_features
from tests.support.dynamic_host import Engine
from tests.support.simulated import Azure

STUCK = tuple(f"ContosoStuck{number:02}Preview" for number in range(20))
"""Features whose registration never ends."""


@pytest.fixture
def azure() -> Azure:
    stuck = [FeatureDefinition("Microsoft.Compute", name, stuck=True) for name in STUCK]
    # Half a minute instead of a quarter of an hour: the same steps in fewer reads.
    settings = Settings(features=[*default_features(), *stuck], feature_registration_time=timedelta(seconds=30))
    return Azure(World.default(settings))


@pytest.fixture
def server(azure: Azure) -> Iterator[ServerInfo]:
    with serve_in_thread(azure.simulator) as info:
        yield info


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as listening:
        yield listening
