"""Whatever is sent to whatever there is: an ARM error body, never a 500, never a dead server."""

import contextlib
import json
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azure_patch_simulator import SUBSCRIPTION_ID, TENANT_ID, Request, Response, Simulator, World
from azure_patch_simulator.pytest_plugin import AzureSubscription
from azure_patch_simulator.simulator import _ROUTER
from azure_patch_simulator.world import CLIENT_ID, CLIENT_SECRET
from tests.simulator.asking import (
    CONFIGURATIONS,
    MACHINE,
    START,
    SUBSCRIPTION,
    Client,
    client,
    in_guest_configuration,
    patch_settings,
)
from tests.simulator.test_errors import BODIES, VALUES

REQUESTS_EACH = 25
"""Requests in one example: with 500 examples, as in `make test-all`, 12,500 of them."""
ARC = f"{SUBSCRIPTION}/resourceGroups/rg-contoso/providers/Microsoft.HybridCompute/machines/arc-1"


def templates() -> list[tuple[str, str]]:
    """Every method and path that the simulator answers, those of its own control left out."""

    def walk(node: Any, parts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        for method in node.routes:
            yield method, "/" + "/".join(parts)
        for name, child in node.fixed.items():
            yield from walk(child, (*parts, name))
        for name, child in node.named.items():
            yield from walk(child, (*parts, f"{{{name}}}"))

    return [each for each in walk(_ROUTER._root, ()) if not each[1].startswith("/simulator")]


NAMES = {
    "subscription": [SUBSCRIPTION_ID, SUBSCRIPTION_ID.upper()],
    "tenant": [TENANT_ID],
    "group": ["rg-contoso", "RG-CONTOSO"],
    "machine": ["vm-web-1", "VM-WEB-1", "vm-linux-1", "arc-1", "vm-new"],
    "name": ["vm-web-1", "arc-1"],
    "namespace": ["Microsoft.Compute", "microsoft.maintenance"],
    "provider": ["Microsoft.Compute", "Microsoft.HybridCompute"],
    "type": ["virtualMachines", "machines"],
    "feature": ["InGuestHotPatchVMPreview"],
    "configuration": ["monthly", "c"],
    "assignment": ["monthly", "a"],
    "location": ["eastus"],
}
ODD = st.text(max_size=12) | st.sampled_from([".", "..", "%2e", "a" * 300, "é", "\x00", "null", "-1", "𝟘"])
# fmt: off
WORDS = st.sampled_from([
    "PT2H", "PT-1H", "P1000000000D", "IfRequired", "Always", "Critical", "Security", "KB5000001", "1111", "*", "Enable",
    "Enabled", "Hotpatch", "WindowsServer", "resources | count", "resources | where", "AutomaticByPlatform", "eastus",
    "Windows", "2026-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yes", MACHINE,
    f"{CONFIGURATIONS}/monthly",
])
MEMBERS = st.sampled_from([
    "properties", "maximumDuration", "rebootSetting", "windowsParameters", "linuxParameters", "maintenanceRunId",
    "classificationsToInclude", "kbNumbersToInclude", "kbNumbersToExclude", "packageNameMasksToInclude", "location",
    "packageNameMasksToExclude", "maxPatchPublishDate", "patchNameMasksToInclude", "excludeKbsRequiringReboot", "query",
    "options", "subscriptions", "managementGroups", "facets", "$top", "$skip", "$skipToken", "resultFormat", "filter",
    "productProfile", "productType", "productFeatures", "subscriptionStatus", "name", "osProfile", "patchSettings",
    "windowsConfiguration", "patchMode", "assessmentMode", "enableHotpatching", "status", "osType", "licenseProfile",
    "id", "tags",
])
# fmt: on
MORE = st.recursive(
    VALUES | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner, max_size=5),
    max_leaves=12,
)
# Bodies that are nearly right reach further than bodies that are not.
GOOD: list[dict[str, Any]] = [
    {"maximumDuration": "PT2H", "rebootSetting": "IfRequired", "windowsParameters": {}, "linuxParameters": {}},
    in_guest_configuration(),
    patch_settings(patchMode="AutomaticByPlatform", enableHotpatching=True),
    {"location": "eastus", "properties": {"maintenanceConfigurationId": f"{CONFIGURATIONS}/monthly", "filter": {}}},
    {"query": "resources | project id", "options": {"$top": 2}},
    {"location": "eastus", "properties": {"osType": "windows", "osProfile": {"windowsConfiguration": {}}}},
    {"location": "eastus", "properties": {"productProfile": {"productType": "WindowsServer", "productFeatures": []}}},
]


