"""The guard and the filler for azure-native's virtual machines: with mocks, and with the real SDK under the engine."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azure_patch_simulator.launch import launched
from demo import Azure
from pulumi_azure_hotpatch import fill_patch_settings, guard_virtual_machines
from pulumi_azure_hotpatch.errors import ConfigurationError, InvalidInput
from tests.support import azure_native
from tests.support.pulumi_cli import Result, Stack

HERE = Path(__file__).parent
EDITION = "2025-datacenter-azure-edition"
BY_PLATFORM = {"patchMode": "AutomaticByPlatform", "enableHotpatching": True, "assessmentMode": "AutomaticByPlatform"}
BYPASSED = {
    "patch_mode": "AutomaticByPlatform",
    "enable_hotpatching": True,
    "automatic_by_platform_settings": {"bypass_platform_safety_checks_on_user_schedule": True},
}
PATH = "properties.osProfile.windowsConfiguration.patchSettings"
FORBIDDEN = (
    "VM 'web': bypass_platform_safety_checks_on_user_schedule "
    f"({PATH}.automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule): "
    "Azure refuses hotpatching while bypassPlatformSafetyChecksOnUserSchedule is true. Fix: set "
    "bypass_platform_safety_checks_on_user_schedule to False (the machine is then patched by the platform, not by a "
    "schedule). [hotpatch-forbids-bypass; "
)


@pytest.fixture(scope="module")
def transformed() -> Any:
    """What becomes of the resources of `filling.py`, and what was told."""
    done = subprocess.run([sys.executable, HERE / "filling.py"], capture_output=True, text=True, check=True)
    return {**json.loads(done.stdout), "told": done.stderr}


@pytest.mark.parametrize("name", ["plain", "old-version", "local-package"])
def test_machines_are_filled_in_and_guarded_whatever_their_api_version(transformed: Any, name: str) -> None:
    found = transformed[name]
    settings = {**BY_PLATFORM, "automaticByPlatformSettings": {"rebootSetting": "IfRequired"}}
    assert found["profile"] == {"computerName": "web", "windowsConfiguration": {"patchSettings": settings}}
    assert found["others"]
    assert found["hooks"] == ["azure-hotpatch-guard-warn"] * 2


@pytest.mark.parametrize("name", ["disk", "vmware"])
def test_nothing_else_is_touched(transformed: Any, name: str) -> None:
    assert transformed[name] == {"profile": None, "others": True, "hooks": []}


def test_a_profile_that_is_secret_as_a_whole_is_left_alone_and_named_once(transformed: Any) -> None:
    assert transformed["secret"]["profile"] is None
    lines = [line for line in transformed["told"].splitlines() if "'secret'" in line]
    assert len(lines) == 1
    assert "left alone: patch_mode, enable_hotpatching, assessment_mode, reboot_setting, because" in lines[0]


def test_a_linux_machine_gets_an_assessment_without_a_warning(transformed: Any) -> None:
    settings = {"linuxConfiguration": {"patchSettings": {"assessmentMode": "AutomaticByPlatform"}}}
    assert transformed["ubuntu"]["profile"] == {"computerName": "web", **settings}
    assert told_by("ubuntu", transformed) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (
            "database",
            "its patch settings, because nothing says whether it runs Windows or Linux; give windows_configuration or "
            "linux_configuration",
        ),
        (
            "without-profile",
            "patch_mode, enable_hotpatching, assessment_mode, reboot_setting, because it has no osProfile",
        ),
    ],
)
def test_what_has_no_place_to_be_filled_in_is_left_alone_and_named(transformed: Any, name: str, why: str) -> None:
    assert transformed[name]["profile"] is None
    assert told_by(name, transformed) == [f"left alone: {why}"]


def told_by(name: str, transformed: Any) -> list[str]:
    """What a machine's warnings say."""
    _, *found = (part for part in re.split(rf"VM '{name}': ", transformed["told"]))
    return [part.splitlines()[0] for part in found]


def test_a_guard_that_is_told_nonsense_says_so() -> None:
    with pytest.raises(
        InvalidInput, match=r"^guard_virtual_machines: relax is one text; give a list, such as \['custom-images'\]$"
    ):
        guard_virtual_machines(relax="custom-images")
    for wrong, found in ((5, "relax is 5"), ([5], "relax holds 5")):
        with pytest.raises(InvalidInput, match=rf"^guard_virtual_machines: {found}; give "):
            guard_virtual_machines(relax=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"^guard_virtual_machines: mode is 'shout'; it must be 'warn' or 'refuse'$"):
        guard_virtual_machines("shout")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="'hotpatch-forbid-bypass', which relaxes nothing"):
        guard_virtual_machines("warn", relax=["hotpatch-forbid-bypass"])


