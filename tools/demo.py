"""The whole story on an embedded Azure: preview, up, up again, drift, repair, destroy – with the real Pulumi engine.

Runs the checkout's own Pulumi project against `azure-patch-simulator`, on a stack of its own in the ignored work
folder. Nothing of the user's Pulumi or Azure settings reaches it, and nothing is left running.
"""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from azure_patch_simulator.launch import launched
from pulumi_cli import WRAPPER
from pulumi_env import CHECKOUT, WORK, isolated

STACK = "demo"
# The machine that somebody edits behind the stack's back.
DRIFTING = "resourceGroups/rg-contoso/providers/Microsoft.Compute/virtualMachines/vm-app-1"
EDIT = {
    "properties": {
        "osProfile": {
            "windowsConfiguration": {
                "patchSettings": {
                    "patchMode": "AutomaticByOS",
                    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": False},
                }
            }
        }
    }
}


class DemoFailed(Exception):
    """A step did not do what it should; the text says which."""


class Azure:
    """The simulated subscription as somebody with `curl` sees it."""

    def __init__(self, info: Mapping[str, str]) -> None:
        self._info = info
        self._tls = ssl.create_default_context(cafile=info["ca_file"])

    def environment(self) -> dict[str, str]:
        """What points the deployment at it: the usual service principal variables, an endpoint with its authority,
        and its clock.
        """
        return {
            "ARM_TENANT_ID": self._info["tenant_id"],
            "ARM_SUBSCRIPTION_ID": self._info["subscription_id"],
            "ARM_CLIENT_ID": self._info["client_id"],
            "ARM_CLIENT_SECRET": self._info["client_secret"],
            "AZURE_HOTPATCH_ENDPOINT": self._info["url"],
            "AZURE_HOTPATCH_CA_FILE": self._info["ca_file"],
            "AZURE_HOTPATCH_CLOCK": "endpoint",
        }

    def now(self) -> datetime:
        """The simulated instant."""
        return datetime.fromisoformat(self._ask("GET", "/simulator/clock")["now"])

    def calls(self) -> list[str]:
        """The operations that Resource Manager was asked for, by Azure's own names, in order; those for tokens are
        left out.
        """
        entries = self._ask("GET", "/simulator/journal")["entries"]
        return [entry["operation"] for entry in entries if not entry["operation"].startswith(("OAuth2", "OpenId"))]

    def advance(self, duration: timedelta) -> None:
        """Move the simulated time on."""
        self._ask("POST", "/simulator/clock", None, {"advance_seconds": duration.total_seconds()})

    def patch_settings(self) -> dict[str, Any]:
        """The patch settings of every machine, by name."""
        answer = self._ask("GET", f"{self._subscription}/providers/Microsoft.Compute/virtualMachines", self._token())
        return {machine["name"]: machine["properties"]["osProfile"] for machine in answer["value"]}

    def edit(self, machine: str, body: Mapping[str, Any]) -> None:
        """Change a machine as somebody else would, and let the change finish."""
        self._ask("PATCH", f"{self._subscription}/{machine}", self._token(), body)
        self.advance(timedelta(minutes=2))

    @property
    def _subscription(self) -> str:
        return f"/subscriptions/{self._info['subscription_id']}"

    def _token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._info["client_id"],
            "client_secret": self._info["client_secret"],
            "scope": f"{self._info['url']}/.default",
        }
        url = f"{self._info['url']}/{self._info['tenant_id']}/oauth2/v2.0/token"
        request = urllib.request.Request(url, urllib.parse.urlencode(form).encode())
        with urllib.request.urlopen(request, context=self._tls) as response:
            token: str = json.load(response)["access_token"]
        return token

    def _ask(self, method: str, path: str, token: str | None = None, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        url = f"{self._info['url']}{path}" + ("?api-version=2026-04-01" if token else "")
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, context=self._tls) as response:
            return json.load(response)


