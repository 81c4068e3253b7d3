"""`PatchAssessment`, as a program declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments


class PatchAssessment(Declared, module="azurehotpatch", name="PatchAssessment"):
    """What a machine lacks: an assessment made now, and again when `triggers` change or it is older than `max_age`.

    Each of `patches` has `name`, `kb` or `version`, `classifications`, `reboot` and `publishedAt`.
    """

    machine_id: Output[str]
    triggers: Output[Sequence[str | bool | float]]
    max_age: Output[str | None]
    timeout: Output[str | None]
    expired: Output[bool | None]
    activity_id: Output[str | None]
    operation: Output[str | None]
    status: Output[str | None]
    reboot_pending: Output[bool | None]
    critical_and_security_count: Output[int | None]
    other_count: Output[int | None]
    counts: Output[Mapping[str, int]]
    patches: Output[Sequence[Mapping[str, Any]] | None]
    started_at: Output[str | None]
    assessed_at: Output[str | None]
    error: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        triggers: Input[Sequence[Input[str | bool | float]]] | None = None,
        max_age: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the assessment.

        :param machine_id: ARM id of a VM or an Arc-enabled server, which must be running. A change replaces the
            assessment.
        :param triggers: values of any meaning, `()` by default; another value assesses again.
        :param max_age: such as `24h`: a run that finds the result older assesses again. Never by default. The first
            run takes a younger result, whoever asked for it and whatever `triggers` are; `triggers` that change
            afterwards always assess again.
        :param timeout: how long to wait in all, such as `60m` (the default); the next run goes on waiting.
        """
        super().__init__(providers.PatchAssessmentProvider(), resource_name, arguments(locals()), opts)
