"""A simulated Azure in a process of its own, and stacks of the real engine that are pointed at it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azure_patch_simulator.launch import launched
from demo import Azure
from tests.support.pulumi_cli import Stack

PROGRAMS = Path(__file__).parent / "programs"
CHECKOUT = Path(__file__).parents[2]

MakeStack = Callable[..., Stack]


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[Azure]:
    """An Azure whose clock moves only when somebody waits."""
    with launched("--time", "manual", "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Azure(server.info)


@pytest.fixture
def preview_azure(tmp_path: Path) -> Iterator[Azure]:
    """As `azure`, of the time when hotpatching was in preview and needed the features."""
    with launched("--era", "2021-preview", "--time", "manual", "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Azure(server.info)


@pytest.fixture
def slow_azure(tmp_path: Path) -> Iterator[Azure]:
    """An Azure in which everything takes so long, in simulated time, that it can be killed in the middle."""
    arguments = ("--time", "manual", "--operation-seconds", "1800", "--registration-seconds", "5400")
    with launched(*arguments, "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Azure(server.info)


@pytest.fixture
def make_stack(tmp_path: Path) -> MakeStack:
    """Make a stack of a program, or of the checkout's own project when none is named."""

    def make(azure: Azure, program: str | None = None) -> Stack:
        project = PROGRAMS / program if program else CHECKOUT
        return Stack(project, tmp_path / "pulumi", azure.environment())

    return make
