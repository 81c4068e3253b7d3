"""Maintenance configurations and dynamic scopes are read as ARM answers them and as az prints them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.dynamic_scope import DynamicScope
from pulumi_azure_hotpatch.engine.maintenance_inventory import dynamic_scope_from_arm, schedule_from_arm
from pulumi_azure_hotpatch.engine.patch_lists import PatchLists
from pulumi_azure_hotpatch.engine.rules import judge, rules_for
from tests.engine.rule_cases.form import GROUP

# As the service answers: ids in lower case, camel-cased extension keys, explicit nulls.
CONFIGURATION: dict[str, Any] = {
    "id": f"{GROUP.lower()}/providers/microsoft.maintenance/maintenanceconfigurations/patch-tuesday",
    "name": "patch-tuesday",
    "location": "westeurope",
    "tags": {"team": "web"},
    "properties": {
        "maintenanceScope": "InGuestPatch",
        "visibility": "Custom",
        "extensionProperties": {"inGuestPatchMode": "User"},
        "maintenanceWindow": {
            "startDateTime": "2026-12-12 02:00",
            "expirationDateTime": "9999-12-31 23:59:59",
            "duration": "03:00",
            "timeZone": "W. Europe Standard Time",
            "recurEvery": "1Month Second Tuesday Offset4",
        },
        "installPatches": {
            "rebootSetting": "IfRequired",
            "windowsParameters": {
                "classificationsToInclude": ["Critical", "Security"],
                "kbNumbersToExclude": ["KB5070881"],
                "excludeKbsRequiringReboot": True,
            },
            "linuxParameters": {"packageNameMasksToExclude": ["kernel*"], "classificationsToInclude": None},
        },
    },
}


def flattened(body: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = dict(body["properties"])
    window: dict[str, Any] = properties.pop("maintenanceWindow")
    return {key: value for key, value in body.items() if key != "properties"} | properties | window


@pytest.mark.parametrize("body", [CONFIGURATION, flattened(CONFIGURATION)], ids=["as ARM answers", "as az prints"])
def test_a_schedule_is_read_with_everything_the_rules_ask_for(body: dict[str, Any]) -> None:
    facts = schedule_from_arm(body, as_of=datetime(2026, 12, 12, 0, 30, tzinfo=UTC))
    assert (facts.name, facts.resource_group_name, facts.location) == ("patch-tuesday", "contoso", "westeurope")
    assert (facts.start, facts.duration, facts.minutes_until_start) == ("2026-12-12 02:00", "03:00", 30)
    assert (facts.recurrence, facts.recurrence_problem) == ("1Month Second Tuesday Offset4", None)
    assert (facts.scope, facts.visibility, facts.in_guest_patch_mode) == ("InGuestPatch", "Custom", "User")
    assert (facts.reboot_setting, facts.has_patch_selection, facts.upper_case_tag) == ("IfRequired", True, None)
    assert facts.minutes_between_starts == 28 * 24 * 60
    assert facts.patches == PatchLists(
        windows_classifications=("Critical", "Security"),
        kbs_to_exclude=("KB5070881",),
        exclude_kbs_requiring_reboot=True,
        masks_to_exclude=("kernel*",),
    )
    assert [finding.rule for finding in judge(rules_for("schedule"), facts) if finding.verdict != "pass"] == []


def test_a_schedule_that_holds_nothing_is_read_and_fails_its_rules() -> None:
    facts = schedule_from_arm({"id": "nowhere", "name": "empty", "properties": {"maintenanceScope": "InGuestPatch"}})
    assert (facts.resource_group_name, facts.has_patch_selection, facts.minutes_between_starts) == ("", False, None)
    failed = {finding.rule for finding in judge(rules_for("schedule"), facts) if finding.verdict == "fail"}
    assert failed == {
        "schedule-recurrence",
        "schedule-duration",
        "schedule-start",
        "schedule-time-zone",
        "schedule-selects-something",
        "schedule-patch-mode",
    }


@pytest.mark.parametrize(
    ("scope", "group"),
    [(GROUP, "contoso"), (GROUP.rsplit("/resourceGroups", 1)[0], None)],
    ids=["group", "subscription"],
)
def test_a_dynamic_scope_knows_where_it_lies(scope: str, group: str | None) -> None:
    facts = dynamic_scope_from_arm(
        {
            "id": f"{scope}/providers/Microsoft.Maintenance/configurationAssignments/linux",
            "location": "global",
            "properties": {
                "filter": {
                    "resourceTypes": ["Microsoft.Compute/virtualMachines"],
                    "osTypes": ["Linux"],
                    "locations": [],
                    "resourceGroups": None,
                    "tagSettings": {"tags": {"ring": ["canary", "early"]}, "filterOperator": "All"},
                }
            },
        }
    )
    assert facts == DynamicScope(
        resource_group_name=group,
        location="global",
        resource_types=("Microsoft.Compute/virtualMachines",),
        os_types=("Linux",),
        locations=(),
        resource_groups=None,
        tag_operator="All",
        tag_filters=1,
    )
