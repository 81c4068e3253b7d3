"""Audits of a simulated tenant, by the real SDK over TLS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Simulator, World
from pulumi_azure_hotpatch.audit.queries import askable, single
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases
from pulumi_azure_hotpatch.engine.rules import RULES
from tests.cli.asked import serving, writes
from tests.cli.conftest import Ask
from tests.handlers.machines import HOTPATCH_SKU
from tests.status.observed import linux, windows
from tests.support.simulated import START

_BROKEN = {"patchMode": "Manual", "enableHotpatching": True}
_SCHEDULED = {
    "patchMode": "AutomaticByPlatform",
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}
ASKED = askable(RULES)


def machines() -> list[dict[str, Any]]:
    return [
        windows("vm-1", _BROKEN),
        windows("vm-2", _SCHEDULED, sku="2022-datacenter-azure-edition"),
        windows("vm-3", {**_SCHEDULED, "enableHotpatching": True}, sku=HOTPATCH_SKU),
        linux("vm-4"),
    ]


def by_python(simulator: Simulator) -> dict[tuple[str, str], dict[str, Any]]:
    bodies: list[Mapping[str, Any]] = [one.body | {"id": one.id} for one in simulator.world.resources]
    estate = Estate.from_bodies([body for body in bodies if "/providers/" in body["id"]], as_of=START)
    ids = {rule.id for rule in ASKED}
    return {
        (one.resource.casefold(), one.finding.rule): one.as_json()
        for one in judge_cases(cases(estate))
        if one.finding.rule in ids
    }


def test_an_audit_of_a_subscription_finds_what_python_finds_in_its_bodies(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(World.from_inventory(machines()), monkeypatch) as simulator:
        answer = ask("audit", "--format", "json", "--all")
        expected = by_python(simulator)
        found = {(row["resource"].casefold(), row["rule"]): row for row in answer.rows("findings")}
        # Only Resource Graph knows that the machines run.
        seen = {key for key in found if key[1] != "machine-off"}
        assert {key: found[key] for key in seen} == {key: one for key, one in expected.items() if key in seen}
        assert seen == {key for key in expected if key[1] != "machine-off"}
        assert (answer.code, answer.err, writes(simulator)) == (1, "", [])
        assert [one.operation for one in simulator.journal].count("ResourceGraph_Resources") == 6


@pytest.mark.slow
def test_a_tenant_is_asked_without_naming_subscriptions_and_a_fleet_page_by_page(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = [windows(f"vm-{number}", _BROKEN) for number in range(1_001)]
    with serving(World.from_inventory(fleet), monkeypatch) as simulator:
        answer = ask("audit", "--tenant", columns=160)
        asked = [one.operation for one in simulator.journal].count("ResourceGraph_Resources")
    row = next(line.split() for line in answer.lines if line.startswith("hotpatch-needs-platform-mode"))
    assert row[1:3] == ["error", "1001"]
    assert asked == 7
    assert answer.code == 1


@pytest.mark.slow
def test_every_query_for_one_rule_is_answered(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(World.from_inventory(machines()), monkeypatch) as simulator:
        for rule in ASKED:
            found = simulator.graph.ask(single(rule), [SUBSCRIPTION_ID], START)
            names = [column.name for column in found.columns]
            verdicts = {row[names.index("verdict")] for row in found.rows}
            assert names[:2] == ["id", "verdict"]
            assert verdicts <= {"pass", "fail", "unknown"}, rule.id
        assert json.loads(ask("audit", "--format", "json").out)
