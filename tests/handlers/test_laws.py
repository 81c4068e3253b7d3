"""What holds for every resource, whatever it is about."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown

from pulumi_azure_hotpatch.errors import HotpatchError, Interrupted, TimedOut
from pulumi_azure_hotpatch.host import wire
from tests.handlers.declared import Declared, as_the_engine_sends
from tests.handlers.examples import EXAMPLES, Example, fingerprint
from tests.support.simulated import Azure, Killed, is_write

every_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
names = st.sampled_from(sorted(EXAMPLES))

# Registering a provider again changes nothing but what it knows, and nobody can see whether it was told already.
HARMLESS = "Providers_Register"


def effects(azure: Azure) -> Counter[str]:
    """How often each thing was asked for and done, 204 being nothing; what the SDK repeated by itself counts once."""
    done: Counter[str] = Counter()
    lost: set[str] = set()
    for entry in azure.simulator.journal:
        what = f"{entry.operation} {entry.path}"
        if not is_write(entry) or entry.operation == HARMLESS or entry.status >= 204:
            continue
        if what not in lost:
            done[what] += 1
        if entry.dropped:
            lost.add(what)
    return done


@dataclass(frozen=True)
class Course:
    """How it goes undisturbed: what Azure holds before and after a create, and what the create does."""

    before: dict[str, Any]
    after: dict[str, Any]
    done: Counter[str]


@cache
def undisturbed(name: str) -> Course:
    """The course of an example that nothing cuts off."""
    azure = EXAMPLES[name].azure()
    before, theirs = fingerprint(azure), effects(azure)
    EXAMPLES[name].declared(azure).create()
    return Course(before, fingerprint(azure), effects(azure) - theirs)


def created(example: Example) -> tuple[Azure, Declared]:
    """A world in which the example was created by an earlier run."""
    azure = example.azure()
    resource = example.declared(azure)
    resource.create()
    azure.new_run()
    azure.take()
    return azure, resource


@every_example
def test_created_twice_is_created_once(example: Example) -> None:
    azure, resource = created(example)
    after = fingerprint(azure)
    resource.forget()
    resource.create()
    assert [write for write in azure.take_writes() if write != HARMLESS] == []
    assert fingerprint(azure) == after


@every_example
def test_what_is_read_after_a_create_is_its_state(example: Example) -> None:
    azure, resource = created(example)
    state = resource.state
    assert resource.refresh() == state
    assert azure.take_writes() == []


@every_example
def test_after_a_refresh_the_same_declaration_changes_nothing(example: Example) -> None:
    _, resource = created(example)
    resource.refresh()
    assert resource.difference() == wire.Difference()


@every_example
def test_an_update_to_the_same_writes_nothing(example: Example) -> None:
    azure, resource = created(example)
    state = resource.state
    assert resource.update() == state
    assert azure.take_writes() == []


@every_example
def test_an_update_that_is_repeated_writes_nothing_more(example: Example) -> None:
    azure, resource = created(example)
    resource.declare(**example.change)
    assert resource.difference().changed == tuple(example.change)
    state = resource.update()
    assert resource.difference().changed == ()
    azure.new_run()
    azure.take()
    assert resource.update() == state
    assert azure.take_writes() == []
    assert resource.refresh() == state


@every_example
def test_in_the_end_everything_is_as_before(example: Example) -> None:
    azure = example.azure()
    before = fingerprint(azure)
    resource = example.declared(azure)
    resource.create()
    azure.new_run()
    resource.delete()
    assert fingerprint(azure) == before


@every_example
def test_deleted_twice_is_quiet(example: Example) -> None:
    azure, resource = created(example)
    resource.delete()
    after, done = fingerprint(azure), effects(azure)
    azure.new_run()
    resource.delete()
    assert (fingerprint(azure), effects(azure)) == (after, done)


# A set of features cannot go away: it can only be off.
@pytest.mark.parametrize("name", [name for name, example in EXAMPLES.items() if example.vanish is not None])
def test_what_is_gone_is_read_as_gone_and_its_end_is_quiet(name: str) -> None:
    azure, resource = created(EXAMPLES[name])
    EXAMPLES[name].disappear(azure)
    done = effects(azure)
    resource.delete()
    assert effects(azure) == done
    assert resource.refresh() is None


@every_example
def test_state_survives_the_way_through_the_engine(example: Example) -> None:
    azure = example.azure()
    resource = example.declared(azure)
    handler = resource.handler
    state = handler.create(resource.context(), wire.load_inputs(handler.inputs, resource.inputs)).state
    assert wire.load_state(handler.state, as_the_engine_sends(wire.dump(state))) == state


@every_example
def test_judging_never_writes_and_a_good_declaration_has_no_errors(example: Example) -> None:
    azure = example.azure()
    resource = example.declared(azure)
    assert [finding for finding in resource.check() if finding.is_error] == []
    resource.answers()
    assert azure.writes() == []


def resume(azure: Azure, resource: Declared) -> None:
    """The next run: whatever the engine holds is continued, else everything begins anew."""
    azure.new_run()
    if resource.stored is None:
        resource.create()
    else:
        assert resource.difference().changed == ("unfinished",)
        resource.update()


def cut(azure: Azure, resource: Declared, request: int, kind: Any, *, before: bool) -> bool:
    """Create the resource and cut it off at a request; False when it was done before that."""
    azure.cut_off(request, kind, before=before)
    try:
        resource.create()
    except Killed:
        resource.forget()
    except HotpatchError:
        return True
    else:
        azure.new_run()
        return False
    return True


places = st.integers(0, 40)


@given(name=names, request=places, before=st.booleans())
def test_a_create_that_was_killed_anywhere_can_be_repeated_and_does_nothing_twice(
    name: str, request: int, before: bool
) -> None:
    azure, course = EXAMPLES[name].azure(), undisturbed(name)
    theirs = effects(azure)
    resource = EXAMPLES[name].declared(azure)
    if cut(azure, resource, request, "killed", before=before):
        resume(azure, resource)
    assert fingerprint(azure) == course.after
    assert effects(azure) - theirs == course.done
    assert resource.refresh() == resource.state


@given(name=names, request=places, before=st.booleans())
def test_a_create_whose_connection_broke_anywhere_is_continued_and_loses_nothing(
    name: str, request: int, before: bool
) -> None:
    azure, course = EXAMPLES[name].azure(), undisturbed(name)
    theirs = effects(azure)
    resource = EXAMPLES[name].declared(azure)
    if cut(azure, resource, request, "lost", before=before):
        resume(azure, resource)
    assert fingerprint(azure) == course.after
    assert effects(azure) - theirs == course.done
    assert_it_ends_as_it_began(azure, resource, course)


@given(name=names, seconds=st.integers(0, 120))
def test_a_create_that_was_cancelled_in_a_wait_is_continued_and_loses_nothing(name: str, seconds: int) -> None:
    azure, course = EXAMPLES[name].azure(), undisturbed(name)
    theirs = effects(azure)
    resource = EXAMPLES[name].declared(azure)
    azure.clock.interrupt_at = azure.clock.now() + timedelta(seconds=seconds)
    try:
        resource.create()
    except Interrupted:
        resume(azure, resource)
    assert fingerprint(azure) == course.after
    assert effects(azure) - theirs == course.done
    assert_it_ends_as_it_began(azure, resource, course)


# Two reads that agree take twenty seconds: who waits for less never sees the end.
@given(name=names, seconds=st.integers(25, 120))
def test_a_create_that_timed_out_is_continued_by_as_many_runs_as_it_takes(name: str, seconds: int) -> None:
    azure, course = EXAMPLES[name].azure(), undisturbed(name)
    theirs = effects(azure)
    resource = EXAMPLES[name].declared(azure)
    patience = timedelta(seconds=seconds)
    for _ in range(5):
        try:
            if resource.stored is None:
                resource.create(patience)
            else:
                resource.update(patience)
            break
        except TimedOut:
            azure.new_run()
    assert fingerprint(azure) == course.after
    assert effects(azure) - theirs == course.done
    assert_it_ends_as_it_began(azure, resource, course)


def assert_it_ends_as_it_began(azure: Azure, resource: Declared, course: Course) -> None:
    """Nothing is left to do, and all that was done is still known as ours."""
    assert resource.state.unfinished is None
    azure.new_run()
    resource.delete()
    assert fingerprint(azure) == course.before


@given(name=names, request=places, before=st.booleans(), kind=st.sampled_from(["killed", "lost"]))
def test_an_end_that_was_cut_off_anywhere_can_be_repeated(name: str, request: int, before: bool, kind: Any) -> None:
    azure, resource = created(EXAMPLES[name])
    theirs = effects(azure)
    azure.cut_off(request, kind, before=before)
    try:
        resource.delete()
    except (Killed, HotpatchError):
        azure.new_run()
        resource.delete()
    assert fingerprint(azure) == undisturbed(name).before
    assert set((effects(azure) - theirs).values()) <= {1}


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of a bag at which something may be unknown."""
    parts: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    return [path for key, part in parts for path in ((*at, key), *paths(part, (*at, key)))]


