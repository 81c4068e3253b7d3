"""All rules in one tuple, with the look-ups that everybody needs."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from ...errors import InvalidInput
from .assignment import ASSIGNMENT_RULES
from .declaration import DECLARATION_RULES
from .feature import FEATURE_RULES
from .machine import MACHINE_RULES
from .model import Rule, Subject
from .schedule import SCHEDULE_RULES

RULES: Final[tuple[Rule, ...]] = (
    *MACHINE_RULES,
    *SCHEDULE_RULES,
    *ASSIGNMENT_RULES,
    *FEATURE_RULES,
    *DECLARATION_RULES,
)
_BY_ID: Final = MappingProxyType({rule.id: rule for rule in RULES})


def rule(rule_id: str) -> Rule:
    """The rule with that id. Raises InvalidInput for an id that the catalogue does not have."""
    try:
        return _BY_ID[rule_id]
    except KeyError:
        raise InvalidInput(f"There is no rule '{rule_id}'.") from None


def rules_for(subject: Subject) -> tuple[Rule, ...]:
    """The rules about one kind of subject, in catalogue order."""
    return tuple(rule for rule in RULES if rule.subject == subject)
