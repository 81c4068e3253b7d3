"""Tags as programs write them, to give and to look for; their names have no letter case, their values have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator

from .base import Same

# Source: Microsoft Learn, Naming rules and restrictions for Azure resources, Microsoft.Resources, tagNames; the length
# of values: Microsoft Learn, Use tags to organize your Azure resources, limitations.
LONGEST_NAME: Final = 512
LONGEST_VALUE: Final = 256
_FORBIDDEN: Final = "<>%&\\?/"


def _check_names(names: Iterable[str]) -> None:
    seen = set()
    for name in names:
        if not name.strip():
            raise ValueError("has a tag without a name")
        if len(name) > LONGEST_NAME:
            raise ValueError(
                f"has a tag whose name is {len(name)} characters long ('{name[:20]}...'); the limit is {LONGEST_NAME}"
            )
        if wrong := next((one for one in name if one in _FORBIDDEN), None):
            raise ValueError(f"has a tag '{name}'; its name may not have {wrong} in it, nor any other of {_FORBIDDEN}")
        seen.add(name.casefold())
    if len(seen) < len(list(names)):
        raise ValueError("names a tag twice: names of tags have no letter case")


def _check_values(name: str, values: Iterable[str]) -> None:
    if too_long := next((one for one in values if len(one) > LONGEST_VALUE), None):
        raise ValueError(
            f"has a value of the tag '{name}' that is {len(too_long)} characters long; the limit is {LONGEST_VALUE}"
        )


def _check_tags(tags: dict[str, str]) -> dict[str, str]:
    _check_names(tags)
    for name, value in tags.items():
        _check_values(name, (value,))
    return tags


def _check_filters(tags: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    _check_names(tags)
    for name, values in tags.items():
        if not values:
            raise ValueError(f"gives no value for the tag '{name}'; name the values that fit")
        _check_values(name, values)
    return tags


def _filters_key(tags: Any) -> Any:
    """Names without letter case, values as sets."""
    if not isinstance(tags, Mapping):
        return tags or None
    return {str(name).casefold(): frozenset(values) for name, values in tags.items()} or None


TAGS: Final = Same(lambda tags: {name.casefold(): value for name, value in (tags or {}).items()})
TAG_FILTERS: Final = Same(_filters_key)
Tags = Annotated[dict[str, str], AfterValidator(_check_tags)]
"""Each tag with its value."""
TagFilters = Annotated[dict[str, tuple[str, ...]], AfterValidator(_check_filters)]
"""Each tag with the values that fit."""
