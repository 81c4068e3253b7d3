"""Cases of the rules on scale sets."""

from __future__ import annotations

from typing import Final

from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .form import CUSTOM, PLAIN_2022, Cases, scale_set

CASES: Final = {
    "scale-set-uniform-cannot-hotpatch": Cases(
        passes=scale_set(),
        violates=scale_set(orchestration_mode="uniform"),
        says=(
            "Scale sets of orchestration mode Uniform cannot be created from hotpatch images such as "
            "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition."
        ),
        unknown=scale_set(orchestration_mode=UNKNOWN),
        misses="orchestration_mode",
        skipped=scale_set(orchestration_mode="Uniform", image=PLAIN_2022),
    ),
    "scale-set-hotpatch-stays-on": Cases(
        passes=scale_set(),
        violates=scale_set(enable_hotpatching=False),
        says="On a flexible scale set from a hotpatch image hotpatching must stay on; it is false.",
        unknown=scale_set(enable_hotpatching=UNKNOWN),
        misses="enable_hotpatching",
        skipped=scale_set(enable_hotpatching=False, image=PLAIN_2022),
    ),
    "scale-set-hotpatch-needs-platform-mode": Cases(
        passes=scale_set(),
        violates=scale_set(patch_mode="Manual"),
        says="Hotpatching needs patch mode AutomaticByPlatform, but it is Manual.",
        unknown=scale_set(patch_mode=UNKNOWN),
        misses="patch_mode",
        skipped=scale_set(patch_mode="Manual", enable_hotpatching=False),
    ),
    "scale-set-hotpatch-needs-eligible-image": Cases(
        passes=scale_set(),
        violates=scale_set(image=CUSTOM),
        says="Hotpatching is offered on eight Azure Edition images only; the marketplace image here is not set.",
        unknown=scale_set(image=UNKNOWN),
        misses="image",
        skipped=scale_set(image=CUSTOM, enable_hotpatching=False),
    ),
    "scale-set-needs-health-extension": Cases(
        passes=scale_set(),
        violates=scale_set(has_health_extension=False),
        says=(
            "Automatic guest patching of flexible scale sets needs the Application Health extension, which is missing."
        ),
        unknown=scale_set(has_health_extension=UNKNOWN),
        misses="has_health_extension",
        skipped=scale_set(has_health_extension=False, orchestration_mode="Uniform"),
    ),
    "scale-set-not-in-update-manager": Cases(
        passes=scale_set(),
        violates=scale_set(bypass_platform_safety_checks_on_user_schedule=True),
        says=(
            "The bypass flag waits for a schedule, and Update Manager does not support scale sets: "
            "nothing patches this one."
        ),
        unknown=scale_set(bypass_platform_safety_checks_on_user_schedule=UNKNOWN),
        misses="bypass_platform_safety_checks_on_user_schedule",
    ),
}
