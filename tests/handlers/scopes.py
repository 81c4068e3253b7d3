"""Dynamic scopes to declare, and fleets for them."""

from typing import Any

from azure_patch_simulator import World
from azure_patch_simulator.inventory import arc_machine, linux_machine, windows_machine
from tests.handlers.assignments import CONFIGURATIONS, DAILY, MONTHLY, TAIL, WEEKLY
from tests.handlers.declared import Declared
from tests.handlers.examples import OTHER_SUBSCRIPTION
from tests.handlers.machines import UBUNTU
from tests.handlers.schedules import THEIRS
from tests.support.simulated import SUBSCRIPTION_ID, Azure

HERE, THERE = SUBSCRIPTION_ID, OTHER_SUBSCRIPTION
GROUP = f"/subscriptions/{HERE}/resourceGroups/rg-contoso"
GET, PUT, DELETE = (f"ConfigurationAssignmentsForSubscriptions_{verb}" for verb in ("Get", "CreateOrUpdate", "Delete"))
READY = {
    "patchMode": "AutomaticByPlatform",
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}


def windows(name: str, tags: dict[str, str] | None = None, subscription: str = HERE, **more: Any) -> dict[str, Any]:
    """A Windows machine that schedules patch, unless `patch_settings` says otherwise."""
    settings = more.pop("patch_settings", READY)
    body = windows_machine(subscription, "rg-contoso", name, "2022-datacenter-g2", patch_settings=settings, **more)
    return {**body, "tags": tags or {}}


def fleet() -> list[dict[str, Any]]:
    """Machines of two subscriptions: of ring 1 and 2, on Linux, outside Azure."""
    return [
        windows("vm-1", {"ring": "1"}),
        windows("vm-2", {"ring": "2"}, location="westeurope"),
        windows("vm-3", {"ring": "1"}, THERE),
        {**linux_machine(HERE, "rg-contoso", "vm-linux", UBUNTU, patch_settings=READY), "tags": {"Ring": "1"}},
        {**arc_machine(THERE, "rg-contoso", "srv-1"), "tags": {"ring": "2"}},
    ]


def scoped_azure(bodies: list[dict[str, Any]] | None = None) -> Azure:
    """A world of a fleet and three schedules."""
    azure = Azure(World.from_inventory(fleet() if bodies is None else bodies))
    azure.simulator.world.add_subscription(THERE)
    for schedule in (MONTHLY, WEEKLY, DAILY):
        assert azure.ask("PUT", schedule, THEIRS).status == 200
    return azure


def scope(azure: Azure, *subscriptions: str, urn: str = "", **inputs: Any) -> Declared:
    """A scope of ring 1 in both subscriptions, or in those that are named."""
    declared = {
        "scheduleId": MONTHLY,
        "assignmentName": "ring-one",
        "subscriptionIds": list(subscriptions or (HERE, THERE)),
        "tagFilters": {"ring": ["1"]},
        **inputs,
    }
    given = {name: value for name, value in declared.items() if value is not None}
    return Declared(azure, "dynamic_scope", given, urn=urn)


def at(subscription: str = HERE, name: str = "ring-one") -> str:
    """The id of the assignment at a subscription."""
    return f"/subscriptions/{subscription}/{TAIL}/{name}"


def filter_at(azure: Azure, id: str) -> dict[str, Any] | None:
    """What narrows an assignment, None where there is none."""
    answer = azure.ask("GET", id)
    if answer.status == 404:
        return None
    return {name: value for name, value in answer.json()["properties"]["filter"].items() if value is not None}


__all__ = [
    "CONFIGURATIONS",
    "DAILY",
    "DELETE",
    "GET",
    "GROUP",
    "HERE",
    "MONTHLY",
    "PUT",
    "READY",
    "TAIL",
    "THERE",
    "WEEKLY",
    "at",
    "filter_at",
    "fleet",
    "scope",
    "scoped_azure",
    "windows",
]
