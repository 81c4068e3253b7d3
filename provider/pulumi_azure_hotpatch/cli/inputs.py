"""What `check`, `forecast` and `report` are asked about: inventories, and Pulumi stacks over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.judgement import Case
from pulumi_azure_hotpatch.engine.previews import Preview, is_preview, read_preview
from pulumi_azure_hotpatch.errors import InvalidInput

from . import output
from .reading import read_document, shown


@dataclass(frozen=True, slots=True)
class Asked:
    """The estate, what is to be judged of the declarations themselves, and the URNs of what has an id."""

    estate: Estate
    declarations: tuple[Case, ...] = ()
    urns_of: Callable[[str], Iterable[str]] = lambda _: ()


@dataclass(slots=True)
class Given:
    """What files hold: ARM bodies, and what stacks declare."""

    bodies: list[Body] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)

    def joined(self, as_of: datetime) -> Asked:
        """All of it as one estate: stacks change what inventories show. Raises InvalidInput."""
        if not self.declared:
            return Asked(Estate.from_bodies(self.bodies, as_of=as_of))
        stack = Stack(self.declared)
        return Asked(stack.estate(self.bodies, as_of=as_of), tuple(stack.declarations()), stack.urns_of)


def read_given(paths: Iterable[str]) -> Given:
    """Everything in the given files: inventories, previews and exports of stacks. Raises InvalidInput that names the
    file.
    """
    given = Given()
    for path in paths:
        document = read_document(path)
        try:
            if is_preview(document):
                preview = read_preview(document)
                given.declared += preview.after
                note_stops(preview)
            else:
                given.bodies += bodies_in(document)
        except InvalidInput as error:
            raise InvalidInput(f"{shown(path)}: {error}") from None
    return given


def note_stops(preview: Preview) -> None:
    """Say that a preview failed, so that it is not the whole stack."""
    if preview.stops:
        places = ", ".join(map(str, preview.stops))
        output.note(f"Note: the preview failed at {places}; what would come after that is not in it.")


def read_estate(paths: Iterable[str], as_of: datetime) -> Asked:
    """Everything in the given files as one estate. Raises InvalidInput that names the file."""
    return read_given(paths).joined(as_of)
