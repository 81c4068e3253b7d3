"""One policy for every rule that a resource can break by itself, and one that names what could not be judged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)

from pulumi_azure_hotpatch.engine import declared as kinds
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.rules import Rule, Subject
from pulumi_azure_hotpatch.engine.waivers import Waiver
from pulumi_azure_hotpatch.errors import InvalidInput

from .bags import declared_alone
from .judged import ALONE
from .known_as import may_be_covered
from .remedies import REMEDIES, write
from .review import Review, Reviewed, review
from .waiting import in_words, waiting_alone

VALUES_NOT_KNOWN: Final = "values-not-known"

SEVERITIES: Final = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW}

# What a resource of a kind shows facts about.
_SUBJECTS: Final[Mapping[str, frozenset[Subject]]] = {
    kinds.SETTINGS: frozenset(("machine",)),
    kinds.FLEET: frozenset(("machine",)),
    kinds.NATIVE_MACHINE: frozenset(("machine",)),
    kinds.ARC_SETTINGS: frozenset(("arc_server",)),
    kinds.ARC_LICENSE: frozenset(("arc_server",)),
    kinds.NATIVE_ARC: frozenset(("arc_server",)),
    kinds.SCALE_SET_SETTINGS: frozenset(("scale_set",)),
    kinds.NATIVE_SCALE_SET: frozenset(("scale_set",)),
    kinds.SCHEDULE: frozenset(("schedule",)),
    kinds.NATIVE_SCHEDULE: frozenset(("schedule",)),
    kinds.NATIVE_ASSIGNMENT: frozenset(("dynamic_scope",)),
    **dict.fromkeys(kinds.NATIVE_SCOPES, frozenset[Subject](("dynamic_scope",))),
    kinds.DYNAMIC_SCOPE: frozenset(("dynamic_scope",)),
    kinds.INSTALLATION: frozenset(("installation",)),
    kinds.ROLLOUT: frozenset(("rollout", "installation")),
    kinds.ENROLMENT: frozenset(("feature",)),
    kinds.NATIVE_FEATURE: frozenset(("feature",)),
}

RESOURCES: Final = {
    "resources": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Patterns for the URNs or ARM ids of the resources that the rule is for; all when left out.",
    }
}


UNREADABLE: Final = Review(())


class ResourcePolicies:
    """The policies, and what they share: waivers, the present day, and the review of the resource that was asked last.

    The analyzer asks every policy about one resource in turn, from several threads.
    """

    def __init__(self, waivers: Sequence[Waiver], now: Callable[[], datetime]) -> None:
        self._waivers = tuple(waivers)
        self._now = now
        self._last = threading.local()

    def policies(self) -> list[ResourceValidationPolicy]:
        """A policy for every rule, and `values-not-known`."""
        found = [self._policy(rule) for rule in ALONE]
        unknown = ResourceValidationPolicy(
            name=VALUES_NOT_KNOWN,
            description="Values that are not known yet leave rules without a verdict.",
            validate=self._report_unknown,
            enforcement_level=EnforcementLevel.ADVISORY,
            severity=Severity.LOW,
        )
        return [*found, unknown]

    def review_of(self, one: Declared) -> Review:
        """What the rules say of one resource; nothing of one whose values are of no shape that its type has."""
        last: tuple[Declared, Review] | None = getattr(self._last, "review", None)
        if last is None or last[0] != one:
            try:
                found = review([one], self._waivers, now=self._now(), complete=False)
            except InvalidInput:
                # The resource itself refuses it, in its own words.
                found = UNREADABLE
            last = self._last.review = (one, found)
        return last[1]

    def _policy(self, rule: Rule) -> ResourceValidationPolicy:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            if rule.subject not in _subjects(args.resource_type):
                return
            one = declared_alone(args)
            for found in self._broken(rule, one, args.get_config()):
                report(found.judgement.finding.located, None)

        def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
            if rule.subject not in _subjects(args.resource_type):
                return None
            one = declared_alone(args)
            path = REMEDIES[rule.id].paths.get(one.kind)
            if path is None or not any(self._broken(rule, one, args.get_config())):
                return None
            write(args.props, path, REMEDIES[rule.id].value)
            return args.props

        remedy: Any = remediate if rule.id in REMEDIES else None
        return ResourceValidationPolicy(
            name=rule.id,
            description=f"{rule.title}.",
            validate=validate,
            remediate=remedy,
            config_schema=PolicyConfigSchema(properties=RESOURCES),
            severity=SEVERITIES[rule.severity],
            remediation_steps=rule.fix,
        )

    def _broken(self, rule: Rule, one: Declared, config: Mapping[str, Any]) -> Iterator[Reviewed]:
        """What of a rule's findings fails, among the resources that the rule is configured for."""
        for found in self.review_of(one).of(rule.id):
            if found.fails and is_chosen(config, found):
                yield found
            elif found.fails and may_be_covered(config["resources"], one, found.ids):
                self._undecided_of(one).add(rule.id)

    def _undecided_of(self, one: Declared) -> set[str]:
        """The rules that a resource breaks if they are for it, while what they go by is not known."""
        last: tuple[Declared, set[str]] | None = getattr(self._last, "undecided", None)
        if last is None or last[0] != one:
            last = self._last.undecided = (one, set())
        return last[1]

    def _report_unknown(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        """Say once which rules wait for values, and for which."""
        if not _subjects(args.resource_type):
            return
        one = declared_alone(args)
        waiting = waiting_alone(one, self.review_of(one))
        waiting |= dict.fromkeys(self._undecided_of(one), UNDECIDED)
        if waiting:
            report(in_words(waiting), None)
        # The next question may come with another configuration.
        self._undecided_of(one).clear()


UNDECIDED: Final = frozenset(("what it is called in Azure",))
"""What is lacking where it is not known whether a rule is for a resource."""


def is_chosen(config: Mapping[str, Any], found: Reviewed) -> bool:
    """Whether a rule is for what a finding is about, by the patterns that it is configured with."""
    patterns = config.get("resources")
    return not patterns or found.is_about(patterns)


def _subjects(resource_type: str) -> frozenset[Subject]:
    return _SUBJECTS.get(Declared("", resource_type, {}).kind, frozenset())
