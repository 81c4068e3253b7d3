"""What can be typed: every command with its arguments and options."""

from __future__ import annotations

import re
from typing import Any, Literal, get_args, get_origin

import typer

from pulumi_azure_hotpatch.cli.options import app

from .wording import table


def command_page() -> str:
    """The page of the command line."""
    program: Any = typer.main.get_command(app)
    parts = ["# The command `azure-hotpatch`\n", f"{program.help}\n", f"{program.epilog}\n"]
    parts.append(
        "Commands under *Asking Azure* sign in as programs do; what they take is in the "
        "[configuration](configuration.md). The others read files. What `--json` prints has a [schema](files.md).\n"
    )
    for title, commands in _by_panel(program).items():
        parts.append(f"## {title}\n")
        parts += [_command(name, command) for name, command in commands.items()]
    return "\n".join(parts)


def commands() -> set[str]:
    """The names of all commands."""
    program: Any = typer.main.get_command(app)
    return set(program.commands)


def _by_panel(program: Any) -> dict[str, dict[str, Any]]:
    panels: dict[str, dict[str, Any]] = {}
    for name, command in program.commands.items():
        panel = command.rich_help_panel
        panels.setdefault(panel if isinstance(panel, str) else "Without an account", {})[name] = command
    return panels


def _command(name: str, command: Any) -> str:
    arguments = [each for each in command.params if type(each).__name__ == "TyperArgument"]
    usage = " ".join(["azure-hotpatch", name, "[OPTIONS]", *(each.metavar or each.name.upper() for each in arguments)])
    parts = [f"### {name}\n", f"`{usage}`\n", f"{command.help}\n"]
    parts.append(table(("argument or option", "meaning"), [(_names(each), _meaning(each)) for each in command.params]))
    if command.epilog:
        parts.append(f"{_examples(command.epilog)}\n")
    return "\n".join(parts)


def _names(parameter: Any) -> str:
    metavar = parameter.metavar or ""
    if type(parameter).__name__ == "TyperArgument":
        return f"`{metavar or parameter.name.upper()}`"
    takes = "" if _is_switch(parameter) else f" {metavar or 'VALUE'}"
    spelt = [*parameter.opts, *parameter.secondary_opts]
    return ", ".join(f"`{name}{takes}`" for name in sorted(spelt, key=len, reverse=True))


def _meaning(parameter: Any) -> str:
    said = parameter.help or ""
    choices = _choices(parameter.type_descriptor.annotation)
    if choices:
        said += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    if parameter.required:
        said += " Required."
    elif parameter.show_default and parameter.default not in (None, False, ()):
        said += f" Default: `{parameter.default}`."
    return said.strip()


def _choices(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _is_switch(parameter: Any) -> bool:
    return bool(parameter.is_flag) or parameter.type_descriptor.annotation is bool


def _examples(epilog: str) -> str:
    """`Examples: a, b` with each command as code."""
    lead, _, rest = epilog.partition(": ")
    # A comma stands between two commands, never inside of one before a known beginning.
    commands = re.split(r", (?=azure-hotpatch |az |pulumi )", rest)
    return f"{lead}: " + ", ".join(f"`{command}`" for command in commands) + "."