def test_settings_that_azure_does_not_have_are_not_filled_in() -> None:
    with pytest.raises(
        InvalidInput,
        match=r"^fill_patch_settings: assessment_mode is 'Daily'; it must be one of AutomaticByPlatform, Image",
    ):
        fill_patch_settings(assessment_mode="Daily")
    with pytest.raises(
        InvalidInput,
        match=r"^fill_patch_settings: reboot_setting is 'Maybe'; it must be one of IfRequired, Never, Always$",
    ):
        fill_patch_settings(reboot_setting="Maybe")
    with pytest.raises(
        InvalidInput, match=r"^fill_patch_settings: enable_hotpatching is 'yes'; it must be True or False$"
    ):
        fill_patch_settings(enable_hotpatching="yes")  # type: ignore[arg-type]


class Machines:
    """A stack of azure-native machines."""

    def __init__(self, azure: Azure, work: Path) -> None:
        self.azure = azure
        self.stack = Stack(HERE / "programs" / "native", work / "pulumi", azure.environment())
        self.stack.env["PATH"] = f"{azure_native.install(work / 'bin')}:{self.stack.env['PATH']}"

    def declare(self, *, fill: bool = False, guard: str = "", relax: str = "", **machines: dict[str, Any]) -> None:
        for key, value in (("fill", json.dumps(fill)), ("guard", guard), ("azure-hotpatch:relax", relax)):
            self.stack.set_config(key, value)
        self.stack.set_config("machines", json.dumps(machines))

    def settings(self, name: str = "web") -> Any:
        return self.azure.patch_settings()[name]["windowsConfiguration"]["patchSettings"]


@pytest.fixture
def native(tmp_path: Path) -> Iterator[Machines]:
    with launched("--time", "manual", "--ca-file", str(tmp_path / "ca.pem")) as server:
        yield Machines(Azure(server.info), tmp_path)


def told(result: Result, machine: str = "web") -> list[str]:
    """What the diagnostics say of a machine: `severity: text`, on its own row or the stack's."""
    found = (line.strip() for line in result.output.partition("\nDiagnostics:\n")[2].splitlines())
    return [line for line in found if f"VM '{machine}'" in line]


@pytest.mark.slow
def test_a_contradiction_is_refused_in_preview_and_before_anything_is_made(native: Machines) -> None:
    native.declare(guard="refuse", web={"sku": EDITION, "windows_configuration": {"patch_settings": BYPASSED}})
    for refused in (native.stack.preview(json=False, fails=True), native.stack.up(fails=True)):
        (line,) = told(refused)
        assert line.startswith("error: ")
        assert f'before hook "azure-hotpatch-guard-refuse" failed: {FORBIDDEN}' in line
        assert "Traceback" not in refused.output
    assert "web" not in native.azure.patch_settings()


@pytest.mark.slow
def test_a_warning_stops_nothing_and_a_relaxed_rule_is_softened(native: Machines) -> None:
    declared = {"sku": EDITION, "windows_configuration": {"patch_settings": BYPASSED}}
    native.declare(guard="warn", web=declared)
    (line,) = told(native.stack.preview(json=False))
    assert line.startswith(f"warning: {FORBIDDEN}")
    native.declare(guard="refuse", relax="hotpatch-forbids-bypass", web=declared)
    (line,) = told(native.stack.preview(json=False))
    assert line.startswith(f"warning: {FORBIDDEN}")


@pytest.mark.slow
def test_what_is_filled_in_is_made_so_and_never_over_what_is_given(native: Machines) -> None:
    manual = {"enable_automatic_updates": False, "patch_settings": {"patch_mode": "Manual"}}
    native.declare(
        fill=True, guard="refuse", web={"sku": EDITION}, own={"sku": EDITION, "windows_configuration": manual}
    )
    done = native.stack.up()
    assert told(done) == [
        "VM 'web': filled in patch_mode='AutomaticByPlatform', enable_hotpatching=True, "
        "assessment_mode='AutomaticByPlatform'"
    ]
    assert "warning: VM 'own': left alone: enable_hotpatching, because patch_mode is Manual" in told(done, "own")
    assert native.settings() == BY_PLATFORM
    assert native.settings("own") == {"patchMode": "Manual", "assessmentMode": "AutomaticByPlatform"}
    assert native.stack.up("--expect-no-changes").changed == {}


