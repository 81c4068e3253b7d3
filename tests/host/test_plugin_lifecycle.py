"""Whole lifecycles over gRPC, as the engine drives them: the real `python -m pulumi.dynamic`, the stored pickles."""

import json
import time
from typing import Any

import pytest

from azure_patch_simulator.server import ServerInfo
from tests.host.bags import GROUP, MACHINE, Bag
from tests.support.dynamic_host import UNKNOWN, Engine, Plugin, environment_of, urn
from tests.support.simulated import Azure

SETTINGS = "VirtualMachinePatchSettings"
ENROLMENT = "PreviewEnrollment"
SCHEDULE = "MaintenanceSchedule"
WANTED = {"virtualMachineId": MACHINE, "patchMode": "AutomaticByPlatform", "enableHotpatching": True}
FEATURES = ["InGuestHotPatchVMPreview", "InGuestPatchVMPreview"]


def patch_settings(azure: Azure) -> dict[str, Any]:
    found: dict[str, Any] = azure.body(MACHINE)["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]
    return found


def set_by_somebody_else(azure: Azure, **settings: Any) -> None:
    body = {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": settings}}}}
    assert azure.ask("PATCH", MACHINE, body).status == 200
    azure.simulator.clock.advance(azure.simulator.world.settings.operation_time)


def feature_state(azure: Azure, name: str) -> str:
    path = f"/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Features/providers/{name}"
    state: str = azure.body(path.replace(name, f"Microsoft.Compute/features/{name}"))["properties"]["state"]
    return state


def unregister(azure: Azure, name: str) -> None:
    scope = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Features/providers"
    assert azure.ask("POST", f"{scope}/Microsoft.Compute/features/{name}/unregister").status == 200


def test_the_settings_of_a_machine_live_from_preview_to_restore(
    azure: Azure, server: ServerInfo, engine: Engine
) -> None:
    before = patch_settings(azure)
    with Plugin(engine, environment_of(server)) as plugin:
        unseen = plugin.check(SETTINGS, {**WANTED, "virtualMachineId": UNKNOWN})
        assert (unseen.failures, unseen.inputs["virtualMachineId"]) == ((), UNKNOWN)

        checked = plugin.check(SETTINGS, WANTED)
        assert checked.failures == ()
        assert checked.inputs["adopted"] == []
        assert checked.inputs["imageEligibility"].startswith("eligible: ")
        assert patch_settings(azure) == before

        id, outputs = plugin.create(SETTINGS, checked.inputs)
        assert id == MACHINE
        assert patch_settings(azure) == {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}
        assert not plugin.diff(SETTINGS, id, outputs, checked.inputs).changes
        # What the program never wrote, such as `onDestroy`, is among the outputs and not among the inputs.
        assert plugin.read(SETTINGS, id, outputs, checked.inputs) == (id, outputs, checked.inputs)
        assert "onDestroy" in outputs.keys() - checked.inputs.keys()

        set_by_somebody_else(azure, enableHotpatching=False)
        _, drifted, inputs = plugin.read(SETTINGS, id, outputs, checked.inputs)
        assert drifted["enableHotpatching"] is inputs["enableHotpatching"] is False
        assert plugin.diff(SETTINGS, id, drifted, checked.inputs).changes

        outputs = plugin.update(SETTINGS, id, drifted, checked.inputs)
        assert patch_settings(azure)["enableHotpatching"] is True
        assert not plugin.diff(SETTINGS, id, outputs, checked.inputs).changes
    with Plugin(engine, environment_of(server)) as plugin:
        plugin.delete(SETTINGS, id, outputs)
        # Absent before, and absent means off: that is how it is left.
        assert patch_settings(azure) == {**before, "enableHotpatching": False}
        assert azure.ask("DELETE", MACHINE).status == 202
        azure.simulator.clock.advance(azure.simulator.world.settings.operation_time)
        assert plugin.read(SETTINGS, id, outputs, checked.inputs)[0] == ""
        plugin.delete(SETTINGS, id, outputs)


def test_an_enrolment_lives_from_preview_to_unregistering(azure: Azure, server: ServerInfo, engine: Engine) -> None:
    declared = {"features": FEATURES, "onDestroy": "restore"}
    with Plugin(engine, environment_of(server)) as plugin:
        checked = plugin.check(ENROLMENT, declared)
        assert (checked.failures, checked.inputs["adopted"]) == ((), [])

        started = azure.clock.now()
        id, outputs = plugin.create(ENROLMENT, checked.inputs)
        assert azure.clock.now() - started >= azure.simulator.world.settings.feature_registration_time
        assert {feature_state(azure, name) for name in FEATURES} == {"Registered"}
        assert outputs["registered"] == FEATURES
        assert outputs["propagated"] is True
        assert not plugin.diff(ENROLMENT, id, outputs, checked.inputs).changes
        assert plugin.read(ENROLMENT, id, outputs, checked.inputs)[1] == outputs

        unregister(azure, FEATURES[1])
        azure.simulator.clock.advance(azure.simulator.world.settings.feature_registration_time)
        _, drifted, inputs = plugin.read(ENROLMENT, id, outputs, checked.inputs)
        assert drifted["features"] == inputs["features"] == FEATURES[:1]
        assert plugin.diff(ENROLMENT, id, drifted, checked.inputs).changes

        outputs = plugin.update(ENROLMENT, id, drifted, checked.inputs)
        assert feature_state(azure, FEATURES[1]) == "Registered"
        assert not plugin.diff(ENROLMENT, id, outputs, checked.inputs).changes
    with Plugin(engine, environment_of(server)) as plugin:
        plugin.delete(ENROLMENT, id, outputs)
        assert {feature_state(azure, name) for name in FEATURES} <= {"Unregistered", "NotRegistered"}
        plugin.delete(ENROLMENT, id, outputs)


def test_a_declaration_that_changed_nothing_costs_no_call(azure: Azure, server: ServerInfo, engine: Engine) -> None:
    with Plugin(engine, environment_of(server)) as plugin:
        checked = plugin.check(SETTINGS, WANTED)
        _, outputs = plugin.create(SETTINGS, checked.inputs)
        calls = len(azure.calls())
        assert plugin.check(SETTINGS, WANTED, olds=checked.inputs, old_outputs=outputs) == checked
        assert plugin.check(SETTINGS, WANTED, olds=checked.inputs) == checked
        assert len(azure.calls()) == calls


def test_a_changed_machine_is_a_replacement_and_an_unknown_one_is_not(server: ServerInfo, engine: Engine) -> None:
    with Plugin(engine, environment_of(server, preview_reads="off")) as plugin:
        other = plugin.diff(SETTINGS, MACHINE, WANTED, {**WANTED, "virtualMachineId": f"{MACHINE}-2"})
        assert (other.changes, other.replaces, other.delete_before_replace) == (True, ("virtualMachineId",), False)
        unknown = plugin.diff(SETTINGS, MACHINE, WANTED, {**WANTED, "virtualMachineId": UNKNOWN})
        assert (unknown.changes, unknown.replaces) == (True, ())


def test_progress_and_warnings_reach_the_resources_own_row(azure: Azure, server: ServerInfo, engine: Engine) -> None:
    with Plugin(engine, environment_of(server)) as plugin:
        inputs = plugin.check(ENROLMENT, {"features": FEATURES[:1]}, name="preview").inputs
        id, outputs = plugin.create(ENROLMENT, inputs, name="preview")
        # The last message is taken away when the verb is done.
        assert engine.progress[-1].message == ""
        unregister(azure, FEATURES[0])
        azure.simulator.clock.advance(azure.simulator.world.settings.feature_registration_time)
        plugin.read(ENROLMENT, id, outputs, inputs, name="preview")
    assert {said.urn for said in engine.said} == {urn(ENROLMENT, "preview")}
    assert any("waiting for InGuestHotPatchVMPreview to register" in said.message for said in engine.progress)
    warnings = [said.message for said in engine.remarks if said.level == "WARNING"]
    assert warnings == ["no longer registered: InGuestHotPatchVMPreview"]


def test_two_resources_that_claim_one_machine_are_told_apart_by_their_urn(server: ServerInfo, engine: Engine) -> None:
    with Plugin(engine, environment_of(server, preview_reads="off")) as plugin:
        assert plugin.check(SETTINGS, WANTED, name="first").failures == ()
        assert plugin.check(SETTINGS, WANTED, name="first").failures == ()
        ((_, reason),) = plugin.check(SETTINGS, WANTED, name="second").failures
    assert "vm-settings-declared-twice" in reason


MARKED = {
    "resourceGroupName": "rg-contoso",
    "scheduleName": "patch-tuesday",
    "location": "eastus",
    "start": "2027-01-01 22:00",
    "duration": "03:00",
    "timeZone": "Europe/Berlin",
    "recurrence": "Month Second Tuesday Offset4",
    "windows": {"classificationsToInclude": ["Critical"], "kbNumbersToExclude": ["KB5999001"]},
    "linux": {"packageNameMasksToInclude": ["marked-mask*"]},
    "tags": {"owner": "marked-tag"},
}


MARKS = {"windows": "KB5999001", "linux": "marked-mask*", "tags": "marked-tag"}


def test_a_value_that_may_be_secret_is_under_its_own_key_and_nowhere_else(server: ServerInfo, engine: Engine) -> None:
    def places(bag: Bag) -> dict[str, set[str]]:
        return {key: {name for name, value in bag.items() if mark in json.dumps(value)} for key, mark in MARKS.items()}

    own = {key: {key} for key in MARKS}
    with Plugin(engine, environment_of(server)) as plugin:
        checked = plugin.check(SCHEDULE, MARKED)
        assert checked.failures == ()
        assert places(checked.inputs) == own
        id, outputs = plugin.create(SCHEDULE, checked.inputs)
        assert places(outputs) == own
        _, read, inputs = plugin.read(SCHEDULE, id, outputs, checked.inputs)
        assert places(read) == places(inputs) == own
    assert id == f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/patch-tuesday"
    said = plugin.stderr + "".join(said.message for said in engine.said)
    assert not [mark for mark in MARKS.values() if mark in said]


def test_a_fleet_names_its_own_input_and_each_name_once(server: ServerInfo, engine: Engine) -> None:
    fleet = {"fleetName": "web", "machineIds": [MACHINE], "patchMode": "Manual"}
    with Plugin(engine, environment_of(server, preview_reads="off")) as plugin:
        assert plugin.check(SETTINGS, WANTED, name="first").failures == ()
        ((property, reason),) = plugin.check("FleetPatchSettings", fleet, name="second").failures
        wrong = plugin.check("PatchRollout", {"rings": [{"name": "all", "rest": True}], "failureBudget": "x"}).failures
    # The engine prints the whole value of a property that a failure names: here it could be a thousand ids.
    assert property == ""
    assert reason.startswith(f"fleet 'web': machine_ids: {MACHINE} has its patch settings declared by another resource")
    assert [said for _, said in wrong] == [
        "failure_budget 'x': expected a number of machines such as 2, or '5%' of a ring"
    ]


def test_what_is_wrong_with_tags_is_said_without_what_they_hold(server: ServerInfo, engine: Engine) -> None:
    filtered = {"fleetName": "web", "patchMode": "Manual"}
    with Plugin(engine, environment_of(server, preview_reads="off")) as plugin:
        told = [
            *plugin.check(SCHEDULE, MARKED | {"tags": "marked-tag"}).failures,
            *plugin.check("FleetPatchSettings", filtered | {"tagFilters": "marked-tag"}).failures,
            *plugin.check("FleetPatchSettings", filtered | {"tagFilters": {"MyRing": "marked-tag"}}).failures,
        ]
    # The engine prints the whole value of a property that a failure names.
    assert told == [
        ("", "tags must be an object"),
        ("", "tag_filters must be an object"),
        ("tagFilters.MyRing", "tag_filters.MyRing must be a list"),
    ]


@pytest.mark.parametrize(("reads", "limit"), [("off", 1.0), ("auto", 5.0)])
def test_the_first_verb_is_answered_soon(
    reads: str, limit: float, server: ServerInfo, engine: Engine, record_property: Any
) -> None:
    with Plugin(engine, environment_of(server, preview_reads=reads)) as plugin:
        assert plugin.check(SETTINGS, WANTED).failures == ()
        taken = time.monotonic() - plugin.listening
    print(f"first verb after the port line, preview reads {reads}: {taken:.2f} s")
    record_property(f"first verb, preview reads {reads}, seconds", round(taken, 3))
    assert taken < limit
