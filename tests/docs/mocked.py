"""Programs of the documentation under Pulumi's mocks: reads them as JSON, prints what each declared.

Run as a process of its own, because mocks change the SDK for good.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pulumi
from pulumi.runtime import config, mocks


class Recorder(mocks.Mocks):
    """Every resource exists, with its inputs."""

    def __init__(self) -> None:
        self.declared: list[str] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        self.declared.append(f"{args.typ} {args.name}")
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"{args.token} is called")


def declared_by(program: str, place: str, configuration: dict[str, str]) -> list[str]:
    """The types and names of the resources that a program declares."""
    recorder = Recorder()
    mocks.set_mocks(recorder)
    config.set_all_config({f"project:{key}": value for key, value in configuration.items()})

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def declare() -> None:
        exec(compile(program, place, "exec"), {"__name__": "__main__"})

    declare()
    return recorder.declared


json.dump([declared_by(*each) for each in json.load(sys.stdin)], sys.stdout)