@pytest.mark.slow
def test_an_image_that_is_not_known_in_preview_is_left_alone_there_and_named(native: Machines) -> None:
    given = {"enable_hotpatching": True, "patch_mode": "AutomaticByPlatform"}
    native.declare(fill=True, guard="refuse", web={"windows_configuration": {"patch_settings": given}})
    previewed = told(native.stack.preview(json=False))
    assert "warning: VM 'web': left alone: its patch settings, because its image is not known yet" in previewed
    assert "VM 'web': not judged yet, because values are not known: hotpatch-needs-eligible-image" in previewed
    assert "VM 'web': filled in assessment_mode='AutomaticByPlatform'" in told(native.stack.up())
    assert native.settings() == BY_PLATFORM


@pytest.mark.slow
def test_turning_hotpatching_off_is_told_before_it_happens(native: Machines) -> None:
    native.declare(fill=True, guard="refuse", web={"sku": EDITION})
    native.stack.up()
    off = {"patch_settings": {"enable_hotpatching": False}}
    native.declare(fill=True, guard="refuse", web={"sku": EDITION, "windows_configuration": off})
    warnings = [line for line in told(native.stack.preview(json=False)) if line.startswith("warning: ")]
    assert len(warnings) == 1
    assert "[hotpatch-off-leaves-the-track; " in warnings[0]


@pytest.mark.slow
def test_a_change_that_contradicts_is_refused_and_the_machine_stays_as_it_is(native: Machines) -> None:
    native.declare(fill=True, guard="refuse", web={"sku": EDITION})
    native.stack.up()
    bypass = {"automatic_by_platform_settings": {"bypass_platform_safety_checks_on_user_schedule": True}}
    declared = {"patch_settings": {"enable_hotpatching": True, **bypass}}
    native.declare(fill=True, guard="refuse", web={"sku": EDITION, "windows_configuration": declared})
    assert any(FORBIDDEN in line for line in told(native.stack.preview(json=False, fails=True)))
    native.stack.up(fails=True)
    assert native.settings() == BY_PLATFORM
    assert native.stack.destroy().changed == {"deleted": 3}


@pytest.mark.slow
def test_machines_inside_components_are_filled_in_and_guarded_by_several_modules(native: Machines) -> None:
    native.stack.set_config("modules", "true")
    native.declare(fill=True, guard="refuse", web={"sku": EDITION, "inside": True})
    assert native.stack.up().changed == {"created": 4}
    assert native.settings() == BY_PLATFORM
    assert native.stack.up("--expect-no-changes").changed == {}
    declared = {"sku": EDITION, "inside": True, "windows_configuration": {"patch_settings": BYPASSED}}
    native.declare(fill=True, guard="refuse", web=declared)
    refused = native.stack.preview(json=False, fails=True)
    assert any(FORBIDDEN in line for line in told(refused))
    assert "Traceback" not in refused.output


@pytest.mark.slow
def test_a_value_of_the_wrong_type_is_refused_in_preview(native: Machines) -> None:
    text = {"patch_settings": {"patch_mode": "AutomaticByPlatform", "enable_hotpatching": "true"}}
    native.declare(guard="refuse", web={"sku": EDITION, "windows_configuration": text})
    refused = native.stack.preview(json=False, fails=True)
    (line,) = told(refused)
    assert "VM 'web': enable_hotpatching is \"true\", and Azure takes no value of that type there. Fix: write" in line
    assert "Traceback" not in refused.output
    native.declare(guard="warn", web={"sku": EDITION, "windows_configuration": text})
    (line,) = told(native.stack.preview(json=False))
    assert line.startswith("warning: VM 'web': enable_hotpatching is \"true\"")


@pytest.mark.slow
def test_a_guard_that_is_told_nonsense_ends_the_program_in_one_line(native: Machines) -> None:
    native.declare(guard="shout")
    refused = native.stack.preview(json=False, fails=True)
    assert "error: guard_virtual_machines: mode is 'shout'; it must be 'warn' or 'refuse'" in refused.output
    assert "Traceback" not in refused.output
