"""What a failed, cancelled or timed-out verb tells the user, and what it leaves for the next run."""

import base64
import pickle
import time
from collections.abc import Callable

import pytest

from azure_patch_simulator import Answer, match
from azure_patch_simulator.server import ServerInfo
from pulumi_azure_hotpatch.host.dynamic import HandlerProvider
from tests.host.bags import MACHINE, SUBSCRIPTION, Bag
from tests.host.conftest import STUCK
from tests.support.dynamic_host import (
    Engine,
    Partial,
    Plugin,
    VerbFailed,
    environment_of,
    in_threads,
    wait_for,
)
from tests.support.simulated import Azure

SETTINGS = "VirtualMachinePatchSettings"
ENROLMENT = "PreviewEnrollment"
WANTED = {"virtualMachineId": MACHINE, "patchMode": "AutomaticByPlatform", "enableHotpatching": True}
PREFIX = "AzureHotpatchError: "
CANCELLED = (
    "preview features of Microsoft.Compute: cancelled while waiting; "
    "what was done is kept, run the deployment again to continue"
)


def told(error: VerbFailed) -> str:
    """The one line of a failure, without what the host puts before it."""
    assert error.details.count("\n") == 1
    assert error.details.endswith("\n")
    assert "Traceback" not in error.details
    assert 'File "' not in error.details
    assert error.details.startswith(PREFIX)
    return error.details.removeprefix(PREFIX).rstrip("\n")


def enrolling(feature: str, **more: str | float) -> Bag:
    return {"features": [feature], "subscriptionId": SUBSCRIPTION, "agreeingReads": 1, **more}


def kept(error: VerbFailed) -> Partial:
    assert error.partial is not None
    return error.partial


def test_an_expected_failure_is_exactly_one_line(server: ServerInfo, engine: Engine) -> None:
    with Plugin(engine, environment_of(server)) as plugin, pytest.raises(VerbFailed) as caught:
        plugin.create(SETTINGS, {**WANTED, "virtualMachineId": f"{MACHINE}-gone"})
    assert told(caught.value) == (
        f"VM 'vm-web-1-gone': it does not exist ({MACHINE}-gone); create it first, or correct virtual_machine_id"
    )
    assert caught.value.partial is None
    assert plugin.stderr == ""


def test_an_error_of_azure_is_one_line_in_every_verb(azure: Azure, server: ServerInfo, engine: Engine) -> None:
    refused = Answer(403, "AuthorizationFailed", "The client has\r\n no authorization.")
    azure.simulator.faults.add(match(path="virtualMachines"), response=refused, times=None)
    stored = {**WANTED, "applied": {"patch_mode": "AutomaticByPlatform"}, "previous": {"patch_mode": "Manual"}}
    with Plugin(engine, environment_of(server, preview_reads="off")) as plugin:
        calls: dict[str, Callable[[], object]] = {
            "create": lambda: plugin.create(SETTINGS, WANTED),
            "read": lambda: plugin.read(SETTINGS, MACHINE, stored, WANTED),
            "update": lambda: plugin.update(SETTINGS, MACHINE, stored, {**WANTED, "enableHotpatching": False}),
            "delete": lambda: plugin.delete(SETTINGS, MACHINE, stored),
        }
        for verb, call in calls.items():
            with pytest.raises(VerbFailed) as caught:
                call()
            assert told(caught.value) == (
                "VM 'vm-web-1': could not read it: AuthorizationFailed: The client has no authorization."
            ), verb
    assert plugin.stderr == ""


def test_a_configuration_that_makes_no_sense_is_one_line_at_the_first_verb(server: ServerInfo, engine: Engine) -> None:
    environment = environment_of(server) | {"AZURE_HOTPATCH_VERBOSE": "loud"}
    with Plugin(engine, environment) as plugin, pytest.raises(VerbFailed) as caught:
        plugin.check(SETTINGS, WANTED)
    assert told(caught.value) == "azure-hotpatch:verbose is 'loud'; it must be true or false"
    assert plugin.stderr == ""


