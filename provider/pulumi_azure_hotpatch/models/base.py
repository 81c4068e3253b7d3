"""Inputs, State, and what is marked on their fields.

A field is marked once and everything follows from the mark: whether a change replaces the resource, and which values
mean the same. Programs write snake_case; the wire and the stored state use camelCase (aliases).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from pulumi_azure_hotpatch.ids import ResourceId, parse_subscription_id


@dataclass(frozen=True)
class ReplaceOnChange:
    """Azure cannot change this in place: a change makes a new resource."""


@dataclass(frozen=True)
class Same:
    """Two values mean the same when `key` gives the same for both."""

    key: Callable[[Any], Any]


@dataclass(frozen=True)
class Answer:
    """Filled in by `check` so that preview shows it; part of a comparison only where it is marked so (an answer that
    asks for an update): always, or while the input `compared_with` is given.
    """

    compared: bool = False
    compared_with: str | None = None


class Model(BaseModel):
    """The root of inputs and state: camelCase on the wire, snake_case in programs, keys of other versions ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class Inputs(Model):
    """What a program declares for one resource."""

    # A misspelt property must be an error, not silently without effect.
    model_config = ConfigDict(extra="forbid")


class State(Model):
    """What is stored: a superset of the inputs. A new field needs a default, so that older state still loads."""

    unfinished: str | None = None
    """Why the last run did not finish; the next one continues. None when everything is done."""


OnDestroy = Literal["restore", "keep"]


def casefold_text(value: Any) -> Any:
    """Text without letter case, lists element by element, anything else as it is."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, list | tuple):
        return [casefold_text(item) for item in value]
    return value


def as_set(value: Any) -> Any:
    """A list as the set of its members without letter case; absent and empty mean the same."""
    return None if not value else frozenset(casefold_text(list(value)))


ANY_CASE = Same(casefold_text)
ANY_ORDER = Same(as_set)
# `East US` and `eastus` are one.
REGION = Same(lambda name: name.replace(" ", "").casefold() if isinstance(name, str) else name)


def _check_arm_id(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    parsed = ResourceId.parse(value)
    if parsed.subscription_id:
        parse_subscription_id(parsed.subscription_id)
    return str(parsed)


ArmId = Annotated[str, BeforeValidator(_check_arm_id), ANY_CASE]


def _check_name(value: str) -> str:
    if not value.strip() or "/" in value:
        raise ValueError(f"'{value}' cannot be part of a resource id: it is empty or has a slash in it")
    return value


Name = Annotated[str, AfterValidator(_check_name)]
"""One part of a resource id: a namespace, a resource group, a name. How long the names of assignments may be is not
documented."""

SubscriptionId = Annotated[str, AfterValidator(parse_subscription_id)]
"""A GUID, also written as `/subscriptions/{id}`."""

# Source: Microsoft Learn, Naming rules and restrictions for Azure resources, Microsoft.Resources, resourcegroups.
_GROUP = re.compile(r"[\w().-]{1,90}(?<!\.)")


def check_group_name(value: str) -> str:
    """The name of a resource group as it is. Raises ValueError where no group can have that name."""
    if not _GROUP.fullmatch(value):
        raise ValueError(
            f"'{value}' cannot be the name of a resource group: it has 1 to 90 letters, digits and any of _-.(), and "
            "no period at the end"
        )
    return value


GroupName = Annotated[str, AfterValidator(check_group_name)]


def _check_region(value: str) -> str:
    if not value.strip():
        raise ValueError(f"'{value}' names no region")
    return value


Region = Annotated[str, AfterValidator(_check_region)]

# Instants end in the year 9999.
_LONGEST_WAIT = timedelta(days=36_525)
_DURATION = re.compile(r"(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?(?:(?P<seconds>\d+(?:\.\d+)?)s)?")


def parse_wait(text: str) -> timedelta:
    """`90s`, `15m` or `1h30m`, as in Pulumi's `custom_timeouts`, as a duration. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if not match or not any(match.groups()):
        raise ValueError(f"'{text}' is not a duration such as 90s, 15m or 1h30m")
    try:
        duration = timedelta(**{unit: float(amount) for unit, amount in match.groupdict().items() if amount})
    except OverflowError:
        duration = timedelta.max
    if duration > _LONGEST_WAIT:
        raise ValueError(f"'{text}' is longer than a century")
    return duration


def _check_wait(value: Any) -> Any:
    if isinstance(value, str):
        parse_wait(value)
    return value


Wait = Annotated[
    str, BeforeValidator(_check_wait), Same(lambda value: parse_wait(value) if isinstance(value, str) else value)
]


def _check_pause(value: str) -> str:
    if not parse_wait(value):
        raise ValueError(f"'{value}' would leave no time at all; give a duration such as 10s or 30m")
    return value


Pause = Annotated[Wait, AfterValidator(_check_pause), Same(lambda value: parse_wait(value))]
"""A duration longer than zero."""

# The mark of a type does not reach through `| None`, so the optional form carries its own.
OptionalWait = Annotated[Pause | None, Same(lambda value: parse_wait(value) if isinstance(value, str) else value)]


def mark(field: FieldInfo, kind: type[Any]) -> Any:
    """The mark of that kind on a field, None if it has none."""
    return next((item for item in field.metadata if isinstance(item, kind)), None)


def means_the_same(field: FieldInfo, left: Any, right: Any) -> bool:
    """Whether two values of a field are equal in meaning."""
    same: Same | None = mark(field, Same)
    if same is not None:
        return bool(same.key(left) == same.key(right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return dict(left) == dict(right)
    return bool(left == right)


def spell_meaning(model: Model, names: Iterable[str]) -> str:
    """The named fields' values as text, the same for values that mean the same."""
    fields = type(model).model_fields
    marks = {name: mark(fields[name], Same) for name in names}
    values = (
        (name, same.key(value) if same else value) for name, same in marks.items() for value in (getattr(model, name),)
    )
    return "; ".join(f"{name}={_spelt(value)}" for name, value in values)


def _spelt(value: Any) -> str:
    if isinstance(value, set | frozenset):
        return f"[{', '.join(sorted(map(_spelt, value)))}]"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_spelt, value))})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(sorted(f'{key}: {_spelt(item)}' for key, item in value.items()))}}}"
    return repr(value)


def as_observed(model: type[Model], name: str, written: Any, observed: Any) -> Any:
    """What `read` answers for a field: as written while Azure's value means the same, else Azure's value."""
    return written if means_the_same(model.model_fields[name], written, observed) else observed
