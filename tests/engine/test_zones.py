"""Windows and IANA zone names."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

import pytest

import generate_zones
from pulumi_azure_hotpatch.engine import zones
from pulumi_azure_hotpatch.errors import InvalidInput


@pytest.mark.parametrize("windows", zones.windows_names())
def test_every_windows_name_has_a_zone_and_comes_back_from_it(windows: str) -> None:
    iana = zones.iana_name(windows)
    assert windows == "UTC" or zones.zone(windows).key == iana
    assert zones.windows_name(iana) == windows
    assert zones.zone(windows.upper()) is zones.zone(windows.lower())


@pytest.mark.parametrize("iana", zones.iana_names())
def test_every_iana_name_is_a_zone_of_its_own_name(iana: str) -> None:
    assert zones.zone(iana.swapcase()).key == iana
    assert zones.is_iana_name(iana.swapcase())


def test_the_iana_names_are_those_python_has() -> None:
    assert set(zones.iana_names()) <= available_timezones()


@pytest.mark.parametrize(
    ("iana", "windows"),
    [
        ("America/New_York", "Eastern Standard Time"),
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("Europe/Vienna", "W. Europe Standard Time"),
        ("Asia/Calcutta", "India Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Europe/Kiev", "FLE Standard Time"),
        ("Europe/Zaporozhye", "FLE Standard Time"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_an_iana_zone_or_its_alias_has_the_windows_name_of_cldr(iana: str, windows: str) -> None:
    assert zones.windows_name(iana.lower()) == windows


def test_utc_is_both_kinds_of_name() -> None:
    assert zones.is_windows_name("utc")
    assert zones.is_iana_name("utc")
    assert zones.zone("utc").key == "UTC"


def test_a_name_of_the_wanted_kind_is_given_back_as_it_is_written() -> None:
    assert zones.windows_name("pacific standard time") == "Pacific Standard Time"
    assert zones.iana_name("america/los_angeles") == "America/Los_Angeles"
    assert zones.zone(" Pacific Standard Time ") == ZoneInfo("America/Los_Angeles")


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(
        InvalidInput, match=r"^time zone 'Pacific Standart Time' .* nearest is 'Pacific Standard Time'$"
    ):
        zones.zone("Pacific Standart Time")
    with pytest.raises(
        InvalidInput, match=r"^Windows time zone 'Easter Standard' .* nearest is 'Eastern Standard Time'$"
    ):
        zones.iana_name("Easter Standard")
    with pytest.raises(InvalidInput, match=r"^IANA time zone 'Europe/Berln' .* nearest is 'Europe/Berlin'$"):
        zones.windows_name("Europe/Berln")


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "Bärlin"])
def test_a_name_that_resembles_nothing_still_gets_a_suggestion(name: str) -> None:
    with pytest.raises(InvalidInput, match="is not known; the nearest is '"):
        zones.zone(name)


def test_an_iana_zone_without_a_windows_counterpart_says_so() -> None:
    assert not zones.is_windows_name("Antarctica/Troll")
    with pytest.raises(InvalidInput, match="'Antarctica/Troll' has no Windows name"):
        zones.windows_name("antarctica/troll")


def test_the_data_file_is_what_the_libraries_give() -> None:
    assert generate_zones.build() == generate_zones.TARGET.read_text("utf-8")
