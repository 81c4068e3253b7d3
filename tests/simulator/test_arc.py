"""Arc-enabled servers: machines, licence profiles with hotpatch, enablement, patching – through the real client."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from azure_patch_simulator.hotpatch_enablement import set_obstacle
from tests.simulator.asking import GROUP, SUBSCRIPTION, Client, code_of
from tests.simulator.guests import (
    ASSESSED,
    GROUP_NAME,
    SECURITY,
    advance,
    arc,
    arc_id,
    guest,
    hybrid,
    rows_of,
    world,
)

PROFILE = arc_id("srv") + "/licenseProfiles/default"
HOTPATCH = {
    "location": "eastus",
    "properties": {
        "productProfile": {
            "productType": "WindowsServer",
            "subscriptionStatus": "Enable",
            "productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Enable"}],
        }
    },
}


def server(name: str = "srv", sku: str = "Windows Server 2025 Datacenter", **given: Any) -> Client:
    return world(arc(name, sku), **{"start": "2025-01-15T08:00", "image_age": timedelta(0), **given})


def slow(azure: Client) -> Client:
    azure.simulator.world.settings.operation_time = timedelta(seconds=30)
    return azure


def enablement(azure: Client) -> dict[str, Any]:
    profile = azure.get(arc_id("srv"))["properties"]["osProfile"]["windowsConfiguration"]
    found: dict[str, Any] = profile["patchSettings"]["status"]
    return found


def installed(azure: Client, name: str = "srv") -> Any:
    body: Any = {"maximumDuration": "PT3H", "rebootSetting": "IfRequired", "windowsParameters": SECURITY}
    return hybrid(azure).machines.begin_install_patches(GROUP_NAME, name, body).result()


def test_machines_are_read_listed_changed_made_and_deleted() -> None:
    azure = server()
    machines = hybrid(azure).machines
    assert machines.get(GROUP_NAME, "srv").properties is not None
    automatic = {"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform"}
    profile = {"windowsConfiguration": {"patchSettings": automatic}}
    update: Any = {"tags": {"a": "b"}, "properties": {"osProfile": profile}}
    changed: Any = machines.update(GROUP_NAME, "srv", update)
    settings = changed.properties.os_profile.windows_configuration.patch_settings
    assert (settings.patch_mode, settings.assessment_mode) == ("AutomaticByPlatform", "AutomaticByPlatform")
    assert settings.status.hotpatch_enablement_status == "Disabled"
    assert changed.tags == {"a": "b"}
    body: Any = {"location": "eastus", "properties": {"osType": "linux", "osSku": "Ubuntu 22.04"}}
    assert machines.create_or_update(GROUP_NAME, "srv-2", body).name == "srv-2"
    assert {machine.name for machine in machines.list_by_subscription()} == {"srv", "srv-2"}
    assert {machine.name for machine in machines.list_by_resource_group(GROUP_NAME)} == {"srv", "srv-2"}
    machines.begin_delete(GROUP_NAME, "srv-2").result()
    with pytest.raises(ResourceNotFoundError):
        machines.get(GROUP_NAME, "srv-2")
    assert azure.ask("DELETE", arc_id("srv-2")).status == 204


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"location": None}, "LocationRequired"),
        ({"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": {"patchMode": "Never"}}}}},
         "SimulatorRuleInvalidValue"),
        ({"properties": {"osProfile": []}}, "InvalidRequestContent"),
        ({"tags": {"a": 1}}, "InvalidRequestContent"),
    ],
)  # fmt: skip
def test_a_bad_machine_is_refused(change: dict[str, Any], code: str) -> None:
    azure = server()
    refused = azure.ask("PATCH", arc_id("srv"), change)
    assert (refused.status, code_of(refused)) == (400, code)


def test_an_assessment_answers_202_with_another_location_each_time_until_the_bare_result() -> None:
    azure = server(image_age=timedelta(days=20))
    accepted = azure.ask("POST", arc_id("srv") + "/assessPatches")
    assert (accepted.status, accepted.body) == (202, b"")
    assert "azure-asyncoperation" not in accepted.headers
    assert (accepted.headers["retry-after"], accepted.headers["api-supported-versions"]) == ("60", "2020-08-15-preview")
    seen = {accepted.headers["location"]}
    assert (
        f"{SUBSCRIPTION}/providers/Microsoft.HybridCompute/locations/eastus/updateCenterOperationResults/"
        in (accepted.headers["location"])
    )
    for _ in range(3):
        again = azure.ask("GET", accepted.headers["location"])
        assert again.status == 202
        seen.add(again.headers["location"])
    assert len(seen) == 4
    azure.simulator.clock.advance(timedelta(minutes=5))
    result = azure.get(accepted.headers["location"])
    assert set(result) == {
        "startDateTime", "lastModifiedDateTime", "startedBy", "rebootPending", "patchServiceUsed", "status",
        "availablePatchCountByClassification", "assessmentActivityId", "osType",
    }  # fmt: skip
    assert (result["startedBy"], result["patchServiceUsed"], result["osType"]) == ("User", "WU", "Windows")
    assert result["assessmentActivityId"] in accepted.headers["location"]
    assert result["availablePatchCountByClassification"]["security"] == 1


def test_the_client_assesses_and_installs() -> None:
    azure = server(image_age=timedelta(days=20))
    machines = hybrid(azure).machines
    assessed = machines.begin_assess_patches(GROUP_NAME, "srv").result()
    assert assessed.available_patch_count_by_classification is not None
    assert assessed.available_patch_count_by_classification.security == 1
    done = installed(azure)
    assert (done.status, done.installed_patch_count, done.reboot_status) == ("Succeeded", 1, "Completed")
    assert (done.started_by, done.patch_service_used, done.os_type) == ("User", "WU", "Windows")
    assert (
        rows_of(azure, "srv", "installation")[0]["type"] == "microsoft.hybridcompute/machines/patchinstallationresults"
    )
    assert rows_of(azure, "srv", "assessment")[0]["type"] == "microsoft.hybridcompute/machines/patchassessmentresults"


def test_a_linux_server_is_patched_by_its_package_manager() -> None:
    azure = world(arc("srv", "Ubuntu 22.04"), start="2025-01-15T08:00")
    body: Any = {"maximumDuration": "PT3H", "rebootSetting": "Never", "linuxParameters": SECURITY}
    done = hybrid(azure).machines.begin_install_patches(GROUP_NAME, "srv", body).result()
    assert (done.patch_service_used, done.os_type) == ("APT", "Linux")


def test_the_duration_is_required_and_a_failed_result_has_error_details() -> None:
    azure = server(image_age=timedelta(days=20))
    body: Any = {"rebootSetting": "IfRequired", "windowsParameters": SECURITY}
    with pytest.raises(HttpResponseError, match="maximumDuration is needed"):
        hybrid(azure).machines.begin_install_patches(GROUP_NAME, "srv", body)
    azure.simulator.patching.fail("patch", code="0x80070005", message="Access denied.")
    done = installed(azure)
    assert done.status == "Failed"
    assert done.error_details is not None
    assert done.error_details.details[0].code == "0x80070005"


def test_a_disconnected_server_is_not_patched() -> None:
    azure = server()
    azure.simulator.world.set_power(arc_id("srv"), running=False)
    assert azure.get(arc_id("srv"))["properties"]["status"] == "Disconnected"
    with pytest.raises(ResourceExistsError, match="does not run"):
        installed(azure)


def test_a_licence_profile_is_put_with_201_and_both_headers_and_is_enabled_later() -> None:
    azure = slow(server())
    accepted = azure.ask("PUT", PROFILE, HOTPATCH)
    assert accepted.status == 201
    product = accepted.json()["properties"]["productProfile"]
    assert (accepted.json()["properties"]["provisioningState"], product["subscriptionStatus"]) == (
        "Creating",
        "Enabling",
    )
    assert {(each["name"], each["subscriptionStatus"]) for each in product["productFeatures"]} == {
        ("Hotpatch", "Enabling"),
        ("WindowsServerAzureArcMgmt", "Enabling"),
    }
    status = azure.get(accepted.headers["azure-asyncoperation"])
    assert (status["status"], status["properties"]["id"]) == ("InProgress", PROFILE)
    assert "/operationstatus/" in accepted.headers["azure-asyncoperation"]
    assert "/operationresults/" in accepted.headers["location"]
    assert azure.ask("GET", accepted.headers["location"]).status == 202
    azure.simulator.clock.advance(timedelta(seconds=30))
    done = azure.get(accepted.headers["azure-asyncoperation"])
    product = done["properties"]["properties"]["productProfile"]
    assert (done["status"], product["subscriptionStatus"]) == ("Succeeded", "Enabled")
    hotpatch = product["productFeatures"][0]
    assert (hotpatch["subscriptionStatus"], hotpatch["billingStartDate"]) == ("Enabled", "2025-02-01T00:00:00")
    assert azure.get(accepted.headers["location"]) == done["properties"]


def test_the_client_enables_changes_and_deletes_a_licence_profile() -> None:
    azure = slow(server())
    profiles = hybrid(azure).license_profiles
    body: Any = HOTPATCH
    made: Any = profiles.begin_create_or_update(GROUP_NAME, "srv", body).result()
    assert made.properties.product_profile.product_features[0].subscription_status == "Enabled"
    assert made.properties.product_profile.product_features[0].billing_start_date.tzinfo is None
    off: Any = {"properties": {"productProfile": {"productFeatures": [
        {"name": "Hotpatch", "subscriptionStatus": "Disable"}]}}}  # fmt: skip
    changed: Any = profiles.begin_update(GROUP_NAME, "srv", off).result()
    assert changed.properties.product_profile.product_features[0].subscription_status == "Disabled"
    assert changed.properties.product_profile.product_features[0].disenrollment_date is not None
    assert len(list(profiles.list(GROUP_NAME, "srv"))) == 1
    profiles.begin_delete(GROUP_NAME, "srv").result()
    with pytest.raises(ResourceNotFoundError):
        profiles.get(GROUP_NAME, "srv")
    assert azure.ask("DELETE", PROFILE).status == 204


def test_a_patch_of_a_profile_answers_202_with_the_whole_body() -> None:
    azure = slow(server())
    azure.ask("PUT", PROFILE, HOTPATCH)
    azure.simulator.clock.advance(timedelta(minutes=1))
    accepted = azure.ask("PATCH", PROFILE, {"tags": {"a": "b"}})
    assert accepted.status == 202
    assert accepted.json()["tags"] == {"a": "b"}
    assert accepted.json()["properties"]["productProfile"]["subscriptionStatus"] == "Enabled"
    assert {"azure-asyncoperation", "location"} <= set(accepted.headers)
    refused = azure.ask("PATCH", PROFILE, {"tags": {}})
    assert (refused.status, code_of(refused)) == (409, "SimulatorRuleWriteInProgress")


def test_since_hotpatches_cost_nothing_no_billing_starts() -> None:
    azure = server(start="2026-05-20T08:00")
    azure.ask("PUT", PROFILE, HOTPATCH)
    features = azure.get(PROFILE)["properties"]["productProfile"]["productFeatures"]
    assert all("enrollmentDate" in feature and "billingStartDate" not in feature for feature in features)


def test_enablement_goes_from_disabled_over_evaluation_to_enabled() -> None:
    azure = slow(server())
    assert enablement(azure) == {"hotpatchEnablementStatus": "Disabled"}
    azure.ask("PUT", PROFILE, HOTPATCH)
    assert enablement(azure) == {"hotpatchEnablementStatus": "PendingEvaluation"}
    azure.simulator.clock.advance(timedelta(minutes=5))
    assert enablement(azure) == {"hotpatchEnablementStatus": "PendingEvaluation"}
    azure.simulator.clock.advance(timedelta(minutes=6))
    assert enablement(azure) == {"hotpatchEnablementStatus": "Enabled"}
    switch = {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": {"enableHotpatching": False}}}}}
    azure.ask("PATCH", arc_id("srv"), switch)
    assert enablement(azure) == {"hotpatchEnablementStatus": "Disabled"}


def test_an_obstacle_needs_action_and_keeps_hotpatches_away() -> None:
    azure = server(start="2025-01-14T20:00")
    set_obstacle(azure.simulator, arc_id("srv"), "Virtualization based security does not run.")
    azure.ask("PUT", PROFILE, HOTPATCH)
    found = enablement(azure)
    assert found["hotpatchEnablementStatus"] == "ActionRequired"
    assert found["error"]["message"] == "Virtualization based security does not run."
    assert guest(azure, "srv").hotpatching is False
    set_obstacle(azure.simulator, arc_id("srv"), None)
    assert guest(azure, "srv").hotpatching is True
    with pytest.raises(KeyError):
        set_obstacle(azure.simulator, arc_id("none"), None)


def test_another_system_than_windows_server_2025_needs_action() -> None:
    azure = server(sku="Windows Server 2022 Standard")
    azure.ask("PUT", PROFILE, HOTPATCH)
    assert enablement(azure)["hotpatchEnablementStatus"] == "ActionRequired"


@pytest.mark.parametrize("licensed", [True, False])
def test_a_licensed_server_gets_hotpatches_and_another_the_cumulative_update(licensed: bool) -> None:
    azure = server(start="2025-01-14T20:00")
    if licensed:
        azure.ask("PUT", PROFILE, HOTPATCH)
    advance(azure, "2025-02-12T08:00")
    done = installed(azure)
    assert (done.installed_patch_count, done.reboot_status) == (1, "NotNeeded" if licensed else "Completed")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "LocationRequired"),
        ({**HOTPATCH, "properties": {"productProfile": {"productType": "Toaster"}}}, "SimulatorRuleInvalidValue"),
        (
            {**HOTPATCH, "properties": {"productProfile": {"productFeatures": ["Hotpatch"]}}},
            "SimulatorRuleProductFeature",
        ),
        ({**HOTPATCH, "properties": {"productProfile": []}}, "InvalidRequestContent"),
    ],
)
def test_a_bad_profile_is_refused(body: Any, code: str) -> None:
    refused = server().ask("PUT", PROFILE, body)
    assert (refused.status, code_of(refused)) == (400, code)


def test_profiles_have_one_name_and_a_machine() -> None:
    azure = server()
    refused = azure.ask("PUT", PROFILE.replace("default", "other"), HOTPATCH)
    assert code_of(refused) == "SimulatorRuleLicenseProfileName"
    assert azure.ask("PUT", PROFILE.replace("srv", "none"), HOTPATCH).status == 404
    assert azure.get(arc_id("srv") + "/licenseProfiles") == {"value": []}
    gone = f"{SUBSCRIPTION}/providers/Microsoft.HybridCompute/locations/eastus/operationstatus/none"
    assert azure.ask("GET", gone).status == 404
    assert azure.ask("GET", f"{GROUP}/providers/Microsoft.HybridCompute/machines/none").status == 404


def test_a_server_is_assessed_daily_when_it_says_so() -> None:
    azure = world(arc("srv", patch_settings=ASSESSED))
    advance(azure, "2025-01-05T00:00")
    assert rows_of(azure, "srv", "assessment")[0]["properties"]["startedBy"] == "Platform"
