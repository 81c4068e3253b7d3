"""One session for all clients: what the environment says of proxies and certificates is looked up once a host."""

import pytest
import requests

from pulumi_azure_hotpatch.arm.transport import Session

VM, OTHER = "https://management.azure.com/subscriptions/s", "https://login.microsoftonline.com/t"


def test_proxies_of_the_environment_are_used_and_excepted_hosts_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    monkeypatch.setenv("NO_PROXY", "login.microsoftonline.com")
    session = Session()
    for _ in range(2):
        found = session.merge_environment_settings(VM, {}, None, True, None)
        assert found["proxies"]["https"] == "http://192.0.2.1:3128"
        assert "https" not in session.merge_environment_settings(OTHER, {}, None, True, None)["proxies"]


def test_the_environment_is_asked_once_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def proxies(url: str, no_proxy: object) -> dict[str, str]:  # noqa: ARG001 - as requests calls it
        asked.append(url)
        return {}

    monkeypatch.setattr(requests.sessions, "get_environ_proxies", proxies)
    session = Session()
    for number in range(5):
        assert session.merge_environment_settings(f"{VM}/{number}", {}, True, True, None)["stream"] is True
        assert session.merge_environment_settings(OTHER, {}, False, True, None)["stream"] is False
    assert len(asked) == 2


def test_certificates_and_proxies_of_a_request_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    session = Session()
    given = session.merge_environment_settings(VM, {"https": "http://192.0.2.2:3128"}, None, "ca.pem", None)
    assert (given["proxies"]["https"], given["verify"]) == ("http://192.0.2.2:3128", "ca.pem")


def test_passwords_of_a_netrc_never_reach_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests.sessions, "get_netrc_auth", lambda _: ("somebody", "secret"))
    request = requests.Request("GET", VM, headers={"Authorization": "Bearer token"})
    assert Session().prepare_request(request).headers["Authorization"] == "Bearer token"
