"""Enrolling preview features: every state they can be in, what is waited for, and for how long."""

from datetime import timedelta

import pytest

from azure_patch_simulator import PREVIEW_ERA_FEATURES, Answer, FeatureDefinition, World, match
from pulumi_azure_hotpatch.errors import ArmError, Interrupted, Refused, TimedOut
from pulumi_azure_hotpatch.ports import Settings as StackSettings
from tests.handlers.declared import Declared
from tests.handlers.features import AUTOPATCH, FEATURES, HOTPATCH, IN_GUEST, enrolment, register, state_of
from tests.handlers.machines import WEB
from tests.support.simulated import SUBSCRIPTION_ID, Azure, Settings, minutes

BY_HAND = "ContosoApprovedByHandPreview"
PENDING = (
    "'ContosoApprovedByHandPreview' needs manual approval by Microsoft; its registration is Pending and no client can "
    "hasten it."
)
NEEDS_APPROVAL = (
    f"preview features of Microsoft.Compute: {PENDING} "
    "Fix: ask for approval as the preview's page says, or remove it from the set until it is approved. "
    "[feature-needs-approval; terraform-provider-azurerm, resource_provider_feature_registration_resource.go, "
    "2026-08-21; Azure/azure-cli issue 29263]"
)


def test_features_that_are_off_are_registered_together_and_awaited_and_then_the_provider_is_registered_again() -> None:
    azure = Azure()
    state = enrolment(azure, HOTPATCH, AUTOPATCH, IN_GUEST).create()
    assert azure.calls() == [
        *["Features_Get"] * 3,
        *["Features_Register"] * 3,
        # Minutes 0, 5 and 10: while the first is not registered, nothing is gained by asking for the others.
        *["Features_Get"] * 3,
        # Minutes 15, 20 and 25: three reads in a row agree on each.
        *["Features_Get"] * 9,
        "Providers_Register",
        # Minute 25, then 30, 35 and 40: three reads in a row agree again.
        *["Providers_Get"] * 4,
    ]
    assert azure.passed == minutes(40)
    assert (state.registered, state.adopted, state.propagated) == ((HOTPATCH, AUTOPATCH, IN_GUEST), (), True)
    assert azure.simulator.world.provider_sees(HOTPATCH)


def test_with_the_default_interval_fifteen_minutes_of_registering_cost_little_more() -> None:
    azure = Azure()
    resource = enrolment(azure)
    resource.declare(pollInterval=None)
    resource.create()
    assert azure.passed == minutes(15) + timedelta(seconds=20) + minutes(1) + timedelta(seconds=20)


def test_a_feature_passes_through_registering_before_it_is_registered() -> None:
    azure = Azure()
    azure.clock.interrupt_at = azure.clock.now() + minutes(1)
    with pytest.raises(Interrupted):
        enrolment(azure).create()
    assert state_of(azure) == "Registering"


def test_a_feature_that_is_on_is_adopted_and_only_the_provider_is_asked_to_look_again() -> None:
    azure = Azure()
    register(azure, HOTPATCH)
    state = enrolment(azure).create()
    assert (state.registered, state.adopted) == ((), (HOTPATCH,))
    assert azure.writes() == ["Providers_Register"]


def test_a_feature_that_somebody_else_is_registering_is_awaited_and_adopted() -> None:
    azure = Azure()
    azure.ask("POST", f"{FEATURES}/{HOTPATCH}/register")
    state = enrolment(azure).create()
    assert (state.registered, state.adopted) == ((), (HOTPATCH,))
    assert azure.writes() == ["Providers_Register"]
    assert state_of(azure) == "Registered"


def test_adopted_and_new_features_live_in_one_set() -> None:
    azure = Azure()
    register(azure, AUTOPATCH)
    state = enrolment(azure, HOTPATCH, AUTOPATCH).create()
    assert (state.registered, state.adopted) == ((HOTPATCH,), (AUTOPATCH,))
    assert azure.writes() == ["Features_Register", "Providers_Register"]


