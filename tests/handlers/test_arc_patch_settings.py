"""Patch settings of Arc-enabled servers: their own switches, beside the licence."""

from typing import Any

import pytest

from pulumi_azure_hotpatch.errors import NotFound
from tests.handlers.assignments import MONTHLY, assignment, given
from tests.handlers.outside import (
    SERVER,
    azure_of,
    license_of,
    put_profile,
    server_body,
    server_settings,
    settle,
)
from tests.handlers.schedules import THEIRS
from tests.support.simulated import SUBSCRIPTION_ID, Azure


def held(azure: Azure) -> dict[str, Any]:
    configuration = azure.body(SERVER)["properties"]["osProfile"]["windowsConfiguration"]
    return {name: value for name, value in configuration["patchSettings"].items() if name != "status"}


def failed(declared: Any) -> dict[str, str]:
    return {finding.rule: finding.severity for finding in declared.check() if finding.verdict == "fail"}


def test_only_the_fields_that_are_given_are_sent_and_nothing_is_waited_for() -> None:
    azure = azure_of(server_body())
    state = server_settings(azure, assessmentMode="AutomaticByPlatform").create()
    sent = {
        "properties": {
            "osProfile": {"windowsConfiguration": {"patchSettings": {"assessmentMode": "AutomaticByPlatform"}}}
        }
    }
    assert azure.sent("Machines_Update") == [sent]
    assert azure.passed.total_seconds() == 0
    assert (state.os_type, state.location, state.previously_absent) == ("Windows", "eastus", ("assessment_mode",))


def test_linux_servers_have_a_configuration_of_their_own() -> None:
    azure = azure_of(server_body("Ubuntu 22.04", osVersion=None, osEdition=None))
    server_settings(azure, patchMode="AutomaticByPlatform").create()
    (sent,) = azure.sent("Machines_Update")
    assert sent == {
        "properties": {"osProfile": {"linuxConfiguration": {"patchSettings": {"patchMode": "AutomaticByPlatform"}}}}
    }


def test_what_is_as_wanted_already_is_adopted_without_a_write() -> None:
    azure = azure_of(server_body())
    azure.ask(
        "PATCH",
        SERVER,
        {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": {"patchMode": "Manual"}}}}},
    )
    declared = server_settings(azure, patchMode="Manual")
    assert declared.answers() == {"adopted": ("patch_mode",)}
    assert declared.create().adopted == ("patch_mode",)
    declared.delete()
    assert azure.writes() == []
    assert "patch_mode (already as wanted when this stack found it)" in azure.said.text


def test_what_was_there_before_goes_back() -> None:
    azure = azure_of(server_body())
    azure.ask(
        "PATCH",
        SERVER,
        {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": {"patchMode": "Manual"}}}}},
    )
    declared = server_settings(azure, patchMode="AutomaticByOS", enableHotpatching=False)
    declared.create()
    declared.delete()
    assert held(azure)["patchMode"] == "Manual"


def test_a_field_without_a_documented_default_is_left_and_named() -> None:
    azure = azure_of(server_body())
    declared = server_settings(azure, assessmentMode="AutomaticByPlatform")
    declared.create()
    declared.delete()
    assert held(azure) == {"assessmentMode": "AutomaticByPlatform"}
    assert "assessment_mode (it was absent before, and its default is not documented)" in azure.said.text


def test_the_switch_needs_the_licence() -> None:
    azure = azure_of(server_body())
    assert failed(server_settings(azure, enableHotpatching=True)) == {"arc-hotpatch-licensed": "error"}
    put_profile(azure, ("Hotpatch", "Enable"))
    azure.new_run()
    declared = server_settings(azure, enableHotpatching=True)
    assert failed(declared) == {}
    declared.create()
    assert held(azure) == {"enableHotpatching": True}


def test_a_licence_that_the_same_run_declares_is_as_good_as_there() -> None:
    azure = azure_of(server_body())
    license_of(azure).check()
    assert failed(server_settings(azure, enableHotpatching=True)) == {}


def test_holding_hotpatches_back_on_a_licensed_server_is_a_warning() -> None:
    azure = azure_of(server_body())
    put_profile(azure, ("Hotpatch", "Enable"))
    azure.new_run()
    assert failed(server_settings(azure, enableHotpatching=False)) == {"arc-hotpatch-held-back": "warning"}


def test_what_the_service_says_of_hotpatching_is_shown() -> None:
    azure = azure_of(server_body())
    put_profile(azure, ("Hotpatch", "Enable"))
    azure.new_run()
    declared = server_settings(azure, enableHotpatching=True)
    declared.create()
    azure.simulator.clock.advance(azure.simulator.world.settings.operation_time * 60)
    assert declared.refresh().hotpatch_status == "Enabled"


def test_periodic_assessment_needs_a_registered_compute_provider() -> None:
    azure = azure_of(server_body())
    assert failed(server_settings(azure, assessmentMode="AutomaticByPlatform")) == {}
    azure.ask("POST", f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Compute/unregister")
    azure.simulator.clock.advance(azure.simulator.world.settings.provider_registration_time * 3)
    azure.new_run()
    assert failed(server_settings(azure, assessmentMode="AutomaticByPlatform")) == {
        "arc-assessment-needs-compute": "error"
    }


def test_an_agent_that_is_too_old_or_away_is_a_warning_whatever_is_declared() -> None:
    azure = azure_of(server_body(agentVersion="1.20", status="Disconnected"))
    found = failed(server_settings(azure, patchMode="Manual"))
    assert found == {"arc-agent-version": "warning", "arc-connected": "warning"}


def test_a_server_that_is_gone_is_gone_for_every_verb() -> None:
    azure = azure_of(server_body())
    declared = server_settings(azure, patchMode="Manual")
    declared.create()
    azure.ask("DELETE", SERVER)
    settle(azure)
    azure.new_run()
    with pytest.raises(NotFound, match="Arc server 'srv-arc-1': it does not exist"):
        declared.update()
    declared.delete()
    assert declared.refresh() is None


def test_schedules_are_given_to_servers_outside_azure_too() -> None:
    azure = azure_of(server_body())
    assert azure.ask("PUT", MONTHLY, THEIRS).status == 200
    declared = assignment(azure, SERVER, location="eastus")
    assert [finding for finding in declared.check() if finding.is_error] == []
    declared.create()
    assert given(azure, declared.id) is not None
    declared.delete()
    assert given(azure, declared.id) is None
