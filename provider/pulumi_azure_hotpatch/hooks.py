"""A guard for the virtual machines that a program declares with azure-native."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, get_args

import pulumi
from pulumi import (
    ResourceHook,
    ResourceHookArgs,
    ResourceHookBinding,
    ResourceHookOptions,
    ResourceTransformArgs,
    ResourceTransformResult,
)

from .engine.declared import NATIVE_MACHINE, Declared
from .engine.declared_machine import declared_machine
from .engine.rules import Finding, judge, rules_for
from .errors import InvalidInput, Refused
from .host.program import look_up
from .host.program_inputs import ProgramLog, known_part
from .host.settings import parse_switches, relaxed_switches

Mode = Literal["warn", "refuse"]


def guard_virtual_machines(mode: Mode = "refuse", *, relax: Iterable[str] | None = None) -> None:
    """Judge every azure-native `VirtualMachine` that the program declares from here on, in preview and before it is
    created or updated, by the rules on patching.

    Judged is the machine's own declaration, after transforms and policies: nothing is read from Azure, and a rule that
    needs a value which is not known yet is named and judged when it is. Machines that do not change are not judged.

    :param mode: `refuse` stops the machine at a failed rule of severity error, with one line per finding; `warn` only
        tells. Warnings are told in both.
    :param relax: switches of rules to soften, as in the configuration `azure-hotpatch:relax`, which is the default.

    Raises InvalidInput for another mode or no list, ConfigurationError for a switch that no rule has.
    """
    if mode not in get_args(Mode):
        raise InvalidInput(f"mode is '{mode}'; it must be 'warn' or 'refuse'")
    if isinstance(relax, str):
        raise InvalidInput(f"relax is one text; give a list, such as ['{relax}']")
    relaxed = relaxed_switches(look_up) if relax is None else parse_switches(",".join(relax))

    log = ProgramLog()

    async def judge_machine(args: ResourceHookArgs) -> None:
        machine = declared_machine(await known_part(args.new_inputs or {}), args.name)
        if args.old_inputs:
            before = declared_machine(await known_part(args.old_inputs), args.name)
            machine = replace(machine, was_hotpatched=before.settings.enable_hotpatching)
        label = f"VM '{args.name}'"
        found = tuple(judge(rules_for("machine"), machine, relaxed=relaxed))
        failed = [one for one in found if one.verdict == "fail" and one.severity != "info"]
        stopping = [one for one in failed if one.is_error and mode == "refuse"]
        for finding in failed:
            if finding not in stopping:
                log.say("WARNING", f"{label}: {finding.located}", args.urn)
        if open_ := _not_judged_yet(found):
            log.say("INFO", f"{label}: not judged yet, because values are not known: {', '.join(open_)}", args.urn)
        if stopping:
            raise Refused("\n".join(f"{label}: {finding.located}" for finding in stopping), stopping)

    # The name is kept in the stack's state.
    hook = ResourceHook(f"azure-hotpatch-guard-{mode}", judge_machine, ResourceHookOptions(on_dry_run=True))

    def bind(args: ResourceTransformArgs) -> ResourceTransformResult | None:
        if Declared("", args.type_, {}).kind != NATIVE_MACHINE:
            return None
        ours = ResourceHookBinding(before_create=[hook], before_update=[hook])
        args.opts.hooks = ResourceHookBinding.merge(args.opts.hooks, ours)
        return ResourceTransformResult(props=args.props, opts=args.opts)

    pulumi.runtime.register_resource_transform(bind)


def _not_judged_yet(found: Iterable[Finding]) -> list[str]:
    return sorted({one.rule for one in found if one.verdict == "unknown" and one.severity == "error"})
