"""Cases of the rules on the declaration itself."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.facts import Declaration
from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases


def _declared_twice(says: str) -> Cases:
    return Cases(
        passes=Declaration(target="'web01'", declared_twice=False),
        violates=Declaration(target="'web01'", declared_twice=True),
        says=says,
        unknown=Declaration(target="'web01'", declared_twice=UNKNOWN),
        misses="target",
    )


CASES: Final = {
    "subscription-known": Cases(
        passes=Declaration(subscription_missing=False),
        violates=Declaration(subscription_missing=True),
        says="No subscription is given.",
        unknown=Declaration(subscription_missing=UNKNOWN),
        misses="subscription_id",
    ),
    "vm-settings-empty": Cases(
        passes=Declaration(settings_missing=False),
        violates=Declaration(settings_missing=True),
        says="None of the patch settings is given, so there is nothing to own.",
        unknown=Declaration(settings_missing=UNKNOWN),
        misses="patch_mode",
    ),
    "fleet-machines-named-once": Cases(
        passes=Declaration(machine_sources=1),
        violates=Declaration(machine_sources=2),
        says="Of machine_ids, query and filters 2 are given, where exactly one is needed.",
        unknown=Declaration(machine_sources=UNKNOWN),
        misses="machine_ids",
    ),
    "fleet-has-machines": Cases(
        passes=Declaration(matched_machines=3),
        violates=Declaration(matched_machines=0),
        says="No machine is in the fleet.",
        unknown=Declaration(matched_machines=UNKNOWN),
        misses="matched",
    ),
    "vm-settings-declared-twice": _declared_twice(
        "'web01' has its patch settings declared by another resource of this stack already."
    ),
    "arc-settings-declared-twice": _declared_twice(
        "'web01' has its patch settings declared by another resource of this stack already."
    ),
    "scope-declared-twice": _declared_twice("'web01' is declared by another resource of this stack already."),
    "arc-license-declared-twice": _declared_twice("'web01' is declared by another resource of this stack already."),
    "scale-set-settings-declared-twice": _declared_twice(
        "'web01' has its patch settings declared by another resource of this stack already."
    ),
    "scale-set-settings-need-flexible": Cases(
        passes=Declaration(is_uniform_scale_set=False),
        violates=Declaration(is_uniform_scale_set=True),
        says="The scale set's orchestration mode is Uniform; guest patching is offered on flexible ones.",
        unknown=Declaration(is_uniform_scale_set=UNKNOWN),
        misses="is_uniform_scale_set",
    ),
    "feature-declared-twice": _declared_twice("'web01' is declared by another resource of this stack already."),
    "schedule-declared-twice": _declared_twice("'web01' is declared by another resource of this stack already."),
    "assignment-declared-twice": _declared_twice("'web01' is declared by another resource of this stack already."),
    "installation-declared-twice": _declared_twice(
        "'web01' is declared by another resource of this stack already; two would start two installations."
    ),
}
