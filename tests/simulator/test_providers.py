"""Resource providers."""

import re
from datetime import timedelta

from azure_patch_simulator import Settings
from tests.simulator.asking import (
    CONFIGURATIONS,
    SUBSCRIPTION,
    Client,
    client,
    code_of,
    in_guest_configuration,
    message_of,
)

MAINTENANCE = f"{SUBSCRIPTION}/providers/Microsoft.Maintenance"


def unregistered() -> Client:
    return client(Settings(registered_providers=["Microsoft.Compute"]))


def test_an_unregistered_provider_refuses_in_the_words_clients_look_for() -> None:
    refused = unregistered().ask("PUT", f"{CONFIGURATIONS}/monthly", in_guest_configuration())
    assert (refused.status, code_of(refused)) == (409, "MissingSubscriptionRegistration")
    found = re.match(r".*'(.*)'", message_of(refused))
    assert found is not None
    assert found.group(1) == "Microsoft.Maintenance"


def test_registering_a_provider_takes_a_while_and_its_state_is_read() -> None:
    azure = unregistered()
    assert azure.get(MAINTENANCE)["registrationState"] == "NotRegistered"
    answer = azure.ask("POST", f"{MAINTENANCE}/register")
    assert (answer.status, answer.json()["registrationState"]) == (200, "Registering")
    azure.simulator.clock.advance(timedelta(minutes=1))
    assert azure.get(MAINTENANCE)["registrationState"] == "Registered"
    assert azure.ask("PUT", f"{CONFIGURATIONS}/monthly", in_guest_configuration()).status == 200


def test_an_unregistered_provider_was_unregistering_first(azure: Client) -> None:
    assert azure.ask("POST", f"{MAINTENANCE}/unregister").json()["registrationState"] == "Unregistering"
    azure.simulator.clock.advance(timedelta(minutes=1))
    assert azure.get(MAINTENANCE)["registrationState"] == "Unregistered"
    assert code_of(azure.ask("GET", CONFIGURATIONS)) == "MissingSubscriptionRegistration"


def test_a_provider_lists_the_api_versions_of_its_types_so_that_clients_can_choose_one(azure: Client) -> None:
    for provider in azure.get(f"{SUBSCRIPTION}/providers")["value"]:
        assert provider["id"] == f"{SUBSCRIPTION}/providers/{provider['namespace']}"
        assert all(each["apiVersions"] and each["locations"] for each in provider["resourceTypes"])


def test_names_of_providers_ignore_letter_case_and_unknown_ones_are_invalid(azure: Client) -> None:
    assert azure.get(f"{SUBSCRIPTION}/providers/microsoft.compute")["namespace"] == "Microsoft.Compute"
    refused = azure.ask("GET", f"{SUBSCRIPTION}/providers/Contoso.Nothing")
    assert (refused.status, code_of(refused)) == (404, "InvalidResourceNamespace")
    assert message_of(refused) == "The resource namespace 'Contoso.Nothing' is invalid."
