"""The catalogue as policies: `pulumi preview --policy-pack` reviews our own resources and azure-native's alike.

Needs the extra `policy`. A pack is a program of one statement, see `examples/policy-pack`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pulumi_policy import Policy

from pulumi_azure_hotpatch.host.system_clock import SystemClock

from .resource_policies import ResourcePolicies
from .stack_policies import StackPolicies
from .waiver_file import read_waiver_file

__all__ = ["hotpatch_policies"]


def hotpatch_policies(*, waivers: str | Path | None = None, now: Callable[[], datetime] | None = None) -> list[Policy]:
    """Every rule that a declaration can break as a policy of the rule's id, and the policies about waivers.

    Levels are the pack's and its configuration's; `waiver-expired` is mandatory unless configured otherwise. `waivers`
    is a file of waivers, `now` gives the (aware) instant to judge by, by default the present one.

    Raises InvalidInput for waivers that cannot be read.
    """
    given = () if waivers is None else read_waiver_file(Path(waivers))
    clock = now or SystemClock().now
    alone = ResourcePolicies(given, clock)
    return [*alone.policies(), *StackPolicies(given, clock, alone).policies()]