def with_unknowns(value: Any, hidden: set[tuple[Any, ...]], at: tuple[Any, ...] = ()) -> Any:
    """`value` with what is at `hidden` unknown."""
    if at in hidden:
        return Unknown()  # type: ignore[no-untyped-call]
    if isinstance(value, dict):
        return {key: with_unknowns(part, hidden, (*at, key)) for key, part in value.items()}
    if isinstance(value, list):
        return [with_unknowns(part, hidden, (*at, number)) for number, part in enumerate(value)]
    return value


@given(name=names, data=st.data(), may_read=st.booleans())
def test_judging_never_fails_because_something_is_unknown(name: str, data: st.DataObject, may_read: bool) -> None:
    example = EXAMPLES[name]
    azure = example.azure()
    handler = example.declared(azure).handler
    bag = as_the_engine_sends(example.inputs)
    hidden = data.draw(st.sets(st.sampled_from(paths(bag))))
    draft, wrong = wire.draft(handler.inputs, with_unknowns(bag, hidden))
    assert wrong == []
    ctx = azure.context(handler.label(draft))
    ctx.may_read = may_read
    draft = draft.replace(**handler.resolve(ctx, draft))
    assert [str(finding) for finding in handler.check(ctx, draft) if finding.is_error] == []
    handler.answers(ctx, draft, None)
    list(handler.targets(draft))
    assert azure.writes() == []
    assert may_read or azure.calls() == []
