"""The catalogue of rules: one definition each, many uses (preview, policy pack, audit, documentation).

A rule says of a subject's facts what must hold, why, how to mend it and who said so. Judging is three-valued: a fact
that is not known yet gives the verdict `unknown` and names the missing field; it never fails.
"""

from .catalogue import RULES, rule, rules_for
from .expressible import Language, expressible, rule_as_json
from .model import Era, Finding, Rule, Severity, Subject, Verdict, judge, judge_all
from .wording import describe

__all__ = [
    "RULES",
    "Era",
    "Finding",
    "Language",
    "Rule",
    "Severity",
    "Subject",
    "Verdict",
    "describe",
    "expressible",
    "judge",
    "judge_all",
    "rule",
    "rule_as_json",
    "rules_for",
]
