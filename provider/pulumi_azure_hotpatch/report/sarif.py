"""Findings as SARIF 2.1.0, for code scanning and the tools that read it. Pure: judgements in, a document out.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01, 2023-08-28; sections
are named where they decide something.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import quote

from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.rules import RULES, Finding, Rule, Severity, Verdict

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION: Final = "2.1.0"
TOOL: Final = "azure-hotpatch"
FINGERPRINT: Final = "ruleAndResource/v1"
"""The name of the fingerprint by which a viewer knows a finding again: it does not change with the words."""

Level = Literal["error", "warning", "note"]
_LEVELS: Final[Mapping[Severity, Level]] = MappingProxyType({"error": "error", "warning": "warning", "info": "note"})
# What is no failure has the level `none` (3.27.10); `open` is what could not be decided (3.27.9).
_KINDS: Final[Mapping[Verdict, str]] = MappingProxyType({"fail": "fail", "unknown": "open", "pass": "pass"})


def sarif(
    judgements: Iterable[Judgement],
    *,
    version: str,
    category: str,
    artifact: str | None = None,
    failures: Sequence[str] = (),
) -> dict[str, Any]:
    """A log with one run: every judgement as a result, a waived one as a suppressed result.

    `version` is that of this package, `category` tells runs of different questions apart (3.17.3), such as `audit`.
    Resources have no files: `artifact` is the file to show findings at, a path in the repository; without one the
    location is the resource's id. `failures` say why there is less than there should be (3.20.14, 3.20.21).
    """
    rules: dict[str, int] = {}
    first: dict[str, Finding] = {}
    results = []
    for one in judgements:
        first.setdefault(one.finding.rule, one.finding)
        results.append(_result(one, rules.setdefault(one.finding.rule, len(rules)), artifact))
    driver = {"name": TOOL, "version": version, "rules": [_described(finding) for finding in first.values()]}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"{TOOL}/{category}/"},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    if failures:
        told = [{"level": "error", "message": {"text": one}} for one in failures]
        run["invocations"] = [{"executionSuccessful": False, "toolExecutionNotifications": told}]
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


_CATALOGUE: Final = MappingProxyType({one.id: one for one in RULES})


def _described(found: Finding) -> dict[str, Any]:
    """The rule of a finding; of a policy of somebody else's pack nothing is known but what it found."""
    known = _CATALOGUE.get(found.rule)
    if known is not None:
        return _descriptor(known)
    return {
        "id": found.rule,
        "shortDescription": {"text": f"{found.rule}."},
        "fullDescription": {"text": f"{found.source[0].upper()}{found.source[1:]}."},
        "help": {"text": f"Fix: {found.fix}"},
        "defaultConfiguration": {"level": _LEVELS[found.severity]},
        "properties": {"tags": ["azure", "policy"]},
    }


def _descriptor(one: Rule) -> dict[str, Any]:
    words = f"Fix: {one.fix} Source: {one.source} ({one.as_of.isoformat()})."
    disagreement = f" Sources disagree: {one.disagreement}" if one.disagreement else ""
    return {
        "id": one.id,
        "shortDescription": {"text": f"{one.title}."},
        "fullDescription": {"text": f"{one.title}.{disagreement}"},
        "help": {"text": words},
        "defaultConfiguration": {"level": _LEVELS[one.severity]},
        "properties": {"subject": one.subject, "tags": ["azure", "patching", one.subject]},
    }


def _result(one: Judgement, index: int, artifact: str | None) -> dict[str, Any]:
    found = one.finding
    failed = found.verdict == "fail"
    result: dict[str, Any] = {
        "ruleId": found.rule,
        "ruleIndex": index,
        "kind": _KINDS[found.verdict],
        "level": _LEVELS[found.severity] if failed else "none",
        "message": {"text": _message(one.resource, found)},
        "locations": [_location(one, artifact)],
        "partialFingerprints": {FINGERPRINT: _fingerprint(one)},
        "properties": {"field": found.field, "armPath": found.arm_path, "resourceType": one.type},
    }
    if one.waived is not None:
        waiver = one.waived
        answers = f"{waiver.owner} answers for it until {waiver.until.isoformat()}: {waiver.reason}"
        # A waivers file lies beside what is judged, so that the suppression is external (3.35.2).
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": answers}]
    return result


def _message(resource: str, found: Finding) -> str:
    name = resource.rstrip("/").rpartition("/")[2].rpartition("::")[2]
    fix = f" Fix: {found.fix}" if found.verdict == "fail" else ""
    return f"{name}: {found.reason}{fix}"


def _location(one: Judgement, artifact: str | None) -> dict[str, Any]:
    # A relative reference (3.4.3): what a repository's scanner shows findings at must not begin with a slash.
    place = quote((artifact or one.resource).replace("\\", "/").lstrip("/"), safe="/:@!$&'()*+,;=-._~")
    return {
        "physicalLocation": {"artifactLocation": {"uri": place}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": one.resource, "kind": "resource"}],
    }


def _fingerprint(one: Judgement) -> str:
    return hashlib.sha256(f"{one.finding.rule}\n{one.resource.casefold()}".encode()).hexdigest()
