"""Reports to look at: the example fleet, the same many times over, machines with evil names, rollouts under way."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import Forecast, forecast
from pulumi_azure_hotpatch.engine.judgement import cases, judge_cases
from pulumi_azure_hotpatch.engine.previews import read_preview
from pulumi_azure_hotpatch.observing.rows import PatchHistoryRow, PatchStatusRow
from pulumi_azure_hotpatch.report.overview import Machine, Overview
from pulumi_azure_hotpatch.report.rollouts import Rollout, rollouts_of
from tests.cli.conftest import INVENTORY

AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso"
MACHINES = f"{GROUP}/providers/Microsoft.Compute/virtualMachines"
ROLLOUT = "pulumi-python:dynamic/azurehotpatch:PatchRollout"
EVIL = "</script><img src=x onerror=alert(1)><b>&amp;'\""
_SYSTEMS = {"windows": "Windows", "linux": "Linux"}


def example(**changed: Any) -> Overview:
    """The example inventory's report."""
    estate = Estate.from_bodies(json.loads(INVENTORY.read_text("utf-8")), as_of=AS_OF)
    found = forecast(estate.members(), AS_OF, changed.pop("months", 12))
    named = tuple(zip((entry.resource for entry in estate.machines), (one for _, one in found.members), strict=True))
    machines = (
        Machine(entry.resource, entry.type, _SYSTEMS.get(str(entry.facts.os_type).casefold(), ""))
        for entry in estate.machines
    )
    judged = tuple(one for one in judge_cases(cases(estate)) if one.finding.verdict != "pass")
    return replace(Overview(AS_OF, Forecast(found.months, named), tuple(machines), judged), **changed)


def fleet(number: int) -> Overview:
    """So many machines, each like one of the example's."""
    one = example()
    ids = [f"{MACHINES}/vm-{at:05d}" for at in range(number)]
    members = tuple((id, one.forecast.members[at % len(one.machines)][1]) for at, id in enumerate(ids))
    machines = tuple(replace(one.machines[at % len(one.machines)], resource=id) for at, id in enumerate(ids))
    judged = tuple(replace(one.judged[at % len(one.judged)], resource=id) for at, id in enumerate(ids))
    return replace(one, forecast=Forecast(one.forecast.months, members), machines=machines, judged=judged)


def hostile() -> Overview:
    """A report in which everything that comes from outside wants to be more than text."""
    one = example(title=EVIL, notes=(EVIL,))
    resource = f"{MACHINES}/{EVIL.replace('/', '')}"
    (machine, *others), ((_, pattern), *members) = one.machines, one.forecast.members
    pattern = replace(
        pattern, expectations=tuple(each._replace(why=EVIL, schedule=EVIL) for each in pattern.expectations)
    )
    machine = replace(machine, resource=resource, status=status(machine=resource, patch_mode=EVIL))
    finding = replace(one.judged[0].finding, reason=EVIL, fix=EVIL)
    return replace(
        one,
        forecast=Forecast(one.forecast.months, ((resource, pattern), *members)),
        machines=(machine, *others),
        judged=(replace(one.judged[0], resource=resource, finding=finding), *one.judged[1:]),
        history=(installation(machine=resource, started_by=EVIL, kbs=[EVIL]),),
        rollouts=rollouts(EVIL),
    )


def full() -> Overview:
    """A report with every part: status, history and a rollout that has halted."""
    one = example()
    machines = tuple(
        replace(machine, status=status(machine=machine.resource, name=machine.name)) for machine in one.machines
    )
    past = tuple(installation(machine=machine.resource) for machine in one.machines)
    return replace(one, machines=machines, history=past, rollouts=rollouts())