def test_a_feature_that_waits_for_an_approval_fails_at_once_and_nothing_is_touched() -> None:
    azure = Azure()
    azure.ask("POST", f"{FEATURES}/{BY_HAND}/register")
    resource = enrolment(azure, HOTPATCH, BY_HAND)
    with pytest.raises(Refused) as refused:
        resource.create()
    assert str(refused.value) == NEEDS_APPROVAL
    assert len(refused.value.findings) == 1
    assert (azure.writes(), resource.stored, azure.passed) == ([], None, timedelta(0))


def test_a_feature_that_turns_out_to_need_approval_fails_at_once_and_what_was_registered_is_kept() -> None:
    azure = Azure()
    resource = enrolment(azure, HOTPATCH, BY_HAND)
    with pytest.raises(Refused) as refused:
        resource.create()
    assert str(refused.value) == NEEDS_APPROVAL
    assert azure.passed == timedelta(0)
    assert resource.state.registered == (HOTPATCH, BY_HAND)
    assert resource.state.unfinished == NEEDS_APPROVAL


def test_after_the_approval_the_next_run_finishes_without_registering_again() -> None:
    azure = Azure()
    resource = enrolment(azure, HOTPATCH, BY_HAND)
    with pytest.raises(Refused):
        resource.create()
    azure.new_run()
    azure.simulator.world.approve(BY_HAND)
    assert resource.difference().changed == ("unfinished",)
    state = resource.update()
    assert azure.writes() == ["Features_Register", "Features_Register", "Providers_Register"]
    assert (state.registered, state.adopted, state.unfinished) == ((HOTPATCH, BY_HAND), (), None)


def test_a_feature_on_its_way_out_is_awaited_and_then_registered() -> None:
    azure = Azure()
    register(azure, HOTPATCH)
    azure.ask("POST", f"{FEATURES}/{HOTPATCH}/unregister")
    state = enrolment(azure).create()
    assert (state.registered, state.adopted) == ((HOTPATCH,), ())
    assert azure.writes() == ["Features_Register", "Providers_Register"]
    assert state_of(azure) == "Registered"


def test_features_on_their_way_out_are_registered_as_soon_as_each_is_gone() -> None:
    azure = Azure()
    register(azure, AUTOPATCH)
    azure.ask("POST", f"{FEATURES}/{AUTOPATCH}/unregister")
    azure.simulator.world.set_registration_time(HOTPATCH, minutes(45))
    begun = azure.clock.now()
    enrolment(azure, HOTPATCH, AUTOPATCH, timeout="2h").create()
    asked = [entry.instant for entry in azure.simulator.journal.select(operation="Features_Register")][-1]
    assert asked == begun + minutes(15)


def test_an_unknown_feature_is_an_error_and_nothing_is_touched() -> None:
    azure = Azure()
    with pytest.raises(Refused) as refused:
        enrolment(azure, HOTPATCH, "ContosoMisspeltPreview").create()
    assert str(refused.value) == (
        "preview features of Microsoft.Compute: Azure knows no preview feature 'ContosoMisspeltPreview' in "
        "Microsoft.Compute. Fix: check the spelling against `az feature list --namespace`, or remove it if it has "
        "become generally available. [feature-exists; Azure Resource Manager answers 404 for it now]"
    )
    assert azure.writes() == []


def world_without(*names: str) -> World:
    world = World.default()
    world.settings.features = [feature for feature in world.settings.features if feature.name not in names]
    return world


def test_a_retired_feature_that_the_service_has_forgotten_is_skipped_with_an_advisory() -> None:
    azure = Azure(world_without(HOTPATCH))
    state = enrolment(azure, HOTPATCH, AUTOPATCH).create()
    assert (state.registered, state.skipped) == ((AUTOPATCH,), (HOTPATCH,))
    assert azure.said.remarks == [
        (
            "WARNING",
            "preview features of Microsoft.Compute: 'InGuestHotPatchVMPreview' is unknown to Azure and no longer "
            "required; it is skipped",
        )
    ]


