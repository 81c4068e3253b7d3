"""Take the pictures of the documentation that show a page: the report on the example fleet, in a browser.

    make pictures        into docs/pictures; with a folder behind the script's name, into that

A simulated Azure patches the fleet for some weeks, a rollout has halted in its second ring, and `azure-hotpatch report`
tells of it. Time is the simulator's, so that the pictures show the same whenever they are taken.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import browser
from azure_patch_simulator import PatchingSettings, Settings, Simulator, World
from azure_patch_simulator.server import serve_in_thread
from pulumi_azure_hotpatch.cli import main as azure_hotpatch

CHECKOUT: Final = Path(__file__).resolve().parent.parent
PICTURES: Final = CHECKOUT / "docs" / "pictures"
BEGUN: Final = datetime(2026, 3, 20, 8, tzinfo=UTC)
NOW: Final = datetime(2026, 5, 20, 8, tzinfo=UTC)
"""Within the published calendar, a week after a Patch Tuesday."""

_TYPE: Final = "pulumi-python:dynamic/azurehotpatch:PatchRollout"
_GROUP: Final = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso"
_SIZES: Final = {"desk": (1440, 900), "phone": (390, 844)}


def write_report(target: Path) -> None:
    """Write the report that the pictures show. Raises RuntimeError where the command fails."""
    with tempfile.TemporaryDirectory() as folder, _azure():
        stack = Path(folder) / "stack.json"
        stack.write_text(json.dumps(_export()), encoding="utf-8")
        subscription = os.environ["ARM_SUBSCRIPTION_ID"]
        asked = ["report", "--subscription", subscription, "--stack", str(stack), "--output", str(target)]
        # 1: the example breaks rules on purpose.
        if (code := azure_hotpatch([*asked, "--title", "Contoso: the year ahead"])) not in (0, 1):
            raise RuntimeError(f"azure-hotpatch report ended with {code}")


def take(report: Path, folder: Path) -> list[Path]:
    """The top of the page, light and dark, the table of machines, a rollout, and a phone. Raises `NoBrowser`."""
    taken = []
    with browser.launched() as chromium:
        for name, size, scheme, part in (
            ("report-light", "desk", "light", None),
            ("report-dark", "desk", "dark", None),
            ("report-machines", "desk", "light", "#machines-part"),
            ("report-rollout", "desk", "light", "#rollouts-part"),
            ("report-phone", "phone", "dark", "#machines-part"),
        ):
            width, height = _SIZES[size]
            tab = chromium.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
            tab.goto(report.as_uri())
            tab.wait_for_selector("html[data-tables=drawn]")
            if part is not None:
                tab.evaluate("(part) => document.querySelector(part).scrollIntoView()", part)
            taken.append(folder / f"{name}.png")
            tab.screenshot(path=taken[-1])
            tab.close()
    return taken


@contextmanager
def _azure() -> Iterator[Simulator]:
    """The example fleet in a simulated Azure that the environment names, patched until `NOW`."""
    inventory = json.loads((CHECKOUT / "examples" / "inventory.json").read_text(encoding="utf-8"))
    calm = PatchingSettings(optional_reboot_share=0.0, dotnet_share=0.0)
    simulator = Simulator(World.from_inventory(inventory, settings=Settings(patching=calm)), start=BEGUN)
    simulator.clock.advance_to(NOW)
    with serve_in_thread(simulator) as server:
        os.environ |= {
            "AZURE_HOTPATCH_ENDPOINT": server.url,
            "AZURE_HOTPATCH_CA_FILE": str(server.ca_file),
            "AZURE_HOTPATCH_CLOCK": "endpoint",
            "ARM_TENANT_ID": server.tenant_id,
            "ARM_SUBSCRIPTION_ID": server.subscription_id,
            "ARM_CLIENT_ID": server.client_id,
            "ARM_CLIENT_SECRET": server.client_secret,
        }
        yield simulator


def _export() -> dict[str, Any]:
    """What `pulumi stack export` says of the rollout."""
    common = {"soak": "24h", "atATime": 20, "named": []}
    rings: list[dict[str, Any]] = [
        {"ring": "canary", "machines": 2, "starts": "2026-05-13 00:00 UTC", "mayFail": 0},
        {"ring": "early", "machines": 12, "starts": "2026-05-15 00:00 UTC, after ring 'canary'", "mayFail": 1},
        {"ring": "broad", "machines": 86, "starts": "2026-05-19 00:00 UTC, after ring 'early'", "mayFail": 4},
    ]
    inputs = {
        "releaseMonth": "2026-05",
        "rings": [{"name": one["ring"]} for one in rings],
        "plan": [common | one for one in rings],
    }
    opened = {"canary": "2026-05-13T00:00:00+00:00", "early": "2026-05-15T00:00:00+00:00"}
    done = {"canary": (2, 0), "early": (7, 2)}
    state = {
        "phase": "halted",
        "ring": "early",
        "ringStates": [
            {
                "ring": one["ring"],
                "machines": one["machines"],
                "succeeded": done[one["ring"]][0],
                "failed": done[one["ring"]][1],
                "openedAt": opened[one["ring"]],
                "passedAt": "2026-05-14T00:12:00+00:00" if one["ring"] == "canary" else None,
            }
            for one in rings
            if one["ring"] in opened
        ],
        "machines": [
            {
                "machineId": f"{_GROUP}/providers/Microsoft.Compute/virtualMachines/{name}",
                "ring": "early",
                "phase": "failed",
                "error": why,
            }
            for name, why in (
                ("vm-app-2", "it ended as Failed, 1 patch failed"),
                ("vm-batch-1", "its agent is not ready"),
            )
        ],
    }
    urn = f"urn:pulumi:prod::contoso::{_TYPE}::may-updates"
    resource = {"urn": urn, "type": _TYPE, "id": "may", "custom": True, "inputs": inputs, "outputs": inputs | state}
    return {"version": 3, "deployment": {"resources": [resource]}}


def main() -> int:
    """Take them all; the message of a failure goes to stderr."""
    target = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PICTURES
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        write_report(report)
        try:
            taken = take(report, target)
        except browser.NoBrowser as failure:
            print(failure, file=sys.stderr)
            return 1
    for path in taken:
        print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
