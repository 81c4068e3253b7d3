"""Assessments on demand: now, again when asked or too old, joined and continued."""

from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator.faults import Answer, match
from pulumi_azure_hotpatch.errors import Interrupted, NotFound, OperationFailed, Refused, TimedOut
from pulumi_azure_hotpatch.models.patch_assessment import PatchAssessmentState
from tests.handlers.patching import (
    ARC,
    ASSESS,
    VM,
    arc,
    asked,
    assessment,
    azure_of,
    linux,
    somebody_installs,
    turn_off,
    windows,
)
from tests.handlers.stack import Stack
from tests.support.simulated import START, Settings, minutes


def test_an_assessment_lists_what_the_machine_lacks() -> None:
    azure = azure_of(windows())
    resource = assessment(azure)
    state: PatchAssessmentState = resource.create()
    assert resource.id == f"{VM}#{state.activity_id}"
    assert state.status == "Succeeded"
    assert state.reboot_pending is False
    assert state.counts == {"Security": 1, "Definition": 1}
    assert (state.critical_and_security_count, state.other_count) == (1, 1)
    assert state.patches is not None
    found = [(patch.kb, patch.classifications, patch.reboot) for patch in state.patches]
    assert found[0][1:] == (("Security",), "AlwaysRequiresReboot")
    assert all(kb is not None and kb.startswith("KB") for kb, _, _ in found)
    assert state.operation is None
    assert state.assessed_at is not None
    assert state.started_at == START.isoformat()


def test_a_linux_machine_lists_packages_with_their_versions() -> None:
    state = assessment(azure_of(linux())).create()
    assert state.patches
    assert all(patch.version is not None and patch.kb is None for patch in state.patches)


def test_an_arc_server_gets_its_list_from_resource_graph() -> None:
    azure = azure_of(arc())
    resource = assessment(azure, ARC)
    state = resource.create()
    assert resource.id == f"{ARC}#{state.activity_id}"
    assert state.patches
    assert sum(state.counts.values()) == len(state.patches)
    assert state.critical_and_security_count == sum("Security" in patch.classifications for patch in state.patches)
    assert "ResourceGraph_Resources" in azure.calls()


def test_a_list_that_does_not_come_is_missed_and_the_counts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    azure = azure_of(arc())
    monkeypatch.setattr(azure.simulator.world.patch_records, "assessment_rows", lambda: iter(()))
    state = assessment(azure, ARC).create()
    assert state.patches is None
    assert state.counts["security"] >= 1
    assert "the list of patches is not known: Resource Graph does not have it yet" in azure.said.text


def test_the_same_declaration_assesses_once() -> None:
    azure = azure_of()
    resource = assessment(azure, triggers=["2026-11"])
    resource.create()
    assert resource.bring_about() == resource.state
    resource.declare(timeout="20m")
    resource.bring_about()
    assert asked(azure, ASSESS) == 1


def test_another_trigger_assesses_again_under_the_same_id() -> None:
    azure = azure_of()
    resource = assessment(azure, triggers=["2026-11"])
    first = resource.create()
    id = resource.id
    resource.declare(triggers=["2026-12"])
    assert resource.difference().changed == ("triggers",)
    second = resource.update()
    assert second.activity_id != first.activity_id
    assert resource.id == id
    assert asked(azure, ASSESS) == 2


def test_a_result_that_is_too_old_asks_for_another_one() -> None:
    azure = azure_of()
    resource = assessment(azure, maxAge="24h")
    first = resource.create()
    azure.simulator.clock.advance(timedelta(hours=23))
    assert resource.answers() == {}
    azure.simulator.clock.advance(timedelta(hours=2))
    assert resource.answers() == {"expired": True}
    resource.declare(expired=True)
    assert resource.difference().changed == ("expired",)
    second = resource.update()
    assert second.assessed_at > first.assessed_at
    resource.declare(expired=None)
    assert resource.difference().changed == ()
    assert resource.answers() == {}
    assert asked(azure, ASSESS) == 2


def test_the_engine_is_asked_for_another_one_although_it_shows_a_check_no_outputs() -> None:
    azure = azure_of()
    stack = Stack(azure)
    program = {"web": ("patch_assessment", {"machineId": VM, "maxAge": "24h"})}
    assert stack.up(program) == ["create web"]
    azure.simulator.clock.advance(timedelta(hours=23))
    assert stack.up(program) == []
    azure.simulator.clock.advance(timedelta(hours=2))
    assert stack.up(program) == ["update web"]
    assert azure.said.text.count("it was made 25h ago and max_age is 24h: it is made again") == 1
    assert stack.up(program) == []
    assert asked(azure, ASSESS) == 2


