"""Whose registrations they are: drift, repair, features dropped from the set, and the end."""

from datetime import timedelta
from typing import Any

import pytest

from azure_patch_simulator import Answer, match
from pulumi_azure_hotpatch.errors import Interrupted, TimedOut
from tests.handlers.declared import Declared
from tests.handlers.features import AUTOPATCH, FEATURES, HOTPATCH, enrolment, register, state_of
from tests.support.simulated import Azure, minutes


def unregister(azure: Azure, feature: str = HOTPATCH, *, completely: bool = True) -> None:
    """Somebody else unregisters a feature."""
    azure.ask("POST", f"{FEATURES}/{feature}/unregister")
    if completely:
        azure.simulator.clock.advance(minutes(15))


def enrolled(azure: Azure, *features: str, **inputs: Any) -> Declared:
    """A set of features that has been created; what it took is not counted."""
    resource = enrolment(azure, *features, **inputs)
    resource.create()
    azure.new_run()
    azure.take()
    return resource


def test_what_is_as_declared_costs_one_read_a_feature() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, AUTOPATCH)
    before = resource.state
    assert resource.refresh() == before
    assert azure.take() == ["Features_Get", "Features_Get"]
    assert resource.difference().changed == ()


def test_a_feature_that_somebody_unregistered_is_drift() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, AUTOPATCH)
    unregister(azure)
    assert resource.refresh().features == (AUTOPATCH,)
    assert resource.difference().changed == ("features",)
    assert azure.take() == ["Features_Get"] * 4, "one read each, and two more of the one that seems to be off"
    assert azure.said.remarks == [
        ("WARNING", "preview features of Microsoft.Compute: no longer registered: InGuestHotPatchVMPreview")
    ]


def test_a_feature_on_its_way_out_is_drift_already() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, AUTOPATCH)
    unregister(azure, completely=False)
    assert resource.refresh().features == (AUTOPATCH,)


def test_when_all_are_gone_the_enrolment_is_still_there_to_be_repaired() -> None:
    azure = Azure()
    resource = enrolled(azure)
    unregister(azure)
    assert tuple(resource.refresh().features) == ()
    azure.new_run()
    assert resource.bring_about().features == (HOTPATCH,)
    assert state_of(azure) == "Registered"


def test_drift_that_went_away_by_itself_is_no_longer_seen() -> None:
    azure = Azure()
    resource = enrolled(azure)
    unregister(azure)
    resource.refresh()
    register(azure, HOTPATCH)
    assert resource.refresh().features == (HOTPATCH,)
    assert resource.difference().changed == ()


@pytest.mark.parametrize("completely", [True, False], ids=["gone", "on its way out"])
def test_what_somebody_unregistered_is_registered_again_and_remains_ours(completely: bool) -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, AUTOPATCH)
    unregister(azure, completely=completely)
    resource.refresh()
    azure.new_run()
    state = resource.bring_about()
    assert azure.take_writes() == ["Features_Register", "Providers_Register"]
    assert (sorted(state.registered), state.adopted) == (sorted([HOTPATCH, AUTOPATCH]), ())
    assert azure.simulator.world.provider_sees(HOTPATCH)


def test_an_adopted_feature_that_had_to_be_registered_again_is_still_not_ours_to_unregister() -> None:
    azure = Azure()
    register(azure, HOTPATCH)
    resource = enrolled(azure, onDestroy="restore")
    unregister(azure)
    resource.refresh()
    azure.new_run()
    state = resource.bring_about()
    assert (state.registered, state.adopted) == ((), (HOTPATCH,))
    assert azure.take_writes() == ["Features_Register", "Providers_Register"]
    resource.delete()
    assert azure.take_writes() == []
    assert state_of(azure) == "Registered"


def let_replicas_lag(azure: Azure, lag: timedelta) -> None:
    """Two of three reads answer what was so `lag` ago."""
    azure.simulator.world.settings.replicas, azure.simulator.world.settings.replica_lag = 3, lag


