"""What programs declare. No logic: a program cannot see resolved values here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypedDict

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import Resource, ResourceProvider

from . import dynamic_providers as providers
from .engine import recurrence as recurrences


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


class _Key(str):
    """A key of the program's own, such as a tag's name, which no translation may touch."""

    __slots__ = ()


def _with_own_keys(value: Any) -> Any:
    """A value whose inner keys reach the wire as they are written, now or once it is known."""
    if isinstance(value, pulumi.Output):
        return value.apply(_with_own_keys)
    if isinstance(value, Mapping):
        return {_Key(key): _with_own_keys(item) for key, item in value.items()}
    return value


class _Declared(Resource):
    """A dynamic resource whose annotated outputs are snake_case here and camelCase on the wire.

    Outputs are kept under the wire's names, so that nothing inside a value is ever renamed; attributes are found by
    the program's names.
    """

    _names: ClassVar[frozenset[str]]

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls._names = frozenset(cls.__annotations__)

    def __init__(
        self, provider: ResourceProvider, name: str, inputs: Mapping[str, Any], opts: ResourceOptions | None
    ) -> None:
        given = {_camel(key): _with_own_keys(value) for key, value in inputs.items()}
        super().__init__(provider, name, {**dict.fromkeys(map(_camel, self._names)), **given}, opts)

    def __getattr__(self, name: str) -> Any:
        if name in type(self)._names and _camel(name) in self.__dict__:
            return self.__dict__[_camel(name)]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def translate_input_property(self, prop: str) -> str:
        """The wire's name of a property, for options such as `ignore_changes`."""
        return str(prop) if isinstance(prop, _Key) or prop not in self._names else _camel(prop)


