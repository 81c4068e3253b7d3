"""One resource as a program declares it: driven through its handler as the host does, stored as the engine does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.errors import HotpatchError
from pulumi_azure_hotpatch.handlers import find
from pulumi_azure_hotpatch.host import wire
from pulumi_azure_hotpatch.host.runtime import CallContext
from pulumi_azure_hotpatch.models.draft import Draft
from tests.support.simulated import Azure

Bag = dict[str, Any]


def as_the_engine_sends(value: Any) -> Any:
    """A bag after its way through the engine: every number is a float, absent values are missing keys."""
    if isinstance(value, Mapping):
        return {key: as_the_engine_sends(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [as_the_engine_sends(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Declared:
    """A resource of one kind. `stored` is what the engine would hold of it: outputs, or what a failure kept."""

    def __init__(self, azure: Azure, kind: str, inputs: Mapping[str, Any], *, urn: str = "") -> None:
        self.azure = azure
        self.handler = find(kind)
        self.inputs: Bag = dict(inputs)
        self.urn = urn
        self.id = ""
        self.stored: Bag | None = None

    @property
    def state(self) -> Any:
        """The stored state, read back."""
        assert self.stored is not None, "nothing is stored"
        return wire.load_state(self.handler.state, as_the_engine_sends(self.stored))

    def difference(self) -> wire.Difference:
        """What the declaration would change on what is stored."""
        assert self.stored is not None, "nothing is stored"
        return wire.difference(
            self.handler.inputs, self.handler.state, as_the_engine_sends(self.stored), as_the_engine_sends(self.inputs)
        )

    def declare(self, **changes: Any) -> None:
        """Change the declaration; None takes an input out."""
        self.inputs = {name: value for name, value in {**self.inputs, **changes}.items() if value is not None}

    def forget(self) -> None:
        """As if the engine had never heard of it: what a kill -9 leaves."""
        self.id, self.stored = "", None

    def check(self, *, may_read: bool = True) -> list[Finding]:
        """What is found about the declaration, passes left out."""
        draft, wrong = wire.draft(self.handler.inputs, as_the_engine_sends(self.inputs))
        assert not wrong, wrong
        ctx = self.context()
        ctx.may_read = may_read
        ctx.earlier = self._as_old_inputs()
        return [finding for finding in self.handler.check(ctx, draft) if finding.verdict != "pass"]

    def answers(self) -> Bag:
        """What preview adds to the declaration."""
        draft, wrong = wire.draft(self.handler.inputs, as_the_engine_sends(self.inputs))
        assert not wrong, wrong
        ctx = self.context()
        ctx.earlier = self._as_old_inputs()
        return self.handler.answers(ctx, draft, None if self.stored is None else self.state)

    def _as_old_inputs(self) -> Any:
        """What the engine sends of what is stored before a verb: the old inputs, and no more."""
        if self.stored is None:
            return None
        old = {name: value for name, value in self.stored.items() if name in wire.aliases(self.handler.inputs)}
        return wire.load_state(self.handler.state, as_the_engine_sends(old))

    def create(self, timeout: timedelta | None = None) -> Any:
        """Create it; the new state. What was kept before a failure is stored."""
        inputs = wire.load_inputs(self.handler.inputs, as_the_engine_sends(self.inputs))
        ctx = self.context(timeout)
        with self._keeping(ctx):
            created = self.handler.create(ctx, inputs)
        self.id, self.stored = created.id, wire.dump(created.state)
        return self.state

    def update(self, timeout: timedelta | None = None) -> Any:
        """Bring the declaration about; the new state. What was kept before a failure is stored."""
        inputs = wire.load_inputs(self.handler.inputs, as_the_engine_sends(self.inputs))
        ctx = self.context(timeout)
        with self._keeping(ctx):
            self.stored = wire.dump(self.handler.update(ctx, self.id, self.state, inputs))
        return self.state

    def bring_about(self) -> Any:
        """What the engine does about a declaration: create what is not stored, update what differs."""
        if self.stored is None:
            return self.create()
        return self.update() if self.difference().changed else self.state

    def refresh(self) -> Any:
        """Read it; the state now stored, None when it is gone."""
        observed = self.handler.read(self.context(), self.id, self.state)
        if observed is None:
            self.forget()
            return None
        self.stored = wire.dump(observed)
        return self.state

    def delete(self, timeout: timedelta | None = None) -> None:
        """Delete it; what is stored stays, so that it can be asked for again."""
        self.handler.delete(self.context(timeout), self.id, self.state)

    def context(self, timeout: timedelta | None = None) -> CallContext:
        """A context for one verb, named as the host names it."""
        draft, _ = wire.draft(self.handler.inputs, as_the_engine_sends(self.inputs))
        return self.azure.context(self.handler.label(draft), urn=self.urn, timeout=timeout)

    def targets(self) -> list[str]:
        """What it claims in Azure."""
        inputs = wire.load_inputs(self.handler.inputs, as_the_engine_sends(self.inputs))
        return list(self.handler.targets(Draft.of(inputs)))

    @contextmanager
    def _keeping(self, ctx: CallContext) -> Iterator[None]:
        try:
            yield
        except HotpatchError as error:
            if ctx.kept is not None:
                self.id, state = ctx.kept
                unfinished = state.model_copy(update={"unfinished": str(error)})
                self.stored = wire.dump(unfinished)
            raise