def test_without_a_greatest_age_a_result_never_expires() -> None:
    azure = azure_of()
    resource = assessment(azure)
    resource.create()
    azure.simulator.clock.advance(timedelta(days=400))
    assert resource.answers() == {}


def test_a_result_of_somebody_else_that_is_young_enough_is_taken() -> None:
    azure = azure_of()
    assert azure.ask("POST", f"{VM}/assessPatches").status == 202
    azure.simulator.clock.advance(minutes(20))
    azure.take()
    state = assessment(azure, maxAge="1h").create()
    assert azure.take_writes() == []
    assert state.patches
    # Without a greatest age, now means now.
    assessment(azure).create()
    assert asked(azure, ASSESS) == 2


def test_an_assessment_that_runs_already_is_joined() -> None:
    azure = azure_of()
    assert azure.ask("POST", f"{VM}/assessPatches").status == 202
    state = assessment(azure).create()
    assert state.patches
    assert asked(azure, ASSESS) == 1


def test_an_interrupted_assessment_is_continued() -> None:
    azure = azure_of(assessment_time=minutes(10))
    resource = assessment(azure)
    azure.clock.interrupt_at = START + minutes(1)
    with pytest.raises(Interrupted):
        resource.create()
    kept = resource.state
    assert resource.id == f"{VM}#{kept.activity_id}"
    assert kept.operation is not None
    azure.new_run()
    state = resource.bring_about()
    assert state.activity_id == kept.activity_id
    assert state.unfinished is None
    assert asked(azure, ASSESS) == 1


def test_what_is_kept_of_an_operation_holds_neither_host_nor_signature() -> None:
    azure = azure_of(assessment_time=minutes(10))
    resource = assessment(azure)
    azure.clock.interrupt_at = START + minutes(1)
    with pytest.raises(Interrupted):
        resource.create()
    path, _, query = str(resource.state.operation).partition("?")
    assert path.startswith("/subscriptions/")
    assert path.endswith(f"/operations/{resource.state.activity_id}")
    assert {part.partition("=")[0] for part in query.split("&")} == {"p", "api-version"}


def test_an_address_that_is_no_longer_good_leads_to_where_results_are_kept() -> None:
    azure = azure_of(assessment_time=minutes(10))
    resource = assessment(azure)
    azure.clock.interrupt_at = START + minutes(1)
    with pytest.raises(Interrupted):
        resource.create()
    assert resource.stored is not None
    resource.stored["operation"] = str(resource.state.operation).replace("/operations/", "/operations/gone-")
    azure.new_run()
    state = resource.bring_about()
    assert state.patches
    assert asked(azure, ASSESS) == 1


def test_an_address_never_leads_to_another_host() -> None:
    azure = azure_of(assessment_time=minutes(10))
    resource = assessment(azure)
    azure.clock.interrupt_at = START + minutes(1)
    with pytest.raises(Interrupted):
        resource.create()
    assert resource.stored is not None
    resource.stored["operation"] = f"https://attacker.example{resource.state.operation}"
    azure.new_run()
    # The simulator refuses any host but Azure's.
    assert resource.bring_about().patches


def test_an_assessment_that_takes_too_long_times_out_and_is_continued() -> None:
    azure = azure_of(assessment_time=timedelta(hours=2))
    resource = assessment(azure, timeout="20m")
    with pytest.raises(TimedOut, match="still waiting for the assessment to end after 20m; run again"):
        resource.create()
    azure.new_run()
    resource.declare(timeout="200h")
    assert resource.bring_about().patches
    assert asked(azure, ASSESS) == 1


def test_a_machine_that_is_off_is_refused_before_anything_is_asked() -> None:
    azure = azure_of()
    turn_off(azure)
    with pytest.raises(Refused, match=r"^VM 'vm': it is deallocated; patches are assessed and installed on running"):
        assessment(azure).create()
    assert azure.writes() == []


def test_an_arc_server_whose_agent_is_not_connected_is_refused_with_what_helps() -> None:
    azure = azure_of(arc())
    azure.simulator.world.set_power(ARC, running=False)
    with pytest.raises(Refused, match=r"^Arc server 'arc': it is disconnected; .* Let its agent connect first\.$"):
        assessment(azure, ARC).create()
    assert azure.writes() == []


def test_a_machine_that_does_not_exist_is_named() -> None:
    with pytest.raises(NotFound, match=r"^VM 'other': it does not exist .*; create it first, or correct machine_id$"):
        assessment(azure_of(), VM.replace("/vm", "/other")).create()


