"""What a check comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail", "unknown"]

NOTHING_TO_DO = "nothing to do"


@dataclass(frozen=True)
class Check:
    """One line of a diagnosis: `name`, what was found, what to do."""

    name: str
    verdict: Verdict
    found: str
    fix: str = NOTHING_TO_DO

    def as_json(self) -> dict[str, str]:
        """The line as JSON."""
        return {"check": self.name, "verdict": self.verdict, "found": self.found, "fix": self.fix}
