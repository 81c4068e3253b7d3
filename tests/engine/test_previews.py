"""The forms in which Pulumi announces a run say the same, and an export says what there is."""

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.previews import Preview, is_preview, read_preview
from pulumi_azure_hotpatch.errors import InvalidInput

TYPE = "pulumi-python:dynamic/azurehotpatch:VirtualMachinePatchSettings"
LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def urn(name: str) -> str:
    return f"urn:pulumi:dev::contoso::{TYPE}::{name}"


def state(name: str, id: str = "", **inputs: Any) -> dict[str, Any]:
    return {"urn": urn(name), "type": TYPE, "id": id, "inputs": {"__provider": "gASV", **inputs}}


def steps(*given: tuple[str, dict[str, Any] | None, dict[str, Any] | None]) -> Preview:
    return read_preview({"steps": [{"op": op, "oldState": old, "newState": new} for op, old, new in given]})


def test_steps_say_what_will_be_and_what_was() -> None:
    old, new = state("web", "vm", patchMode="Manual"), state("web", patchMode="AutomaticByPlatform")
    found = steps(("update", old, new), ("create", None, state("api", virtualMachineId=LATER)))
    (web, api), (before,) = found.after, found.before
    assert (web.id, web.inputs["patchMode"]) == ("vm", "AutomaticByPlatform")
    assert (api.id, api.inputs["virtualMachineId"]) == (None, UNKNOWN)
    assert before.inputs["patchMode"] == "Manual"
    updated, created = found.changes
    assert (updated.name, updated.op, updated.fields) == (
        "web",
        "update",
        (("patchMode", "Manual", "AutomaticByPlatform"),),
    )
    assert (created.op, created.fields) == ("create", ())


def test_the_steps_of_a_replacement_are_one_change() -> None:
    old, new = state("web", "vm-1", virtualMachineId="vm-1"), state("web", virtualMachineId="vm-2")
    found = steps(("create-replacement", old, new), ("replace", old, new), ("delete-replaced", old, None))
    (change,) = found.changes
    assert (change.op, change.fields) == ("replace", (("virtualMachineId", "vm-1", "vm-2"),))
    (after,) = found.after
    assert (after.id, after.inputs["virtualMachineId"]) == (None, "vm-2")


def test_what_is_deleted_will_not_be() -> None:
    found = steps(("delete", state("web", "vm"), None), ("same", state("api", "vm-2"), state("api", "vm-2")))
    assert [one.urn for one in found.after] == [urn("api")]
    assert [(change.name, change.op) for change in found.changes] == [("web", "delete"), ("api", "same")]


def test_a_value_that_is_secret_is_not_known() -> None:
    (change,) = steps(("update", state("web", tags="[secret]"), state("web", tags={"a": "b"}))).changes
    assert change.fields == (("tags", UNKNOWN, {"a": "b"}),)


STOPPED = {
    "severity": "error",
    "urn": urn("web"),
    "message": "error: property start value {&{{marked}}} has a problem: [marked; no rule] [schedule-start; Microsoft]",
}


@pytest.mark.parametrize(
    "document",
    [
        {"steps": [], "diagnostics": [STOPPED, STOPPED, {"severity": "warning", "message": "[schedule-start; x]"}]},
        [{"sequence": 1, "timestamp": 1795403347, "diagnosticEvent": STOPPED}],
    ],
)
def test_what_stopped_a_preview_is_named_without_its_words(document: Any) -> None:
    (stop,) = read_preview(document).stops
    assert (stop.urn, stop.rule, str(stop)) == (urn("web"), "schedule-start", "web (schedule-start)")
    assert "marked" not in repr(stop)


def test_a_program_that_fails_stops_a_preview_too() -> None:
    (stop,) = read_preview({"steps": [], "diagnostics": [{"severity": "error", "message": "failed"}]}).stops
    assert str(stop) == "the program"
    assert read_preview({"steps": [], "diagnostics": 5}).stops == ()


