"""Whatever Azure answers, or does not, reaches the user as one line that names the subject and what was tried."""

import json
import socket
from pathlib import Path

import pytest
from azure.core.exceptions import ClientAuthenticationError

from azure_patch_simulator import Answer, Drop, match, throttled
from pulumi_azure_hotpatch.arm.errors import arm_errors
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, HotpatchError, NotFound
from pulumi_azure_hotpatch.ids import ResourceId
from tests.arm.answers import MACHINE, SCHEDULE, JumpingClock, reaching
from tests.support.canned_https import Canned, canned
from tests.support.simulated import Azure

FEATURE = "InGuestPatchVMPreview"
READING = "VM 'vm-web-1': could not read it: "


def failure(azure: Azure) -> HotpatchError:
    with pytest.raises(HotpatchError) as caught:
        azure.runtime.azure.machines.get(MACHINE)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def answering(answer: Answer | Drop) -> Azure:
    azure = Azure()
    azure.simulator.faults.add(match(path="virtualMachines"), response=answer, times=None)
    return azure


@pytest.mark.parametrize(
    ("status", "code", "times"),
    [
        (400, "BadRequest", 1),
        (403, "AuthorizationFailed", 1),
        (409, "Conflict", 1),
        (500, "InternalServerError", 4),
        (502, "BadGateway", 4),
        (503, "ServiceUnavailable", 4),
        (504, "GatewayTimeout", 4),
    ],
)
def test_an_error_of_arm_keeps_its_code_status_and_text(status: int, code: str, times: int) -> None:
    azure = answering(Answer(status, code, "Something\r\n  is wrong."))
    error = failure(azure)
    assert type(error) is ArmError
    assert (error.status, error.code) == (status, code)
    assert str(error) == f"{READING}{code}: Something is wrong."
    assert len(azure.calls()) == times


def test_being_throttled_for_good_is_told_after_four_tries() -> None:
    azure = answering(throttled(5))
    error = failure(azure)
    assert isinstance(error, ArmError)
    assert error.status == 429
    assert str(error).startswith(f"{READING}SimulatorRuleThrottled: Too many requests.")
    assert len(azure.calls()) == 4


def test_a_machine_that_does_not_exist_is_none_and_no_error() -> None:
    azure = Azure()
    other = ResourceId.parse(f"{MACHINE}-gone")
    assert azure.runtime.azure.machines.get(other) is None


def test_a_subscription_that_does_not_exist_is_an_error_and_not_none() -> None:
    azure = Azure()
    text = str(MACHINE).replace("000000000001", "0000000000ff")
    with pytest.raises(NotFound, match=r"^VM 'vm-web-1': could not read it: SubscriptionNotFound: "):
        azure.runtime.azure.machines.get(ResourceId.parse(text))
    schedule = ResourceId.parse(str(SCHEDULE).replace("000000000001", "0000000000ff"))
    with pytest.raises(NotFound, match=r"^schedule 'patch-tuesday': could not read it: SubscriptionNotFound: "):
        azure.runtime.azure.maintenance.get_schedule(schedule)
    with pytest.raises(NotFound, match=r"could not read its registration: SubscriptionNotFound: "):
        azure.runtime.azure.features.state("00000000-0000-0000-0000-0000000000ff", "Microsoft.Compute", FEATURE)


def test_a_token_that_azure_refuses_is_a_matter_of_configuration() -> None:
    error = failure(answering(Answer(401, "ExpiredAuthenticationToken", "The access token expired.")))
    assert isinstance(error, ConfigurationError)
    assert str(error) == (
        "Signing in to Azure failed: ExpiredAuthenticationToken: The access token expired. "
        "Check the credentials of the stack."
    )


CHAIN = (
    "DefaultAzureCredential failed to retrieve a token from the included credentials.\nAttempted credentials:\n"
    "\tEnvironmentCredential: EnvironmentCredential authentication unavailable. Not fully configured.\n"
    "Visit https://aka.ms/environment to troubleshoot this issue.\n"
    "\tSharedTokenCacheCredential: SharedTokenCacheCredential authentication unavailable.\n"
    "\tAzureCliCredential: {cli}\n"
    "\tAzurePowerShellCredential: PowerShell is not installed\n"
    "To mitigate this issue, please refer to the troubleshooting guidelines."
)
TO_DO = "Run `az login`, or set ARM_CLIENT_ID, ARM_CLIENT_SECRET and ARM_TENANT_ID."


