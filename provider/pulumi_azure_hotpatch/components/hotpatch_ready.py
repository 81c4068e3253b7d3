"""`HotpatchReady`: everything that one virtual machine needs to be patched, as one component."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

from pulumi import ComponentResource, CustomResource, Input, Output, Resource, ResourceOptions

from pulumi_azure_hotpatch.engine.declared import NATIVE_MACHINE, Declared
from pulumi_azure_hotpatch.engine.rules import rule
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.host.program_errors import in_one_line
from pulumi_azure_hotpatch.resources import (
    ImageSupportCheck,
    MaintenanceSchedule,
    PreviewEnrollment,
    ScheduleAssignment,
    VirtualMachinePatchSettings,
)

from .schedule_args import ScheduleArgs, check_schedule


class HotpatchReady(ComponentResource):
    """A Windows VM that is patched as wanted, or a deployment that says in one line why it cannot be.

    In this order: the preview features (only where some are given), the gate (the image can be patched, or nothing of
    the machine is touched), the patch settings, the schedule's assignment. Hotpatching and a schedule exclude each
    other: a schedule runs only with the bypass flag, and Azure refuses hotpatching beside it. A Linux VM has no
    hotpatching to turn on or off; it takes `VirtualMachinePatchSettings` and `ScheduleAssignment` themselves.

    The children are attributes: `enrollment`, `gate`, `settings`, `schedule`, `assignment`; those there is no need of
    are None.
    """

    machine_id: Output[str]
    outcome: Output[str]
    image_eligibility: Output[str]
    image_support: Output[str | None]
    schedule_id: Output[str | None]
    assignment_id: Output[str | None]
    enrollment: PreviewEnrollment | None
    gate: ImageSupportCheck | None
    settings: VirtualMachinePatchSettings
    schedule: MaintenanceSchedule | None
    assignment: ScheduleAssignment | None

    @in_one_line()
    def __init__(
        self,
        resource_name: str,
        *,
        machine: Input[str] | CustomResource,
        enable_hotpatching: bool | None = None,
        schedule: ScheduleArgs | None = None,
        schedule_id: Input[str] | None = None,
        features: Sequence[str] = (),
        require_supported_image: bool = True,
        assessment_mode: Input[str] | None = "AutomaticByPlatform",
        reboot_setting: Input[str] | None = None,
        bypass_platform_safety_checks_on_user_schedule: bool | None = None,
        on_destroy: Input[str] | None = None,
        timeout: Input[str] | None = None,
        opts: ResourceOptions | None = None,
    ) -> None:
        """Declare the machine's patching.

        :param machine: ARM id of a VM, or a resource that is one, such as azure-native's `VirtualMachine`. When that
            resource is destroyed, nothing is restored on it first.
        :param enable_hotpatching: True by default; with a schedule say False, so that the schedule patches the machine.
        :param schedule: a schedule to create; its name is this component's by default.
        :param schedule_id: ARM id of a schedule that there is, instead of `schedule`.
        :param features: preview features to register first, for example `HOTPATCH_PREVIEW_FEATURES`; none by default.
            For several machines of a subscription declare one `PreviewEnrollment` and name it in `depends_on`.
        :param require_supported_image: by default the machine is left alone unless its image can be patched; custom
            images are assessed for that, which needs a running machine and takes some minutes.
        :param assessment_mode: `AutomaticByPlatform` (the default, assessed every day) or `ImageDefault`; None leaves
            it as it is.
        :param reboot_setting: `IfRequired`, `Never` or `Always`; by default it is left as it is.
        :param bypass_platform_safety_checks_on_user_schedule: what goes with the rest by default. True beside
            hotpatching and a schedule is for those who have relaxed the rule `hotpatch-forbids-bypass`.
        :param on_destroy: `restore` (the default) or `keep`, for settings, schedule and assignment.
        :param timeout: how long each step may take, such as `30m`.
        :param opts: also for the children, as far as Pulumi hands it on; `depends_on` holds for them, too.

        Raises InvalidInput where the arguments contradict each other or are not what they have to be.
        """
        label = f"HotpatchReady '{resource_name}'"
        _check_kinds(
            label, machine, features, schedule, enable_hotpatching, bypass_platform_safety_checks_on_user_schedule
        )
        scheduled = schedule is not None or schedule_id is not None
        hotpatch = not scheduled if enable_hotpatching is None else enable_hotpatching
        bypass = bypass_platform_safety_checks_on_user_schedule
        _check(label, schedule is not None and schedule_id is not None, enable_hotpatching, scheduled, bypass)
        if schedule is not None:
            check_schedule(label, schedule)
        if bypass is None and (hotpatch or scheduled):
            bypass = scheduled
        machine_id = machine.id if isinstance(machine, CustomResource) else Output.from_input(machine)
        super().__init__("azurehotpatch:components:HotpatchReady", resource_name, {"machineId": machine_id}, opts)

        # Pulumi does not hand on to children what a component waits for.
        inherited = ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None)
        # What is only about the machine goes with it.
        with_machine = machine if isinstance(machine, CustomResource) else None

        def own(*earlier: Resource | None, goes_with: Resource | None = with_machine) -> ResourceOptions:
            depends_on = [each for each in earlier if each is not None]
            return ResourceOptions.merge(inherited, ResourceOptions(depends_on=depends_on, deleted_with=goes_with))

        self.enrollment = self.gate = self.schedule = self.assignment = None
        if features:
            self.enrollment = PreviewEnrollment(
                f"{resource_name}-features", features=list(features), timeout=timeout, opts=own(goes_with=None)
            )
        if require_supported_image:
            self.gate = ImageSupportCheck(
                f"{resource_name}-image",
                machine_id=machine_id,
                require="Supported",
                timeout=timeout,
                opts=own(self.enrollment),
            )
        self.settings = VirtualMachinePatchSettings(
            f"{resource_name}-settings",
            virtual_machine_id=machine_id,
            patch_mode="AutomaticByPlatform",
            enable_hotpatching=hotpatch,
            assessment_mode=assessment_mode,
            reboot_setting=reboot_setting,
            bypass_platform_safety_checks_on_user_schedule=bypass,
            on_destroy=on_destroy,
            timeout=timeout,
            opts=own(self.enrollment, self.gate),
        )
        if schedule is not None:
            named = schedule.copy()
            named.setdefault("schedule_name", resource_name)
            self.schedule = MaintenanceSchedule(
                f"{resource_name}-schedule",
                **named,
                on_destroy=on_destroy,
                opts=own(goes_with=None),
            )
            schedule_id = self.schedule.id
        if schedule_id is not None:
            self.assignment = ScheduleAssignment(
                f"{resource_name}-assignment",
                machine_id=machine_id,
                schedule_id=schedule_id,
                on_destroy=on_destroy,
                timeout=timeout,
                opts=own(self.gate, self.settings),
            )

        self.machine_id = machine_id
        self.outcome = (self.assignment or self.settings).outcome
        self.image_eligibility = self.settings.image_eligibility
        self.image_support = self.gate.image_support if self.gate else Output.from_input(None)
        self.schedule_id = Output.from_input(schedule_id)
        self.assignment_id = self.assignment.id if self.assignment else Output.from_input(None)
        self.register_outputs(
            {
                "machineId": self.machine_id,
                "outcome": self.outcome,
                "imageEligibility": self.image_eligibility,
                "imageSupport": self.image_support,
                "scheduleId": self.schedule_id,
                "assignmentId": self.assignment_id,
            }
        )


def _check_kinds(
    label: str, machine: object, features: object, schedule: object, hotpatch: object, bypass: object
) -> None:
    """Raise InvalidInput where an argument is not what it has to be: a child would say so in its own words."""
    _check_machine(label, machine)
    if isinstance(features, str):
        raise InvalidInput(f"{label}: features is one text; give a list, such as ['{features}']")
    if schedule is not None and not isinstance(schedule, Mapping):
        raise InvalidInput(f"{label}: schedule takes the arguments of a MaintenanceSchedule; an id goes to schedule_id")
    names = {"enable_hotpatching": hotpatch, "bypass_platform_safety_checks_on_user_schedule": bypass}
    for name, value in names.items():
        if not isinstance(value, bool | None):
            # Which children there are depends on it.
            raise InvalidInput(
                f"{label}: {name} must be True, False or left out when the program runs; it is no output"
            )


def _check_machine(label: str, machine: object) -> None:
    if machine is None or machine == "":
        raise InvalidInput(f"{label}: machine is missing; give the ARM id of a VM, or a resource that is one")
    if isinstance(machine, Resource):
        kind = machine.pulumi_resource_type
        if not isinstance(machine, CustomResource) or _is_something_else(kind):
            raise InvalidInput(f"{label}: machine is a {kind}; give the ARM id of a VM, or a resource that is one")
    elif not isinstance(machine, str | Output | Awaitable):
        raise InvalidInput(
            f"{label}: machine is of type {type(machine).__name__}; give the ARM id of a VM, or a resource that is one"
        )


def _is_something_else(kind: str) -> bool:
    """Whether a resource is certainly no VM; who knows what those of other packages are."""
    package = kind.partition(":")[0]
    if package == "azure":
        return not (kind.startswith("azure:compute/") and kind.endswith("VirtualMachine"))
    declared = Declared("", kind, {})
    return declared.kind != NATIVE_MACHINE if package.startswith("azure-native") else declared.is_ours


def _check(label: str, two_schedules: bool, hotpatch: bool | None, scheduled: bool, bypass: bool | None) -> None:
    """Raise InvalidInput where no settings could be right."""
    forbids = rule("hotpatch-forbids-bypass")
    if two_schedules:
        raise InvalidInput(f"{label}: give schedule or schedule_id, not both")
    if scheduled and bypass is False:
        raise InvalidInput(
            f"{label}: a schedule does nothing while bypass_platform_safety_checks_on_user_schedule is False; leave "
            "the flag or the schedule out"
        )
    if scheduled and hotpatch is not False and bypass is not True:
        raise InvalidInput(
            f"{label}: a schedule runs only with bypass_platform_safety_checks_on_user_schedule, and Azure refuses "
            "hotpatching beside that; say enable_hotpatching=False to patch by the schedule, or leave the schedule out "
            f"to hotpatch [{forbids.id}; {forbids.source}]"
        )
    if not scheduled and hotpatch is not False and bypass is True:
        raise InvalidInput(
            f"{label}: bypass_platform_safety_checks_on_user_schedule is for machines with a schedule, and Azure "
            f"refuses hotpatching beside it; leave it out [{forbids.id}; {forbids.source}]"
        )
