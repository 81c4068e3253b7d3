"""Time zones by either of their names: Windows (`Pacific Standard Time`, what Azure takes) and IANA
(`America/Los_Angeles`).

Which name means which is Unicode CLDR's `windowsZones`, generated into `zones.json` from a library by
`tools/generate_zones.py`; the rules of each zone come from the tz database that Python finds. Names are compared
without case.
"""

from __future__ import annotations

import difflib
import json
from functools import lru_cache
from importlib import resources
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pulumi_azure_hotpatch.errors import InvalidInput

_DATA: Final = "zones.json"


class _Tables(NamedTuple):
    """Lower-case name to the name as it is written, and the two mappings by written names."""

    windows: dict[str, str]
    iana: dict[str, str]
    to_iana: dict[str, str]
    to_windows: dict[str, str]


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    data = json.loads(resources.files("pulumi_azure_hotpatch.engine").joinpath(_DATA).read_text("utf-8"))
    to_iana: dict[str, str] = data["windows_to_iana"]
    to_windows: dict[str, str] = data["iana_to_windows"]
    names: list[str] = data["iana"]
    return _Tables(
        {name.casefold(): name for name in to_iana},
        {name.casefold(): name for name in names},
        to_iana,
        to_windows,
    )


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of that Windows or IANA name; raises InvalidInput for a name that is neither, naming the nearest."""
    tables = _tables()
    folded = name.strip().casefold()
    key = tables.iana.get(folded) or tables.to_iana.get(tables.windows.get(folded, ""))
    if key is None:
        raise _unknown(name, [*tables.windows.values(), *tables.iana.values()], "time zone")
    try:
        return ZoneInfo(key)
    except ZoneInfoNotFoundError:
        raise InvalidInput(f"time zone {name!r}: no rules for {key} here; install the tzdata package") from None


def is_windows_name(name: str) -> bool:
    """Whether this is a Windows zone name, the only kind a maintenance configuration takes (besides `UTC`, which is
    both)."""
    return name.strip().casefold() in _tables().windows


def is_iana_name(name: str) -> bool:
    """Whether this is a zone (or an alias of one) in the IANA tz database."""
    return name.strip().casefold() in _tables().iana


def windows_name(iana: str) -> str:
    """The Windows name of an IANA zone, `America/New_York` → `Eastern Standard Time`; a Windows name is given back as
    it is written.

    Raises InvalidInput for an unknown name (naming the nearest) and for the few IANA zones that have no Windows
    counterpart.
    """
    tables = _tables()
    folded = iana.strip().casefold()
    if folded in tables.windows:
        return tables.windows[folded]
    known = tables.iana.get(folded)
    if known is None:
        raise _unknown(iana, list(tables.iana.values()), "IANA time zone")
    if known not in tables.to_windows:
        raise InvalidInput(f"time zone {known!r} has no Windows name: choose a neighbouring zone, e.g. 'Europe/Berlin'")
    return tables.to_windows[known]


def iana_name(windows: str) -> str:
    """The IANA name of a Windows zone, `Eastern Standard Time` → `America/New_York`; an IANA name is given back as it
    is written.

    A Windows zone covers several IANA zones; this is CLDR's default one. Raises InvalidInput for an unknown name,
    naming the nearest.
    """
    tables = _tables()
    folded = windows.strip().casefold()
    if folded in tables.windows:
        return tables.to_iana[tables.windows[folded]]
    if folded in tables.iana:
        return tables.iana[folded]
    raise _unknown(windows, list(tables.windows.values()), "Windows time zone")


def windows_names() -> tuple[str, ...]:
    """Every Windows zone name known, sorted."""
    return tuple(sorted(_tables().to_iana))


def iana_names() -> tuple[str, ...]:
    """Every IANA zone name and alias known, sorted."""
    return tuple(sorted(_tables().iana.values()))


def _unknown(name: str, candidates: list[str], what: str) -> InvalidInput:
    written = {candidate.casefold(): candidate for candidate in candidates}
    nearest = difflib.get_close_matches(name.strip().casefold(), written, n=1, cutoff=0.0)
    return InvalidInput(f"{what} {name!r} is not known; the nearest is {written[nearest[0]]!r}")
