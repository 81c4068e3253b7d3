"""Patch settings of something that exists: only the fields that were given are read, written, repaired, restored.

Shared by VMs, Arc-enabled servers and scale sets; they differ in where the fields are and in the rules.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar, Generic, TypeVar, cast

from pulumi_azure_hotpatch.engine.bodies import is_busy, same_setting
from pulumi_azure_hotpatch.engine.facts import PATCH_FIELDS, Declaration, PatchSettings
from pulumi_azure_hotpatch.engine.inventory import settings_to_arm
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule, rules_for
from pulumi_azure_hotpatch.engine.rules.model import Subject
from pulumi_azure_hotpatch.engine.writers import likely_writers
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, NotFound
from pulumi_azure_hotpatch.ids import ResourceId
from pulumi_azure_hotpatch.models.base import Inputs
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.models.owned_settings import OwnedSettings, given
from pulumi_azure_hotpatch.ports import Body, Context, Operation

from .base import Created, Handler
from .foreseeing import tell_missing
from .restoring import Owner, changed_by_us, restoration, settings_in
from .waiting import Patience, finish, kept_if_unanswered

InputsT = TypeVar("InputsT", bound=Inputs)
StateT = TypeVar("StateT", bound=OwnedSettings)
OwnerT = TypeVar("OwnerT", bound=Owner)

_DEFAULT_TIMEOUT = "30m"
_SETTLE_INTERVAL = timedelta(seconds=10)


class OwningHandler(Handler[InputsT, StateT], Generic[InputsT, StateT, OwnerT]):
    """The lifecycle of owned patch fields; a subclass says what has them."""

    noun: ClassVar[str]
    """What messages call it, such as `VM`."""
    id_field: ClassVar[str]
    subject: ClassVar[Subject]
    twice = "vm-settings-declared-twice"

    @abstractmethod
    def body_of(self, ctx: Context, id: ResourceId, *, fresh: bool) -> Body | None:
        """Its ARM body, None when it does not exist."""

    def observe(self, ctx: Context, id: ResourceId) -> Body | None:
        """As `body_of`, for a refresh."""
        return self.body_of(ctx, id, fresh=True)

    @abstractmethod
    def facts_of(self, body: Body) -> OwnerT:
        """It as rules judge it."""

    @abstractmethod
    def unseen(self, id: Any) -> OwnerT:
        """It, when nothing but (perhaps) its id is known."""

    @abstractmethod
    def send(self, ctx: Context, id: ResourceId, body: Body, settings: Body) -> Operation[Body] | None:
        """Write a `patchSettings` object; None when the service is done at once."""

    @abstractmethod
    def default_of(self, field: str, owner: OwnerT) -> Any:
        """What an absent field means, None where that is not documented."""

    @abstractmethod
    def observed(self, body: Body, owner: OwnerT) -> dict[str, Any]:
        """What is stored beside the fields, by the state's names."""

    def wanting(self, owner: OwnerT, wanted: Mapping[str, Any]) -> OwnerT:
        """It as the declaration will leave it, for rules that compare before and after."""
        return owner.with_settings(wanted)

    def changing(self, ctx: Context, owner: OwnerT, state: StateT, changes: Mapping[str, Any]) -> dict[str, Any]:
        """What a change of fields means for what is stored beside them."""
        return {}

    def label(self, inputs: Draft[InputsT]) -> str:
        id = getattr(inputs, self.id_field)
        return f"{self.noun} '{ResourceId.parse(id).name}'" if id is not UNKNOWN else f"patch settings of a {self.noun}"

    def targets(self, inputs: Draft[InputsT]) -> Iterable[str]:
        if inputs.known(self.id_field):
            yield getattr(inputs, self.id_field)

    def check(self, ctx: Context, inputs: Draft[InputsT]) -> Iterable[Finding]:
        wanted = self.wanted(inputs)
        yield from judge((rule("vm-settings-empty"),), Declaration(settings_missing=not wanted))
        if inputs.known(self.id_field):
            ctx.declarations.note(getattr(inputs, self.id_field), wanted)
        yield from self.findings_on(self.look(ctx, inputs), wanted, ctx.settings.relaxed)

    def findings_on(
        self, owner: OwnerT, wanted: Mapping[str, Any], relaxed: frozenset[str] = frozenset()
    ) -> Iterable[Finding]:
        """What the rules say of it with those fields declared, passes among it."""
        for finding in judge(rules_for(self.subject), self.wanting(owner, wanted), relaxed=relaxed):
            # What is wrong with settings that this declaration has no part in is somebody else's to mend.
            mentioned = settings_in(finding)
            if mentioned & wanted.keys() or (not mentioned and finding.severity == "error"):
                yield finding

    def answers(self, ctx: Context, inputs: Draft[InputsT], state: StateT | None) -> dict[str, Any]:
        if state is not None:
            return {"adopted": state.adopted}  # type: ignore[attr-defined] # every subclass has it, as an answer
        settings = self.look(ctx, inputs).settings
        wanted = self.wanted(inputs)
        if any(getattr(settings, name) is UNKNOWN for name in PATCH_FIELDS):
            return {}
        return {"adopted": tuple(as_wanted(settings, wanted))}

    def create(self, ctx: Context, inputs: InputsT) -> Created[StateT]:
        id, patience = ResourceId.parse(getattr(inputs, self.id_field)), self._patience(ctx, inputs)
        body = self._existing(id, self._settled(ctx, id, patience, fresh=False))
        # The id in the letter case that Azure uses, so that every stack names it alike.
        own_id = str(body.get("id") or id)
        return Created(own_id, self._apply(ctx, own_id, body, self._state(inputs, {"adopted": ()}), patience))

    def read(self, ctx: Context, id: str, state: StateT) -> StateT | None:
        body = self.observe(ctx, ResourceId.parse(id))
        if body is None:
            return None
        settings = self.facts_of(body).settings
        seen = {
            name: written if same_setting(written, getattr(settings, name)) else getattr(settings, name)
            for name, written in given(state).items()
        }
        return state.model_copy(update=seen)

    def update(self, ctx: Context, id: str, state: StateT, inputs: InputsT) -> StateT:
        own_id, patience = ResourceId.parse(id), self._patience(ctx, inputs)
        body = self._existing(own_id, self._settled(ctx, own_id, patience, fresh=False))
        owned = given(inputs)
        bookkeeping = (name for name in self.state.model_fields if name not in self.inputs.model_fields)
        carried: dict[str, Any] = {name: getattr(state, name) for name in bookkeeping}
        carried |= {
            "adopted": tuple(name for name in getattr(state, "adopted", None) or () if name in owned),
            "previous": {name: value for name, value in state.previous.items() if name in owned},
            "previously_absent": tuple(name for name in state.previously_absent if name in owned),
            "applied": {name: value for name, value in state.applied.items() if name in owned},
            "contested": {name: count for name, count in state.contested.items() if name in owned},
        }
        return self._apply(ctx, id, body, self._state(inputs, carried), patience)

    def delete(self, ctx: Context, id: str, state: StateT) -> None:
        if ctx.declarations.is_still_wanted(getattr(state, self.id_field)):
            ctx.inform("its patch settings stay as they are: another resource of this stack declares them")
            return
        if getattr(state, "on_destroy", "keep") == "keep":
            ctx.inform("its patch settings stay as they are (on_destroy is 'keep')")
            return
        restored: dict[str, Any] = {}
        left: list[str] = []
        own_id, patience, body = ResourceId.parse(id), self._patience(ctx, state), None
        if changed_by_us(state):
            body = self._settled(ctx, own_id, patience, fresh=True)
            if body is None:
                return
            owner = self.facts_of(body)
            restored, left = restoration(state, owner, self.subject, self.default_of, ctx.settings.relaxed)
        if adopted := getattr(state, "adopted", ()):
            left.append(f"{', '.join(adopted)} (already as wanted when this stack found it)")
        if left:
            ctx.inform(f"left as they are: {'; '.join(left)}")
        if restored and body is not None:
            self.changing(ctx, self.facts_of(body), state, restored)
            # A machine that goes meanwhile has nothing left to restore.
            with suppress(NotFound):
                self._write(ctx, own_id, body, restored, patience)

    def wanted(self, inputs: Draft[InputsT]) -> dict[str, Any]:
        """The declared patch fields, unknown ones among them."""
        return {
            name: value
            for name in PATCH_FIELDS
            if name in self.inputs.model_fields and (value := getattr(inputs, name)) is not None
        }

    def look(self, ctx: Context, inputs: Draft[InputsT]) -> OwnerT:
        """It as far as it may be seen now; what does not exist yet is as good as unseen."""
        id = getattr(inputs, self.id_field)
        if id is UNKNOWN or not ctx.may_read:
            return self.unseen(id)
        try:
            body = self.body_of(ctx, ResourceId.parse(id), fresh=False)
        except (ArmError, ConfigurationError) as error:
            ctx.advise(f"its present settings could not be looked up: {error}")
            return self.unseen(id)
        if body is None:
            tell_missing(ctx, "it", id)
            return self.unseen(id)
        return self.facts_of(body)

    def _apply(self, ctx: Context, id: str, body: Body, state: StateT, patience: Patience) -> StateT:
        """Write what differs from `body`; the state with everything that is ours now."""
        owner = self.facts_of(body)
        wanted = given(state)
        kept = as_wanted(owner.settings, wanted)
        changes = {name: value for name, value in wanted.items() if name not in kept}
        held = {name for name, value in changes.items() if _held(state, name, value)}
        ours = {*state.previous, *state.previously_absent}
        # What was as wanted when we came and has been changed since goes back to that, not to the change.
        newly = {
            name: state.applied.get(name, getattr(owner.settings, name))
            for name in changes
            if name not in ours and name not in held
        }
        reached = state.model_copy(
            update={
                "adopted": tuple(name for name in wanted if name not in ours and name not in newly),
                "previous": state.previous | {name: value for name, value in newly.items() if value is not None},
                "previously_absent": (
                    *state.previously_absent,
                    *(name for name, value in newly.items() if value is None),
                ),
                "applied": wanted,
                # After a run that broke off nobody knows who left a field as it is.
                "contested": state.contested
                if state.unfinished
                else _contest(ctx, state, owner.settings, changes, held),
                **self.observed(body, owner),
                **self.changing(ctx, owner, state, changes),
                "unfinished": None,
            }
        )
        if changes:
            self._write(ctx, ResourceId.parse(id), body, changes, patience, kept=reached)
        return reached

    def _write(
        self,
        ctx: Context,
        id: ResourceId,
        body: Body,
        changes: Mapping[str, Any],
        patience: Patience,
        kept: StateT | None = None,
    ) -> None:
        with kept_if_unanswered(ctx, str(id), kept):
            operation = self.send(ctx, id, body, settings_to_arm(changes))
        if kept is not None:
            # From here on Azure has been told: whatever becomes of the wait, what was there before is not forgotten.
            ctx.keep(str(id), kept)
        if operation is not None:
            finish(ctx, operation, patience, f"{', '.join(changes)} to change")

    def _settled(self, ctx: Context, id: ResourceId, patience: Patience, *, fresh: bool) -> Body | None:
        """The body once no other operation is changing it, None when it does not exist (any more)."""

        def read(anew: bool) -> Body | None:
            return self.body_of(ctx, id, fresh=anew)

        return settled(ctx, read, patience, fresh=fresh)

    def _existing(self, id: ResourceId, body: Body | None) -> Body:
        if body is None:
            raise NotFound(
                f"{self.noun} '{id.name}': it does not exist ({id}); create it first, or correct {self.id_field}",
                status=404,
            )
        return body

    def _state(self, inputs: InputsT, more: Mapping[str, Any]) -> StateT:
        return cast(StateT, self.state.model_validate(inputs.model_dump() | dict(more)))

    def _patience(self, ctx: Context, inputs: InputsT | StateT) -> Patience:
        return Patience.of(ctx, getattr(inputs, "timeout", None), _DEFAULT_TIMEOUT)


