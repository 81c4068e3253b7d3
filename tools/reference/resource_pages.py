"""One page for each resource and component: inputs from the constructor and the model, outputs from the state."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pulumi_azure_hotpatch
from pulumi_azure_hotpatch.components import HotpatchReady
from pulumi_azure_hotpatch.models.base import Answer, Inputs, ReplaceOnChange, State, mark
from pulumi_azure_hotpatch.resources.declared import Declared

from .wording import table, type_words, value_words, words_of

_NOT_INPUTS = ("self", "resource_name", "opts")


def resources() -> Mapping[str, type[Any]]:
    """The resources that a program may declare, by name."""
    public = ((name, getattr(pulumi_azure_hotpatch, name)) for name in pulumi_azure_hotpatch.__all__)
    return {name: each for name, each in public if inspect.isclass(each) and issubclass(each, Declared)}


def resource_pages() -> Mapping[str, str]:
    """The pages by file name, in the order of the names."""
    pages = {name: _resource(name, each) for name, each in resources().items()} | {"HotpatchReady": _component()}
    return {f"{file_name(name)}.md": pages[name] for name in sorted(pages)}


def file_name(name: str) -> str:
    """`PatchRollout` as `patch-rollout`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def models_of(name: str) -> tuple[type[Inputs], type[State]]:
    """The models of what a program declares and what is stored."""
    module = import_module(f"pulumi_azure_hotpatch.models.{file_name(name).replace('-', '_')}")
    return getattr(module, f"{name}Inputs"), getattr(module, f"{name}State")


def _resource(name: str, resource: type[Any]) -> str:
    inputs, state = models_of(name)
    parts = [f"# {name}\n", words_of(resource).text + "\n"]
    # What a program has to know when it declares one is said where it does; a bare `Declare the set.` says nothing.
    if said := re.sub(r"^Declare the \w+\.\s*", "", words_of(resource.__init__).text):
        parts.append(f"{said}\n")
    parts += ["## Inputs\n", table(("name", "type", "meaning"), _input_rows(resource, inputs))]
    if any(mark(field, ReplaceOnChange) for field in inputs.model_fields.values()):
        parts.append("¹ A change makes a new resource and deletes the old one.\n")
    parts += ["## Outputs\n", "Beside the inputs, which are outputs too:\n"]
    parts.append(table(("name", "type", "in preview"), _output_rows(resource, inputs, state)))
    parts.append(words_of(state).text + "\n")
    parts.append("`unfinished` says why the last run did not finish; the next one goes on.\n")
    return "\n".join(part for part in parts if part)


def _input_rows(resource: type[Any], inputs: type[Inputs]) -> Iterator[tuple[str, str, str]]:
    said = words_of(resource.__init__).parameters
    for name, parameter in inspect.signature(resource.__init__).parameters.items():
        if name in _NOT_INPUTS:
            continue
        field = inputs.model_fields[name]
        replaces = "¹" if mark(field, ReplaceOnChange) else ""
        required = ", required" if parameter.default is parameter.empty else ""
        default = value_words(field.default)
        # Where the words have the default already it is not said twice.
        default = f" Default: {default}." if default and "default" not in said.get(name, "") else ""
        yield f"`{name}`{replaces}", type_words(field.annotation) + required, _sentence(said.get(name, "")) + default


def _output_rows(resource: type[Any], inputs: type[Inputs], state: type[State]) -> Iterator[tuple[str, str, str]]:
    given = inspect.signature(resource.__init__).parameters
    for name in resource.__annotations__:
        if name in given or name == "unfinished":
            continue
        field = inputs.model_fields.get(name)
        answered = field is not None and mark(field, Answer) is not None
        yield f"`{name}`", type_words(state.model_fields[name].annotation), "yes" if answered else ""


def _component() -> str:
    said = words_of(HotpatchReady.__init__)
    rows = []
    for name, parameter in inspect.signature(HotpatchReady.__init__).parameters.items():
        if name not in _NOT_INPUTS:
            required = parameter.default is parameter.empty
            default = "required" if required else value_words(parameter.default)
            rows.append((f"`{name}`", default, _sentence(said.parameters.get(name, ""))))
    outputs = ", ".join(f"`{name}`" for name in HotpatchReady.__annotations__)
    parts = ["# HotpatchReady\n", words_of(HotpatchReady).text + "\n", "## Arguments\n"]
    parts += [table(("name", "default", "meaning"), rows), f"{said.text}\n", "## Attributes\n", f"{outputs}.\n"]
    return "\n".join(parts)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if text else ""
