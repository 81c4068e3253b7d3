"""Levels and configuration: advisory, mandatory, remediate, disabled, and the resources that a rule is for."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY

from pulumi_azure_hotpatch.engine.rules import rule
from pulumi_azure_hotpatch.policy.remedies import REMEDIES
from tests.policy.declared_cases import declarations
from tests.policy.stacks import BY_PLATFORM, BYPASS, settings, vm
from tests.support.analyzer import UNKNOWN, Analyzer, Resource

BOTH = BY_PLATFORM | BYPASS | {"enableHotpatching": True}


def levels(analyzer: Analyzer, resource: Resource) -> dict[str, str]:
    return {found.policy: found.level for found in analyzer.analyze(resource)}


def test_everything_is_advisory_until_the_team_says_otherwise(configurable: Analyzer) -> None:
    broken = vm(patching=BOTH)
    assert levels(configurable, broken) == {"hotpatch-forbids-bypass": "advisory"}
    configurable.configure({"hotpatch-forbids-bypass": "mandatory"})
    assert levels(configurable, broken) == {"hotpatch-forbids-bypass": "mandatory"}
    configurable.configure({"hotpatch-forbids-bypass": "disabled"})
    assert levels(configurable, broken) == {}


def test_a_rule_can_be_for_some_resources_only(configurable: Analyzer) -> None:
    only = {"resources": ["urn:*::web-*", "*/virtualMachines/db"]}
    configurable.configure({"hotpatch-forbids-bypass": "mandatory"}, hotpatch_forbids_bypass=only)
    told = {name for name in ("web-1", "app-1", "db") if levels(configurable, vm(name, patching=BOTH))}
    assert told == {"web-1", "db"}


@pytest.mark.parametrize("rule_id", REMEDIES)
def test_a_remedy_writes_what_keeps_the_rule_and_nothing_else(rule_id: str, configurable: Analyzer) -> None:
    configurable.configure({rule_id: "remediate"})
    given = declarations(rule_id)
    mended = 0
    for resource in given.violates:
        written = configurable.remediate(resource)
        if not written:
            continue
        mended += 1
        assert set(written) == {rule_id}
        after = Resource(resource.type, written[rule_id], resource.name)
        assert rule_id not in levels(configurable, after)
        assert len(differences(resource.properties, after.properties)) == 1
    assert mended
    for resource in (*given.passes, *given.unknown):
        assert configurable.remediate(resource) == {}


def test_every_remedy_is_of_a_rule_and_of_an_error_or_a_warning() -> None:
    assert {rule(rule_id).severity for rule_id in REMEDIES} <= {"error", "warning"}


def test_remedies_of_one_resource_come_one_after_the_other(configurable: Analyzer) -> None:
    configurable.configure(dict.fromkeys(("hotpatch-needs-platform-mode", "hotpatch-forbids-bypass"), "remediate"))
    broken = settings(
        enableHotpatching=True, patchMode="Manual", bypassPlatformSafetyChecksOnUserSchedule=True, timeout=UNKNOWN
    )
    *_, last = configurable.remediate(broken).values()
    fixed = {"patchMode": "AutomaticByPlatform", "bypassPlatformSafetyChecksOnUserSchedule": False}
    assert last == {**broken.properties, **fixed}


def test_a_remedy_makes_the_objects_that_are_missing(configurable: Analyzer) -> None:
    configurable.configure({"hotpatch-needs-platform-mode": "remediate"})
    broken = vm(patching={"enableHotpatching": True})
    (written,) = configurable.remediate(broken).values()
    patching = written["osProfile"]["windowsConfiguration"]["patchSettings"]
    assert patching == {"enableHotpatching": True, "patchMode": "AutomaticByPlatform"}


def test_what_is_secret_stays_secret_when_a_remedy_writes_beside_it(configurable: Analyzer) -> None:
    secret = {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "value": "correct horse"}
    machine = vm(patching=BOTH)
    profile = {**machine.properties["osProfile"], "adminPassword": secret}
    broken = Resource(machine.type, {**machine.properties, "osProfile": profile}, machine.name)
    configurable.configure({"hotpatch-forbids-bypass": "remediate"})
    (written,) = configurable.remediate(broken).values()
    assert written["osProfile"]["adminPassword"] == secret
    assert not any("correct horse" in found.message for found in configurable.analyze(broken))


def test_a_violation_without_a_remedy_is_mandatory_at_level_remediate(configurable: Analyzer) -> None:
    configurable.configure({"hotpatch-is-windows-only": "remediate"})
    broken = vm(linux=True, patching={"enableHotpatching": True})
    assert configurable.remediate(broken) == {}
    assert levels(configurable, broken)["hotpatch-is-windows-only"] == "mandatory"


def differences(before: Any, after: Any, path: str = "") -> list[str]:
    """The places where two bags differ; an object that is new counts by what is in it."""
    if isinstance(before, dict) or isinstance(after, dict):
        left, right = (value if isinstance(value, dict) else {} for value in (before, after))
        names = sorted({*left, *right})
        return [place for name in names for place in differences(left.get(name), right.get(name), f"{path}.{name}")]
    return [] if before == after else [path]
