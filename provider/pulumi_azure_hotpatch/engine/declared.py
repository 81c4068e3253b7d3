"""What a Pulumi stack declares: our own resources and, as far as they matter, azure-native's.

Inputs are those of the wire: camelCase, `UNKNOWN` where a value will be known later.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SETTINGS: Final = "VirtualMachinePatchSettings"
SCHEDULE: Final = "MaintenanceSchedule"
ASSIGNMENT: Final = "ScheduleAssignment"
ENROLMENT: Final = "PreviewEnrollment"
ARC_SETTINGS: Final = "ArcMachinePatchSettings"
ARC_LICENSE: Final = "ArcHotpatchLicense"
SCALE_SET_SETTINGS: Final = "ScaleSetPatchSettings"
INSTALLATION: Final = "PatchInstallation"
DYNAMIC_SCOPE: Final = "DynamicScope"
FLEET: Final = "FleetPatchSettings"
ROLLOUT: Final = "PatchRollout"
NATIVE_MACHINE: Final = "compute:VirtualMachine"
NATIVE_SCALE_SET: Final = "compute:VirtualMachineScaleSet"
NATIVE_ARC: Final = "hybridcompute:Machine"
NATIVE_FEATURE: Final = "features:SubscriptionFeatureRegistration"
NATIVE_SCHEDULE: Final = "maintenance:MaintenanceConfiguration"
NATIVE_ASSIGNMENT: Final = "maintenance:ConfigurationAssignment"
NATIVE_PARENT_ASSIGNMENT: Final = "maintenance:ConfigurationAssignmentParent"
NATIVE_SCOPES: Final = (
    "maintenance:ConfigurationAssignmentsForSubscription",
    "maintenance:ConfigurationAssignmentsForResourceGroup",
)

_OURS: Final = "pulumi-python:dynamic/azurehotpatch:"
# `azure-native:compute:VirtualMachine`, `azure-native:compute/v20240301:VirtualMachine`, and from a local package for
# one API version `azure-native_compute_v20240301:compute:VirtualMachine`.
_NATIVE: Final = re.compile(r"azure-native(?:_\w+)?:(?P<module>[a-z]+)(?:/v\w+)?:(?P<name>\w+)")


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource of a stack: `id` is None while it has none, `depends_on` names, by input, the URNs it comes from.

    `outputs` are those of its last run, as far as they are told. `provider` tells providers apart: it is empty where
    nothing says which one makes the resource; `subscription_id` is that provider's, None where it does not say one.
    """

    urn: str
    type: str
    inputs: Mapping[str, Any]
    id: str | None = None
    depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    provider: str = ""
    subscription_id: str | None = None

    @property
    def kind(self) -> str:
        """Our own class name, or `module:Class` of azure-native in whatever version; empty for everything else."""
        if self.is_ours:
            return self.type.removeprefix(_OURS)
        native = _NATIVE.fullmatch(self.type)
        return f"{native['module']}:{native['name']}" if native else ""

    @property
    def is_ours(self) -> bool:
        """Whether the resource is one of this package's."""
        return self.type.startswith(_OURS)

    def text(self, name: str) -> str | None:
        """An input's value, None where it is absent, not known or no text."""
        value = self.inputs.get(name)
        return value if isinstance(value, str) else None


def truth_of(value: Any) -> Any:
    """True or False where an input may be written as a text too, as a stack's configuration holds it; else the value.

    Source: pydantic 2, Conversion Table, str to bool: what the resources themselves take.
    """
    if isinstance(value, str):
        return _TRUTHS.get(value.casefold(), value)
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else value


_TRUTHS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}
