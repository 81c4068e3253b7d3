"""A change under review: what it does to which machines, the restarts to come, findings, waivers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.declared import ROLLOUT, Declared
from pulumi_azure_hotpatch.engine.declared_rollout import rolled_out_to
from pulumi_azure_hotpatch.engine.forecast import Forecast
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.previews import Change, Preview

# The input that names what a resource of ours is about.
_ABOUT: Final = ("virtualMachineId", "machineId", "scaleSetId", "machineIds")
_SEVERITIES: Final = ("error", "warning", "info")


@dataclass(frozen=True)
class Review:
    """Everything that is told about one previewed run; `before` is the forecast without it, where the preview says what
    there is now.
    """

    preview: Preview
    judged: tuple[Judgement, ...]
    as_of: datetime
    after: Forecast
    before: Forecast | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is not left as it is; components and the stack itself are left out."""
        return tuple(one for one in self.preview.changes if one.op not in ("same", "read") and is_told(one))

    @property
    def fails(self) -> bool:
        """Whether the preview failed, a rule of severity error that nobody waived, or a mandatory policy."""
        mandatory = any(one.level == "mandatory" for one in self.preview.policies)
        return bool(self.preview.stops) or mandatory or any(one.counts_as_error for one in self.judged)

    def failed(self, severity: str) -> tuple[Judgement, ...]:
        """The unwaived failures of a severity."""
        return tuple(
            one
            for one in self.judged
            if one.finding.verdict == "fail" and one.finding.severity == severity and one.waived is None
        )

    @property
    def waived(self) -> tuple[Judgement, ...]:
        """The failures that somebody answers for."""
        return tuple(one for one in self.judged if one.waived is not None)

    @property
    def unknown(self) -> Mapping[str, int]:
        """How often each rule could not be judged, the most frequent first."""
        return dict(Counter(one.finding.rule for one in self.judged if one.finding.verdict == "unknown").most_common())

    def counted(self) -> dict[str, int]:
        """Failures by severity."""
        return {severity: len(self.failed(severity)) for severity in _SEVERITIES}


def is_told(change: Change) -> bool:
    """Whether a change is one of a resource that Azure knows."""
    return not change.type.startswith(("pulumi:", "pulumi:pulumi:")) and ":providers:" not in change.urn


def about(change: Change) -> tuple[str, ...]:
    """The ids of the machines that a resource of ours is about; empty where they are not known or there are none."""
    declared = Declared(change.urn, change.type, change.inputs or {})
    if declared.kind == ROLLOUT:
        return rolled_out_to(declared)
    for name in _ABOUT:
        value: Any = (change.inputs or {}).get(name)
        if isinstance(value, str):
            return (value,)
        if isinstance(value, Sequence) and not isinstance(value, str):
            return tuple(item for item in value if isinstance(item, str))
    return ()


def outcome_of(change: Change) -> str:
    """What preview says will happen to the machine, empty where it does not say."""
    inputs = change.inputs or {}
    value, restart, plan = (inputs.get(name) for name in ("outcome", "rebootExpected", "plan"))
    if isinstance(value, str):
        return value
    if isinstance(restart, str):
        return f"restart: {restart}"
    rings = (_ring(each) for each in plan) if isinstance(plan, list | tuple) else ()
    return "; ".join(ring for ring in rings if ring)


def _ring(planned: Any) -> str:
    """A ring as a rollout's preview plans it."""
    told = planned if isinstance(planned, Mapping) else {}
    name, machines, starts = (told.get(key) for key in ("ring", "machines", "starts"))
    if not isinstance(machines, int | float):
        return ""
    return f"{name}: {counted(int(machines))}, {starts}"


def restarts(forecast: Forecast | None, machines: Iterable[str] | None = None) -> tuple[int, int]:
    """Sure and open restarts of a forecast, of the named machines (ids in lower case) or of all."""
    if forecast is None:
        return 0, 0
    wanted = None if machines is None else set(machines)
    sure = still_open = 0
    for machine, pattern in forecast.members:
        if wanted is None or machine.casefold() in wanted:
            sure += sum(expected.reboot == "yes" for expected in pattern.expectations)
            still_open += sum(expected.reboot == "unknown" for expected in pattern.expectations)
    return sure, still_open