class PreviewEnrollment(_Declared, module="azurehotpatch", name="PreviewEnrollment"):
    """A set of preview features of one provider namespace in one subscription.

    Features that are on are adopted, the others are registered together, awaited until reads agree, and made visible
    to the resource provider. What was adopted stays registered whatever happens to the resource.

    Source: Microsoft Learn, Hotpatch for Windows Server Azure Edition (preview), 2021-02-22.
    """

    namespace: Output[str]
    features: Output[Sequence[str]]
    subscription_id: Output[str]
    propagate: Output[bool]
    agreeing_reads: Output[int]
    poll_interval: Output[str]
    timeout: Output[str | None]
    on_destroy: Output[str]
    adopted: Output[Sequence[str]]
    registered: Output[Sequence[str]]
    skipped: Output[Sequence[str]]
    propagated: Output[bool]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        features: Input[Sequence[Input[str]]],
        namespace: Input[str] | None = None,
        subscription_id: Input[str] | None = None,
        propagate: Input[bool] | None = None,
        agreeing_reads: Input[int] | None = None,
        poll_interval: Input[str] | None = None,
        timeout: Input[str] | None = None,
        on_destroy: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the set.

        :param features: bare feature names, for example `HOTPATCH_PREVIEW_FEATURES`.
        :param namespace: the resource provider; `Microsoft.Compute` by default. A change replaces the resource.
        :param subscription_id: by default the stack's. A change replaces the resource.
        :param propagate: register the provider again afterwards, so that it sees the features (default True).
        :param agreeing_reads: how many reads in a row must say Registered (default 3).
        :param poll_interval: time between reads, such as `10s` (the default).
        :param timeout: how long to wait in all, such as `60m` (the default); the next run goes on waiting.
        :param on_destroy: `keep` (the default) leaves everything registered, `restore` unregisters what this resource
            registered.
        """
        inputs = {
            "features": features,
            "namespace": namespace,
            "subscription_id": subscription_id,
            "propagate": propagate,
            "agreeing_reads": agreeing_reads,
            "poll_interval": poll_interval,
            "timeout": timeout,
            "on_destroy": on_destroy,
        }
        super().__init__(providers.PreviewEnrollmentProvider(), resource_name, inputs, opts)


class VirtualMachinePatchSettings(_Declared, module="azurehotpatch", name="VirtualMachinePatchSettings"):
    """The patch settings of an existing VM; only the fields that are given are owned, everything else of the machine
    is left alone.
    """

    virtual_machine_id: Output[str]
    patch_mode: Output[str | None]
    enable_hotpatching: Output[bool | None]
    assessment_mode: Output[str | None]
    reboot_setting: Output[str | None]
    bypass_platform_safety_checks_on_user_schedule: Output[bool | None]
    on_destroy: Output[str]
    timeout: Output[str | None]
    adopted: Output[Sequence[str]]
    image_eligibility: Output[str]
    outcome: Output[str]
    os_type: Output[str | None]
    location: Output[str | None]
    previous: Output[Mapping[str, Any]]
    previously_absent: Output[Sequence[str]]
    applied: Output[Mapping[str, Any]]
    contested: Output[Mapping[str, int]]
    hotpatch_track: Output[str | None]
    hotpatch_enabled_again_on: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        virtual_machine_id: Input[str],
        patch_mode: Input[str] | None = None,
        enable_hotpatching: Input[bool] | None = None,
        assessment_mode: Input[str] | None = None,
        reboot_setting: Input[str] | None = None,
        bypass_platform_safety_checks_on_user_schedule: Input[bool] | None = None,
        on_destroy: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the settings.

        :param virtual_machine_id: ARM id of the VM. A change replaces the resource (the old machine is restored).
        :param patch_mode: `AutomaticByPlatform`, `AutomaticByOS` or `Manual` on Windows; `AutomaticByPlatform` or
            `ImageDefault` on Linux.
        :param enable_hotpatching: Windows only; needs an eligible image, the VM agent and `AutomaticByPlatform`.
        :param assessment_mode: `AutomaticByPlatform` (assessed every day) or `ImageDefault`.
        :param reboot_setting: `IfRequired`, `Never` or `Always`, for platform patching.
        :param bypass_platform_safety_checks_on_user_schedule: True lets maintenance schedules patch the machine;
            forbidden with hotpatch.
        :param on_destroy: `restore` (the default) puts back what was there before, `keep` leaves everything.
        :param timeout: how long a change may take, such as `30m` (the default).
        """
        inputs = {
            "virtual_machine_id": virtual_machine_id,
            "patch_mode": patch_mode,
            "enable_hotpatching": enable_hotpatching,
            "assessment_mode": assessment_mode,
            "reboot_setting": reboot_setting,
            "bypass_platform_safety_checks_on_user_schedule": bypass_platform_safety_checks_on_user_schedule,
            "on_destroy": on_destroy,
            "timeout": timeout,
        }
        super().__init__(providers.VirtualMachinePatchSettingsProvider(), resource_name, inputs, opts)


class WindowsPatchesArgs(TypedDict, total=False):
    """Which Windows patches a schedule installs; an exclusion wins over an inclusion."""

    classifications_to_include: Sequence[str]
    kb_numbers_to_include: Sequence[str]
    kb_numbers_to_exclude: Sequence[str]
    exclude_kbs_requiring_reboot: bool


class LinuxPackagesArgs(TypedDict, total=False):
    """Which Linux packages a schedule installs; masks may contain `*`."""

    classifications_to_include: Sequence[str]
    package_name_masks_to_include: Sequence[str]
    package_name_masks_to_exclude: Sequence[str]