def test_when_every_feature_is_skipped_there_is_nothing_for_the_provider_to_see() -> None:
    azure = Azure(world_without(HOTPATCH))
    resource = enrolment(azure)
    state = resource.create()
    assert (state.skipped, state.propagated) == ((HOTPATCH,), False)
    assert azure.writes() == []
    assert resource.refresh() == state


def test_a_skipped_feature_is_no_drift_and_its_end_is_quiet() -> None:
    azure = Azure(world_without(HOTPATCH))
    resource = enrolment(azure, HOTPATCH, AUTOPATCH, onDestroy="restore")
    state = resource.create()
    assert resource.refresh() == state
    azure.take()
    resource.delete()
    assert azure.take_writes() == ["Features_Unregister", "Providers_Register"]


def test_preview_says_what_is_wrong_with_each_feature() -> None:
    azure = Azure()
    azure.ask("POST", f"{FEATURES}/{BY_HAND}/register")
    found = enrolment(azure, HOTPATCH, BY_HAND, "ContosoMisspeltPreview").check()
    assert [(finding.rule, finding.severity, finding.reason) for finding in found] == [
        (
            "feature-retired",
            "info",
            "'InGuestHotPatchVMPreview' is no longer required: what it guarded is generally available.",
        ),
        ("feature-needs-approval", "error", PENDING),
        ("feature-exists", "error", "Azure knows no preview feature 'ContosoMisspeltPreview' in Microsoft.Compute."),
    ]
    assert azure.writes() == []


def test_preview_without_reads_leaves_the_states_unknown() -> None:
    azure = Azure()
    found = enrolment(azure, "ContosoMisspeltPreview").check(may_read=False)
    assert {finding.verdict for finding in found} == {"unknown"}
    assert azure.calls() == []


def test_preview_of_an_azure_that_fails_leaves_the_states_unknown_and_says_why() -> None:
    azure = Azure()
    azure.simulator.faults.add(match(path="features"), response=Answer(403, "AuthorizationFailed", "No."), times=None)
    found = enrolment(azure, "ContosoMisspeltPreview").check()
    assert {finding.verdict for finding in found} == {"unknown"}
    assert azure.said.text == (
        "preview features of Microsoft.Compute: the registration states are not known in this preview: preview feature "
        "Microsoft.Compute/ContosoMisspeltPreview: could not read its registration: AuthorizationFailed: No."
    )


def test_without_a_subscription_the_declaration_is_refused() -> None:
    azure = Azure(settings=StackSettings())
    resource = enrolment(azure)
    resource.declare(subscriptionId=None)
    assert [(found.rule, found.reason) for found in resource.check() if found.is_error] == [
        ("subscription-known", "No subscription is given.")
    ]
    assert azure.calls() == []


def test_preview_answers_what_would_be_adopted() -> None:
    azure = Azure()
    register(azure, AUTOPATCH)
    assert enrolment(azure, HOTPATCH, AUTOPATCH).answers() == {"adopted": (AUTOPATCH,)}


def test_after_sixty_minutes_patience_ends_and_what_was_done_is_kept() -> None:
    azure = Azure()
    azure.simulator.world.set_registration_time(HOTPATCH, None)
    resource = enrolment(azure)
    with pytest.raises(TimedOut) as late:
        resource.create()
    assert str(late.value) == (
        "preview features of Microsoft.Compute: still waiting for InGuestHotPatchVMPreview to register after 1h; "
        "run again to go on waiting"
    )
    assert azure.passed == minutes(60)
    assert (resource.state.registered, resource.state.propagated) == ((HOTPATCH,), False)


@pytest.mark.parametrize(
    ("given", "custom", "allowed"),
    [("20m", None, minutes(20)), (None, minutes(7), minutes(7)), ("20m", minutes(7), minutes(20))],
    ids=["input", "custom_timeouts", "the input wins"],
)
def test_patience_is_what_the_program_says(given: str | None, custom: timedelta | None, allowed: timedelta) -> None:
    azure = Azure()
    azure.simulator.world.set_registration_time(HOTPATCH, None)
    resource = enrolment(azure)
    resource.declare(timeout=given)
    with pytest.raises(TimedOut):
        resource.create(timeout=custom)
    assert azure.passed == allowed


