"""A small engine over the real providers: check, diff, create before delete, one plugin process for each run."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeVar

from google.protobuf.struct_pb2 import Struct

from pulumi_azure_hotpatch import dynamic_providers
from pulumi_azure_hotpatch.host import dynamic
from tests.handlers.declared import Bag, as_the_engine_sends
from tests.support.simulated import Azure

ResultT = TypeVar("ResultT")

PROVIDERS: dict[str, dynamic.HandlerProvider] = {
    "preview_enrollment": dynamic_providers.PreviewEnrollmentProvider(),
    "virtual_machine_patch_settings": dynamic_providers.VirtualMachinePatchSettingsProvider(),
    "maintenance_schedule": dynamic_providers.MaintenanceScheduleProvider(),
    "schedule_assignment": dynamic_providers.ScheduleAssignmentProvider(),
    "dynamic_scope": dynamic_providers.DynamicScopeProvider(),
    "fleet_patch_settings": dynamic_providers.FleetPatchSettingsProvider(),
    "image_support_check": dynamic_providers.ImageSupportCheckProvider(),
    "patch_assessment": dynamic_providers.PatchAssessmentProvider(),
    "patch_installation": dynamic_providers.PatchInstallationProvider(),
    "patch_rollout": dynamic_providers.PatchRolloutProvider(),
    "arc_hotpatch_license": dynamic_providers.ArcHotpatchLicenseProvider(),
    "arc_machine_patch_settings": dynamic_providers.ArcMachinePatchSettingsProvider(),
    "scale_set_patch_settings": dynamic_providers.ScaleSetPatchSettingsProvider(),
}


class Rejected(Exception):
    """`check` refused a declaration; `failures` are the properties with the messages that the engine prints."""

    def __init__(self, failures: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(reason for _, reason in failures))
        self.failures = failures


@dataclass
class Stored:
    """What the engine holds of a resource."""

    kind: str
    id: str
    inputs: Bag
    outputs: Bag


Program = Mapping[str, tuple[str, Mapping[str, Any]]]


class Stack:
    """Resources by name. `up` runs a program: by name, a kind and the inputs as they are on the wire."""

    def __init__(self, azure: Azure) -> None:
        self.azure = azure
        self.resources: dict[str, Stored] = {}

    def up(self, program: Program, *, replacing: Collection[str] = ()) -> list[str]:
        """Bring a program about in one run, with `--replace` of those; the steps taken. Raises Rejected."""
        self.azure.new_run()
        steps: list[str] = []
        pending: list[tuple[str, Stored]] = []
        for name, (kind, inputs) in program.items():
            stored = self.resources.get(name)
            checked = self.check(kind, name, inputs, stored.inputs if stored else None)
            if stored is None:
                steps.append(f"create {name}")
                self._create(kind, name, checked)
                continue
            diff = self._call(name, PROVIDERS[kind].diff, stored.id, stored.outputs, checked)
            if diff.replaces or name in replacing:
                steps.append(f"replace {name}")
                # The engine forgets what it knew before it checks a replacement.
                checked = self.check(kind, name, inputs, None)
                if diff.delete_before_replace:
                    self._delete(name, stored)
                else:
                    pending.append((name, stored))
                self._create(kind, name, checked)
            elif diff.changes:
                steps.append(f"update {name}")
                updated = self._call(name, PROVIDERS[kind].update, stored.id, stored.outputs, checked)
                self.resources[name] = Stored(kind, stored.id, checked, as_the_engine_sends(updated.outs))
        gone = [name for name in self.resources if name not in program]
        pending += [(name, self.resources.pop(name)) for name in reversed(gone)]
        for name, stored in pending:
            steps.append(f"delete {name}")
            self._delete(name, stored)
        return steps

    def refresh(self) -> None:
        """Read every resource; those that are gone are forgotten."""
        self.azure.new_run()
        for name, stored in list(self.resources.items()):
            read = self._call(name, PROVIDERS[stored.kind].read, stored.id, stored.outputs, inputs=stored.inputs)
            if read.id:
                self.resources[name] = Stored(
                    stored.kind, stored.id, as_the_engine_sends(read.inputs), as_the_engine_sends(read.outs)
                )
            else:
                del self.resources[name]

    def check(self, kind: str, name: str, inputs: Mapping[str, Any], olds: Bag | None = None) -> Bag:
        """The inputs with what `check` adds. Raises Rejected."""
        news = {**as_the_engine_sends(inputs), "__provider": kind}
        result = self._call(name, PROVIDERS[kind].check, olds or {}, news)
        if result.failures:
            raise Rejected([(failure.property, failure.reason) for failure in result.failures])
        return as_the_engine_sends(result.inputs)  # type: ignore[no-any-return]

    def _create(self, kind: str, name: str, checked: Bag) -> None:
        created = self._call(name, PROVIDERS[kind].create, checked)
        self.resources[name] = Stored(kind, created.id, checked, as_the_engine_sends(created.outs))

    def _delete(self, name: str, stored: Stored) -> None:
        self._call(name, PROVIDERS[stored.kind].delete, stored.id, stored.outputs)

    def _call(self, name: str, verb: Callable[..., ResultT], *arguments: Any, inputs: Bag | None = None) -> ResultT:
        """What the engine sends: a check has the old inputs and nothing of the outputs, only a read has both."""
        request = SimpleNamespace(urn=f"urn:{name}", timeout=0.0)
        if inputs is not None:
            request.inputs = Struct()
            request.inputs.update(inputs)
        with _plugin_of(self.azure):
            return Check(request, None, verb, *arguments)


def Check(request: Any, context: Any, verb: Callable[..., ResultT], *arguments: Any) -> ResultT:  # noqa: ARG001, N802
    """Stands where the plugin's gRPC method stands: the providers find the call by this name and these arguments."""
    return verb(*arguments)


@contextmanager
def _plugin_of(azure: Azure) -> Iterator[None]:
    before, dynamic._runtime = dynamic._runtime, azure.runtime
    try:
        yield
    finally:
        dynamic._runtime = before
