"""Azure regions and their geo-pairs. Source: Microsoft Learn, Azure regions list, 2025-09-23 (`regions.json`).

The list has public regions only: pairs of other clouds, and of regions newer than the list, are not known here.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources


def region_name(text: str) -> str:
    """A region as programs write it: `East US` and `eastus` are both `eastus`."""
    return "".join(text.split()).casefold()


def is_known_region(region: str) -> bool:
    """Whether the list says which geo-pair a region has, if any."""
    return region_name(region) in _partners()


def geo_partners(region: str) -> frozenset[str]:
    """The regions paired with this one in either direction; empty for a region without a pair and for an unknown one.

    A pair can be one-way: West US 3 is paired with East US, which is paired with West US; both keep apart from East US.
    """
    return _partners().get(region_name(region), frozenset())


@lru_cache(maxsize=1)
def _partners() -> dict[str, frozenset[str]]:
    data = json.loads(resources.files("pulumi_azure_hotpatch.engine").joinpath("regions.json").read_text("utf-8"))
    paired_with: dict[str, str | None] = data["paired_with"]
    found: dict[str, set[str]] = {region: set() for region in paired_with}
    for region, partner in paired_with.items():
        if partner is not None:
            found[region].add(partner)
            found.setdefault(partner, set()).add(region)
    return {region: frozenset(partners) for region, partners in found.items()}
