"""What a page's script is given: numbers that lead back to what the report says."""

from dataclasses import replace

from pulumi_azure_hotpatch.report.overview import cells
from pulumi_azure_hotpatch.report.page import page
from pulumi_azure_hotpatch.report.page_data import PAST, page_data
from tests.report.overviews import example, full, installation


def test_every_machine_leads_back_to_its_id_its_months_and_its_findings() -> None:
    overview = full()
    data = page_data(overview)
    for machine, (_, pattern), row in zip(overview.machines, overview.forecast.members, data["machines"], strict=True):
        name, place, system, group, findings, _, _ = row
        assert data["places"][place][0] + name == machine.resource
        assert data["systems"][system].startswith(machine.system)
        shown, restarts, still_open, without, expectations = data["groups"][group]
        assert [data["cells"][at][2] for at in shown] == [cell.words for cell in cells(pattern, overview.months)]
        assert restarts == sum(one.reboot == "yes" for one in pattern.expectations)
        assert still_open == sum(one.reboot == "unknown" for one in pattern.expectations)
        assert without == sum(one.without_hotpatch == "yes" for one in pattern.expectations)
        assert [data["whys"][why] for *_, why in expectations] == [one.why for one in pattern.expectations]
        failed = {
            judged.finding.rule
            for judged in overview.judged
            if judged.finding.verdict == "fail" and judged.resource.casefold().startswith(machine.resource.casefold())
        }
        assert {data["findings"][at][0] for at in findings} >= failed


def test_windows_are_spelt_in_the_schedules_own_time() -> None:
    windows = page_data(example())["windows"]
    assert ("patch-tuesday-plus-4", "2026-12-12 22:00 to 2026-12-13 01:00 -05:00") in windows
    assert ("the platform", "2026-12-08 to 2027-01-07") in windows


def test_the_past_is_told_in_utc() -> None:
    data = page_data(full())
    assert data["machines"][0][5] == [
        *("AutomaticByPlatform", "2026-11-22 21:14", "Succeeded", 2, 7, "pending"),
        *("2026-11-12 01:00", "Succeeded"),
    ]
    assert data["history"][0][:3] == ["2026-11-12 01:00", "vm-web-1", "Succeeded"]


def test_of_a_long_past_the_latest_is_told() -> None:
    overview = replace(full(), history=tuple(installation(installed=number) for number in range(PAST + 5)))
    assert [row[3] for row in page_data(overview)["history"]] == list(range(PAST))
    assert "; 5 older ones are left out</caption>" in page(overview, version="0.1.0")


def test_a_resource_group_has_its_subscription_beside_it_where_there_are_several() -> None:
    one = example()
    assert {label for _, label in page_data(one)["places"]} >= {"rg-contoso", "rg-contoso-eu"}
    moved = one.machines[0].resource.replace("000000000001", "000000000002")
    two = replace(one, machines=(replace(one.machines[0], resource=moved), *one.machines[1:]))
    labels = {label for _, label in page_data(two)["places"]}
    assert "rg-contoso, 00000000-0000-0000-0000-000000000002" in labels
    assert "rg-contoso, 00000000-0000-0000-0000-000000000001" in labels
