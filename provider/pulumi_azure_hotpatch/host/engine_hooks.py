"""What Pulumi's dynamic host does not offer and we take all the same.

Every hook uses something private of `pulumi.dynamic`, is tested before it is used and falls back silently: a plugin
without them is slower or terser, never wrong. Tests notice when one stops working. Nothing else in the package
touches private parts of the SDK.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType, FunctionType
from typing import Any

_VERBS = frozenset(("Check", "Diff", "Create", "Read", "Update", "Delete"))
_WORKERS = 128


@dataclass(frozen=True)
class Call:
    """The gRPC call being served by this thread: its request message and its server context."""

    request: Any
    context: Any

    @property
    def urn(self) -> str:
        """The resource's URN; empty where the request carries none."""
        return str(getattr(self.request, "urn", ""))

    @property
    def timeout_seconds(self) -> float:
        """The program's `custom_timeouts` for this verb, 0 where it set none."""
        return float(getattr(self.request, "timeout", 0) or 0)

    def old_inputs(self) -> dict[str, Any]:
        """The inputs that the engine holds, where the request carries them (a read does); empty otherwise."""
        return self._bag("inputs")

    def old_outputs(self) -> dict[str, Any]:
        """What is stored of the resource, where the request carries it (a check does); empty otherwise."""
        return self._bag("old_outputs")

    def _bag(self, name: str) -> dict[str, Any]:
        from pulumi.runtime import rpc

        stored = getattr(self.request, name, None)
        return dict(rpc.deserialize_properties(stored, True)) if stored is not None else {}


def current_call() -> Call | None:
    """The call whose handler is on this thread's stack, None where there is none (or the host has changed)."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name in _VERBS and {"request", "context"} <= frame.f_locals.keys():
            return Call(frame.f_locals["request"], frame.f_locals["context"])
        frame = frame.f_back
    return None


def keys_of(config: Any) -> tuple[str, ...]:
    """The full keys of what `configure` is handed, which offers single look-ups only; empty where it cannot be told."""
    stored = getattr(config, "_props", None)
    return tuple(map(str, stored)) if isinstance(stored, Mapping) else ()


def widen_worker_pool(workers: int = _WORKERS) -> bool:
    """Let this plugin serve `workers` calls at once instead of four. True if it worked."""
    try:
        # Private: a pool's threads hold it weakly. Where that changes, nothing is widened and one test says so.
        executor = threading.current_thread()._args[0]()  # type: ignore[attr-defined] # private
        if executor._max_workers < workers:
            executor._max_workers = workers
            # Calls that queued up behind the first four get their threads now.
            for _ in range(min(workers, executor._work_queue.qsize())):
                executor._adjust_thread_count()
        return bool(executor._max_workers >= workers)
    except (AttributeError, IndexError, TypeError):
        return False


_on_cancel: Callable[[], None] | None = None


def cancelled() -> None:
    """Called by the patched servicer when the engine cancels."""
    if _on_cancel is not None:
        _on_cancel()


def _cancel(self: Any, request: Any, context: Any) -> Any:  # noqa: ARG001 - the servicer's signature
    # Runs with the servicer module's globals, hence the imports inside.
    from google.protobuf import empty_pb2

    from pulumi_azure_hotpatch.host.engine_hooks import cancelled

    cancelled()
    return empty_pb2.Empty()


def hear_cancel(action: Callable[[], None]) -> bool:
    """Call `action` when the engine cancels (the first Ctrl-C). True if it worked."""
    global _on_cancel
    servicer = getattr(sys.modules.get("__main__"), "DynamicResourceProviderServicer", None)
    method = getattr(servicer, "Cancel", None)
    if not isinstance(method, FunctionType) or method.__code__.co_freevars:
        return False
    _on_cancel = action
    method.__code__ = _cancel.__code__
    return True


def keep_partial_state(call: Call | None, id: str, properties: Mapping[str, Any], reason: str) -> bool:
    """Tell the engine to store `properties` although the verb fails. True if it worked; the caller must still raise.

    The engine reads it from the gRPC status details, as it does for native providers.
    """
    if call is None or not hasattr(call.context, "set_trailing_metadata"):
        return False
    try:
        from google.protobuf import any_pb2
        from google.rpc import status_pb2
        from pulumi.runtime import rpc
        from pulumi.runtime.proto import provider_pb2
    except ImportError:
        return False
    loop = asyncio.new_event_loop()
    try:
        stored = loop.run_until_complete(rpc.serialize_properties(dict(properties), {}))
    finally:
        loop.close()
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(id=id, properties=stored, inputs=_inputs_of(call), reasons=[reason])
    )
    status = status_pb2.Status(code=2, message=reason, details=[detail])
    call.context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    return True


def _inputs_of(call: Call) -> Any:
    # A create carries the inputs as `properties`, an update as `news`.
    return getattr(call.request, "news", None) or getattr(call.request, "properties", None)
