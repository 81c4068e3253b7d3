"""Which identity a configuration means, and what half a configuration is told. No secret is ever shown."""

import json
import logging
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.identity
import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from azure_patch_simulator import Simulator, World
from azure_patch_simulator.server import ServerInfo, serve_in_thread
from pulumi_azure_hotpatch.arm.azure import Azure, connect
from pulumi_azure_hotpatch.arm.clouds import PUBLIC
from pulumi_azure_hotpatch.arm.connection import Connection
from pulumi_azure_hotpatch.arm.credentials import OneAtATime, make_credential
from pulumi_azure_hotpatch.arm.transport import pooled_transport
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, HotpatchError, Interrupted
from tests.arm.answers import MACHINE, SCHEDULE, JumpingClock
from tests.support.canned_https import Canned, canned
from tests.support.dynamic_host import in_threads
from tests.support.simulated import START, SUBSCRIPTION_ID

TENANT = "00000000-0000-0000-0000-00000000000a"
SECRET = "Wh1sper~ed.Once"
WHO = {"tenantId": TENANT, "clientId": "00000000-0000-0000-0000-00000000000c"}


@pytest.fixture(autouse=True)
def nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AZURE_", "ARM_", "IDENTITY_", "MSI_")):
            monkeypatch.delenv(name)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(World.default(), start=START)


@pytest.fixture
def server(simulator: Simulator) -> Iterator[ServerInfo]:
    with serve_in_thread(simulator) as info:
        yield info


def credential(azure: dict[str, str]) -> Any:
    return make_credential(Connection(azure), PUBLIC, pooled_transport(JumpingClock(), None))


def refusal(azure: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        credential(azure)
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.fixture
def certificate(tmp_path: Path) -> str:
    issued = trustme.CA().issue_cert("contoso.example", key_type=trustme.KeyType.RSA)
    path = tmp_path / "certificate.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(path))
    return str(path)


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ({}, azure.identity.DefaultAzureCredential),
        (WHO, azure.identity.DefaultAzureCredential),
        ({"useMsi": "true"}, azure.identity.ManagedIdentityCredential),
        ({"useMsi": "false"}, azure.identity.DefaultAzureCredential),
        (WHO | {"useOidc": "true", "oidcToken": "t"}, azure.identity.ClientAssertionCredential),
        (WHO | {"clientSecret": SECRET}, azure.identity.ClientSecretCredential),
        # Who asks for several gets what azure-native takes first.
        (WHO | {"useOidc": "true", "oidcToken": "t", "useMsi": "true"}, azure.identity.ClientAssertionCredential),
        (WHO | {"clientSecret": SECRET, "useOidc": "true", "oidcToken": "t"}, azure.identity.ClientSecretCredential),
        (WHO | {"clientSecret": SECRET, "useMsi": "true"}, azure.identity.ClientSecretCredential),
        (
            WHO | {"clientSecret": SECRET, "useDefaultAzureCredential": "true"},
            azure.identity.DefaultAzureCredential,
        ),
    ],
)
def test_the_credential_is_the_one_that_azure_native_takes(configured: dict[str, str], expected: type) -> None:
    assert type(credential(configured)) is expected


def test_a_certificate_goes_before_a_secret(certificate: str) -> None:
    configured = WHO | {"clientSecret": SECRET, "clientCertificatePath": certificate}
    assert type(credential(configured)) is azure.identity.CertificateCredential


def test_a_managed_identity_may_be_one_of_several() -> None:
    chosen = credential({"useMsi": "true", "clientId": WHO["clientId"]})
    assert WHO["clientId"] in str(vars(chosen._credential))


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        (
            {"clientSecret": SECRET},
            "azure-native:clientSecret is set, but azure-native:tenantId and azure-native:clientId are not",
        ),
        (
            {"clientSecret": SECRET, "clientId": "c"},
            "azure-native:clientSecret is set, but azure-native:tenantId is not",
        ),
        (
            {"useOidc": "true", "tenantId": TENANT, "oidcToken": SECRET},
            "azure-native:useOidc is set, but azure-native:clientId is not",
        ),
        (
            WHO | {"useOidc": "true"},
            "azure-native:useOidc is set, but none of oidcToken, oidcTokenFilePath, or oidcRequestUrl with "
            "oidcRequestToken is",
        ),
        (
            WHO | {"useOidc": "true", "oidcRequestToken": SECRET},
            "azure-native:useOidc is set, but none of oidcToken, oidcTokenFilePath, or oidcRequestUrl with "
            "oidcRequestToken is",
        ),
        ({"useMsi": "perhaps"}, "azure-native:useMsi is 'perhaps'; it must be true or false"),
        ({"useOidc": "2"}, "azure-native:useOidc is '2'; it must be true or false"),
        (
            WHO | {"tenantId": "contoso/x", "clientSecret": SECRET},
            "azure-native:tenantId is 'contoso/x', which is neither an id nor a domain",
        ),
        (
            WHO | {"clientSecret": SECRET, "auxiliaryTenantIds": "[oops"},
            "azure-native:auxiliaryTenantIds is neither a JSON list nor ids separated by semicolons",
        ),
        (
            WHO | {"clientSecret": SECRET, "disableInstanceDiscovery": "off and on"},
            "azure-native:disableInstanceDiscovery is 'off and on'; it must be true or false",
        ),
        (
            WHO | {"clientCertificatePath": "nowhere.pem"},
            "azure-native:clientCertificatePath is 'nowhere.pem', which is not a file",
        ),
    ],
)
def test_half_a_configuration_is_told_by_its_key_in_one_line(configured: dict[str, str], expected: str) -> None:
    assert refusal(configured) == expected