def settled(ctx: Context, read: Callable[[bool], Body | None], patience: Patience, *, fresh: bool) -> Body | None:
    """What `read` (anew or not) answers once no other operation is changing it, None when it does not exist."""
    found = read(fresh)
    if not fresh and (found is None or is_busy(found)):
        found = read(True)
    while found is not None and is_busy(found):
        patience.sleep(ctx, ctx.clock.now() + _SETTLE_INTERVAL, "another operation on the machine to end")
        found = read(True)
    return found


def as_wanted(observed: PatchSettings, wanted: Mapping[str, Any]) -> list[str]:
    """The fields that have what is wanted already."""
    return [
        name for name, value in wanted.items() if value is not UNKNOWN and same_setting(getattr(observed, name), value)
    ]


def _held(state: OwnedSettings, name: str, value: Any) -> bool:
    """Whether a field already had `value` when we last left it."""
    return name in state.applied and same_setting(state.applied[name], value)


def _contest(
    ctx: Context, state: OwnedSettings, found: PatchSettings, changes: Mapping[str, Any], held: Iterable[str]
) -> dict[str, int]:
    """Count, and name, the fields that somebody else changed after they had been as declared."""
    contested = dict(state.contested)
    for name in (name for name in changes if name in held):
        contested[name] = contested.get(name, 0) + 1
        now = getattr(found, name)
        writers = likely_writers(name, now)
        hint = (
            f" {' or '.join(writers)} writes this value: exempt the machine, or leave the field out here."
            if writers
            else ""
        )
        ctx.advise(
            f"{name} was changed to {now} by somebody else after it had been set to {changes[name]} "
            f"({contested[name]} time{'s' if contested[name] > 1 else ''} so far); it is set again.{hint}"
        )
    return contested
