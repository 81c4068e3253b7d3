"""Patch settings for the virtual machines that a program declares with azure-native and gives none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pulumi
from pulumi import ResourceTransformArgs, ResourceTransformResult

from .engine.declared import NATIVE_MACHINE, Declared
from .engine.declared_machine import declared_machine
from .engine.facts import PATCH_FIELD_PATHS
from .engine.patch_defaults import PatchDefaults, fill
from .errors import InvalidInput
from .host.program_errors import in_one_line
from .host.program_inputs import ProgramLog, known_part
from .models.owned_settings import AssessmentMode, RebootSetting


@in_one_line("fill_patch_settings")
def fill_patch_settings(
    *,
    enable_hotpatching: bool = True,
    assessment_mode: str | None = "AutomaticByPlatform",
    reboot_setting: str | None = None,
) -> None:
    """Fill in the patch settings of every azure-native `VirtualMachine` that the program declares from here on, where
    it gives none.

    What the program gives is never changed, nor what it may turn out to give: a machine whose image or settings are not
    known yet in a preview is left alone and named. What was filled in is told, too.

    :param enable_hotpatching: turn hotpatching on, with the patch mode AutomaticByPlatform that it needs, on machines
        from an image of the published hotpatch list.
    :param assessment_mode: for machines from an image that Update Manager supports; None fills in nothing.
    :param reboot_setting: for machines that end up on AutomaticByPlatform; None, the default, fills in nothing.

    Raises InvalidInput for a mode or a setting that Azure does not have, and for a switch that is neither on nor off.
    """
    for name, value, known in (
        ("assessment_mode", assessment_mode, get_args(AssessmentMode)),
        ("reboot_setting", reboot_setting, get_args(RebootSetting)),
    ):
        if value is not None and value not in known:
            raise InvalidInput(f"{name} is '{value}'; it must be one of {', '.join(known)}")
    if not isinstance(enable_hotpatching, bool):
        raise InvalidInput(f"enable_hotpatching is {enable_hotpatching!r}; it must be True or False")
    log = ProgramLog()
    defaults = PatchDefaults(enable_hotpatching, assessment_mode, reboot_setting)

    async def fill_in(args: ResourceTransformArgs) -> ResourceTransformResult | None:
        if Declared("", args.type_, {}).kind != NATIVE_MACHINE:
            return None
        label = f"VM '{args.name}'"
        machine = declared_machine(await known_part(args.props), args.name)
        filled = fill(machine, defaults)
        added = dict(filled.settings)
        path = _configuration_path(machine.os_type)
        if added and path is None:
            why = "nothing says whether it runs Windows or Linux; give windows_configuration or linux_configuration"
            log.say("WARNING", f"{label}: left alone: its patch settings, because {why}")
            return None
        props = args.props
        out_of_reach = []
        for field in list(added):
            changed = _with(props, (*(path or ()), "patchSettings", *PATCH_FIELD_PATHS[field]), added[field])
            if changed is None:
                del added[field]
                out_of_reach.append(field)
            else:
                props = changed
        if out_of_reach:
            has_profile = props.get("osProfile") is not None
            why = "what that belongs to is not known yet, or secret" if has_profile else "it has no osProfile"
            log.say("WARNING", f"{label}: left alone: {', '.join(out_of_reach)}, because {why}")
        for what in filled.left_alone:
            log.say("WARNING", f"{label}: left alone: {what}")
        if not added:
            return None
        given = ", ".join(f"{field}={value!r}" for field, value in added.items())
        log.say("INFO", f"{label}: filled in {given}")
        return ResourceTransformResult(props=props, opts=args.opts)

    pulumi.runtime.register_resource_transform(fill_in)


def _configuration_path(os_type: Any) -> tuple[str, str] | None:
    kinds = {"Windows": "windowsConfiguration", "Linux": "linuxConfiguration"}
    return ("osProfile", kinds[os_type]) if os_type in kinds else None


def _with(value: Mapping[str, Any], path: tuple[str, ...], leaf: Any) -> dict[str, Any] | None:
    """A copy of `value` with `leaf` at `path`; None where the way there is not open to be written to."""
    step, *rest = path
    if not rest:
        return {**value, step: leaf}
    below = value.get(step)
    # A machine without a profile is made from a specialised disk, and Azure creates none with one: "Parameter
    # 'osProfile' is not allowed" (hashicorp/terraform issue 11147, 2017-01-11).
    if below is None and step != "osProfile":
        below = {}
    if not isinstance(below, Mapping):
        return None
    inner = _with(below, tuple(rest), leaf)
    return None if inner is None else {**value, step: inner}
