"""What the Pulumi CLI says a run will do, in the three forms in which it says it, and what it says a stack holds.

* `pulumi preview --json`: one document with `steps`; unchanged resources only with `--show-sames`, and after a failed
  check nothing of the later ones;
* the same with `PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true`: one engine event a line, violated policies among them;
* `pulumi preview --save-plan FILE`: one document with `resourcePlans`, which has no ids and no old values;
* `pulumi stack export`: one document with `deployment`, which is read as a run that changes nothing.

Sources: pulumi/pulumi, pkg/backend/display/json.go; sdk/go/common/apitype/events.go; sdk/go/common/apitype/plan.go;
sdk/go/common/apitype/core.go (CLI 3.253).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .declared import Declared
from .logic import UNKNOWN
from .rules import RULES

# What is written for a value that is not known yet, and for a secret.
# Source: pulumi/pulumi, sdk/go/common/resource/plugin/rpc.go (UnknownStringValue), pkg/backend/display/json.go.
_LATER: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SECRET: Final = "[secret]"
# In an export what is no plain value (a secret, an asset) is an object with this key.
# Source: pulumi/pulumi, sdk/go/common/resource/sig/sig.go.
_SIGNED: Final = "4dabf18193072939515e22adb298388d"
# Inputs of other providers that hold what must not be shown, whether the engine takes them for secrets or not: what is
# never read is never told. Source: azure-native, compute:VirtualMachine (osProfile), VirtualMachineExtension.
_PRIVATE: Final = re.compile(
    r"password|secret|token|privatekey|connectionstring|customdata|userdata|protectedsettings", re.IGNORECASE
)
_OWN: Final = frozenset(("__provider", "__defaults"))


@dataclass(frozen=True, slots=True)
class Change:
    """What the run does to one resource: `op` is create, update, replace, delete, same, read or refresh.

    `fields` are the inputs that change, with their old and new values (UNKNOWN where one is not known or secret); empty
    for what is created or deleted whole. Components, which no provider makes, are known as such in steps and plans.
    """

    urn: str
    type: str
    op: str
    fields: tuple[tuple[str, Any, Any], ...] = ()
    inputs: Mapping[str, Any] | None = None
    is_component: bool = False

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True, slots=True)
class PolicyViolation:
    """What a policy pack said in the run; `level` is advisory, mandatory, remediate or disabled."""

    urn: str
    pack: str
    policy: str
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class Stop:
    """An error that the run was stopped by: the resource, empty where it is the program's own, and the rule, if any.

    Its words are left out: they quote values, which may be secret.
    """

    urn: str
    rule: str | None

    def __str__(self) -> str:
        name = self.urn.rpartition("::")[2] or "the program"
        return f"{name} ({self.rule})" if self.rule else name


@dataclass(frozen=True, slots=True)
class Preview:
    """A run as announced: what the stack will hold, what it holds now (where that is said), and what changes.

    Where there are `stops` it is not the whole stack. `untold` counts the unchanged resources that it leaves out.
    """

    after: tuple[Declared, ...]
    before: tuple[Declared, ...]
    changes: tuple[Change, ...]
    policies: tuple[PolicyViolation, ...] = ()
    stops: tuple[Stop, ...] = ()
    untold: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it names everything that the stack will hold."""
        return not self.stops and not self.untold


def is_preview(document: object) -> bool:
    """Whether a parsed document is one of the forms."""
    if isinstance(document, Mapping):
        return "id" not in document and (
            isinstance(document.get("steps"), list)
            or isinstance(document.get("resourcePlans"), Mapping)
            or isinstance(document.get("deployment"), Mapping)
        )
    return isinstance(document, list) and bool(document) and all(map(_is_event, document))


def read_preview(document: object) -> Preview:
    """Read one of the forms. Raises InvalidInput for anything else, and for steps that are none."""
    if not is_preview(document):
        raise InvalidInput(
            "not a preview; expected what `pulumi preview --json --show-sames` prints or `--save-plan` writes"
        )
    if isinstance(document, list):
        told = (event.get("diagnosticEvent") for event in document)
        summaries = [_object(event.get("summaryEvent")).get("resourceChanges") for event in document]
        summary = next((one for one in summaries if one), None)
        violations = tuple(_violations(document))
        # In a preview they fail the run at its end, and stop nothing.
        is_explained = any(one.level == "mandatory" for one in violations)
        return _preview(_steps_of_events(document), violations, _stops(told, is_explained=is_explained), summary)
    if not isinstance(document, Mapping):
        raise InvalidInput("not a preview")
    if "resourcePlans" in document:
        return _preview(_steps_of_plan(document["resourcePlans"]))
    if "deployment" in document:
        return _preview(_steps_of_export(document["deployment"]))
    stops, summary = _stops(document.get("diagnostics")), document.get("changeSummary")
    return _preview(_checked_steps(document["steps"]), stops=stops, summary=summary)


