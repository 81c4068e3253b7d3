"""One of a thing is spoken of as one, wherever a number stands in a sentence."""

import re
from types import SimpleNamespace

import pytest

from pulumi_azure_hotpatch.engine.counting import counted
from pulumi_azure_hotpatch.engine.rules import RULES, Rule
from pulumi_azure_hotpatch.engine.rules.model import fill, in_general

CHANGES = "{new:machine comes|machines come} into the scope."
# A number of several words for which one cannot be: what is at most a limit, or that many of a whole.
MANY_FOR_SURE = ("the limit is", "{full_name_length} characters")


@pytest.mark.parametrize(
    ("number", "noun", "plural", "said"),
    [
        (1, "machine", None, "1 machine"),
        (0, "machine", None, "0 machines"),
        (10_000, "machine", None, "10,000 machines"),
        (1, "patch", "patches", "1 patch"),
        (2, "patch", "patches", "2 patches"),
    ],
)
def test_a_number_goes_with_its_noun(number: int, noun: str, plural: str | None, said: str) -> None:
    assert counted(number, noun, plural) == said


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 machine comes into the scope."), (2, "2 machines come into the scope.")]
)
def test_a_reason_has_words_for_one_and_for_several(number: int, said: str) -> None:
    assert fill(CHANGES, SimpleNamespace(new=number)) == said


def test_a_page_shows_the_words_for_several() -> None:
    assert in_general(CHANGES) == "{new} machines come into the scope."


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_rule_speaks_of_one_as_of_many(rule: Rule) -> None:
    sure = any(words in rule.reason for words in MANY_FOR_SURE)
    assert sure or not re.findall(r"\{[a-z_.]+\} (?!(?:is|has|was|does|dates|answers)\b)[a-z]+s\b", rule.reason)
