"""Which patches a schedule or an installation takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict


class WindowsPatchesArgs(TypedDict, total=False):
    """Which Windows patches a schedule installs; an exclusion wins over an inclusion."""

    classifications_to_include: Sequence[str]
    kb_numbers_to_include: Sequence[str]
    kb_numbers_to_exclude: Sequence[str]
    exclude_kbs_requiring_reboot: bool


class LinuxPackagesArgs(TypedDict, total=False):
    """Which Linux packages a schedule installs; masks may contain `*`."""

    classifications_to_include: Sequence[str]
    package_name_masks_to_include: Sequence[str]
    package_name_masks_to_exclude: Sequence[str]
