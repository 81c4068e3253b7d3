"""Installations on demand: what is asked for, what comes out, what fails the deployment, what preview says."""

from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator.faults import Answer, match
from pulumi_azure_hotpatch.errors import ArmError, NotFound, Refused
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationState
from tests.handlers.patching import (
    ARC,
    INSTALL,
    VM,
    arc,
    asked,
    assessment,
    azure_of,
    custom,
    installation,
    linux,
    power,
    somebody_installs,
    turn_off,
    windows,
)
from tests.support.simulated import START, Settings, minutes


def test_an_installation_reports_what_became_of_each_patch() -> None:
    azure = azure_of(windows())
    resource = installation(azure)
    state: PatchInstallationState = resource.create()
    assert resource.id == f"{VM}#{state.activity_id}"
    assert (state.status, state.reboot_status) == ("Succeeded", "Completed")
    assert state.maintenance_window_exceeded is False
    assert state.patches is not None
    by_state = {patch.state: patch for patch in state.patches}
    assert set(by_state) == {"Installed", "NotSelected"}
    assert str(by_state["Installed"].kb).startswith("KB")
    counted = (state.installed_count, state.failed_count, state.pending_count, state.not_selected_count)
    assert counted == (1, 0, 0, 1)
    assert state.started_at == START.isoformat()
    assert state.finished_at is not None
    assert (state.operation, state.asked_at, state.adopted) == (None, None, False)
    assert asked(azure) == 1


def test_the_request_holds_what_is_declared_and_nothing_of_the_other_system() -> None:
    azure = azure_of(windows())
    chosen = {
        "classificationsToInclude": ["Critical", "UpdateRollup"],
        "kbNumbersToInclude": ["5034129"],
        "kbNumbersToExclude": ["KB5034130"],
        "excludeKbsRequiringReboot": True,
    }
    installation(
        azure, windows=chosen, rebootSetting="Never", maximumDuration="1h30m", maxPublishDate="2026-10-20"
    ).create()
    assert azure.sent(INSTALL) == [
        {
            "maximumDuration": "PT1H30M",
            "rebootSetting": "Never",
            "windowsParameters": {
                "classificationsToInclude": ["Critical", "UpdateRollUp"],
                "kbNumbersToInclude": ["KB5034129"],
                "kbNumbersToExclude": ["KB5034130"],
                "excludeKbsRequiringReboot": True,
                "maxPatchPublishDate": "2026-10-20T00:00:00+00:00",
            },
        }
    ]


def test_linux_packages_are_chosen_by_masks() -> None:
    azure = azure_of(linux())
    chosen = {"packageNameMasksToInclude": ["*"], "packageNameMasksToExclude": ["linux-*"]}
    state = installation(azure, linux=chosen, rebootSetting="Never").create()
    assert azure.sent(INSTALL)[0]["linuxParameters"] == chosen
    assert state.patches
    assert {patch.state for patch in state.patches} <= {"Installed", "Excluded"}
    assert all(patch.version for patch in state.patches)


def test_an_arc_server_gets_its_list_from_resource_graph() -> None:
    azure = azure_of(arc())
    resource = installation(azure, ARC)
    state = resource.create()
    assert resource.id == f"{ARC}#{state.activity_id}"
    assert state.status == "Succeeded"
    assert [patch.state for patch in state.patches].count("Installed") == state.installed_count >= 1
    assert asked(azure, "Machines_InstallPatches") == 1


def test_the_same_declaration_installs_once() -> None:
    azure = azure_of()
    resource = installation(azure, triggers=["2026-11"])
    resource.create()
    azure.take()
    assert resource.bring_about() == resource.state
    assert azure.take() == []
    for harmless in ({"timeout": "5h"}, {"failOn": ["failed", "reboot_pending"]}, {"startIfOff": True}):
        resource.declare(**harmless)
        resource.bring_about()
    assert asked(azure) == 1


