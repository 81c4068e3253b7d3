"""A program under Pulumi's mocks that declares `HotpatchReady` in every form; prints what reached the engine as JSON.

Run as a process of its own, because mocks change the SDK for good.
"""

import json
import sys
from typing import Any

import pulumi
import pulumi_azure_native as azure
from pulumi import ResourceOptions
from pulumi.runtime import mocks, rpc

from pulumi_azure_hotpatch import HOTPATCH_PREVIEW_FEATURES, HotpatchReady, PreviewEnrollment, patch_tuesday
from pulumi_azure_hotpatch.errors import InvalidInput

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-web-1"
NIGHTS = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/nights"


class Answers(mocks.Mocks):
    """Every resource exists, with its inputs and an outcome."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        return f"{args.name}-id", {**args.inputs, "outcome": f"outcome of {args.name}", "imageSupport": "Supported"}

    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(f"{args.token} is called")


class Recorder(mocks.MockMonitor):
    """Notes what is asked of the engine."""

    def __init__(self) -> None:
        super().__init__(Answers())
        self.seen: list[dict[str, Any]] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        inputs = rpc.deserialize_properties(request.object)
        self.seen.append(
            {
                "type": request.type,
                "name": request.name,
                "parent": last(request.parent),
                "inputs": {key: value for key, value in inputs.items() if key != "__provider"},
                "depends_on": sorted(map(last, request.dependencies)),
                "deleted_with": last(request.deletedWith),
            }
        )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call] # Pulumi's mocks are untyped


def last(urn: str) -> str:
    """The type and the name in a URN, without the types above."""
    return "::".join(part.rpartition("$")[2] for part in urn.split("::")[2:])


def refusals(**machines: Any) -> dict[str, str]:
    """What `HotpatchReady` says to each of these as its machine."""
    found = {}
    for name, machine in machines.items():
        try:
            HotpatchReady(name, machine=machine)
        except InvalidInput as refused:
            found[name] = str(refused)
    return found


recorder = Recorder()
mocks.set_mocks(recorder.mocks, monitor=recorder)
outputs: dict[str, Any] = {}


@pulumi.runtime.test  # type: ignore[untyped-decorator] # Pulumi's own is
def declare() -> pulumi.Output[Any]:
    """Declare one of every form."""
    machine = azure.compute.VirtualMachine("machine", resource_group_name="rg-contoso", vm_name="vm-web-2")
    previews = PreviewEnrollment("previews", features=["ContosoPreview"])
    ready = {
        "plain": HotpatchReady("plain", machine=MACHINE),
        "native": HotpatchReady("native", machine=machine, opts=ResourceOptions(depends_on=previews)),
        "bare": HotpatchReady("bare", machine=MACHINE, require_supported_image=False, assessment_mode=None),
        "given": HotpatchReady(
            "given", machine=MACHINE, enable_hotpatching=False, schedule_id=NIGHTS, timeout="20m", on_destroy="keep"
        ),
        "whole": HotpatchReady(
            "whole",
            machine=machine,
            features=HOTPATCH_PREVIEW_FEATURES,
            enable_hotpatching=False,
            reboot_setting="IfRequired",
            schedule={
                "resource_group_name": "rg-contoso",
                "location": "eastus",
                "start": "2027-01-01 22:00",
                "duration": "03:00",
                "time_zone": "UTC",
                "recurrence": patch_tuesday(4),
            },
        ),
    }
    outputs["refused"] = refusals(
        group=azure.resources.ResourceGroup("group"),
        arc=azure.hybridcompute.Machine("arc", resource_group_name="rg-contoso"),
        features=previews,
        component=ready["plain"],
        number=5,
    )
    shown = {
        name: [each.machine_id, each.outcome, each.image_support, each.schedule_id, each.assignment_id]
        for name, each in ready.items()
    }
    return pulumi.Output.all(**{name: pulumi.Output.all(*each) for name, each in shown.items()}).apply(outputs.update)


declare()
json.dump({"seen": recorder.seen, "outputs": outputs}, sys.stdout)
