"""From a path to the function that answers it: letter case of fixed parts does not matter, names are kept as sent."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .errors import ArmError, invalid_content, unseen
from .http import Request, Response

if TYPE_CHECKING:
    from .simulator import Simulator
    from .world import Subscription, World

MAX_DEPTH = 64


@dataclass(slots=True)
class Call:
    """A request on its way through a handler."""

    simulator: Simulator
    request: Request
    params: dict[str, str]
    now: datetime
    request_id: str

    @property
    def world(self) -> World:
        """The world the request is about."""
        return self.simulator.world

    @property
    def subscription(self) -> Subscription:
        """The subscription the path names. Raises the 404 of an unknown one."""
        wanted = self.params["subscription"]
        subscription = self.world.subscriptions.get(wanted.lower())
        if subscription is None:
            raise ArmError(404, "SubscriptionNotFound", f"The subscription '{wanted}' could not be found.")
        return subscription

    @property
    def base_url(self) -> str:
        """Scheme and host the client used, for links it will follow."""
        return f"https://{self.request.host}"

    def object(self, *, required: bool = True) -> dict[str, Any]:
        """Return the body as a JSON object, ``{}`` for an empty body that is not ``required``."""
        if not self.request.body.strip():
            if required:
                raise invalid_content("the body is empty")
            return {}
        try:
            value = json.loads(self.request.body, parse_constant=_refuse_constant)
        except RecursionError:
            raise invalid_content("the body is nested too deeply") from None
        except ValueError as reason:
            raise invalid_content(str(reason).split("\n", 1)[0]) from None
        if not isinstance(value, dict):
            raise invalid_content("an object is expected")
        if _too_deep(value, MAX_DEPTH):
            raise invalid_content("the body is nested too deeply")
        return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _too_deep(value: Any, depth: int) -> bool:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return depth == 0 or any(_too_deep(child, depth - 1) for child in children)


Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its name in Azure's API descriptions, the provider it needs registered, and what answers it."""

    operation: str
    namespace: str | None
    handler: Handler


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    named: dict[str, _Node] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


class Routes:
    """A module's routes, declared by decorators."""

    def __init__(self) -> None:
        self.declared: list[tuple[str, str, Route]] = []

    def route(self, method: str, template: str, operation: str) -> Callable[[Handler], Handler]:
        """Declare that ``operation`` is answered by the decorated function.

        ``{name}`` in the template stands for one part of the path. The last fixed namespace after ``providers`` is the
        provider that has to be registered.
        """

        def declare(handler: Handler) -> Handler:
            self.declared.append((method, template, Route(operation, _namespace_of(template), handler)))
            return handler

        return declare


def _namespace_of(template: str) -> str | None:
    parts = template.strip("/").split("/")
    found: str | None = None
    for before, part in itertools.pairwise(parts):
        if before == "providers" and not part.startswith("{"):
            found = part
    return found


class Router:
    """All routes as one tree."""

    def __init__(self, *modules: Routes) -> None:
        self._root = _Node()
        for module in modules:
            for method, template, route in module.declared:
                self._add(method, template, route)

    def _add(self, method: str, template: str, route: Route) -> None:
        node = self._root
        for part in template.strip("/").split("/"):
            if part.startswith("{"):
                node = node.named.setdefault(part[1:-1], _Node())
            else:
                node = node.fixed.setdefault(part.lower(), _Node())
        if method in node.routes:
            raise ValueError(f"two routes for {method} {template}")
        node.routes[method] = route

    def find(self, request: Request) -> tuple[Route, dict[str, str]]:
        """Return the route of a request and the named parts of its path. Raises an ``ArmError`` when there is none."""
        other_methods: set[str] = set()
        for node, params in _walk(self._root, request.segments, 0, {}):
            route = node.routes.get(request.method)
            if route is not None:
                return route, params
            other_methods.update(node.routes)
        if other_methods:
            allowed = ", ".join(sorted(other_methods))
            raise unseen("MethodNotAllowed", f"{request.method} is not possible here; {allowed} are.", status=405)
        raise unseen("NoSuchPath", f"Nothing answers at {request.path!r}.", status=404)


def _walk(
    node: _Node, parts: tuple[str, ...], at: int, params: dict[str, str]
) -> Iterator[tuple[_Node, dict[str, str]]]:
    if at == len(parts):
        if node.routes:
            yield node, params
        return
    fixed = node.fixed.get(parts[at].lower())
    if fixed is not None:
        yield from _walk(fixed, parts, at + 1, params)
    for name, child in node.named.items():
        yield from _walk(child, parts, at + 1, {**params, name: parts[at]})
