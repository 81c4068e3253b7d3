"""Facts about machines and images that follow from others."""

from __future__ import annotations

import pytest

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Image, Machine, PatchSettings
from pulumi_azure_hotpatch.engine.field_names import ARM_PATHS, WRITTEN_AS
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import RULES
from tests.engine.rule_cases.form import ARC_ID, CUSTOM, GALLERY_IMAGE, HOTPATCH_2025, VM_ID, windows_vm

TRIPLE = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition"


@pytest.mark.parametrize(
    ("image", "triple", "is_marketplace", "description"),
    [
        (HOTPATCH_2025, TRIPLE, True, TRIPLE),
        (CUSTOM, None, False, f"the custom image {GALLERY_IMAGE}"),
        (Image(), None, False, "a custom image"),
        (Image(id=UNKNOWN), None, False, "a custom image"),
        (Image(publisher="MicrosoftWindowsServer", offer="WindowsServer", sku=UNKNOWN), UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_an_image_is_of_the_marketplace_when_all_three_names_are_there(
    image: Image, triple: object, is_marketplace: object, description: object
) -> None:
    assert (image.triple, image.is_marketplace, image.description) == (triple, is_marketplace, description)


def test_a_machine_says_what_it_was_made_from() -> None:
    assert windows_vm().made_from == TRIPLE
    assert windows_vm(image=None).made_from == "a disk without an image reference"
    assert windows_vm(image=UNKNOWN).made_from is UNKNOWN


@pytest.mark.parametrize(
    ("machine_id", "is_arc"), [(VM_ID, False), (ARC_ID, True), (ARC_ID.upper(), True), (UNKNOWN, UNKNOWN)]
)
def test_an_arc_server_is_recognised_by_its_id(machine_id: str, is_arc: object) -> None:
    assert Machine(id=machine_id).is_arc is is_arc


@pytest.mark.parametrize(
    ("os_type", "is_windows"), [("Windows", True), ("windows", True), ("Linux", False), (UNKNOWN, UNKNOWN)]
)
def test_windows_is_recognised_without_letter_case(os_type: str, is_windows: object) -> None:
    assert windows_vm(os_type=os_type).is_windows is is_windows


def test_settings_given_to_a_machine_leave_the_others_alone() -> None:
    changed = windows_vm().with_settings({"patch_mode": "Manual", "reboot_setting": UNKNOWN})
    assert changed.settings == PatchSettings(
        patch_mode="Manual",
        enable_hotpatching=True,
        assessment_mode="AutomaticByPlatform",
        reboot_setting=UNKNOWN,
        bypass_platform_safety_checks_on_user_schedule=False,
    )
    assert changed.image == windows_vm().image


def test_settings_as_given_leave_out_only_what_is_absent() -> None:
    settings = PatchSettings(patch_mode="Manual", enable_hotpatching=False, reboot_setting=UNKNOWN)
    assert settings.as_given() == {"patch_mode": "Manual", "enable_hotpatching": False, "reboot_setting": UNKNOWN}


def test_of_an_unseen_machine_nothing_is_known_but_its_id() -> None:
    unseen = Machine.unseen(VM_ID)
    assert unseen.is_arc is False
    assert {getattr(unseen.settings, name) for name in PATCH_FIELDS} == {UNKNOWN}
    assert (unseen.image, unseen.os_type, unseen.provision_vm_agent) == (UNKNOWN, UNKNOWN, UNKNOWN)


def test_every_blamed_patch_field_has_azures_path_beside_it() -> None:
    blamed = {rule.field for rule in RULES if rule.field.startswith("settings.")}
    assert blamed <= set(ARM_PATHS)


def test_a_derived_fact_is_never_shown_under_its_own_name() -> None:
    for derived, written in WRITTEN_AS.items():
        assert derived.rsplit(".", 1)[-1] != written
