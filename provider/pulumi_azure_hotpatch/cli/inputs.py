"""What `check` and `forecast` are asked about: inventories, and the previews of Pulumi stacks over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.judgement import Case
from pulumi_azure_hotpatch.engine.previews import is_preview, read_preview
from pulumi_azure_hotpatch.errors import InvalidInput

from .reading import read_document, shown


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
                declared += read_preview(document).after
            else:
                bodies += bodies_in(document)
        except InvalidInput as error:
            raise InvalidInput(f"{shown(path)}: {error}") from None
    if not declared:
        return Asked(Estate.from_bodies(bodies, as_of=as_of))
    stack = Stack(declared)
    return Asked(stack.estate(bodies, as_of=as_of), tuple(stack.declarations()), stack.urns_of)
