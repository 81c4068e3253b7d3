"""Which endpoints a configuration means."""

import json
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator import Simulator, World
from azure_patch_simulator.server import serve_in_thread
from pulumi_azure_hotpatch.arm.clouds import Cloud, cloud_from_metadata, find_cloud
from pulumi_azure_hotpatch.arm.connection import Connection
from pulumi_azure_hotpatch.errors import ConfigurationError
from tests.support.canned_https import Canned, canned
from tests.support.simulated import START

PUBLIC = ("https://management.azure.com", "https://login.microsoftonline.com")
GOVERNMENT = ("https://management.usgovcloudapi.net", "https://login.microsoftonline.us")
CHINA = ("https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn")

DESCRIBED: dict[str, Any] = {
    "name": "Contoso",
    "resourceManager": "https://arm.contoso.example/",
    "authentication": {"loginEndpoint": "https://login.contoso.example", "audiences": ["https://arm.contoso.example"]},
}


@pytest.mark.parametrize(
    ("name", "endpoints"),
    [
        ("", PUBLIC),
        ("public", PUBLIC),
        ("AzureCloud", PUBLIC),
        ("usgovernment", GOVERNMENT),
        ("usgov", GOVERNMENT),
        ("AzureUSGovernment", GOVERNMENT),
        ("AzureUSGovernmentCloud", GOVERNMENT),
        ("USGovernmentL4", GOVERNMENT),
        ("china", CHINA),
        ("AzureChinaCloud", CHINA),
    ],
)
def test_a_cloud_is_known_by_every_name_that_azure_native_takes(name: str, endpoints: tuple[str, str]) -> None:
    cloud = find_cloud(Connection({"environment": name}))
    assert (cloud.resource_manager, cloud.authority) == endpoints


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("public", "https://management.azure.com/.default"),
        ("usgovernment", "https://management.core.usgovcloudapi.net/.default"),
        ("china", "https://management.core.chinacloudapi.cn/.default"),
    ],
)
def test_tokens_are_asked_for_the_clouds_own_audience(name: str, scope: str) -> None:
    assert find_cloud(Connection({"environment": name})).scope == scope


def test_an_unknown_cloud_is_refused_by_the_key_that_names_it() -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_cloud(Connection({"environment": "german"}))
    assert str(caught.value) == "azure-native:environment is 'german'; it must be public, usgovernment or china"


def test_an_endpoint_answers_for_everything_and_before_everything() -> None:
    azure = {"environment": "german", "metadataHost": "nowhere.contoso.example"}
    url = "https://127.0.0.1:8443"
    assert find_cloud(Connection(azure, url, "ca.pem")) == Cloud(url, url, url)


@pytest.mark.parametrize("form", ["{host}", "https://{host}", "https://{host}/"])
def test_a_metadata_host_describes_its_cloud(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_in_thread(Simulator(World.default(), start=START)) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.ca_file)
        host = form.format(host=server.url.removeprefix("https://"))
        cloud = find_cloud(Connection({"metadataHost": host}))
    assert cloud == Cloud(f"{server.url}/", f"{server.url}/", server.url)
    assert cloud.scope == f"{server.url}/.default"


def test_of_several_clouds_the_named_one_is_taken_and_else_the_first() -> None:
    other = {**DESCRIBED, "name": "Other", "resourceManager": "https://arm.other.example"}
    assert cloud_from_metadata([DESCRIBED, other], "other").resource_manager == "https://arm.other.example"
    assert cloud_from_metadata([DESCRIBED, other], "").resource_manager == "https://arm.contoso.example/"


@pytest.mark.parametrize("answer", [None, [], {}, 5, "cloud", [1], [None], {**DESCRIBED, "authentication": []}])
def test_an_answer_that_describes_no_cloud_is_refused(answer: Any) -> None:
    with pytest.raises(LookupError, match="the answer does not describe a cloud"):
        cloud_from_metadata(answer, "Contoso")


def test_a_cloud_without_tls_is_refused() -> None:
    with pytest.raises(LookupError, match="do not start with https"):
        cloud_from_metadata({**DESCRIBED, "resourceManager": "http://arm.contoso.example"}, "")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Canned(200, json.dumps(DESCRIBED), cut=True), "IncompleteRead"),
        (Canned(200, "<html>"), "the answer is not JSON"),
        (Canned(200, "[]"), "the answer does not describe a cloud"),
        (Canned(404, "{}"), "the answer is HTTP 404 Not Found"),
    ],
)
def test_a_metadata_host_that_gives_no_cloud_is_refused_in_one_line(
    answer: Canned, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with canned(tmp_path, answer) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.ca_file)
        with pytest.raises(ConfigurationError) as caught:
            find_cloud(Connection({"metadataHost": server.url}))
    assert str(caught.value).startswith(f"azure-native:metadataHost '{server.url}' gives no cloud endpoints: {reason}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("http://127.0.0.1:1", "it must be a host name or start with https://"),
        ("ftp://127.0.0.1", "it must be a host name or start with https://"),
        ("127.0.0.1:1", "refused"),
        ("arm contoso", "control characters"),
    ],
)
def test_a_metadata_host_that_cannot_be_asked_is_refused_in_one_line(host: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^azure-native:metadataHost ") as caught:
        find_cloud(Connection({"metadataHost": host}))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_metadata_host_of_a_stranger_is_not_believed(tmp_path: Path) -> None:
    with canned(tmp_path, Canned(200, json.dumps(DESCRIBED))) as server:
        with pytest.raises(ConfigurationError, match="CERTIFICATE_VERIFY_FAILED"):
            find_cloud(Connection({"metadataHost": server.url}))
        assert server.asked == []
