"""Whether an image can be patched: by the list, by an assessment, by whatever ran, and what dependants see of it."""

from datetime import datetime, timedelta

import pytest

from pulumi_azure_hotpatch.errors import Interrupted, OperationFailed, Refused, TimedOut
from tests.handlers.patching import (
    ARC,
    ASSESS,
    SECURITY,
    VM,
    arc,
    asked,
    azure_of,
    custom,
    delay_support,
    image_check,
    installation,
    linux,
    somebody_installs,
    turn_off,
    windows,
)
from tests.support.simulated import START, minutes

NEVER_AUTOMATIC = "Automatic guest patching never applies to custom images"


def test_a_marketplace_image_is_answered_from_the_list_without_any_operation() -> None:
    azure = azure_of(windows("2022-datacenter"))
    resource = image_check(azure, require="Supported")
    state = resource.create()
    assert azure.writes() == []
    assert resource.id == f"{VM}#list"
    assert (state.support_state, state.decided_by, state.activity_id) == ("Supported", "list", None)
    assert state.reason.startswith("MicrosoftWindowsServer:WindowsServer:2022-datacenter is on the list of marketplace")
    assert state.checked_at == START.isoformat()
    assert state.guidance is None


def test_a_marketplace_image_that_is_not_listed_is_unsupported_unless_the_service_found_out_otherwise() -> None:
    body = linux()
    body["properties"]["storageProfile"]["imageReference"] = {
        "publisher": "contoso", "offer": "contoso-linux", "sku": "ubuntu-22.04", "version": "latest",
    }  # fmt: skip
    azure = azure_of(body)
    with pytest.raises(
        Refused, match=r"must be Supported and is Unsupported: contoso:contoso-linux:ubuntu-22.04 is not"
    ):
        image_check(azure, require="Supported").create()
    assert asked(azure, ASSESS) == 0
    azure.simulator.world.patch_records.support[VM.lower()] = "Supported"
    assert azure.ask("POST", f"{VM}/assessPatches").status == 202
    azure.simulator.clock.advance(minutes(20))
    azure.simulator.world.patch_records.support[VM.lower()] = "Supported"
    assert image_check(azure, require="Supported").create().decided_by == "assessment"


@pytest.mark.parametrize(
    ("image", "state"),
    [("windows2022", "Supported"), ("windows2025", "Unsupported"), ("contoso", "UnableToDetermine")],
)
def test_a_custom_image_is_decided_by_an_assessment(image: str, state: str) -> None:
    azure = azure_of(custom(image))
    resource = image_check(azure)
    found = resource.create()
    assert asked(azure, ASSESS) == 1
    assert (found.support_state, found.decided_by) == (state, "assessment")
    assert resource.id == f"{VM}#{found.activity_id}"
    assert datetime.fromisoformat(found.checked_at) > START
    assert found.image.startswith("the custom image /subscriptions/")
    assert NEVER_AUTOMATIC in found.guidance
    assert "schedules" in found.guidance
    assert "installations on demand" in found.guidance
    assert found.operation is None


@pytest.mark.parametrize(("image", "state"), [("ubuntu-22.04", "Supported"), ("debian-12", "Unsupported")])
def test_a_custom_image_of_linux_is_decided_alike(image: str, state: str) -> None:
    assert image_check(azure_of(custom(image, linux()))).create().support_state == state


def test_an_arc_server_is_decided_by_an_assessment() -> None:
    azure = azure_of(arc())
    resource = image_check(azure, ARC, require="Supported")
    found = resource.create()
    assert (found.support_state, found.decided_by) == ("Supported", "assessment")
    assert resource.id == f"{ARC}#{found.activity_id}"
    assert found.guidance is None
    assert asked(azure, "Machines_AssessPatches") == 1


def test_a_requirement_that_is_not_met_fails_with_the_reason_so_that_dependants_do_not_run() -> None:
    azure = azure_of(custom("windows2025"))
    resource = image_check(azure, require="Supported")
    with pytest.raises(Refused, match=r"^VM 'vm': its image \(the custom image .*\) must be Supported and is Unsupp"):
        resource.create()
    # What was found out is kept, and the next run checks anew: a machine can be rebuilt.
    assert resource.state.support_state == "Unsupported"
    azure.new_run()
    with pytest.raises(Refused):
        resource.update()
    assert asked(azure, ASSESS) == 2


