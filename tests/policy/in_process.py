"""The pack's policies in this process, asked as the analyzer asks them: for thousands of resources."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pulumi_policy import (
    Policy,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.policy import PolicyCustomTimeouts
from pulumi_policy.proxy import unknown_checking_proxy

from tests.support.analyzer import Resource

_OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], None)


@dataclass(frozen=True)
class Told:
    """A policy's words about a resource."""

    policy: str
    urn: str
    message: str


class InProcess:
    """The policies of a pack at their own configuration."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        given = list(policies)
        self._alone = [one for one in given if isinstance(one, ResourceValidationPolicy)]
        self._together = [one for one in given if isinstance(one, StackValidationPolicy)]

    def analyze(self, resource: Resource) -> list[Told]:
        """What policies on one resource say of it."""
        bag, provider = _bag(resource.properties), _provider(resource)
        args = ResourceValidationArgs(resource.type, bag, resource.urn, resource.name, _OPTIONS, provider, None, {})
        found: list[Told] = []
        for policy in self._alone:
            policy.validate(args, _noting(found, policy, resource.urn))
        return found

    def analyze_stack(self, resources: Iterable[Resource]) -> list[Told]:
        """What policies on a whole stack say of it."""
        members = [
            PolicyResource(one.type, _bag(one.properties), one.urn, one.name, _OPTIONS, _provider(one), None, [], {})
            for one in resources
        ]
        args = StackValidationArgs(members, None, {})
        found: list[Told] = []
        for policy in self._together:
            policy.validate(args, _noting(found, policy, ""))
        return found


def _noting(found: list[Told], policy: Policy, otherwise: str) -> ReportViolation:
    def report(message: str, urn: str | None = None) -> None:
        found.append(Told(policy.name, urn or otherwise, message))

    return report


def waiting(found: Iterable[Told], policy: str) -> set[tuple[str, str]]:
    """The URN and the rule of what waits for values, as `policy` tells."""
    lines = [(one.urn, one.message.rpartition("Without a verdict: ")[2]) for one in found if one.policy == policy]
    return {(urn, rule) for urn, rules in lines for rule in rules.rstrip(".").split(", ")}


def _bag(properties: Any) -> Any:
    # Over the wire every number becomes a float.
    travelled = json.loads(json.dumps(properties), parse_int=float)
    return unknown_checking_proxy(deserialize_properties(travelled))


def _provider(resource: Resource) -> PolicyProviderResource:
    package = resource.type.split(":", 1)[0]
    return PolicyProviderResource(f"pulumi:providers:{package}", _bag(resource.provider), "", "default")
