"""Cases of the rules about an estate as a whole."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.coverage import Coverage, HotpatchShare
from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases, linux_vm, plain_windows_vm, windows_vm

CASES: Final = {
    "windows-vm-is-patched": Cases(
        passes=Coverage(windows_vm(), has_schedule=False),
        violates=Coverage(plain_windows_vm(), has_schedule=False),
        says=(
            "No schedule is given to it and the platform does not patch it: its patch mode is AutomaticByPlatform, its"
            " bypass flag true."
        ),
        unknown=Coverage(plain_windows_vm(), has_schedule=UNKNOWN),
        misses="schedule_id",
        skipped=Coverage(linux_vm(), has_schedule=False),
    ),
    "hotpatch-share": Cases(
        passes=HotpatchShare(windows=4, at_least=3, at_most=3, minimum_percent=75),
        violates=HotpatchShare(windows=3, at_least=1, at_most=2, minimum_percent=75),
        says="1 of 3 Windows VMs are hotpatched, which is 33 %; 75 % are asked for.",
        unknown=HotpatchShare(windows=4, at_least=1, at_most=3, minimum_percent=75),
        misses="enable_hotpatching",
        skipped=HotpatchShare(windows=3, at_least=1, at_most=1),
    ),
}