@dataclass(frozen=True, slots=True)
class _Step:
    op: str
    urn: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    depends_on: object = None
    changed: tuple[str, ...] | None = None


def _preview(
    steps: Iterable[_Step],
    policies: tuple[PolicyViolation, ...] = (),
    stops: tuple[Stop, ...] = (),
    summary: object = None,
) -> Preview:
    # A replacement comes as several steps of one resource; the new state of the last that has one counts.
    before: dict[str, Declared] = {}
    after: dict[str, Declared] = {}
    changes: dict[str, Change] = {}
    for step in steps:
        replaced = "replace" in step.op
        if step.old is not None:
            before.setdefault(step.urn, _declared(step.urn, step.old, step.old.get("id"), None))
        if step.new is not None:
            identity = step.new.get("id") or (step.old.get("id") if step.old is not None and not replaced else None)
            after[step.urn] = _declared(step.urn, step.new, identity, step.depends_on, step.old)
        changed = _change(step)
        earlier = changes.get(step.urn)
        if earlier is None or (earlier.op != "replace" and step.op != "same"):
            changes[step.urn] = changed
        elif changed.fields and not earlier.fields:
            changes[step.urn] = replace(changed, op=earlier.op)
    same = _object(summary).get("same")
    told = sum(change.op == "same" for change in changes.values())
    untold = max(0, same - told) if isinstance(same, int) else 0
    return Preview(_located(after), _located(before), tuple(changes.values()), policies, stops, untold)


def _located(declared: Mapping[str, Declared]) -> tuple[Declared, ...]:
    """What is declared, with the subscriptions that providers say of themselves."""
    given = declared.values()
    return tuple(
        replace(one, subscription_id=provider.text("subscriptionId"))
        if (provider := declared.get(one.provider)) is not None
        else one
        for one in given
    )


def _declared(
    urn: str, state: Mapping[str, Any], identity: object, depends_on: object, earlier: Mapping[str, Any] | None = None
) -> Declared:
    inputs = state.get("inputs")
    # What a preview announces of outputs is what it knows of them: the others are as they were.
    outputs = {**_outputs(earlier), **{k: v for k, v in _outputs(state).items() if v is not UNKNOWN}}
    return Declared(
        urn=urn,
        type=str(state.get("type", "")),
        inputs=_known(inputs) if isinstance(inputs, Mapping) else {},
        id=identity if isinstance(identity, str) and identity and identity != _LATER else None,
        depends_on=_dependencies(depends_on),
        outputs=outputs,
        # A reference is a URN and an id.
        provider=str(state.get("provider") or "").rpartition("::")[0],
    )


def _outputs(state: Mapping[str, Any] | None) -> Mapping[str, Any]:
    outputs = (state or {}).get("outputs")
    return _known(outputs) if isinstance(outputs, Mapping) else {}


def _change(step: _Step) -> Change:
    state = step.new or step.old or {}
    inputs = state.get("inputs")
    known = _known(inputs) if isinstance(inputs, Mapping) else {}
    op = "replace" if "replace" in step.op else step.op
    fields: tuple[tuple[str, Any, Any], ...] = ()
    if op in ("update", "replace") and step.old is not None and step.new is not None:
        old = _known(_object(step.old.get("inputs")))
        names = step.changed if step.changed is not None else tuple(dict.fromkeys((*old, *known)))
        fields = tuple(
            (name, old.get(name), known.get(name))
            for name in names
            if name not in _OWN and (step.changed is not None or old.get(name) != known.get(name))
        )
    return Change(step.urn, str(state.get("type", "")), op, fields, known, is_component=state.get("custom") is False)


def _checked_steps(steps: Iterable[object]) -> Iterator[_Step]:
    for number, step in enumerate(steps, start=1):
        if not isinstance(step, Mapping):
            raise InvalidInput(f"step {number}: expected an object")
        old, new = _state(step.get("oldState")), _state(step.get("newState"))
        urn = (new or old or {}).get("urn")
        if isinstance(urn, str):
            depends_on = new.get("propertyDependencies") if new else None
            yield _Step(str(step.get("op")), urn, old, new, depends_on)


