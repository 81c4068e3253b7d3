"""Every rule that the pack judges, in the real engine: what passes, violates, is not known or is of another type.

The engine's violations are those of the analyzer asked alone, so that what the other tests show there holds here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_azure_hotpatch.policy.judged import ALONE
from tests.e2e.conftest import PROGRAMS
from tests.engine.test_rules import CASES
from tests.policy.bags import OTHER_TYPE, OURS, bags
from tests.policy.conftest import PACK
from tests.policy.declared_cases import declarations
from tests.policy.stacks import STACKS
from tests.support import echo
from tests.support.analyzer import IN_SUBSCRIPTION, SUBSCRIPTION, UNKNOWN, Analyzer, Resource
from tests.support.pulumi_cli import Stack

VERDICTS = ("passes", "violates", "unknown")
SHARE = {"minimumPercent": 100}

_SCOPE_NAMES = ("assignmentName", "configurationAssignmentName")

# Policy, resource, words.
Told = set[tuple[str, str, str]]


@dataclass(frozen=True)
class Case:
    """The resources of one case of a rule."""

    rule: str
    resources: tuple[Resource, ...]


def alone(verdict: str) -> Iterator[Case]:
    """What a rule says of one resource; what it does not apply to passes as well."""
    for one in ALONE:
        given: list[Resource] = getattr(declarations(one.id), verdict)
        skipped = CASES[one.id].skipped if verdict == "passes" and one.subject != "schedule" else None
        yield named(one.id, [*given, *([] if skipped is None else bags(skipped))])


def together(verdict: str, *, with_scopes: bool) -> Iterator[Case]:
    """What a rule says of a stack, each in a resource group of its own: a scope may take the machines of all."""
    for number, (rule_id, stacks) in enumerate(STACKS.items()):
        given: list[Resource] | None = getattr(stacks, verdict)
        is_scoped = any(
            "Scope" in one.type or "AssignmentsFor" in one.type for one in (*stacks.violates, *stacks.passes)
        )
        if given is None or is_scoped is not with_scopes:
            continue
        yield moved(named(rule_id, given), f"rg-{number}")


def named(rule_id: str, resources: list[Resource]) -> Case:
    """The resources under names of their own."""
    again = [replace(one, name=f"{rule_id}-{number}") for number, one in enumerate(resources)]
    renamed = {one.urn: new.urn for one, new in zip(resources, again, strict=True)}
    made = []
    for one in again:
        depends_on = {key: tuple(renamed[urn] for urn in urns) for key, urns in one.depends_on.items()}
        provider = {} if one.type.startswith(OURS) else IN_SUBSCRIPTION
        made.append(replace(one, depends_on=depends_on, provider=provider))
    return Case(rule_id, tuple(made))


def moved(case: Case, group: str) -> Case:
    """The case in another resource group."""

    def elsewhere(one: Resource) -> Resource:
        # Scopes of one name at one subscription would be one.
        given = {key: f"{group}-{text}" if key in _SCOPE_NAMES else text for key, text in one.properties.items()}
        text = json.dumps(given)
        text = text.replace("/resourceGroups/contoso/", f"/resourceGroups/{group}/").replace('"contoso"', f'"{group}"')
        return replace(one, properties=json.loads(text))

    return Case(case.rule, tuple(map(elsewhere, case.resources)))


GROUPS: Mapping[str, Any] = {
    "alone": alone,
    "together": lambda verdict: together(verdict, with_scopes=False),
    "scopes": lambda verdict: together(verdict, with_scopes=True),
}


class Declared:
    """A stack of the real engine that declares cases, and what the pack says of it."""

    def __init__(self, folder: Path) -> None:
        self._stack = Stack(PROGRAMS / "declared", folder / "pulumi")
        plugins = echo.install(folder / "bin", "azure-native", "random")
        self._stack.env["PATH"] = f"{plugins}:{self._stack.env['PATH']}"
        self._stack.env["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] = "true"
        self._stack.set_config("azure-native:subscriptionId", SUBSCRIPTION)
        self._declared, self._levels = folder / "declared.json", folder / "levels.json"
        self._levels.write_text(json.dumps({"hotpatch-share": {"enforcementLevel": "advisory", **SHARE}}))
        self._stack.env |= {"DECLARED": str(self._declared), "NOT_KNOWN": UNKNOWN}

    def told(self, resources: list[Resource]) -> Told:
        """Every violation that the engine tells of in a preview."""
        rows = [
            {
                "type": one.type,
                "name": one.name,
                "properties": one.properties,
                "depends_on": {key: [urn.rpartition("::")[2] for urn in urns] for key, urns in one.depends_on.items()},
            }
            for one in resources
        ]
        self._declared.write_text(json.dumps(rows), encoding="utf-8")
        found = self._stack.preview("--policy-pack", str(PACK), "--policy-pack-config", str(self._levels))
        events = [json.loads(line) for line in found.stdout.splitlines()]
        told = [event["policyEvent"] for event in events if "policyEvent" in event]
        assert {one["enforcementLevel"] for one in told} <= {"advisory"}
        return {words(one["policyName"], one["resourceUrn"], one["message"]) for one in told}


def words(policy: str, urn: str, message: str) -> tuple[str, str, str]:
    """A violation; what is about the stack has no resource, and how many minutes are left passes with the time."""
    passing = policy == "schedule-lead-time"
    return policy, "" if ":Stack::" in urn else urn, "" if passing else message.strip()


def by_analyzer(resources: list[Resource]) -> Told:
    """The same from the analyzer, without the engine."""
    with Analyzer(PACK) as analyzer:
        analyzer.configure({"hotpatch-share": "advisory"}, hotpatch_share=SHARE)
        found = {words(told.policy, one.urn, told.message) for one in resources for told in analyzer.analyze(one)}
        return found | {words(told.policy, told.urn, told.message) for told in analyzer.analyze_stack(resources)}


def waits(told: Told, case: Case) -> bool:
    """Whether the case's rule is named among those without a verdict, for one of its resources."""
    urns = {one.urn for one in case.resources}
    named_rules = (
        text.rpartition("Without a verdict: ")[2] for name, urn, text in told if urn in urns and "not-known" in name
    )
    return any(case.rule in rules.rstrip(".").split(", ") for rules in named_rules)


@pytest.mark.slow
@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("group", GROUPS)
def test_the_engine_tells_what_the_analyzer_does_of_every_rule(group: str, verdict: str, tmp_path: Path) -> None:
    cases: list[Case] = list(GROUPS[group](verdict))
    resources = [one for case in cases for one in case.resources]
    others = [replace(OTHER_TYPE, name="another", provider={})]
    told = Declared(tmp_path).told([*resources, *others])
    assert told == by_analyzer([*resources, *others])
    assert not any(urn == others[0].urn for _, urn, _ in told)
    for case in cases:
        # What two features have in common is none of the resources.
        urns = {"", *(one.urn for one in case.resources)}
        broken = any(name == case.rule and urn in urns for name, urn, _ in told)
        if group == "scopes":
            # The scopes of this group take each other's machines as well.
            assert verdict != "violates" or any(name == case.rule for name, _, _ in told), case.rule
        else:
            assert broken is (verdict == "violates"), case.rule
        if verdict == "unknown" and group == "alone":
            assert waits(told, case), case.rule
        if verdict == "unknown" and group == "together" and STACKS[case.rule].waits:
            assert waits(told, case), case.rule
    if (group, verdict) == ("together", "violates"):
        assert "hotpatch-share" in {name for name, _, _ in told}
