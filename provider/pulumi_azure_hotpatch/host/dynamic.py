"""Pulumi's provider interface over handlers: what every resource of this package shares.

An expected failure reaches the user as one line. What a failed verb had already done is handed to the engine as
partial state, so that the next run continues from it.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from pulumi_azure_hotpatch.errors import HotpatchError, Refused

from . import engine_hooks
from .engine_log import EngineLog
from .runtime import CallContext, Runtime, end_with_parent
from .settings import unknown_keys

if TYPE_CHECKING:
    from pulumi_azure_hotpatch.engine.rules import Finding
    from pulumi_azure_hotpatch.handlers.base import Handler
    from pulumi_azure_hotpatch.models.base import State
    from pulumi_azure_hotpatch.models.draft import Draft

Bag = dict[str, Any]


class AzureHotpatchError(Exception):
    """What the engine prints. Its module is hidden so that the line begins with the plain name."""


AzureHotpatchError.__module__ = "builtins"

_runtime: Runtime | None = None
_runtime_lock = threading.Lock()


class HandlerProvider(ResourceProvider):
    """A dynamic provider that leaves everything to the handler it names.

    Subclasses are pickled by import path into users' state: they hold nothing and never move.
    """

    serialize_as_secret_always = False
    handler_name: ClassVar[str]

    def configure(self, req: ConfigureRequest) -> None:
        """Set up this plugin process once, whichever resource comes first."""
        global _runtime
        with _runtime_lock, _one_line():
            if _runtime is not None:
                return
            sys.tracebacklimit = 0
            runtime = Runtime.configured(req.config.get, EngineLog.of_this_plugin())
            for line in unknown_keys(engine_hooks.keys_of(req.config)):
                runtime.log.say("WARNING", line)
            cancel = getattr(runtime.clock, "cancel", None)
            if cancel is not None:
                engine_hooks.hear_cancel(cancel)
            engine_hooks.widen_worker_pool()
            end_with_parent(engine=runtime.log.address)
            _runtime = runtime

    def check(self, _olds: Bag, news: Bag) -> CheckResult:
        """Judge a declaration; every finding of the resource at once."""
        from . import wire

        with _one_line():
            handler, call = self._handler(), engine_hooks.current_call()
            draft, shape = wire.draft(handler.inputs, news)
            if shape:
                wrong = [
                    CheckFailure(one.property, _told(_as_written(handler, one.property), one.reason)) for one in shape
                ]
                return CheckResult(dict(news), _readable(wrong, news))
            ctx = _started().call(call, "")
            resolved = handler.resolve(ctx, draft)
            draft = draft.replace(**resolved)
            news = {**news, **_aliased(handler, resolved)}
            # Some engines send what is stored, all send the old inputs, which hold the same under the same names.
            stored = (call.old_outputs() if call else {}) or _olds
            state = ctx.earlier = wire.load_state(handler.state, stored) if stored else None
            ctx.label = handler.label(draft)
            # What is stored and declared alike was judged when it was made; drift is for refresh to see. So a no-op
            # costs no call, and what was remarked stays: other inputs than before are a checkpoint of the whole stack.
            is_settled = bool(stored) and _is_settled(handler, stored, news)
            ctx.may_read = ctx.settings.preview_reads and not is_settled
            failures = [*_declare(handler, ctx, draft), *_report(handler.check(ctx, draft), ctx, handler)]
            if failures:
                return CheckResult(news, _readable(failures, news))
            answers = _aliased(handler, handler.answers(ctx, draft, state))
            kept = wire.remarks_in(handler.inputs, _olds) if is_settled else {}
            return CheckResult({**news, **answers, **kept}, [])

    def diff(self, _id: str, _olds: Bag, _news: Bag) -> DiffResult:
        """What a declaration changes, by the marks on the fields."""
        from . import wire

        with _one_line():
            handler = self._handler()
            found = wire.difference(handler.inputs, handler.state, _olds, _news)
            # Where old and new are the same thing in Azure, the new one must not be made while the old one is still
            # to be deleted.
            in_place = bool(found.replaces) and _targets(handler, _olds) == _targets(handler, _news)
            return DiffResult(
                changes=bool(found.changed) or _is_due(handler, _olds, _news),
                replaces=list(found.replaces),
                delete_before_replace=in_place,
            )

    def create(self, props: Bag) -> CreateResult:
        """Bring the declaration about."""
        from pulumi_azure_hotpatch.models.draft import Draft

        from . import wire

        handler, call = self._handler(), engine_hooks.current_call()
        with _one_line():
            inputs = wire.load_inputs(handler.inputs, props)
            ctx = _judged(handler, inputs, call)
        with _keeping(ctx, call, props):
            created = handler.create(ctx, inputs)
            # Which machines a filter finds may be known only now.
            for target in handler.targets(Draft.of(created.state)):
                _started().targets.created(target)
            return CreateResult(created.id, wire.dump(created.state))

    def read(self, id_: str, props: Bag) -> ReadResult:
        """What Azure has now."""
        from . import wire

        with _one_line():
            handler, call = self._handler(), engine_hooks.current_call()
            state = wire.load_state(handler.state, props)
            ctx = _started().call(call, _label(handler, props))
            observed = handler.read(ctx, id_, state)
            ctx.clear_progress()
            if observed is None:
                return ReadResult("", {})
            outs = wire.dump(observed)
            # What the program never wrote must not appear among its inputs.
            written = (call.old_inputs() if call else None) or props
            return ReadResult(id_, outs, wire.inputs_of(handler.inputs, written, outs))

    def update(self, _id: str, _olds: Bag, _news: Bag) -> UpdateResult:
        """Bring about what changed, drifted or was left unfinished."""
        from . import wire

        handler, call = self._handler(), engine_hooks.current_call()
        with _one_line():
            state = wire.load_state(handler.state, _olds)
            inputs = wire.load_inputs(handler.inputs, _news)
            ctx = _judged(handler, inputs, call, state)
        with _keeping(ctx, call, _news):
            return UpdateResult(wire.dump(handler.update(ctx, _id, state, inputs)))

    def delete(self, _id: str, _props: Bag) -> None:
        """Undo or keep, as the resource says."""
        from . import wire

        with _one_line():
            handler, call = self._handler(), engine_hooks.current_call()
            ctx = _started().call(call, _label(handler, _props))
            handler.delete(ctx, _id, wire.load_state(handler.state, _props))
            ctx.clear_progress()

    def _handler(self) -> Handler[Any, Any]:
        from pulumi_azure_hotpatch.handlers import find

        return find(self.handler_name)


def _started() -> Runtime:
    if _runtime is None:
        raise AzureHotpatchError("the provider was called before it was configured")
    return _runtime


def _judged(
    handler: Handler[Any, Any], inputs: Any, call: engine_hooks.Call | None, earlier: State | None = None
) -> CallContext:
    """The context of a verb that writes, after judging again: a policy may have changed the inputs since `check`."""
    from pulumi_azure_hotpatch.models.draft import Draft

    draft = Draft.of(inputs)
    ctx = _started().call(call, handler.label(draft))
    ctx.earlier = earlier
    broken = [finding for finding in handler.check(ctx, draft) if finding.is_error]
    if broken:
        raise Refused(f"{ctx.label}: " + " ".join(finding.located for finding in broken), broken)
    return ctx


def _report(findings: Any, ctx: CallContext, handler: Handler[Any, Any]) -> Iterator[CheckFailure]:
    """Errors as check failures, warnings as log lines; remarks while they are news, and unknowns when verbose."""
    for finding in findings:
        if finding.is_error:
            yield CheckFailure(_alias(handler, finding), f"{ctx.label}: {finding.located}")
        elif finding.verdict == "fail" and finding.severity == "warning":
            ctx.advise(finding.located)
        elif (finding.verdict == "fail" and ctx.may_read) or (finding.verdict == "unknown" and ctx.settings.verbose):
            ctx.inform(finding.located)


def _declare(handler: Handler[Any, Any], ctx: CallContext, draft: Draft[Any]) -> Iterator[CheckFailure]:
    from pulumi_azure_hotpatch.handlers.base import MOST_TOLD

    taken = list(handler.claim(ctx, draft))
    told = list(_report(taken[:MOST_TOLD], ctx, handler))
    yield from told
    if told and (others := handler.others_taken(taken)):
        yield CheckFailure(told[0].property, f"{ctx.label}: {others}")


def _told(place: str, reason: str) -> str:
    """What is wrong with an input, which is named once."""
    for name in (place, place.replace("_", " ")):
        if reason.startswith(f"{name} "):
            return place + reason.removeprefix(name)
    return f"{place} {reason}"


def _readable(failures: list[CheckFailure], news: Bag) -> list[CheckFailure]:
    """The failures, not saying whose values the engine would print before the words where these are tags, or lists or
    maps: ids of a thousand machines. The words name the field.
    """
    from . import wire

    return [
        CheckFailure("" if wire.holds_much(one.property, news.get(one.property)) else one.property, one.reason)
        for one in failures
    ]


def _is_due(handler: Handler[Any, Any], stored: Bag, news: Bag) -> bool:
    from . import wire

    ctx = _started().call(engine_hooks.current_call(), _label(handler, news))
    return handler.is_due(ctx, wire.draft(handler.inputs, news)[0], wire.load_state(handler.state, stored))


def _is_settled(handler: Handler[Any, Any], stored: Bag, news: Bag) -> bool:
    from . import wire

    return not wire.difference(handler.inputs, handler.state, stored, news).changed


def _as_written(handler: Handler[Any, Any], path: str) -> str:
    """A place in the inputs as the program writes it: `agreeing_reads`, not `agreeingReads`."""
    from pydantic.alias_generators import to_snake

    from . import wire

    head, *rest = path.split(".")

    names = {field.alias: name for name, field in handler.inputs.model_fields.items()}
    written = [names.get(head, head)]
    for before, part in pairwise((head, *rest)):
        # The keys of tags are the program's own.
        written.append(part if before in wire.TAGGED else to_snake(part))
    return ".".join(written)


def _alias(handler: Handler[Any, Any], finding: Finding) -> str:
    field = handler.inputs.model_fields.get(finding.field)
    return (field.alias if field else None) or finding.field


def _aliased(handler: Handler[Any, Any], values: Mapping[str, Any]) -> Bag:
    from . import wire

    fields = handler.inputs.model_fields
    return {fields[name].alias or name: wire.plain(value) for name, value in values.items() if value is not None}


def _targets(handler: Handler[Any, Any], bag: Bag) -> set[str]:
    from . import wire

    known = {key: value for key, value in bag.items() if key in wire.aliases(handler.inputs)}
    return {target.casefold() for target in handler.targets(wire.draft(handler.inputs, known)[0])}


def _label(handler: Handler[Any, Any], props: Mapping[str, Any]) -> str:
    from . import wire

    return handler.label(
        wire.draft(handler.inputs, {key: value for key, value in props.items() if value is not None})[0]
    )


@contextmanager
def _one_line() -> Iterator[None]:
    """Expected failures as one line; anything else is a bug and shows where."""
    try:
        yield
    except AzureHotpatchError:
        raise
    except HotpatchError as error:
        raise AzureHotpatchError(" ".join(str(error).split())) from None
    except Exception as error:
        _bug(error)


@contextmanager
def _keeping(ctx: CallContext, call: engine_hooks.Call | None, inputs: Mapping[str, Any]) -> Iterator[None]:
    """As `_one_line`, and what the handler kept before it failed becomes the resource's partial state."""
    from . import wire

    try:
        with _one_line():
            yield
        ctx.clear_progress()
    except AzureHotpatchError as error:
        if ctx.kept is not None:
            id, state = ctx.kept
            reason = str(error)
            unfinished = state.model_copy(update={"unfinished": reason})
            engine_hooks.keep_partial_state(
                call, id, {**wire.dump(unfinished), "__provider": inputs["__provider"]}, reason
            )
        raise


def _bug(error: Exception) -> NoReturn:
    # sys.tracebacklimit is 0 in this process, so the traceback travels in the message.
    frames = "".join(traceback.format_tb(error.__traceback__, limit=50))
    raise AzureHotpatchError(f"unexpected {type(error).__name__}: {error} (please report this)\n{frames}") from None