class Story:
    """The steps, one after the other, with what each cost."""

    def __init__(self, azure: Azure, environment: Mapping[str, str]) -> None:
        self._azure = azure
        self._environment = dict(environment)
        self._rows: list[tuple[str, int, timedelta, float]] = []

    def tell(self, title: str, action: Callable[[], None]) -> None:
        """Do one step under a heading, and note its calls, simulated and wall time."""
        print(f"\n── {len(self._rows) + 1}. {title} " + "─" * max(0, 90 - len(title)), flush=True)
        calls, simulated, wall = len(self._azure.calls()), self._azure.now(), time.monotonic()
        action()
        self._rows.append(
            (title, len(self._azure.calls()) - calls, self._azure.now() - simulated, time.monotonic() - wall)
        )

    def pulumi(self, *arguments: str) -> None:
        """Run the real command with its own output. Raises DemoFailed when it fails."""
        print(f"$ pulumi {' '.join(arguments)}", flush=True)
        command = [str(WRAPPER), *arguments, "--stack", STACK]
        if subprocess.run(command, cwd=CHECKOUT, env=self._environment).returncode:
            raise DemoFailed(f"`pulumi {' '.join(arguments)}` failed")

    def summary(self) -> str:
        """A table of the steps."""
        lines = [f"{'step':<58} {'ARM calls':>9} {'simulated':>10} {'wall':>7}"]
        for title, calls, simulated, wall in self._rows:
            lines.append(f"{title:<58} {calls:>9} {_clock_time(simulated):>10} {wall:>6.1f}s")
        calls = sum(row[1] for row in self._rows)
        simulated = sum((row[2] for row in self._rows), timedelta())
        wall = sum(row[3] for row in self._rows)
        return "\n".join([*lines, f"{'in all':<58} {calls:>9} {_clock_time(simulated):>10} {wall:>6.1f}s"])


def tell_story(azure: Azure, environment: Mapping[str, str]) -> Story:
    """Preview, create, re-run, drift, repair, destroy. Raises DemoFailed when a step does not do what it should."""
    story = Story(azure, environment)
    before = azure.patch_settings()
    declared: dict[str, Any] = {}
    story.tell("preview: what would happen, nothing is touched", lambda: story.pulumi("preview"))
    _expect(azure.patch_settings() == before, "the preview changed a machine")
    story.tell("up: enrol, hotpatch, schedule", lambda: story.pulumi("up", "--yes", "--skip-preview"))
    declared |= azure.patch_settings()
    _expect(declared != before, "nothing was changed")
    story.tell("up again: nothing to do", lambda: story.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes"))
    story.tell("somebody edits vm-app-1 behind the stack's back", lambda: azure.edit(DRIFTING, EDIT))
    _expect(azure.patch_settings() != declared, "the edit had no effect")
    story.tell("refresh: the drift is seen", lambda: story.pulumi("refresh", "--yes", "--skip-preview"))
    story.tell("up: the drift is repaired", lambda: story.pulumi("up", "--yes", "--skip-preview"))
    _expect(azure.patch_settings() == declared, "the drift was not repaired")
    story.tell("destroy: every machine as it was before", lambda: story.pulumi("destroy", "--yes", "--skip-preview"))
    _expect(
        _without_defaults(azure.patch_settings()) == _without_defaults(before), "destroy did not restore the machines"
    )
    return story


def main() -> int:
    """Run the demo; 0 when every step did what it should."""
    began = time.monotonic()
    folder = WORK / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with launched("--era", "2021-preview", "--time", "manual", "--ca-file", str(folder / "ca.pem")) as server:
            azure = Azure(server.info)
            environment = isolated(WORK) | azure.environment()
            _start_afresh(environment)
            story = tell_story(azure, environment)
            story.pulumi("stack", "rm", "--yes", "--force")
            print(f"\n{story.summary()}\n\nDone in {time.monotonic() - began:.0f} s. Nothing is left running.")
    except (DemoFailed, RuntimeError) as failure:
        print(f"\nThe demo failed: {failure}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nThe demo was interrupted; the next `make demo` starts afresh.", file=sys.stderr)
        return 130
    return 0


def _start_afresh(environment: Mapping[str, str]) -> None:
    """Remove what an interrupted demo left, and make the stack."""
    quiet: dict[str, Any] = {
        "cwd": CHECKOUT,
        "env": dict(environment),
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    for leftover in (["cancel", "--yes", "--stack", STACK], ["stack", "rm", "--yes", "--force", STACK]):
        subprocess.run([str(WRAPPER), *leftover], **quiet, check=False)
    made = subprocess.run(
        [str(WRAPPER), "stack", "init", STACK], cwd=CHECKOUT, env=dict(environment), capture_output=True, text=True
    )
    if made.returncode:
        raise DemoFailed(f"the stack could not be made: {made.stderr.strip()}")


def _without_defaults(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in which a switch that is off and one that is absent look alike: Azure keeps an object once it was
    written.
    """

    def strip(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        inner = {key: strip(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item not in (False, {}, None)}

    return {name: strip(profile) for name, profile in settings.items()}


def _expect(held: bool, otherwise: str) -> None:
    if not held:
        raise DemoFailed(otherwise)


def _clock_time(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"


if __name__ == "__main__":
    os.chdir(CHECKOUT)
    sys.exit(main())