@st.composite
def bent(draw: st.DrawFn) -> dict[str, Any]:
    """A good body with one member somewhere replaced, renamed or gone."""
    body: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(GOOD))))
    place: Any = body
    while True:
        name = draw(st.sampled_from(sorted(place)))
        if isinstance(place[name], dict) and place[name] and draw(st.booleans()):
            place = place[name]
            continue
        how = draw(st.sampled_from(["replace", "rename", "remove"]))
        value = place.pop(name)
        if how != "remove":
            place[draw(MEMBERS) if how == "rename" else name] = draw(MORE) if how == "replace" else value
        return body


CONTENT = st.one_of(
    st.dictionaries(MEMBERS, MORE, max_size=6).map(lambda value: json.dumps(value).encode("ascii")),
    bent().map(lambda value: json.dumps(value).encode("ascii")),
    st.sampled_from(GOOD).map(lambda value: json.dumps(value).encode("ascii")),
    BODIES.map(lambda value: json.dumps(value).encode("ascii")),
    st.binary(max_size=30),
    st.sampled_from([b"", b"{", b"[" * 20_000, b"\xff", b'{"a": NaN}', b"1" * 5000, b'{"properties": []}', b"null"]),
)


@st.composite
def addresses(draw: st.DrawFn) -> tuple[str, str]:
    """A method and a path: one that is there, with names that may be, in any letter case."""
    method, template = draw(st.sampled_from(templates()))
    if draw(st.integers(0, 9)) == 0:
        method = draw(st.sampled_from(["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "OPTIONS", "get", "\x00"]))
    parts = []
    for part in template.split("/")[1:]:
        if part.startswith("{"):
            known = NAMES.get(part[1:-1], ["x"])
            part = quote(
                draw(ODD if draw(st.integers(0, 5)) == 0 else st.sampled_from(known)), safe="", errors="replace"
            )
        elif draw(st.integers(0, 3)) == 0:
            part = part.swapcase()
        parts.append(part)
    return method, "/" + "/".join(parts)


QUERIES = st.sampled_from(
    [
        "api-version=2026-04-01",
        "api-version=1999-01-01",
        "",
        "api-version=",
        "$expand=instanceView",
        "$skiptoken=-1",
        "$skiptoken=%ff",
        "$filter=resourceType eq 'x",
        "monitor=true&api-version=x",
        "a=b&a=c&=&&",
        "$skiptoken=99999999999999999999",
    ]
)
TOKENS = st.sampled_from(["good", "good", "good", "good", "none", "empty", "basic", "random", "audience", "unsigned"])


def authorization(azure: Client, kind: str) -> dict[str, str]:
    head, _, tail = azure.token().partition(".")
    texts = {
        "good": f"Bearer {azure.token()}",
        "empty": "",
        "basic": "Basic eDp5",
        "random": "Bearer a.b.c",
        "audience": f"Bearer {azure.token('https://contoso.example/.default')}",
        "unsigned": f"bearer {head}.{tail.partition('.')[0]}.",
    }
    return {} if kind == "none" else {"authorization": texts[kind]}


def check(answer: Response, where: str) -> None:
    """A success, or a client's error in ARM's envelope – or, from the token endpoint, in that of Entra."""
    assert 200 <= answer.status < 500, (where, answer.status, answer.body[:500])
    if answer.status < 400:
        return
    body = answer.json()
    error = body.get("error") or body.get("Error")
    if isinstance(error, str):
        assert body["error_description"].startswith("AADSTS"), where
    else:
        assert error.get("code") or error.get("Code"), where
        assert error.get("message") or error.get("Message"), where


@given(
    st.lists(st.tuples(addresses(), QUERIES, TOKENS, CONTENT), min_size=REQUESTS_EACH, max_size=REQUESTS_EACH),
    st.booleans(),
)
def test_any_request_is_answered_and_the_world_lives_on(
    asked: list[tuple[tuple[str, str], str, str, bytes]], advances: bool
) -> None:
    azure = client()
    azure.ask("PUT", f"{CONFIGURATIONS}/monthly", in_guest_configuration())
    azure.simulator.world.add_resource({"id": ARC, "location": "eastus", "properties": {"osType": "windows"}})
    for (method, path), query, token, content in asked:
        url = f"https://management.azure.com{path}?{query}"
        headers = {"content-type": "application/json", **authorization(azure, token)}
        check(azure.simulator.handle(Request.of(method, url, headers, content)), f"{method} {path} {content!r}")
        if advances:
            azure.simulator.clock.advance(azure.simulator.world.settings.operation_time * 10)
    listed = azure.ask("GET", f"{SUBSCRIPTION}/resources")
    assert listed.status in (200, 404)
    graph = azure.ask("POST", "/providers/Microsoft.ResourceGraph/resources", {"query": "resources | count"})
    assert graph.status == 200, graph.body


@given(st.dictionaries(st.sampled_from(["client_id", "client_secret", "grant_type", "scope", "claims"]), st.text()))
def test_any_form_at_the_token_endpoint_is_answered(form: dict[str, str]) -> None:
    azure = client()
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": "client_credentials", **form}
    content = "&".join(f"{name}={quote(value, errors='replace')}" for name, value in given.items()).encode("ascii")
    answer = azure.simulator.handle(Request.of("POST", f"/{TENANT_ID}/oauth2/v2.0/token", {}, content))
    check(answer, str(form))
    if answer.status == 200:
        azure.simulator.handle(
            Request.of("GET", MACHINE, {"authorization": f"Bearer {answer.json()['access_token']}"}, b"")
        )


@pytest.fixture(scope="module")
def served() -> Iterator[AzureSubscription]:
    subscription = AzureSubscription(Simulator(World.default(), start=START))
    yield subscription
    subscription.close()


LINES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET /subscriptions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \xff\r\n\r\n",
            b"POST /simulator/clock HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{",
            b"POST /simulator/clock HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
            b"POST /simulator/clock HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
            b"GET //%00/%ff/\xc3\xa9 HTTP/1.1\r\nHost: \xff\r\n\r\n",
            b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
            b"CONNECT contoso.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET https://contoso.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
        ]
    ),
)


