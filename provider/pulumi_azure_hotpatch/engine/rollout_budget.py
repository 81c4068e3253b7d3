"""How many machines of a ring may fail before the rollout halts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

_WRITTEN: Final = re.compile(r"(\d+(?:\.\d+)?)(%?)")


@dataclass(frozen=True, slots=True)
class Budget:
    """A count of machines, or so many percent of the ring's machines, rounded down."""

    amount: float
    is_percent: bool = False

    def allowed(self, machines: int) -> int:
        """How many of that many machines may fail."""
        # In millionths, so that 7 % of 100 are 7 and not what binary fractions leave of it.
        return machines * round(self.amount * 10**4) // 10**6 if self.is_percent else int(self.amount)


def parse_budget(written: str | float) -> Budget:
    """`2` or `'2'` machines, `'5%'` of a ring. Raises InvalidInput for anything else."""
    text = f"{written:g}" if isinstance(written, int | float) else written.strip()
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise InvalidInput(f"failure budget '{written}': expected a number of machines such as 2, or '5%' of a ring")
    budget = Budget(float(match[1]), bool(match[2]))
    if budget.is_percent and budget.amount > 100:
        raise InvalidInput(f"failure budget '{written}': expected at most 100%")
    if not budget.is_percent and budget.amount != int(budget.amount):
        raise InvalidInput(f"failure budget '{written}': expected a whole number of machines, or a percentage")
    return budget