def test_a_run_that_timed_out_is_continued_without_registering_again() -> None:
    azure = Azure()
    azure.simulator.world.set_registration_time(HOTPATCH, minutes(75))
    resource = enrolment(azure)
    with pytest.raises(TimedOut):
        resource.create()
    azure.new_run()
    state = resource.update()
    assert azure.writes() == ["Features_Register", "Providers_Register"]
    assert (state.registered, state.adopted, state.unfinished) == ((HOTPATCH,), (), None)


def test_a_run_that_was_cancelled_while_the_provider_looked_again_only_waits_for_it() -> None:
    azure = Azure(World.default(Settings(provider_registration_time=minutes(10))))
    resource = enrolment(azure)
    azure.clock.interrupt_at = azure.clock.now() + minutes(27)
    with pytest.raises(Interrupted):
        resource.create()
    azure.new_run()
    state = resource.update()
    assert azure.writes() == ["Features_Register", "Providers_Register"]
    assert azure.passed == minutes(27 + 10 + 2 * 5)
    assert (state.propagated, state.unfinished) == (True, None)


def test_the_provider_is_left_alone_when_propagation_is_switched_off() -> None:
    azure = Azure()
    resource = enrolment(azure, propagate=False)
    assert resource.create().propagated is False
    assert azure.writes() == ["Features_Register"]
    resource.declare(propagate=True)
    assert resource.update().propagated is True
    assert azure.writes() == ["Features_Register", "Providers_Register"]


def test_what_the_simulated_replicas_of_the_service_say_late_is_not_believed() -> None:
    lag = Settings(era="2021-preview", replicas=3, replica_lag=minutes(12))
    azure = Azure(World.default(lag))
    enrolment(azure, *PREVIEW_ERA_FEATURES).create()
    # A replica that lags still says Registered of a provider that has only begun to look.
    answer = azure.ask("PATCH", WEB, HOTPATCHED)
    assert answer.status == 200, answer.json()


def test_in_the_era_of_the_preview_hotpatching_is_refused_before_the_enrolment_and_accepted_after() -> None:
    azure = Azure(World.default(Settings(era="2021-preview")))
    machine = Declared(
        azure,
        "virtual_machine_patch_settings",
        {"virtualMachineId": WEB, "patchMode": "AutomaticByPlatform", "enableHotpatching": True},
    )
    with pytest.raises(ArmError, match="does not see the preview features InGuestHotPatchVMPreview"):
        machine.create()
    assert machine.stored is None
    enrolment(azure, *PREVIEW_ERA_FEATURES).create()
    azure.new_run()
    assert machine.create().applied == {"patch_mode": "AutomaticByPlatform", "enable_hotpatching": True}


def test_without_propagation_the_compute_provider_of_that_era_sees_nothing() -> None:
    azure = Azure(World.default(Settings(era="2021-preview")))
    enrolment(azure, *PREVIEW_ERA_FEATURES, propagate=False).create()
    assert azure.ask("PATCH", WEB, HOTPATCHED).json()["error"]["code"] == "SimulatorRulePreviewFeatureNeeded"


def test_a_feature_of_another_provider_makes_that_provider_look_again() -> None:
    azure = Azure()
    window = FeatureDefinition("Microsoft.Maintenance", "ContosoWindowPreview")
    resource = enrolment(azure, window.name, namespace=window.namespace)
    resource.create()
    registered = azure.simulator.journal.select(operation="Providers_Register")
    assert [entry.path for entry in registered] == [
        f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Maintenance/register"
    ]
    assert (
        resource.id
        == f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Features/featureProviders/Microsoft.Maintenance"
    )


HOTPATCHED = {
    "properties": {
        "osProfile": {
            "windowsConfiguration": {"patchSettings": {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}}
        }
    }
}
