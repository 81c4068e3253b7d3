"""A new simulator over the default world for each test."""

import pytest

from tests.simulator.asking import Client, client


@pytest.fixture
def azure() -> Client:
    return client()
