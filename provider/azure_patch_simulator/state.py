"""A simulator in one JSON file: written whole and atomically, so that a kill loses at most the last request."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from . import patch_memory
from .activity_log import Activity
from .blob_storage import BlobContainer
from .clock import Event
from .guests import Guest
from .patch_failures import PatchFailure
from .resources import Resource, ResourceStore
from .rollout_order import Rollout
from .settings import Settings
from .world import Operation, Subscription, World

if TYPE_CHECKING:
    from .simulator import Simulator

VERSION = 1
MAX_AMOUNT = 10**9
MAX_DURATION = timedelta(days=36500)


class StateError(ValueError):
    """A state file that cannot be read, or is not one."""


def encode(value: Any) -> Any:
    """Return ``value`` as JSON: dataclasses as objects, datetimes in RFC 3339, durations in seconds.

    A member whose metadata says ``kept=False`` is worked out again and left out.
    """
    if is_dataclass(value) and not isinstance(value, type):
        kept = (each.name for each in fields(value) if each.metadata.get("kept", True))
        return {name: encode(getattr(value, name)) for name in kept}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {key: encode(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [encode(each) for each in value]
    return value


def _encode_resource(resource: Resource) -> dict[str, Any]:
    """Return what ``encode`` would, without walking through a body that is JSON already."""
    return {
        "id": resource.id,
        "type": resource.type,
        "body": resource.body,
        "created": resource.created.isoformat(),
        "facts": resource.facts,
    }


@cache
def _hints_of(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def decode(kind: Any, value: Any) -> Any:
    """Return the ``kind`` that ``encode`` made ``value`` of; a member left out keeps its default."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any or origin is Literal:
        return value
    if origin in (Union, UnionType):
        if value is None:
            return None
        return decode(next(each for each in inner if each is not NoneType), value)
    if origin is list:
        if not isinstance(value, list):
            raise TypeError(f"a list is expected, not {type(value).__name__}")
        return [decode(inner[0], each) for each in value]
    if origin in (dict, Mapping):
        return {key: decode(inner[1], each) for key, each in value.items()}
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is timedelta:
        return timedelta(seconds=value)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints_of(kind)
        return kind(**{name: decode(hints[name], each) for name, each in value.items() if name in hints})
    return value


def change(target: Any, changes: Mapping[str, Any]) -> None:
    """Change the members of a dataclass that are given, in the form in which ``encode`` shows them, nested ones too.

    All or nothing: raises ``ValueError`` for an unknown member or a value that is no good, before anything is changed.
    """
    for owner, name, value in list(_changes(target, changes, "")):
        setattr(owner, name, value)


def _changes(target: Any, changes: Mapping[str, Any], path: str) -> Iterator[tuple[Any, str, Any]]:
    kind: Any = type(target)
    hints = _hints_of(kind)
    for name, value in changes.items():
        if name not in hints:
            raise ValueError(f"there is no '{path}{name}'")
        current = getattr(target, name)
        if is_dataclass(current) and isinstance(value, Mapping):
            yield from _changes(current, value, f"{path}{name}.")
            continue
        try:
            decoded = decode(hints[name], value)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError, StopIteration):
            raise ValueError(f"'{path}{name}' cannot be {value!r}") from None
        if not _fits(hints[name], decoded):
            raise ValueError(f"'{path}{name}' cannot be {value!r}")
        yield target, name, decoded


def _fits(kind: Any, value: Any) -> bool:
    """Tell whether a decoded value is of its kind; amounts and durations are never below 0, nor beyond all reason."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin is Literal:
        return value in inner
    if origin in (Union, UnionType):
        return any(_fits(each, value) for each in inner)
    if origin is list:
        return isinstance(value, list) and all(_fits(inner[0], each) for each in value)
    if origin in (dict, Mapping):
        return isinstance(value, dict) and all(_fits(inner[1], each) for each in value.values())
    if kind is bool or not isinstance(kind, type):
        return isinstance(value, bool) or not isinstance(kind, type)
    if kind in (int, float):
        return (
            isinstance(value, int if kind is int else int | float)
            and not isinstance(value, bool)
            and 0 <= value <= MAX_AMOUNT
        )
    if is_dataclass(kind):
        hints = _hints_of(kind)
        return isinstance(value, kind) and all(
            _fits(hints[each.name], getattr(value, each.name)) for each in fields(kind)
        )
    if isinstance(value, timedelta):
        return kind is timedelta and timedelta(0) <= value <= MAX_DURATION
    return isinstance(value, kind)


def snapshot(simulator: Simulator) -> dict[str, Any]:
    """Return everything that has to survive a restart."""
    world, clock = simulator.world, simulator.clock
    return {
        "version": VERSION,
        "seed": simulator.identifiers.seed,
        "run": simulator.identifiers.run,
        "now": encode(clock.now()),
        "sequence": clock.sequence,
        "events": encode(clock.pending()),
        "world": {
            "settings": encode(world.settings),
            "tenant_id": world.tenant_id,
            "reads": world.reads,
            "subscriptions": encode(world.subscriptions),
            "resources": [_encode_resource(resource) for resource in world.resources],
            "operations": encode(world.operations),
            "born": encode(world.born),
            "guests": encode(world.guests),
            "tombstones": encode(world.tombstones),
            "patch_failures": encode(world.patch_failures),
            "rollout": encode(world.rollout),
            "activities": encode(list(world.activities)),
            "containers": encode(world.containers),
            "patch_records": patch_memory.dump(world.patch_records),
        },
    }


def world_of(saved: Mapping[str, Any]) -> World:
    """Return the world of a snapshot."""
    kept = saved["world"]
    store = ResourceStore()
    for each in kept["resources"]:
        store.put(decode(Resource, each))
    world = World(
        settings=decode(Settings, kept["settings"]),
        subscriptions=decode(dict[str, Subscription], kept["subscriptions"]),
        resources=store,
        operations=decode(dict[str, Operation], kept["operations"]),
        tenant_id=kept["tenant_id"],
        reads=kept["reads"],
        born=decode(datetime | None, kept["born"]),
        guests=decode(dict[str, Guest], kept["guests"]),
        tombstones=decode(dict[str, datetime], kept["tombstones"]),
        patch_failures=decode(list[PatchFailure], kept["patch_failures"]),
        rollout=decode(Rollout | None, kept["rollout"]),
        activities=deque(decode(list[Activity], kept["activities"])),
        containers=decode(dict[str, BlobContainer], kept["containers"]),
    )
    patch_memory.restore(world.patch_records, kept["patch_records"])
    return world


def events_of(saved: Mapping[str, Any]) -> list[Event]:
    """Return the events of a snapshot that were still to come."""
    return [decode(Event, each) for each in saved["events"]]


def read(path: Path) -> dict[str, Any]:
    """Return the snapshot in a file. Raises ``StateError`` when it is not one."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as reason:
        raise StateError(f"cannot read the state file {path}: {reason}") from None
    if not isinstance(saved, dict) or saved.get("version") != VERSION:
        raise StateError(f"{path} is not a state file of version {VERSION}")
    return saved


def write(path: Path, simulator: Simulator) -> None:
    """Write a snapshot: a new file beside the old one (readable by its owner only), then renamed over it.

    The server's certificate authority is kept in it too, so that clients still trust the server after a restart.
    """
    kept = {**snapshot(simulator), "authority": simulator.authority_pem}
    text = json.dumps(kept, separators=(",", ":"))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
