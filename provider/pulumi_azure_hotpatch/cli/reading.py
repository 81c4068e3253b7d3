"""Files and standard input to parsed documents: JSON, JSON lines or YAML, in the encodings that shells write."""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Final

from pulumi_azure_hotpatch.errors import InvalidInput

STANDARD_INPUT: Final = "-"
LONGEST: Final = 4 * 1024**3
"""Bytes to read of one file: a million machines at the four kilobytes that Azure answers for one of them. More than
that has no end, or does not fit into memory.
"""
_PIECE: Final = 16 * 1024**2
_DIGITS: Final = "a number or date in it is beyond reason"
_LONE: Final = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON can spell and nothing can write."""


def read_document(path: str) -> Any:
    """What the file at `path` (`-`: standard input) holds, up to `LONGEST` bytes; JSON lines become a list.

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
        with nullcontext(sys.stdin.buffer) if path == STANDARD_INPUT else Path(path).open("rb") as file:
            return "".join(_decoded(file, shown(path)))
    except (OSError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidInput(f"{shown(path)}: cannot be read ({reason})") from None


def _decoded(file: BinaryIO, name: str) -> Iterator[str]:
    """The text piece by piece, so that a device without an end is found out at its first piece."""
    piece = file.read(_PIECE)
    # `>` of Windows PowerShell writes UTF-16 with a byte order mark, other tools UTF-8 with one, some UTF-16 without.
    encoding = json.detect_encoding(piece)
    decoder, length = codecs.getincrementaldecoder(encoding)(), 0
    try:
        while piece:
            length += len(piece)
            if length > LONGEST:
                raise InvalidInput(f"{name}: it is longer than {LONGEST / 1024**3:g} GiB; give it in several files")
            text = decoder.decode(piece)
            if "\0" in text:
                raise InvalidInput(f"{name}: not text (it has a NUL character)")
            yield text
            piece = file.read(_PIECE)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name}: not {encoding.removesuffix('-sig').upper()} text ({error.reason})") from None


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
