"""`azure-hotpatch doctor`, with each thing broken in turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator import Answer, Simulator, World, match
from pulumi_azure_hotpatch.diagnosis import programs
from pulumi_azure_hotpatch.host.system_clock import SystemClock
from tests.cli.asked import serving
from tests.cli.conftest import Ask
from tests.cli.test_preview import preview, settings, step
from tests.support.simulated import START

VM = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso/providers/Microsoft.Compute/" + (
    "virtualMachines/vm-web-1"
)


@pytest.fixture(autouse=True)
def a_pulumi_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi_command(tmp_path, monkeypatch, "echo v3.253.0")


def pulumi_command(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a `pulumi` that does this first on PATH, and nothing else but the shell's own directories."""
    command = folder / "pulumi"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@contextmanager
def azure(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> Iterator[Simulator]:
    world = World.default()
    for name, value in changed.items():
        assert hasattr(world.settings, name)
        setattr(world.settings, name, value)
    with serving(world, monkeypatch) as simulator:
        yield simulator


def rows(ask: Ask, *arguments: str, code: int, stdin: str = "") -> dict[str, dict[str, str]]:
    """The lines by check; of several with one name the last."""
    answer = ask("doctor", "--json", *arguments, stdin=stdin)
    assert (answer.code, answer.err) == (code, "")
    found = answer.rows("doctor")
    assert all((row["fix"] == "nothing to do") == (row["verdict"] == "ok") for row in found)
    return {row["check"]: row for row in found}


def test_nothing_is_wrong_with_a_healthy_machine(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = preview(settings(virtualMachineId=VM), step("PreviewEnrollment", "it", features=["InGuestPatchVMPreview"]))
    with azure(monkeypatch) as simulator:
        found = rows(ask, "-", code=0, stdin=stack)
        assert {row["verdict"] for row in found.values()} == {"ok", "unknown", "warn"}
        assert [entry.operation for entry in simulator.journal if entry.method not in ("GET", "HEAD")] == [
            "OAuth2_Token"
        ]
    assert found["pulumi-cli"]["found"] == "pulumi v3.253.0"
    assert "clientSecret from ARM_CLIENT_SECRET" in found["credentials"]["found"]
    assert found["permissions in rg-contoso"]["verdict"] == "ok"
    assert found["feature Microsoft.Compute/InGuestPatchVMPreview"] == {
        "check": "feature Microsoft.Compute/InGuestPatchVMPreview",
        "verdict": "warn",
        "found": "NotRegistered",
        "fix": "pulumi up registers it and waits",
    }
    assert found["permissions"]["verdict"] == "unknown"
    assert "Azure documents no way to ask for a whole subscription" in found["permissions"]["found"]


def test_every_line_for_people_ends_with_what_to_do(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with azure(monkeypatch, registered_providers=["Microsoft.Compute"]):
        answer = ask("doctor", columns=200)
    assert answer.code == 1
    assert "  ok      subscription: 00000000-0000-0000-0000-000000000001 (Contoso) is enabled – nothing to do" in (
        answer.lines
    )
    at = next(number for number, line in enumerate(answer.lines) if "provider Microsoft.Maintenance" in line)
    assert answer.lines[at].strip() == "fail    provider Microsoft.Maintenance: NotRegistered"
    assert answer.lines[at + 1].strip().startswith("az provider register --namespace Microsoft.Maintenance")


def test_no_secret_is_shown(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with azure(monkeypatch):
        monkeypatch.setenv("ARM_CLIENT_SECRET", "Wh1sper~ed.Once")
        answer = ask("doctor")
    assert answer.code == 1
    assert "Wh1sper" not in answer.out + answer.err


@pytest.mark.parametrize(
    ("changed", "check", "found", "fix"),
    [
        ({"subscription_state": "Disabled"}, "subscription", "is Disabled", "enable it again in the portal"),
        ({"registered_providers": []}, "provider Microsoft.Compute", "NotRegistered", "az provider register"),
        (
            {"denied_actions": ["Microsoft.Compute/virtualMachines/write"]},
            "permissions in rg-contoso",
            "Microsoft.Compute/virtualMachines/write is missing, for web",
            "assign a role that has it, such as Virtual Machine Contributor",
        ),
        (
            {"allowed_actions": ["*/read"]},
            "permissions in rg-contoso",
            "Microsoft.Compute/virtualMachines/write is missing, for web",
            "assign a role",
        ),
    ],
)
def test_what_azure_lacks_is_one_failing_line(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], check: str, found: str, fix: str
) -> None:
    with azure(monkeypatch, **changed):
        row = rows(ask, "-", code=1, stdin=preview(settings(virtualMachineId=VM)))[check]
    assert row["verdict"] == "fail"
    assert found in row["found"]
    assert row["fix"].startswith(fix)


@pytest.mark.parametrize(
    ("variable", "value", "check", "found"),
    [
        ("ARM_CLIENT_SECRET", "wrong", "credentials", "Signing in to Azure failed"),
        ("ARM_TENANT_ID", "not a tenant", "credentials", "which is neither an id nor a domain"),
        ("ARM_SUBSCRIPTION_ID", "", "subscription", "none is configured"),
        ("ARM_SUBSCRIPTION_ID", "00000000-0000-0000-0000-0000000000ff", "subscription", "SubscriptionNotFound"),
        ("ARM_USE_DEFAULT_AZURE_CREDENTIAL", "perhaps", "credentials", "is 'perhaps'; it must be true or false"),
        ("AZURE_HOTPATCH_PREVIEW_READS", "never", "configuration", "it must be 'auto' or 'off'"),
        ("AZURE_HOTPATCH_ENDPOINT", "https://127.0.0.1:1", "endpoint", "does not answer"),
        ("AZURE_HOTPATCH_CLOCK", "system", "clock", ""),
    ],
)
def test_what_is_configured_wrong_is_one_failing_line(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, check: str, found: str
) -> None:
    with azure(monkeypatch):
        monkeypatch.setenv(variable, value)
        healthy = variable == "AZURE_HOTPATCH_CLOCK"
        monkeypatch.setattr(SystemClock, "now", lambda _: START)
        row = rows(ask, code=0 if healthy else 1)[check]
    assert row["verdict"] == ("ok" if healthy else "fail")
    assert found in row["found"]


def test_a_clock_that_is_wrong_is_told(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with azure(monkeypatch):
        monkeypatch.setenv("AZURE_HOTPATCH_CLOCK", "system")
        monkeypatch.setattr(SystemClock, "now", lambda _: START - timedelta(minutes=20))
        row = rows(ask, code=1)["clock"]
    assert row["verdict"] == "fail"
    assert row["found"] == "1200 s from the endpoint's"
    assert row["fix"] == "set this machine's clock: tokens are refused otherwise"


def test_a_group_that_is_not_there_yet_is_not_a_failure(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with azure(monkeypatch):
        gone = VM.replace("rg-contoso", "rg-later")
        row = rows(ask, "-", code=0, stdin=preview(settings(virtualMachineId=gone)))["permissions in rg-later"]
    assert (row["verdict"], row["fix"]) == ("unknown", "create the group first, or ask somebody who may read it")


def test_permissions_that_may_not_be_read_are_not_known(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    with azure(monkeypatch) as simulator:
        refusal = Answer(403, "AuthorizationFailed", "No.")
        simulator.faults.add(match("GET", "Microsoft.Authorization"), response=refusal, times=None)
        row = rows(ask, "-", code=0, stdin=preview(settings(virtualMachineId=VM)))["permissions in rg-contoso"]
    assert row["verdict"] == "unknown"
    assert "AuthorizationFailed: No." in row["found"]


@pytest.mark.parametrize(
    ("script", "verdict", "found"),
    [
        ("echo v2.30.0", "fail", "pulumi v2.30.0"),
        ("echo nonsense", "unknown", "pulumi version prints 'nonsense'"),
        ("exit 3", "fail", "no pulumi command: it does not start"),
    ],
)
def test_a_pulumi_command_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, verdict: str, found: str
) -> None:
    pulumi_command(tmp_path, monkeypatch, script)
    (row,) = (check for check in programs.programs() if check.name == "pulumi-cli")
    assert row.verdict == verdict
    assert row.found.startswith(found)


def test_a_missing_pulumi_command_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    (row,) = (check for check in programs.programs() if check.name == "pulumi-cli")
    assert (row.verdict, row.found) == ("fail", "no pulumi command: it is not on PATH")


def test_the_configuration_of_a_stack_counts(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = '{"azure-native:environment":{"value":"atlantis","secret":false}}'
    pulumi_command(tmp_path, monkeypatch, f"case \"$1\" in config) echo '{config}';; *) echo v3.253.0;; esac")
    row = rows(ask, "--stack", "dev", code=1)["endpoint"]
    assert row["found"] == "azure-native:environment is 'atlantis'; it must be public, usgovernment or china"


def test_a_stack_that_cannot_be_read_is_bad_input(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi_command(tmp_path, monkeypatch, "echo 'no stack named dev found' >&2; exit 255")
    answer = ask("doctor", "--stack", "dev")
    assert (answer.code, answer.err) == (
        2,
        "azure-hotpatch: the configuration of stack 'dev' cannot be read: no stack named dev found\n",
    )


def test_only_a_preview_says_what_is_needed(ask: Ask) -> None:
    answer = ask("doctor", "-", stdin="[]")
    assert (answer.code, answer.err) == (
        2,
        "azure-hotpatch: standard input: not a preview; expected what `pulumi preview --json --show-sames` prints or "
        "`--save-plan` writes\n",
    )
