"""Estates: ARM bodies joined, whatever their order, letter case and shape; and what is no body refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, CONFIGURATION_ASSIGNMENTS, VIRTUAL_MACHINES, Machine
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.errors import InvalidInput

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-contoso/providers"
WEB = f"{GROUP}/Microsoft.Compute/virtualMachines/vm-web-1"
BRANCH = f"{GROUP}/Microsoft.HybridCompute/machines/srv-branch-1"


def schedule(name: str, recurrence: str = "Week Saturday", start: str = "2026-01-03 22:00", **given: Any) -> Any:
    window = {"startDateTime": start, "duration": "03:00", "timeZone": "UTC", "recurEvery": recurrence}
    return {
        "id": f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/{name}",
        "name": name,
        "location": "eastus",
        "properties": {"maintenanceScope": "InGuestPatch", "maintenanceWindow": window} | given,
    }


def assignment(machine: str, name: str, configuration: str | None = None) -> dict[str, Any]:
    wanted = configuration or f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/{name}"
    return {
        "id": f"{machine}/providers/microsoft.maintenance/configurationassignments/{name}",
        "properties": {"maintenanceConfigurationId": wanted},
    }


def estate(*bodies: object) -> Estate:
    return Estate.from_bodies(bodies, as_of=AS_OF)


def test_an_assignment_joins_its_machine_and_its_schedule_by_their_ids_in_any_letter_case() -> None:
    found = estate(
        assignment(WEB.upper(), "nights", schedule("nights")["id"].lower() + "/"),
        {"id": WEB.lower(), "name": "vm-web-1", "location": "eastus"},
        schedule("nights"),
    )
    (entry,) = found.assignments
    assert entry.type == CONFIGURATION_ASSIGNMENTS
    assert entry.facts.machine is found.machines[0].facts
    assert entry.facts.schedule is found.schedules[0].facts
    assert (entry.facts.machine_exists, entry.facts.schedule_exists) == (True, True)
    assert entry.facts.same_subscription is True
    (member,) = found.members()
    assert member.timetables is not UNKNOWN
    assert [one.name for one in member.timetables] == ["nights"]


def test_what_the_inventory_does_not_show_is_not_known() -> None:
    found = estate(assignment(WEB, "nights"), {"id": BRANCH, "name": "srv-branch-1"}, assignment(BRANCH, "nights"))
    first, second = (entry.facts for entry in found.assignments)
    assert (first.machine, first.machine_exists) == (Machine.unseen(WEB), None)
    assert (second.schedule, second.schedule_exists) == (None, None)
    (member,) = found.members()
    assert member.timetables is UNKNOWN


def test_a_schedule_whose_texts_cannot_be_read_leaves_the_timetables_unknown() -> None:
    found = estate({"id": WEB, "name": "vm-web-1"}, schedule("odd", "Week Someday"), assignment(WEB, "odd"))
    (member,) = found.members()
    assert member.timetables is UNKNOWN


@pytest.mark.parametrize(
    ("recurrence", "start", "same_start", "overlap"),
    [
        ("Week Saturday", "2026-01-03 22:00", True, False),
        ("Month Second Saturday", "2026-01-03 22:00", True, False),
        ("Week Saturday", "2026-01-03 23:30", False, True),
        ("Week Saturday", "2026-01-03 19:01", False, True),
        ("Week Saturday", "2026-01-03 19:00", False, False),
        ("Week Sunday", "2026-01-03 22:00", False, False),
        ("Week Saturday", "2030-01-03 22:00", False, False),
        ("Week Someday", "2026-01-03 22:00", False, False),
    ],
)
def test_schedules_of_one_machine_that_meet_within_a_year_name_each_other(
    recurrence: str, start: str, same_start: bool, overlap: bool
) -> None:
    found = estate(
        schedule("nights"), schedule("other", recurrence, start), assignment(WEB, "nights"), assignment(WEB, "other")
    )
    first, second = (entry.facts for entry in found.assignments)
    assert (first.same_start_as, first.overlaps_with) == ("other" if same_start else None, "other" if overlap else None)
    assert (second.same_start_as, second.overlaps_with) == (
        "nights" if same_start else None,
        "nights" if overlap else None,
    )


def test_schedules_of_different_machines_do_not_meet() -> None:
    found = estate(schedule("nights"), schedule("other"), assignment(WEB, "nights"), assignment(BRANCH, "other"))
    assert [entry.facts.same_start_as for entry in found.assignments] == [None, None]


def test_assignments_of_a_subscription_or_a_group_are_dynamic_scopes() -> None:
    narrowed = {"filter": {"osTypes": ["Windows"], "tagSettings": {"tags": {"patching": ["nights"]}}}}
    at_group = assignment(GROUP.removesuffix("/providers"), "by-tag")
    at_subscription = assignment(SUBSCRIPTION, "by-tag")
    at_subscription["properties"] |= narrowed
    found = estate(at_group, at_subscription)
    assert found.assignments == ()
    group, subscription = (entry.facts for entry in found.dynamic_scopes)
    assert (group.resource_group_name, group.os_types, group.has_filter) == ("rg-contoso", None, False)
    assert (subscription.resource_group_name, subscription.os_types, subscription.tag_filters) == (
        None,
        ("Windows",),
        1,
    )


def test_schedules_for_hosts_and_their_assignments_are_not_looked_at() -> None:
    found = estate(schedule("hosts", maintenanceScope="Host"), assignment(WEB, "hosts"))
    assert (found.schedules, found.assignments) == ((), ())
    assert found.others == {
        "Microsoft.Maintenance/configurationAssignments of other scopes": 1,
        "Microsoft.Maintenance/maintenanceConfigurations of scope Host": 1,
    }


def test_an_assessment_tells_whether_a_machine_s_image_is_supported() -> None:
    readiness = {"vmGuestPatchReadiness": {"detectedVMGuestPatchSupportState": "Unsupported"}}
    found = estate(
        {"id": f"{WEB.lower()}/patchassessmentresults/latest", "properties": {"configurationStatus": readiness}},
        {"id": WEB, "name": "vm-web-1"},
    )
    assert found.machines[0].facts.support_state == "Unsupported"
    assert found.others == {}


def test_a_licence_profile_that_was_listed_apart_belongs_to_its_server() -> None:
    feature = {"name": "Hotpatch", "subscriptionStatus": "Enabled"}
    profile = {
        "id": f"{BRANCH}/licenseProfiles/default",
        "properties": {"productProfile": {"productFeatures": [feature]}},
    }
    found = estate({"id": BRANCH, "name": "srv-branch-1", "properties": {"osType": "windows"}}, profile)
    assert found.arc_servers[0].facts.is_licensed is True
    assert [entry.type for entry in found.machines] == [ARC_MACHINES]
    flattened = estate({"id": BRANCH, "name": "srv-branch-1", "osType": "windows"}, profile)
    assert flattened.arc_servers[0].facts == found.arc_servers[0].facts


def test_of_two_bodies_with_one_id_the_later_counts() -> None:
    found = estate({"id": WEB, "location": "eastus"}, {"id": WEB.upper(), "location": "westus2"})
    assert [entry.facts.location for entry in found.machines] == ["westus2"]


def test_facts_can_be_adjusted_and_an_adjusted_machine_need_not_be_shown() -> None:
    def hotpatched(machine: Machine) -> Machine:
        return machine.with_settings({"enable_hotpatching": True})

    other = WEB.replace("web", "app")
    adjusted = {WEB.upper(): hotpatched, other: hotpatched}
    found = Estate.from_bodies([{"id": WEB, "name": "vm-web-1"}], as_of=AS_OF, adjusted=adjusted)
    shown, unseen = found.machines
    assert (shown.resource, shown.facts.settings.enable_hotpatching, shown.facts.location) == (WEB, True, UNKNOWN)
    assert (unseen.resource, unseen.type) == (other, VIRTUAL_MACHINES)
    assert unseen.facts == hotpatched(Machine.unseen(other))


@pytest.mark.parametrize("document", [None, 5, "text", {}, {"value": None}, {"data": {"rows": []}}, {"steps": []}])
def test_a_document_that_holds_no_bodies_is_refused(document: object) -> None:
    with pytest.raises(InvalidInput, match="an inventory is a list of ARM bodies"):
        list(bodies_in(document))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (5, "entry 2: expected an ARM body with an id, but it is 5, not an object"),
        ({"name": "vm-web-1"}, "entry 2: expected an ARM body with an id, but it has none"),
        ({"id": 5}, "entry 2: expected an ARM body with an id, but its id is 5"),
        ({"id": SUBSCRIPTION}, f'entry 2: expected an ARM body with an id, but its id is "{SUBSCRIPTION}"'),
    ],
)
def test_an_entry_that_is_no_arm_body_is_refused_with_its_number(body: object, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        list(bodies_in([{"id": WEB}, body]))
    assert str(refused.value) == message
    with pytest.raises(InvalidInput, match="entry 2"):
        estate({"id": WEB}, body)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"zones": 5}, "zone is 5"),
        ({"location": ["eastus"]}, "location is a list"),
        ({"instanceView": {"statuses": "x"}}, 'statuses is "x", not a list of objects'),
        ({"instanceView": {"extensions": [None]}}, "extensions holds null where objects belong"),
        ({"storageProfile": {"imageReference": {"sku": 2025}}}, "sku is 2025"),
        (
            {"osProfile": {"windowsConfiguration": {"patchSettings": {"enableHotpatching": "true"}}}},
            'enable_hotpatching is "true"',
        ),
    ],
)
def test_a_body_whose_parts_have_the_wrong_shape_is_refused_by_its_id(body: dict[str, object], what: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^{WEB}: not the shape of an ARM body \({what}\)$"):
        estate({"id": WEB} | body)


# fmt: off
ARM_KEYS = [
    "properties", "osProfile", "windowsConfiguration", "linuxConfiguration", "patchSettings", "storageProfile",
    "imageReference", "osDisk", "osType", "instanceView", "statuses", "code", "vmAgent", "zones", "location", "name",
    "tags", "type", "powerState", "extensions", "publisher", "offer", "sku", "maintenanceWindow", "startDateTime",
    "duration", "timeZone", "recurEvery", "expirationDateTime", "installPatches", "maintenanceScope",
    "windowsParameters", "classificationsToInclude", "kbNumbersToInclude", "extensionProperties", "filter",
    "tagSettings", "locations", "maintenanceConfigurationId", "licenseProfile", "productProfile", "productFeatures",
    "osVersion", "agentVersion", "osSku", "patchMode", "enableHotpatching", "virtualMachineProfile",
    "extensionProfile", "configurationStatus", "vmGuestPatchReadiness",
]
# fmt: on
TYPES = (
    "Microsoft.Compute/virtualMachines/a",
    "Microsoft.Compute/virtualMachineScaleSets/a",
    "Microsoft.HybridCompute/machines/a",
    "Microsoft.HybridCompute/machines/a/licenseProfiles/default",
    "Microsoft.Maintenance/maintenanceConfigurations/a",
    "Microsoft.Maintenance/configurationAssignments/a",
    "Microsoft.Compute/virtualMachines/a/providers/Microsoft.Maintenance/configurationAssignments/a",
    "Microsoft.Compute/virtualMachines/a/patchAssessmentResults/latest",
    "Microsoft.Network/networkInterfaces/a",
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2000) | st.sampled_from(["Windows", "Linux", "Day", "2026-01-01", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(ARM_KEYS), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.lists(
    st.builds(
        lambda identity, body: {**body, "id": f"{GROUP}/{identity}"},
        st.sampled_from(TYPES),
        st.dictionaries(st.sampled_from(ARM_KEYS), VALUES, max_size=5),
    ),
    max_size=6,
)


@given(BODIES)
def test_bodies_of_any_shape_are_judged_or_refused_and_nothing_else(bodies: list[dict[str, Any]]) -> None:
    try:
        found = Estate.from_bodies(bodies, as_of=AS_OF)
    except InvalidInput:
        return
    verdicts = {one.finding.verdict for one in judge_cases(cases(found))}
    assert verdicts <= {"pass", "fail", "unknown"}
    assert len(list(found.members())) == len(found.machines)
