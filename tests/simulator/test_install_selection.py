"""Which patches an installation takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from azure_patch_simulator.guest_patches import (
    ALWAYS_REBOOTS,
    CAN_REQUEST_REBOOT,
    NEVER_REBOOTS,
    Patch,
    count_by_classification,
)
from azure_patch_simulator.install_selection import EXCLUDED, NOT_SELECTED, SELECTED, InstallRequest, select

DAY = datetime(2025, 1, 14, tzinfo=UTC)


def windows_patch(kb: str, kind: str = "Security", reboot: str = ALWAYS_REBOOTS, **given: Any) -> Patch:
    return Patch(f"id-{kb}", given.pop("name", f"Update ({kb})"), (kind,), given.pop("published", DAY), reboot, kb=kb)


def package(name: str, kind: str = "Security", version: str = "1.0") -> Patch:
    return Patch(f"{name}_{version}", name, (kind,), DAY, NEVER_REBOOTS, version=version)


def chosen(patch: Patch, **request: Any) -> str:
    [(_, verdict)] = select(InstallRequest(maximum=timedelta(hours=2), **request), [patch])
    return verdict


@pytest.mark.parametrize(
    ("request_", "verdict"),
    [
        ({"classes": ("security",)}, SELECTED),
        ({"classes": ("critical",)}, NOT_SELECTED),
        ({"kbs": ("kb5000001",)}, SELECTED),
        ({"kbs": ("kb5000002",)}, NOT_SELECTED),
        ({"kbs": ("kb5000001",), "excluded_kbs": ("kb5000001",)}, EXCLUDED),
        ({"classes": ("security",), "excluded_kbs": ("kb5000001",)}, EXCLUDED),
        ({"classes": ("security",), "excludes_rebooting": True}, EXCLUDED),
        ({"classes": ("critical",), "excludes_rebooting": True}, EXCLUDED),
        ({"masks": ("update *",)}, SELECTED),
        ({"classes": ("security",), "excluded_masks": ("*5000001*",)}, EXCLUDED),
        ({"classes": ("security",), "published_until": DAY}, SELECTED),
        ({"classes": ("security",), "published_until": DAY - timedelta(seconds=1)}, NOT_SELECTED),
    ],
)
def test_a_windows_update_is_selected_excluded_or_left(request_: dict[str, Any], verdict: str) -> None:
    assert chosen(windows_patch("KB5000001"), **request_) == verdict


@pytest.mark.parametrize(
    ("reboot", "verdict"),
    [(ALWAYS_REBOOTS, EXCLUDED), (CAN_REQUEST_REBOOT, EXCLUDED), (NEVER_REBOOTS, SELECTED)],
)
def test_excluding_what_restarts_leaves_only_what_never_does(reboot: str, verdict: str) -> None:
    patch = windows_patch("KB5000001", reboot=reboot)
    assert chosen(patch, classes=("security",), excludes_rebooting=True) == verdict


@pytest.mark.parametrize(
    ("request_", "verdict"),
    [
        ({"classes": ("security",)}, SELECTED),
        ({"classes": ("other",)}, NOT_SELECTED),
        ({"masks": ("open*",)}, SELECTED),
        ({"masks": ("openssl=1.*",)}, SELECTED),
        ({"masks": ("openssl=2.*",)}, NOT_SELECTED),
        ({"masks": ("open*",), "excluded_masks": ("openssl",)}, EXCLUDED),
        ({"classes": ("security",), "excluded_masks": ("openssl=1.0",)}, EXCLUDED),
    ],
)
def test_a_linux_package_is_selected_by_classification_name_and_version(request_: dict[str, Any], verdict: str) -> None:
    assert chosen(package("openssl"), **request_) == verdict


def test_security_alone_takes_critical_packages_along_but_not_critical_windows_updates() -> None:
    assert chosen(package("sudo", "Critical"), classes=("security",)) == SELECTED
    assert chosen(windows_patch("KB5000001", "Critical"), classes=("security",)) == NOT_SELECTED


def test_update_rollups_are_found_under_both_spellings() -> None:
    assert chosen(windows_patch("KB5000001", "UpdateRollUp"), classes=("updaterollup",)) == SELECTED
    assert count_by_classification([windows_patch("KB5000001", "UpdateRollUp")])["updateRollup"] == 1
