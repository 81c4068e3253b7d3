"""What `check` and `forecast` are asked about: inventories, and the previews of Pulumi stacks over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.judgement import Case
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.errors import InvalidInput

from .reading import read_document, shown

# What `pulumi preview --json` writes for a value that is not known yet, and for a secret.
# Source: pulumi/pulumi, sdk/go/common/resource/plugin/rpc.go (UnknownStringValue), pkg/backend/display/json.go.
_LATER: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SECRET: Final = "[secret]"


@dataclass(frozen=True, slots=True)
class Asked:
    """The estate, what is to be judged of the declarations themselves, and the URNs of what has an id."""

    estate: Estate
    declarations: tuple[Case, ...] = ()
    urns_of: Callable[[str], Iterable[str]] = lambda _: ()


def read_estate(paths: Iterable[str], as_of: datetime) -> Asked:
    """Everything in the given files as one estate: previews change what inventories show.

    Raises InvalidInput that names the file.
    """
    bodies: list[Body] = []
    declared: list[Declared] = []
    for path in paths:
        document = read_document(path)
        try:
            if is_preview(document):
                declared += declared_in(document)
            else:
                bodies += bodies_in(document)
        except InvalidInput as error:
            raise InvalidInput(f"{shown(path)}: {error}") from None
    if not declared:
        return Asked(Estate.from_bodies(bodies, as_of=as_of))
    stack = Stack(declared)
    return Asked(stack.estate(bodies, as_of=as_of), tuple(stack.declarations()), stack.urns_of)


def is_preview(document: object) -> bool:
    """Whether a document is what `pulumi preview --json` prints."""
    return isinstance(document, Mapping) and "id" not in document and isinstance(document.get("steps"), list)


def declared_in(document: Mapping[str, Any]) -> Iterator[Declared]:
    """What a stack will hold after the previewed run. Unchanged resources are listed only with `--show-sames`.

    Raises InvalidInput for steps that are not those of a preview.
    """
    last: dict[str, Declared] = {}
    for number, step in enumerate(document["steps"], start=1):
        if not isinstance(step, Mapping):
            raise InvalidInput(f"step {number}: expected an object")
        new, old = step.get("newState"), step.get("oldState")
        if not isinstance(new, Mapping) or not isinstance(new.get("urn"), str):
            continue
        replaced = "replace" in str(step.get("op"))
        identity = new.get("id") or (old.get("id") if isinstance(old, Mapping) and not replaced else None)
        inputs, depends_on = new.get("inputs"), new.get("propertyDependencies")
        last[new["urn"]] = Declared(
            urn=new["urn"],
            type=str(new.get("type", "")),
            inputs=_known(inputs) if isinstance(inputs, Mapping) else {},
            id=identity if isinstance(identity, str) and identity and identity != _LATER else None,
            depends_on=_dependencies(depends_on),
        )
    yield from last.values()


def _known(value: Any) -> Any:
    if value in (_LATER, _SECRET):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value


def _dependencies(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        return {}
    return {
        str(name): tuple(urn for urn in urns if isinstance(urn, str))
        for name, urns in value.items()
        if isinstance(urns, list)
    }
