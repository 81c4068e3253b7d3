"""Whether images can be patched: the published list, and what operations found out."""

import json
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.facts import Image
from pulumi_azure_hotpatch.engine.image_support import detected_support, listed_support, support_by_failure
from pulumi_azure_hotpatch.engine.images import HOTPATCH_IMAGES, PLAIN_AZURE_EDITION_IMAGES
from pulumi_azure_hotpatch.engine.patch_results import Assessment, Installation

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def image(triple: str) -> Image:
    publisher, offer, sku = triple.split(":")
    return Image(publisher=publisher, offer=offer, sku=sku)


@pytest.mark.parametrize("triple", [*HOTPATCH_IMAGES, *PLAIN_AZURE_EDITION_IMAGES])
def test_every_image_that_can_be_hotpatched_is_supported(triple: str) -> None:
    assert listed_support(image(triple)).state == "Supported"


@pytest.mark.parametrize(
    ("triple", "state"),
    [
        ("Canonical:ubuntu-24_04-lts:server", "Supported"),
        ("canonical:0001-com-ubuntu-server-jammy:22_04-lts-gen2", "Supported"),
        ("RedHat:RHEL:9_4", "Supported"),
        ("RedHat:RHEL:10_0", "Unsupported"),
        ("RedHat:rhel-ha:8_4", "Supported"),
        ("RedHat:rhel-ha:81_gen2", "Unsupported"),
        ("OpenLogic:CentOS:7_9", "Supported"),
        ("OpenLogic:CentOS:8_5", "Unsupported"),
        ("OpenLogic:centos-hpc:7_9", "Unsupported"),
        ("microsoftsqlserver:sql2022-ws2022:standard-gen2", "Supported"),
        ("microsoftsqlserver:sql2019-sles15:standard", "Unsupported"),
        ("SUSE:sles-15-sp5:gen2", "Supported"),
        ("contoso:contoso-linux:one", "Unsupported"),
    ],
)
def test_the_list_decides_by_publisher_offer_and_plan(triple: str, state: str) -> None:
    found = listed_support(image(triple))
    assert (found.state, found.basis) == (state, "list")
    assert found.why.startswith(f"{triple} is ")
    assert "2025-01-06" in found.why


def test_the_list_is_written_in_lower_case_and_every_row_says_something() -> None:
    file = resources.files("pulumi_azure_hotpatch.engine").joinpath("marketplace_images.json")
    rows: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["images"]
    assert len(rows) == len({(row["publisher"], row["offer"]) for row in rows}) > 150
    for row in rows:
        plans = [*row.get("supported", ()), *row.get("unsupported", ())]
        assert plans
        assert all(text == text.lower() for text in (row["publisher"], row["offer"], *plans))


def assessed(state: str | None, hours_ago: float = 1, **given: Any) -> Assessment:
    began = NOON - timedelta(hours=hours_ago)
    known: dict[str, Any] = {"status": "Succeeded", **given}
    return Assessment(started=began, modified=began, support_state=state, **known)


def installed(hours_ago: float = 1, **given: Any) -> Installation:
    known: dict[str, Any] = {"status": "Succeeded", **given}
    return Installation(activity_id="a", started=NOON - timedelta(hours=hours_ago), **known)


@pytest.mark.parametrize("state", ["Supported", "Unsupported", "UnableToDetermine"])
def test_what_the_service_detected_is_the_answer(state: str) -> None:
    found = detected_support(assessed(state), [installed(status="Failed")], None)
    assert found is not None
    assert (found.state, found.basis) == (state, "assessment")


@pytest.mark.parametrize(
    "assessment", [None, assessed("Unknown"), assessed(None), assessed("Supported", status="InProgress")]
)
def test_while_nothing_is_detected_the_question_is_open(assessment: Assessment | None) -> None:
    assert detected_support(assessment, [], None) is None
    assert detected_support(assessment, [installed(status="InProgress")], None) is None


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"status": "Succeeded"}, "Supported"),
        ({"status": "CompletedWithWarnings"}, "Supported"),
        # A patch that failed was treated in the guest: patching works there.
        ({"status": "Failed", "failed": 1}, "Supported"),
        ({"status": "Failed", "error": "UnsupportedOperatingSystem: exit 51"}, "Unsupported"),
        ({"status": "Failed", "error": "VMGuestPatchInternalError: Please retry later."}, None),
        ({"status": "Unknown"}, None),
    ],
)
def test_an_installation_decides_by_its_success_or_failure(given: dict[str, Any], state: str | None) -> None:
    found = detected_support(assessed("Unknown"), [installed(**given)], None)
    assert (found and found.state) == state
    assert found is None or found.basis == "installation"


def test_only_what_ran_since_counts() -> None:
    since = NOON - timedelta(hours=2)
    assert detected_support(assessed("Supported", 3), [installed(3)], since) is None
    assert detected_support(assessed("Supported", 1), [], since) is not None
    assert detected_support(None, [installed(3), installed(1)], since) is not None


@pytest.mark.parametrize(
    "failure",
    [
        "VMGuestPatchInternalError: An internal execution error occurred.",
        "the operation ended as Canceled, Azure gives no reason",
    ],
)
def test_a_failure_of_the_service_and_a_cancellation_decide_nothing(failure: str) -> None:
    assert support_by_failure(failure, NOON, "a") is None


def test_any_other_failure_decides() -> None:
    found = support_by_failure("ContosoCode: no", NOON, "a")
    assert found is not None
    assert str(found) == "Unsupported: the assessment failed: ContosoCode: no"