def test_what_other_providers_keep_to_themselves_is_never_read() -> None:
    profile = {"adminPassword": "marked", "customData": ["marked"], "disablePasswordAuthentication": True}
    kept: dict[str, Any] = {"osProfile": {**profile, "computerName": "web"}, "protectedSettings": {"script": "marked"}}
    found = steps(("update", state("web", **kept), state("web", **kept, size="large")))
    assert "marked" not in repr(found)
    (change,) = found.changes
    assert change.fields == (("size", None, "large"),)
    assert change.inputs is not None
    assert change.inputs["osProfile"]["disablePasswordAuthentication"] is True
    assert change.inputs["osProfile"]["computerName"] == "web"


def event(**told: Any) -> dict[str, Any]:
    return {"sequence": 1, "timestamp": 1795403347, **told}


def test_events_say_the_same_and_what_policies_said() -> None:
    old, new = state("web", "vm", patchMode="Manual"), state("web", "vm", patchMode="AutomaticByPlatform")
    told = {
        "resourceUrn": urn("web"),
        "policyPackName": "patching",
        "policyName": "hotpatch-forbids-bypass",
        "enforcementLevel": "mandatory",
        "message": "[patching]\n  bypass must be false",
    }
    metadata = {"op": "update", "urn": urn("web"), "type": TYPE, "old": old, "new": new}
    found = read_preview(
        [event(preludeEvent={}), event(resourcePreEvent={"metadata": metadata}), event(policyEvent=told)]
    )
    same = steps(("update", old, new))
    assert (found.after, found.before, found.changes) == (same.after, same.before, same.changes)
    (violation,) = found.policies
    assert (violation.urn, violation.level, violation.message) == (
        urn("web"),
        "mandatory",
        "[patching] bypass must be false",
    )


def test_that_a_preview_failed_at_its_end_is_a_stop_only_where_nothing_else_explains_it() -> None:
    end = {"prefix": "error: ", "message": "preview failed\n", "severity": "error"}
    why = {"urn": urn("web"), "message": "error: patch_mode: No. Fix: change it. [vm-settings-empty; Learn]"}
    violated = {"resourceUrn": urn("web"), "policyPackName": "patching", "policyName": "no", "message": "No."}
    metadata = {"op": "create", "urn": urn("web"), "type": TYPE, "new": state("web")}
    made = event(resourcePreEvent={"metadata": metadata})

    def stops(*told: dict[str, Any]) -> list[str]:
        return [str(stop) for stop in read_preview([made, *told, event(diagnosticEvent=end)]).stops]

    assert stops() == ["the program"]
    assert stops(event(diagnosticEvent={**why, "severity": "error"})) == ["web (vm-settings-empty)"]
    assert stops(event(policyEvent={**violated, "enforcementLevel": "mandatory"})) == []
    assert stops(event(policyEvent={**violated, "enforcementLevel": "advisory"})) == ["the program"]
    (stop,) = read_preview({"steps": [], "diagnostics": [end]}).stops
    assert str(stop) == "the program"


def test_a_preview_is_whole_where_it_names_every_resource_that_stays_and_did_not_fail() -> None:
    kept = {"op": "same", "oldState": state("web"), "newState": state("web")}
    for same, untold in ((1, 0), (3, 2)):
        found = read_preview({"steps": [kept], "changeSummary": {"same": same}})
        assert (found.untold, found.is_whole) == (untold, not untold)
        metadata = {"op": "same", "urn": urn("web"), "type": TYPE, "old": state("web"), "new": state("web")}
        summary = event(summaryEvent={"resourceChanges": {"same": same}})
        assert read_preview([event(resourcePreEvent={"metadata": metadata}), summary]).untold == untold
    stopped = read_preview({"steps": [kept], "diagnostics": [{"severity": "error", "message": "error: no"}]})
    assert (stopped.untold, stopped.is_whole) == (0, False)


