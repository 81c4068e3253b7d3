"""Who may ask, and how they prove it."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, TENANT_ID, Request, Response, Simulator, World
from tests.simulator.asking import MACHINE, START, Client, client, code_of

TOKEN_PATH = f"/{TENANT_ID}/oauth2/v2.0/token"
FORM = {
    "client_id": "00000000-0000-0000-0000-00000000000c",
    "client_secret": "simulated-secret",
    "grant_type": "client_credentials",
    "client_info": "1",
    "scope": "https://management.azure.com/.default",
}


def plain(simulator: Simulator, method: str, path: str, **headers: str) -> Response:
    return simulator.handle(Request.of(method, f"https://127.0.0.1:8443{path}", headers))


def exchange(azure: Client, **changes: str) -> Response:
    content = urlencode({**FORM, **changes}).encode()
    return azure.simulator.handle(Request.of("POST", f"https://127.0.0.1:8443{TOKEN_PATH}", {}, content))


def test_discovery_needs_no_token_and_leads_back_to_the_host(azure: Client) -> None:
    cloud = plain(azure.simulator, "GET", "/metadata/endpoints?api-version=2022-09-01").json()
    assert cloud["name"]
    assert cloud["resourceManager"] == cloud["authentication"]["loginEndpoint"] == "https://127.0.0.1:8443/"
    assert cloud["authentication"]["audiences"][0] == "https://127.0.0.1:8443"
    assert cloud["suffixes"] == {}
    document = plain(azure.simulator, "GET", f"/{TENANT_ID}/v2.0/.well-known/openid-configuration").json()
    assert document["token_endpoint"] == f"https://127.0.0.1:8443{TOKEN_PATH}"
    assert {"issuer", "authorization_endpoint"} < document.keys()


def test_a_secret_is_exchanged_for_a_token_that_opens_the_door(azure: Client) -> None:
    answer = exchange(azure)
    assert answer.status == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3599)
    opened = plain(azure.simulator, "GET", MACHINE, authorization=f"Bearer {body['access_token']}")
    assert opened.status == 200


@pytest.mark.parametrize(
    ("changes", "status", "error", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "someone"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
def test_a_wrong_exchange_is_refused_as_entra_refuses_it(
    azure: Client, changes: dict[str, str], status: int, error: str, number: int
) -> None:
    answer = exchange(azure, **changes)
    body = answer.json()
    assert (answer.status, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} < body.keys()
    assert "wrong" not in body["error_description"]


def test_an_unknown_tenant_is_refused(azure: Client) -> None:
    answer = plain(azure.simulator, "POST", "/contoso.example/oauth2/v2.0/token")
    assert (answer.status, answer.json()["error_codes"]) == (400, [90002])


def test_an_authority_of_ad_fs_has_but_one_tenant(azure: Client) -> None:
    answer = plain(azure.simulator, "POST", "/adfs/oauth2/v2.0/token")
    assert answer.json()["error_codes"] != [90002]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "AuthenticationFailed"),
        ("Bearer nonsense", "InvalidAuthenticationToken"),
        ("Bearer a.b.c", "InvalidAuthenticationToken"),
        ("Bearer", "InvalidAuthenticationToken"),
        ("Basic dXNlcjpwYXNz", "InvalidAuthenticationToken"),
    ],
)
def test_without_a_good_token_resource_manager_answers_401_with_a_challenge(
    azure: Client, authorization: str | None, code: str
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    refused = plain(azure.simulator, "GET", MACHINE, **headers)
    assert (refused.status, code_of(refused)) == (401, code)
    assert refused.headers["www-authenticate"].startswith("Bearer authorization_uri=")
    assert plain(azure.simulator, "GET", "/no/such/path", **headers).status == 401


def test_a_token_for_another_audience_or_of_another_seed_does_not_open_the_door(azure: Client) -> None:
    graph = azure.token("https://graph.microsoft.com/.default")
    refused = plain(azure.simulator, "GET", MACHINE, authorization=f"Bearer {graph}")
    assert (refused.status, code_of(refused)) == (401, "InvalidAuthenticationTokenAudience")
    forged = client(seed=1).token()
    refused = plain(azure.simulator, "GET", MACHINE, authorization=f"Bearer {forged}")
    assert code_of(refused) == "InvalidAuthenticationToken"


def test_tokens_expire_on_the_simulated_clock_only_when_asked_to() -> None:
    for lifetime, code in ((None, None), (timedelta(hours=1), "ExpiredAuthenticationToken")):
        simulator = Simulator(World.default(), start=START, token_lifetime=lifetime)
        token = Client(simulator).token()
        simulator.clock.advance(timedelta(hours=1))
        answer = plain(simulator, "GET", MACHINE, authorization=f"Bearer {token}")
        assert (answer.status == 200) == (code is None)
        if code is not None:
            assert code_of(answer) == code


def test_a_token_answers_who_and_where(azure: Client) -> None:
    assert [each["subscriptionId"] for each in azure.get("/subscriptions")["value"]] == [SUBSCRIPTION_ID]
    assert azure.get(f"/subscriptions/{SUBSCRIPTION_ID}")["tenantId"] == TENANT_ID
    assert azure.get("/tenants")["value"][0]["tenantId"] == TENANT_ID
    assert "eastus" in [each["name"] for each in azure.get(f"/subscriptions/{SUBSCRIPTION_ID}/locations")["value"]]