@contextlib.contextmanager
def connected(azure: AzureSubscription, *, encrypted: bool = True) -> Iterator[socket.socket]:
    """A bare connection to the server."""
    where = urlsplit(azure.url)
    plain = socket.create_connection((str(where.hostname), int(where.port or 0)), timeout=30)
    try:
        if encrypted:
            trusting = ssl.create_default_context(cafile=azure.ca_file)
            plain = trusting.wrap_socket(plain, server_hostname="127.0.0.1")
        yield plain
    finally:
        plain.close()


@given(LINES, st.booleans())
@settings(max_examples=40)
def test_the_server_outlives_whatever_comes_over_the_wire(
    served: AzureSubscription, content: bytes, encrypted: bool
) -> None:
    with connected(served, encrypted=encrypted) as sock, contextlib.suppress(OSError):
        sock.settimeout(0.05)
        sock.sendall(content)
        assert not sock.recv(65536).startswith(b"HTTP/1.1 5"), content
    with connected(served) as sock:
        sock.sendall(b"GET /simulator/clock HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_body_that_never_ends_is_refused_before_it_fills_the_memory(served: AzureSubscription) -> None:
    size = 2**20
    token = served.credential().get_token("https://management.azure.com/.default").token
    lines = (f"PUT {MACHINE} HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", f"Content-Length: {64 * size}")
    with connected(served) as sock:
        sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        for _ in range(64):
            sock.sendall(b" " * size)
        assert sock.recv(65536).startswith(b"HTTP/1.1 413")
