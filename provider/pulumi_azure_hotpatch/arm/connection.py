"""How to reach Azure, as the configuration says it; nothing is contacted here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pulumi_azure_hotpatch.errors import ConfigurationError

_TRUE: Final = frozenset(("1", "true", "yes", "on"))
_FALSE: Final = frozenset(("", "0", "false", "no", "off"))


@dataclass(frozen=True)
class Connection:
    """`azure` holds the values of `azure-native`'s configuration keys (secrets among them, so it is never shown).

    `endpoint` replaces the cloud's endpoints with one host that answers for Resource Manager and for tokens; it is
    trusted only with the certificate authority in `ca_file`.
    """

    azure: Mapping[str, str] = field(default_factory=dict, repr=False)
    endpoint: str | None = None
    ca_file: str | None = None

    def value(self, key: str) -> str:
        """The value of an `azure-native` key, empty where it is not set."""
        return self.azure.get(key, "")

    def flag(self, key: str) -> bool:
        """An `azure-native` switch such as `useMsi`. Raises ConfigurationError when it is neither true nor false."""
        return parse_flag(f"azure-native:{key}", self.value(key))


def parse_flag(key: str, text: str) -> bool:
    """A switch written as text. Raises ConfigurationError naming the key."""
    folded = text.strip().casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise ConfigurationError(f"{key} is '{text}'; it must be true or false")