@pytest.mark.parametrize(
    "change",
    [{"triggers": ["2026-12"]}, {"rebootSetting": "Always"}, {"windows": {"classificationsToInclude": ["Definition"]}}],
    ids=lambda change: next(iter(change)),
)
def test_another_trigger_or_request_installs_again_under_the_same_id(change: dict[str, Any]) -> None:
    azure = azure_of()
    resource = installation(azure, triggers=["2026-11"])
    first, id = resource.create(), resource.id
    azure.new_run()
    resource.declare(**change)
    second = resource.bring_about()
    assert second.activity_id != first.activity_id
    assert resource.id == id
    assert asked(azure) == 2
    assert resource.difference().changed == ()


def test_a_failed_patch_fails_the_deployment_and_is_never_installed_again_by_itself() -> None:
    azure = azure_of()
    azure.simulator.patching.fail("patch", times=None)
    resource = installation(azure)
    told = (
        r"^VM 'vm': installation [0-9a-f-]{36}: it ended as Failed, 1 patch failed, failed: KB\d+ .*Change `triggers`"
    )
    with pytest.raises(Refused, match=told):
        resource.create()
    assert resource.state.failed_count == 1
    azure.new_run()
    with pytest.raises(Refused, match=told):
        resource.update()
    assert asked(azure) == 1
    azure.new_run()
    resource.declare(failOn=[])
    assert resource.bring_about().unfinished is None
    assert asked(azure) == 1


def test_a_failed_patch_can_be_accepted() -> None:
    azure = azure_of()
    azure.simulator.patching.fail("patch", times=None)
    state = installation(azure, failOn=["window_exceeded"]).create()
    assert (state.status, state.failed_count) == ("Failed", 1)


def test_a_restart_that_is_still_pending_fails_only_where_it_is_asked_to() -> None:
    assert installation(azure_of(), rebootSetting="Never").create().reboot_status == "Required"
    resource = installation(azure_of(), rebootSetting="Never", failOn=["reboot_pending"])
    with pytest.raises(Refused, match=r"a restart is still pending \(reboot status Required\)"):
        resource.create()


def test_a_window_that_was_too_short_fails_only_where_it_is_asked_to() -> None:
    azure = azure_of(windows_patch_time=minutes(30))
    chosen: dict[str, Any] = {
        "windows": {"classificationsToInclude": ["Security", "Definition"]},
        "maximumDuration": "20m",
    }
    assert installation(azure, **chosen, failOn=[]).create().maintenance_window_exceeded is True
    again = installation(azure_of(), **chosen, failOn=["window_exceeded"])
    with pytest.raises(Refused, match=r"its time was not enough \(20m, [12] patches pending\)"):
        again.create()


def test_an_installation_that_fails_as_a_whole_is_a_result_too() -> None:
    azure = azure_of()
    azure.simulator.patching.fail("installation")
    resource = installation(azure)
    with pytest.raises(Refused, match=r"it ended as Failed \(.*VMGuestPatchInternalError: An internal execution error"):
        resource.create()
    assert resource.state.status == "Failed"
    azure.new_run()
    with pytest.raises(Refused, match="Change `triggers` to install again"):
        resource.update()
    assert asked(azure) == 1
    azure.new_run()
    resource.declare(triggers=["again"])
    assert resource.bring_about().status == "Succeeded"


def test_preview_says_from_the_last_assessment_what_would_be_installed_and_whether_it_restarts() -> None:
    azure = azure_of(windows())
    found = assessment(azure).create()
    (security,) = (patch.kb for patch in found.patches if "Security" in patch.classifications)
    resource = installation(azure)
    azure.take()
    answers = resource.answers()
    assert answers["would_install"] == (security,)
    assert answers["reboot_expected"].startswith(
        f"yes: {security} always needs a restart, as assessed at 2026-11-02T08"
    )
    assert answers["time_budget"] == "yes: 25 minutes are enough at worst, 120 are allowed"
    assert azure.take_writes() == []
    never = installation(azure, rebootSetting="Never").answers()["reboot_expected"]
    assert never.startswith("no: the reboot setting is Never; the machine may be left waiting for a restart")
    definitions = installation(azure, windows={"classificationsToInclude": ["Definition"]}).answers()
    assert definitions["reboot_expected"].startswith("no: nothing picked asks for a restart")


