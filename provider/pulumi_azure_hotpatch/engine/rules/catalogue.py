"""All rules in one tuple, with the look-ups that everybody needs."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .arc_server import ARC_SERVER_RULES
from .assignment import ASSIGNMENT_RULES
from .declaration import DECLARATION_RULES
from .dynamic_scope import DYNAMIC_SCOPE_RULES
from .estate import ESTATE_RULES
from .feature import FEATURE_RULES
from .hotpatch import HOTPATCH_RULES
from .image import IMAGE_RULES
from .installation import INSTALLATION_RULES
from .machine import MACHINE_RULES
from .machine_state import MACHINE_STATE_RULES
from .model import CURRENT, Era, Rule, Subject
from .on_demand import ON_DEMAND_RULES
from .preview_2021 import PREVIEW_2021_RULES
from .rollout import ROLLOUT_RULES
from .scale_set import SCALE_SET_RULES
from .schedule import SCHEDULE_RULES
from .waiver import WAIVER_RULES

RULES: Final[tuple[Rule, ...]] = (
    *HOTPATCH_RULES,
    *MACHINE_RULES,
    *MACHINE_STATE_RULES,
    *IMAGE_RULES,
    *ARC_SERVER_RULES,
    *SCALE_SET_RULES,
    *SCHEDULE_RULES,
    *ASSIGNMENT_RULES,
    *DYNAMIC_SCOPE_RULES,
    *INSTALLATION_RULES,
    *ON_DEMAND_RULES,
    *ROLLOUT_RULES,
    *FEATURE_RULES,
    *DECLARATION_RULES,
    *ESTATE_RULES,
    *WAIVER_RULES,
    *PREVIEW_2021_RULES,
)
_BY_ID: Final = MappingProxyType({rule.id: rule for rule in RULES})


def rule(rule_id: str) -> Rule:
    """The rule with that id. Raises InvalidInput for an id that the catalogue does not have."""
    try:
        return _BY_ID[rule_id]
    except KeyError:
        raise InvalidInput(f"There is no rule '{rule_id}'. `azure-hotpatch rules` lists them.") from None


@lru_cache(maxsize=64)
def rules_for(subject: Subject, era: Era = CURRENT) -> tuple[Rule, ...]:
    """The rules about one kind of subject in one era, in catalogue order."""
    return tuple(rule for rule in RULES if rule.subject == subject and rule.era == era)
