"""What the resources that assess and install have in common: the machine, triggers, and patches as outputs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from pulumi_azure_hotpatch.engine.facts import ARC_MACHINES, VIRTUAL_MACHINES
from pulumi_azure_hotpatch.engine.patch_results import PatchOutcome
from pulumi_azure_hotpatch.engine.selection import Patch
from pulumi_azure_hotpatch.ids import ResourceId

from .base import ArmId, Model, Same


def _is_machine(value: str) -> str:
    parsed = ResourceId.parse(value)
    if not (parsed.is_type(VIRTUAL_MACHINES) or parsed.is_type(ARC_MACHINES)):
        raise ValueError(f"'{value}' is not the id of a {VIRTUAL_MACHINES} or {ARC_MACHINES} resource")
    return value


MachineId = Annotated[ArmId, AfterValidator(_is_machine)]


def _is_simple(value: Any) -> Any:
    if not isinstance(value, str | bool | int | float):
        raise ValueError("must be text, a number, or true or false")
    return value


def _trigger_key(values: Any) -> Any:
    # In Python 1 and True are equal; in a program they are not the same.
    return [(isinstance(value, bool), value) for value in values or ()]


Triggers = Annotated[tuple[Annotated[str | bool | float, BeforeValidator(_is_simple)], ...], Same(_trigger_key)]
"""Values of any meaning; another value asks for another run."""


class AvailablePatch(Model):
    """A patch that a machine lacks. `reboot` is NeverReboots, CanRequestReboot, AlwaysRequiresReboot or Unknown."""

    name: str
    kb: str | None = None
    version: str | None = None
    classifications: tuple[str, ...] = ()
    reboot: str = "Unknown"
    published_at: str | None = None


class TreatedPatch(Model):
    """What an installation made of a patch: Installed, Failed, Pending, Excluded or NotSelected."""

    name: str
    state: str
    kb: str | None = None
    version: str | None = None
    classifications: tuple[str, ...] = ()


def available(patches: Iterable[Patch]) -> tuple[AvailablePatch, ...]:
    """Patches as outputs, all of them."""
    return tuple(
        AvailablePatch(
            name=patch.name,
            kb=patch.kb,
            version=patch.version,
            classifications=patch.classifications,
            reboot=patch.reboot,
            published_at=spell_instant(patch.published),
        )
        for patch in patches
    )


def treated(outcomes: Iterable[PatchOutcome]) -> tuple[TreatedPatch, ...]:
    """What became of patches as outputs, of all of them."""
    return tuple(
        TreatedPatch(
            name=outcome.patch.name,
            state=outcome.state,
            kb=outcome.patch.kb,
            version=outcome.patch.version,
            classifications=outcome.patch.classifications,
        )
        for outcome in outcomes
    )


def spell_instant(instant: datetime | None) -> str | None:
    """RFC 3339 with its offset, to the second; None for an instant that is not known."""
    return None if instant is None else instant.isoformat(timespec="seconds")
