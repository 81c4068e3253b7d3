"""How docstrings, types and tables read on a page."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import pulumi_azure_hotpatch

_PARAM = re.compile(r"^:param (\w+): *(.*)$")
_PLAIN = {str: "text", int: "whole number", float: "number", bool: "boolean", Any: "anything", type(None): "null"}


@dataclass(frozen=True)
class Words:
    """A docstring: what is said before and after the parameters, and of each of them."""

    text: str
    parameters: Mapping[str, str]


def words_of(documented: object) -> Words:
    """A docstring in parts; a paragraph is one line."""
    text: list[str] = []
    parameters: dict[str, str] = {}
    at: str | None = None
    for line in (inspect.getdoc(documented) or "").splitlines():
        if found := _PARAM.match(line):
            at = found[1]
            parameters[at] = found[2]
        elif at is not None and line.startswith(" "):
            parameters[at] += " " + line.strip()
        else:
            at = None
            text.append(line)
    paragraphs = re.split(r"\n{2,}", "\n".join(text).strip())
    return Words("\n\n".join(_joined(paragraph) for paragraph in paragraphs), parameters)


def _joined(paragraph: str) -> str:
    return paragraph if paragraph.lstrip().startswith(("* ", "- ", "|")) else " ".join(paragraph.split())


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; empty where there are no rows."""
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *lines]) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def type_words(annotation: Any) -> str:
    """A model's type as a reader of programs says it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_words(arguments[0])
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(type_words(one) for one in arguments if one is not type(None)))
    if origin in (tuple, list, set, frozenset):
        inner = type_words(arguments[0]) if arguments else "anything"
        return f"list of ({inner})" if " or " in inner else f"list of {inner}"
    if origin in (dict, Mapping) or (inspect.isclass(origin) and issubclass(origin, Mapping)):
        return f"map to {type_words(arguments[1])}"
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        name = f"{annotation.__name__}Args"
        if name in pulumi_azure_hotpatch.__all__:
            return f"[{name}](functions.md#{name.lower()})"
        return _spaced(annotation.__name__)
    return _PLAIN.get(annotation, _spaced(getattr(annotation, "__name__", str(annotation))))


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def value_words(value: Any) -> str:
    """A default as a program would write it; nothing where there is none."""
    if value is PydanticUndefined or value is None or value in ((), {}, []):
        return ""
    return f"`{value!r}`" if not isinstance(value, str) else f"`{value}`"