@pytest.mark.parametrize(
    ("cli", "told"),
    [
        ("Azure CLI not found on path", "no credentials were found"),
        ("ERROR: AADSTS70043: The refresh token has\nexpired.", "AzureCliCredential: ERROR: AADSTS70043: The refresh"),
    ],
)
def test_of_credentials_that_were_tried_only_those_that_are_there_are_told(cli: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught, arm_errors("read it", "VM 'vm-web-1'"):
        raise ClientAuthenticationError(message=CHAIN.format(cli=cli))
    said = str(caught.value)
    assert said.startswith(f"Signing in to Azure failed: {told}")
    assert said.endswith(f". {TO_DO}")
    assert "unavailable" not in said
    assert "\n" not in said


def test_a_lost_connection_is_unreachable() -> None:
    error = failure(answering(Drop()))
    assert isinstance(error, ArmError)
    assert (error.code, error.status) == ("Unreachable", 0)
    assert str(error) == f"{READING}Azure cannot be reached (the connection was closed)"


def test_a_refused_connection_is_unreachable_after_retries_on_our_clock() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{closed.getsockname()[1]}"
        clock = JumpingClock()
        with reaching(url, None, clock) as azure, pytest.raises(ArmError) as caught:
            azure.machines.get(MACHINE)
    assert caught.value.code == "Unreachable"
    assert str(caught.value).startswith(f"{READING}Azure cannot be reached (")
    assert str(caught.value).endswith(f"({url.removeprefix('https://')} refused the connection)")
    assert "\n" not in str(caught.value)
    assert clock.waits


def test_a_certificate_of_a_stranger_is_unreachable(tmp_path: Path) -> None:
    with canned(tmp_path, Canned()) as server, reaching(server.url, None) as azure:
        with pytest.raises(ArmError) as caught:
            azure.machines.get(MACHINE)
        assert server.asked == []
    assert caught.value.code == "Unreachable"
    assert "CERTIFICATE_VERIFY_FAILED" in str(caught.value)
    assert "azure-hotpatch:caFile" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_page_of_a_gateway_is_told_by_its_status(tmp_path: Path) -> None:
    page = Canned(502, "<html>\n<h1>Bad gateway</h1>\n</html>", {"Content-Type": "text/html"})
    with (
        canned(tmp_path, page) as server,
        reaching(server.url, server.ca_file) as azure,
        pytest.raises(ArmError) as caught,
    ):
        azure.machines.get(MACHINE)
    assert caught.value.status == 502
    assert str(caught.value) == f"{READING}Bad Gateway"


@pytest.mark.parametrize(
    "cut", [Canned(200, '{"id": ', {"Content-Type": "application/json"}), Canned(200, "{}", cut=True)]
)
def test_a_body_that_ends_too_early_is_an_error_of_one_line(tmp_path: Path, cut: Canned) -> None:
    with (
        canned(tmp_path, cut) as server,
        reaching(server.url, server.ca_file) as azure,
        pytest.raises(ArmError) as caught,
    ):
        azure.machines.get(MACHINE)
    assert str(caught.value).startswith(READING)
    assert "\n" not in str(caught.value)


def test_what_is_no_error_of_azure_passes_through() -> None:
    with pytest.raises(ZeroDivisionError), arm_errors("divide", "it"):
        raise ZeroDivisionError


PAGE = Canned(200, "<html><h1>Sign in to the network</h1></html>", {"Content-Type": "text/html; charset=utf-8"})
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (PAGE, "the answer is no JSON object (text/html); look for a proxy in between"),
        (Canned(200, "null", JSON), "the answer is no JSON object (application/json); look for"),
        (Canned(200, '{"name": ', JSON), "the answer cannot be read"),
        (Canned(200, "", JSON), "the answer cannot be read"),
        (Canned(200, "{}", JSON, cut=True), "the answer was cut off"),
    ],
)
def test_an_answer_that_is_not_azure_s_is_one_line(answer: Canned, told: str, tmp_path: Path) -> None:
    with (
        canned(tmp_path, answer) as server,
        reaching(server.url, server.ca_file) as azure,
        pytest.raises(ArmError) as caught,
    ):
        azure.machines.get(MACHINE)
    assert str(caught.value).startswith(f"{READING}{told}")
    assert caught.value.code == "Unreadable"


@pytest.mark.parametrize("body", ["", "{}", '{"data": [5], "count": 1}', '{"data": {"rows": []}, "count": 0}'])
def test_an_answer_of_resource_graph_without_rows_is_one_line(body: str, tmp_path: Path) -> None:
    with (
        canned(tmp_path, Canned(200, body, JSON)) as server,
        reaching(server.url, server.ca_file) as azure,
        pytest.raises(ArmError) as caught,
    ):
        list(azure.graph.query("resources", [str(MACHINE.subscription_id)]))
    assert str(caught.value) == "Azure Resource Graph: could not ask it: the answer holds no rows"


def test_a_query_whose_answer_is_lost_is_asked_again() -> None:
    azure = Azure()
    azure.simulator.faults.add(match(path="ResourceGraph"), response=Drop(), times=1)
    found = list(azure.runtime.azure.graph.query("resources | where type has 'virtualmachines' | limit 1", []))
    assert len(found) == 1


def test_what_is_wrong_with_a_query_is_in_the_details(tmp_path: Path) -> None:
    details = [
        {"code": "InvalidQuery", "message": "Query is invalid."},
        {"code": "ParserFailure", "message": "ParserFailure", "line": 1, "characterPositionInLine": 42, "token": "'"},
    ]
    body = {"error": {"code": "BadRequest", "message": "Please provide below info.", "details": details}}
    with (
        canned(tmp_path, Canned(400, json.dumps(body), JSON)) as server,
        reaching(server.url, server.ca_file) as azure,
        pytest.raises(ArmError) as caught,
    ):
        list(azure.graph.query("resources |", []))
    assert str(caught.value) == (
        "Azure Resource Graph: could not ask it: BadRequest: Please provide below info. "
        "(InvalidQuery: Query is invalid.; ParserFailure in line 1, column 42)"
    )
