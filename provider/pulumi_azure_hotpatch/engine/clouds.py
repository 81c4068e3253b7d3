"""Which Azure cloud a region belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PUBLIC: Final = "AzureCloud"
GOVERNMENT: Final = "AzureUSGovernment"
CHINA: Final = "AzureChinaCloud"


# The names that azure-native takes, those of the az CLI among them.
# Source: pulumi-azure-native, provider/pkg/azure/cloud/cloud.go, 2025.
_NAMES: Final[Mapping[str, str]] = {
    "": PUBLIC,
    "public": PUBLIC,
    "azurecloud": PUBLIC,
    "usgovernment": GOVERNMENT,
    "azureusgovernment": GOVERNMENT,
    "azureusgovernmentcloud": GOVERNMENT,
    "usgov": GOVERNMENT,
    "usgovernmentl4": GOVERNMENT,
    "china": CHINA,
    "azurechinacloud": CHINA,
}


def cloud_named(name: str) -> str | None:
    """The cloud that a configuration means by `environment`, the public one where it says nothing; None for a name that
    is none of the known ones.
    """
    return _NAMES.get(name.casefold())


def cloud_of(location: str) -> str:
    """The cloud of a region by its name, in the spelling of `az cloud list`: `usgovvirginia` is in AzureUSGovernment.

    The regions of the sovereign clouds are recognised by their common beginnings (`usgov`, `usdod`, `china`).
    """
    name = location.replace(" ", "").casefold()
    if name.startswith(("usgov", "usdod")):
        return GOVERNMENT
    return CHINA if name.startswith("china") else PUBLIC
