"""The restarts of a change itself: claimed only as far as what is declared and what a preview found out go."""

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.previews import Preview
from pulumi_azure_hotpatch.report.affected import Affected
from pulumi_azure_hotpatch.report.deployment_restarts import DeploymentRestart, deployment_restarts
from pulumi_azure_hotpatch.report.markdown import markdown
from tests.report.reviews import changed, declared, review, rows, vm

SECURITY = {"classificationsToInclude": ["Security"]}
TRIGGERS = ("triggers", ["1"], ["2"])
RINGS = [{"name": "canary", "machineIds": [vm("vm-a")]}, {"name": "broad", "rest": True}]


def found(one: Declared, op: str = "create", *fields: tuple[str, Any, Any], **outputs: Any) -> list[DeploymentRestart]:
    before = () if op == "create" else (Declared(one.urn, one.type, {}, outputs=outputs),)
    preview = Preview((one,), before, (changed(one, op, *fields),))
    return list(deployment_restarts(preview, Affected(preview)))


def installation(**inputs: Any) -> Declared:
    return declared("PatchInstallation", "now", machineId=vm("vm-a"), windows=SECURITY, **inputs)


def rollout(**inputs: Any) -> Declared:
    machines = [vm("vm-a"), vm("vm-b"), vm("vm-c")]
    return declared("PatchRollout", "fleet", **{"machineIds": machines, "rings": RINGS, "windows": SECURITY, **inputs})


@pytest.mark.parametrize(
    ("inputs", "reboot", "why"),
    [
        ({"rebootSetting": "Always"}, "yes", "the reboot setting is Always"),
        ({"rebootSetting": "never"}, "no", "the reboot setting is Never; a machine may be left waiting for a restart"),
        ({}, "unknown", "the reboot setting is IfRequired: what is installed then decides"),
        ({"rebootSetting": UNKNOWN}, "unknown", "the reboot setting is not known yet"),
        ({"rebootExpected": "yes: KB5066835 always needs a restart"}, "yes", "KB5066835 always needs a restart"),
        ({"rebootExpected": "no: nothing is picked"}, "no", "nothing is picked"),
        ({"rebootExpected": "unknown: no assessment is remembered"}, "unknown", "no assessment is remembered"),
        (
            {"rebootExpected": "unknown: no assessment is remembered", "rebootSetting": "Always"},
            "yes",
            "the reboot setting is Always",
        ),
    ],
)
def test_an_installation_restarts_its_machine_as_far_as_it_is_known(
    inputs: dict[str, Any], reboot: str, why: str
) -> None:
    (one,) = found(installation(**inputs))
    assert (one.reboot, one.why, one.what, one.machines.labels) == (reboot, why, "Security", (vm("vm-a"),))
    assert one.when == "when the deployment runs, for 2h at most"


def test_an_update_installs_only_where_the_request_is_another() -> None:
    always = installation(rebootSetting="Always")
    assert [one.reboot for one in found(always, "update", TRIGGERS, status="Succeeded")] == ["yes"]
    assert found(always, "update", ("timeout", "1h", "2h"), status="Succeeded") == []
    assert found(always, "update", ("rebootSetting", "always", "Always"), status="Succeeded") == []
    (unfinished,) = found(always, "update", ("timeout", "1h", "2h"))
    assert unfinished.reboot == "unknown"
    assert unfinished.why.startswith("an installation that was not finished is awaited")
    (untold,) = found(always, "update", status="Succeeded")
    assert untold.why.startswith("whether it installs again is not told by this kind of preview")
    assert found(always, "same") == found(always, "delete") == []


def test_an_installation_that_is_taken_over_may_be_over() -> None:
    (one,) = found(installation(rebootSetting="Always", adoptActivityId="00000000-0000-0000-0000-0000000000aa"))
    assert (one.reboot, one.when) == ("unknown", "with the deployment, if it is still under way")


def test_a_rollout_restarts_ring_by_ring_and_later_rings_only_if_they_are_reached() -> None:
    canary, broad = found(rollout(rebootSetting="Always"))
    assert (canary.ring, canary.machines.labels, canary.when) == ("canary", (vm("vm-a"),), "at once")
    assert (canary.reboot, canary.why) == ("yes", "the reboot setting is Always")
    assert (broad.machines.labels, broad.when) == ((vm("vm-b"), vm("vm-c")), "after ring 'canary'")
    assert broad.why == "the reboot setting is Always, if the ring is reached: a ring that fails halts the rollout"


def test_a_rollout_tells_the_day_from_which_a_ring_may_start() -> None:
    rings = [RINGS[0], {"name": "broad", "rest": True, "deferralDays": 7.0}]
    canary, broad = found(rollout(rings=rings, releaseMonth="2026-12", startAt="22:00", timeZone="UTC"))
    assert canary.when == "2026-12-08 22:00 UTC (0 days after Patch Tuesday of 2026-12) at the earliest"
    assert broad.when.startswith("2026-12-15 22:00 UTC (7 days after Patch Tuesday of 2026-12) at the earliest, and ")
    (wrong, _) = found(rollout(releaseMonth="soon"))
    assert wrong.when == "not known yet"


def test_what_the_plan_says_counts_where_tags_deal_machines_out() -> None:
    rings = [{"name": "canary", "tags": {"ring": ["0"]}}, {"name": "broad", "rest": True}]
    plan = [
        {"ring": "canary", "machines": 0, "named": [], "starts": "at once"},
        {"ring": "broad", "machines": 120.0, "named": ["vm-a", "vm-b"], "starts": "after ring 'canary'"},
    ]
    (broad,) = found(rollout(rings=rings, plan=plan))
    assert (broad.ring, broad.machines.labels, broad.machines.count) == ("broad", ("vm-a", "vm-b"), 120)
    open_rings = found(rollout(rings=rings))
    assert [(one.ring, one.machines.is_open, one.machines.count) for one in open_rings] == [
        ("canary", True, 0),
        ("broad", True, 0),
    ]


def test_a_rollout_that_goes_on_claims_no_restart() -> None:
    always = rollout(rebootSetting="Always")
    (one,) = found(always, "update", ("resume", None, "1"), phase="halted")
    assert (one.ring, one.reboot) == ("what is left", "unknown")
    assert found(always, "update", ("soak", "1h", "2h"), phase="finished") == []
    assert [each.ring for each in found(always, "update", TRIGGERS, phase="finished")] == ["canary", "broad"]
    assert [each.reboot for each in found(rollout(rebootSetting="Never"), "update", ("resume", 1, 2))] == ["no"]
    (unclear,) = found(rollout(rings=UNKNOWN))
    assert (unclear.ring, unclear.machines.is_open) == ("all", True)


def test_the_review_tells_the_change_s_own_restarts_before_those_of_the_months() -> None:
    one, fleet = installation(rebootSetting="Always"), rollout()
    text = markdown(review(changed(one), changed(fleet), after=(one, fleet)))
    assert "What this change itself installs: restarts **1 machine**, perhaps 3 machines." in text
    table = rows(text, "Restarts to come")
    assert [row[0] for row in table] == ["this change: now", "this change: fleet, canary", "this change: fleet, broad"]
    assert table[0][1:] == [
        "Security",
        "when the deployment runs, for 2h at most",
        "vm-a",
        "**yes**",
        "the reboot setting is Always",
    ]
    installs, _ = rows(text, "What changes")
    assert installs[4] == "restart: yes: the reboot setting is Always"
    never = installation(rebootSetting="Never")
    assert "What this change itself installs: no restart." in markdown(review(changed(never), after=(never,)))
