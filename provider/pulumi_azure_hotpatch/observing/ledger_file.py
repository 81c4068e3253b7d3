"""A ledger in a local file, that several processes may write to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

from pulumi_azure_hotpatch.errors import InvalidInput


class LedgerFile:
    """Implements `ledger.Ledger`. A file that is not there is an empty ledger; its folder must be there."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self._path)

    def read(self) -> bytes:
        """All of it. Raises InvalidInput when the file cannot be read."""
        self._check()
        try:
            with self._path.open("rb") as file, _locked(file, exclusive=False):
                return file.read()
        except FileNotFoundError:
            return b""
        except OSError as error:
            self._refuse("read", error)

    def extend(self, more: Callable[[bytes], bytes]) -> None:
        """Append under a lock, in one write that is on the disk when this returns. Raises InvalidInput."""
        self._check()
        try:
            with self._path.open("a+b") as file, _locked(file, exclusive=True):
                file.seek(0)
                added = more(file.read())
                if added:
                    file.write(added)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            self._refuse("written", error)

    def _check(self) -> None:
        # A device may never end, and keeps nothing.
        if self._path.exists() and not self._path.is_file():
            raise InvalidInput(f"{self.name}: it is no file, so it is no ledger")

    def _refuse(self, verb: str, error: OSError) -> NoReturn:
        raise InvalidInput(f"{self.name}: it cannot be {verb} ({error.strerror})") from None


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _locked(file: BinaryIO, *, exclusive: bool) -> Iterator[None]:
        """Hold the lock of a file; on Windows there is only one kind."""
        del exclusive
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    @contextmanager
    def _locked(file: BinaryIO, *, exclusive: bool) -> Iterator[None]:
        """Hold the lock of a file."""
        fcntl.flock(file.fileno(), fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(file.fileno(), fcntl.LOCK_UN)
