"""What Windows guests are offered: tracks by KB, restarts that wait, out-of-band updates, what is not hotpatched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from azure_patch_simulator.resources import Body
from azure_patch_simulator.windows_releases import WindowsReleases, patch_tuesday, published_rows
from tests.simulator.asking import Client, patch_settings
from tests.simulator.guests import (
    AUTOMATIC,
    HOTPATCH,
    advance,
    assess,
    compute,
    guest,
    install,
    instant,
    kbs,
    machine_id,
    windows,
)
from tests.simulator.guests import world as automatic_world

DEFENDER = "2267602"


def world(*bodies: Body, **given: Any) -> Client:
    """Machines that only these tests patch."""
    return automatic_world(*bodies, automatic_patching=False, **given)


def test_a_hotpatch_machine_gets_each_months_hotpatch_without_a_restart_and_restarts_with_the_baseline() -> None:
    azure = world(windows("vm", patch_settings=HOTPATCH), start="2025-01-14T20:00", image_age=timedelta(0))
    assert guest(azure, "vm").base == "KB5050009"
    advance(azure, "2025-02-12T08:00")
    february = install(azure, "vm")
    assert (kbs(february, "Installed"), february["rebootStatus"]) == (["5052105"], "NotNeeded")
    advance(azure, "2025-03-12T08:00")
    assert kbs(install(azure, "vm"), "Installed") == ["5053636"]
    advance(azure, "2025-04-09T08:00")
    april = install(azure, "vm")
    assert (kbs(april, "Installed"), april["rebootStatus"]) == (["5055523"], "Completed")
    assert guest(azure, "vm").base == "KB5055523"
    assert [reboot.patches for reboot in guest(azure, "vm").reboots] == [["KB5055523"]]


def test_an_ordinary_machine_restarts_with_every_cumulative_update() -> None:
    azure = world(windows("vm", "2025-datacenter"), start="2025-01-14T20:00", image_age=timedelta(0))
    for month, kb in ((2, "5051987"), (3, "5053598"), (4, "5055523")):
        azure.simulator.clock.advance_to(patch_tuesday(2025, month) + timedelta(days=1))
        done = install(azure, "vm")
        row = next(row for row in published_rows()["ws2025", f"2025-{month:02}"] if row["kind"] == "lcu")
        assert kbs(done, "Installed") == [row["kb"].removeprefix("KB")] == [kb]
        assert done["rebootStatus"] == "Completed"


def test_an_unplanned_baseline_restarts_a_hotpatch_machine_in_a_hotpatch_month() -> None:
    sku = "2022-datacenter-azure-edition-core"
    azure = world(windows("vm", sku, patch_settings=HOTPATCH), start="2024-07-09T20:00", image_age=timedelta(0))
    advance(azure, "2024-08-14T00:00")
    august = install(azure, "vm")
    assert (kbs(august, "Installed"), august["rebootStatus"]) == (["5041160"], "Completed")


def test_an_out_of_band_update_takes_a_machine_off_the_track_until_the_next_baseline() -> None:
    azure = world(windows("vm", patch_settings=HOTPATCH), start="2025-10-14T20:00", image_age=timedelta(0))
    advance(azure, "2025-10-23T20:00")
    assert kbs(assess(azure, "vm")) == ["5070881", DEFENDER]
    install(azure, "vm", kbNumbersToInclude=["KB5070881"])
    advance(azure, "2025-11-12T00:00")
    november = install(azure, "vm")
    assert (kbs(november, "Installed"), november["rebootStatus"]) == (["5068861"], "Completed")
    advance(azure, "2025-12-10T00:00")
    assert kbs(install(azure, "vm"), "Installed") == ["5072033"]
    advance(azure, "2026-01-14T00:00")
    assert kbs(install(azure, "vm"), "Installed") == ["5073379"]
    advance(azure, "2026-02-11T00:00")
    february = install(azure, "vm")
    assert (kbs(february, "Installed"), february["rebootStatus"]) == (["5075942"], "NotNeeded")


def test_the_out_of_band_hotpatch_with_the_same_build_keeps_a_machine_on_the_track() -> None:
    azure = world(windows("vm", patch_settings=HOTPATCH), start="2025-10-14T20:00", image_age=timedelta(0))
    advance(azure, "2025-10-25T00:00")
    assert kbs(assess(azure, "vm"))[0] == "5070893"
    install(azure, "vm")
    advance(azure, "2025-11-12T00:00")
    assert kbs(install(azure, "vm"), "Installed") == ["5068966"]


def test_a_machine_that_left_comes_back_with_the_next_baseline() -> None:
    azure = world(windows("vm", patch_settings=HOTPATCH), start="2025-01-14T20:00", image_age=timedelta(0))
    for wanted in (False, True):
        azure.ask("PATCH", machine_id("vm"), patch_settings(enableHotpatching=wanted))
    advance(azure, "2025-02-12T08:00")
    february = install(azure, "vm")
    assert (kbs(february, "Installed"), february["rebootStatus"]) == (["5051987"], "Completed")
    advance(azure, "2025-04-09T08:00")
    assert kbs(install(azure, "vm"), "Installed") == ["5055523"]
    advance(azure, "2025-05-14T08:00")
    assert kbs(install(azure, "vm"), "Installed") == ["5058497"]


def test_a_machine_that_missed_a_baseline_gets_cumulative_updates() -> None:
    azure = world(windows("vm", patch_settings=HOTPATCH), start="2025-03-12T20:00", image_age=timedelta(days=70))
    assert guest(azure, "vm").base != "KB5050009"
    assert kbs(assess(azure, "vm"))[0] == "5053598"


def test_a_baseline_that_waits_for_its_restart_is_not_stood_on_yet() -> None:
    azure = world(windows("vm", patch_settings=HOTPATCH), start="2025-01-15T00:00", image_age=timedelta(days=20))
    done = install(azure, "vm", reboot="Never")
    assert (done["status"], done["rebootStatus"]) == ("CompletedWithWarnings", "Required")
    assert "doesn't allow reboots" in done["error"]["details"][0]["message"]
    inside = guest(azure, "vm")
    assert (inside.base, inside.reboot_pending) != ("KB5050009", False)
    again = assess(azure, "vm")
    assert (again["rebootPending"], kbs(again)) == (True, [DEFENDER])
    compute(azure).virtual_machines.begin_restart("rg-contoso", "vm").result()
    assert guest(azure, "vm").base == "KB5050009"
    assert assess(azure, "vm")["rebootPending"] is False


def test_dotnet_updates_are_not_hotpatched_and_restart_some_machines() -> None:
    fleet = [windows(f"vm-{n}", patch_settings=HOTPATCH) for n in range(20)]
    azure = world(*fleet, start="2025-02-01T00:00", image_age=timedelta(days=10), dotnet_share=1.0,
                  optional_reboot_share=0.5)  # fmt: skip
    advance(azure, "2025-02-12T08:00")
    classes = ["Critical", "Security", "UpdateRollUp"]
    done = [install(azure, f"vm-{n}", classificationsToInclude=classes) for n in range(20)]
    assert {len(kbs(each, "Installed")) for each in done} == {2}
    restarted = [guest(azure, f"vm-{n}").reboots for n in range(20) if guest(azure, f"vm-{n}").reboots]
    assert 4 <= len(restarted) <= 16
    assert {tuple(each[0].patches) for each in restarted} == {("KB9250213",)}


def test_a_month_whose_outcome_is_unknown_goes_on_as_announced_under_a_kb_of_the_simulators_own() -> None:
    releases = WindowsReleases("ws2022", seed=0, release_time=timedelta(hours=18), dotnet_share=0.0)
    june = releases.hotpatch(instant("2026-06-10T00:00"))
    assert june is not None
    assert june.kb == "KB9260601"
    assert june.name.endswith("(KB9260601, simulated)")
    july = releases.baseline(instant("2026-07-15T00:00"))
    assert july is not None
    assert july.kb == "KB5099540"


@pytest.mark.parametrize("product", ["ws2022", "ws2025"])
def test_every_published_row_of_the_hotpatch_channel_is_offered_from_its_day_on(product: str) -> None:
    releases = WindowsReleases(product, seed=0, release_time=timedelta(0), dotnet_share=0.0)
    checked = 0
    for (row_product, _), rows in published_rows().items():
        for row in rows:
            if row_product != product or row["channel"] != "hotpatch" or not (row["kb"] and row["date"]):
                continue
            out = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
            found = releases.hotpatch(out) if "hotpatch" in row["kind"] else releases.baseline(out)
            assert found is not None
            assert (found.kb, found.published) == (row["kb"], out)
            checked += 1
    assert checked > 20


def test_an_automatic_machine_without_hotpatching_stays_on_cumulative_updates() -> None:
    azure = world(windows("vm", patch_settings=AUTOMATIC), start="2025-02-12T08:00", image_age=timedelta(days=20))
    assert kbs(assess(azure, "vm"))[0] == "5051987"
