"""What `check`, `forecast`, `report` and `review` are asked about: inventories, and Pulumi stacks over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.coverage import coverage_cases
from pulumi_azure_hotpatch.engine.declared import INSTALLATION, ROLLOUT, Declared
from pulumi_azure_hotpatch.engine.declared_estate import Stack
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.judgement import Case
from pulumi_azure_hotpatch.engine.noted_members import with_noted_members
from pulumi_azure_hotpatch.engine.previews import Preview, Stop, is_preview, read_preview
from pulumi_azure_hotpatch.errors import InvalidInput

from . import output
from .reading import read_document, shown


@dataclass(frozen=True, slots=True)
class Asked:
    """The estate, and the stacks over it.

    `is_whole` is whether everything that they will hold is told, `stops` where their previews failed.
    """

    estate: Estate
    stack: Stack
    bodies: Sequence[Body] = ()
    is_whole: bool = False
    stops: tuple[Stop, ...] = ()

    def declarations(self) -> Iterator[Case]:
        """What is to be judged of the stacks beyond the machines, schedules and assignments of the estate: that nothing
        is declared twice, installations and rollouts, and of whole stacks that something patches each machine that
        they make. Raises InvalidInput for values that a resource refuses.

        An inventory alone may leave out what patches a machine: that is for `audit`.
        """
        yield from self.stack.declarations()
        if self.stack.of_kind(INSTALLATION, ROLLOUT):
            # Only then, because models take time to load.
            from pulumi_azure_hotpatch.models.declared_patching import patching_cases

            yield from patching_cases(self.stack, self.estate, self.bodies)
        if self.is_whole:
            yield from (case for case in coverage_cases(self.estate) if self.stack.makes_machine(case.resource))

    def urns_of(self, identity: str) -> tuple[str, ...]:
        """The URNs of what the stacks declare under an id."""
        return self.stack.urns_of(identity)


@dataclass(slots=True)
class Given:
    """What files hold: ARM bodies, and what stacks declare."""

    bodies: list[Body] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)

    @property
    def declared(self) -> tuple[Declared, ...]:
        """What the stacks declare."""
        return tuple(one for preview in self.previews for one in preview.after)

    def joined(self, as_of: datetime) -> Asked:
        """All of it as one estate: stacks change what inventories show. Raises InvalidInput."""
        stack = Stack(self.declared)
        if not self.previews:
            return Asked(Estate.from_bodies(self.bodies, as_of=as_of), stack)
        return Asked(
            with_noted_members(stack.estate(self.bodies, as_of=as_of), self.declared),
            stack,
            self.bodies,
            is_whole=all(preview.is_whole for preview in self.previews),
            stops=tuple(stop for preview in self.previews for stop in preview.stops),
        )


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
                given.previews.append(preview)
                note_gaps(preview)
            else:
                given.bodies += bodies_in(document)
        except InvalidInput as error:
            raise InvalidInput(f"{shown(path)}: {error}") from None
    return given


def note_gaps(preview: Preview) -> None:
    """Say that a preview is not the whole stack: because it failed, or leaves out what does not change."""
    if preview.stops:
        output.note(f"Note: the preview failed at {places(preview.stops)}; what would come after that is not in it.")
    if (gap := untold(preview)) is not None:
        output.note(f"Note: {gap[0].lower()}{gap[1:]}")


def untold(preview: Preview) -> str | None:
    """What a preview leaves out, in a sentence; None where it tells everything, or nothing of its own."""
    if preview.untold:
        return (
            f"The preview leaves out {counted(preview.untold, 'unchanged resource')}, and nothing is judged of "
            f"{'it' if preview.untold == 1 else 'them'}: pulumi preview --show-sames lists all."
        )
    if not preview.changes and not preview.stops:
        return "The preview lists no resource: pulumi preview --show-sames lists unchanged ones too."
    return None


def places(stops: Iterable[Stop]) -> str:
    """Where a preview failed."""
    return ", ".join(map(str, stops))


def read_estate(paths: Iterable[str], as_of: datetime) -> Asked:
    """Everything in the given files as one estate. Raises InvalidInput that names the file."""
    return read_given(paths).joined(as_of)
