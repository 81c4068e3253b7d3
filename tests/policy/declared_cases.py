"""Declarations for every rule that a resource can break by itself: what passes, what violates, what is not known.

Most come from the cases of the catalogue, written as property bags. Facts that follow from texts, such as what is wrong
with a recurrence, are declared here as the texts themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN as NOT_KNOWN
from tests.engine.rule_cases.form import VM_ID, Cases, windows_vm
from tests.engine.test_rules import CASES
from tests.policy.bags import OURS, SCHEDULE_ID, bags, rollout, wire
from tests.support.analyzer import UNKNOWN, Resource


@dataclass(frozen=True)
class Declarations:
    """The ways to declare each; `says` is in the violation."""

    passes: list[Resource]
    violates: list[Resource]
    says: str
    unknown: list[Resource]


def declarations(rule_id: str) -> Declarations:
    """The declarations for one rule."""
    if rule_id in _SCHEDULES:
        return _schedule_declarations(*_SCHEDULES[rule_id])
    if rule_id in _ROLLOUTS:
        return _rollout_declarations(*_ROLLOUTS[rule_id])
    if rule_id in _BY_HAND:
        return _BY_HAND[rule_id]()
    cases: Cases = CASES[rule_id]
    return Declarations(bags(cases.passes), bags(cases.violates), cases.says, bags(cases.unknown))


BASE: Final[Mapping[str, Any]] = {
    "start": "2030-12-12 02:00",
    "duration": "03:00",
    "timeZone": "W. Europe Standard Time",
    "recurrence": "1Month Second Tuesday Offset4",
    "windows": {"classificationsToInclude": ["Critical", "Security"]},
    "location": "westeurope",
    "scheduleName": "nights",
    "resourceGroupName": "contoso",
}
_NATIVE: Final = {
    "start": "startDateTime",
    "recurrence": "recurEvery",
    "expires": "expirationDateTime",
    "scheduleName": "resourceName",
}
_SOON: Final = (datetime.now(UTC) + timedelta(minutes=9)).strftime("%Y-%m-%d %H:%M")


def schedules(changes: Mapping[str, Any]) -> list[Resource]:
    """A schedule of ours with some inputs changed, and azure-native's that says the same."""
    given = {**BASE, **changes}
    selection = {name: given.pop(name, None) for name in ("windows", "linux", "rebootSetting")}
    native = {
        **{_NATIVE.get(name, name): value for name, value in given.items()},
        "maintenanceScope": "InGuestPatch",
        "visibility": "Custom",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "installPatches": {
            "windowsParameters": selection["windows"],
            "linuxParameters": selection["linux"],
            "rebootSetting": selection["rebootSetting"],
        },
    }
    return [
        Resource(f"{OURS}:MaintenanceSchedule", wire({**given, **selection})),
        Resource("azure-native:maintenance:MaintenanceConfiguration", wire(native)),
        Resource("azure-native:maintenance/v20230401:MaintenanceConfiguration", wire(native)),
    ]


# By rule: what violates it, what it says, what leaves it open.
_SCHEDULES: Final[Mapping[str, tuple[Mapping[str, Any], str, Mapping[str, Any]]]] = {
    "schedule-recurrence": ({"recurrence": "Fortnight"}, "RecurEvery 'Fortnight'", {"recurrence": UNKNOWN}),
    "schedule-recurrence-uncertain": ({"recurrence": "8Hours"}, "is not documented", {"recurrence": UNKNOWN}),
    "schedule-duration": ({"duration": "04:00"}, "is too long", {"duration": UNKNOWN}),
    "schedule-start": ({"start": "tomorrow"}, "Start 'tomorrow'", {"start": UNKNOWN}),
    "schedule-time-zone": ({"timeZone": "Atlantis"}, "'Atlantis' is not known", {"timeZone": UNKNOWN}),
    "schedule-expiry": ({"expires": "2030-01-01 00:00"}, "before its first window", {"expires": UNKNOWN}),
    "schedule-lead-time": ({"start": _SOON, "timeZone": "UTC"}, "Azure needs 15", {"start": UNKNOWN}),
    "schedule-before-midnight": ({"start": "2030-12-12 23:50"}, "this one starts at", {"start": UNKNOWN}),
    "schedule-name-length": ({"scheduleName": "n" * 125}, "characters", {"scheduleName": UNKNOWN}),
    "schedule-selects-something": ({"windows": None}, "", {"windows": UNKNOWN}),
    "schedule-tag-case": ({"tags": {"Team": "web"}}, "Team", {"tags": UNKNOWN}),
    "schedule-reboot-setting": ({"rebootSetting": "Perhaps"}, "Perhaps", {"rebootSetting": UNKNOWN}),
}


def _schedule_declarations(broken: Mapping[str, Any], says: str, vague: Mapping[str, Any]) -> Declarations:
    return Declarations(schedules({}), schedules(broken), says, schedules(vague))


def _agent() -> Declarations:
    # Left out means with the agent, so that only saying so goes without it.
    cases, without = CASES["hotpatch-needs-agent"], windows_vm(provision_vm_agent=False)
    return Declarations(bags(cases.passes), bags(without), "is false", bags(cases.unknown))


