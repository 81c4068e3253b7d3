"""A change under review: what it does to which machines, the restarts to come, findings, waivers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import Forecast
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.previews import Change, Preview
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.engine.rules.model import Severity

from .affected import Affected
from .deployment_restarts import DeploymentRestart, deployment_restarts
from .prospects import Prospects

_SEVERITIES: Final = ("error", "warning", "info")
# A violation that a remediation leaves is mandatory by then.
# Source: pulumi/pulumi, pkg/resource/deploy/step_generator.go (CLI 3.253).
_LEVELS: Final[Mapping[str, Severity]] = {"mandatory": "error", "remediate": "error", "advisory": "warning"}


@dataclass(frozen=True)
class Review:
    """Everything that is told about one previewed run; `before` is the forecast without it, where the preview says what
    there is now. `estate` is what the run will leave, `relaxed` holds the switches that are set.
    """

    preview: Preview
    judged: tuple[Judgement, ...]
    as_of: datetime
    after: Forecast
    before: Forecast | None = None
    notes: tuple[str, ...] = field(default=())
    estate: Estate | None = None
    relaxed: frozenset[str] = frozenset()

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is not left as it is; components and the stack itself are left out."""
        return tuple(one for one in self.preview.changes if one.op not in ("same", "read") and is_told(one))

    @cached_property
    def affected(self) -> Affected:
        """The machines of the changes."""
        return Affected(self.preview, self.estate)

    @cached_property
    def prospects(self) -> Prospects | None:
        """What will happen to the machines."""
        return None if self.estate is None else Prospects(self.estate, self.relaxed)

    @cached_property
    def deployment(self) -> tuple[DeploymentRestart, ...]:
        """The restarts that the run itself brings."""
        return tuple(deployment_restarts(self.preview, self.affected))

    @cached_property
    def violations(self) -> tuple[Judgement, ...]:
        """What policies of the run found, as findings."""
        return tuple(policy_judgements(self.preview, self.as_of))

    @property
    def fails(self) -> bool:
        """Whether the preview failed, a rule of severity error that nobody waived, or a mandatory policy."""
        return bool(self.preview.stops) or any(one.counts_as_error for one in (*self.judged, *self.violations))

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


def policy_judgements(preview: Preview, as_of: datetime) -> Iterable[Judgement]:
    """What policy packs said in the run, as findings of the rule `pack/policy`: mandatory ones are errors."""
    for told in preview.policies:
        if told.level == "disabled":
            continue
        kind = told.urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]
        finding = Finding(
            rule="/".join(part for part in (told.pack, told.policy) if part) or "policy",
            verdict="fail",
            severity=_LEVELS.get(told.level, "warning"),
            field=kind.rpartition(":")[2] or "stack",
            reason=told.message or "The policy is violated.",
            fix=f"see the policy; its level is {told.level}." if told.level else "see the policy.",
            source=f"policy pack {told.pack} of this run" if told.pack else "a policy pack of this run",
            as_of=as_of.date(),
        )
        yield Judgement(told.urn or "stack", kind or "stack", finding)


def is_told(change: Change) -> bool:
    """Whether a change is one of a resource that Azure knows."""
    is_engine_s = change.type.startswith("pulumi:") or ":providers:" in change.urn
    # Of the package's own components the type is enough, where a preview does not tell components from resources.
    return not (is_engine_s or change.is_component or change.type.startswith("azurehotpatch:components:"))


def restarts(forecast: Forecast | None, machines: Iterable[str] | None = None) -> tuple[int, int]:
    """Sure and open restarts of a forecast, of the named machines (ids in lower case) or of all."""
    if forecast is None:
        return 0, 0
    wanted = None if machines is None else set(machines)
    sure = still_open = 0
    for machine, pattern in forecast.members:
        if wanted is None or machine.casefold() in wanted:
            surely, perhaps = pattern.restarts()
            sure += surely
            still_open += perhaps
    return sure, still_open
