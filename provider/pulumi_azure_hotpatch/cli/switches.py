"""The switches that take disputed rules one step less seriously, as typed."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_azure_hotpatch.engine.rules import RULES
from pulumi_azure_hotpatch.errors import InvalidInput


def relaxed(given: Sequence[str]) -> frozenset[str]:
    """The switches of `--relax`. Raises InvalidInput for one that there is not."""
    known = {rule.switch for rule in RULES if rule.switch}
    if unknown := sorted(set(given) - known):
        raise InvalidInput(f"--relax {unknown[0]!r}: expected one of {', '.join(sorted(known))}")
    return frozenset(given)