def test_a_refused_sign_in_is_one_line_without_the_secret_anywhere(server: ServerInfo, engine: Engine) -> None:
    secret = "Wh1sper~ed.Once"
    config = {"azure-native:clientSecret": secret, "azure-native:clientId": server.client_id}
    with Plugin(engine, environment_of(server), config=config) as plugin:
        # A preview goes on without what it cannot see.
        assert plugin.check(SETTINGS, WANTED).failures == ()
        with pytest.raises(VerbFailed) as caught:
            plugin.create(SETTINGS, WANTED)
    assert told(caught.value).startswith("Signing in to Azure failed: ")
    assert plugin.stderr == ""
    assert secret not in caught.value.details + "".join(said.message for said in engine.said)


def test_inputs_that_a_policy_has_spoilt_after_check_are_refused_in_one_line(
    azure: Azure, server: ServerInfo, engine: Engine
) -> None:
    with Plugin(engine, environment_of(server)) as plugin:
        inputs = plugin.check(SETTINGS, WANTED).inputs
        calls = len(azure.calls())
        with pytest.raises(VerbFailed) as shape:
            plugin.create(SETTINGS, {**inputs, "patchMode": "Sometimes"})
        with pytest.raises(VerbFailed) as rule:
            plugin.create(SETTINGS, {**inputs, "patchMode": "Manual"})
    assert told(shape.value).startswith("patchMode: 'Sometimes' is not one of ")
    assert told(rule.value).startswith("VM 'vm-web-1': ")
    assert not [call for call in azure.calls()[calls:] if call != "VirtualMachines_Get"]


def test_a_bug_shows_where_it_is(server: ServerInfo, engine: Engine) -> None:
    # The base class names no handler.
    faulty = base64.b64encode(pickle.dumps(HandlerProvider(), protocol=4)).decode()
    with Plugin(engine, environment_of(server)) as plugin, pytest.raises(VerbFailed) as caught:
        plugin.delete(SETTINGS, MACHINE, {**WANTED, "__provider": faulty})
    first, *rest = caught.value.details.splitlines()
    assert first.startswith(f"{PREFIX}unexpected AttributeError: ")
    assert first.endswith("(please report this)")
    assert any("dynamic.py" in line for line in rest)


def test_a_wait_that_times_out_leaves_its_partial_state(server: ServerInfo, engine: Engine) -> None:
    with Plugin(engine, environment_of(server)) as plugin, pytest.raises(VerbFailed) as caught:
        plugin.create(ENROLMENT, enrolling(STUCK[0], timeout="5m"))
    reason = (
        f"preview features of Microsoft.Compute: still waiting for {STUCK[0]} to register after 5m; "
        "run again to go on waiting"
    )
    assert told(caught.value) == reason
    partial = kept(caught.value)
    assert partial.id == (
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Features/featureProviders/Microsoft.Compute"
    )
    assert partial.reasons == (reason,)
    assert partial.properties["registered"] == [STUCK[0]]
    assert partial.properties["unfinished"] == reason
    assert partial.inputs == enrolling(STUCK[0], timeout="5m")


def test_the_programs_own_timeout_ends_a_wait_too(azure: Azure, server: ServerInfo, engine: Engine) -> None:
    started = azure.clock.now()
    with Plugin(engine, environment_of(server)) as plugin, pytest.raises(VerbFailed) as caught:
        plugin.create(ENROLMENT, enrolling(STUCK[0]), timeout=90)
    assert "after 1m30s; run again" in told(caught.value)
    assert (azure.clock.now() - started).total_seconds() == 90


def test_the_next_run_goes_on_from_partial_state(azure: Azure, server: ServerInfo, engine: Engine) -> None:
    feature = "InGuestPatchVMPreview"
    with Plugin(engine, environment_of(server)) as plugin:
        with pytest.raises(VerbFailed) as caught:
            plugin.create(ENROLMENT, enrolling(feature, timeout="10s", pollInterval="5s"))
        partial = kept(caught.value)
        assert plugin.diff(ENROLMENT, partial.id, partial.properties, enrolling(feature)).changes
        outputs = plugin.update(ENROLMENT, partial.id, partial.properties, enrolling(feature))
    assert outputs["registered"] == [feature]
    assert "unfinished" not in outputs
    assert azure.calls().count("Features_Register") == 1