def test_preview_without_an_assessment_says_that_nothing_is_known() -> None:
    assert installation(azure_of()).answers() == {
        "reboot_expected": "unknown: no assessment of the last 7 days is remembered"
    }


def test_preview_of_a_declaration_that_is_settled_answers_as_before_and_asks_nothing() -> None:
    azure = azure_of()
    assessment(azure).create()
    resource = installation(azure)
    answers = resource.answers()
    resource.declare(wouldInstall=list(answers["would_install"]), rebootExpected=answers["reboot_expected"])
    resource.create()
    azure.take()
    again = resource.answers()
    assert again["would_install"] == answers["would_install"]
    assert again["reboot_expected"] == answers["reboot_expected"]
    assert azure.take() == []


def test_preview_goes_on_without_resource_graph() -> None:
    azure = azure_of()
    refusal: Any = Answer(403, "AccessDenied", "Please provide a scope.")
    azure.simulator.faults.add(match("POST", "Microsoft.ResourceGraph"), response=refusal, times=None)
    assert installation(azure).answers() == {}
    assert "what would be installed is not known in this preview: Azure Resource Graph: could not ask it" in (
        azure.said.text
    )


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"windows": None}, "install-selects-something"),
        ({"windows": {"kbNumbersToExclude": ["KB5034129"]}}, "install-selects-something"),
        ({"maximumDuration": "15m"}, "install-duration"),
        (
            {"windows": {"kbNumbersToInclude": ["KB5034129"], "kbNumbersToExclude": ["5034129"]}},
            "install-kb-in-both-lists",
        ),
    ],
)
def test_a_bad_request_is_found_in_preview(changes: dict[str, Any], rule: str) -> None:
    azure = azure_of(windows("2022-datacenter"))
    found = [finding.rule for finding in installation(azure, **changes).check()]
    assert rule in found
    assert azure.writes() == []


def test_a_publication_date_is_refused_on_linux() -> None:
    (finding,) = installation(azure_of(linux()), maxPublishDate="2026-10-20").check()
    assert (finding.rule, finding.is_error, finding.field) == (
        "install-publish-date-on-windows",
        True,
        "max_publish_date",
    )


def test_a_kb_off_the_hotpatch_track_is_warned_of() -> None:
    azure = azure_of(windows(patch_settings={"patchMode": "AutomaticByPlatform", "enableHotpatching": True}))
    found = installation(azure, windows={"kbNumbersToInclude": ["KB5070881"]}).check()
    assert "install-leaves-the-track" in [finding.rule for finding in found]


def test_an_image_that_was_found_unsupported_is_warned_of() -> None:
    azure = azure_of(custom("windows2025"))
    assessment(azure).create()
    found = {finding.rule: finding for finding in installation(azure).check()}
    assert found["install-supported-image"].verdict == "fail"


def test_judging_without_reads_asks_nothing() -> None:
    azure = azure_of()
    assert [finding for finding in installation(azure).check(may_read=False) if finding.is_error] == []
    assert azure.calls() == []


def test_a_request_that_azure_refuses_leaves_nothing_behind() -> None:
    azure = azure_of()
    refusal: Any = Answer(403, "AuthorizationFailed", "The client has no permission.")
    azure.simulator.faults.add(match("POST", "/installPatches"), response=refusal, times=None)
    resource = installation(azure)
    with pytest.raises(ArmError, match=r"^VM 'vm': could not install patches: AuthorizationFailed: The client has no"):
        resource.create()
    assert resource.stored is None