class MaintenanceSchedule(_Declared, module="azurehotpatch", name="MaintenanceSchedule"):
    """A maintenance configuration of scope InGuestPatch: when machines are patched, and with what."""

    resource_group_name: Output[str]
    schedule_name: Output[str]
    location: Output[str]
    subscription_id: Output[str]
    start: Output[str]
    duration: Output[str]
    time_zone: Output[str]
    recurrence: Output[str]
    expires: Output[str | None]
    reboot_setting: Output[str]
    windows: Output[Mapping[str, Any] | None]
    linux: Output[Mapping[str, Any] | None]
    tags: Output[Mapping[str, str] | None]
    on_destroy: Output[str]
    adopted: Output[bool]
    applied: Output[Mapping[str, Any]]
    previous: Output[Mapping[str, Any]]
    previously_absent: Output[Sequence[str]]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        resource_group_name: Input[str],
        location: Input[str],
        start: Input[str],
        duration: Input[str],
        time_zone: Input[str],
        recurrence: Input[str] | recurrences.Recurrence,
        schedule_name: Input[str] | None = None,
        subscription_id: Input[str] | None = None,
        expires: Input[str] | None = None,
        reboot_setting: Input[str] | None = None,
        windows: Input[WindowsPatchesArgs] | None = None,
        linux: Input[LinuxPackagesArgs] | None = None,
        tags: Input[Mapping[str, Input[str]]] | None = None,
        on_destroy: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the schedule.

        :param resource_group_name: where the configuration lives. A change replaces the schedule, as for the next
            three.
        :param location: its region.
        :param schedule_name: by default the resource's name.
        :param subscription_id: by default the stack's.
        :param start: local time `YYYY-MM-DD hh:mm`; the first window is the first occurrence on or after it.
        :param duration: `hh:mm`, from 01:30 to 03:55.
        :param time_zone: a Windows name (`W. Europe Standard Time`) or an IANA name (`Europe/Berlin`).
        :param recurrence: `recurEvery` text, or `daily()`, `weekly()`, `monthly()`, `patch_tuesday(4)`.
        :param expires: local time `YYYY-MM-DD hh:mm`; never by default.
        :param reboot_setting: `IfRequired` (the default), `Never` or `Always`.
        :param windows: which Windows patches are installed.
        :param linux: which Linux packages are installed.
        :param tags: the configuration's tags; lower-case names are safest.
        :param on_destroy: `restore` (the default) deletes what was created and puts back what was changed, `keep`
            leaves everything.
        """
        inputs = {
            "resource_group_name": resource_group_name,
            "schedule_name": schedule_name or resource_name,
            "location": location,
            "subscription_id": subscription_id,
            "start": start,
            "duration": duration,
            "time_zone": time_zone,
            "recurrence": recurrences.format(recurrence)
            if isinstance(recurrence, recurrences.Recurrence)
            else recurrence,
            "expires": expires,
            "reboot_setting": reboot_setting,
            "windows": _nested(windows),
            "linux": _nested(linux),
            "tags": tags,
            "on_destroy": on_destroy,
        }
        # What was there before and what was set hold tags and masks again, which may be secret.
        copies = ResourceOptions(additional_secret_outputs=["applied", "previous"])
        opts = ResourceOptions.merge(opts, copies)
        super().__init__(providers.MaintenanceScheduleProvider(), resource_name, inputs, opts)


class ScheduleAssignment(_Declared, module="azurehotpatch", name="ScheduleAssignment"):
    """One maintenance schedule given to one machine."""

    machine_id: Output[str]
    schedule_id: Output[str]
    assignment_name: Output[str | None]
    location: Output[str | None]
    timeout: Output[str | None]
    on_destroy: Output[str]
    outcome: Output[str]
    adopted: Output[bool]
    previous_schedule_id: Output[str | None]
    applied_schedule_id: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        schedule_id: Input[str],
        assignment_name: Input[str] | None = None,
        location: Input[str] | None = None,
        timeout: Input[str] | None = None,
        on_destroy: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the assignment.

        :param machine_id: ARM id of a VM or an Arc-enabled server. A change replaces the assignment, as for the next
            two.
        :param schedule_id: ARM id of the maintenance configuration, such as a `MaintenanceSchedule`'s id.
        :param assignment_name: by default the schedule's name.
        :param location: by default the machine's.
        :param timeout: how long to go on trying while a new machine is not assignable yet, such as `30m` (the default).
        :param on_destroy: `restore` (the default) deletes what was created and puts back what was changed, `keep`
            leaves everything.
        """
        inputs = {
            "machine_id": machine_id,
            "schedule_id": schedule_id,
            "assignment_name": assignment_name,
            "location": location,
            "timeout": timeout,
            "on_destroy": on_destroy,
        }
        super().__init__(providers.ScheduleAssignmentProvider(), resource_name, inputs, opts)


