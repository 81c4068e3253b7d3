"""What a program declares of an installation, as the facts that rules judge. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from pulumi_azure_hotpatch.engine.facts import Machine
from pulumi_azure_hotpatch.engine.images import hotpatch_eligibility
from pulumi_azure_hotpatch.engine.install_request import InstallRequest
from pulumi_azure_hotpatch.engine.instants import instant_of
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.engine.patch_lists import PatchLists
from pulumi_azure_hotpatch.engine.releases import Product
from pulumi_azure_hotpatch.engine.track import off_track_kb

from .base import parse_wait
from .draft import Draft
from .maintenance_schedule import WindowsPatches
from .patch_installation import PatchInstallationInputs

RUNNING: Final = "running"


def request_facts(inputs: Draft[PatchInstallationInputs], machine: Machine) -> InstallRequest:
    """The request as far as it is known.

    A machine that is to be started for it runs when it counts; an Arc-enabled server cannot be started.
    """
    if machine.is_arc is not True and inputs.start_if_off is not False and machine.power_state not in (RUNNING, None):
        machine = replace(machine, power_state=RUNNING if inputs.start_if_off is True else UNKNOWN)
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


def _off_track(machine: Machine, windows: Maybe[WindowsPatches | None]) -> Maybe[str | None]:
    """An included KB that takes a hotpatched VM off its track; None where there is none."""
    if windows is UNKNOWN:
        return UNKNOWN
    if windows is None or not windows.kb_numbers_to_include or machine.image is None:
        return None
    verdict = hotpatch_eligibility(machine.image).verdict
    if machine.image is UNKNOWN or verdict == "unknown":
        return UNKNOWN
    if verdict == "ineligible":
        return None
    product = Product.WS2022 if str(machine.image.sku).startswith("2022") else Product.WS2025
    return off_track_kb(product, windows.kb_numbers_to_include)
