"""Which Azure cloud a region belongs to."""

from __future__ import annotations

from typing import Final

PUBLIC: Final = "AzureCloud"
GOVERNMENT: Final = "AzureUSGovernment"
CHINA: Final = "AzureChinaCloud"


def cloud_of(location: str) -> str:
    """The cloud of a region by its name, in the spelling of `az cloud list`: `usgovvirginia` is in AzureUSGovernment.

    The regions of the sovereign clouds are recognised by their common beginnings (`usgov`, `usdod`, `china`).
    """
    name = location.replace(" ", "").casefold()
    if name.startswith(("usgov", "usdod")):
        return GOVERNMENT
    return CHINA if name.startswith("china") else PUBLIC
