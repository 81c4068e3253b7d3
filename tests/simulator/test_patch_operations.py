"""assessPatches and installPatches of virtual machines: on the wire, through the SDK, in time."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError

from tests.simulator.asking import Client, code_of, message_of
from tests.simulator.guests import (
    GROUP_NAME,
    SECURITY,
    advance,
    assess,
    compute,
    install,
    install_linux,
    kbs,
    linux,
    machine_id,
    rows_of,
    windows,
    world,
)

BODY = {"maximumDuration": "PT2H", "rebootSetting": "IfRequired", "windowsParameters": SECURITY, "linuxParameters": {}}


@pytest.fixture
def azure() -> Client:
    return world(windows("vm"), linux("vm-linux"))


def test_an_accepted_operation_has_both_headers_no_retry_after_and_an_empty_body(azure: Client) -> None:
    accepted = azure.ask("POST", machine_id("vm") + "/installPatches", BODY, version="2024-11-01")
    assert (accepted.status, accepted.body) == (202, b"")
    assert accepted.headers["azure-asyncnotification"] == "Enabled"
    assert "retry-after" not in accepted.headers
    poll = accepted.headers["azure-asyncoperation"]
    assert re.search(
        r"/Microsoft\.Compute/locations/eastus/operations/[-0-9a-f]{36}\?p=.*&api-version=2024-11-01", poll
    )
    assert accepted.headers["location"] == poll.replace("&api-version", "&monitor=true&api-version")
    running = azure.ask("GET", poll)
    assert "retry-after" not in running.headers
    assert running.json()["status"] == "InProgress"
    assert azure.ask("GET", accepted.headers["location"]).status == 202


def test_the_operations_id_is_the_activity_id_and_the_location_ends_in_the_bare_result(azure: Client) -> None:
    accepted = azure.ask("POST", machine_id("vm") + "/installPatches", BODY)
    azure.simulator.clock.advance(timedelta(hours=2))
    envelope = azure.get(accepted.headers["azure-asyncoperation"])
    bare = azure.get(accepted.headers["location"])
    assert envelope["status"] == "Succeeded"
    assert envelope["properties"]["output"] == bare
    assert bare["installationActivityId"] == envelope["name"]


def test_the_sdk_polls_every_thirty_seconds_and_reads_the_result_from_the_location(azure: Client) -> None:
    result = assess(azure, "vm")
    assert result["status"] == "Succeeded"
    entries = list(azure.simulator.journal)
    assert [entry.operation for entry in entries[:2]] == ["VirtualMachines_AssessPatches", "Operations_Get"]
    polls = [entry.instant for entry in entries[1:-1]]
    assert {later - earlier for earlier, later in itertools.pairwise(polls)} == {timedelta(seconds=30)}


def test_an_assessment_holds_every_documented_field(azure: Client) -> None:
    result = assess(azure, "vm")
    assert set(result) == {
        "status", "assessmentActivityId", "rebootPending", "criticalAndSecurityPatchCount", "otherPatchCount",
        "startDateTime", "availablePatches", "error",
    }  # fmt: skip
    assert set(result["availablePatches"][0]) == {
        "patchId", "name", "kbId", "classifications", "rebootBehavior", "activityId", "publishedDate",
        "lastModifiedDateTime", "assessmentState",
    }  # fmt: skip
    assert result["error"] == {"details": [], "code": "Success", "message": "0 error/s reported"}
    assert result["criticalAndSecurityPatchCount"] + result["otherPatchCount"] == len(result["availablePatches"])


def test_an_installation_holds_every_documented_field_and_counts_its_patches(azure: Client) -> None:
    done = install(azure, "vm")
    assert set(done) == {
        "status", "installationActivityId", "rebootStatus", "maintenanceWindowExceeded", "excludedPatchCount",
        "notSelectedPatchCount", "pendingPatchCount", "installedPatchCount", "failedPatchCount", "patches",
        "startDateTime", "error",
    }  # fmt: skip
    assert (done["status"], done["rebootStatus"], done["maintenanceWindowExceeded"]) == (
        "Succeeded",
        "Completed",
        False,
    )
    assert done["installedPatchCount"] == len(kbs(done, "Installed")) == 1
    assert done["notSelectedPatchCount"] == len(kbs(done, "NotSelected"))
    assert not any(kb.startswith("KB") for kb in kbs(done))


def test_a_linux_installation_names_versions_and_its_run(azure: Client) -> None:
    done = install_linux(azure, "vm-linux", packageNameMasksToInclude=["*"])
    assert done["maintenanceRunId"] == ""
    assert done["error"] == {"details": [], "code": "0", "message": "0 error/s reported."}
    for patch in done["patches"]:
        assert patch["patchId"] == f"{patch['name']}_{patch['version']}_Ubuntu_22.04"
        assert "kbId" not in patch


def test_the_instance_view_shows_both_operations_while_they_run_and_after(azure: Client) -> None:
    views = compute(azure).virtual_machines
    assert views.instance_view(GROUP_NAME, "vm").patch_status is None
    azure.ask("POST", machine_id("vm") + "/installPatches", BODY)
    azure.simulator.clock.advance(timedelta(minutes=1))
    running: Any = views.instance_view(GROUP_NAME, "vm").patch_status
    assert running.last_patch_installation_summary.status == "InProgress"
    assert running.last_patch_installation_summary.pending_patch_count == 1
    azure.simulator.clock.advance(timedelta(hours=2))
    over: Any = views.instance_view(GROUP_NAME, "vm").patch_status
    assert over.last_patch_installation_summary.status == "Succeeded"
    assert over.last_patch_installation_summary.installed_patch_count == 1
    assert over.available_patch_summary.critical_and_security_patch_count == 0
    assert over.last_patch_installation_summary.error.code == "Success"
    expanded: Any = views.get(GROUP_NAME, "vm", expand="instanceView").instance_view
    assert expanded.patch_status == over


def test_a_second_patch_operation_on_a_machine_is_a_conflict_of_our_own_code(azure: Client) -> None:
    azure.ask("POST", machine_id("vm") + "/assessPatches")
    for action in ("assessPatches", "installPatches"):
        refused = azure.ask("POST", f"{machine_id('vm')}/{action}", BODY)
        assert (refused.status, code_of(refused)) == (409, "SimulatorRulePatchOperationInProgress")
    assert azure.ask("PATCH", machine_id("vm"), {"tags": {"a": "b"}}).status == 200
    assert azure.ask("POST", machine_id("vm-linux") + "/assessPatches").status == 202


def test_a_machine_that_is_off_is_not_patched(azure: Client) -> None:
    azure.simulator.world.set_power(machine_id("vm"), running=False)
    with pytest.raises(ResourceExistsError, match="does not run"):
        install(azure, "vm")


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        (
            {"windowsParameters": {"kbNumbersToInclude": ["1111"]}},
            "InvalidParameter",
            "The entry in 'kbNumbersToInclude' with value '1111' is not valid. It must be a KBID such as KB4512508.",
        ),
        (
            {"windowsParameters": {"kbNumbersToExclude": ["12"], **SECURITY}},
            "InvalidParameter",
            "The entry in 'kbNumbersToExclude' with value '12' is not valid. It must be a KBID such as KB4512508.",
        ),
        ({"windowsParameters": {}}, "SimulatorRuleNothingIncluded", "At least one"),
        ({"rebootSetting": None}, "SimulatorRuleRebootSettingMissing", "rebootSetting"),
        ({"rebootSetting": "Later"}, "SimulatorRuleInvalidValue", "'Later'"),
        ({"maximumDuration": "2 hours"}, "SimulatorRuleDuration", "'2 hours'"),
        ({"maximumDuration": "PT"}, "SimulatorRuleDuration", "'PT'"),
        ({"windowsParameters": {"classificationsToInclude": ["Nice"]}}, "SimulatorRuleClassification", "'Nice'"),
        ({"windowsParameters": {**SECURITY, "maxPatchPublishDate": "x"}}, "SimulatorRuleDateTime", "'x'"),
        ({"windowsParameters": []}, "InvalidRequestContent", "object"),
        ({"linuxParameters": {"packageNameMasksToInclude": [1]}}, "InvalidRequestContent", "strings"),
    ],
)
def test_a_bad_request_is_refused(azure: Client, change: dict[str, Any], code: str, text: str) -> None:
    refused = azure.ask("POST", machine_id("vm") + "/installPatches", {**BODY, **change})
    assert (refused.status, code_of(refused)) == (400, code)
    assert text in message_of(refused)
    if code == "InvalidParameter":
        assert refused.json()["error"]["target"].startswith("windowsParameters.kbNumbersTo")


def test_the_longer_form_of_durations_that_the_sdk_sends_is_read(azure: Client) -> None:
    body: Any = {"maximumDuration": timedelta(hours=2), "rebootSetting": "Never", "windowsParameters": SECURITY}
    done = compute(azure).virtual_machines.begin_install_patches(GROUP_NAME, "vm", body).result()
    assert done.status == "CompletedWithWarnings"


def test_an_operation_scripted_to_fail_as_a_whole_has_the_code_in_the_envelope(azure: Client) -> None:
    azure.simulator.patching.fail("installation", machine="/vm$")
    with pytest.raises(HttpResponseError, match="An internal execution error occurred") as raised:
        install(azure, "vm")
    assert raised.value.status_code == 200
    assert raised.value.error is not None
    assert raised.value.error.code == "VMGuestPatchInternalError"
    assert install(azure, "vm")["status"] == "Succeeded"


def test_an_assessment_scripted_to_fail_as_a_whole_leaves_no_result_behind(azure: Client) -> None:
    azure.simulator.patching.fail("assessment_operation", machine="/vm$")
    with pytest.raises(HttpResponseError, match="An internal execution error occurred") as raised:
        assess(azure, "vm")
    assert raised.value.error is not None
    assert raised.value.error.code == "VMGuestPatchInternalError"
    assert rows_of(azure, "vm", "assessment") == []
    assert assess(azure, "vm")["status"] == "Succeeded"


def test_a_patch_scripted_to_fail_fails_the_installation_and_is_found_again(azure: Client) -> None:
    azure.simulator.patching.fail("patch", patch="KB504*", code="0x80070005", message="Access denied.")
    failed = install(azure, "vm")
    assert (failed["status"], failed["failedPatchCount"], failed["rebootStatus"]) == ("Failed", 1, "NotNeeded")
    assert failed["error"]["details"][0]["code"] == "0x80070005"
    assert kbs(install(azure, "vm"), "Installed") == kbs(failed, "Failed")


def test_a_restart_scripted_to_fail_fails_the_installation_and_stays_pending(azure: Client) -> None:
    azure.simulator.patching.fail("reboot")
    failed = install(azure, "vm")
    assert (failed["status"], failed["rebootStatus"]) == ("Failed", "Failed")
    assert assess(azure, "vm")["rebootPending"] is True


def test_a_failed_assessment_fails_itself_and_an_installation(azure: Client) -> None:
    azure.simulator.patching.fail("assessment", times=2)
    failed = assess(azure, "vm")
    assert (failed["status"], failed["availablePatches"]) == ("Failed", [])
    assert install(azure, "vm")["status"] == "Failed"
    assert install(azure, "vm")["status"] == "Succeeded"


def test_drawn_failures_hit_about_their_share_of_machines_and_the_same_ones_again() -> None:
    def struck() -> list[str]:
        azure = world(*(windows(f"vm-{n}") for n in range(60)), patch_failure_share=0.3)
        return [f"vm-{n}" for n in range(60) if install(azure, f"vm-{n}")["status"] == "Failed"]

    first = struck()
    assert 8 <= len(first) <= 30
    assert struck() == first


def test_always_restarts_once_even_when_nothing_was_installed(azure: Client) -> None:
    install(azure, "vm")
    again = install(azure, "vm", reboot="Always")
    assert (again["installedPatchCount"], again["rebootStatus"]) == (0, "Completed")
    assert len(azure.simulator.patching.guest(machine_id("vm")).reboots) == 2


def test_a_stop_in_the_middle_leaves_the_rest_pending_and_ends_the_operation() -> None:
    azure = world(
        linux(
            "vm",
        ),
        image_age=timedelta(days=400),
        package_time=timedelta(minutes=4),
    )
    accepted = azure.ask(
        "POST",
        machine_id("vm") + "/installPatches",
        {
            "maximumDuration": "PT3H",
            "rebootSetting": "IfRequired",
            "linuxParameters": {"packageNameMasksToInclude": ["*"]},
        },
    )
    azure.simulator.clock.advance(timedelta(minutes=20))
    compute(azure).virtual_machines.begin_deallocate(GROUP_NAME, "vm").result()
    result = azure.get(accepted.headers["location"])
    assert result["status"] == "Failed"
    assert result["installedPatchCount"] > 0
    assert result["pendingPatchCount"] > 0
    assert result["error"]["details"][0]["code"] == "SimulatorRuleMachineStopped"
    compute(azure).virtual_machines.begin_start(GROUP_NAME, "vm").result()
    assert len(assess(azure, "vm")["availablePatches"]) == result["pendingPatchCount"]


def test_a_deleted_machine_takes_its_records_along(azure: Client) -> None:
    accepted = azure.ask("POST", machine_id("vm") + "/installPatches", BODY)
    assert azure.ask("DELETE", machine_id("vm")).status == 200
    azure.simulator.clock.advance(timedelta(hours=3))
    assert azure.get(accepted.headers["azure-asyncoperation"])["status"] == "Failed"
    assert rows_of(azure, "vm", "installation") == []


def test_assessments_are_kept_seven_days_and_installations_thirty(azure: Client) -> None:
    install(azure, "vm")
    advance(azure, "2025-01-09T07:00")
    assert rows_of(azure, "vm", "assessment") != []
    advance(azure, "2025-01-09T20:00")
    assert rows_of(azure, "vm", "assessment") == []
    advance(azure, "2025-02-01T07:00")
    assert rows_of(azure, "vm", "installation") != []
    advance(azure, "2025-02-01T20:00")
    assert rows_of(azure, "vm", "installation") == []


def test_the_table_of_installations_is_as_far_behind_as_is_set() -> None:
    azure = world(windows("vm"))
    azure.simulator.world.settings.patching.installations_lag = timedelta(minutes=45)
    began = azure.simulator.clock.now()
    install(azure, "vm")
    assert azure.simulator.clock.now() < began + timedelta(minutes=45)
    assert rows_of(azure, "vm", "installation") == []
    azure.simulator.clock.advance_to(began + timedelta(minutes=46))
    [summary, *_] = rows_of(azure, "vm", "installation")
    assert summary["properties"]["status"] == "InProgress"
    azure.simulator.clock.advance(timedelta(minutes=45))
    [summary, *_] = rows_of(azure, "vm", "installation")
    assert summary["properties"]["status"] == "Succeeded"