def _steps_of_events(events: Iterable[Mapping[str, Any]]) -> Iterator[_Step]:
    for number, event in enumerate(events, start=1):
        if "resourcePreEvent" not in event:
            continue
        metadata = _object(_object(event["resourcePreEvent"]).get("metadata"))
        if not metadata:
            raise InvalidInput(f"event {number}: expected an object with metadata")
        old, new = _state(metadata.get("old")), _state(metadata.get("new"))
        yield _Step(str(metadata.get("op")), str(metadata.get("urn", "")), old, new)


def _steps_of_plan(plans: Mapping[str, Any]) -> Iterator[_Step]:
    """A plan has no old values: its `state` holds the outputs, with the inputs among them."""
    for urn, plan in plans.items():
        if not isinstance(plan, Mapping):
            raise InvalidInput(f"plan of {urn}: expected an object")
        goal, steps = plan.get("goal"), plan.get("steps")
        ops = [str(step) for step in steps] if isinstance(steps, list) else []
        op = next((step for step in ops if "replace" in step), ops[-1] if ops else "same")
        if not isinstance(goal, Mapping):
            yield _Step(
                op, urn, {"type": urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2], "inputs": {}}, None
            )
            continue
        state = {"type": goal.get("type"), "custom": goal.get("custom"), "inputs": plan.get("state") or {}}
        yield _Step(op, urn, None, state, goal.get("propertyDependencies"))


def _steps_of_export(deployment: Mapping[str, Any]) -> Iterator[_Step]:
    resources = deployment.get("resources")
    for number, state in enumerate(resources if isinstance(resources, list) else (), start=1):
        if not isinstance(state, Mapping) or not isinstance(state.get("urn"), str):
            raise InvalidInput(f"resource {number}: expected an object with a urn")
        # The rest of a replacement: it is there until the next run deletes it.
        if not state.get("delete"):
            yield _Step("same", state["urn"], state, state, state.get("propertyDependencies"))


def _stops(diagnostics: object, *, is_explained: bool = False) -> tuple[Stop, ...]:
    """What stopped a run; that it failed at all counts where nothing else says why, and `is_explained` is not set."""
    found: dict[tuple[str, str | None], Stop] = {}
    failed = False
    for one in diagnostics if isinstance(diagnostics, Iterable) else ():
        if isinstance(one, Mapping) and one.get("severity") == "error":
            urn, message = str(one.get("urn") or ""), str(one.get("message", ""))
            if not urn and message.strip().removeprefix("error: ") == _AT_ITS_END:
                failed = True
                continue
            named = _NAMED_RULE.findall(message)
            rule = next((name for name in reversed(named) if name in _RULES), None)
            found.setdefault((urn, rule), Stop(urn, rule))
    if failed and not found and not is_explained:
        return (Stop("", None),)
    return tuple(found.values())


# What a preview that failed ends with, whatever it was. Measured: CLI 3.253, previews with a mandatory policy.
_AT_ITS_END: Final = "preview failed"


# As findings end: their rule and its source.
_NAMED_RULE: Final = re.compile(r"\[([a-z][a-z0-9-]+); ")
_RULES: Final = frozenset(rule.id for rule in RULES)


def _violations(events: Iterable[Mapping[str, Any]]) -> Iterator[PolicyViolation]:
    for event in events:
        told = event.get("policyEvent")
        if isinstance(told, Mapping):
            yield PolicyViolation(
                urn=str(told.get("resourceUrn", "")),
                pack=str(told.get("policyPackName", "")),
                policy=str(told.get("policyName", "")),
                level=str(told.get("enforcementLevel", "")),
                message=" ".join(str(told.get("message", "")).split()),
            )


def _is_event(item: object) -> bool:
    return isinstance(item, Mapping) and "sequence" in item and "timestamp" in item


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _state(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _known(value: Any) -> Any:
    if value in (_LATER, _SECRET):
        return UNKNOWN
    if isinstance(value, Mapping):
        if _SIGNED in value:
            return UNKNOWN
        return {key: UNKNOWN if _is_private(key, item) else _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value


def _is_private(key: object, value: object) -> bool:
    return not isinstance(value, bool | None) and _PRIVATE.search(str(key)) is not None


def _dependencies(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        return {}
    return {
        str(name): tuple(urn for urn in urns if isinstance(urn, str))
        for name, urns in value.items()
        if isinstance(urns, list)
    }
