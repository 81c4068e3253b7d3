"""What a program declares of an installation, as the body that the service gets."""

from __future__ import annotations

from typing import Any, Final

from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.instants import instant_of
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationInputs

# How on-demand requests spell it; schedules have UpdateRollup. Source: azure-mgmt-compute 39.0.0.
_ON_DEMAND_SPELLING: Final = {"UpdateRollup": "UpdateRollUp"}


def request_body(inputs: PatchInstallationInputs, machine: Machine) -> dict[str, Any]:
    """The body of `installPatches` for that machine's operating system.

    Source: azure-mgmt-compute 39.0.0, VirtualMachineInstallPatchesParameters; azure-mgmt-hybridcompute 10.0.0,
    MachineInstallPatchesParameters. Both take the same.
    """
    body: dict[str, Any] = {
        "maximumDuration": iso_duration(inputs.maximum_duration),
        "rebootSetting": inputs.reboot_setting,
    }
    if machine.is_windows is True and inputs.windows is not None:
        chosen = inputs.windows
        parameters = {
            "classificationsToInclude": [
                _ON_DEMAND_SPELLING.get(name, name) for name in chosen.classifications_to_include
            ],
            "kbNumbersToInclude": list(chosen.kb_numbers_to_include),
            "kbNumbersToExclude": list(chosen.kb_numbers_to_exclude),
            "excludeKbsRequiringReboot": chosen.exclude_kbs_requiring_reboot,
            "maxPatchPublishDate": inputs.max_publish_date
            and instant_of(inputs.max_publish_date, "max_publish_date").isoformat(),
        }
        body["windowsParameters"] = {name: value for name, value in parameters.items() if value}
    elif machine.is_windows is not True and inputs.linux is not None:
        packages = inputs.linux
        lists = {
            "classificationsToInclude": list(packages.classifications_to_include),
            "packageNameMasksToInclude": list(packages.package_name_masks_to_include),
            "packageNameMasksToExclude": list(packages.package_name_masks_to_exclude),
        }
        body["linuxParameters"] = {name: value for name, value in lists.items() if value}
    return body


def iso_duration(text: str) -> str:
    """`1h30m` as `PT1H30M`."""
    minutes, seconds = divmod(int(parse_wait(text).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + "".join(f"{amount}{unit}" for amount, unit in parts if amount)
