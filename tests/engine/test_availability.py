"""Availability-first order: what the checker objects to, and that the planner's batches never give it cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.availability import (
    GEO_PAIRS,
    MACHINE_TWICE,
    REGION_TWICE,
    SET_SHARE,
    UNKNOWN_REGION,
    UPDATE_DOMAINS,
    ZONES,
    Placement,
    check_batches,
    check_phases,
    largest_share,
)
from pulumi_azure_hotpatch.engine.availability_plan import Plan, plan
from pulumi_azure_hotpatch.engine.regions import geo_partners, is_known_region, region_name
from pulumi_azure_hotpatch.errors import InvalidInput

REGIONS = ("eastus", "westus", "westus3", "northeurope", "westeurope", "polandcentral", "contosocentral")


def rules(batches: Sequence[Sequence[Placement]]) -> list[str]:
    return [violation.rule for violation in check_batches(batches)]


def members(count: int, domains: int, name: str = "web") -> list[Placement]:
    return [
        Placement(f"{name}-{number}", "eastus", availability_set=name, update_domain=number % domains)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("region", "partners"),
    [
        ("East US", {"westus", "westus3"}),
        ("westus3", {"eastus"}),
        ("West US", {"eastus"}),
        ("SouthCentralUS", {"northcentralus", "brazilsouth"}),
        ("southindia", {"centralindia", "westindia"}),
        ("swedensouth", {"swedencentral"}),
        ("polandcentral", set()),
    ],
)
def test_geo_pairs_count_in_both_directions(region: str, partners: set[str]) -> None:
    assert geo_partners(region) == partners
    assert is_known_region(region)
    assert all(region_name(region) in geo_partners(partner) for partner in partners)


def test_a_region_off_the_list_is_not_known_rather_than_unpaired() -> None:
    assert not is_known_region("contosocentral")
    assert geo_partners("contosocentral") == frozenset()


def test_geo_paired_regions_are_refused_in_one_batch_and_in_one_phase() -> None:
    east, west = Placement("one", "East US"), Placement("two", "westus")
    [violation] = check_batches([[east, west]])
    assert violation.rule == GEO_PAIRS
    assert violation.machines == ("one", "two")
    assert violation.explanation == "batch 1 holds the geo-pair eastus and westus: patch one region after the other"
    assert check_batches([[east], [west]]) == ()
    assert [one.explanation for one in check_phases([[[east], [west]]])] == [
        "phase 1 holds the geo-pair eastus and westus: patch one region after the other"
    ]
    assert check_phases([[[east]], [[west]]]) == ()


def test_regions_that_are_not_a_pair_may_go_together() -> None:
    assert check_phases([[[Placement("one", "westus"), Placement("two", "westus3")]]]) == ()


def test_a_region_whose_pair_is_not_known_must_be_alone_and_the_doubt_is_said() -> None:
    known, unknown = Placement("one", "eastus"), Placement("two", "contosocentral")
    [violation] = check_batches([[known, unknown]])
    assert (violation.rule, violation.machines, violation.certain) == (UNKNOWN_REGION, ("two",), False)
    assert "contosocentral, whose geo-pair is not known" in violation.explanation
    assert check_batches([[known], [unknown]]) == ()


def test_a_region_is_in_one_phase_only() -> None:
    phases = [[[Placement("one", "eastus")]], [[Placement("two", "eastus")]]]
    [violation] = check_phases(phases)
    assert (violation.rule, violation.machines) == (REGION_TWICE, ("two",))
    assert violation.explanation == "eastus is in phase 2 and already in phase 1: a region belongs to one phase"


def test_zones_of_a_region_go_one_after_the_other() -> None:
    one, two = Placement("one", "eastus", zone="1"), Placement("two", "eastus", zone="2")
    [violation] = check_batches([[], [one, two]])
    assert (violation.rule, violation.machines) == (ZONES, ("one", "two"))
    assert violation.explanation == "batch 2 holds zones 1, 2 of eastus: patch one zone after the other"
    assert rules([[one], [two]]) == []
    assert rules([[one, replace(two, zone="1")]]) == []
    assert rules([[one, replace(two, region="polandcentral")]]) == []
    assert rules([[one, replace(two, zone=None)]]) == []


def test_update_domains_of_a_set_go_one_after_the_other() -> None:
    machines = members(20, 5)
    violation = check_batches([[machines[0], machines[1]], machines[2:5:5]])[0]
    assert (violation.rule, violation.machines) == (UPDATE_DOMAINS, ("web-0", "web-1"))
    assert violation.explanation == "batch 1 holds update domains 0, 1 of web: one at a time"


def test_a_set_under_ten_goes_one_machine_at_a_time() -> None:
    batches = [[machine] for machine in members(9, 1)]
    assert rules(batches) == []
    [violation] = check_batches([batches[0] + batches[1], *batches[2:]])
    assert violation.rule == SET_SHARE
    assert violation.explanation == "batch 1 holds 2 of the 9 machines of web: a set under 10 goes one at a time"


def test_at_most_a_fifth_of_a_larger_set_goes_together() -> None:
    machines = members(14, 1)
    assert rules([machines[start : start + 2] for start in range(0, 14, 2)]) == []
    [violation] = check_batches([machines[:3], machines[3:5], machines[5:7], *([one] for one in machines[7:])])
    assert violation.explanation == "batch 1 holds 3 of the 14 machines of web: 20 % are 2"


@pytest.mark.parametrize(("size", "share"), [(1, 1), (9, 1), (10, 2), (14, 2), (15, 3), (200, 40)])
def test_the_share_of_a_set_is_a_fifth_rounded_down(size: int, share: int) -> None:
    assert largest_share(size) == share


def test_the_size_of_a_set_may_be_larger_than_what_is_patched() -> None:
    pair = members(2, 1)
    assert rules([pair]) == [SET_SHARE]
    assert check_batches([pair], set_sizes={"WEB": 10}) == ()


def test_an_update_domain_that_is_not_known_is_said() -> None:
    machines = [replace(machine, update_domain=None) for machine in members(10, 5)]
    [violation, *_] = check_batches([machines[:2], *([one] for one in machines[2:])])
    assert (violation.rule, violation.certain) == (UPDATE_DOMAINS, False)
    assert "update domain is not known" in violation.explanation


def test_a_machine_given_twice_is_found_without_case() -> None:
    machine = Placement("one", "eastus")
    [violation] = check_batches([[machine], [replace(machine, machine="ONE")]])
    assert (violation.rule, violation.explanation) == (MACHINE_TWICE, "ONE is given twice")
    with pytest.raises(InvalidInput, match="ONE is given twice: give each machine once"):
        plan([machine, replace(machine, machine="ONE")])


@st.composite
def fleets(draw: st.DrawFn) -> list[Placement]:
    fleet: list[Placement] = []
    for region in draw(st.lists(st.sampled_from(REGIONS), unique=True)):
        for zone in draw(st.lists(st.sampled_from([None, "1", "2", "3"]), max_size=8)):
            fleet.append(Placement(f"{region}-{len(fleet)}", draw(st.sampled_from([region, region.upper()])), zone))
        for number in range(draw(st.integers(0, 2))):
            domains = draw(st.lists(st.none() | st.integers(0, 4), max_size=25))
            name = f"{region}-set-{number}"
            fleet += [Placement(f"{name}-{i}", region, None, name, domain) for i, domain in enumerate(domains)]
    return draw(st.permutations(fleet))


def batches_of(found: Plan) -> list[Sequence[Sequence[Placement]]]:
    return [phase.batches for phase in found.phases]


@given(fleet=fleets(), cap=st.none() | st.integers(1, 3))
def test_a_plan_has_every_machine_once_with_a_reason_and_breaks_nothing(
    fleet: list[Placement], cap: int | None
) -> None:
    found = plan(fleet, regions_per_phase=cap)
    assert check_phases(batches_of(found)) == ()
    planned = [placement for phase in found.phases for batch in phase.batches for placement in batch]
    assert sorted(planned, key=repr) == sorted(fleet, key=repr)
    assert all(batch for phase in found.phases for batch in phase.batches)
    assert set(found.reasons) == {placement.machine for placement in fleet}
    for number, phase in enumerate(found.phases, start=1):
        assert cap is None or len(phase.regions) <= cap
        assert phase.regions == ("contosocentral",) or "contosocentral" not in phase.regions
        for position, batch in enumerate(phase.batches, start=1):
            for placement in batch:
                assert found.reasons[placement.machine].startswith(f"phase {number}, batch {position}: ")


@given(fleet=fleets())
def test_no_two_batches_of_a_plan_in_a_row_could_have_been_one_for_a_single_set(fleet: list[Placement]) -> None:
    same_set = [one for one in fleet if one.availability_set == "eastus-set-0"]
    [phase] = plan(same_set).phases or [None]
    if phase is not None:
        sizes = {"eastus-set-0": len(same_set)}
        for earlier, later in zip(phase.batches, phase.batches[1:], strict=False):
            assert check_batches([[*earlier, *later]], set_sizes=sizes) != ()


def test_the_reasons_of_a_plan_read_as_sentences() -> None:
    found = plan(
        [
            Placement("a", "eastus", zone="1"),
            Placement("b", "eastus", zone="2"),
            Placement("c", "westus"),
            Placement("d", "contosocentral"),
            Placement("e", "northeurope", availability_set="web", update_domain=1),
            Placement("f", "northeurope", availability_set="web"),
            Placement("g", "eastus"),
        ]
    )
    assert [phase.regions for phase in found.phases] == [("eastus", "northeurope"), ("westus",), ("contosocentral",)]
    assert dict(found.reasons) == {
        "a": "phase 1, batch 1: eastus; zone 1",
        "b": "phase 1, batch 2: eastus; zone 2 after zone 1",
        "c": "phase 2, batch 1: westus keeps apart from its geo-pair eastus (phase 1); no zone",
        "d": "phase 3, batch 1: contosocentral is alone because its geo-pair is not known; no zone",
        "e": "phase 1, batch 1: northeurope; no zone; update domain 1 of its availability set, one of 2 at a time",
        "f": "phase 1, batch 2: northeurope; no zone; alone in its availability set because its update domain is not"
        " known",
        "g": "phase 1, batch 3: eastus; no zone, after the zones",
    }


def test_regions_go_in_the_order_they_are_given_and_at_most_so_many_together() -> None:
    fleet = [Placement(region, region) for region in ("westeurope", "polandcentral", "northeurope", "eastus")]
    assert [phase.regions for phase in plan(fleet).phases] == [
        ("westeurope", "polandcentral", "eastus"),
        ("northeurope",),
    ]
    assert [phase.regions for phase in plan(fleet, regions_per_phase=1).phases] == [
        ("westeurope",),
        ("polandcentral",),
        ("northeurope",),
        ("eastus",),
    ]
    with pytest.raises(InvalidInput, match="regions_per_phase 0: expected 1 or more"):
        plan(fleet, regions_per_phase=0)


def test_nothing_to_plan_is_a_plan_without_phases() -> None:
    assert plan([]).phases == ()
    assert check_phases([]) == ()