def test_a_plan_says_what_will_be_without_ids() -> None:
    goal = {"type": TYPE, "name": "web", "propertyDependencies": {"virtualMachineId": [urn("vm")], "patchMode": []}}
    plans = {
        urn("web"): {"goal": goal, "steps": ["create"], "state": {"virtualMachineId": LATER, "patchMode": "Manual"}},
        urn("old"): {"goal": None, "steps": ["delete"], "state": {}},
        urn("new"): {"goal": goal, "steps": ["create-replacement", "replace", "delete-replaced"], "state": {}},
    }
    found = read_preview({"manifest": {}, "config": {}, "resourcePlans": plans})
    web = found.after[0]
    assert (web.id, web.type) == (None, TYPE)
    assert (web.inputs["virtualMachineId"], web.inputs["patchMode"]) == (UNKNOWN, "Manual")
    assert web.depends_on["virtualMachineId"] == (urn("vm"),)
    assert [(change.name, change.op, change.type) for change in found.changes] == [
        ("web", "create", TYPE),
        ("old", "delete", TYPE),
        ("new", "replace", TYPE),
    ]


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"steps": 3},
        {"steps": [], "id": "/subscriptions/0"},
        "preview",
        None,
        [{"sequence": 1}, {}],
        {"value": []},
    ],
)
def test_anything_else_is_no_preview(document: object) -> None:
    assert not is_preview(document)
    with pytest.raises(InvalidInput, match=r"^not a preview; expected what `pulumi preview --json --show-sames`"):
        read_preview(document)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"steps": [3]}, "step 1: expected an object"),
        ({"resourcePlans": {"urn:pulumi:dev::a::b::c": 3}}, "plan of urn:pulumi:dev::a::b::c: expected an object"),
        ([event(resourcePreEvent=3)], "event 1: expected an object with metadata"),
        ([event(), event(resourcePreEvent={"metadata": [1]})], "event 2: expected an object with metadata"),
    ],
)
def test_a_step_that_is_none_is_named(document: object, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_preview(document)
    assert str(refused.value) == told


def test_inputs_that_are_no_object_are_none() -> None:
    broken = state("web") | {"inputs": "x"}
    assert steps(("update", broken, state("web", patchMode="Manual"))).changes[0].fields == (
        ("patchMode", None, "Manual"),
    )
    gone = read_preview({"resourcePlans": {"web": {"steps": ["delete"]}}})
    assert [(change.name, change.op) for change in gone.changes] == [("web", "delete")]


def test_steps_without_a_state_are_passed_over() -> None:
    assert steps(("create", None, None)) == Preview((), (), ())


def exported(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"manifest": {}, "resources": list(resources)}}


def test_an_export_is_a_run_that_changes_nothing() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:AAAA"}
    document = exported({**state("web", "vm-1", patchMode="Manual", token=secret), "outputs": {"adopted": True}})
    assert is_preview(document)
    found = read_preview(document)
    (web,) = found.after
    assert (web.id, web.inputs["patchMode"], web.inputs["token"]) == ("vm-1", "Manual", UNKNOWN)
    assert web.outputs == {"adopted": True}
    assert [change.op for change in found.changes] == ["same"]


def test_what_an_export_holds_only_to_delete_it_is_left_out() -> None:
    found = read_preview(exported(state("web", "vm-2"), {**state("web", "vm-1"), "delete": True}))
    assert [one.id for one in found.after] == ["vm-2"]


def test_an_export_whose_resources_are_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="resource 1: expected an object with a urn"):
        read_preview(exported({"type": TYPE}))


def test_outputs_that_a_preview_does_not_know_are_as_they_were() -> None:
    old = {**state("web", "vm"), "outputs": {"phase": "soaking", "plan": "old"}}
    new = {**state("web", "vm"), "outputs": {"phase": LATER, "plan": "new"}}
    (web,) = steps(("update", old, new)).after
    assert web.outputs == {"phase": "soaking", "plan": "new"}


def test_a_resource_is_in_the_subscription_that_its_provider_says() -> None:
    provider = "urn:pulumi:dev::contoso::pulumi:providers:azure-native::there"
    made = {"urn": provider, "type": "pulumi:providers:azure-native", "id": "p-1", "inputs": {"subscriptionId": "s-1"}}
    found = steps(
        ("same", made, made),
        ("create", None, state("web") | {"provider": f"{provider}::p-1"}),
        ("create", None, state("api") | {"provider": f"{provider}-2::p-2"}),
        ("create", None, state("old")),
    )
    told = [(one.provider, one.subscription_id) for one in found.after[1:]]
    assert told == [(provider, "s-1"), (f"{provider}-2", None), ("", None)]
