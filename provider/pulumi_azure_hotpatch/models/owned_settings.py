"""Patch settings of which a program owns the fields that it gives: what is stored of that, whatever the resource."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS

from .base import Model, State

PatchMode = Literal["AutomaticByPlatform", "AutomaticByOS", "Manual", "ImageDefault"]
AssessmentMode = Literal["AutomaticByPlatform", "ImageDefault"]
RebootSetting = Literal["IfRequired", "Never", "Always"]


class OwnedSettings(State):
    """Fields by the program's names: `previous` is what was there before our first change (`previously_absent` where
    nothing was); `applied` is what all of them had when we last left them; `contested` counts how often somebody else
    has changed one since.
    """

    os_type: str | None = None
    location: str | None = None
    previous: dict[str, Any] = Field(default_factory=dict)
    previously_absent: tuple[str, ...] = ()
    applied: dict[str, Any] = Field(default_factory=dict)
    contested: dict[str, int] = Field(default_factory=dict)


def given(inputs: Model) -> dict[str, Any]:
    """The patch fields that the program gave, by name."""
    return {name: value for name in PATCH_FIELDS if (value := getattr(inputs, name, None)) is not None}