class ImageSupportCheck(_Declared, module="azurehotpatch", name="ImageSupportCheck"):
    """Whether a machine's image can be patched. Marketplace images are answered from the published list; for custom
    images and Arc-enabled servers an assessment is started, unless an update operation has told already.
    """

    machine_id: Output[str]
    require: Output[str | None]
    triggers: Output[Sequence[str | bool | float]]
    poll_interval: Output[str]
    timeout: Output[str | None]
    image_support: Output[str | None]
    support_state: Output[str | None]
    reason: Output[str | None]
    decided_by: Output[str | None]
    checked_at: Output[str | None]
    activity_id: Output[str | None]
    operation: Output[str | None]
    assessed_from: Output[str | None]
    image: Output[str | None]
    guidance: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        require: Input[str] | None = None,
        triggers: Input[Sequence[Input[str | bool | float]]] | None = None,
        poll_interval: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the check.

        :param machine_id: ARM id of a VM or an Arc-enabled server. A change replaces the check.
        :param require: `Supported` fails the deployment when the image is anything else, so that what depends on this
            does not run.
        :param triggers: values of any meaning, `()` by default; another value checks again.
        :param poll_interval: time between reads while the state is Unknown, such as `30s` (the default).
        :param timeout: how long to wait in all, such as `60m` (the default); the next run goes on waiting.
        """
        inputs = {
            "machine_id": machine_id,
            "require": require,
            "triggers": triggers,
            "poll_interval": poll_interval,
            "timeout": timeout,
        }
        super().__init__(providers.ImageSupportCheckProvider(), resource_name, inputs, opts)


class PatchAssessment(_Declared, module="azurehotpatch", name="PatchAssessment"):
    """What a machine lacks: an assessment made now, and again when `triggers` change or it is older than `max_age`.

    `patches` is complete. Each has `name`, `kb` or `version`, `classifications`, `reboot` and `publishedAt`.
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
        :param max_age: such as `24h`: a run that finds the result older assesses again. Never by default.
        :param timeout: how long to wait in all, such as `60m` (the default); the next run goes on waiting.
        """
        inputs = {"machine_id": machine_id, "triggers": triggers, "max_age": max_age, "timeout": timeout}
        super().__init__(providers.PatchAssessmentProvider(), resource_name, inputs, opts)


class PatchInstallation(_Declared, module="azurehotpatch", name="PatchInstallation"):
    """An installation of patches on one machine: made now, and again when `triggers` or the request itself change.

    `patches` is complete. Each has `name`, `state` (Installed, Failed, Pending, Excluded, NotSelected), `kb` or
    `version`, and `classifications`. The resource's id names its first installation, `activity_id` the last.
    """

    machine_id: Output[str]
    windows: Output[Mapping[str, Any] | None]
    linux: Output[Mapping[str, Any] | None]
    reboot_setting: Output[str]
    maximum_duration: Output[str]
    max_publish_date: Output[str | None]
    triggers: Output[Sequence[str | bool | float]]
    fail_on: Output[Sequence[str]]
    start_if_off: Output[bool]
    adopt_activity_id: Output[str | None]
    ignore_activity_id: Output[str | None]
    look_back: Output[str]
    timeout: Output[str | None]
    would_install: Output[Sequence[str] | None]
    reboot_expected: Output[str | None]
    time_budget: Output[str | None]
    activity_id: Output[str | None]
    operation: Output[str | None]
    asked_at: Output[str | None]
    started_machine: Output[str | None]
    adopted: Output[bool]
    status: Output[str | None]
    reboot_status: Output[str | None]
    maintenance_window_exceeded: Output[bool | None]
    installed_count: Output[int | None]
    failed_count: Output[int | None]
    pending_count: Output[int | None]
    excluded_count: Output[int | None]
    not_selected_count: Output[int | None]
    patches: Output[Sequence[Mapping[str, Any]] | None]
    started_at: Output[str | None]
    finished_at: Output[str | None]
    error: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        windows: Input[WindowsPatchesArgs] | None = None,
        linux: Input[LinuxPackagesArgs] | None = None,
        reboot_setting: Input[str] | None = None,
        maximum_duration: Input[str] | None = None,
        max_publish_date: Input[str] | None = None,
        triggers: Input[Sequence[Input[str | bool | float]]] | None = None,
        fail_on: Input[Sequence[Input[str]]] | None = None,
        start_if_off: Input[bool] | None = None,
        adopt_activity_id: Input[str] | None = None,
        ignore_activity_id: Input[str] | None = None,
        look_back: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the installation.

        :param machine_id: ARM id of a VM or an Arc-enabled server. A change replaces the installation.
        :param windows: which Windows patches are installed, on a Windows machine.
        :param linux: which Linux packages are installed, on a Linux machine.
        :param reboot_setting: `IfRequired` (the default), `Never` or `Always`.
        :param maximum_duration: how long patches may be started, such as `2h` (the default).
        :param max_publish_date: an instant with offset or a day; Windows patches published later are left out.
        :param triggers: values of any meaning, `()` by default; another value installs again.
        :param fail_on: what fails the deployment, by default `('failed',)`: `failed` (the installation or a patch),
            `reboot_pending`, `window_exceeded`.
        :param start_if_off: True starts a VM that is off, and stops it again afterwards; `False` by default.
        :param adopt_activity_id: an installation that ran already and is to be taken as this resource's, as asked for
            after a run that was killed.
        :param ignore_activity_id: an installation that is another's, as told after a run that was killed.
        :param look_back: how long ago an installation that nobody accounts for may have begun to be asked about,
            such as `72h` (the default).
        :param timeout: how long to wait in all; by default `maximum_duration` and 90 minutes.
        """
        inputs = {
            "machine_id": machine_id,
            "windows": _nested(windows),
            "linux": _nested(linux),
            "reboot_setting": reboot_setting,
            "maximum_duration": maximum_duration,
            "max_publish_date": max_publish_date,
            "triggers": triggers,
            "fail_on": fail_on,
            "start_if_off": start_if_off,
            "adopt_activity_id": adopt_activity_id,
            "ignore_activity_id": ignore_activity_id,
            "look_back": look_back,
            "timeout": timeout,
        }
        super().__init__(providers.PatchInstallationProvider(), resource_name, inputs, opts)


