"""Where a ledger is, as somebody writes it: the path of a file, or the address of a blob."""

from __future__ import annotations

from collections.abc import Callable

from pulumi_azure_hotpatch.errors import InvalidInput

from .ledger import Ledger
from .ledger_file import LedgerFile


def ledger_at(place: str, in_blob: Callable[[str], Ledger]) -> Ledger:
    """The ledger at a path, or at an `https://` address, which `in_blob` opens.

    Raises InvalidInput for any other address, and for none.
    """
    if not place:
        raise InvalidInput("a ledger has no name; give the path of a file or the address of a blob (https://…)")
    if place.casefold().startswith("https://"):
        return in_blob(place)
    if "://" in place:
        raise InvalidInput(f"'{place}' is neither the path of a file nor the address of a blob (https://…)")
    return LedgerFile(place)