def test_a_stale_not_registered_is_no_drift() -> None:
    azure = Azure()
    resource = enrolled(azure, pollInterval="10s")
    let_replicas_lag(azure, minutes(60))
    before = resource.state
    for _ in range(3):
        assert resource.refresh() == before
    assert azure.said.remarks == []


def test_a_stale_not_registered_makes_nothing_be_registered_again() -> None:
    azure = Azure()
    resource = enrolled(azure, pollInterval="10s")
    let_replicas_lag(azure, minutes(20))
    for _ in range(3):
        state = resource.update()
        assert (state.registered, state.adopted, state.propagated) == ((HOTPATCH,), (), True)
    assert azure.take_writes() == []


def test_a_stale_not_registered_makes_nobody_the_owner_of_what_was_on_before() -> None:
    azure = Azure()
    register(azure, HOTPATCH)
    let_replicas_lag(azure, minutes(60))
    for _ in range(3):
        resource = enrolment(azure, pollInterval="10s", propagate=False)
        state = resource.create()
        assert (state.registered, state.adopted) == ((), (HOTPATCH,))


def test_stale_replicas_do_not_keep_a_feature_registered_that_is_to_go() -> None:
    for turn in range(3):
        azure = Azure()
        resource = enrolled(azure, pollInterval="10s", onDestroy="restore")
        let_replicas_lag(azure, minutes(20))
        azure.simulator.world.reads = turn
        resource.delete()
        assert azure.take_writes() == ["Features_Unregister", "Providers_Register"]
        assert state_of(azure) in ("Registered", "Unregistered"), "a replica may still lag"
        assert not azure.simulator.world.provider_sees(HOTPATCH)


@pytest.mark.parametrize("reads", [1, 2])
def test_a_read_that_does_not_know_a_feature_of_ours_is_not_believed(reads: int) -> None:
    azure = Azure()
    resource = enrolled(azure)
    forgotten = Answer(404, "FeatureNotFound", "The feature could not be found.")
    azure.simulator.faults.add(match("GET", HOTPATCH), response=forgotten, times=reads)
    state = resource.update()
    assert (state.registered, state.skipped) == ((HOTPATCH,), ())
    assert azure.take_writes() == []


def test_a_feature_of_ours_that_the_service_has_forgotten_is_skipped() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, AUTOPATCH)
    settings = azure.simulator.world.settings
    settings.features = [feature for feature in settings.features if feature.name != HOTPATCH]
    assert resource.refresh().features == (AUTOPATCH,)
    state = resource.update()
    assert state.skipped == (HOTPATCH,)
    assert resource.difference().changed == ()
    assert azure.take_writes() == []


def test_keep_is_the_default_and_says_so() -> None:
    azure = Azure()
    resource = enrolled(azure)
    resource.delete()
    assert azure.take() == []
    assert azure.said.remarks == [
        (
            "INFO",
            "preview features of Microsoft.Compute: stay registered: InGuestHotPatchVMPreview "
            "(on_destroy is 'keep'; what was on before stays on)",
        )
    ]


def test_restore_unregisters_what_we_registered_and_keeps_what_was_adopted() -> None:
    azure = Azure()
    register(azure, AUTOPATCH)
    resource = enrolled(azure, HOTPATCH, AUTOPATCH, onDestroy="restore")
    resource.delete()
    assert azure.take() == [
        "Features_Get",
        "Features_Unregister",
        # Minutes 0, 5 and 10, then 15, 20 and 25, which agree.
        *["Features_Get"] * 6,
        "Providers_Register",
        *["Providers_Get"] * 4,
    ]
    assert (state_of(azure, HOTPATCH), state_of(azure, AUTOPATCH)) == ("Unregistered", "Registered")
    assert azure.said.remarks == [
        (
            "INFO",
            "preview features of Microsoft.Compute: stay registered: InGuestAutoPatchVMPreview "
            "(on_destroy is 'restore'; what was on before stays on)",
        )
    ]


def test_an_end_that_was_interrupted_is_continued_without_unregistering_again() -> None:
    azure = Azure()
    resource = enrolled(azure, onDestroy="restore")
    azure.clock.interrupt_at = azure.clock.now() + minutes(7)
    with pytest.raises(Interrupted):
        resource.delete()
    azure.new_run()
    resource.delete()
    assert azure.take_writes() == ["Features_Unregister", "Providers_Register"]


