"""The time an installation has: reserves, a window that closes, restarts that no longer fit, and the restart table."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest

from azure_patch_simulator import reboots
from tests.simulator.guests import install, install_linux, linux, rows_of, windows, world


@pytest.mark.parametrize(("minutes", "installed"), [(24, 0), (28, 1)])
def test_a_windows_update_starts_only_when_25_minutes_with_its_restart_are_left(minutes: int, installed: int) -> None:
    azure = world(windows("vm"), assessment_time=timedelta(seconds=60), windows_patch_time=timedelta(minutes=2))
    done = install(azure, "vm", duration=f"PT{minutes}M")
    assert done["installedPatchCount"] == installed
    assert done["maintenanceWindowExceeded"] is (installed == 0)
    assert done["status"] == ("Succeeded" if installed else "Failed")
    assert done["pendingPatchCount"] == 1 - installed


def test_without_a_restart_15_minutes_are_enough() -> None:
    azure = world(windows("vm"), assessment_time=timedelta(seconds=60), windows_patch_time=timedelta(minutes=2))
    assert install(azure, "vm", reboot="Never", duration="PT19M")["installedPatchCount"] == 1


@pytest.mark.parametrize(("minutes", "exceeded"), [(19, True), (40, False)])
def test_a_linux_package_starts_only_when_more_than_20_minutes_are_left(minutes: int, exceeded: bool) -> None:
    azure = world(linux("vm"), assessment_time=timedelta(seconds=60), package_time=timedelta(seconds=2))
    done = install_linux(azure, "vm", duration=f"PT{minutes}M", packageNameMasksToInclude=["*"])
    assert done["maintenanceWindowExceeded"] is exceeded
    assert (done["installedPatchCount"] == 0) is exceeded


def test_a_window_that_closes_in_the_middle_leaves_the_rest_pending_and_has_failed() -> None:
    azure = world(linux("vm"), image_age=timedelta(days=400), package_time=timedelta(minutes=10))
    done = install_linux(azure, "vm", duration="PT1H", packageNameMasksToInclude=["*"])
    assert (done["status"], done["maintenanceWindowExceeded"]) == ("Failed", True)
    assert 0 < done["installedPatchCount"] < len(done["patches"])
    assert done["pendingPatchCount"] == len(done["patches"]) - done["installedPatchCount"]


def test_a_restart_that_no_longer_fits_is_left_and_the_window_exceeded() -> None:
    azure = world(windows("vm"), assessment_time=timedelta(seconds=60), windows_patch_time=timedelta(minutes=30))
    done = install(azure, "vm", duration="PT28M")
    assert (done["installedPatchCount"], done["rebootStatus"]) == (1, "Required")
    assert (done["status"], done["maintenanceWindowExceeded"]) == ("Failed", True)


def test_a_running_update_is_never_cut_off_at_the_end_of_the_window() -> None:
    azure = world(windows("vm"), windows_patch_time=timedelta(hours=3))
    install(azure, "vm", duration="PT1H")
    [row, *_] = rows_of(azure, "vm", "installation")
    started, over = (
        datetime.fromisoformat(row["properties"][name]) for name in ("startDateTime", "lastModifiedDateTime")
    )
    assert over - started > timedelta(hours=1, minutes=30)


def test_a_restart_takes_only_the_steps_of_its_table() -> None:
    states = (reboots.NOT_NEEDED, reboots.REQUIRED, reboots.STARTED, reboots.COMPLETED, reboots.FAILED)
    for before, after in itertools.product(states, states):
        if (before, after) in reboots.TRANSITIONS:
            assert reboots.step(before, after) == after
        else:
            with pytest.raises(ValueError, match=f"from {before} to {after}"):
                reboots.step(before, after)
    assert not any(after == reboots.NOT_NEEDED for _, after in reboots.TRANSITIONS)
    reached = {reboots.NOT_NEEDED}
    for _ in states:
        reached |= {after for before, after in reboots.TRANSITIONS if before in reached}
    assert reached == set(states)
