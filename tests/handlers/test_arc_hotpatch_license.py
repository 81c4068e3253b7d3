"""The hotpatch licence of an Arc-enabled server: what is sent, what is waited for, what is left alone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from azure_patch_simulator import World
from pulumi_azure_hotpatch.errors import NotFound, OperationFailed, TimedOut
from tests.handlers.outside import (
    PROFILE,
    SERVER,
    azure_of,
    features,
    license_of,
    put_profile,
    server_body,
)
from tests.support.simulated import Azure

ADDED = "WindowsServerAzureArcMgmt"


def failed(declared: Any) -> dict[str, str]:
    """Rule to severity, for what is broken."""
    return {finding.rule: finding.severity for finding in declared.check() if finding.verdict == "fail"}


def test_a_first_licence_makes_the_profile_and_subscribes_to_no_product() -> None:
    azure = azure_of(server_body())
    state = license_of(azure).create()
    (sent,) = azure.sent("LicenseProfiles_CreateOrUpdate")
    product = {
        "productType": "WindowsServer",
        "productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Enable"}],
    }
    assert sent == {"location": "eastus", "properties": {"productProfile": product}}
    assert features(azure)["Hotpatch"] == "Enabled"
    assert (state.subscription_status, state.adopted, state.previously_enabled) == ("Enabled", False, False)
    assert state.enrollment_date is not None
    assert datetime.fromisoformat(state.enrollment_date).utcoffset() is not None


def test_the_id_is_that_of_the_licence_profile() -> None:
    azure = azure_of(server_body())
    declared = license_of(azure)
    declared.create()
    assert declared.id == PROFILE


def test_what_is_in_a_profile_already_is_sent_along_and_stays() -> None:
    azure = azure_of(server_body())
    put_profile(azure, ("Hotpatch", "Disable"), softwareAssurance={"softwareAssuranceCustomer": True})
    azure.new_run()
    license_of(azure).create()
    (sent,) = azure.sent("LicenseProfiles_Update")
    assert sent == {
        "properties": {
            "productProfile": {
                "productFeatures": [
                    {"name": "Hotpatch", "subscriptionStatus": "Enable"},
                    {"name": ADDED, "subscriptionStatus": "Enable"},
                ]
            }
        }
    }
    assert features(azure) == {"Hotpatch": "Enabled", ADDED: "Enabled"}
    assert azure.body(PROFILE)["properties"]["softwareAssurance"] == {"softwareAssuranceCustomer": True}


def test_a_licence_that_is_on_already_is_adopted_and_kept_on_destroy() -> None:
    azure = azure_of(server_body())
    put_profile(azure, ("Hotpatch", "Enable"))
    azure.take_writes()
    declared = license_of(azure)
    assert declared.answers() == {"adopted": True}
    assert declared.create().adopted is True
    declared.delete()
    assert azure.take_writes() == []
    assert "already as wanted when this stack found it" in azure.said.text
    assert features(azure)["Hotpatch"] == "Enabled"


def test_a_licence_that_somebody_else_is_turning_on_is_waited_for() -> None:
    azure = azure_of(server_body())
    product = {
        "productType": "WindowsServer",
        "productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Enable"}],
    }
    azure.ask("PUT", PROFILE, {"location": "eastus", "properties": {"productProfile": product}})
    assert features(azure)["Hotpatch"] == "Enabling"
    state = license_of(azure).create()
    assert (state.subscription_status, state.adopted) == ("Enabled", True)
    assert azure.writes() == []


def test_destroying_takes_away_a_profile_that_is_ours_alone() -> None:
    azure = azure_of(server_body())
    declared = license_of(azure)
    declared.create()
    declared.delete()
    assert azure.ask("GET", PROFILE).status == 404


def test_destroying_leaves_a_profile_that_others_have_put_something_into() -> None:
    azure = azure_of(server_body())
    declared = license_of(azure)
    declared.create()
    body = azure.body(PROFILE)
    body["properties"]["softwareAssurance"] = {"softwareAssuranceCustomer": True}
    assert azure.ask("PUT", PROFILE, body).status in (200, 201)
    azure.simulator.clock.advance(azure.simulator.world.settings.operation_time)
    declared.delete()
    assert features(azure)["Hotpatch"] == "Disabled"


def test_destroying_leaves_a_licence_that_somebody_else_has_turned_off() -> None:
    azure = azure_of(server_body())
    declared = license_of(azure)
    declared.create()
    change = {
        "properties": {"productProfile": {"productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Disable"}]}}
    }
    assert azure.ask("PATCH", PROFILE, change).status == 202
    azure.simulator.clock.advance(azure.simulator.world.settings.operation_time)
    azure.take_writes()
    declared.delete()
    assert azure.take_writes() == []
    assert "somebody else set it to Disabled" in azure.said.text


def test_kept_on_destroy_as_the_program_says() -> None:
    azure = azure_of(server_body())
    declared = license_of(azure, onDestroy="keep")
    declared.create()
    azure.take_writes()
    declared.delete()
    assert azure.take_writes() == []


def test_a_licence_is_turned_off_and_on_in_place() -> None:
    azure = azure_of(server_body())
    declared = license_of(azure)
    declared.create()
    for wanted, status in ((False, "Disabled"), (True, "Enabled")):
        azure.new_run()
        declared.declare(enabled=wanted)
        assert declared.difference().changed == ("enabled",)
        assert declared.update().subscription_status == status
        assert features(azure)["Hotpatch"] == status


def test_drift_is_seen_and_repaired() -> None:
    azure = azure_of(server_body())
    declared = license_of(azure)
    declared.create()
    change = {
        "properties": {"productProfile": {"productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Disable"}]}}
    }
    assert azure.ask("PATCH", PROFILE, change).status == 202
    azure.simulator.clock.advance(azure.simulator.world.settings.operation_time)
    assert declared.refresh().enabled is False
    declared.declare(enabled=True)
    assert declared.difference().changed == ("enabled",)
    declared.update()
    assert features(azure)["Hotpatch"] == "Enabled"


def test_dates_without_a_zone_are_read_as_utc() -> None:
    # Before hotpatches became free the service sent a billing date without a zone.
    azure = azure_of(server_body(), start=datetime(2025, 9, 15, 8, tzinfo=UTC))
    state = license_of(azure).create()
    (feature,) = [
        one
        for one in azure.body(PROFILE)["properties"]["productProfile"]["productFeatures"]
        if one["name"] == "Hotpatch"
    ]
    assert feature["billingStartDate"] == "2025-10-01T00:00:00"
    assert state.billing_start_date == "2025-10-01T00:00:00+00:00"


def test_a_licence_that_failed_is_asked_for_again() -> None:
    azure = azure_of(server_body())
    put_profile(azure, ("Hotpatch", "Disable"))
    profile = azure.simulator.world.resources.get(PROFILE)
    assert profile is not None
    declared = license_of(azure)
    declared.create()
    (feature,) = [
        one for one in profile.body["properties"]["productProfile"]["productFeatures"] if one["name"] == "Hotpatch"
    ]
    feature |= {"subscriptionStatus": "Failed", "error": {"code": "NotEligible", "message": "The build is too old."}}
    azure.new_run()
    assert declared.refresh().subscription_status == "Failed"
    declared.declare(timeout="31m")
    assert declared.update().subscription_status == "Enabled"


def test_a_wait_without_end_ends_with_the_time_out() -> None:
    azure = Azure(World.from_inventory([server_body()]))
    put_profile(azure, ("Hotpatch", "Disable"))
    profile = azure.simulator.world.resources.get(PROFILE)
    assert profile is not None
    (feature,) = [
        one for one in profile.body["properties"]["productProfile"]["productFeatures"] if one["name"] == "Hotpatch"
    ]
    feature["subscriptionStatus"] = "Enabling"
    with pytest.raises(TimedOut, match="still waiting for the hotpatch licence to take effect"):
        license_of(azure, timeout="12m").create()


def test_a_server_that_does_not_exist_is_named() -> None:
    azure = Azure()
    declared = license_of(azure)
    assert [finding for finding in declared.check() if finding.is_error] == [], "it may be connected in the same run"
    with pytest.raises(NotFound) as refused:
        declared.create()
    assert str(refused.value) == (
        f"Arc server 'srv-arc-1': it does not exist ({SERVER}); connect it first, or correct machine_id"
    )


@pytest.mark.parametrize(
    ("properties", "rule"),
    [
        ({"osVersion": "10.0.26100.1000"}, "arc-hotpatch-build"),
        ({"osEdition": "Essentials"}, "arc-hotpatch-edition"),
        ({"osSku": "Windows Server 2022 Datacenter"}, "arc-hotpatch-needs-server-2025"),
    ],
)
def test_prerequisites_that_azure_shows_are_errors_in_preview(properties: dict[str, Any], rule: str) -> None:
    azure = azure_of(server_body(**properties))
    assert failed(license_of(azure)) == {rule: "error"}
    assert failed(license_of(azure, enabled=False)) == {}


def test_prerequisites_of_the_guest_are_judged_where_the_program_knows_them() -> None:
    azure = azure_of(server_body())
    unknown = {finding.rule for finding in license_of(azure).check() if finding.verdict == "unknown"}
    assert unknown == {"arc-hotpatch-needs-vbs", "arc-hotpatch-secure-boot"}
    assert failed(license_of(azure, vbsStatus=1, secureBoot=False)) == {
        "arc-hotpatch-needs-vbs": "error",
        "arc-hotpatch-secure-boot": "error",
    }
    assert license_of(azure, vbsStatus=2, secureBoot=True).check() == []


def test_an_agent_that_is_too_old_or_away_is_a_warning() -> None:
    azure = azure_of(server_body(agentVersion="1.20", status="Disconnected"))
    assert failed(license_of(azure)) == {"arc-agent-version": "warning", "arc-connected": "warning"}


def test_a_failure_of_the_feature_is_an_error_of_the_operation() -> None:
    azure = azure_of(server_body())
    put_profile(azure, ("Hotpatch", "Disable"))
    profile = azure.simulator.world.resources.get(PROFILE)
    assert profile is not None
    product = profile.body["properties"]["productProfile"]
    (feature,) = [one for one in product["productFeatures"] if one["name"] == "Hotpatch"]
    feature["subscriptionStatus"] = "Enabling"

    def fail(*_: Any) -> None:
        feature.update(subscriptionStatus="Failed", error={"code": "NotEligible", "message": "The build is too old."})

    azure.simulator.clock.on("test.fail", fail)
    azure.simulator.clock.schedule(azure.clock.now().replace(minute=10), "test.fail", {})
    with pytest.raises(OperationFailed, match=r"its hotpatch licence failed: NotEligible: The build is too old\."):
        license_of(azure).create()