def test_a_machine_that_does_not_exist_is_named() -> None:
    with pytest.raises(NotFound, match=r"^VM 'other': it does not exist"):
        installation(azure_of(), VM.replace("/vm", "/other")).create()


def test_another_patch_operation_ends_first() -> None:
    azure = azure_of(settings=Settings(operation_time=timedelta(0)))
    assert azure.ask("POST", f"{VM}/assessPatches").status == 202
    assert installation(azure).create().status == "Succeeded"
    assert any("waiting for the assessment on it to end" in told for told in azure.said.progress)


def test_an_installation_of_the_platform_ends_first_and_is_never_taken_for_ours() -> None:
    azure = azure_of()
    somebody_installs(azure)
    (theirs,) = azure.simulator.world.patch_records.installations[VM.lower()]
    theirs.started_by = "Platform"
    state = installation(azure).create()
    assert state.activity_id != theirs.activity
    assert any(f"waiting for installation {theirs.activity} of somebody else" in told for told in azure.said.progress)


def test_a_machine_that_is_off_is_refused_unless_it_may_be_started() -> None:
    azure = azure_of()
    turn_off(azure)
    resource = installation(azure)
    assert "install-machine-running" in [finding.rule for finding in resource.check()]
    with pytest.raises(Refused, match=r"it is deallocated; .* Start it first, or set start_if_off"):
        resource.create()
    assert asked(azure) == 0
    assert power(azure) == "deallocated"
    assert installation(azure, startIfOff=True).check() == []


def test_an_arc_server_that_is_not_connected_is_refused() -> None:
    azure = azure_of(arc())
    turn_off(azure, ARC)
    with pytest.raises(Refused, match=r"^Arc server 'arc': it is disconnected; .* Let its agent connect first\.$"):
        installation(azure, ARC).create()


def test_another_trigger_is_another_one_by_its_type_too() -> None:
    resource = installation(azure_of(), triggers=[1, "a"])
    resource.create()
    assert resource.difference().changed == ()
    resource.declare(triggers=[True, "a"])
    assert resource.difference().changed == ("triggers",)


def test_an_arc_server_is_never_to_be_started() -> None:
    found = {finding.rule: finding for finding in installation(azure_of(arc()), ARC, startIfOff=True).check()}
    assert found["install-start-needs-azure-vm"].is_error


def test_a_machine_that_is_gone_is_read_as_gone() -> None:
    azure = azure_of(settings=Settings(operation_time=timedelta(0)))
    resource = installation(azure)
    resource.create()
    assert resource.refresh() is not None
    assert azure.ask("DELETE", VM).status in (200, 202)
    azure.take()
    resource.delete()
    assert azure.take() == []
    assert resource.refresh() is None


def test_two_installations_on_one_machine_are_one_claim_apart_from_its_settings() -> None:
    azure = azure_of()
    assert installation(azure).targets() == [f"{VM}#installation"]
    assert assessment(azure).targets() == []


def test_previews_of_many_installations_ask_resource_graph_once_for_each_subscription() -> None:
    bodies = [{**windows(), "id": f"{VM}{number}", "name": f"vm{number}"} for number in range(20)] + [arc()]
    azure = azure_of(*bodies)
    for body in bodies:
        assert azure.ask("POST", f"{body['id']}/assessPatches").status == 202
    azure.simulator.clock.advance(minutes(20))
    azure.take()
    seen = [installation(azure, str(body["id"])).answers() for body in bodies]
    assert azure.take().count("ResourceGraph_Resources") == 1
    assert all(len(answers["would_install"]) == 1 for answers in seen)
    assert {answers["reboot_expected"].partition(":")[0] for answers in seen} == {"yes"}
    azure.simulator.clock.advance(minutes(3))
    installation(azure, VM + "1").answers()
    assert azure.take().count("ResourceGraph_Resources") == 1