@pytest.mark.parametrize("content", ["garbage", "-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\n"])
def test_a_certificate_that_is_none_is_told_by_its_key(content: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.pem"
    path.write_text(content)
    told = refusal(WHO | {"clientCertificatePath": str(path), "clientCertificatePassword": SECRET})
    assert told.startswith("azure-native:clientCertificatePath cannot be used: ")
    assert "\n" not in told
    assert SECRET not in told


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_wrong_password_of_a_certificate_is_told_without_the_password(
    password: str, certificate: str, tmp_path: Path
) -> None:
    key = serialization.load_pem_private_key(Path(certificate).read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(SECRET.encode()),
    )
    path = tmp_path / "locked.pem"
    path.write_bytes(locked + Path(certificate).read_bytes())
    told = refusal(WHO | {"clientCertificatePath": str(path), "clientCertificatePassword": password})
    assert told.startswith("azure-native:clientCertificatePath cannot be used: ")
    assert SECRET not in told


@pytest.mark.parametrize("written", ['["a", "b"]', "a;b", "a, b"])
def test_more_tenants_may_be_allowed(written: str) -> None:
    chosen = credential(WHO | {"clientSecret": SECRET, "auxiliaryTenantIds": written})
    assert chosen._additionally_allowed_tenants == ["a", "b"]


def test_instance_discovery_can_be_switched_off_and_is_where_it_cannot_work() -> None:
    for configured in ({"disableInstanceDiscovery": "true"}, {"metadataHost": "arm.contoso.example"}):
        chosen = credential(WHO | {"clientSecret": SECRET} | configured)
        assert chosen._instance_discovery is False
    assert credential(WHO | {"clientSecret": SECRET})._instance_discovery is not False


# Signing in for real, against the simulated token endpoint.


def connected(server: ServerInfo, **configured: str) -> Azure:
    azure = {"tenantId": server.tenant_id, "clientId": server.client_id, "clientSecret": server.client_secret}
    return connect(Connection(azure | configured, server.url, server.ca_file), JumpingClock())


def test_many_threads_and_clients_sign_in_once(simulator: Simulator, server: ServerInfo) -> None:
    azure = connected(server)
    calls = [
        lambda: azure.machines.get(MACHINE),
        lambda: azure.maintenance.get_schedule(SCHEDULE),
        lambda: azure.features.state(SUBSCRIPTION_ID, "Microsoft.Compute", "InGuestPatchVMPreview"),
        lambda: azure.features.provider_state(SUBSCRIPTION_ID, "Microsoft.Compute"),
    ]
    answers = in_threads(calls * 4)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    operations = [entry.operation for entry in simulator.journal]
    assert operations.count("OAuth2_Token") == 1
    assert len(operations) == 16 + 2


def test_one_waits_while_another_asks_for_a_token() -> None:
    asking: list[int] = []
    most: list[int] = []

    class Slow:
        def get_token(self, *_: str, **__: Any) -> Any:
            asking.append(1)
            most.append(len(asking))
            threading.Event().wait(0.002)
            asking.pop()
            return len(most)

    shared = OneAtATime(Slow())
    assert sorted(in_threads([lambda: shared.get_token("scope")] * 20)) == list(range(1, 21))
    assert set(most) == {1}


@pytest.mark.parametrize(
    ("configured", "reason"),
    [
        ({"clientSecret": SECRET}, "AADSTS7000215: Invalid client secret provided."),
        ({"clientSecret": SECRET, "clientId": "00000000-0000-0000-0000-0000000000ff"}, "AADSTS700016: Application"),
        ({"clientSecret": SECRET, "tenantId": "00000000-0000-0000-0000-0000000000ff"}, "AADSTS90002: Tenant"),
        ({"clientSecret": "", "useOidc": "true", "oidcToken": SECRET}, "AADSTS7000215"),
    ],
)
def test_a_refused_sign_in_is_one_line_without_the_secret(
    configured: dict[str, str],
    reason: str,
    server: ServerInfo,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    azure = connected(server, **configured)
    with pytest.raises(ConfigurationError) as caught:
        azure.machines.get(MACHINE)
    told = str(caught.value)
    assert told.startswith("Signing in to Azure failed: ")
    assert told.endswith(" Check the credentials of the stack.")
    assert reason in told
    assert "\n" not in told
    seen = [told, repr(caught.value), repr(azure), caplog.text, *capfd.readouterr()]
    assert not [text for text in seen if SECRET in text]


def test_the_secret_is_in_no_repr_of_a_connection() -> None:
    connection = Connection(WHO | {"clientSecret": SECRET, "clientCertificatePassword": SECRET, "oidcToken": SECRET})
    assert SECRET not in repr(connection)
    assert SECRET not in f"{connection}"


def test_what_the_sdk_warns_of_is_not_printed_by_itself() -> None:
    # A handler on the way is what keeps Python's last resort from writing to stderr.
    connect(Connection(WHO | {"clientSecret": SECRET}, "https://127.0.0.1:1", None), JumpingClock())
    for name in ("azure", "msal"):
        assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger(name).handlers)


def test_a_sign_in_that_reaches_nobody_is_unreachable_and_waits_on_our_clock() -> None:
    clock = JumpingClock()
    azure = connect(Connection(WHO | {"clientSecret": SECRET}, "https://127.0.0.1:1", None), clock)
    with pytest.raises(ArmError, match=r"^VM 'vm-web-1': could not read it: Azure cannot be reached \(") as caught:
        azure.machines.get(MACHINE)
    assert caught.value.code == "Unreachable"
    assert sum(clock.waits, timedelta()) > timedelta(seconds=1)


def test_a_cancelled_deployment_ends_the_retries_of_a_sign_in() -> None:
    clock = JumpingClock(interrupted=True)
    azure = connect(Connection(WHO | {"clientSecret": SECRET}, "https://127.0.0.1:1", None), clock)
    with pytest.raises(Interrupted, match=r"^cancelled while waiting$"):
        azure.machines.get(MACHINE)


# OpenID Connect.


def signing_in(server: ServerInfo, **oidc: str) -> HotpatchError:
    azure = connected(server, clientSecret="", useOidc="true", **oidc)
    with pytest.raises(HotpatchError) as caught:
        azure.machines.get(MACHINE)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)
    return caught.value


