"""What the stack's configuration and the environment say, in which order, and what makes no sense."""

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_azure_hotpatch.errors import ConfigurationError
from pulumi_azure_hotpatch.host.endpoint_clock import EndpointClock
from pulumi_azure_hotpatch.host.settings import OURS, Configuration, read_configuration, unknown_keys

VARIABLES = {
    "clientId": "ARM_CLIENT_ID",
    "clientSecret": "ARM_CLIENT_SECRET",
    "clientCertificatePath": "ARM_CLIENT_CERTIFICATE_PATH",
    "clientCertificatePassword": "ARM_CLIENT_CERTIFICATE_PASSWORD",
    "tenantId": "ARM_TENANT_ID",
    "auxiliaryTenantIds": "ARM_AUXILIARY_TENANT_IDS",
    "subscriptionId": "ARM_SUBSCRIPTION_ID",
    "environment": "ARM_ENVIRONMENT",
    "metadataHost": "ARM_METADATA_HOSTNAME",
    "disableInstanceDiscovery": "ARM_DISABLE_INSTANCE_DISCOVERY",
    "useMsi": "ARM_USE_MSI",
    "useOidc": "ARM_USE_OIDC",
    "oidcAudience": "ARM_OIDC_AUDIENCE",
    "oidcToken": "ARM_OIDC_TOKEN",
    "oidcTokenFilePath": "ARM_OIDC_TOKEN_FILE_PATH",
    "oidcRequestUrl": "ARM_OIDC_REQUEST_URL",
    "oidcRequestToken": "ARM_OIDC_REQUEST_TOKEN",
    "useDefaultAzureCredential": "ARM_USE_DEFAULT_AZURE_CREDENTIAL",
}
"""Every key of azure-native that says how to reach Azure, and its variable."""

OTHER_VARIABLES = {
    "clientId": "AZURE_CLIENT_ID",
    "clientSecret": "AZURE_CLIENT_SECRET",
    "clientCertificatePath": "AZURE_CLIENT_CERTIFICATE_PATH",
    "clientCertificatePassword": "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "tenantId": "AZURE_TENANT_ID",
    "subscriptionId": "AZURE_SUBSCRIPTION_ID",
    "environment": "AZURE_ENVIRONMENT",
    "metadataHost": "ARM_METADATA_HOST",
    "oidcTokenFilePath": "AZURE_FEDERATED_TOKEN_FILE",
    "oidcRequestUrl": "ACTIONS_ID_TOKEN_REQUEST_URL",
    "oidcRequestToken": "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
}
"""What other tools call the same."""

# Ids of subscriptions, which must be such, and good for everything else.
HERE, THERE = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
SECRET = "Wh1sper~ed.Once"


def read(config: dict[str, Any] | None = None, environment: dict[str, str] | None = None) -> Configuration:
    return read_configuration((config or {}).get, environment or {})


def refusal(config: dict[str, Any] | None = None, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(config, environment)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("key", "variable"), VARIABLES.items())
def test_the_configuration_goes_before_the_environment(key: str, variable: str) -> None:
    both = read({f"azure-native:{key}": HERE}, {variable: THERE})
    assert both.connection.value(key) == HERE
    assert read({}, {variable: THERE}).connection.value(key) == THERE
    assert read().connection.value(key) == ""


@pytest.mark.parametrize(("key", "variable"), OTHER_VARIABLES.items())
def test_a_variable_of_another_tool_counts_where_azure_native_has_none(key: str, variable: str) -> None:
    assert read({}, {variable: THERE}).connection.value(key) == THERE
    assert read({}, {variable: THERE, VARIABLES[key]: HERE}).connection.value(key) == HERE


def test_nothing_but_these_keys_is_read_of_azure_native() -> None:
    asked: list[str] = []
    read_configuration(lambda key: asked.append(key), {})
    names = {key.removeprefix("azure-native:") for key in asked if key.startswith("azure-native:")}
    assert names == set(VARIABLES)


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert read({}, {"ARM_CLIENT_ID": "", "AZURE_CLIENT_ID": "theirs"}).connection.value("clientId") == "theirs"


