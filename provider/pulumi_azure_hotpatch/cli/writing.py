"""Answers that go to a file."""

from __future__ import annotations

import os
from pathlib import Path

from pulumi_azure_hotpatch.errors import InvalidInput


def write_file(path: str, content: str | bytes) -> None:
    """Write a file whole or not at all, over what was there. Raises InvalidInput that names it."""
    if not path:
        raise InvalidInput("'': cannot be written; name a file")
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        if target.exists() and not target.is_file():
            # A device, a pipe: there is nothing to replace.
            target.write_bytes(_bytes(content))
            return
        beside.write_bytes(_bytes(content))
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InvalidInput(f"{path}: cannot be written ({error.strerror})") from None


def write_new_file(path: str, content: str) -> None:
    """Write a file that must not be there yet. Raises InvalidInput that names it."""
    if not path:
        raise InvalidInput("'': cannot be written; name a file")
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        raise InvalidInput(f"{path}: it exists already and is not written over") from None
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written ({error.strerror})") from None


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
