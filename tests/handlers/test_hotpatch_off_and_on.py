"""Turning hotpatch off and on: what is said of it beforehand, and where the machine stands until it is back."""

from datetime import UTC, datetime, timedelta

import pytest

from azure_patch_simulator import SUBSCRIPTION_ID, Answer, PatchingSettings, World, match
from azure_patch_simulator.inventory import windows_machine
from tests.handlers.declared import Declared
from tests.handlers.machines import HOTPATCH_SKU, WEB, declared, edit
from tests.support.simulated import Azure, Settings

OCTOBER, JANUARY = "2025-10-14", "2026-01-13"
OFF, ON = "hotpatch-off-leaves-the-track", "hotpatch-on-waits-for-baseline"


def world(sku: str = HOTPATCH_SKU) -> World:
    """A hotpatched machine, on which nothing fails or restarts by chance."""
    settings = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True}
    body = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm-web-1", sku, patch_settings=settings)
    calm = PatchingSettings(optional_reboot_share=0.0, dotnet_share=0.0)
    return World.from_inventory([body], settings=Settings(patching=calm))


def starting(day: str, sku: str = HOTPATCH_SKU) -> Azure:
    return Azure(world(sku), start=datetime.fromisoformat(day).replace(hour=8, tzinfo=UTC))


def on(azure: Azure, day: str) -> None:
    """The clock reaches the morning of a day, in a new run."""
    azure.simulator.clock.advance_to(datetime.fromisoformat(day).replace(hour=8, tzinfo=UTC))
    azure.new_run()


def hotpatching(azure: Azure, *, enabled: bool) -> Declared:
    return declared(azure, patch_mode="AutomaticByPlatform", enable_hotpatching=enabled)


def reasons(resource: Declared) -> dict[str, str]:
    return {finding.rule: finding.reason for finding in resource.check() if finding.verdict == "fail"}


def test_a_preview_of_turning_it_off_names_the_day_of_the_next_baseline() -> None:
    azure = starting("2025-09-15")
    assert reasons(hotpatching(azure, enabled=False)) == {
        OFF: (
            "Turning hotpatch off ends the enrolment; turned on again, the machine is back only with the next "
            f"baseline. The next baseline is {OCTOBER}."
        )
    }


def test_a_preview_of_turning_it_on_again_names_it_too() -> None:
    azure = starting("2025-11-15")
    edit(azure, {"enable_hotpatching": False})
    azure.new_run()
    (reason,) = reasons(hotpatching(azure, enabled=True)).values()
    assert reason.startswith("Hotpatch was off: turned on again, the machine is pending baseline")
    assert reason.endswith(f"The next baseline is {JANUARY}.")


def test_a_baseline_that_is_only_planned_is_called_so() -> None:
    azure = starting("2026-11-15")
    assert reasons(hotpatching(azure, enabled=False))[OFF].endswith("The next baseline is planned for 2027-01-12.")


def test_nothing_is_said_where_hotpatch_stays_as_it_is() -> None:
    assert reasons(hotpatching(starting("2025-09-15"), enabled=True)) == {}


def test_off_and_on_again_is_pending_baseline_until_the_baseline_is_installed() -> None:
    azure = starting("2025-10-20")
    resource = hotpatching(azure, enabled=True)
    assert resource.create().hotpatch_track is None

    on(azure, "2025-11-17")
    resource.declare(enableHotpatching=False)
    state = resource.update()
    assert (state.hotpatch_track, state.hotpatch_enabled_again_on) == ("unenrolled", None)
    assert (
        f"from now on ordinary updates, with a restart every month. The next baseline is {JANUARY}." in azure.said.text
    )

    on(azure, "2025-11-20")
    resource.declare(enableHotpatching=True)
    state = resource.update()
    assert (state.hotpatch_track, state.hotpatch_enabled_again_on) == ("pending baseline", "2025-11-20")
    assert f"it takes effect with the next baseline. The next baseline is {JANUARY}." in azure.said.text

    on(azure, "2025-12-20")
    assert resource.refresh().hotpatch_track == "pending baseline"

    on(azure, "2026-02-05")
    azure.take()
    assert resource.refresh().hotpatch_track == "enrolled"
    assert azure.take() == ["VirtualMachines_Get", "ResourceGraph_Resources"]
    assert resource.difference().changed == ()

    on(azure, "2026-02-06")
    assert resource.refresh().hotpatch_track == "enrolled"
    assert azure.take() == ["VirtualMachines_Get"], "what is settled is not asked for again"


def test_a_refresh_that_cannot_ask_resource_graph_keeps_what_was_known() -> None:
    azure = starting("2025-11-20")
    edit(azure, {"enable_hotpatching": False})
    azure.new_run()
    resource = hotpatching(azure, enabled=True)
    assert resource.create().hotpatch_track == "pending baseline"
    on(azure, "2026-02-05")
    azure.simulator.faults.add(
        match("POST", "ResourceGraph"), response=Answer(403, "AuthorizationFailed", "No."), times=None
    )
    assert resource.refresh().hotpatch_track == "pending baseline"


def test_releases_that_are_not_known_here_read_unknown_once_the_baseline_is_due() -> None:
    # In 2026-11 the simulator installs what no source has published.
    azure = starting("2026-11-20")
    edit(azure, {"enable_hotpatching": False})
    azure.new_run()
    resource = hotpatching(azure, enabled=True)
    resource.create()
    on(azure, "2026-12-20")
    assert resource.refresh().hotpatch_track == "pending baseline"
    on(azure, "2027-02-05")
    assert resource.refresh().hotpatch_track == "unknown"


@pytest.mark.parametrize("before", [None, False])
def test_a_switch_that_was_never_on_is_no_switching_off(before: bool | None) -> None:
    azure = starting("2025-09-15")
    edit(azure, {"enable_hotpatching": False if before is False else None})
    azure.new_run()
    state = hotpatching(azure, enabled=False).create()
    assert state.hotpatch_track is None
    assert azure.said.text == ""


def test_destroying_what_turned_it_off_turns_it_on_again() -> None:
    azure = starting("2025-09-15")
    resource = hotpatching(azure, enabled=False)
    resource.create()
    on(azure, "2025-09-16")
    resource.delete()
    settings = azure.body(WEB)["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]
    assert settings["enableHotpatching"] is True
    assert azure.passed < timedelta(days=2)
    assert "hotpatching is on again and pending baseline: it takes effect with the next baseline." in azure.said.text
    assert f"The next baseline is {OCTOBER}." in azure.said.text


def test_destroying_what_turned_it_on_says_what_turning_it_off_means() -> None:
    azure = starting("2025-09-15")
    edit(azure, {"enable_hotpatching": False})
    azure.new_run()
    resource = hotpatching(azure, enabled=True)
    resource.create()
    azure.new_run()
    resource.delete()
    assert "hotpatching is off: from now on ordinary updates, with a restart every month." in azure.said.text
