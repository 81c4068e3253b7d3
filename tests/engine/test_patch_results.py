"""Results of patch operations, from every source that has them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.patch_results import (
    assessment_of,
    assessment_of_rows,
    installation_of,
    installations_of_rows,
)

MACHINE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/web01"
SUCCESS = {"code": "Success", "message": "0 error/s reported", "details": []}


def test_the_answer_of_an_assessment_lists_patches_and_counts_them() -> None:
    found = assessment_of(
        {
            "status": "Succeeded",
            "assessmentActivityId": "a",
            "rebootPending": True,
            "criticalAndSecurityPatchCount": 1,
            "otherPatchCount": 1,
            "startDateTime": "2026-11-02T08:00:00Z",
            "availablePatches": [
                {
                    "name": "Cumulative",
                    "kbId": "5066835",
                    "classifications": ["Security"],
                    "rebootBehavior": "CanRequestReboot",
                },
                {
                    "name": "libc",
                    "version": "2.39",
                    "classifications": ["Other"],
                    "publishedDate": "2026-10-01T00:00:00Z",
                },
            ],
            "error": SUCCESS,
        }
    )
    assert found.patches is not None
    assert [(one.kb, one.version, one.reboot) for one in found.patches] == [
        ("KB5066835", None, "CanRequestReboot"),
        (None, "2.39", "Unknown"),
    ]
    assert found.patches[1].published == datetime(2026, 10, 1, tzinfo=UTC)
    assert found.counts == {"Security": 1, "Other": 1}
    assert (found.reboot_pending, found.critical_and_security, found.other, found.error) == (True, 1, 1, None)
    assert found.is_over
    assert not found.is_running


@pytest.mark.parametrize(
    ("status", "running", "over"),
    [
        ("InProgress", True, False),
        ("NotStarted", True, False),
        ("Unknown", False, False),
        ("Succeeded", False, True),
        ("CompletedWithWarnings", False, True),
        ("Failed", False, True),
    ],
)
def test_a_machine_that_never_had_one_is_neither_busy_nor_done(status: str, running: bool, over: bool) -> None:
    for found in (assessment_of({"status": status}), installation_of({"status": status})):
        assert (found.is_running, found.is_over) == (running, over)


def test_rows_give_the_support_state_and_the_list() -> None:
    root = f"{MACHINE}/patchAssessmentResults/latest"
    rows: list[dict[str, Any]] = [
        {
            "id": root,
            "properties": {
                "status": "Succeeded",
                "lastModifiedDateTime": "2026-11-02T08:03:00",
                "configurationStatus": {
                    "vmGuestPatchReadiness": {"detectedVMGuestPatchSupportState": "UnableToDetermine"}
                },
                "errorDetails": None,
            },
        },
        {
            "id": f"{root.upper()}/SOFTWAREPATCHES/1",
            "properties": {"patchName": "Cumulative", "kbId": "KB5066835", "classifications": ["Security"]},
        },
    ]
    found = assessment_of_rows(rows)
    assert found is not None
    assert found.support_state == "UnableToDetermine"
    # The service sometimes leaves the zone out.
    assert found.modified == datetime(2026, 11, 2, 8, 3, tzinfo=UTC)
    assert found.patches is not None
    assert [one.kb for one in found.patches] == ["KB5066835"]
    assert assessment_of_rows(rows[1:]) is None
    assert assessment_of_rows([]) is None


def test_the_counts_of_an_answer_are_kept_beside_the_list() -> None:
    found = assessment_of(
        {"availablePatchCountByClassification": {"security": 3, "critical": 0}, "availablePatches": []}
    )
    assert found.counts == {"security": 3, "critical": 0}
    assert found.patches == ()


def test_the_instance_view_of_an_installation_has_other_names_for_its_times_and_no_list() -> None:
    found = installation_of(
        {
            "status": "InProgress",
            "installationActivityId": "b",
            "startTime": "2026-11-02T08:00:00Z",
            "lastModifiedTime": "2026-11-02T08:10:00Z",
            "installedPatchCount": 1,
            "maintenanceWindowExceeded": False,
        }
    )
    assert found.started == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert found.modified == datetime(2026, 11, 2, 8, 10, tzinfo=UTC)
    assert (found.installed, found.failed, found.outcomes, found.started_by) == (1, None, None, None)


def test_rows_of_installations_are_sorted_into_installations_the_newest_first() -> None:
    def row(activity: str, day: int, *patches: tuple[str, str]) -> list[dict[str, Any]]:
        root = f"{MACHINE}/patchInstallationResults/{activity}"
        summary = {"status": "Succeeded", "startDateTime": f"2026-11-0{day}T08:00:00Z", "maintenanceRunId": ""}
        return [
            {"id": root, "properties": summary},
            *(
                {"id": f"{root}/softwarePatches/{kb}", "properties": {"kbId": kb, "installationState": state}}
                for kb, state in patches
            ),
        ]

    found = installations_of_rows(
        [*row("one", 1), *row("two", 2, ("5066835", "Installed"), ("2267602", "NotSelected"))]
    )
    assert [one.activity_id for one in found] == ["two", "one"]
    assert found[0].outcomes is not None
    assert [(one.patch.kb, one.state) for one in found[0].outcomes] == [
        ("KB5066835", "Installed"),
        ("KB2267602", "NotSelected"),
    ]
    assert found[1].outcomes is None
    assert found[1].run_id is None


@pytest.mark.parametrize("error", [None, SUCCESS, {"code": "0", "message": "0 error/s reported."}])
def test_the_error_of_a_success_is_none(error: Any) -> None:
    assert installation_of({"status": "Succeeded", "error": error}).error is None


def test_an_error_is_one_line_with_its_details() -> None:
    error = {
        "code": "1",
        "message": "1 error/s reported.",
        "details": [{"code": "PACKAGE_MANAGER_FAILURE", "message": "The mirror\ndid not answer."}],
    }
    text = "1: 1 error/s reported (PACKAGE_MANAGER_FAILURE: The mirror did not answer.)"
    assert installation_of({"error": error}).error == text
    assert assessment_of({"errorDetails": error}).error == text