def status(**changed: Any) -> PatchStatusRow:
    """What Azure tells of a machine."""
    row: dict[str, Any] = {
        "machine": f"{MACHINES}/vm-web-1",
        "name": "vm-web-1",
        "type": "vm",
        "location": "eastus",
        "os_type": "Windows",
        "power_state": "running",
        "patch_mode": "AutomaticByPlatform",
        "assessment_mode": "AutomaticByPlatform",
        "hotpatch": True,
        "support_state": None,
        "assessment": {
            "status": "Succeeded",
            "at": "2026-11-22T21:14:05+00:00",
            "critical_and_security": 2,
            "other": 7,
            "by_classification": {"Security": 2, "Updates": 7},
            "reboot_pending": True,
            "started_by": "Platform",
            "activity_id": "11111111-1111-1111-1111-111111111111",
            "error": None,
        },
        "installation": {name: value for name, value in installation().items() if name in _INSTALLATION},
        "source": "resource graph",
    }
    return row | changed  # type: ignore[return-value]


_INSTALLATION = (
    *("activity_id", "status", "started", "ended", "started_by", "reboot_status", "window_exceeded", "installed"),
    *("failed", "pending", "excluded", "not_selected", "schedule_run", "error"),
)


def installation(**changed: Any) -> PatchHistoryRow:
    """An installation of the past."""
    row: dict[str, Any] = {
        "activity_id": "22222222-2222-2222-2222-222222222222",
        "status": "Succeeded",
        "started": "2026-11-12T02:00:00+01:00",
        "ended": "2026-11-12T02:20:00+01:00",
        "started_by": "Platform",
        "reboot_status": "NotNeeded",
        "window_exceeded": False,
        "installed": 3,
        "failed": 0,
        "pending": 0,
        "excluded": 0,
        "not_selected": 1,
        "schedule_run": None,
        "error": None,
        "machine": f"{MACHINES}/vm-web-1",
        "os_type": "Windows",
        "kbs": ["KB5072033"],
        "patches": None,
        "source": "resource graph",
    }
    return row | changed  # type: ignore[return-value]


def exported(name: str = "december", **outputs: Any) -> dict[str, Any]:
    """What `pulumi stack export` says of a rollout that has halted in its second ring."""
    ring = {"starts": "at once", "soak": "1d", "atATime": 20, "mayFail": 1, "named": ["vm-web-1"]}
    inputs = {
        "releaseMonth": "2026-12",
        "rings": [{"name": "canary"}, {"name": name}, {"name": "broad"}],
        "plan": [
            {**ring, "ring": "canary", "machines": 2},
            {**ring, "ring": name, "machines": 10},
            {**ring, "ring": "broad", "machines": 88},
        ],
    }
    state = {
        "phase": "halted",
        "ring": name,
        "waitingUntil": None,
        "ringStates": [
            {"ring": "canary", "machines": 2, "succeeded": 2, "failed": 0, "openedAt": "2026-12-09T02:00:00+00:00"},
            {"ring": name, "machines": 10, "succeeded": 5, "failed": 3, "openedAt": "2026-12-10T02:00:00+00:00"},
        ],
        "machines": [
            {"machineId": f"{MACHINES}/vm-web-1", "ring": "canary", "phase": "succeeded"},
            {"machineId": f"{MACHINES}/vm-web-2", "ring": name, "phase": "failed", "error": "The agent is silent."},
            {"machineId": f"{MACHINES}/vm-api-1", "ring": name, "phase": "succeeded", "unhealthy": "it does not run"},
        ],
    }
    resource = {
        "urn": f"urn:pulumi:dev::contoso::{ROLLOUT}::{name}",
        "type": ROLLOUT,
        "id": "r",
        "custom": True,
        "inputs": inputs,
        "outputs": {**inputs, **state, **outputs},
    }
    return {"version": 3, "deployment": {"resources": [resource]}}


def rollouts(name: str = "december", **outputs: Any) -> tuple[Rollout, ...]:
    """The same as reports have it."""
    return rollouts_of(read_preview(exported(name, **outputs)).after)


class Page(HTMLParser):
    """A page, read: every element with its attributes, and what scripts and styles hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("meta", "link", "br", "input", "img", "hr"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.append((self._open[-1], data))

    def all(self, *tags: str) -> list[dict[str, str]]:
        """The attributes of all elements of these names, in order."""
        return [attributes for tag, attributes in self.elements if tag in tags]

    def text(self, *tags: str) -> list[str]:
        """The texts that stand in elements of these names."""
        return [data for tag, data in self.texts if tag in tags and data.strip()]