def test_a_feature_that_another_resource_declares_stays_registered() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, AUTOPATCH, onDestroy="restore")
    resource.urn = "urn:old"
    renamed = enrolment(azure, HOTPATCH)
    for target in renamed.targets():
        assert azure.context(urn="urn:new").declarations.declare(target)
    resource.delete()
    assert azure.take_writes() == ["Features_Unregister", "Providers_Register"]
    assert (state_of(azure, HOTPATCH), state_of(azure, AUTOPATCH)) == ("Registered", "Unregistered")
    assert azure.said.remarks == [
        ("INFO", "'InGuestHotPatchVMPreview' stays registered: another resource of this stack declares it")
    ]


def test_a_feature_taken_out_of_the_set_stays_registered_under_keep() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, AUTOPATCH)
    resource.declare(features=[AUTOPATCH])
    state = resource.update()
    assert azure.take_writes() == []
    assert (state.registered, state_of(azure, HOTPATCH)) == ((AUTOPATCH,), "Registered")


def test_a_feature_taken_out_of_the_set_is_unregistered_under_restore() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, AUTOPATCH, onDestroy="restore")
    resource.declare(features=[AUTOPATCH])
    state = resource.update()
    assert azure.take_writes() == ["Features_Unregister", "Providers_Register"]
    assert (state.registered, state.propagated) == ((AUTOPATCH,), True)
    assert (state_of(azure, HOTPATCH), state_of(azure, AUTOPATCH)) == ("Unregistered", "Registered")


def test_an_adopted_feature_taken_out_of_the_set_stays_registered_whatever_is_declared() -> None:
    azure = Azure()
    register(azure, HOTPATCH)
    resource = enrolled(azure, HOTPATCH, AUTOPATCH, onDestroy="restore")
    resource.declare(features=[AUTOPATCH])
    state = resource.update()
    assert azure.take_writes() == []
    assert (state.registered, state.adopted, state_of(azure, HOTPATCH)) == ((AUTOPATCH,), (), "Registered")


def test_one_feature_out_and_another_in_make_the_provider_look_once() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, onDestroy="restore", pollInterval="1m")
    resource.declare(features=[AUTOPATCH])
    state = resource.update()
    assert azure.take_writes() == ["Features_Unregister", "Features_Register", "Providers_Register"]
    assert (state.registered, state.adopted) == ((AUTOPATCH,), ())


def test_an_exchange_that_timed_out_is_continued_where_it_stopped() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, onDestroy="restore", pollInterval="1m")
    resource.declare(features=[AUTOPATCH], timeout="10m")
    with pytest.raises(TimedOut):
        resource.update()
    assert resource.state.registered == (HOTPATCH,), "it is still ours to see off"
    azure.simulator.clock.advance(minutes(5))
    azure.new_run()
    resource.declare(timeout=None)
    state = resource.update()
    assert azure.take_writes() == ["Features_Unregister", "Features_Register", "Providers_Register"]
    assert (state.registered, state.adopted, state.propagated) == ((AUTOPATCH,), (), True)
    assert state_of(azure, HOTPATCH) == "Unregistered"


def test_leaving_and_enrolling_share_one_patience() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, onDestroy="restore")
    resource.declare(features=[AUTOPATCH], timeout="40m")
    begun = azure.clock.now()
    with pytest.raises(TimedOut):
        resource.update()
    assert azure.clock.now() - begun == minutes(40)


def test_a_feature_written_in_other_letter_case_is_the_same_feature() -> None:
    azure = Azure()
    resource = enrolled(azure, HOTPATCH, onDestroy="restore")
    resource.declare(features=[HOTPATCH.lower()])
    assert resource.difference().changed == ()
    resource.declare(features=[HOTPATCH.lower(), AUTOPATCH])
    state = resource.update()
    assert (state.registered, state.adopted) == ((HOTPATCH.lower(), AUTOPATCH), ())