def test_a_switch_that_is_off_in_the_configuration_is_not_turned_on_by_the_environment() -> None:
    for off in (False, "false"):
        connection = read({"azure-native:useOidc": off}, {"ARM_USE_OIDC": "true"}).connection
        assert connection.flag("useOidc") is False


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        *((on, True) for on in (True, "True", "true", "1", "yes", "on")),
        *((off, False) for off in (False, "False", "0", "No", "off", None)),
    ],
)
def test_a_switch_may_be_written_in_several_ways(written: Any, expected: bool) -> None:
    assert read({"azure-native:useMsi": written}).connection.flag("useMsi") is expected
    assert read({"azure-hotpatch:verbose": written}).settings.verbose is expected


def test_a_list_in_the_configuration_arrives_as_json() -> None:
    value = read({"azure-native:auxiliaryTenantIds": ["a", "b"]}).connection.value("auxiliaryTenantIds")
    assert json.loads(value) == ["a", "b"]


def test_the_subscription_is_the_default_of_resources() -> None:
    assert read({}, {"ARM_SUBSCRIPTION_ID": HERE}).settings.subscription_id == HERE
    assert read({"azure-native:subscriptionId": f"/subscriptions/{HERE}"}).settings.subscription_id == HERE
    assert read().settings.subscription_id is None


def test_a_subscription_that_is_no_guid_is_refused() -> None:
    told = refusal({}, {"ARM_SUBSCRIPTION_ID": "prod"})
    assert told.startswith("azure-native:subscriptionId (or ARM_SUBSCRIPTION_ID): 'prod' is not the id of a subscript")


@pytest.mark.parametrize(("written", "expected"), [("auto", True), ("off", False), (None, True)])
def test_preview_may_be_kept_from_reading(written: str | None, expected: bool) -> None:
    assert read({"azure-hotpatch:previewReads": written}).settings.preview_reads is expected
    assert read({}, {"AZURE_HOTPATCH_PREVIEW_READS": written or ""}).settings.preview_reads is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("custom-images", {"custom-images"}),
        ("custom-images, install-duration", {"custom-images", "install-duration"}),
        (" custom-images ,, ", {"custom-images"}),
        ('["custom-images", "install-duration"]', {"custom-images", "install-duration"}),
        (["custom-images"], {"custom-images"}),
        ("", set()),
        (None, set()),
    ],
)
def test_rules_are_relaxed_by_name(written: Any, expected: set[str]) -> None:
    assert read({"azure-hotpatch:relax": written}).settings.relaxed == expected


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("previewReads", "never", "azure-hotpatch:previewReads is 'never'; it must be 'auto' or 'off'"),
        ("verbose", "loud", "azure-hotpatch:verbose is 'loud'; it must be true or false"),
        (
            "relax",
            "custom-image",
            "azure-hotpatch:relax names 'custom-image', which relaxes nothing; there is: custom-images, "
            "hotpatch-forbids-bypass, hotpatch-needs-eligible-image, install-duration, "
            "platform-mode-without-automatic-updates, provider-registered-again, schedule-duration, "
            "settings-need-os-profile",
        ),
        ("relax", "[oops", "azure-hotpatch:relax is neither a JSON list nor names separated by commas"),
        ("clock", "sundial", "azure-hotpatch:clock is 'sundial'; it must be 'system' or 'endpoint'"),
        ("clock", "endpoint", "azure-hotpatch:clock is 'endpoint', but no azure-hotpatch:endpoint is set"),
        (
            "endpoint",
            "http://127.0.0.1:8443",
            "azure-hotpatch:endpoint is 'http://127.0.0.1:8443'; it must start with https://",
        ),
        (
            "endpoint",
            "127.0.0.1:8443",
            "azure-hotpatch:endpoint is '127.0.0.1:8443'; it must start with https://",
        ),
        (
            "endpoint",
            "https://127.0.0.1:8443",
            "azure-hotpatch:endpoint is set without azure-hotpatch:caFile; an endpoint override is trusted only with "
            "its own certificate authority",
        ),
    ],
)
def test_what_makes_no_sense_is_told_by_its_key_in_one_line(key: str, value: str, told: str) -> None:
    assert refusal({f"azure-hotpatch:{key}": value}) == told


