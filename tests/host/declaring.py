"""A program that declares one of everything under Pulumi's mocks; prints what would reach the engine as JSON.

Run as a process of its own, because mocks change the SDK for good.
"""

import json
import sys
from typing import Any

import pulumi
from pulumi.runtime import mocks

from pulumi_azure_hotpatch import (
    HOTPATCH_PREVIEW_FEATURES,
    DynamicScope,
    ImageSupportCheck,
    MaintenanceSchedule,
    PatchAssessment,
    PatchInstallation,
    PreviewEnrollment,
    ScheduleAssignment,
    VirtualMachinePatchSettings,
    patch_tuesday,
)

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-web-1"


class Recorder(mocks.Mocks):
    """Notes every declaration and answers with its inputs and an output of each kind."""

    def __init__(self) -> None:
        self.seen: dict[str, Any] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        inputs = {key: value for key, value in args.inputs.items() if key != "__provider"}
        self.seen[args.name] = {"type": args.typ, "provider": args.inputs.get("__provider"), "inputs": inputs}
        return f"{args.name}-id", {**args.inputs, "imageEligibility": "eligible", "previouslyAbsent": ["patch_mode"]}

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"{args.token} is called")


recorder = Recorder()
mocks.set_mocks(recorder)
outputs: dict[str, Any] = {}


@pulumi.runtime.test  # type: ignore[untyped-decorator]
def declare() -> pulumi.Output[Any]:
    """Declare one of everything."""
    PreviewEnrollment("enrolment", features=HOTPATCH_PREVIEW_FEATURES, agreeing_reads=2, poll_interval="30s")
    settings = VirtualMachinePatchSettings(
        "settings",
        virtual_machine_id=MACHINE,
        patch_mode="AutomaticByPlatform",
        enable_hotpatching=True,
        bypass_platform_safety_checks_on_user_schedule=False,
    )
    schedule = MaintenanceSchedule(
        "schedule",
        resource_group_name="rg-contoso",
        location="eastus",
        start="2027-01-01 22:00",
        duration="03:00",
        time_zone="Europe/Berlin",
        recurrence=patch_tuesday(4),
        windows={"classifications_to_include": ["Critical"], "exclude_kbs_requiring_reboot": True},
        linux=pulumi.Output.from_input({"package_name_masks_to_include": ["kernel*"]}),
        tags={"owner": "contoso", "cost_centre": "7"},
    )
    ScheduleAssignment("assignment", machine_id=MACHINE, schedule_id=schedule.id)
    DynamicScope(
        "scope",
        schedule_id=schedule.id,
        resource_group_ids=[GROUP],
        locations=["eastus"],
        tag_filters={"Cost_Centre": ["7", "8"]},
        max_machines=20,
    )
    ImageSupportCheck("image", machine_id=MACHINE, require="Supported", timeout="20m")
    PatchAssessment("assessed", machine_id=MACHINE, triggers=["2027-01", 3, True], max_age="24h")
    PatchInstallation(
        "installation",
        machine_id=MACHINE,
        windows={"classifications_to_include": ["Critical"], "kb_numbers_to_exclude": ["KB5034129"]},
        fail_on=["failed", "reboot_pending"],
        start_if_off=True,
    )
    shown = {
        "image_eligibility": settings.image_eligibility,
        "previously_absent": settings.previously_absent,
        "adopted": settings.adopted,
        "time_zone": schedule.time_zone,
        "windows": schedule.windows,
        "tags": schedule.tags,
    }
    return pulumi.Output.all(**shown).apply(outputs.update)


declare()
json.dump({"declared": recorder.seen, "outputs": outputs}, sys.stdout)
