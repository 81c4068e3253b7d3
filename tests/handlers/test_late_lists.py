"""Lists of patches that came later than anybody waited for them: a refresh takes them in, and no other is asked for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator.faults import Answer, match
from pulumi_azure_hotpatch.errors import Interrupted
from tests.handlers.declared import Declared
from tests.handlers.patching import ARC, VM, arc, assessment, azure_of, installation, somebody_installs
from tests.support.simulated import START, Azure, minutes

GRAPH = "ResourceGraph_Resources"
Hidden = Callable[[], None]


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> tuple[Declared, Hidden]:
    """An assessment of an Arc-enabled server without its list, and what lets Resource Graph have it."""
    azure = azure_of(arc())
    monkeypatch.setattr(azure.simulator.world.patch_records, "assessment_rows", lambda: iter(()))
    resource = assessment(azure, ARC)
    assert resource.create().patches is None
    return resource, monkeypatch.undo


def looks(azure: Azure) -> int:
    """How often Resource Graph is asked for lists since the last time."""
    return azure.take().count(GRAPH)


def test_a_list_of_what_is_missing_is_filled_in_by_a_refresh_and_asks_for_nothing(
    unlisted: tuple[Declared, Hidden],
) -> None:
    resource, appears = unlisted
    azure, before = resource.azure, resource.state
    azure.new_run()
    azure.take()
    assert resource.refresh() == before
    assert looks(azure) == 1
    assert resource.difference().changed == ()
    appears()
    azure.simulator.clock.advance(timedelta(hours=2))
    state = resource.refresh()
    assert looks(azure) == 1
    assert len(state.patches) == sum(before.counts.values())
    assert state.critical_and_security_count == sum("Security" in patch.classifications for patch in state.patches)
    same = {"patches", "critical_and_security_count", "other_count"}
    assert state.model_dump(exclude=same) == before.model_dump(exclude=same)
    assert resource.difference().changed == ()
    assert resource.refresh() == state
    assert looks(azure) == 0


def test_a_later_assessment_that_has_taken_its_place_is_taken_as_a_whole(unlisted: tuple[Declared, Hidden]) -> None:
    resource, appears = unlisted
    azure, before = resource.azure, resource.state
    appears()
    azure.simulator.clock.advance(timedelta(days=1))
    assert azure.ask("POST", f"{ARC}/assessPatches").status == 202
    azure.simulator.clock.advance(timedelta(hours=1))
    state = resource.refresh()
    assert state.activity_id != before.activity_id
    assert state.started_at > before.started_at
    assert state.assessed_at > before.assessed_at
    assert sum(state.counts.values()) == len(state.patches)
    assert resource.difference().changed == ()


def test_a_later_assessment_that_failed_is_not_taken(unlisted: tuple[Declared, Hidden]) -> None:
    resource, appears = unlisted
    azure, before = resource.azure, resource.state
    appears()
    azure.simulator.patching.fail("assessment")
    assert azure.ask("POST", f"{ARC}/assessPatches").status == 202
    azure.simulator.clock.advance(timedelta(hours=1))
    assert resource.refresh() == before


def test_a_refresh_goes_on_where_resource_graph_does_not_answer(unlisted: tuple[Declared, Hidden]) -> None:
    resource, _ = unlisted
    azure, before = resource.azure, resource.state
    azure.new_run()
    refusal: Any = Answer(403, "AccessDenied", "Please provide a scope.")
    azure.simulator.faults.add(match("POST", "Microsoft.ResourceGraph"), response=refusal, times=None)
    assert resource.refresh() == before
    assert "the list of patches is not known: Azure Resource Graph: could not ask it" in azure.said.text


def test_nothing_is_looked_for_of_an_assessment_that_failed_or_is_not_over() -> None:
    azure = azure_of(assessment_time=minutes(10))
    azure.simulator.patching.fail("assessment_operation")
    resource = assessment(azure)
    azure.clock.interrupt_at = START + timedelta(seconds=20)
    with pytest.raises(Interrupted):
        resource.create()
    azure.new_run()
    azure.take()
    kept = resource.state
    assert resource.refresh() == kept
    azure.simulator.clock.advance(minutes(5))
    with pytest.raises(Exception, match="ended as Failed"):
        resource.bring_about()
    kept = resource.state
    azure.take()
    assert resource.refresh() == kept
    assert looks(azure) == 0


def an_unlisted_installation() -> Declared:
    """An installation whose operation is gone and whose list Resource Graph has six hours later."""
    azure = azure_of()
    resource = installation(azure)
    azure.clock.interrupt_at = START + minutes(1)
    with pytest.raises(Interrupted):
        resource.create()
    azure.new_run()
    azure.simulator.clock.advance(timedelta(hours=1))
    gone: Any = Answer(404, "NotFound", "It is gone.")
    azure.simulator.faults.add(match("GET", "/operations/"), response=gone, times=None)
    azure.simulator.world.settings.patching.installations_lag = timedelta(hours=6)
    state = resource.bring_about()
    assert (state.status, state.patches) == ("Succeeded", None)
    assert "it yet; `pulumi refresh` fills it in once it has" in azure.said.text
    azure.new_run()
    azure.take()
    return resource


def test_what_became_of_each_patch_is_filled_in_by_a_refresh_and_asks_for_nothing() -> None:
    resource = an_unlisted_installation()
    azure, before = resource.azure, resource.state
    assert resource.refresh() == before
    assert looks(azure) == 1
    azure.simulator.clock.advance(timedelta(hours=12))
    state = resource.refresh()
    assert looks(azure) == 1
    treated = [patch.state for patch in state.patches]
    assert treated.count("Installed") == before.installed_count
    assert treated.count("NotSelected") == before.not_selected_count
    assert state.reboot_status == "Completed"
    same = {"patches", "reboot_status"}
    assert state.model_dump(exclude=same) == before.model_dump(exclude=same)
    assert resource.difference().changed == ()
    assert resource.refresh() == state
    assert looks(azure) == 0


def test_a_later_installation_says_nothing_of_this_one() -> None:
    resource = an_unlisted_installation()
    azure, before = resource.azure, resource.state
    activity = somebody_installs(azure)
    azure.simulator.clock.advance(timedelta(hours=5))
    azure.simulator.world.settings.patching.installations_lag = timedelta(0)
    remembered = azure.simulator.world.patch_records.installations[VM.lower()]
    remembered[:] = [each for each in remembered if each.activity == activity]
    assert resource.refresh() == before


def test_a_list_that_nobody_remembers_any_more_is_not_looked_for() -> None:
    resource = an_unlisted_installation()
    azure, before = resource.azure, resource.state
    azure.simulator.clock.advance(timedelta(days=31))
    assert resource.refresh() == before
    assert looks(azure) == 0
