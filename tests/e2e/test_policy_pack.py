"""The example's policy pack in the real engine: advice, a stop, a waiver, a remedy – for azure-native and for ours."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from demo import Azure
from tests.e2e.conftest import CHECKOUT, PROGRAMS
from tests.support import azure_native, echo
from tests.support.pulumi_cli import Stack

PACK = Path(__file__).parents[2] / "examples" / "policy-pack"
WAIVER = {
    "rule": "hotpatch-forbids-bypass",
    "resource": "urn:*::web",
    "reason": "The vendor asks for it.",
    "owner": "web team",
    "until": "2999-12-31",
}


@pytest.fixture
def stack(azure: Azure, tmp_path: Path) -> Stack:
    made = Stack(PROGRAMS / "policies", tmp_path / "pulumi", azure.environment())
    made.env["PATH"] = f"{azure_native.install(tmp_path / 'bin')}:{made.env['PATH']}"
    made.set_config("adminPassword", "correct-horse-battery", secret=True)
    return made


class Pack:
    """A copy of the example's pack with waivers and a configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(shutil.copytree(PACK, folder / "pack"))

    def waive(self, *rows: Mapping[str, str]) -> None:
        (self.folder / "waivers.yaml").write_text(json.dumps({"version": 1, "waivers": rows}), encoding="utf-8")

    def arguments(self, **levels: Any) -> tuple[str, ...]:
        """What the CLI is told: the pack and the level of each policy, `_` for `-`."""
        config = self.folder / "config.json"
        config.write_text(json.dumps({name.replace("_", "-"): level for name, level in levels.items()}))
        return ("--policy-pack", str(self.folder), "--policy-pack-config", str(config))


def test_a_team_is_advised_first_and_stopped_when_it_says_so_unless_somebody_answers(
    stack: Stack, tmp_path: Path
) -> None:
    pack = Pack(tmp_path)
    advised = stack.preview(*pack.arguments(), json=False).output
    assert "[advisory]" in advised
    assert "[mandatory]" not in advised
    for rule in ("hotpatch-forbids-bypass", "schedule-patch-mode", "schedule-visibility", "hotpatch-restarts-anyway"):
        assert f"[{rule};" in advised, rule
    assert "correct-horse" not in advised
    pack.waive(WAIVER, {**WAIVER, "rule": "schedule-duration", "until": "2026-01-31"})
    stopped = stack.preview(*pack.arguments(hotpatch_forbids_bypass="mandatory"), json=False, fails=True).output
    assert "web team answers for it until 2999-12-31: The vendor asks for it." in stopped
    assert "ended on 2026-01-31" in stopped
    assert stopped.count("[mandatory]") == 1, "the waiver that has ended, and not what is waived"


@pytest.mark.slow
def test_a_mandatory_policy_stops_before_anything_is_made_and_a_remedy_is_what_azure_gets(
    stack: Stack, tmp_path: Path
) -> None:
    pack = Pack(tmp_path)
    native = azure_native.Azure(stack.env)
    shop = f"{native.subscription}/resourceGroups/rg-shop"
    stopped = stack.up(*pack.arguments(hotpatch_forbids_bypass="mandatory"), skip_preview=False, fails=True).output
    assert "[mandatory]" in stopped
    assert native.get(shop, "2025-04-01") is None

    mend = dict.fromkeys(("hotpatch_forbids_bypass", "schedule_patch_mode", "schedule_visibility"), "remediate")
    stack.up(*pack.arguments(**mend))
    machine = native.get(f"{shop}/providers/Microsoft.Compute/virtualMachines/vm-web", "2025-04-01")
    nights = native.get(f"{shop}/providers/Microsoft.Maintenance/maintenanceConfigurations/nights", "2023-04-01")
    assert machine is not None
    assert nights is not None
    patching = machine["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"]
    assert patching["automaticByPlatformSettings"]["bypassPlatformSafetyChecksOnUserSchedule"] is False
    assert nights["properties"]["visibility"] == "Custom"
    extension = {name.casefold(): value for name, value in nights["properties"]["extensionProperties"].items()}
    assert extension["inguestpatchmode"] == "User"


@pytest.mark.slow
def test_the_commands_of_the_page_run_on_the_quickstart(azure: Azure, tmp_path: Path) -> None:
    stack = Stack(CHECKOUT, tmp_path / "pulumi", azure.environment())
    page = (CHECKOUT / "docs" / "policies.md").read_text(encoding="utf-8")
    commands = re.findall(r"^pulumi (preview .*)$", page, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        arguments = [str(CHECKOUT / part) if part.startswith("examples/") else part for part in command.split()]
        assert "azure-hotpatch@v" in stack.run(*arguments).output


@pytest.mark.slow
def test_a_level_for_all_is_one_for_waivers_that_have_ended_unless_they_are_named(tmp_path: Path) -> None:
    stack = Stack(PROGRAMS / "declared", tmp_path / "pulumi")
    stack.env["PATH"] = f"{echo.install(tmp_path / 'bin', 'random')}:{stack.env['PATH']}"
    (tmp_path / "declared.json").write_text("[]", encoding="utf-8")
    stack.env |= {"DECLARED": str(tmp_path / "declared.json"), "NOT_KNOWN": "-"}
    pack = Pack(tmp_path)
    pack.waive({**WAIVER, "until": "2026-01-31"})
    assert "[mandatory]" in stack.preview(*pack.arguments(), json=False, fails=True).output
    advised = stack.preview(*pack.arguments(all="advisory"), json=False).output
    assert "ended on 2026-01-31" in advised
    assert "[advisory]" in advised
    named = pack.arguments(all="advisory", waiver_expired="mandatory")
    assert "ended on 2026-01-31" in stack.preview(*named, json=False, fails=True).output
