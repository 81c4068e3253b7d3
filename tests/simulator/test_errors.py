"""Whatever is sent, the answer is an ARM error body, never a fault of the simulator."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_patch_simulator import Response
from tests.simulator.asking import (
    CONFIGURATIONS,
    FEATURES,
    GROUP,
    MACHINE,
    MACHINES,
    SUBSCRIPTION,
    Client,
    client,
    code_of,
)

ASSIGNMENT = f"{MACHINE}/providers/Microsoft.Maintenance/configurationAssignments/a"
SCOPE = f"{SUBSCRIPTION}/providers/Microsoft.Maintenance/configurationAssignments/a"
PLACES = [
    GROUP,
    MACHINE,
    f"{MACHINES}/vm-new",
    f"{CONFIGURATIONS}/c",
    ASSIGNMENT,
    SCOPE,
    f"{FEATURES}/InGuestHotPatchVMPreview/register",
    f"{SUBSCRIPTION}/providers/Microsoft.Compute/register",
    "/simulator/clock",
    "/simulator/faults",
]
# fmt: off
NAMES = [
    "properties", "location", "tags", "zones", "osProfile", "windowsConfiguration", "linuxConfiguration",
    "patchSettings", "patchMode", "enableHotpatching", "assessmentMode", "automaticByPlatformSettings",
    "rebootSetting", "storageProfile", "imageReference", "osDisk", "sku", "maintenanceWindow", "recurEvery",
    "duration", "timeZone", "startDateTime", "maintenanceScope", "extensionProperties", "installPatches",
    "windowsParameters", "kbNumbersToInclude", "maintenanceConfigurationId", "filter", "tagSettings",
    "visibility", "advance_to", "advance_seconds", "method", "path", "times", "answer", "drop", "delay_seconds",
    "throttle",
]
# fmt: on
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(
        ["eastus", "InGuestPatch", "AutomaticByPlatform", "1Week Monday", "03:00", "UTC", f"{CONFIGURATIONS}/c"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)


def is_an_answer(answer: Response) -> bool:
    """Success, or a client's error in one of the two envelopes Azure uses."""
    if answer.status < 400:
        return True
    body = answer.json()
    error = body.get("error") or body.get("Error")
    return answer.status < 500 and bool(error.get("code") or error.get("Code"))


@given(st.sampled_from(["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD"]), st.sampled_from(PLACES), BODIES)
def test_any_body_anywhere_is_answered(method: str, path: str, body: dict[str, Any]) -> None:
    azure = client()
    azure.ask("PUT", f"{CONFIGURATIONS}/c", {"location": "eastus"})
    for _ in range(2):
        assert is_an_answer(azure.ask(method, path, body))
    azure.simulator.faults.clear()
    assert azure.ask("GET", f"{SUBSCRIPTION}/resources").status == 200


@given(st.text(max_size=60), st.sampled_from(["", SUBSCRIPTION, GROUP, MACHINE]), st.binary(max_size=40))
def test_any_path_and_any_bytes_are_answered(text: str, prefix: str, content: bytes) -> None:
    azure = client()
    for method in ("GET", "PUT", "POST"):
        assert is_an_answer(azure.ask(method, f"{prefix}/{text}", content=content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"location": NaN}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"location": ' + b"9" * 5000 + b"}",
        b'{"properties": "text"}',
        json.dumps({"location": "\ud800", "properties": 5}).encode(),
    ],
)
def test_unreadable_bodies_are_unreadable_content(azure: Client, content: bytes) -> None:
    refused = azure.ask("PUT", MACHINE, content=content)
    assert (refused.status, code_of(refused)) == (400, "InvalidRequestContent")


def test_a_huge_body_is_refused(azure: Client) -> None:
    refused = azure.ask("PUT", MACHINE, content=b" " * (4 * 1024 * 1024 + 1))
    assert (refused.status, code_of(refused)) == (413, "SimulatorRuleRequestTooLarge")


def test_unknown_subscriptions_paths_and_methods_have_their_answers(azure: Client) -> None:
    missing = azure.ask("GET", "/subscriptions/00000000-0000-0000-0000-000000000009/resourceGroups")
    assert (missing.status, missing.json()["error"]) == (
        404,
        {
            "code": "SubscriptionNotFound",
            "message": "The subscription '00000000-0000-0000-0000-000000000009' could not be found.",
        },
    )
    assert code_of(azure.ask("GET", f"{SUBSCRIPTION}/nothing")) == "SimulatorRuleNoSuchPath"
    refused = azure.ask("POST", MACHINE)
    assert (refused.status, code_of(refused)) == (405, "SimulatorRuleMethodNotAllowed")


def test_api_versions_and_unknown_query_parameters_do_not_matter(azure: Client) -> None:
    for version in ("2016-02-01", "2099-01-01-preview", None):
        assert azure.ask("GET", f"{MACHINE}?p=1&t=2&c=3&s=4&h=5", version=version).status == 200


def test_every_answer_carries_its_request_id(azure: Client) -> None:
    answers = [azure.ask("GET", MACHINE), azure.ask("GET", "/nothing")]
    assert [answer.headers["x-ms-request-id"] for answer in answers] == [
        entry.request_id for entry in azure.simulator.journal
    ]
