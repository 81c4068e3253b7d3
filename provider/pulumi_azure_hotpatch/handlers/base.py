"""What a handler is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Generic, TypeVar

from pulumi_azure_hotpatch.engine.facts import Declaration
from pulumi_azure_hotpatch.engine.rules import Finding, judge, rule
from pulumi_azure_hotpatch.models.base import Inputs, State
from pulumi_azure_hotpatch.models.draft import Draft
from pulumi_azure_hotpatch.ports import Context

InputsT = TypeVar("InputsT", bound=Inputs)
StateT = TypeVar("StateT", bound=State)


@dataclass(frozen=True)
class Created(Generic[StateT]):
    """The id and the state of what now exists."""

    id: str
    state: StateT


MOST_TOLD: Final = 3
"""How many of its targets that are taken a resource names."""


class Handler(ABC, Generic[InputsT, StateT]):
    """The lifecycle of one kind of resource. Stateless; everything impure arrives in the context.

    There is no diff: it follows from the marks on the model's fields. Every verb may be repeated after a crash at any
    point and converges.
    """

    inputs: ClassVar[type[Inputs]]
    state: ClassVar[type[State]]
    twice: ClassVar[str]
    """The id of the rule that two resources must not claim the same target."""
    claims: ClassVar[str | None] = None
    """The input that names the targets, where it is another one than the rule's."""

    @abstractmethod
    def label(self, inputs: Draft[InputsT]) -> str:
        """What messages call the resource, from its inputs, such as `VM 'web01'`."""

    @abstractmethod
    def targets(self, inputs: Draft[InputsT]) -> Iterable[str]:
        """What this resource claims in Azure, empty while unknown; no two resources of a stack may claim the same."""

    def resolve(self, ctx: Context, inputs: Draft[InputsT]) -> dict[str, Any]:
        """Inputs left out by the program that the configuration answers, by field name."""
        return {}

    def answers(self, ctx: Context, inputs: Draft[InputsT], state: StateT | None) -> dict[str, Any]:
        """Clock-free answers that preview shows, by field name. May read, never writes."""
        return {}

    def is_due(self, ctx: Context, inputs: Draft[InputsT], state: StateT) -> bool:
        """Whether something is due although nothing was declared anew, by what is stored alone: nothing is read here.

        The engine need not show a check what is stored; it shows it whenever it asks what a declaration changes.
        """
        return False

    def claim(self, ctx: Context, inputs: Draft[InputsT]) -> Iterator[Finding]:
        """Claim the targets for this resource; what is found where another resource of the stack has them."""
        for target in self.targets(inputs):
            if not ctx.declarations.declare(target):
                # Behind the id there may be what of the machine is meant.
                claimed = Declaration(target=target.partition("#")[0], declared_twice=True)
                for finding in judge((rule(self.twice),), claimed):
                    yield replace(finding, field=self.claims or finding.field)

    def others_taken(self, taken: Sequence[Finding]) -> str | None:
        """What is said of the targets beyond those that are named, None where all of them are."""
        more = len(taken) - MOST_TOLD
        return f"so are {more:,} more [{self.twice}]" if more > 0 else None

    @abstractmethod
    def check(self, ctx: Context, inputs: Draft[InputsT]) -> Iterable[Finding]:
        """Judge what is known. May read (coalesced, switchable), never writes, never fails for what is unknown."""

    @abstractmethod
    def create(self, ctx: Context, inputs: InputsT) -> Created[StateT]:
        """Bring it about; adopts what is already so. Safe to repeat."""

    @abstractmethod
    def read(self, ctx: Context, id: str, state: StateT) -> StateT | None:
        """What Azure has now, None when it is gone.

        In the inputs' own names: as written while it means the same, else Azure's value.
        """

    @abstractmethod
    def update(self, ctx: Context, id: str, state: StateT, inputs: InputsT) -> StateT:
        """Bring about what changed, repair what drifted, continue what was left unfinished."""

    @abstractmethod
    def delete(self, ctx: Context, id: str, state: StateT) -> None:
        """Undo or keep, as `on_destroy` says. Already gone is success."""