class ArcHotpatchLicense(_Declared, module="azurehotpatch", name="ArcHotpatchLicense"):
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
        inputs = {
            "machine_id": machine_id,
            "enabled": enabled,
            "vbs_status": vbs_status,
            "secure_boot": secure_boot,
            "on_destroy": on_destroy,
            "timeout": timeout,
        }
        super().__init__(providers.ArcHotpatchLicenseProvider(), resource_name, inputs, opts)


class ArcMachinePatchSettings(_Declared, module="azurehotpatch", name="ArcMachinePatchSettings"):
    """The patch settings of an Arc-enabled server; only the fields that are given are owned. Hotpatching needs the
    licence too: give `machine_id=licence.machine_id`, so that it comes first.
    """

    machine_id: Output[str]
    patch_mode: Output[str | None]
    enable_hotpatching: Output[bool | None]
    assessment_mode: Output[str | None]
    on_destroy: Output[str]
    timeout: Output[str | None]
    adopted: Output[Sequence[str]]
    os_type: Output[str | None]
    location: Output[str | None]
    previous: Output[Mapping[str, Any]]
    previously_absent: Output[Sequence[str]]
    applied: Output[Mapping[str, Any]]
    contested: Output[Mapping[str, int]]
    hotpatch_status: Output[str | None]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        machine_id: Input[str],
        patch_mode: Input[str] | None = None,
        enable_hotpatching: Input[bool] | None = None,
        assessment_mode: Input[str] | None = None,
        on_destroy: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the settings.

        :param machine_id: ARM id of the server (`Microsoft.HybridCompute/machines`). A change replaces the resource
            (the old server is restored).
        :param patch_mode: `AutomaticByPlatform`, `AutomaticByOS`, `Manual` or `ImageDefault`.
        :param enable_hotpatching: whether a licensed server takes its hotpatches.
        :param assessment_mode: `AutomaticByPlatform` (assessed every day) or `ImageDefault`.
        :param on_destroy: `restore` (the default) puts back what was there before, `keep` leaves everything.
        :param timeout: how long a change may take, such as `30m` (the default).
        """
        inputs = {
            "machine_id": machine_id,
            "patch_mode": patch_mode,
            "enable_hotpatching": enable_hotpatching,
            "assessment_mode": assessment_mode,
            "on_destroy": on_destroy,
            "timeout": timeout,
        }
        super().__init__(providers.ArcMachinePatchSettingsProvider(), resource_name, inputs, opts)


class ScaleSetPatchSettings(_Declared, module="azurehotpatch", name="ScaleSetPatchSettings"):
    """The patch settings in the machine profile of a flexible scale set; only the fields that are given are owned.

    What becomes of instances that exist already no source read says: declare `VirtualMachinePatchSettings` for them.
    """

    scale_set_id: Output[str]
    patch_mode: Output[str | None]
    enable_hotpatching: Output[bool | None]
    assessment_mode: Output[str | None]
    reboot_setting: Output[str | None]
    bypass_platform_safety_checks_on_user_schedule: Output[bool | None]
    on_destroy: Output[str]
    timeout: Output[str | None]
    adopted: Output[Sequence[str]]
    os_type: Output[str | None]
    location: Output[str | None]
    previous: Output[Mapping[str, Any]]
    previously_absent: Output[Sequence[str]]
    applied: Output[Mapping[str, Any]]
    contested: Output[Mapping[str, int]]
    unfinished: Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        scale_set_id: Input[str],
        patch_mode: Input[str] | None = None,
        enable_hotpatching: Input[bool] | None = None,
        assessment_mode: Input[str] | None = None,
        reboot_setting: Input[str] | None = None,
        bypass_platform_safety_checks_on_user_schedule: Input[bool] | None = None,
        on_destroy: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the settings.

        :param scale_set_id: ARM id of the scale set. A change replaces the resource (the old one is restored).
        :param patch_mode: as for a VM; `AutomaticByPlatform` needs the Application Health extension in the profile.
        :param enable_hotpatching: Windows only; on a hotpatch image it cannot be turned off.
        :param assessment_mode: `AutomaticByPlatform` (assessed every day) or `ImageDefault`.
        :param reboot_setting: `IfRequired`, `Never` or `Always`, for platform patching.
        :param bypass_platform_safety_checks_on_user_schedule: of no effect: schedules do not reach scale sets.
        :param on_destroy: `restore` (the default) puts back what was there before, `keep` leaves everything.
        :param timeout: how long a change may take, such as `30m` (the default).
        """
        inputs = {
            "scale_set_id": scale_set_id,
            "patch_mode": patch_mode,
            "enable_hotpatching": enable_hotpatching,
            "assessment_mode": assessment_mode,
            "reboot_setting": reboot_setting,
            "bypass_platform_safety_checks_on_user_schedule": bypass_platform_safety_checks_on_user_schedule,
            "on_destroy": on_destroy,
            "timeout": timeout,
        }
        super().__init__(providers.ScaleSetPatchSettingsProvider(), resource_name, inputs, opts)


def _nested(value: Any) -> Any:
    """An argument with camelCase keys, now or when its value is known."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {_camel(key): item for key, item in value.items()}
    return pulumi.Output.from_input(value).apply(
        lambda known: known and {_camel(key): item for key, item in known.items()}
    )