def test_a_certificate_authority_that_is_no_file_is_refused(tmp_path: Path) -> None:
    config = {"azure-hotpatch:endpoint": "https://127.0.0.1:8443", "azure-hotpatch:caFile": str(tmp_path)}
    assert refusal(config) == f"azure-hotpatch:caFile is '{tmp_path}', which is not a file"


def test_an_endpoint_with_its_authority_may_bring_its_clock(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    environment = {
        "AZURE_HOTPATCH_ENDPOINT": "https://127.0.0.1:8443",
        "AZURE_HOTPATCH_CA_FILE": str(authority),
        "AZURE_HOTPATCH_CLOCK": "endpoint",
    }
    found = read({}, environment)
    assert (found.connection.endpoint, found.connection.ca_file) == ("https://127.0.0.1:8443", str(authority))
    assert found.clock == "endpoint"


@pytest.mark.parametrize(
    ("config", "cloud"),
    [
        ({}, "AzureCloud"),
        ({"azure-native:environment": "usgovernment"}, "AzureUSGovernment"),
        ({"azure-native:environment": "AzureChinaCloud"}, "AzureChinaCloud"),
        ({"azure-native:metadataHost": "arm.contoso.example"}, None),
        ({"azure-native:metadataHost": "arm.contoso.example", "azure-native:environment": "Contoso"}, None),
        ({"azure-native:metadataHost": "arm.contoso.example", "azure-native:environment": "china"}, "AzureChinaCloud"),
    ],
)
def test_the_cloud_is_what_the_environment_says_and_unknown_where_a_host_of_one_s_own_answers(
    config: dict[str, Any], cloud: str | None
) -> None:
    assert read(config).settings.cloud == cloud


def test_how_many_requests_a_fleet_makes_at_once_can_be_set() -> None:
    assert read({}).settings.requests_at_once == 32
    assert read({"azure-hotpatch:requestsAtOnce": 4}).settings.requests_at_once == 4
    assert read({}, {"AZURE_HOTPATCH_REQUESTS_AT_ONCE": "1"}).settings.requests_at_once == 1
    for wrong in ("0", "129", "many"):
        with pytest.raises(ConfigurationError, match=rf"requestsAtOnce is '{wrong}'; it must be a whole number from 1"):
            read({"azure-hotpatch:requestsAtOnce": wrong})


def test_no_secret_is_in_the_repr_of_a_configuration() -> None:
    config = {
        f"azure-native:{key}": SECRET
        for key in ("clientSecret", "clientCertificatePassword", "oidcToken", "oidcRequestToken")
    }
    found = read(config)
    assert found.connection.value("clientSecret") == SECRET
    assert SECRET not in repr(found)
    assert SECRET not in f"{found.settings} {found.connection}"


def test_a_ca_file_that_holds_no_certificate_is_told_in_one_line(tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"caFile is '.*ca\.pem', which holds no certificate"):
        EndpointClock("https://127.0.0.1:1", str(wrong))


@pytest.mark.parametrize(
    ("key", "meant"),
    [("preview_reads", "previewReads"), ("PreviewReads", "previewReads"), ("relaxed", "relax"), ("cafile", "caFile")],
)
def test_a_key_of_ours_that_nothing_reads_is_told_with_the_one_that_is_meant(key: str, meant: str) -> None:
    others = ("azure-native:location", "contoso:preview_reads", *(f"azure-hotpatch:{known}" for known in OURS))
    assert unknown_keys(others) == []
    (line,) = unknown_keys((*others, f"azure-hotpatch:{key}"))
    assert line == f"azure-hotpatch:{key} is not a configuration key, and is ignored; did you mean {meant}?"