def _assessment_mode() -> Declarations:
    cases = CASES["assessment-mode"]
    return Declarations(bags(windows_vm()), bags(cases.violates), cases.says, bags(cases.unknown))


def _retired_feature() -> Declarations:
    cases = CASES["feature-retired"]
    vague = [
        Resource(f"{OURS}:PreviewEnrollment", {"features": UNKNOWN}),
        Resource(f"{OURS}:PreviewEnrollment", {"features": [UNKNOWN]}),
        Resource("azure-native:features:SubscriptionFeatureRegistration", {"featureName": UNKNOWN}),
    ]
    retired = Resource(f"{OURS}:PreviewEnrollment", {"features": ["InGuestPatchVMPreview"]})
    return Declarations(bags(cases.passes), [retired], "InGuestPatchVMPreview", vague)


def _whole_subscription() -> Declarations:
    subscription = "00000000-0000-0000-0000-000000000001"
    kinds = {"resourceTypes": ["microsoft.compute/virtualmachines"]}

    def scope(**inputs: Any) -> list[Resource]:
        given = {"scheduleId": SCHEDULE_ID, "assignmentName": "all", "subscriptionIds": [subscription], **kinds}
        return [Resource(f"{OURS}:DynamicScope", wire({**given, **inputs}))]

    says = CASES["scope-whole-subscription"].says
    return Declarations(scope(osTypes=["Linux"]), scope(), says, scope(osTypes=NOT_KNOWN))


def _places_apart() -> Declarations:
    subscription = "00000000-0000-0000-0000-000000000001"

    def scope(groups: Any) -> list[Resource]:
        given = {"scheduleId": SCHEDULE_ID, "assignmentName": "all", "subscriptionIds": [subscription]}
        return [Resource(f"{OURS}:DynamicScope", wire({**given, "osTypes": ["Linux"], "resourceGroupIds": groups}))]

    apart, covered = (f"/subscriptions/{one}/resourceGroups/rg-contoso" for one in ("another", subscription))
    says = "1 resource group is in a subscription that the scope covers as well"
    return Declarations(scope([apart]), scope([covered]), says, scope(NOT_KNOWN))


def _machine(number: int) -> str:
    return f"{VM_ID}-{number}"


_FOUR: Final = [_machine(number) for number in range(4)]
_CANARY: Final = {"name": "canary", "machineIds": _FOUR[:1]}
_REST: Final = {"name": "broad", "rest": True}
_NO_RINGS: Final = rollout(rings=NOT_KNOWN, machineIds=_FOUR)
_BUDGET: Final = {"rings": [{"name": "all", "machineIds": _FOUR}]}

# By rule: what violates it, what it says, what leaves it open.
_ROLLOUTS: Final[Mapping[str, tuple[Resource, str, Resource]]] = {
    "rollout-ring-one-way-in": (rollout(_CANARY, {"name": "broad"}, machineIds=_FOUR), "Ring 'broad'", _NO_RINGS),
    "rollout-machine-in-two-rings": (
        rollout(_CANARY, {"name": "broad", "machineIds": _FOUR}),
        "(canary and broad)",
        rollout(_CANARY, {"name": "broad", "machineIds": [*_FOUR, NOT_KNOWN]}),
    ),
    "rollout-machine-in-no-ring": (rollout(_CANARY, machineIds=_FOUR), "and 2 more", _NO_RINGS),
    "rollout-empty-ring": (
        rollout(_CANARY, _REST, machineIds=_FOUR[:1]),
        "in ring 'broad'",
        rollout(_CANARY, _REST, machineIds=NOT_KNOWN),
    ),
    "rollout-first-ring-large": (
        rollout({"name": "canary", "machineIds": _FOUR[:3]}, _REST, machineIds=_FOUR),
        "'canary' with 3 of 4 machines",
        rollout(_CANARY, _REST, machineIds=_FOUR, exclude=[NOT_KNOWN]),
    ),
    "rollout-budget-never-halts": (
        rollout(**_BUDGET, failureBudget="100%"),
        "of ring 'all' may fail",
        rollout(**_BUDGET, failureBudget=NOT_KNOWN),
    ),
    "rollout-deferral-needs-month": (
        rollout(_CANARY, {**_REST, "deferralDays": 7}, machineIds=_FOUR),
        "Ring 'broad' waits",
        rollout(_CANARY, {**_REST, "deferralDays": 7}, machineIds=_FOUR, releaseMonth=NOT_KNOWN),
    ),
}


def _rollout_declarations(violates: Resource, says: str, unknown: Resource) -> Declarations:
    passes = [
        rollout(_CANARY, _REST, machineIds=_FOUR, failureBudget="10%"),
        rollout(_CANARY, {**_REST, "deferralDays": 7}, machineIds=_FOUR, releaseMonth="2026-12", triggers=NOT_KNOWN),
    ]
    return Declarations(passes, [violates], says, [unknown])


_BY_HAND: Final[Mapping[str, Callable[[], Declarations]]] = {
    "hotpatch-needs-agent": _agent,
    "assessment-mode": _assessment_mode,
    "feature-retired": _retired_feature,
    "scope-places-apart": _places_apart,
    "scope-whole-subscription": _whole_subscription,
}
