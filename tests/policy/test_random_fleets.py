"""The policy pack, Python and Kusto reach the same verdicts on random fleets: declared, and as Azure stores them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.coverage import coverage_cases
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases
from pulumi_azure_hotpatch.engine.logic import UNKNOWN as NOT_KNOWN
from pulumi_azure_hotpatch.policy import hotpatch_policies
from pulumi_azure_hotpatch.policy.judged import ALONE, JOINED
from tests.audit.fleets import Body, small_fleets
from tests.audit.test_same_verdicts import AS_OF, ASKED, by_kusto
from tests.policy.in_process import InProcess, waiting
from tests.support.analyzer import UNKNOWN, Resource

ONCE = (Phase.explicit, Phase.generate)
seeds = st.integers(min_value=0, max_value=2**32)
PACK = InProcess(hotpatch_policies(now=lambda: AS_OF))
RULES = {one.id for one in ALONE}
TOGETHER = {one.id for one in JOINED}
Verdicts = dict[tuple[str, str], str]
Place = tuple[str, ...]

# What a machine reports, which no program declares.
_REPORTED = ("instanceView", "extended", "powerState", "osName", "osSku", "osEdition", "status")


@dataclass(frozen=True)
class Member:
    """A resource of a fleet: as a program declares it, and the body that Azure stores then."""

    declared: Resource
    stored: Body


def members(fleet: list[Body]) -> Iterator[Member]:
    """What of a fleet a program can declare with azure-native."""
    for number, found in enumerate(fleet):
        properties = found.get("properties")
        parts = found["id"].rstrip("/").split("/")
        kind = "/".join(parts[-3:-1]).casefold()
        if not isinstance(properties, Mapping) or kind not in _NATIVE or (kind == _VM and not _configured(properties)):
            continue
        if kind == _ASSIGNMENT:
            # A scope of these fleets has no schedule, without which no program declares one.
            schedule = f"/subscriptions/{parts[2]}/resourceGroups/contoso/providers/{_SCHEDULE}/nights"
            properties = {"maintenanceConfigurationId": schedule, **properties}
        body = {**found, "properties": {key: value for key, value in properties.items() if key not in _REPORTED}}
        token, name = _NATIVE[kind]
        place = {name: parts[-1], "location": body.get("location")}
        if "resourcegroups" in found["id"].casefold():
            place["resourceGroupName"] = parts[4]
        inputs = _without_null({**_flat(kind, found["id"], body["properties"]), **place})
        if kind == _ASSIGNMENT:
            token = f"maintenance:{_assignment_kind(found['id'])}"
        provider = {"subscriptionId": parts[2]}
        resource = Resource(f"azure-native:{token}", inputs, f"r{number}", provider=provider)
        yield Member(resource, _with_defaults(kind, body))


_VM = "microsoft.compute/virtualmachines"
_SCALE_SET = "microsoft.compute/virtualmachinescalesets"
_SCHEDULE = "microsoft.maintenance/maintenanceconfigurations"
_ASSIGNMENT = "microsoft.maintenance/configurationassignments"
_NATIVE = {
    _VM: ("compute:VirtualMachine", "vmName"),
    _SCALE_SET: ("compute:VirtualMachineScaleSet", "vmScaleSetName"),
    _SCHEDULE: ("maintenance:MaintenanceConfiguration", "resourceName"),
    _ASSIGNMENT: ("maintenance:ConfigurationAssignment", "configurationAssignmentName"),
}


def _configured(properties: Mapping[str, Any]) -> bool:
    """Where nothing is configured Azure fills in a configuration, and by what is nowhere documented."""
    return any(
        isinstance(value, Mapping) and _without_null(value) for value in (properties.get("osProfile") or {}).values()
    )


def _assignment_kind(identity: str) -> str:
    before = identity.casefold().partition("/providers/microsoft.maintenance/")[0]
    if "/providers/" in before:
        return "ConfigurationAssignment"
    group = "/resourcegroups/" in before
    return "ConfigurationAssignmentsForResourceGroup" if group else "ConfigurationAssignmentsForSubscription"


def _flat(kind: str, identity: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as azure-native takes them."""
    if kind == _SCHEDULE:
        window = properties["maintenanceWindow"]
        return {**{key: value for key, value in properties.items() if key != "maintenanceWindow"}, **window}
    if kind == _ASSIGNMENT:
        at = identity.casefold().index("/providers/microsoft.maintenance/")
        is_scope = _assignment_kind(identity) != "ConfigurationAssignment"
        return {**properties, **({} if is_scope else {"resourceId": identity[:at]})}
    if kind == _SCALE_SET:
        flat: dict[str, Any] = json.loads(json.dumps(properties))
        profile = (flat["virtualMachineProfile"].get("extensionProfile") or {}).get("extensions") or []
        for extension in profile:
            extension |= extension.pop("properties", {})
        return flat
    return dict(properties)


