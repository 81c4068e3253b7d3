"""What will happen to the machines of an estate, in the sentences of previews, where a preview itself says none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.forecast import Member
from pulumi_azure_hotpatch.engine.logic import UNKNOWN, Maybe
from pulumi_azure_hotpatch.engine.outcome import either_way, outcome
from pulumi_azure_hotpatch.engine.provisos import Given

from .spelling import leaf


class Prospects:
    """Sentences for machines of an estate; `relaxed` holds the switches that are set."""

    def __init__(self, estate: Estate, relaxed: frozenset[str] = frozenset()) -> None:
        self._estate = estate
        self._relaxed = relaxed

    def of(self, machines: Iterable[str]) -> tuple[str, ...]:
        """One sentence for each that is different, with the number of its machines where there are several machines;
        empty where the estate shows none of them.
        """
        found = [label.casefold() for label in machines if label.casefold() in self._members]
        said = Counter(map(self._say, found))
        if len(found) == 1:
            return tuple(said)
        return tuple(f"{counted(number)}: {sentence}" for sentence, number in said.most_common())

    @cached_property
    def _members(self) -> dict[str, Member]:
        labels = (entry.resource.casefold() for entry in self._estate.machines)
        return dict(zip(labels, self._estate.members(), strict=True))

    def _say(self, label: str) -> str:
        member, timetables = self._members[label], self._members[label].timetables
        if not timetables:
            # Another program, or somebody by hand, may have given it one.
            return either_way(member.machine, self._relaxed)
        given: Maybe[tuple[Given, ...]] = UNKNOWN
        if timetables is not UNKNOWN:
            given = tuple(Given(one.name, one.reboot_setting) for one in timetables)
        elif label not in self._estate.perhaps_assigned:
            # Which windows a schedule has is of no importance to whether it works.
            given = tuple(Given(leaf(schedule), UNKNOWN) for schedule in self._estate.assigned.get(label, ()))
        return str(outcome(member.machine, given, relaxed=self._relaxed, with_findings=False))
