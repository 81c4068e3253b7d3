"""What a program declares of a rollout in rings, and what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from pulumi_azure_hotpatch.engine.instants import instant_of
from pulumi_azure_hotpatch.engine.releases import Month
from pulumi_azure_hotpatch.engine.rollout import FIRST
from pulumi_azure_hotpatch.engine.rollout_budget import parse_budget
from pulumi_azure_hotpatch.engine.rollout_rings import Membership, parse_time
from pulumi_azure_hotpatch.engine.zones import zone

from .base import (
    ANY_CASE,
    ANY_ORDER,
    Answer,
    Inputs,
    Model,
    OptionalWait,
    Same,
    State,
    Wait,
    means_the_same,
    parse_wait,
)
from .maintenance_schedule import SELECTION, LinuxPackages, RebootSetting, WindowsPatches
from .patch_installation import FailOn, PublishDate
from .patches import MachineId, Triggers
from .tags import TagFilters

Gate = Literal["running", "healthy"]
MachinePhase = Literal["waiting", "asked", "installing", "succeeded", "failed", "excluded"]


def _check_budget(value: Any) -> Any:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        parse_budget(value)
    return value


def _check_month(value: str) -> str:
    Month.parse(value)
    return value


def _check_time(value: str) -> str:
    parse_time(value)
    return value


def _check_zone(value: str) -> str:
    zone(value)
    return value


def _check_instant(value: str) -> str:
    instant_of(value, "adopt_since")
    return value


def _check_duration(value: str) -> str:
    if not parse_wait(value):
        raise ValueError(f"'{value}' leaves no time to install anything")
    return value


def _budget_key(value: Any) -> Any:
    return parse_budget(value) if isinstance(value, str | int | float) else None


def _instant_key(value: Any) -> datetime | None:
    return instant_of(value) if isinstance(value, str) else None


def _one_or_more(value: Any) -> Any:
    """The values of a tag: one alone may be written without a list."""
    if isinstance(value, Mapping):
        return {name: (each,) if isinstance(each, str) else each for name, each in value.items()}
    return value


# Whole numbers arrive as 2.0.
BudgetText = Annotated[str | float, BeforeValidator(_check_budget), Same(_budget_key)]
# `0s` is an answer too: a ring may go without the soak that the others have.
OptionalSoak = Annotated[Wait | None, Same(lambda value: parse_wait(value) if isinstance(value, str) else value)]
TagValues = Annotated[TagFilters, BeforeValidator(_one_or_more)]


class Ring(Model):
    """A ring, and how machines come into it: exactly one of `machine_ids`, `tags`, `percent` and `rest`.

    `soak`, `max_concurrent` and `failure_budget` are the rollout's own where the ring has none.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=64)]
    machine_ids: tuple[MachineId, ...] = ()
    tags: TagValues = Field(default_factory=dict)
    percent: Annotated[float | None, Field(gt=0, le=100)] = None
    rest: bool = False
    deferral_days: Annotated[int, Field(ge=0, le=365)] = 0
    soak: OptionalSoak = None
    max_concurrent: Annotated[int | None, Field(ge=1)] = None
    failure_budget: BudgetText | None = None

    @property
    def has_one_way_in(self) -> bool:
        """Whether it is clear how machines come into it. A rule asks, and no validator: a part may not be known yet."""
        return sum((bool(self.machine_ids), bool(self.tags), self.percent is not None, self.rest)) == 1

    @property
    def membership(self) -> Membership:
        """How machines come into it."""
        return Membership(self.name, self.machine_ids, self.tags, self.percent, self.rest)


def _check_rings(rings: tuple[Ring, ...]) -> tuple[Ring, ...]:
    names = [ring.name.casefold() for ring in rings]
    twice = next((ring.name for ring in rings if names.count(ring.name.casefold()) > 1), None)
    if twice is not None:
        raise ValueError(f"there are two rings called '{twice}'")
    if sum(ring.rest for ring in rings) > 1:
        raise ValueError("only one ring can be the rest")
    if sum(ring.percent or 0.0 for ring in rings) > 100:
        raise ValueError("the percentages of all rings are more than 100 together")
    return rings


Rings = Annotated[tuple[Ring, ...], Field(min_length=1), AfterValidator(_check_rings)]


