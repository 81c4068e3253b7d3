"""The catalogue of rules: one definition each, many uses (preview, policy pack, audit, documentation).

A rule says of a subject's facts what must hold, why, how to mend it and who said so. Judging is three-valued: a fact
that is not known yet gives the verdict `unknown` and names the missing field; it never fails.
"""

from .catalogue import RULES, rule, rules_for
from .model import Finding, Rule, Severity, Subject, Verdict, judge, judge_all

__all__ = ["RULES", "Finding", "Rule", "Severity", "Subject", "Verdict", "judge", "judge_all", "rule", "rules_for"]
