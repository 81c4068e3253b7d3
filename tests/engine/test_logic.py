"""Kleene's three-valued logic: truth tables written out, and the laws that make `unknown` safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.logic import (
    UNKNOWN,
    All,
    Any_,
    AtLeast,
    Equals,
    Expression,
    In,
    Not,
    Truth,
    evaluate,
    every,
    fields,
    look_up,
    negate,
    unknown_fields,
)

T, F, U = True, False, UNKNOWN

AND = [
    (T, T, T),
    (T, U, U),
    (T, F, F),
    (U, T, U),
    (U, U, U),
    (U, F, F),
    (F, T, F),
    (F, U, F),
    (F, F, F),
]
OR = [
    (T, T, T),
    (T, U, T),
    (T, F, T),
    (U, T, T),
    (U, U, U),
    (U, F, U),
    (F, T, T),
    (F, U, U),
    (F, F, F),
]
NOT = [(T, F), (U, U), (F, T)]


def holds(field: str) -> Expression:
    return Equals(field, True)


@pytest.mark.parametrize(("left", "right", "both"), AND)
def test_and_follows_its_truth_table(left: Truth, right: Truth, both: Truth) -> None:
    assert evaluate(holds("a") & holds("b"), {"a": left, "b": right}) is both
    assert every([left, right]) is both


@pytest.mark.parametrize(("left", "right", "either"), OR)
def test_or_follows_its_truth_table(left: Truth, right: Truth, either: Truth) -> None:
    assert evaluate(holds("a") | holds("b"), {"a": left, "b": right}) is either


@pytest.mark.parametrize(("truth", "opposite"), NOT)
def test_not_follows_its_truth_table(truth: Truth, opposite: Truth) -> None:
    assert evaluate(~holds("a"), {"a": truth}) is opposite
    assert negate(truth) is opposite


def test_nothing_required_holds_and_nothing_to_choose_from_does_not() -> None:
    assert evaluate(All(()), {}) is True
    assert evaluate(Any_(()), {}) is False


# field value, expression on "x", its truth
ATOMS: list[tuple[Any, Expression, Truth]] = [
    ("Manual", Equals("x", "manual"), T),
    ("Manual", Equals("x", "Auto"), F),
    (None, Equals("x", None), T),
    (None, Equals("x", "None"), F),
    (None, Equals("x", False), F),
    (False, Equals("x", None), F),
    (1, Equals("x", True), F),
    (True, Equals("x", 1), F),
    (UNKNOWN, Equals("x", None), U),
    ("unknown", Equals("x", "unknown"), T),
    ("Straße", Equals("x", "STRASSE"), T),
    ("never", In("x", ("Always", "Never")), T),
    ("perhaps", In("x", ("Always", "Never")), F),
    (None, In("x", (None, "Never")), T),
    (None, In("x", ("Never",)), F),
    (["Never"], In("x", ("Never",)), F),
    (UNKNOWN, In("x", ()), U),
    (15, AtLeast("x", 15), T),
    (14, AtLeast("x", 15), F),
    (None, AtLeast("x", 0), F),
    (UNKNOWN, AtLeast("x", 0), U),
]


@pytest.mark.parametrize(("value", "expression", "truth"), ATOMS)
def test_a_comparison_answers_as_written_down(value: object, expression: Expression, truth: Truth) -> None:
    assert evaluate(expression, {"x": value}) is truth


@dataclass(frozen=True)
class Inner:
    """A leaf."""

    mode: object


@dataclass(frozen=True)
class Outer:
    """Something with a part that may be absent or unknown."""

    inner: object


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (Outer(Inner("Manual")), "Manual"),
        (Outer(None), None),
        (Outer(UNKNOWN), UNKNOWN),
        (Outer({"mode": "Manual"}), "Manual"),
        (Outer({}), None),
        ({"inner": Inner("Manual")}, "Manual"),
        ({}, None),
    ],
)
def test_absent_and_unknown_spread_to_everything_below_them(facts: object, found: object) -> None:
    assert look_up(facts, "inner.mode") == found
    assert evaluate(Equals("inner.mode", "manual"), facts) is (UNKNOWN if found is UNKNOWN else found == "Manual")


def test_a_field_that_cannot_exist_is_an_error_and_not_an_answer() -> None:
    with pytest.raises(LookupError, match=r"^Outer has no field 'inner\.colour'$"):
        evaluate(Equals("inner.colour", "red"), Outer(Inner("Manual")))


def test_a_mapping_is_read_by_its_keys_even_where_a_method_has_the_name() -> None:
    assert evaluate(Equals("items", 3), {"items": 3}) is True


def test_something_that_is_no_expression_is_refused() -> None:
    with pytest.raises(TypeError, match="not an expression"):
        evaluate(Expression(), {})
    with pytest.raises(TypeError, match="not an expression"):
        fields(Expression())


def test_fields_are_collected_from_every_branch() -> None:
    expression = (Equals("a", 1) & In("b", (1,))) | Not(AtLeast("c", 1))
    assert fields(expression) == {"a", "b", "c"}
    assert unknown_fields(expression, {"a": 1, "b": UNKNOWN, "c": UNKNOWN}) == ("b", "c")


NAMES = st.sampled_from(("a", "b", "c"))
VALUES = st.sampled_from(("Manual", "manual", "Never", None, True, False, 0, 1, 20))
ATOM = st.one_of(
    st.builds(Equals, NAMES, VALUES),
    st.builds(In, NAMES, st.lists(VALUES, max_size=3).map(tuple)),
)
EXPRESSIONS = st.recursive(
    ATOM,
    lambda part: st.one_of(
        st.builds(Not, part),
        st.builds(All, st.lists(part, max_size=3).map(tuple)),
        st.builds(Any_, st.lists(part, max_size=3).map(tuple)),
    ),
    max_leaves=12,
)
KNOWN = st.fixed_dictionaries({"a": VALUES, "b": VALUES, "c": VALUES})


@given(EXPRESSIONS, KNOWN, st.sets(NAMES))
def test_learning_a_value_never_turns_an_answer_around(
    expression: Expression, known: dict[str, Any], hidden: set[str]
) -> None:
    veiled: Mapping[str, Any] = known | dict.fromkeys(hidden, UNKNOWN)
    before, after = evaluate(expression, veiled), evaluate(expression, known)
    assert before is UNKNOWN or before is after


@given(EXPRESSIONS, KNOWN)
def test_nothing_unknown_leaves_nothing_undecided(expression: Expression, known: dict[str, Any]) -> None:
    assert evaluate(expression, known) in (True, False)


@given(EXPRESSIONS, KNOWN, st.sets(NAMES))
def test_an_undecided_answer_names_what_it_waits_for(
    expression: Expression, known: dict[str, Any], hidden: set[str]
) -> None:
    veiled = known | dict.fromkeys(hidden, UNKNOWN)
    if evaluate(expression, veiled) is UNKNOWN:
        assert unknown_fields(expression, veiled)
        assert set(unknown_fields(expression, veiled)) <= hidden


@given(EXPRESSIONS, EXPRESSIONS, KNOWN, st.sets(NAMES))
def test_de_morgan_holds(left: Expression, right: Expression, known: dict[str, Any], hidden: set[str]) -> None:
    facts = known | dict.fromkeys(hidden, UNKNOWN)
    assert evaluate(~(left & right), facts) is evaluate(~left | ~right, facts)
    assert evaluate(~~left, facts) is evaluate(left, facts)
    assert evaluate(left & right, facts) is evaluate(right & left, facts)