def test_a_failed_assessment_fails_with_azures_words_and_the_next_run_assesses_again() -> None:
    azure = azure_of()
    azure.simulator.patching.fail("assessment", message="The update source did not answer.")
    resource = assessment(azure)
    with pytest.raises(OperationFailed, match=r"ended as Failed: \w+: .*The update source did not answer.*; run again"):
        resource.create()
    assert resource.state.status == "Failed"
    azure.new_run()
    assert resource.bring_about().status == "Succeeded"
    assert asked(azure, ASSESS) == 2


FAILED = (
    r"^VM 'vm': assessment [0-9a-f-]{36} ended as Failed: VMGuestPatchInternalError: An internal execution error "
    r"occurred. Please retry later.; run again to assess again$"
)


def test_an_operation_that_fails_as_a_whole_is_a_failed_assessment_and_the_next_run_assesses_again() -> None:
    azure = azure_of()
    azure.simulator.patching.fail("assessment_operation")
    resource = assessment(azure)
    with pytest.raises(OperationFailed, match=FAILED):
        resource.create()
    kept = resource.state
    assert (kept.status, kept.operation) == ("Failed", None)
    # Nobody has counted anything.
    assert (kept.patches, kept.counts, kept.critical_and_security_count) == (None, {}, None)
    azure.new_run()
    state = resource.bring_about()
    assert (state.status, state.error, state.unfinished) == ("Succeeded", None, None)
    assert state.activity_id != kept.activity_id
    assert asked(azure, ASSESS) == 2


def test_an_operation_that_has_failed_meanwhile_is_told_once_and_assessed_again_then() -> None:
    azure = azure_of()
    azure.simulator.patching.fail("assessment_operation")
    resource = assessment(azure)
    azure.clock.interrupt_at = START + timedelta(seconds=20)
    with pytest.raises(Interrupted):
        resource.create()
    azure.new_run()
    azure.simulator.clock.advance(minutes(5))
    with pytest.raises(OperationFailed, match=FAILED):
        resource.bring_about()
    assert asked(azure, ASSESS) == 1
    azure.new_run()
    assert resource.bring_about().status == "Succeeded"
    assert asked(azure, ASSESS) == 2


def test_after_an_operation_that_failed_an_assessment_that_runs_by_then_is_joined() -> None:
    azure = azure_of()
    azure.simulator.patching.fail("assessment_operation")
    resource = assessment(azure)
    with pytest.raises(OperationFailed):
        resource.create()
    azure.new_run()
    assert azure.ask("POST", f"{VM}/assessPatches").status == 202
    assert resource.bring_about().status == "Succeeded"
    assert asked(azure, ASSESS) == 2


@pytest.mark.parametrize("is_assessed_before", [True, False])
def test_where_nothing_is_left_of_an_assessment_it_is_made_anew_and_no_earlier_one_is_taken(
    is_assessed_before: bool,
) -> None:
    azure = azure_of()
    if is_assessed_before:
        assert azure.ask("POST", f"{VM}/assessPatches").status == 202
        azure.simulator.clock.advance(timedelta(hours=1))
    azure.simulator.patching.fail("assessment_operation")
    resource = assessment(azure)
    began = azure.simulator.clock.now()
    azure.clock.interrupt_at = began + timedelta(seconds=20)
    with pytest.raises(Interrupted):
        resource.create()
    assert resource.stored is not None
    resource.stored["operation"] = str(resource.state.operation).replace("/operations/", "/operations/gone-")
    azure.new_run()
    azure.simulator.clock.advance(minutes(5))
    before = asked(azure, ASSESS)
    assert resource.bring_about().started_at > began.isoformat()
    assert asked(azure, ASSESS) == before + 1


def test_an_installation_on_the_machine_ends_first() -> None:
    azure = azure_of()
    somebody_installs(azure)
    assert assessment(azure).create().patches is not None
    assert any("waiting for the installation on it to end (0s)" in told for told in azure.said.progress)


def test_a_machine_that_is_gone_is_read_as_gone() -> None:
    azure = azure_of(settings=Settings(operation_time=timedelta(0)))
    resource = assessment(azure)
    resource.create()
    assert azure.ask("DELETE", VM).status in (200, 202)
    resource.delete()
    assert resource.refresh() is None


@pytest.mark.parametrize("operation", ["Operations_Get", "VirtualMachines_AssessPatches"])
def test_a_refusal_is_told_in_one_line_that_names_the_machine(operation: str) -> None:
    azure = azure_of()
    path = "/operations/" if operation == "Operations_Get" else "/assessPatches"
    refusal: Any = Answer(403, "AuthorizationFailed", "The client has no permission.")
    azure.simulator.faults.add(match(None, path), response=refusal, times=None)
    with pytest.raises(Exception, match=r"^VM 'vm': could not assess its patches: AuthorizationFailed: The client"):
        assessment(azure).create()
