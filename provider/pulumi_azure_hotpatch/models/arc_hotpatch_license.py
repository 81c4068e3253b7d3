"""What a program declares of an Arc-enabled server's hotpatch licence, and what is stored."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict

from .arc_machine_patch_settings import ArcMachineId
from .base import ANY_CASE, Answer, Inputs, OnDestroy, OptionalWait, ReplaceOnChange, State


class ArcHotpatchLicenseInputs(Inputs):
    """The product feature Hotpatch in the licence profile of one Arc-enabled server.

    `vbs_status` and `secure_boot` are what the program knows of the guest: Azure shows neither.
    """

    machine_id: Annotated[ArcMachineId, ReplaceOnChange(), ANY_CASE]
    enabled: bool = True
    vbs_status: int | None = None
    secure_boot: bool | None = None
    on_destroy: OnDestroy = "restore"
    timeout: OptionalWait = None
    adopted: Annotated[bool | None, Answer()] = None


class ArcHotpatchLicenseState(ArcHotpatchLicenseInputs, State):
    """`adopted` is True for a licence that was as wanted when we came, `previously_enabled` what was there otherwise.

    `subscription_status` is the feature's (Unknown, Enabling, Enabled, Disabled, Disabling, Failed), `hotpatch_status`
    the server's (Unknown, PendingEvaluation, Disabled, ActionRequired, Enabled), as of when we looked. Dates are
    RFC 3339; those that Azure sends without a zone are read as UTC.
    """

    model_config = ConfigDict(extra="ignore")

    previously_enabled: bool | None = None
    created_profile: bool = False
    location: str | None = None
    subscription_status: str | None = None
    hotpatch_status: str | None = None
    enrollment_date: str | None = None
    billing_start_date: str | None = None
    billing_end_date: str | None = None
