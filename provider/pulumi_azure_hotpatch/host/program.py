"""The runtime of a Pulumi program: one for all functions that it calls."""

from __future__ import annotations

from functools import cache

from .engine_log import EngineLog
from .runtime import Runtime


@cache
def program_runtime() -> Runtime:
    """The runtime that the stack's configuration describes. Raises ConfigurationError."""
    return Runtime.configured(look_up, EngineLog(None))


def look_up(key: str) -> str | None:
    """The stack's configuration, by full key."""
    import pulumi

    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)
