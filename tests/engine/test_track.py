"""The hotpatch track: a state table, and placing a machine on it by what is installed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.releases import (
    Channel,
    Confidence,
    Kind,
    Month,
    Product,
    Release,
    Status,
    published_releases,
)
from pulumi_azure_hotpatch.engine.track import (
    TRANSITIONS,
    Signal,
    TrackState,
    next_state,
    off_track_kb,
    position,
    signal_of,
)
from pulumi_azure_hotpatch.errors import InvalidInput

# The whole machine: what each signal makes of each state; "-" is a signal that cannot happen there.
TABLE = """
                             | unenrolled       | pending baseline | restart pending | enrolled        | off track
hotpatch enabled             | pending baseline | -                | -               | -               | -
hotpatch disabled            | -                | unenrolled       | unenrolled      | unenrolled      | unenrolled
planned baseline installed   | unenrolled       | restart pending  | restart pending | restart pending | restart pending
unplanned baseline installed | unenrolled       | restart pending  | restart pending | restart pending | restart pending
restarted                    | unenrolled       | pending baseline | enrolled        | enrolled        | off track
hotpatch installed           | -                | -                | -               | enrolled        | -
off-track update installed   | unenrolled       | pending baseline | off track       | off track       | off track
"""


def cells() -> list[tuple[TrackState, Signal, str]]:
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip("\n").splitlines()]
    return [
        (TrackState(state), Signal(line[0]), cell)
        for line in lines
        for state, cell in zip(head[1:], line[1:], strict=True)
    ]


@pytest.mark.parametrize(("state", "signal", "expected"), cells())
def test_a_signal_takes_a_machine_where_the_table_says_or_is_refused(
    state: TrackState, signal: Signal, expected: str
) -> None:
    if expected == "-":
        with pytest.raises(InvalidInput, match=f"^'{signal}' cannot happen to a machine that is '{state}'; possible: "):
            next_state(state, signal)
    else:
        assert next_state(state, signal) == expected


def test_the_table_speaks_of_every_state_and_signal() -> None:
    assert {(state, signal) for state, signal, _ in cells()} == {(s, e) for s in TrackState for e in Signal}


def test_every_state_is_reached_from_an_unenrolled_machine() -> None:
    reached = {TrackState.UNENROLLED}
    for _ in TrackState:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}
    assert reached == set(TrackState)


@given(st.lists(st.sampled_from(Signal)))
def test_only_a_baseline_and_a_restart_bring_a_machine_back(signals: list[Signal]) -> None:
    state = TrackState.UNENROLLED
    baseline = restarted = False
    for signal in signals:
        if (state, signal) not in TRANSITIONS:
            continue
        state = TRANSITIONS[state, signal]
        if signal in (Signal.HOTPATCH_ENABLED, Signal.HOTPATCH_DISABLED, Signal.OFF_TRACK_UPDATE_INSTALLED):
            baseline = restarted = False
        elif signal in (Signal.PLANNED_BASELINE_INSTALLED, Signal.UNPLANNED_BASELINE_INSTALLED):
            baseline, restarted = True, False
        elif signal is Signal.RESTARTED:
            restarted = baseline
        if state is TrackState.ENROLLED:
            assert baseline
            assert restarted


@pytest.mark.parametrize(
    ("kind", "signal"),
    [
        (Kind.BASELINE, Signal.PLANNED_BASELINE_INSTALLED),
        (Kind.UNPLANNED_BASELINE, Signal.UNPLANNED_BASELINE_INSTALLED),
        (Kind.HOTPATCH, Signal.HOTPATCH_INSTALLED),
        (Kind.OOB_HOTPATCH, Signal.HOTPATCH_INSTALLED),
        (Kind.LCU, Signal.OFF_TRACK_UPDATE_INSTALLED),
        (Kind.OOB, Signal.OFF_TRACK_UPDATE_INSTALLED),
        (Kind.PREVIEW, Signal.OFF_TRACK_UPDATE_INSTALLED),
    ],
)
def test_installing_a_release_is_a_signal(kind: Kind, signal: Signal) -> None:
    assert signal_of(release(kind)) is signal


def test_a_month_whose_release_is_not_known_is_no_signal() -> None:
    with pytest.raises(InvalidInput, match=r"^what 2026-10 brought to ws2025 is not known$"):
        signal_of(release(Kind.UNKNOWN))


def release(kind: Kind, kb: str = "KB5099999", day: date = date(2026, 10, 13)) -> Release:
    return Release(
        product=Product.WS2025,
        month=Month.of(day),
        channel=Channel.HOTPATCH,
        kind=kind,
        status=Status.RELEASED,
        source="a user",
        confidence=Confidence.USER,
        date=day,
        kb=kb,
        reboot=kind.is_baseline,
    )


# Windows Server 2025 around October 2025: the baseline KB5066835, an out-of-band update KB5070881 outside the track and
# KB5070893 inside it, which share build 26100.6905; hotpatches KB5068966 and KB5072014; the baseline KB5073379.
NOVEMBER = date(2025, 11, 20)
PLACES: list[tuple[str, dict[str, Any], date, TrackState | None, str]] = [
    ("off", {"enabled": False}, NOVEMBER, TrackState.UNENROLLED, "hotpatching is off"),
    ("unsaid", {"enabled": None}, NOVEMBER, None, "whether hotpatching is on is not known"),
    ("unknown", {"enabled": UNKNOWN}, NOVEMBER, None, "whether hotpatching is on is not known"),
    ("nothing", {}, NOVEMBER, None, "neither installed KBs nor a build are known"),
    (
        "on the baseline",
        {"kbs": ["KB5066835", "KB5000001"]},
        NOVEMBER,
        TrackState.ENROLLED,
        "it stands on the baseline KB5066835 of 2025-10",
    ),
    (
        "on the baseline, by build",
        {"build": "10.0.26100.6899"},
        NOVEMBER,
        TrackState.ENROLLED,
        "it stands on the baseline KB5066835 of 2025-10",
    ),
    (
        "hotpatched",
        {"kbs": ["kb5066835", "kb5068966"]},
        NOVEMBER,
        TrackState.ENROLLED,
        "it stands on the baseline KB5066835 of 2025-10",
    ),
    (
        "hotpatched, by build",
        {"build": "26100.7092"},
        NOVEMBER,
        TrackState.ENROLLED,
        "it stands on the baseline KB5066835 of 2025-10",
    ),
    (
        "on the out-of-band update of the track",
        {"kbs": ["KB5066835", "KB5070893"]},
        NOVEMBER,
        TrackState.ENROLLED,
        "it stands on the baseline KB5066835 of 2025-10",
    ),
    (
        "on the wrong out-of-band update",
        {"kbs": ["KB5066835", "KB5070881"]},
        NOVEMBER,
        TrackState.OFF_TRACK,
        "KB5070881 of 2025-10-23 is not of the track: ordinary updates and restarts until the baseline of 2026-01",
    ),
    (
        "a shared build",
        {"build": "26100.6905"},
        NOVEMBER,
        None,
        "KB5070881 and KB5070893 share build 26100.6905: only the installed KB decides",
    ),
    (
        "both",
        {"kbs": ["KB5066835", "KB5070881", "KB5070893"]},
        NOVEMBER,
        None,
        "KB5070893 of the track and KB5070881 of the ordinary channel contradict",
    ),
    (
        "strange KBs",
        {"kbs": ["KB5000001"]},
        NOVEMBER,
        None,
        "no KB installed on it is one of ws2025's releases that are known here",
    ),
    (
        "a strange build",
        {"build": "20348.1"},
        NOVEMBER,
        None,
        "build 20348.1 is none of ws2025's releases that are known here",
    ),
    (
        "waiting for its restart",
        {"kbs": ["KB5066835"], "reboot_pending": True},
        NOVEMBER,
        TrackState.RESTART_PENDING,
        "the baseline KB5066835 of 2025-10 waits for its restart",
    ),
    (
        "perhaps restarted",
        {"kbs": ["KB5066835"], "reboot_pending": UNKNOWN},
        NOVEMBER,
        None,
        "the baseline KB5066835 of 2025-10 is installed; whether the machine was restarted since is not known",
    ),
    (
        "a hotpatch needs no restart",
        {"kbs": ["KB5066835", "KB5068966"], "reboot_pending": UNKNOWN},
        NOVEMBER,
        TrackState.ENROLLED,
        "it stands on the baseline KB5066835 of 2025-10",
    ),
    (
        "behind a baseline",
        {"kbs": ["KB5066835"]},
        date(2026, 2, 1),
        TrackState.PENDING_BASELINE,
        "it stands on the baseline KB5066835 of 2025-10 and has yet to install the baseline KB5073379 of 2026-01",
    ),
    (
        "off and on again",
        {"kbs": ["KB5066835"], "enabled_again_on": date(2025, 11, 1)},
        NOVEMBER,
        TrackState.PENDING_BASELINE,
        "hotpatching was turned on again on 2025-11-01; it takes effect with the next baseline",
    ),
    (
        "on again before the baseline",
        {"kbs": ["KB5066835"], "enabled_again_on": date(2025, 10, 1)},
        NOVEMBER,
        TrackState.ENROLLED,
        "it stands on the baseline KB5066835 of 2025-10",
    ),
    (
        "on again, and ordinary updates meanwhile",
        {"kbs": ["KB5066835", "KB5070881"], "enabled_again_on": date(2025, 11, 1)},
        NOVEMBER,
        TrackState.PENDING_BASELINE,
        "hotpatching was turned on again on 2025-11-01; it takes effect with the next baseline",
    ),
    (
        "on again before the baseline, and off the track since",
        {"kbs": ["KB5066835", "KB5070881"], "enabled_again_on": date(2025, 10, 1)},
        NOVEMBER,
        TrackState.OFF_TRACK,
        "KB5070881 of 2025-10-23 is not of the track: ordinary updates and restarts until the baseline of 2026-01",
    ),
    (
        "off the track, and a baseline is out since",
        {"kbs": ["KB5070881"]},
        date(2026, 2, 1),
        TrackState.OFF_TRACK,
        "KB5070881 of 2025-10-23 is not of the track: ordinary updates and restarts until the baseline of 2026-01",
    ),
    (
        "back on a later baseline",
        {"kbs": ["KB5070881", "KB5073379"]},
        date(2026, 2, 1),
        TrackState.ENROLLED,
        "it stands on the baseline KB5073379 of 2026-01",
    ),
    (
        "after months nobody read",
        {"kbs": ["KB5094125"]},
        date(2026, 11, 22),
        None,
        "it stands on the unplanned baseline KB5094125 of 2026-06; what 2026-07, 2026-08, 2026-09, 2026-10, 2026-11 "
        "brought is not known here, add it as extra releases",
    ),
]


@pytest.mark.parametrize(
    ("given_facts", "as_of", "state", "why"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES]
)
def test_a_machine_is_placed_by_its_kbs(
    given_facts: dict[str, Any], as_of: date, state: TrackState | None, why: str
) -> None:
    found = position(Product.WS2025, as_of, **({"enabled": True} | given_facts))
    assert (found.state, found.why) == (UNKNOWN if state is None else state, why)


def test_a_users_release_settles_what_nobody_read() -> None:
    october = release(Kind.BASELINE)
    placed = position(Product.WS2025, date(2026, 10, 20), enabled=True, kbs=["KB5099999"], extra=[october])
    assert (placed.state, placed.baseline) == (TrackState.ENROLLED, october)


def test_a_machine_off_the_track_waits_for_the_next_baseline() -> None:
    placed = position(Product.WS2025, NOVEMBER, enabled=True, kbs=["KB5070881"])
    assert placed.baseline is None
    assert placed.waits_for is not None
    assert placed.waits_for.kb == "KB5073379"


def test_an_arc_server_follows_the_same_releases() -> None:
    placed = position(Product.WS2025_ARC, NOVEMBER, enabled=True, kbs=["KB5070881"])
    assert placed.state is TrackState.OFF_TRACK


@pytest.mark.parametrize(
    ("kbs", "found"),
    [
        (["KB5066835", "KB5070893", "KB5068966"], None),
        (["KB5066835", "kb5070881"], "kb5070881"),
        (["KB5000001"], None),
        ([], None),
    ],
)
def test_a_kb_outside_the_track_is_named(kbs: list[str], found: str | None) -> None:
    assert off_track_kb(Product.WS2025, kbs) == found


def test_every_published_baseline_and_hotpatch_places_its_machine_on_the_track() -> None:
    for row in published_releases():
        if row.channel is Channel.HOTPATCH and row.status is Status.RELEASED and row.kb and row.date and row.build:
            placed = position(row.product, row.date, enabled=True, kbs=[row.kb])
            assert placed.state is TrackState.ENROLLED, (row, placed)
            assert off_track_kb(row.product, [row.kb]) is None
