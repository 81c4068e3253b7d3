"""A fleet's year, counted: nothing is lost between the forecast and what a report says."""

from dataclasses import replace

import pytest

from pulumi_azure_hotpatch.engine.expectations import Expectation
from pulumi_azure_hotpatch.engine.forecast import Forecast, Pattern
from pulumi_azure_hotpatch.report.overview import Cell, Overview, cells
from tests.report.overviews import AS_OF, MACHINES, example, fleet


@pytest.fixture(scope="module")
def overview() -> Overview:
    return example()


def test_months_add_up_to_the_forecast(overview: Overview) -> None:
    found = overview.forecast.summary()
    assert sum(month.restarts for month in overview.by_month) == found.restarts > 0
    assert sum(month.open_restarts for month in overview.by_month) == found.open_restarts > 0
    assert sum(month.without_hotpatch for month in overview.by_month) == found.without_hotpatch > found.restarts
    assert all(sum(month.coming.values()) == len(overview.machines) for month in overview.by_month)


def test_a_baseline_month_restarts_what_the_others_spare(overview: Overview) -> None:
    by_month = {month.month: month for month in overview.by_month}
    assert by_month["2026-12"].coming["hotpatch"] == by_month["2027-01"].coming["baseline"] == 4
    assert "baseline" not in by_month["2026-12"].coming
    assert by_month["2027-01"].restarts - by_month["2026-12"].restarts == 4


def test_machines_that_are_alike_are_one_group_the_largest_first() -> None:
    groups = fleet(100).alike
    sizes = [len(group.resources) for group in groups]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == 100
    assert [group.number for group in groups] == list(range(len(groups)))


def test_every_schedule_has_its_next_window_and_the_next_that_restarts(overview: Overview) -> None:
    following = {event.schedule: (event, restarting) for event, restarting in overview.next_windows()}
    assert following.keys() == {"patch-tuesday-plus-4", "sundays-eu", None}
    for event, restarting in following.values():
        assert event.latest > AS_OF
        assert restarting is not None
        assert restarting.restarts or restarting.open_restarts


@pytest.mark.parametrize(
    ("given", "cell", "words"),
    [
        ([("hotpatch", "no", True)], Cell("hotpatch", "no"), "hotpatch, no restart"),
        ([("baseline", "yes", True)], Cell("baseline", "yes"), "baseline, restart"),
        ([("unplanned_baseline", "yes", True)], Cell("baseline", "yes"), "baseline, restart"),
        ([("lcu", "yes", True)], Cell("update", "yes"), "cumulative update, restart"),
        ([("packages", "unknown", True)], Cell("packages", "unknown"), "Linux packages, restart not decided"),
        ([("lcu", "no", False)], Cell("nothing", "no"), "nothing is installed"),
        ([("lcu", "unknown", False)], Cell("unknown", "unknown"), "not known, restart not decided"),
        ([("unknown", "unknown", True)], Cell("unknown", "unknown"), "not known, restart not decided"),
        ([("hotpatch", "no", True), ("oob_hotpatch", "unknown", True)], Cell("hotpatch", "unknown"), None),
        ([("hotpatch", "no", True), ("unplanned_baseline", "yes", True)], Cell("baseline", "yes"), None),
        ([], Cell("nothing", "no"), "nothing is installed"),
    ],
)
def test_a_month_is_called_by_its_worst_restart(
    given: list[tuple[str, str, bool]], cell: Cell, words: str | None
) -> None:
    pattern = Pattern(tuple(expected(*one) for one in given), None)
    (found,) = cells(pattern, ["2026-12"])
    assert found == cell
    assert words is None or found.words == words


def expected(kind: str, reboot: str, arrives: bool) -> Expectation:
    when = AS_OF if arrives else None
    return Expectation("2026-12", kind, None, when, when, reboot, "why", reboot)  # type: ignore[arg-type]


def test_what_is_waived_is_counted_as_that_and_fails_nothing(overview: Overview) -> None:
    assert overview.fails
    assert overview.counted()["error"] == 3
    errors = [one for one in overview.judged if one.counts_as_error]
    assert len(errors) == 3
    calm = replace(overview, judged=tuple(one for one in overview.judged if not one.counts_as_error))
    assert not calm.fails
    assert calm.counted()["error"] == 0


def test_a_machine_without_an_id_goes_by_its_urn() -> None:
    urn = "urn:pulumi:dev::contoso::azure-native:compute:VirtualMachine::web"
    machine = replace(example().machines[0], resource=urn)
    assert (machine.name, machine.place) == ("web", ("", ""))
    named = replace(machine, resource=f"{MACHINES}/vm-web-1")
    assert (named.name, named.place) == ("vm-web-1", ("rg-contoso", "00000000-0000-0000-0000-000000000001"))


def test_an_empty_fleet_has_months_without_machines() -> None:
    one = example()
    empty = replace(one, forecast=Forecast(one.forecast.months, ()), machines=(), judged=())
    assert len(empty.by_month) == 12
    assert empty.next_windows() == ()
