"""Policies on a whole stack: what its resources mean together, what is waived, and which waivers have ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from pulumi_azure_hotpatch.engine import declared as kinds
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_names import with_ids_from_references
from pulumi_azure_hotpatch.engine.rules import Rule, rule
from pulumi_azure_hotpatch.engine.waivers import Waiver

from .bags import declared_with_others
from .judged import JOINED
from .known_as import may_be_covered
from .resource_policies import RESOURCES, SEVERITIES, UNDECIDED, UNREADABLE, ResourcePolicies, is_chosen
from .review import Review, Reviewed, review
from .waiting import Together, in_words, missing_in, waiting_alone

RESOURCES_TOGETHER: Final = "resources-together"
NOT_KNOWN_TOGETHER: Final = "values-not-known-together"
WAIVED: Final = "waived"
HOTPATCH_SHARE: Final = "hotpatch-share"
DEFAULT_MINIMUM: Final = 0
_JOINED: Final = frozenset(one.id for one in JOINED)
_NATIVE_FIRST: Final = (kinds.NATIVE_MACHINE, kinds.NATIVE_ARC, kinds.NATIVE_SCALE_SET)
_SETTINGS: Final = (kinds.SETTINGS, kinds.FLEET, kinds.ARC_SETTINGS, kinds.SCALE_SET_SETTINGS)
_MINIMUM: Final = {
    "minimumPercent": {
        "type": "integer",
        "minimum": 0,
        "maximum": 100,
        "default": DEFAULT_MINIMUM,
        "description": "How many of the Windows VMs of the stack are to be hotpatched.",
    }
}
_EXCEPT: Final = {
    "except": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Rules that are not looked at here.",
    }
}


@dataclass(slots=True)
class _Told:
    """What the policies found of a stack, for those that come later: they are asked one after the other."""

    declared: list[Declared]
    by_urn: Mapping[str, Declared]
    reviews: dict[int | None, Review] = field(default_factory=dict)
    minimum: int | None = None
    undecided: list[Reviewed] = field(default_factory=list)


class StackPolicies:
    """The policies, and the review of the stack that they share."""

    def __init__(self, waivers: Sequence[Waiver], now: Callable[[], datetime], alone: ResourcePolicies) -> None:
        self._waivers = tuple(waivers)
        self._now = now
        self._alone = alone
        self._last = threading.local()

    def policies(self) -> list[StackValidationPolicy]:
        """A policy for every rule on several resources, and those on waivers."""
        return [
            *(self._policy(one) for one in JOINED),
            StackValidationPolicy(
                name=RESOURCES_TOGETHER,
                description="What resources of the stack say of one machine, schedule or scale set goes together.",
                validate=self._report_together,
                config_schema=PolicyConfigSchema(properties=_EXCEPT),
                severity=Severity.HIGH,
            ),
            StackValidationPolicy(
                name=NOT_KNOWN_TOGETHER,
                description="Values that are not known yet leave rules on the whole stack without a verdict.",
                validate=self._report_unknown,
                enforcement_level=EnforcementLevel.ADVISORY,
                severity=Severity.LOW,
            ),
            StackValidationPolicy(
                name=WAIVED,
                description="What is waived has an owner and an end.",
                validate=self._list_waived,
                enforcement_level=EnforcementLevel.ADVISORY,
                severity=Severity.LOW,
            ),
            self._about_waivers(rule("waiver-expired"), EnforcementLevel.MANDATORY),
            self._about_waivers(rule("waiver-unused"), EnforcementLevel.ADVISORY),
        ]

    def _policy(self, one: Rule) -> StackValidationPolicy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            config = args.get_config()
            minimum = int(config.get("minimumPercent", DEFAULT_MINIMUM)) if one.id == HOTPATCH_SHARE else None
            told = self._told(args)
            if minimum is not None:
                told.minimum = minimum
            for found in self._review(args, minimum).of(one.id):
                if not found.fails:
                    continue
                if is_chosen(config, found):
                    _report(found, report)
                elif any(may_be_covered(config["resources"], told.by_urn[urn], found.ids) for urn in found.urns):
                    told.undecided.append(found)

        properties: dict[str, dict[str, Any]] = _MINIMUM if one.id == HOTPATCH_SHARE else RESOURCES
        return StackValidationPolicy(
            name=one.id,
            description=f"{one.title}.",
            validate=validate,
            config_schema=PolicyConfigSchema(properties=properties),
            severity=SEVERITIES[one.severity],
            remediation_steps=one.fix,
        )

    def _report_together(self, args: StackValidationArgs, report: ReportViolation) -> None:
        """What no resource breaks by itself: settings on one machine and its image on another, say."""
        left_out = frozenset(args.get_config().get("except", ()))
        by_urn = self._told(args).by_urn
        for found in self._review(args).found:
            if found.fails and found.rule not in _JOINED | left_out and not self._is_told_alone(found, by_urn):
                _report(found, report)

    def _is_told_alone(self, found: Reviewed, by_urn: Mapping[str, Declared]) -> bool:
        return any(
            one.judgement.finding.verdict == "fail"
            for urn in found.urns
            if urn in by_urn
            for one in self._alone.review_of(by_urn[urn]).of(found.rule)
        )

    def _report_unknown(self, args: StackValidationArgs, report: ReportViolation) -> None:
        """Say once for each resource which rules wait for values, and for which."""
        told = self._told(args)
        together = Together(told.by_urn.values())
        waiting: dict[str | None, dict[str, frozenset[str]]] = {}
        for found in self._review(args, told.minimum).found:
            if together.will_be_known(found) and not self._is_said_alone(found, told.by_urn):
                waiting.setdefault(next(iter(found.urns), None), {})[found.rule] = missing_in(found)
        for found in told.undecided:
            waiting.setdefault(next(iter(found.urns), None), {})[found.rule] = UNDECIDED
        for urn, lacking in waiting.items():
            report(in_words(lacking), urn)
        # The next question may come with another configuration.
        told.minimum = None
        told.undecided.clear()

    def _is_said_alone(self, found: Reviewed, by_urn: Mapping[str, Declared]) -> bool:
        about = (by_urn[urn] for urn in found.urns if urn in by_urn)
        return any(found.rule in waiting_alone(one, self._alone.review_of(one)) for one in about)

    def _list_waived(self, args: StackValidationArgs, report: ReportViolation) -> None:
        for found in self._review(args).found:
            waiver = found.judgement.waived
            if waiver is not None:
                report(
                    f"{found.rule}: {found.judgement.finding.reason} {waiver.owner} answers for it until"
                    f" {waiver.until}: {waiver.reason}",
                    next(iter(found.urns), None),
                )

    def _about_waivers(self, one: Rule, level: EnforcementLevel) -> StackValidationPolicy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            for found in self._review(args).about_waivers:
                if found.finding.rule == one.id:
                    report(str(found.finding), None)

        return StackValidationPolicy(
            name=one.id,
            description=f"{one.title}.",
            validate=validate,
            enforcement_level=level,
            severity=SEVERITIES[one.severity],
            remediation_steps=one.fix,
        )

    def _review(self, args: StackValidationArgs, minimum: int | None = None) -> Review:
        told = self._told(args)
        if minimum not in told.reviews:
            told.reviews[minimum] = review(told.declared, self._waivers, now=self._now(), minimum_percent=minimum)
        return told.reviews[minimum]

    def _told(self, args: StackValidationArgs) -> _Told:
        declared = self._declared(args)
        last: _Told | None = getattr(self._last, "told", None)
        if last is None or last.declared != declared:
            last = self._last.told = _Told(declared, {one.urn: one for one in declared})
        return last

    def _declared(self, args: StackValidationArgs) -> list[Declared]:
        """What rules are about, without what cannot be read."""
        given = _all(args)
        last: tuple[list[Declared], list[Declared]] | None = getattr(self._last, "declared", None)
        if last is None or last[0] != given:
            readable = (one for one in given if self._alone.review_of(one) is not UNREADABLE)
            last = self._last.declared = (given, with_ids_from_references(readable))
        return last[1]


def _all(args: StackValidationArgs) -> list[Declared]:
    """What the stack declares, in an order of its own: the engine's is another in every run."""
    declared = (declared_with_others(one) for one in args.resources if Declared("", one.resource_type, {}).kind)
    # Of all that goes by a machine's id the machine is named first, then its settings.
    return sorted(declared, key=lambda one: (one.kind not in _NATIVE_FIRST, one.kind not in _SETTINGS, one.urn))


def _report(found: Reviewed, report: ReportViolation) -> None:
    # The engine shows a URN of its own beside the message; what has none is named in it.
    urn = next(iter(found.urns), None)
    finding = found.judgement.finding
    report(finding.located if urn else f"{found.judgement.resource}: {finding}", urn)