def test_a_machine_whose_change_times_out_remembers_what_was_there_before(server: ServerInfo, engine: Engine) -> None:
    with Plugin(engine, environment_of(server)) as plugin, pytest.raises(VerbFailed) as caught:
        plugin.create(SETTINGS, {**WANTED, "timeout": "5s"})
    partial = kept(caught.value)
    assert partial.id == MACHINE
    assert partial.properties["previous"] == {"patch_mode": "AutomaticByOS"}
    assert partial.properties["applied"] == {"patch_mode": "AutomaticByPlatform", "enable_hotpatching": True}


def test_a_failed_update_leaves_its_partial_state_too(server: ServerInfo, engine: Engine) -> None:
    with Plugin(engine, environment_of(server)) as plugin:
        inputs = enrolling("InGuestPatchVMPreview")
        id, outputs = plugin.create(ENROLMENT, inputs)
        wider = {**inputs, "features": [*inputs["features"], STUCK[0]], "timeout": "30s"}
        with pytest.raises(VerbFailed) as caught:
            plugin.update(ENROLMENT, id, outputs, wider)
    partial = kept(caught.value)
    assert partial.properties["registered"] == ["InGuestPatchVMPreview", STUCK[0]]
    assert partial.inputs == wider


def test_twenty_slow_verbs_wait_side_by_side_and_end_at_once_when_cancelled(
    azure: Azure, server: ServerInfo, engine: Engine
) -> None:
    ended: list[float] = []

    def enrol(plugin: Plugin, feature: str) -> VerbFailed:
        with pytest.raises(VerbFailed) as caught:
            plugin.create(ENROLMENT, enrolling(feature, pollInterval="10m"), name=feature)
        ended.append(time.monotonic())
        return caught.value

    with Plugin(engine, environment_of(server, clock="system")) as plugin:
        for feature in STUCK:
            assert plugin.check(ENROLMENT, enrolling(feature), name=feature).failures == ()
        cancelled: list[float] = []

        def cancel() -> None:
            assert wait_for(lambda: len(engine.progress) == len(STUCK), seconds=10), "the verbs do not run side by side"
            cancelled.append(time.monotonic())
            plugin.cancel()

        errors = in_threads([cancel, *(lambda feature=feature: enrol(plugin, feature) for feature in STUCK)])[1:]
    assert azure.calls().count("Features_Register") == len(STUCK)
    assert max(ended) - cancelled[0] < 1
    assert {told(error) for error in errors} == {CANCELLED}
    assert [kept(error).properties["registered"] for error in errors] == [[feature] for feature in STUCK]


def test_a_verb_after_cancel_ends_at_its_first_wait(server: ServerInfo, engine: Engine) -> None:
    with Plugin(engine, environment_of(server, clock="system")) as plugin:
        plugin.check(ENROLMENT, enrolling(STUCK[0]))
        plugin.cancel()
        with pytest.raises(VerbFailed) as caught:
            plugin.create(ENROLMENT, enrolling(STUCK[0], pollInterval="10m"))
    assert told(caught.value) == CANCELLED


def test_cancel_ends_the_waits_of_a_simulated_clock_too(azure: Azure, server: ServerInfo, engine: Engine) -> None:
    def wait_for_ever() -> VerbFailed:
        with pytest.raises(VerbFailed) as caught:
            plugin.create(ENROLMENT, enrolling(STUCK[0], timeout="100000h", pollInterval="1s"))
        return caught.value

    def cancel() -> None:
        assert wait_for(lambda: azure.calls().count("Features_Register") == 1)
        plugin.cancel()

    with Plugin(engine, environment_of(server)) as plugin:
        plugin.check(ENROLMENT, enrolling(STUCK[0]))
        error, _ = in_threads([wait_for_ever, cancel])
    assert told(error) == CANCELLED
    assert kept(error).properties["registered"] == [STUCK[0]]