def test_unable_to_determine_is_reported_as_itself_and_meets_no_requirement() -> None:
    azure = azure_of(custom("contoso"))
    assert image_check(azure).create().support_state == "UnableToDetermine"
    with pytest.raises(Refused, match="must be Supported and is UnableToDetermine"):
        image_check(azure, require="Supported").create()
    assert asked(azure, ASSESS) == 1


def test_a_requirement_that_is_dropped_takes_the_answer_as_it_is() -> None:
    azure = azure_of(custom("windows2025"))
    resource = image_check(azure, require="Supported")
    with pytest.raises(Refused):
        resource.create()
    resource.declare(require=None)
    assert resource.update().unfinished is None
    assert asked(azure, ASSESS) == 1


def test_unknown_is_waited_through() -> None:
    azure = azure_of(custom("windows2022"))
    delay_support(azure, minutes(30))
    state = image_check(azure, require="Supported", pollInterval="1m").create()
    assert state.support_state == "Supported"
    assert minutes(30) <= azure.passed < minutes(32)
    assert any("the support state to be more than Unknown" in told for told in azure.said.progress)


def test_unknown_is_waited_through_no_longer_than_the_time_out_and_the_next_run_goes_on() -> None:
    azure = azure_of(custom("windows2022"))
    delay_support(azure, minutes(50))
    resource = image_check(azure, timeout="20m")
    with pytest.raises(TimedOut, match="still waiting for the support state to be more than Unknown after 20m"):
        resource.create()
    assert azure.passed == minutes(20)
    azure.new_run()
    resource.declare(timeout="60m")
    assert resource.bring_about().support_state == "Supported"
    assert asked(azure, ASSESS) == 1


def test_an_assessment_that_ran_already_is_used() -> None:
    azure = azure_of(custom("windows2022"))
    assert azure.ask("POST", f"{VM}/assessPatches").status == 202
    azure.simulator.clock.advance(timedelta(hours=5))
    state = image_check(azure).create()
    assert state.support_state == "Supported"
    assert datetime.fromisoformat(state.checked_at) < azure.clock.now() - timedelta(hours=4)
    assert asked(azure, ASSESS) == 1


def test_an_installation_that_succeeded_decides_too() -> None:
    azure = azure_of(custom("windows2022"))
    delay_support(azure, timedelta(days=9))
    activity = somebody_installs(azure, windowsParameters=SECURITY)
    azure.simulator.clock.advance(timedelta(hours=5))
    state = image_check(azure).create()
    assert (state.support_state, state.decided_by, state.activity_id) == ("Supported", "installation", activity)
    assert asked(azure, ASSESS) == 0


def test_an_installation_that_failed_decides_too() -> None:
    azure = azure_of(custom("windows2025"))
    delay_support(azure, timedelta(days=9))
    somebody_installs(azure, windowsParameters=SECURITY)
    azure.simulator.clock.advance(timedelta(hours=5))
    state = image_check(azure).create()
    assert (state.support_state, state.decided_by) == ("Unsupported", "installation")
    assert "cannot be patched" in state.reason


def test_an_assessment_that_failed_decides_while_the_service_detected_nothing() -> None:
    azure = azure_of(custom("windows2022"))
    delay_support(azure, timedelta(days=9))
    azure.simulator.patching.fail("assessment", message="The extension is not supported here.")
    state = image_check(azure).create()
    assert (state.support_state, state.decided_by) == ("Unsupported", "assessment")
    assert "The extension is not supported here." in state.reason


def test_a_failure_of_the_service_says_nothing_of_the_image_and_the_next_run_assesses_again() -> None:
    azure = azure_of(custom("windows2022"))
    delay_support(azure, timedelta(minutes=20))
    azure.simulator.patching.fail("assessment", code="VMGuestPatchInternalError", message="Please retry later.")
    resource = image_check(azure)
    with pytest.raises(OperationFailed, match=r"its failure says nothing of the image: .*; run again to assess again"):
        resource.create()
    azure.new_run()
    assert resource.bring_about().support_state == "Supported"
    assert asked(azure, ASSESS) == 2


