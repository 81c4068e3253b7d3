"""Optional libraries: what is missing is named in one line, with the command that installs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import ConfigurationError


@contextmanager
def needs_extra(extra: str, purpose: str) -> Iterator[None]:
    """Import optional libraries within this block; `purpose` begins the sentence, such as `A calendar feed`.

    Raises ConfigurationError where one is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{purpose} needs {error.name}, which is not installed: pip install 'pulumi-azure-hotpatch[{extra}]'"
        ) from None