def _with_defaults(kind: str, body: Body) -> Body:
    """A VM is stored with the agent and, on Windows, automatic updates unless its program says otherwise."""
    stored: Body = json.loads(json.dumps(body))
    if kind == _VM:
        for system in ("windows", "linux"):
            configuration = stored["properties"]["osProfile"].get(f"{system}Configuration")
            if isinstance(configuration, dict):
                defaults = {"provisionVMAgent": True} | (
                    {"enableAutomaticUpdates": True} if system == "windows" else {}
                )
                for key, value in defaults.items():
                    if configuration.get(key) is None:
                        configuration[key] = value
    return stored


def _without_null(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


def by_python(bodies: list[Body]) -> Verdicts:
    estate = Estate.from_bodies(bodies, as_of=AS_OF)
    judged = judge_cases((*cases(estate), *coverage_cases(estate)))
    return {
        (one.resource.casefold(), one.finding.rule): one.finding.verdict
        for one in judged
        if one.finding.rule in RULES | TOGETHER
    }


def failing(verdicts: Verdicts) -> set[tuple[str, str]]:
    return {key for key, verdict in verdicts.items() if verdict == "fail"}


def by_pack(fleet: list[Member]) -> set[tuple[str, str]]:
    """What breaks a rule, by the id in Azure."""
    ids = {one.declared.urn: _id(one) for one in fleet}
    alone = [told for one in fleet for told in PACK.analyze(one.declared)]
    together = PACK.analyze_stack(one.declared for one in fleet)
    assert [told for told in together if told.policy == "resources-together"] == []
    return {(ids[told.urn], told.policy) for told in (*alone, *together) if told.policy in RULES | TOGETHER}


def agree(seed: int, fleets: int) -> int:
    """Fleet by fleet the pack and Python, and both with Kusto on all of them at once; how many machines there were."""
    given = [list(members(fleet)) for fleet in small_fleets(Random(seed), fleets)]
    broken: set[tuple[str, str]] = set()
    for fleet in given:
        found, expected = by_pack(fleet), failing(by_python([one.stored for one in fleet]))
        assert found == expected
        broken |= found
    asked = {key: one["verdict"] for key, one in by_kusto([one.stored for fleet in given for one in fleet]).items()}
    assert {key for key in broken if key[1] in ASKED} == {key for key in failing(asked) if key[1] in RULES | TOGETHER}
    return sum(one.declared.type.startswith("azure-native:compute:") for fleet in given for one in fleet)


@settings(max_examples=2, deadline=None, phases=ONCE)
@given(seed=seeds)
def test_the_pack_python_and_kusto_find_the_same_in_random_fleets(seed: int) -> None:
    assert agree(seed, 80) > 60


@pytest.mark.slow
@settings(max_examples=10, deadline=None, phases=ONCE)
@given(seed=seeds)
def test_the_pack_python_and_kusto_find_the_same_in_thousands_of_random_fleets(seed: int) -> None:
    assert agree(seed, 200) > 200


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """Every place of a bag, its objects and its values."""
    if path:
        yield path
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from places(item, (*path, key))


def hidden(value: Any, place: Place, stand_in: object) -> Any:
    """The bag with a stand-in at one place."""
    head, *rest = place
    return {**value, head: hidden(value[head], tuple(rest), stand_in) if rest else stand_in}


def check_what_waits(seed: int, fleets: int) -> None:
    """Hide a value of every VM: what has a verdict with it and none without it is told as waiting, and no other."""
    random = Random(seed)
    waited = 0
    for one in (each for fleet in small_fleets(random, fleets) for each in members(fleet)):
        if "osProfile" not in one.declared.properties:
            continue
        place = random.choice([each for each in places(one.stored["properties"]) if _is_in(each, one.declared)])
        declared = replace(one.declared, properties=hidden(one.declared.properties, place, UNKNOWN))
        stored = {**one.stored, "properties": hidden(one.stored["properties"], place, NOT_KNOWN)}
        with_it, without = by_python([one.stored]), by_python([stored])
        found = PACK.analyze(declared)
        told = {rule for _, rule in waiting(found, "values-not-known")}
        unknown = {rule for (_, rule), verdict in without.items() if verdict == "unknown" and rule in RULES}
        assert {each.policy for each in found} - {"values-not-known"} == {
            rule for _, rule in failing(without) if rule in RULES
        }
        assert told <= unknown
        assert {rule for rule in unknown if with_it.get((_id(one), rule)) in ("pass", "fail")} <= told, place
        waited += len(told)
    assert waited


@settings(max_examples=2, deadline=None, phases=ONCE)
@given(seed=seeds)
def test_what_a_hidden_value_leaves_open_is_told_and_nothing_else(seed: int) -> None:
    check_what_waits(seed, 200)


@pytest.mark.slow
@settings(max_examples=20, deadline=None, phases=ONCE)
@given(seed=seeds)
def test_what_hidden_values_leave_open_is_told_in_thousands_of_random_fleets(seed: int) -> None:
    check_what_waits(seed, 500)


def _is_in(place: Place, declared: Resource) -> bool:
    return place in set(places(declared.properties))


def _id(one: Member) -> str:
    return str(one.stored["id"]).rstrip("/").casefold()
