"""Preview features: states, propagation, replicas."""

from datetime import timedelta

import pytest

from azure_patch_simulator import PREVIEW_ERA_FEATURES, Settings
from tests.simulator.asking import (
    FEATURES,
    HOTPATCH_FLAG,
    MACHINE,
    SUBSCRIPTION,
    Client,
    client,
    code_of,
    message_of,
    patch_settings,
)

PROVIDER = f"{SUBSCRIPTION}/providers/Microsoft.Compute"
REGISTRATIONS = (
    f"{SUBSCRIPTION}/providers/Microsoft.Features/featureProviders/Microsoft.Compute/subscriptionFeatureRegistrations"
)
HOTPATCHING = patch_settings(patchMode="AutomaticByPlatform", enableHotpatching=True)


def test_a_feature_passes_through_registering_before_it_is_registered(azure: Client) -> None:
    assert azure.state() == "NotRegistered"
    answer = azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    assert answer.status == 200
    assert answer.json() == {
        "properties": {"state": "Registering"},
        "id": HOTPATCH_FLAG,
        "type": "Microsoft.Features/providers/features",
        "name": "Microsoft.Compute/InGuestHotPatchVMPreview",
    }
    azure.simulator.clock.advance(timedelta(minutes=14, seconds=59))
    assert azure.state() == "Registering"
    azure.simulator.clock.advance(timedelta(seconds=1))
    assert azure.state() == "Registered"


def test_registering_again_does_not_start_over(azure: Client) -> None:
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    azure.simulator.clock.advance(timedelta(minutes=10))
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    azure.simulator.clock.advance(timedelta(minutes=5))
    assert azure.state() == "Registered"
    assert azure.ask("POST", f"{HOTPATCH_FLAG}/register").json()["properties"]["state"] == "Registered"


def test_a_feature_passes_through_unregistering_and_can_come_back(azure: Client) -> None:
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    azure.simulator.clock.advance(timedelta(minutes=15))
    assert azure.ask("POST", f"{HOTPATCH_FLAG}/unregister").json()["properties"]["state"] == "Unregistering"
    azure.simulator.clock.advance(timedelta(minutes=15))
    assert azure.state() == "Unregistered"
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    azure.simulator.clock.advance(timedelta(minutes=15))
    assert azure.state() == "Registered"


def test_each_feature_has_its_own_duration_and_may_be_stuck_for_ever(azure: Client) -> None:
    stuck = f"{FEATURES}/InGuestPatchVMPreview"
    azure.simulator.world.set_registration_time("InGuestHotPatchVMPreview", timedelta(hours=2))
    azure.simulator.world.set_registration_time("InGuestPatchVMPreview", None)
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    azure.ask("POST", f"{stuck}/register")
    azure.simulator.clock.advance(timedelta(hours=1))
    assert azure.state() == "Registering"
    azure.simulator.clock.advance(timedelta(days=365))
    assert azure.state() == "Registered"
    assert azure.state(stuck) == "Registering"


def test_a_feature_that_needs_approval_is_pending_until_it_is_approved(azure: Client) -> None:
    path = f"{FEATURES}/ContosoApprovedByHandPreview"
    assert azure.ask("POST", f"{path}/register").json()["properties"]["state"] == "Pending"
    azure.simulator.clock.advance(timedelta(days=30))
    assert azure.state(path) == "Pending"
    azure.simulator.world.approve("ContosoApprovedByHandPreview")
    assert azure.state(path) == "Registered"


def test_the_newer_family_registers_an_auto_approved_feature_at_once(azure: Client) -> None:
    path = f"{REGISTRATIONS}/ContosoApprovedAtOncePreview"
    assert azure.ask("GET", path).status == 404
    answer = azure.ask("PUT", path, {})
    assert answer.status == 200
    body = answer.json()
    assert body["type"] == "microsoft.features/featureproviders/subscriptionfeatureregistrations"
    assert body["name"] == "ContosoApprovedAtOncePreview"
    assert body["properties"]["state"] == "Registered"
    assert [each["name"] for each in azure.get(REGISTRATIONS)["value"]] == ["ContosoApprovedAtOncePreview"]