class RingsFile(Model):
    """A file of rings, YAML or JSON, as `schemas/rings.schema.json` describes it."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1]
    rings: Rings


class PlannedRing(Model):
    """A ring in preview: how many machines, the first few of them by name, when it may start, how it is judged.

    `lacks` counts the patches that the last assessments know its machines to lack, by classification.
    """

    ring: str
    machines: int
    named: tuple[str, ...] = ()
    starts: str
    soak: str
    at_a_time: int
    may_fail: int
    lacks: dict[str, int] | None = None


class PatchRolloutInputs(Inputs):
    """An installation on many machines, ring after ring, made once for each value of `triggers` and of its request."""

    rings: Rings
    machine_ids: Annotated[tuple[MachineId, ...], ANY_ORDER] = ()
    exclude: Annotated[tuple[MachineId, ...], ANY_ORDER] = ()
    windows: Annotated[WindowsPatches | None, SELECTION] = None
    linux: Annotated[LinuxPackages | None, SELECTION] = None
    reboot_setting: Annotated[RebootSetting, ANY_CASE] = "IfRequired"
    maximum_duration: Annotated[Wait, AfterValidator(_check_duration)] = "2h"
    max_publish_date: Annotated[PublishDate | None, Same(_instant_key)] = None
    triggers: Triggers = ()
    fail_on: Annotated[tuple[FailOn, ...], ANY_ORDER] = ("failed",)
    gate: Annotated[tuple[Gate, ...], ANY_ORDER] = ("running",)
    failure_budget: BudgetText = 0.0
    max_concurrent: Annotated[int, Field(ge=1)] = 20
    soak: Wait = "0s"
    release_month: Annotated[str, AfterValidator(_check_month)] | None = None
    start_at: Annotated[str, AfterValidator(_check_time)] = "00:00"
    time_zone: Annotated[str, AfterValidator(_check_zone), ANY_CASE] = "UTC"
    resume: str | bool | float | None = None
    retry_failed: bool = False
    adopt_since: Annotated[Annotated[str, AfterValidator(_check_instant)] | None, Same(_instant_key)] = None
    look_back: Wait = "72h"
    max_wait: Wait = "1h"
    timeout: OptionalWait = None
    plan: Annotated[tuple[PlannedRing, ...] | None, Answer()] = None


REQUEST: Final = (
    "triggers",
    "windows",
    "linux",
    "reboot_setting",
    "maximum_duration",
    "max_publish_date",
    "release_month",
)
"""The inputs that make a rollout another one."""


class RolloutMachine(Model):
    """What happened to a machine. `status`, `reboot_status` and the counts are Azure's; `error` is shortened.

    `phase`: `waiting`, `asked` (the answer was lost), `installing`, `succeeded`, `failed`, `excluded` (left out while
    its installation was under way). `adopted` is True for an installation that was found, not started. `accepted` is
    True for a failure that a `resume` accepted. `unhealthy` is what the gate found.
    """

    machine_id: str
    ring: str
    phase: MachinePhase = "waiting"
    activity_id: str | None = None
    operation: str | None = None
    asked_at: str | None = None
    adopted: bool = False
    accepted: bool = False
    status: str | None = None
    reboot_status: str | None = None
    maintenance_window_exceeded: bool | None = None
    installed_count: int | None = None
    failed_count: int | None = None
    pending_count: int | None = None
    started_at: str | None = None
    finished_at: str | None = None
    error: str | None = None
    unhealthy: str | None = None
    previous_activity_id: str | None = None


class RolloutRing(Model):
    """How far a ring is. `opened_at`, `ended_at` (its last machine) and `passed_at` (its gate) in RFC 3339."""

    ring: str
    machines: int = 0
    succeeded: int = 0
    failed: int = 0
    opened_at: str | None = None
    ended_at: str | None = None
    passed_at: str | None = None


class PatchRolloutState(PatchRolloutInputs, State):
    """How far the rollout is. `phase` is of the current `ring`; `waiting_until` is set where a run ended in a wait.

    `machines` is complete, in the order of rings.
    """

    model_config = ConfigDict(extra="ignore")

    phase: str = FIRST.value
    ring: str | None = None
    waiting_until: str | None = None
    begun_at: str | None = None
    previous_until: str | None = None
    looked_back_to: str | None = None
    ring_states: tuple[RolloutRing, ...] = ()
    machines: tuple[RolloutMachine, ...] = ()
    succeeded_count: int = 0
    failed_count: int = 0
    remaining_count: int = 0


def asks_for_the_same(left: PatchRolloutInputs, right: PatchRolloutInputs, names: Iterable[str] = REQUEST) -> bool:
    """Whether two declarations ask for one and the same rollout, by those of its fields that `names` gives."""
    fields = PatchRolloutInputs.model_fields
    return all(means_the_same(fields[name], getattr(left, name), getattr(right, name)) for name in names)


def soak_of(inputs: PatchRolloutInputs, ring: Ring) -> timedelta:
    """How long a ring is left alone after its last machine."""
    return parse_wait(inputs.soak if ring.soak is None else ring.soak)


def at_a_time(inputs: PatchRolloutInputs, ring: Ring) -> int:
    """How many machines of a ring are patched at a time."""
    return ring.max_concurrent or inputs.max_concurrent


def may_fail(inputs: PatchRolloutInputs, ring: Ring, machines: int) -> int:
    """How many of so many machines of a ring may fail."""
    written = ring.failure_budget if ring.failure_budget is not None else inputs.failure_budget
    return parse_budget(written).allowed(machines)
