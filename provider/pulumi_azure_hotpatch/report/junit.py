"""Judgements as JUnit XML, for pipelines that show test results.

A rule on a resource is a test case: an error that nobody waived is a failure, what is waived or cannot be judged yet
is skipped, and a warning or an advisory passes with its words as output, as it does not fail the command either. So is
a policy that the run violated, under the name `pack/policy`.

Source of the form: the schema of Jenkins' xUnit plugin (junit-10.xsd), which GitLab and Azure Pipelines read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree

from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.previews import Stop

# What XML 1.0 cannot hold.
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(judged: Iterable[Judgement], *, suite: str, stops: Sequence[Stop] = ()) -> str:
    """The document; test cases are named by rule, their classes by resource. What stopped the preview is an error."""
    cases = list(judged)
    root = ElementTree.Element("testsuites", name=suite)
    counts: dict[str, int] = {
        "tests": len(cases) + len(stops),
        "failures": sum(one.counts_as_error for one in cases),
        "errors": len(stops),
        "skipped": sum(one.waived is not None or one.finding.verdict == "unknown" for one in cases),
    }
    found = ElementTree.SubElement(root, "testsuite", {"name": suite} | {name: str(n) for name, n in counts.items()})
    for stop in stops:
        case = ElementTree.SubElement(found, "testcase", classname=_clean(stop.urn or "program"), name="preview")
        ElementTree.SubElement(case, "error", message=_clean(f"the preview failed at {stop}"), type="error")
    for one in cases:
        _case(found, one)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _case(parent: ElementTree.Element, one: Judgement) -> None:
    finding = one.finding
    case = ElementTree.SubElement(parent, "testcase", classname=_clean(one.resource), name=finding.rule)
    words = _clean(f"{finding.reason} Fix: {finding.fix}")
    if one.waived is not None:
        waiver = one.waived
        told = f"waived until {waiver.until.isoformat()} by {waiver.owner}: {waiver.reason}"
        ElementTree.SubElement(case, "skipped", message=_clean(told))
    elif finding.verdict == "unknown":
        ElementTree.SubElement(case, "skipped", message=_clean(finding.reason))
    elif finding.is_error:
        failure = ElementTree.SubElement(case, "failure", message=_clean(finding.reason), type=finding.severity)
        failure.text = words
    elif finding.verdict == "fail":
        ElementTree.SubElement(case, "system-out").text = f"{finding.severity}: {words}"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
