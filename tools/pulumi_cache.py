"""The folder for what is made once for all checkouts of a user, and how things get into it whole."""

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """Give the folder for what is made once for all checkouts of a user."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pulumi-azure-hotpatch"


def write_executable(path: Path, content: str) -> None:
    """Put an executable text in place at once, unless it is there already."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content.encode():
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(content)
    os.chmod(file.name, 0o755)
    os.replace(file.name, path)


@contextmanager
def unfinished_folder() -> Iterator[Path]:
    """Give a folder in the cache that is taken away unless it was published."""
    folder = Path(tempfile.mkdtemp(dir=cache_folder(), prefix="unfinished-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, name: Path) -> None:
    """Give a finished folder its final name, in one step."""
    shutil.rmtree(name, ignore_errors=True)
    folder.chmod(0o755)
    folder.rename(name)


@contextmanager
def only_one() -> Iterator[None]:
    """Wait until no other process makes a CLI in this cache."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with open(cache_folder() / "lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another process is making the pulumi command; waiting for it", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
