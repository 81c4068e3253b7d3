"""The example's policy pack in the real analyzer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.analyzer import Analyzer

PACK = Path(__file__).parents[2] / "examples" / "policy-pack"


@pytest.fixture(scope="module")
def analyzer() -> Iterator[Analyzer]:
    """One process for all questions of a module, at the pack's own levels."""
    with Analyzer(PACK) as started:
        yield started


@pytest.fixture
def configurable(analyzer: Analyzer) -> Iterator[Analyzer]:
    """The same process, for tests that configure it: afterwards it is at the pack's own levels again."""
    yield analyzer
    analyzer.configure({})
