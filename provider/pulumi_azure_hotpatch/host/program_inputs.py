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
        value = await value.future(with_unknowns=True)
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: await known_part(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [await known_part(item) for item in value]
    return value


def say(level: Level, message: str, urn: str = "") -> None:
    """Leave `message` in the diagnostics, on the resource's own row where its URN is known."""
    from pulumi.runtime.proto import engine_pb2

    engine = pulumi.runtime.settings.get_engine()
    if engine is not None:
        engine.Log(
            engine_pb2.LogRequest(severity=engine_pb2.LogSeverity.Value(level), message=message, urn=urn, streamId=0)
        )