def test_both_families_show_the_same_registration(azure: Client) -> None:
    path = f"{REGISTRATIONS}/InGuestHotPatchVMPreview"
    assert azure.ask("DELETE", path).status == 204
    assert azure.ask("PUT", path, {}).json()["properties"]["state"] == "Registering"
    azure.simulator.clock.advance(timedelta(minutes=15))
    assert azure.state() == azure.state(path) == "Registered"
    assert azure.ask("DELETE", path).status == 200
    assert azure.state() == "Unregistering"


def test_an_unknown_feature_is_not_found_with_the_known_text_and_our_code(azure: Client) -> None:
    refused = azure.ask("POST", f"{FEATURES}/TrustedAccessPreview/register")
    assert refused.status == 404
    assert message_of(refused) == "The feature 'TrustedAccessPreview' could not be found."
    assert code_of(refused) == "SimulatorRuleFeatureNotFound"


def test_lists_hold_the_features_of_one_provider_or_of_all(azure: Client) -> None:
    of_compute = {each["name"] for each in azure.get(FEATURES)["value"]}
    everywhere = {each["name"] for each in azure.get(f"{SUBSCRIPTION}/providers/Microsoft.Features/features")["value"]}
    assert {f"Microsoft.Compute/{name}" for name in PREVIEW_ERA_FEATURES} <= of_compute
    assert of_compute < everywhere


def test_replicas_that_lag_disagree_for_a_while_and_agree_in_the_end() -> None:
    azure = client(Settings(replicas=3, replica_lag=timedelta(minutes=2), feature_registration_time=timedelta(0)))
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    assert [azure.state() for _ in range(6)] == ["Registered", "NotRegistered", "NotRegistered"] * 2
    azure.simulator.clock.advance(timedelta(minutes=2))
    assert {azure.state() for _ in range(6)} == {"Registered"}


def test_the_seed_says_which_replica_answers_first() -> None:
    answers = []
    for seed in range(3):
        azure = client(Settings(replicas=3, replica_lag=timedelta(hours=1)), seed=seed)
        azure.ask("POST", f"{HOTPATCH_FLAG}/register")
        answers.append([azure.state() for _ in range(3)].index("Registering"))
    assert sorted(answers) == [0, 1, 2]


def test_the_provider_sees_a_feature_only_after_it_was_registered_again_afterwards(azure: Client) -> None:
    world, clock = azure.simulator.world, azure.simulator.clock
    azure.ask("POST", f"{HOTPATCH_FLAG}/register")
    azure.ask("POST", f"{PROVIDER}/register")
    clock.advance(timedelta(hours=1))
    assert azure.state() == "Registered"
    assert not world.provider_sees("InGuestHotPatchVMPreview")
    azure.ask("POST", f"{PROVIDER}/register")
    assert not world.provider_sees("InGuestHotPatchVMPreview")
    clock.advance(timedelta(minutes=1))
    assert world.provider_sees("InGuestHotPatchVMPreview")
    azure.ask("POST", f"{HOTPATCH_FLAG}/unregister")
    assert not world.provider_sees("InGuestHotPatchVMPreview")


def test_today_hotpatching_needs_no_preview_feature(azure: Client) -> None:
    assert azure.ask("PATCH", MACHINE, HOTPATCHING).status == 200


def test_in_the_preview_era_hotpatching_waits_for_all_three_features_to_reach_the_provider() -> None:
    azure = client(Settings(era="2021-preview"))
    for name in PREVIEW_ERA_FEATURES:
        azure.ask("POST", f"{FEATURES}/{name}/register")
    azure.simulator.clock.advance(timedelta(minutes=15))
    refused = azure.ask("PATCH", MACHINE, HOTPATCHING)
    assert refused.status == 400
    assert code_of(refused) == "SimulatorRulePreviewFeatureNeeded"
    azure.ask("POST", f"{PROVIDER}/register")
    azure.simulator.clock.advance(timedelta(minutes=1))
    assert azure.ask("PATCH", MACHINE, HOTPATCHING).status == 200


@pytest.mark.parametrize("action", ["approve", "set_registration_time"])
def test_the_world_knows_only_its_own_features(azure: Client, action: str) -> None:
    arguments = ("Nothing", None) if action == "set_registration_time" else ("Nothing",)
    with pytest.raises(KeyError, match=r"Microsoft\.Compute/Nothing"):
        getattr(azure.simulator.world, action)(*arguments)
