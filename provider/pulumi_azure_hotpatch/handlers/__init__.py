"""The lifecycle of every resource: stateless, everything impure arrives in the Context."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import Handler


@cache
def find(name: str) -> Handler[Any, Any]:
    """The handler in the module of that name, imported when it is first needed: a plugin loads what its stack uses."""
    handler: Handler[Any, Any] = import_module(f"{__name__}.{name}").HANDLER
    return handler
