"""`ArcHotpatchLicense`, as a program declares it."""

from __future__ import annotations

from pulumi import Input, Output, ResourceOptions

from pulumi_azure_hotpatch import dynamic_providers as providers

from .declared import Declared, arguments


class ArcHotpatchLicense(Declared, module="azurehotpatch", name="ArcHotpatchLicense"):
    """The product feature Hotpatch in the licence profile of an Arc-enabled server (Windows Server 2025); nothing else
    of the profile is touched.
    """

    machine_id: Output[str]
    enabled: Output[bool]
    vbs_status: Output[int | None]
    secure_boot: Output[bool | None]
    on_destroy: Output[str]
    timeout: Output[str | None]
    adopted: Output[bool | None]
    previously_enabled: Output[bool | None]
    created_profile: Output[bool]
    location: Output[str | None]
    subscription_status: Output[str | None]
    hotpatch_status: Output[str | None]
    enrollment_date: Output[str | None]
    billing_start_date: Output[str | None]
    billing_end_date: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        enabled: Input[bool] | None = None,
        vbs_status: Input[int] | None = None,
        secure_boot: Input[bool] | None = None,
        on_destroy: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the licence.

        :param machine_id: ARM id of the server (`Microsoft.HybridCompute/machines`). A change replaces the licence.
        :param enabled: whether hotpatches are licensed (default True).
        :param vbs_status: what `Win32_DeviceGuard.VirtualizationBasedSecurityStatus` says in the guest, 2 when running;
            Azure does not show it, so without it the prerequisite is not judged.
        :param secure_boot: whether the guest started with Secure Boot; not judged without it either.
        :param on_destroy: `restore` (the default) turns the feature back to what it was before, `keep` leaves it.
        :param timeout: how long the service may take, such as `30m` (the default).
        """
        super().__init__(providers.ArcHotpatchLicenseProvider(), resource_name, arguments(locals()), opts)
