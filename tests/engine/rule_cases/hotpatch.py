"""Cases of the rules on hotpatching."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.facts import Policies
from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import CUSTOM, GALLERY_IMAGE, PLAIN_2022, Cases, arc_server, linux_vm, plain_windows_vm, windows_vm

CASES: Final = {
    "hotpatch-needs-platform-mode": Cases(
        passes=windows_vm(patch_mode="automaticbyplatform"),
        violates=windows_vm(patch_mode="Manual"),
        says="Hotpatching needs patch mode AutomaticByPlatform, but it is Manual.",
        unknown=windows_vm(patch_mode=UNKNOWN),
        misses="patch_mode",
        skipped=arc_server(enable_hotpatching=True),
    ),
    "hotpatch-needs-agent": Cases(
        passes=windows_vm(),
        violates=windows_vm(provision_vm_agent=None),
        says="Hotpatching needs the VM agent, but provisionVMAgent is not set.",
        unknown=windows_vm(provision_vm_agent=UNKNOWN),
        misses="provision_vm_agent",
        skipped=windows_vm(enable_hotpatching=False, provision_vm_agent=False),
    ),
    "hotpatch-needs-eligible-image": Cases(
        passes=windows_vm(),
        violates=windows_vm(image=CUSTOM),
        says=(
            "Hotpatching is offered on eight Azure Edition images only; this machine was made from the custom image "
            f"{GALLERY_IMAGE}."
        ),
        unknown=windows_vm(image=UNKNOWN),
        misses="image",
        skipped=windows_vm(enable_hotpatching=False, image=PLAIN_2022),
    ),
    "hotpatch-forbids-bypass": Cases(
        passes=windows_vm(bypass_platform_safety_checks_on_user_schedule=None),
        violates=windows_vm(bypass_platform_safety_checks_on_user_schedule=True),
        says="Azure refuses hotpatching while bypassPlatformSafetyChecksOnUserSchedule is true.",
        unknown=windows_vm(bypass_platform_safety_checks_on_user_schedule=UNKNOWN),
        misses="bypass_platform_safety_checks_on_user_schedule",
        skipped=plain_windows_vm(),
    ),
    "hotpatch-is-windows-only": Cases(
        passes=linux_vm(),
        violates=linux_vm(enable_hotpatching=False),
        says="enable_hotpatching exists for Windows machines only, and this one runs Linux.",
        unknown=linux_vm(enable_hotpatching=UNKNOWN),
        misses="enable_hotpatching",
        skipped=windows_vm(),
    ),
    "hotpatch-image-needs-platform-mode": Cases(
        passes=windows_vm(enable_hotpatching=False),
        violates=windows_vm(enable_hotpatching=False, patch_mode="AutomaticByOS"),
        says=(
            "A machine from a hotpatch image must stay on AutomaticByPlatform, whatever enable_hotpatching says; "
            "it is AutomaticByOS."
        ),
        unknown=windows_vm(enable_hotpatching=False, image=UNKNOWN, patch_mode="Manual"),
        misses="image",
        skipped=windows_vm(enable_hotpatching=False, image=CUSTOM, patch_mode="Manual"),
    ),
    "hotpatch-needs-generation-2": Cases(
        passes=windows_vm(),
        violates=windows_vm(hyper_v_generation="V1"),
        says="The images that can be hotpatched are of generation 2; this VM reports generation V1.",
        unknown=windows_vm(hyper_v_generation=UNKNOWN),
        misses="hyper_v_generation",
        skipped=windows_vm(hyper_v_generation=None),
    ),
    "hotpatch-waits-for-restarts": Cases(
        passes=windows_vm(),
        violates=windows_vm(reboot_setting="Never"),
        says=(
            "Baselines need a restart, four times a year and now and then more; "
            "reboot_setting Never leaves them pending."
        ),
        unknown=windows_vm(reboot_setting=UNKNOWN),
        misses="reboot_setting",
        skipped=plain_windows_vm(reboot_setting="Never"),
    ),
    "hotpatch-restarts-anyway": Cases(
        passes=windows_vm(reboot_setting=None),
        violates=windows_vm(reboot_setting="Always"),
        says="reboot_setting Always restarts the machine with every installation, hotpatch months included.",
        unknown=windows_vm(reboot_setting=UNKNOWN),
        misses="reboot_setting",
        skipped=linux_vm(reboot_setting="Always"),
    ),
    "hotpatch-off-leaves-the-track": Cases(
        passes=windows_vm(was_hotpatched=True),
        violates=windows_vm(was_hotpatched=True, enable_hotpatching=False),
        says=(
            "Turning hotpatch off ends the enrolment; turned on again, the machine is back only with the next baseline."
        ),
        unknown=windows_vm(was_hotpatched=UNKNOWN, enable_hotpatching=False),
        misses="was_hotpatched",
        skipped=windows_vm(was_hotpatched=False, enable_hotpatching=False),
    ),
    "hotpatch-on-waits-for-baseline": Cases(
        passes=windows_vm(was_hotpatched=True),
        violates=windows_vm(was_hotpatched=False),
        says=(
            "Hotpatch was off: turned on again, the machine is pending baseline, with ordinary updates and restarts "
            "until the next baseline is installed."
        ),
        unknown=windows_vm(was_hotpatched=UNKNOWN),
        misses="was_hotpatched",
        skipped=windows_vm(was_hotpatched=None),
    ),
    "hotpatch-cloud": Cases(
        passes=windows_vm(location="West Europe"),
        violates=windows_vm(location="usgovvirginia"),
        says=(
            "No source read says whether hotpatch is offered in AzureUSGovernment; this machine is in usgovvirginia."
        ),
        unknown=windows_vm(location=UNKNOWN),
        misses="location",
        skipped=plain_windows_vm(location="chinanorth3"),
    ),
    "hotpatch-under-bypass-policy": Cases(
        passes=windows_vm(policies=Policies(sets_assessment=True)),
        violates=windows_vm(policies=Policies(sets_bypass=True)),
        says=(
            "A built-in policy assigned here (9905ca54 or ba0df93e) sets the bypass flag to true, "
            "which Azure refuses on a hotpatched machine."
        ),
        unknown=windows_vm(policies=Policies(sets_bypass=UNKNOWN)),
        misses="policies",
        skipped=windows_vm(),
    ),
}
