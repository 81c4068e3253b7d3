"""A missing registration is told; nothing registers a provider unasked."""

from typing import Any

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, World
from azure_patch_simulator import Settings as SimulatorSettings
from pulumi_azure_hotpatch.errors import ArmError
from tests.arm.answers import SCHEDULE
from tests.arm.test_retries import CONFIGURATION
from tests.support.simulated import START, Azure


def failure(azure: Azure, body: dict[str, Any]) -> ArmError:
    with pytest.raises(ArmError) as caught:
        azure.runtime.azure.maintenance.put_schedule(SCHEDULE, body)
    return caught.value


def test_a_subscription_without_the_provider_is_told_and_not_changed() -> None:
    azure = Azure(World(settings=SimulatorSettings(registered_providers=["Microsoft.Compute"])))
    error = failure(azure, CONFIGURATION)
    assert (error.status, error.code) == (409, "MissingSubscriptionRegistration")
    assert str(error).endswith(
        f": subscription {SUBSCRIPTION_ID} is not registered for Microsoft.Maintenance; register it once: "
        f"az provider register --namespace Microsoft.Maintenance --subscription {SUBSCRIPTION_ID}"
    )
    assert azure.calls() == ["MaintenanceConfigurations_CreateOrUpdate"]
    assert azure.clock.now() == START


def test_the_maintenance_services_own_envelope_has_a_code_and_a_text() -> None:
    properties = CONFIGURATION["properties"]
    window = properties["maintenanceWindow"] | {"recurEvery": "Month"}
    error = failure(Azure(), CONFIGURATION | {"properties": properties | {"maintenanceWindow": window}})
    assert (error.status, error.code) == (400, "InvalidMaintenanceWindow")
    assert "Monthly maintenance window is missing" in str(error)
