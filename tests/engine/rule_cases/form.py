"""What the cases of one rule are, and the facts they start from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from pulumi_azure_hotpatch.engine.arc import ArcServer
from pulumi_azure_hotpatch.engine.dynamic_scope import DynamicScope
from pulumi_azure_hotpatch.engine.facts import (
    ARC_MACHINES,
    MAINTENANCE_CONFIGURATIONS,
    PATCH_FIELDS,
    VIRTUAL_MACHINES,
    Assignment,
    Image,
    Machine,
    PatchSettings,
    PreviewFeature,
    Schedule,
)
from pulumi_azure_hotpatch.engine.install_request import InstallRequest
from pulumi_azure_hotpatch.engine.patch_lists import PatchLists
from pulumi_azure_hotpatch.engine.scale_set import ScaleSet

GROUP: Final = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/contoso"
VM_ID: Final = f"{GROUP}/providers/{VIRTUAL_MACHINES}/web01"
ARC_ID: Final = f"{GROUP}/providers/{ARC_MACHINES}/branch01"
GALLERY_IMAGE: Final = f"{GROUP}/providers/Microsoft.Compute/galleries/golden/images/web/versions/1.0.0"


@dataclass(frozen=True)
class Cases:
    """Facts for the four verdicts of one rule.

    `says` is the exact reason of the violation, `misses` the fields that the unknown one names. `skipped` is None only
    for a rule that applies to every subject of its kind.
    """

    passes: object
    violates: object
    says: str
    unknown: object
    misses: str
    skipped: object | None = None


def marketplace(triple: str) -> Image:
    """A marketplace image from `publisher:offer:sku`."""
    publisher, offer, sku = triple.split(":")
    return Image(publisher=publisher, offer=offer, sku=sku)


HOTPATCH_2025: Final = marketplace("MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition")
PLAIN_2022: Final = marketplace("MicrosoftWindowsServer:WindowsServer:2022-datacenter")
UBUNTU: Final = marketplace("Canonical:ubuntu-24_04-lts:server")
CUSTOM: Final = Image(id=GALLERY_IMAGE)


def _changed(machine: Machine, changes: dict[str, Any]) -> Machine:
    settings = {name: changes.pop(name) for name in PATCH_FIELDS if name in changes}
    return replace(machine.with_settings(settings), **changes)


def windows_vm(**changes: Any) -> Machine:
    """A hotpatched Windows Server 2025 Azure Edition VM with nothing to complain about."""
    machine = Machine(
        id=VM_ID,
        name="web01",
        location="westeurope",
        zone=None,
        os_type="Windows",
        image=HOTPATCH_2025,
        provision_vm_agent=True,
        enable_automatic_updates=True,
        allow_extension_operations=True,
        time_zone=None,
        power_state="running",
        availability_set_id=None,
        settings=PatchSettings(
            patch_mode="AutomaticByPlatform",
            enable_hotpatching=True,
            assessment_mode="AutomaticByPlatform",
            reboot_setting="IfRequired",
            bypass_platform_safety_checks_on_user_schedule=False,
        ),
        os_name="Windows Server 2025 Datacenter Azure Edition",
        hyper_v_generation="V2",
        vm_agent_version="2.7.41491.1172",
        patch_extension_state="succeeded",
        reboot_pending=False,
    )
    return _changed(machine, changes)


def plain_windows_vm(**changes: Any) -> Machine:
    """A Windows VM that is patched by a schedule."""
    given: dict[str, Any] = {
        "image": PLAIN_2022,
        "enable_hotpatching": False,
        "bypass_platform_safety_checks_on_user_schedule": True,
    }
    return windows_vm(**(given | changes))


def linux_vm(**changes: Any) -> Machine:
    """An Ubuntu VM that is patched by a schedule."""
    given: dict[str, Any] = {
        "os_type": "Linux",
        "image": UBUNTU,
        "enable_automatic_updates": None,
        "enable_hotpatching": None,
        "os_name": "ubuntu",
        "vm_agent_version": "2.11.1.12",
        "bypass_platform_safety_checks_on_user_schedule": True,
    }
    return windows_vm(**(given | changes))


def arc_server(**changes: Any) -> Machine:
    """A Windows server outside Azure, connected by Azure Arc."""
    given: dict[str, Any] = {
        "id": ARC_ID,
        "name": "branch01",
        "image": None,
        "provision_vm_agent": None,
        "enable_automatic_updates": None,
        "allow_extension_operations": None,
        **dict.fromkeys(PATCH_FIELDS),
    }
    return windows_vm(**(given | changes))


def schedule(**changes: Any) -> Schedule:
    """A schedule on the second Tuesday plus four days with nothing to complain about."""
    lists = {name: changes.pop(name) for name in PatchLists.__dataclass_fields__ if name in changes}
    known = Schedule(
        name="patch-tuesday",
        resource_group_name="contoso",
        location="westeurope",
        start="2026-12-12 02:00",
        duration="03:00",
        time_zone="W. Europe Standard Time",
        recurrence="1Month Second Tuesday Offset4",
        expires=None,
        reboot_setting="IfRequired",
        has_patch_selection=True,
        start_problem=None,
        duration_problem=None,
        duration_minutes=180,
        time_zone_problem=None,
        recurrence_problem=None,
        recurrence_uncertainty=None,
        expires_problem=None,
        minutes_until_start=600,
        starts_before_midnight=False,
        full_name_length=20,
        upper_case_tag=None,
        patches=replace(PatchLists(windows_classifications=("Critical", "Security")), **lists),
    )
    return replace(known, **changes)


def assignment(machine: Machine | None = None, **changes: Any) -> Assignment:
    """A schedule given to a VM that is ready for schedules."""
    known = Assignment(
        machine=machine or plain_windows_vm(),
        machine_type=VIRTUAL_MACHINES,
        schedule_type=MAINTENANCE_CONFIGURATIONS,
        schedule_exists=True,
        machine_exists=True,
    )
    return replace(known, **changes)


def feature(**changes: Any) -> PreviewFeature:
    """A preview feature that is registered."""
    return replace(
        PreviewFeature(namespace="Microsoft.Compute", name="EncryptionAtHost", state="Registered"), **changes
    )


def unseen_vm(**changes: Any) -> Machine:
    """A VM of which only the id and the settings given are known."""
    return _changed(Machine.unseen(VM_ID), changes)


def hotpatched_arc_server(**changes: Any) -> ArcServer:
    """A licensed Windows Server 2025 outside Azure with nothing to complain about."""
    known = ArcServer(
        id=ARC_ID,
        name="branch01",
        location="westeurope",
        os_type="Windows",
        os_name="Windows Server 2025 Datacenter",
        os_edition="Datacenter",
        os_build="26100.6899",
        agent_version="1.52.0",
        status="Connected",
        enable_hotpatching=True,
        assessment_mode="AutomaticByPlatform",
        hotpatch_status="Enabled",
        hotpatch_subscription="Enabled",
        secure_boot=True,
        vbs_status=2,
        compute_registered=True,
    )
    return replace(known, **changes)


NOT_HOTPATCHED: Final[dict[str, Any]] = {"enable_hotpatching": False, "hotpatch_subscription": "Disabled"}


def scale_set(**changes: Any) -> ScaleSet:
    """A flexible scale set from a hotpatch image with nothing to complain about."""
    settings = {name: changes.pop(name) for name in PATCH_FIELDS if name in changes}
    known = ScaleSet(
        id=f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/web",
        name="web",
        orchestration_mode="Flexible",
        os_type="Windows",
        image=HOTPATCH_2025,
        provision_vm_agent=True,
        has_health_extension=True,
        settings=PatchSettings(patch_mode="AutomaticByPlatform", enable_hotpatching=True),
    )
    return replace(known, settings=replace(known.settings, **settings), **changes)


def dynamic_scope(**changes: Any) -> DynamicScope:
    """A scope on a subscription with nothing to complain about."""
    known = DynamicScope(
        resource_group_name=None,
        location="westeurope",
        resource_types=("microsoft.compute/virtualmachines",),
        os_types=("linux",),
        locations=("westeurope",),
        tag_operator="Any",
    )
    return replace(known, **changes)


def installation(machine: Machine | None = None, **changes: Any) -> InstallRequest:
    """A request for the critical and security patches of a plain Windows VM."""
    lists = {name: changes.pop(name) for name in PatchLists.__dataclass_fields__ if name in changes}
    known = InstallRequest(
        machine=machine or plain_windows_vm(),
        patches=replace(PatchLists(windows_classifications=("Critical", "Security")), **lists),
        maximum_minutes=120,
        reboot_setting="IfRequired",
    )
    return replace(known, **changes)
