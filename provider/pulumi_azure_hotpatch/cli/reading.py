"""Files and standard input to parsed documents: JSON, JSON lines or YAML, in the encodings that shells write."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput

STANDARD_INPUT: Final = "-"
_DIGITS: Final = "a number or date in it is beyond reason"
_LONE: Final = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON can spell and nothing can write."""


def read_document(path: str) -> Any:
    """What the file at `path` (`-`: standard input) holds; JSON lines become a list.

    Raises InvalidInput that names the file, the place in it and what is wrong.
    """
    text = _read(path)
    name = shown(path)
    if not text.strip():
        raise InvalidInput(f"{name}: it is empty; expected JSON, JSON lines or YAML")
    try:
        return _json(text)
    except RecursionError:
        raise InvalidInput(f"{name}: it is nested too deeply") from None
    except json.JSONDecodeError as error:
        problem = error
    except ValueError:
        raise InvalidInput(f"{name}: {_DIGITS}") from None
    if problem.msg == "Extra data":
        return _json_lines(text, name)
    if text.lstrip()[0] in "{[":
        raise InvalidInput(f"{name}: not JSON (line {problem.lineno}, column {problem.colno}: {problem.msg})")
    return _yaml(text, name)


def shown(path: str) -> str:
    """A file as messages name it."""
    return "standard input" if path == STANDARD_INPUT else path or "''"


def _read(path: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if path == STANDARD_INPUT else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidInput(f"{shown(path)}: cannot be read ({reason})") from None
    # `>` of Windows PowerShell writes UTF-16 with a byte order mark, other tools UTF-8 with one, some UTF-16 without.
    encoding = json.detect_encoding(raw)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"{shown(path)}: not {encoding.removesuffix('-sig').upper()} text ({error.reason})"
        ) from None


def _json(text: str) -> Any:
    """Raises JSONDecodeError, RecursionError, and ValueError for a number beyond all reason."""
    found = json.loads(text)
    # Only escapes can spell it.
    if "\\ud" in text or "\\uD" in text:
        written = json.dumps(found, ensure_ascii=False)
        found = json.loads(_LONE.sub("\N{REPLACEMENT CHARACTER}", written)) if _LONE.search(written) else found
    return found


def _json_lines(text: str, name: str) -> list[Any]:
    found = []
    # Not `splitlines`: other characters that end lines may stand within texts.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                found.append(_json(line))
            except (ValueError, RecursionError) as error:
                reason = _DIGITS if isinstance(error, ValueError) else "nested too deeply"
                reason = error.msg if isinstance(error, json.JSONDecodeError) else reason
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
        reason = _DIGITS if isinstance(error, ValueError) else reason
        raise InvalidInput(f"{name}: neither JSON nor YAML ({place}{reason})") from None
