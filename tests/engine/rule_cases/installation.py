"""Cases of the rules on on-demand installations."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import Cases, arc_server, installation, linux_vm, plain_windows_vm, windows_vm
from .patch_selection import patch_list_cases

CASES: Final = {
    "install-selects-something": Cases(
        passes=installation(windows_classifications=None, kbs_to_include=("KB5066835",)),
        violates=installation(linux_vm()),
        says="The request includes no classification and no patch for the machine's operating system.",
        unknown=installation(windows_classifications=UNKNOWN),
        misses="windows, linux",
    ),
    "install-reboot-setting": Cases(
        passes=installation(reboot_setting="never"),
        violates=installation(reboot_setting="NeverReboot"),
        says="The reboot setting of a request must be IfRequired, Never or Always; it is NeverReboot.",
        unknown=installation(reboot_setting=UNKNOWN),
        misses="reboot_setting",
    ),
    "install-duration": Cases(
        passes=installation(maximum_minutes=25),
        violates=installation(maximum_minutes=24),
        says="With 24 minutes nothing starts: an update needs 15 and a restart 10.",
        unknown=installation(maximum_minutes=UNKNOWN),
        misses="maximum_minutes",
        skipped=installation(linux_vm(), maximum_minutes=24),
    ),
    "install-linux-duration": Cases(
        passes=installation(linux_vm(), maximum_minutes=21),
        violates=installation(linux_vm(), maximum_minutes=20),
        says="With 20 minutes nothing starts: a package needs 5 and a restart 15, and some must be left.",
        unknown=installation(linux_vm(), maximum_minutes=20, reboot_setting=UNKNOWN),
        misses="reboot_setting",
        skipped=installation(linux_vm(), maximum_minutes=20, reboot_setting="Never"),
    ),
    "install-machine-running": Cases(
        passes=installation(),
        violates=installation(plain_windows_vm(power_state="deallocated")),
        says="The machine is deallocated; patches are assessed and installed on running machines only.",
        unknown=installation(plain_windows_vm(power_state=UNKNOWN)),
        misses="power_state",
        skipped=installation(plain_windows_vm(power_state=None)),
    ),
    "install-needs-agent": Cases(
        passes=installation(plain_windows_vm(allow_extension_operations=None)),
        violates=installation(plain_windows_vm(provision_vm_agent=False)),
        says=("The patch extension cannot be installed: provisionVMAgent is false, allowExtensionOperations is true."),
        unknown=installation(plain_windows_vm(provision_vm_agent=UNKNOWN)),
        misses="provision_vm_agent",
        skipped=installation(arc_server()),
    ),
    "install-leaves-the-track": Cases(
        passes=installation(windows_vm()),
        violates=installation(windows_vm(), off_track_kb="KB5070881"),
        says=(
            "KB5070881 is not of the hotpatch track: with it the machine restarts every month until the next baseline."
        ),
        unknown=installation(windows_vm(), off_track_kb=UNKNOWN),
        misses="windows.kb_numbers_to_include",
        skipped=installation(off_track_kb="KB5070881"),
    ),
    "install-more-than-hotpatches": Cases(
        passes=installation(windows_vm()),
        violates=installation(windows_vm(), windows_classifications=("Security", "Updates")),
        says="Hotpatches do not cover Updates; it may restart the machine in a hotpatch month.",
        unknown=installation(windows_vm(), windows_classifications=UNKNOWN),
        misses="windows.classifications_to_include",
        skipped=installation(windows_classifications=("Updates",)),
    ),
    "install-supported-image": Cases(
        passes=installation(plain_windows_vm(support_state="Supported")),
        violates=installation(plain_windows_vm(support_state="Unsupported")),
        says="The last assessment found that guest patching does not support this machine's image.",
        unknown=installation(plain_windows_vm(support_state=UNKNOWN)),
        misses="support_state",
        skipped=installation(),
    ),
    **patch_list_cases("install", installation),
}