@pytest.mark.parametrize("is_interrupted", [True, False])
def test_an_operation_that_fails_as_a_whole_decides_nothing_and_the_next_run_assesses_again(
    is_interrupted: bool,
) -> None:
    azure = azure_of(custom("windows2022"))
    delay_support(azure, timedelta(minutes=20))
    azure.simulator.patching.fail("assessment_operation")
    resource = image_check(azure)
    if is_interrupted:
        azure.clock.interrupt_at = START + timedelta(seconds=20)
        with pytest.raises(Interrupted):
            resource.create()
        azure.new_run()
        azure.simulator.clock.advance(minutes(5))
    told = (
        r"^VM 'vm': assessment [0-9a-f-]{36} failed, and its failure says nothing of the image: "
        r"VMGuestPatchInternalError: An internal execution error occurred. Please retry later.; run again to assess"
    )
    with pytest.raises(OperationFailed, match=told):
        resource.bring_about()
    assert asked(azure, ASSESS) == 1
    azure.new_run()
    assert resource.bring_about().support_state == "Supported"
    assert asked(azure, ASSESS) == 2


def test_another_code_of_an_operation_that_fails_as_a_whole_decides_while_the_service_detected_nothing() -> None:
    azure = azure_of(custom("windows2022"))
    delay_support(azure, timedelta(days=9))
    azure.simulator.patching.fail("assessment_operation", code="ContosoCode", message="Not this system.")
    state = image_check(azure).create()
    assert (state.support_state, state.decided_by) == ("Unsupported", "assessment")
    assert state.reason == "the assessment failed: ContosoCode: Not this system."


def test_another_trigger_checks_again_and_only_what_ran_since_counts() -> None:
    azure = azure_of(custom("windows2022"))
    resource = image_check(azure, triggers=["one"])
    first = resource.create()
    assert resource.bring_about() == resource.state
    resource.declare(triggers=["two"])
    second = resource.update()
    assert second.activity_id != first.activity_id
    assert asked(azure, ASSESS) == 2


def test_an_interrupted_check_is_continued() -> None:
    azure = azure_of(custom("windows2022"), assessment_time=minutes(10))
    resource = image_check(azure)
    azure.clock.interrupt_at = START + minutes(1)
    with pytest.raises(Interrupted):
        resource.create()
    azure.new_run()
    assert resource.bring_about().support_state == "Supported"
    assert resource.difference().changed == ()
    assert asked(azure, ASSESS) == 1


def test_a_custom_image_on_a_machine_that_is_off_cannot_be_checked() -> None:
    azure = azure_of(custom("windows2022"))
    turn_off(azure)
    with pytest.raises(Refused, match="it is deallocated"):
        image_check(azure).create()


def test_preview_says_how_it_will_be_decided_and_what_applies_to_custom_images() -> None:
    listed = image_check(azure_of(windows("2022-datacenter"))).answers()["image_support"]
    assert listed.startswith("Supported: MicrosoftWindowsServer:WindowsServer:2022-datacenter is on the list")
    azure = azure_of(custom("windows2022", windows(patch_settings={"patchMode": "AutomaticByPlatform"})))
    resource = image_check(azure)
    told = resource.answers()["image_support"]
    assert told.startswith("decided by an assessment: the custom image /subscriptions/")
    assert NEVER_AUTOMATIC in told
    (finding,) = resource.check()
    assert (finding.rule, finding.severity) == ("custom-image-not-patched-by-platform", "warning")
    assert azure.writes() == []
    outside = image_check(azure_of(arc()), ARC).answers()["image_support"]
    assert outside == "decided by an assessment: the system of an Arc-enabled server."


def test_a_custom_image_is_assessed_found_supported_and_installed() -> None:
    azure = azure_of(custom("windows2022"))
    delay_support(azure, minutes(15))
    assert image_check(azure, require="Supported").create().support_state == "Supported"
    state = installation(azure).create()
    assert (state.status, state.failed_count) == ("Succeeded", 0)
    assert state.installed_count >= 1
