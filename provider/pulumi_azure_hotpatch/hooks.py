"""A guard for the virtual machines that a program declares with azure-native."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args
from weakref import WeakKeyDictionary

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
from .engine.fact_types import mistyped
from .engine.rules import Finding, judge, rules_for
from .errors import InvalidInput, Refused
from .host.engine_log import Level
from .host.program import look_up
from .host.program_errors import in_one_line
from .host.program_inputs import ProgramLog, known_part
from .host.settings import parse_switches, relaxed_switches

Mode = Literal["warn", "refuse"]


@dataclass
class _Guarding:
    """What guards one program: its hooks, by their names, and what they have told of which resource."""

    hooks: set[str] = field(default_factory=set)
    told: set[tuple[str, str]] = field(default_factory=set)


# By the connection that a program has to its engine: one process may run several programs.
_GUARDING: Final[WeakKeyDictionary[object, _Guarding]] = WeakKeyDictionary()


@in_one_line("guard_virtual_machines")
def guard_virtual_machines(mode: Mode = "refuse", *, relax: Iterable[str] | None = None) -> None:
    """Judge every azure-native `VirtualMachine` that the program declares from here on, in preview and before it is
    created or updated, by the rules on patching.

    Judged is the machine's own declaration, after transforms and policies: nothing is read from Azure, and a rule that
    needs a value which is not known yet is named and judged when it is. Machines that do not change are not judged.
    Several guards may be called for, by modules of one program: each judges, so the strictest counts.

    :param mode: `refuse` stops the machine at a failed rule of severity error, with one line per finding; `warn` only
        tells. Warnings are told in both.
    :param relax: switches of rules to soften, as in the configuration `azure-hotpatch:relax`, which is the default.

    Raises InvalidInput for another mode or no list, ConfigurationError for a switch that no rule has.
    """
    if mode not in get_args(Mode):
        raise InvalidInput(f"mode is '{mode}'; it must be 'warn' or 'refuse'")
    relaxed = relaxed_switches(look_up) if relax is None else parse_switches(",".join(_switches(relax)))

    log = ProgramLog()
    monitor = pulumi.runtime.settings.get_monitor()
    guarding = _Guarding() if monitor is None else _GUARDING.setdefault(monitor, _Guarding())
    # The name is kept in the stack's state, and the engine knows each once.
    name = "-".join((f"azure-hotpatch-guard-{mode}", *sorted(relaxed)))
    if name in guarding.hooks:
        return
    guarding.hooks.add(name)

    def tell(level: Level, message: str, urn: str) -> None:
        if (urn, message) not in guarding.told:
            guarding.told.add((urn, message))
            log.say(level, message, urn)

    async def judge_machine(args: ResourceHookArgs) -> None:
        machine = declared_machine(await known_part(args.new_inputs or {}), args.name)
        label = f"VM '{args.name}'"
        if wrong := mistyped(machine):
            line = f"{label}: {wrong}, and Azure takes no value of that type there. Fix: {_fix(wrong)}"
            if mode == "refuse":
                raise Refused(line)
            tell("WARNING", f"{line} (it is not judged before)", args.urn)
            return
        if args.old_inputs:
            before = declared_machine(await known_part(args.old_inputs), args.name)
            machine = replace(machine, was_hotpatched=before.settings.enable_hotpatching)
        found = tuple(judge(rules_for("machine"), machine, relaxed=relaxed))
        failed = [one for one in found if one.verdict == "fail" and one.severity != "info"]
        stopping = [one for one in failed if one.is_error and mode == "refuse"]
        for finding in failed:
            if finding not in stopping:
                tell("WARNING", f"{label}: {finding.located}", args.urn)
        if open_ := _not_judged_yet(found):
            tell("INFO", f"{label}: not judged yet, because values are not known: {', '.join(open_)}", args.urn)
        if stopping:
            raise Refused("\n".join(f"{label}: {finding.located}" for finding in stopping), stopping)

    hook = ResourceHook(name, judge_machine, ResourceHookOptions(on_dry_run=True))

    def bind(args: ResourceTransformArgs) -> ResourceTransformResult | None:
        if Declared("", args.type_, {}).kind != NATIVE_MACHINE:
            return None
        ours = ResourceHookBinding(before_create=[hook], before_update=[hook])
        args.opts.hooks = ResourceHookBinding.merge(args.opts.hooks, ours)
        return ResourceTransformResult(props=args.props, opts=args.opts)

    pulumi.runtime.register_resource_transform(bind)


def _switches(relax: object) -> list[str]:
    if isinstance(relax, str):
        raise InvalidInput(f"relax is one text; give a list, such as ['{relax}']")
    if not isinstance(relax, Iterable):
        raise InvalidInput(f"relax is {relax!r}; give a list of names, such as ['custom-images']")
    given = list(relax)
    for switch in given:
        if not isinstance(switch, str):
            raise InvalidInput(f"relax holds {switch!r}; give names only, such as 'custom-images'")
    return given


def _fix(wrong: str) -> str:
    text = wrong.partition(" is ")[2].strip("'\"").casefold()
    return "write True or False, as config.get_bool gives it." if text in ("true", "false") else "correct the value."


def _not_judged_yet(found: Iterable[Finding]) -> list[str]:
    return sorted({one.rule for one in found if one.verdict == "unknown" and one.severity == "error"})
