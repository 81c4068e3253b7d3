"""What a program declares of an installation, as the facts that rules judge and as the body that the service gets."""

from __future__ import annotations

from typing import Any, Final

from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.images import hotpatch_eligibility
from pulumi_azure_hotpatch.engine.install_request import InstallRequest
from pulumi_azure_hotpatch.engine.instants import instant_of
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.engine.patch_lists import PatchLists
from pulumi_azure_hotpatch.engine.releases import Product
from pulumi_azure_hotpatch.engine.track import off_track_kb
from pulumi_azure_hotpatch.models.base import parse_wait
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.patch_installation import PatchInstallationInputs

# How on-demand requests spell it; schedules have UpdateRollup. Source: azure-mgmt-compute 39.0.0.
_ON_DEMAND_SPELLING: Final = {"UpdateRollup": "UpdateRollUp"}


def request_facts(inputs: Draft[PatchInstallationInputs], machine: Machine) -> InstallRequest:
    """The request as far as it is known."""
    duration, published = inputs.maximum_duration, inputs.max_publish_date
    minutes = UNKNOWN if duration is UNKNOWN else int(parse_wait(duration).total_seconds() // 60)
    limit = instant_of(published, "max_publish_date") if isinstance(published, str) else published
    return InstallRequest(
        machine=machine,
        patches=_lists(inputs.windows, inputs.linux),
        maximum_minutes=minutes,
        reboot_setting=inputs.reboot_setting,
        max_publish_date=limit,
        off_track_kb=_off_track(machine, inputs.windows),
        starts_machine=inputs.start_if_off,
    )


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


def _lists(windows: Any, linux: Any) -> PatchLists:
    names = ("classifications_to_include", "kb_numbers_to_include", "kb_numbers_to_exclude")
    classes, included, excluded = (_part(windows, name) for name in names)
    names = ("classifications_to_include", "package_name_masks_to_include", "package_name_masks_to_exclude")
    packages, masks, unmasked = (_part(linux, name) for name in names)
    return PatchLists(
        windows_classifications=classes,
        kbs_to_include=included,
        kbs_to_exclude=excluded,
        exclude_kbs_requiring_reboot=_part(windows, "exclude_kbs_requiring_reboot"),
        linux_classifications=packages,
        masks_to_include=masks,
        masks_to_exclude=unmasked,
    )


def _part(selection: Any, name: str) -> Any:
    return selection if selection in (UNKNOWN, None) else getattr(selection, name)


def _off_track(machine: Machine, windows: Any) -> Maybe[str | None]:
    """An included KB that takes a hotpatched VM off its track; None where there is none."""
    if windows is UNKNOWN or machine.image is UNKNOWN:
        return UNKNOWN
    if windows is None or machine.image is None or hotpatch_eligibility(machine.image).verdict != "eligible":
        return None
    product = Product.WS2022 if str(machine.image.sku).startswith("2022") else Product.WS2025
    return off_track_kb(product, windows.kb_numbers_to_include)
