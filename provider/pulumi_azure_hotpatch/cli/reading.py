"""Files and standard input to parsed documents: JSON, JSON lines or YAML, in the encodings that shells write."""

from __future__ import annotations

import codecs
import json
import sys
from pathlib import Path
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput

STANDARD_INPUT: Final = "-"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_document(path: str) -> Any:
    """What the file at `path` (`-`: standard input) holds; JSON lines become a list.

    Raises InvalidInput that names the file, the place in it and what is wrong.
    """
    text = _read(path)
    name = shown(path)
    if not text.strip():
        raise InvalidInput(f"{name}: it is empty; expected JSON, JSON lines or YAML")
    try:
        return json.loads(text)
    except RecursionError:
        raise InvalidInput(f"{name}: it is nested too deeply") from None
    except json.JSONDecodeError as error:
        problem = error
    if problem.msg == "Extra data":
        return _json_lines(text, name)
    if text.lstrip()[0] in "{[":
        raise InvalidInput(f"{name}: not JSON (line {problem.lineno}, column {problem.colno}: {problem.msg})")
    return _yaml(text, name)


def shown(path: str) -> str:
    """A file as messages name it."""
    return "standard input" if path == STANDARD_INPUT else path


def _read(path: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if path == STANDARD_INPUT else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidInput(f"{shown(path)}: cannot be read ({reason})") from None
    # `>` of Windows PowerShell writes UTF-16 with a byte order mark, other tools UTF-8 with one.
    encoding = "utf-16" if raw.startswith(_UTF16) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{shown(path)}: not {encoding.removesuffix('-sig').upper()} text ({error.reason})"
        ) from None


def _json_lines(text: str, name: str) -> list[Any]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except (json.JSONDecodeError, RecursionError) as error:
                reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
                raise InvalidInput(f"{name}: neither JSON nor JSON lines (line {number}: {reason})") from None
    return found


def _yaml(text: str, name: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        reason = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        raise InvalidInput(f"{name}: neither JSON nor YAML ({place}{reason})") from None
