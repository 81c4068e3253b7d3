"""What is not known yet never makes a rule fail, and learning it never turns a verdict around."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.rules import RULES, judge
from tests.engine.test_rules import CASES


def paths(facts: Any, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every value that can be hidden: the leaves, and whole parts that a property looks into."""
    found: list[tuple[str, ...]] = []
    for field in fields(facts):
        value = getattr(facts, field.name)
        if is_dataclass(value):
            found += paths(value, (*prefix, field.name))
        elif value is not UNKNOWN:
            found.append((*prefix, field.name))
    return found


def hide(facts: Any, path: tuple[str, ...]) -> Any:
    """`facts` with the value at `path` not known."""
    name, *rest = path
    return replace(facts, **{name: hide(getattr(facts, name), tuple(rest)) if rest else UNKNOWN})


@given(st.data())
def test_learning_more_never_turns_a_verdict_around(data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(RULES))
    cases = CASES[rule.id]
    known: Any = data.draw(st.sampled_from([cases.passes, cases.violates]))
    hidden = data.draw(st.sets(st.sampled_from(paths(known)), max_size=6))
    veiled = known
    for path in sorted(hidden):
        veiled = hide(veiled, path)
    before = [finding.verdict for finding in judge([rule], veiled)]
    (after,) = [finding.verdict for finding in judge([rule], known)]
    if before == ["fail"]:
        assert after == "fail"
    elif before == ["pass"]:
        assert after == "pass"
    else:
        assert before == ["unknown"], "what is silent while something is hidden must be silent afterwards"
