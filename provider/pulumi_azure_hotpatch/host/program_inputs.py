"""What a program gave a resource, as hooks and transforms see it: to the engine's values, and words to the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.output import Unknown

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .engine_log import Level


async def known_part(value: Any) -> Any:
    """The value with what is not known yet as `UNKNOWN`, at any depth; secrets are read, so keep none of it."""
    if isinstance(value, pulumi.Output):
        found = await value.future(with_unknowns=True)
        # An output that holds nothing yet is not one that holds None.
        value = UNKNOWN if found is None and not await value.is_known() else found
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: await known_part(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [await known_part(item) for item in value]
    return value


class ProgramLog:
    """Messages of a program to its engine, from callbacks too: those do not know the engine, so it is noted here."""

    def __init__(self) -> None:
        self._engine: Any = pulumi.runtime.settings.get_engine()

    def say(self, level: Level, message: str, urn: str = "") -> None:
        """Leave `message` in the diagnostics, on the resource's own row where its URN is known."""
        if self._engine is None:
            # A program that runs without an engine.
            (pulumi.warn if level == "WARNING" else pulumi.info)(message)
            return
        from pulumi.runtime.proto import engine_pb2

        severity = engine_pb2.LogSeverity.Value(level)
        self._engine.Log(engine_pb2.LogRequest(severity=severity, message=message, urn=urn, streamId=0))
