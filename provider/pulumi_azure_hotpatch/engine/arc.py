"""Arc-enabled servers: what hotpatching asks of a machine outside Azure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .logic import UNKNOWN, Maybe, fold
from .versions import is_older

# Source: Microsoft Learn, Enable Hotpatch for Azure Arc-enabled servers, 2025-10-30.
OLDEST_HOTPATCH_BUILD: Final = "26100.1742"
HOTPATCH_EDITIONS: Final = ("Standard", "Datacenter")
# Source: Azure/AzureUpdateManager troubleshooter, 2024-09-13.
OLDEST_ARC_AGENT: Final = "1.39"

# `productFeatures[].subscriptionStatus` of a licence profile: what is read, and what is written to ask for it.
# Source: Azure SDK for HybridCompute 2024-07-10, as vendored by terraform-provider-azurerm, 2026-08-21.
_ASKED: Final = frozenset(fold(status) for status in ("Enable", "Enabling", "Enabled"))


def power_state_of(status: Maybe[str | None]) -> Maybe[str]:
    """What stands for the power state of a server outside Azure: whether its agent is connected."""
    if status is UNKNOWN:
        return UNKNOWN
    return "running" if status is None or str(status).casefold() == "connected" else str(status).casefold()


@dataclass(frozen=True, slots=True)
class ArcServer:
    """A `Microsoft.HybridCompute/machines` resource with its licence profile.

    `enable_hotpatching` is the machine's own switch (`patchSettings.enableHotpatching`), `hotpatch_subscription` the
    licence's (`productFeatures[name=Hotpatch].subscriptionStatus`), `hotpatch_status` what the service answers
    (`hotpatchEnablementStatus`: Unknown, PendingEvaluation, Disabled, ActionRequired, Enabled). What only the guest
    knows (`secure_boot`, `vbs_status`) is None unless somebody looked; `vbs_status` is
    `Win32_DeviceGuard.VirtualizationBasedSecurityStatus`, 2 when running.
    """

    id: Maybe[str]
    name: Maybe[str] = UNKNOWN
    location: Maybe[str | None] = UNKNOWN
    os_type: Maybe[str | None] = UNKNOWN
    os_name: Maybe[str | None] = UNKNOWN
    os_edition: Maybe[str | None] = UNKNOWN
    os_build: Maybe[str | None] = UNKNOWN
    agent_version: Maybe[str | None] = UNKNOWN
    status: Maybe[str | None] = UNKNOWN
    enable_hotpatching: Maybe[bool | None] = UNKNOWN
    assessment_mode: Maybe[str | None] = UNKNOWN
    hotpatch_status: Maybe[str | None] = UNKNOWN
    hotpatch_subscription: Maybe[str | None] = UNKNOWN
    secure_boot: Maybe[bool | None] = None
    vbs_status: Maybe[int | None] = None
    compute_registered: Maybe[bool | None] = None

    @property
    def wants_hotpatch(self) -> Maybe[bool]:
        """Whether the licence's switch or the machine's is on."""
        if self.enable_hotpatching is True or self.is_licensed is True:
            return True
        return UNKNOWN if UNKNOWN in (self.enable_hotpatching, self.is_licensed) else False

    @property
    def is_licensed(self) -> Maybe[bool]:
        """Whether hotpatching was asked for in the licence profile."""
        if self.hotpatch_subscription is UNKNOWN:
            return UNKNOWN
        return fold(self.hotpatch_subscription) in _ASKED

    @property
    def is_server_2025(self) -> Maybe[bool | None]:
        """Whether the system calls itself Windows Server 2025; the build cannot tell, Windows 11 shares it."""
        if self.os_name is UNKNOWN or self.os_name is None:
            return self.os_name
        return "server 2025" in self.os_name.casefold()

    @property
    def is_azure_edition(self) -> Maybe[bool | None]:
        """Whether the system calls itself Azure Edition."""
        if self.os_name is UNKNOWN or self.os_name is None:
            return self.os_name
        return "azure edition" in self.os_name.casefold()

    @property
    def build_is_too_old(self) -> Maybe[bool | None]:
        """Whether the build is older than the first one that can be hotpatched; None where it is not there."""
        return is_older(self.os_build, OLDEST_HOTPATCH_BUILD)

    @property
    def connected_agent_is_too_old(self) -> Maybe[bool | None]:
        """Whether the Connected Machine agent is older than patching needs; None where its version is not there."""
        return is_older(self.agent_version, OLDEST_ARC_AGENT)