def test_a_token_file_is_read_anew_each_time(server: ServerInfo, tmp_path: Path) -> None:
    path = tmp_path / "token"
    assert str(signing_in(server, oidcTokenFilePath=str(path))) == (
        f"azure-native:oidcTokenFilePath is '{path}', which cannot be read: No such file or directory"
    )
    path.write_bytes(b"\xff\xfe")
    assert str(signing_in(server, oidcTokenFilePath=str(path))).endswith("which cannot be read: it is no text")
    path.write_text(f"{SECRET}\n")
    # The simulated tenant knows no federation: that it was asked is what shows that the file was read.
    assert "AADSTS7000215" in str(signing_in(server, oidcTokenFilePath=str(path)))


@pytest.mark.parametrize(
    ("audience", "asked"),
    [("", "api%3A%2F%2FAzureADTokenExchange"), ("api://contoso", "api%3A%2F%2Fcontoso")],
)
def test_a_token_is_asked_of_the_ci_system(
    audience: str, asked: str, server: ServerInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with canned(tmp_path, Canned(200, json.dumps({"value": "a.b.c"}))) as ci:
        monkeypatch.setenv("SSL_CERT_FILE", ci.ca_file)
        url = f"{ci.url}/token?api-version=2"
        told = signing_in(server, oidcRequestUrl=url, oidcRequestToken=SECRET, oidcAudience=audience)
    assert "AADSTS7000215" in str(told)
    method, path, headers = ci.asked[0]
    assert (method, path) == ("GET", f"/token?api-version=2&audience={asked}")
    assert headers["Authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Canned(200, '{"other": 1}'), "its answer has no 'value'"),
        (Canned(200, '{"value": 5}'), "its answer has no 'value'"),
        (Canned(200, "[]"), "its answer has no 'value'"),
        (Canned(200, "null"), "its answer has no 'value'"),
        (Canned(200, "<html>"), "the answer is not JSON"),
        (Canned(200, "{}", cut=True), "IncompleteRead"),
        (Canned(403, "{}"), "the answer is HTTP 403 Forbidden"),
    ],
)
def test_a_ci_system_that_gives_no_token_is_told_in_one_line(
    answer: Canned, reason: str, server: ServerInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with canned(tmp_path, answer) as ci:
        monkeypatch.setenv("SSL_CERT_FILE", ci.ca_file)
        told = str(signing_in(server, oidcRequestUrl=ci.url, oidcRequestToken=SECRET))
    assert told.startswith(f"azure-native:oidcRequestUrl gave no token: {reason}")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:1/token", "azure-native:oidcRequestUrl must start with https://"),
        (
            "https://127.0.0.1:1/token",
            "azure-native:oidcRequestUrl gave no token: [Errno 111] Connection refused",
        ),
    ],
)
def test_a_ci_system_that_cannot_be_asked_is_told_in_one_line(url: str, told: str, server: ServerInfo) -> None:
    assert str(signing_in(server, oidcRequestUrl=url, oidcRequestToken=SECRET)) == told
