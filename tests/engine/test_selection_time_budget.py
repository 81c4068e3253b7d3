"""Whether the time of an installation is enough, by the reserves that are documented."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.selection import Patch, select
from pulumi_azure_hotpatch.engine.time_budget import (
    WINDOWS_RESERVES,
    Generation,
    TimeBudget,
    linux_batch_minutes,
    time_budget,
)
from tests.engine.rule_cases.form import installation, linux_vm

UPDATE = Patch("update", ("Security",), kb="KB5087423")
SERVICE_PACK = Patch("service pack", ("ServicePack",), kb="KB976932")
PACKAGE = Patch("libc6", ("Security",))


def windows(patches: list[Patch], minutes: Any, generation: Generation = "2024-09-11", **changes: Any) -> TimeBudget:
    request = installation(windows_classifications=("Security", "ServicePack"), maximum_minutes=minutes, **changes)
    return time_budget(request, select(request, patches), generation=generation)


def linux(packages: int, minutes: Any, **changes: Any) -> TimeBudget:
    request = installation(linux_vm(), linux_classifications=("Security",), maximum_minutes=minutes, **changes)
    return time_budget(request, select(request, [PACKAGE] * packages))


# patches, minutes allowed, generation, answer, worst
WINDOWS: list[tuple[list[Patch], int, Generation, str, int]] = [
    ([UPDATE], 25, "2024-09-11", "yes", 25),
    ([UPDATE], 24, "2024-09-11", "no", 25),
    ([UPDATE], 24, "2024-07-14", "yes", 20),
    ([SERVICE_PACK], 30, "2024-09-11", "yes", 30),
    ([SERVICE_PACK], 29, "2024-09-11", "no", 30),
    ([SERVICE_PACK], 25, "2024-07-14", "yes", 25),
    ([UPDATE, UPDATE, SERVICE_PACK], 60, "2024-09-11", "yes", 60),
    ([UPDATE, UPDATE, SERVICE_PACK], 59, "2024-09-11", "unknown", 60),
]


@pytest.mark.parametrize(("patches", "minutes", "generation", "answer", "worst"), WINDOWS)
def test_windows_keeps_the_reserves_of_its_generation_of_documents(
    patches: list[Patch], minutes: int, generation: Generation, answer: str, worst: int
) -> None:
    budget = windows(patches, minutes, generation)
    assert (budget.answer, budget.worst) == (answer, worst)


def test_both_generations_of_reserves_say_where_they_come_from() -> None:
    assert {
        generation: (one.update, one.service_pack, one.restart) for generation, one in WINDOWS_RESERVES.items()
    } == {
        "2024-09-11": (15, 20, 10),
        "2024-07-14": (10, 15, 10),
    }
    assert all("Microsoft Learn" in one.source for one in WINDOWS_RESERVES.values())


# packages, minutes allowed, answer, least, worst
LINUX: list[tuple[int, int, str, int, int]] = [
    (1, 21, "yes", 20, 21),
    (1, 20, "no", 20, 21),
    (3, 31, "yes", 30, 31),
    (3, 30, "unknown", 30, 31),
    (10, 66, "yes", 44, 66),
    (10, 65, "unknown", 44, 66),
    (10, 20, "no", 44, 66),
]


@pytest.mark.parametrize(("packages", "minutes", "answer", "least", "worst"), LINUX)
def test_linux_wants_strictly_more_than_it_counts(
    packages: int, minutes: int, answer: str, least: int, worst: int
) -> None:
    budget = linux(packages, minutes)
    assert (budget.answer, budget.least, budget.worst) == (answer, least, worst)


def test_nothing_is_kept_for_a_restart_that_never_comes() -> None:
    assert linux(1, 6, reboot_setting="Never").answer == "yes"
    assert windows([UPDATE], 15, reboot_setting="never").answer == "yes"


@pytest.mark.parametrize(("packages", "minutes"), [(0, 0), (1, 5), (2, 10), (3, 15), (4, 17), (10, 29)])
def test_a_batch_takes_five_minutes_a_package_and_two_beyond_the_third(packages: int, minutes: int) -> None:
    assert linux_batch_minutes(packages) == minutes


def test_a_budget_says_why() -> None:
    assert windows([UPDATE], 120).why == "25 minutes are enough at worst, 120 are allowed"
    assert windows([UPDATE], 20).why == "nothing starts with less than 25 minutes, 20 are allowed"
    assert (
        windows([UPDATE] * 20, 120).why == "up to 310 minutes may be needed, 120 are allowed; what does not fit waits"
    )
    assert windows([], 10) == TimeBudget("yes", 0, 0, "nothing is picked")
    assert windows([UPDATE], UNKNOWN).why == windows([UPDATE], None).why == "the time allowed is not known"


def test_what_may_be_picked_counts_for_the_worst() -> None:
    request = installation(windows_classifications=UNKNOWN, kbs_to_include=("KB976932",), maximum_minutes=30)
    budget = time_budget(request, select(request, [UPDATE, SERVICE_PACK]))
    assert (budget.answer, budget.least, budget.worst) == ("unknown", 30, 45)
