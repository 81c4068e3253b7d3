"""Lists of ARM bodies, in the shapes that tools print them in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .bodies import Body, as_written

PROVIDERS: Final = "/providers/"


def bodies_in(document: object) -> Iterator[Body]:
    """The bodies in a parsed document: a list, `{"value": […]}`, `{"data": […]}`, a list of such pages, or one body.

    Raises InvalidInput for a document that is none of these, and, with its number, for an entry that is no ARM body.
    """
    if not isinstance(document, list | tuple) and not _is_page(document) and not _has_id(document):
        raise InvalidInput('an inventory is a list of ARM bodies, {"value": […]} or {"data": […]}')
    for number, body in enumerate(_entries(document), start=1):
        identify(body, number)
        yield body


def _entries(document: Any) -> Iterator[Any]:
    if isinstance(document, list | tuple):
        for item in document:
            yield from _entries(item) if _is_page(item) else (item,)
    elif _is_page(document):
        yield from _entries(document.get("value", document.get("data")))
    else:
        yield document


def _has_id(item: object) -> bool:
    return isinstance(item, Mapping) and "id" in item


def _is_page(item: object) -> bool:
    return isinstance(item, Mapping) and "id" not in item and isinstance(item.get("value", item.get("data")), list)


def identify(body: object, number: int) -> tuple[str, str]:
    """Type and id of a body in lower case. The id decides on the type, as `az` leaves the type out at times.

    Raises InvalidInput, with `number`, for what is no ARM body.
    """
    found = body.get("id") if isinstance(body, Mapping) else None
    if not isinstance(found, str) or PROVIDERS not in found.casefold():
        if not isinstance(body, Mapping):
            but = f"it is {as_written(body)}, not an object"
        else:
            but = "it has none" if found is None else f"its id is {as_written(found)}"
        raise InvalidInput(f"entry {number}: expected an ARM body with an id, but {but}")
    key = found.rstrip("/").casefold()
    provider, *names = key.rpartition(PROVIDERS)[2].split("/")
    return "/".join((provider, *names[::2])), key
