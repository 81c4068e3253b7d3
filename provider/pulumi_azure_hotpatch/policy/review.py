"""What the rules say of a declared resource alone, and of a whole stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pulumi_azure_hotpatch.engine.coverage import estate_cases
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.judgement import Judgement, cases, judge_cases
from pulumi_azure_hotpatch.engine.waivers import Waiver, WaiverUse, covers_any, judge_waiver, waive
from pulumi_azure_hotpatch.models.declared_patching import patching_cases

from .judged import JUDGED
from .known_as import ids_by_urn

_IDS: Final = frozenset(rule.id for rule in JUDGED)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A finding about a resource, the URNs it is about, the ids that those go by, and the waiver that covers it."""

    rule: str
    urns: tuple[str, ...]
    ids: tuple[str, ...]
    judgement: Judgement

    @property
    def fails(self) -> bool:
        """Whether the rule is broken and nobody answers for it."""
        return self.judgement.finding.verdict == "fail" and self.judgement.waived is None

    def is_about(self, patterns: Sequence[str]) -> bool:
        """Whether any of the patterns, written as a waiver's, covers a name of what it is about."""
        return covers_any(patterns, self.judgement.resource, *self.urns, *self.ids)


@dataclass(frozen=True, slots=True)
class Review:
    """Everything found of what is declared; findings about waivers are apart."""

    found: tuple[Reviewed, ...]
    about_waivers: tuple[Judgement, ...] = ()

    def of(self, rule_id: str) -> Iterator[Reviewed]:
        """The findings of one rule."""
        return (one for one in self.found if one.rule == rule_id)


def review(
    declared: Sequence[Declared],
    waivers: Sequence[Waiver],
    *,
    now: datetime,
    minimum_percent: int | None = None,
    complete: bool = True,
) -> Review:
    """Judge what is declared. `complete` is whether this is the whole stack.

    Raises InvalidInput for a declaration of a shape that no program can have, and for what a resource refuses itself.
    """
    stack = Stack(declared)
    estate = stack.estate(as_of=now)
    together = (*stack.declarations(), *estate_cases(estate, minimum_percent)) if complete else ()
    given = (*cases(estate), *patching_cases(stack, estate), *together)

    def urns_of(resource: str) -> tuple[str, ...]:
        return (resource,) if resource.startswith("urn:") else stack.urns_of(resource)

    ids = ids_by_urn(declared)

    def ids_of(urns: Sequence[str]) -> tuple[str, ...]:
        return tuple(identity for urn in urns for identity in ids.get(urn, ()))

    def names_of(resource: str) -> tuple[str, ...]:
        urns = urns_of(resource)
        return (*urns, *ids_of(urns))

    today = now.date()
    judged = (one for one in judge_cases(given) if one.finding.rule in _IDS)
    ours = [waiver for waiver in waivers if waiver.rule in _IDS]
    found, about = [], []
    for one in waive(judged, ours, today=today, also=names_of, complete=complete):
        if one.finding.rule in _IDS:
            urns = urns_of(one.resource)
            found.append(Reviewed(one.finding.rule, urns, ids_of(urns), one))
        else:
            about.append(one)
    # A file may be shared with audits: whether they need a waiver is not known here.
    others = [waiver for waiver in waivers if waiver.rule not in _IDS]
    about += [one for waiver in others for one in judge_waiver(WaiverUse(waiver, not waiver.holds(today)))]
    return Review(tuple(found), tuple(one for one in about if one.finding.verdict == "fail"))
