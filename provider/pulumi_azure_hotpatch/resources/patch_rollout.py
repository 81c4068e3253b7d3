"""`PatchRollout`, as a program declares it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers
from pulumi_azure_hotpatch.host.program_errors import in_one_line

from .declared import Declared, arguments, nested
from .patches import LinuxPackagesArgs, WindowsPatchesArgs


class RingArgs(TypedDict, total=False):
    """A ring. Machines come into it by exactly one of `machine_ids`, `tags` (each with one of its values), `percent`
    (of what no ring names or tags) and `rest`. What is left out is as for the whole rollout; a
    `soak` of `0s` is none.
    """

    name: str
    machine_ids: Sequence[Input[str]]
    tags: Mapping[str, str | Sequence[str]]
    percent: float
    rest: bool
    deferral_days: int
    soak: str
    max_concurrent: int
    failure_budget: str | float


def read_rings(path: str | Path) -> list[RingArgs]:
    """The rings of a YAML or JSON file (`schemas/rings.schema.json` describes it).

    Raises InvalidProgram, an InvalidInput that ends the program in one line, with what is wrong with it.
    """
    from pulumi_azure_hotpatch.models.rings_file import load_rings

    with in_one_line():
        loaded: list[Any] = load_rings(Path(path))
        return loaded


class PatchRollout(Declared, module="azurehotpatch", name="PatchRollout"):
    """An installation of patches on many machines, ring after ring: made once, and again when `triggers` or the request
    itself change.

    `machines` says of every machine what happened to it: `machine_id`, `ring`, `phase`, `activity_id`, `status`,
    `reboot_status`, counts and `error`. `phase` is where the rollout is: waiting, installing, draining, soaking,
    checking, halted, finished. A run that would have to wait for longer than `max_wait` ends, with `waiting_until` set
    and the next `up` going on.
    """

    rings: Output[Sequence[Mapping[str, Any]]]
    machine_ids: Output[Sequence[str]]
    exclude: Output[Sequence[str]]
    windows: Output[Mapping[str, Any] | None]
    linux: Output[Mapping[str, Any] | None]
    reboot_setting: Output[str]
    maximum_duration: Output[str]
    max_publish_date: Output[str | None]
    triggers: Output[Sequence[str | bool | float]]
    fail_on: Output[Sequence[str]]
    gate: Output[Sequence[str]]
    failure_budget: Output[str | float]
    max_concurrent: Output[int]
    soak: Output[str]
    release_month: Output[str | None]
    start_at: Output[str]
    time_zone: Output[str]
    resume: Output[str | bool | float | None]
    retry_failed: Output[bool]
    adopt_since: Output[str | None]
    look_back: Output[str]
    max_wait: Output[str]
    timeout: Output[str | None]
    plan: Output[Sequence[Mapping[str, Any]] | None]
    phase: Output[str]
    ring: Output[str | None]
    waiting_until: Output[str | None]
    begun_at: Output[str | None]
    previous_until: Output[str | None]
    looked_back_to: Output[str | None]
    ring_states: Output[Sequence[Mapping[str, Any]]]
    machines: Output[Sequence[Mapping[str, Any]]]
    succeeded_count: Output[int]
    failed_count: Output[int]
    remaining_count: Output[int]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        rings: Input[Sequence[Input[RingArgs]]],
        machine_ids: Input[Sequence[Input[str]]] | None = None,
        exclude: Input[Sequence[Input[str]]] | None = None,
        windows: Input[WindowsPatchesArgs] | None = None,
        linux: Input[LinuxPackagesArgs] | None = None,
        reboot_setting: Input[str] | None = None,
        maximum_duration: Input[str] | None = None,
        max_publish_date: Input[str] | None = None,
        triggers: Input[Sequence[Input[str | bool | float]]] | None = None,
        fail_on: Input[Sequence[Input[str]]] | None = None,
        gate: Input[Sequence[Input[str]]] | None = None,
        failure_budget: Input[str | float] | None = None,
        max_concurrent: Input[int] | None = None,
        soak: Input[str] | None = None,
        release_month: Input[str] | None = None,
        start_at: Input[str] | None = None,
        time_zone: Input[str] | None = None,
        resume: Input[str | bool | float] | None = None,
        retry_failed: Input[bool] | None = None,
        adopt_since: Input[str] | None = None,
        look_back: Input[str] | None = None,
        max_wait: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the rollout.

        :param rings: the rings in their order, from `RingArgs` or `read_rings`.
        :param machine_ids: ARM ids of VMs and Arc-enabled servers that rings take by tags, percent or as the rest; `()`
            by default, for rings that name their machines.
        :param exclude: machines that are left alone whatever ring would take them; `()` by default.
        :param windows: which Windows patches are installed, on Windows machines.
        :param linux: which Linux packages are installed, on Linux machines.
        :param reboot_setting: `IfRequired` (the default), `Never` or `Always`.
        :param maximum_duration: how long patches may be started on a machine, such as `2h` (the default); Azure
            documents no upper limit for installations on demand, only for schedules (03:55).
        :param max_publish_date: an instant with offset or a day; Windows patches published later are left out.
        :param triggers: values of any meaning, `()` by default; another value rolls out again.
        :param fail_on: what makes a machine count as failed, by default `('failed',)`: `failed`, `reboot_pending`,
            `window_exceeded`.
        :param gate: what must hold of a ring's patched machines before the next one starts, by default `('running',)`:
            `running`, `healthy` (the application health extension says so).
        :param failure_budget: how many machines of a ring may fail or be unhealthy, such as `2` or `'5%'`; `0.0` by
            default. One more halts the rollout.
        :param max_concurrent: how many machines are patched at a time, `20` by default.
        :param soak: how long a ring is left alone before the next one starts, `0s` by default.
        :param release_month: the month, such as `2026-12`, from whose Patch Tuesday `deferral_days` of rings count.
        :param start_at: the time of that day, `00:00` by default.
        :param time_zone: the zone of that time, Windows or IANA; `UTC` by default.
        :param resume: a value of any meaning; another value lets a halted rollout go on.
        :param retry_failed: whether `resume` installs again where it has failed, `False` by default.
        :param adopt_since: an instant with offset: what was installed on demand since then is this rollout's, what
            began earlier is another's. Asked for after a run that was killed.
        :param look_back: how long before its beginning an installation that nobody accounts for may have begun to be
            taken for one of a run that was killed, such as `72h` (the default). `0s` says that there was no such run:
            Arc-enabled servers are then asked at once, and not 20 minutes after the run has begun.
        :param max_wait: how long a run waits for a ring to start or to soak, `1h` by default; what lies further ahead
            is left to a later run.
        :param timeout: how long to wait in all; by default as long as all installations may take.
        """
        given = _with_wire_names(rings)
        inputs = arguments({key: value for key, value in locals().items() if key != "given"}) | {
            "rings": given,
            "windows": nested(windows),
            "linux": nested(linux),
        }
        super().__init__(providers.PatchRolloutProvider(), resource_name, inputs, opts)


def _with_wire_names(rings: Any) -> Any:
    """Rings with camelCase keys, now or when they are known."""
    if isinstance(rings, Output):
        return rings.apply(_with_wire_names)
    # What is no list of rings goes on as it is: `check` says what it should be.
    if rings is None or isinstance(rings, str | Mapping) or not isinstance(rings, Iterable):
        return rings
    return [nested(ring) if isinstance(ring, Mapping | Output | Awaitable) else ring for ring in rings]
