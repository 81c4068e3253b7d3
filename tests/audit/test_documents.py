"""SARIF, the page and the policy definitions: valid, complete and safe to show."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from pulumi_azure_hotpatch.audit.azure_policy import NEVER, definitions, matches
from pulumi_azure_hotpatch.audit.conditions import NotExpressible
from pulumi_azure_hotpatch.engine.body_lists import bodies_in
from pulumi_azure_hotpatch.engine.estate import Estate
from pulumi_azure_hotpatch.engine.judgement import Judgement, cases, judge_cases
from pulumi_azure_hotpatch.engine.rules import rule
from pulumi_azure_hotpatch.engine.waivers import read_waivers, waive
from pulumi_azure_hotpatch.report.findings_page import findings_page
from pulumi_azure_hotpatch.report.sarif import sarif
from tests.cli.conftest import INVENTORY, Ask

HERE = Path(__file__).parent
# Aliases that built-in definitions use. Source: Azure/azure-policy, 2026-04-29.
_PROFILE = "Microsoft.Compute/virtualMachines/osProfile"
_STORAGE = "Microsoft.Compute/virtualMachines/storageProfile"
_SETTINGS = (
    "patchMode",
    "assessmentMode",
    "automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule",
)
KNOWN_ALIASES = {
    "type",
    *(f"{_PROFILE}.{kind}Configuration" for kind in ("windows", "linux")),
    *(f"{_PROFILE}.{kind}Configuration.patchSettings.{name}" for kind in ("windows", "linux") for name in _SETTINGS),
    f"{_PROFILE}.windowsConfiguration.patchSettings.enableHotpatching",
    f"{_STORAGE}.osDisk.osType",
    *(f"{_STORAGE}.imageReference.{part}" for part in ("publisher", "offer", "sku")),
}


def valid(name: str, document: object) -> None:
    schema = json.loads((HERE / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(document)


AS_OF = datetime(2026, 11, 23, tzinfo=UTC)


def found() -> list[Judgement]:
    """What Python says of the example inventory, with one failure waived."""
    row = {"rule": "hotpatch-forbids-bypass", "resource": "*", "reason": "<b>soon</b>", "owner": "platform team"}
    waivers = read_waivers({"version": 1, "waivers": [{**row, "until": "2027-01-31"}]})
    bodies = list(bodies_in(json.loads(INVENTORY.read_text("utf-8"))))
    judged = judge_cases(cases(Estate.from_bodies(bodies, as_of=AS_OF)))
    return list(waive(judged, waivers, today=AS_OF.date()))


def test_sarif_has_a_result_for_every_finding_and_suppresses_what_is_waived() -> None:
    log = sarif(found(), version="1.0.0", category="audit")
    rows = [one.as_json() for one in found()]
    valid("sarif", log)
    (run,) = log["runs"]
    kinds = {"fail": "fail", "unknown": "open", "pass": "pass"}
    assert [(one["ruleId"], one["kind"]) for one in run["results"]] == [(r["rule"], kinds[r["verdict"]]) for r in rows]
    names = [one["id"] for one in run["tool"]["driver"]["rules"]]
    assert all(names[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    assert {one["ruleId"] for one in run["results"] if "suppressions" in one} == {"hotpatch-forbids-bypass"}
    prints = [tuple(one["partialFingerprints"].values()) for one in run["results"]]
    assert len(set(prints)) == len(prints)


class Page(HTMLParser):
    """What a reader's tools see of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_sarif_shows_findings_at_a_file_of_the_repository_where_one_is_named() -> None:
    log = sarif(found()[:1], version="1.0.0", category="review", artifact="infra\\my stack.yaml")
    valid("sarif", log)
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "infra/my%20stack.yaml"


def test_the_command_prints_sarif_and_the_page(ask: Ask, tmp_path: Path) -> None:
    server = "/subscriptions/s/resourceGroups/g/providers/Microsoft.HybridCompute/machines/branch"
    path = tmp_path / "servers.jsonl"
    path.write_text(json.dumps({"id": server, "properties": {"status": "Expired"}}), encoding="utf-8")
    log = json.loads(ask("audit", "--inventory", path, "--format", "sarif").out)
    valid("sarif", log)
    assert [one["ruleId"] for one in log["runs"][0]["results"]] == ["arc-connected"]
    assert "<strong>arc-connected</strong>" in ask("audit", "--inventory", path, "--format", "html").out


def test_the_page_needs_nothing_else_and_says_all_in_words() -> None:
    written = findings_page(
        (one for one in found() if one.finding.verdict != "pass"), title="Audit", at=AS_OF, asked=55
    )
    page = Page()
    page.feed(written)
    text = " ".join(page.words)
    names = [tag for tag, _ in page.tags]
    assert not {"script", "link", "img", "iframe"} & set(names)
    assert not re.search(r"https?://|url\(", written)
    assert dict(page.tags)["html"] == {"lang": "en"}
    assert [name for name in names if re.fullmatch(r"h\d", name)] == ["h1", "h2", "h2", "h2"]
    assert names.count("table") == names.count("caption")
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in page.tags if tag == "th")
    for words in ("hotpatch-needs-eligible-image", "error", "Waived", "platform team", "Cannot be judged"):
        assert words in text
    assert "<b>soon</b>" not in written
    assert "<b>soon</b>" in text


def test_exported_definitions_are_valid_and_use_aliases_of_built_in_definitions(ask: Ask, tmp_path: Path) -> None:
    scope = "/subscriptions/00000000-0000-0000-0000-000000000001"
    answer = ask("policy-export", "--output", tmp_path / "policies", "--scope", scope)
    assert answer.code == 0
    written = {path.name: json.loads(path.read_text("utf-8")) for path in (tmp_path / "policies").iterdir()}
    initiative = written.pop("azure-hotpatch.initiative.json")
    assert set(written) == {f"{one.rule.id}.json" for one in definitions()}
    for body in written.values():
        valid("azure_policy", body)
        assert fields(body["properties"]["policyRule"]["if"]) <= KNOWN_ALIASES
    members = initiative["properties"]["policyDefinitions"]
    at = f"{scope}/providers/Microsoft.Authorization/policyDefinitions"
    assert {one["policyDefinitionId"] for one in members} == {f"{at}/{body['name']}" for body in written.values()}
    parameters = {one["parameters"]["effect"]["value"] for one in members}
    assert parameters == {f"[parameters('{name}')]" for name in initiative["properties"]["parameters"]}


def fields(condition: dict[str, Any]) -> set[str]:
    found = {condition["field"]} if "field" in condition else set()
    for part in (*condition.get("allOf", ()), *condition.get("anyOf", ()), *filter(None, [condition.get("not")])):
        found |= fields(part)
    return found


SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
MANAGEMENT_GROUPS = "/providers/Microsoft.Management/managementGroups"


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "somewhere",
        "/subscriptions/x",
        SUBSCRIPTION.removeprefix("/subscriptions/"),
        f"{SUBSCRIPTION}/resourceGroups/rg-contoso",
        f"{MANAGEMENT_GROUPS}/",
        f"{MANAGEMENT_GROUPS}/contoso.",
        f"{MANAGEMENT_GROUPS}/-contoso",
        f"{MANAGEMENT_GROUPS}/con toso",
        f"{MANAGEMENT_GROUPS}/{'c' * 91}",
    ],
)
def test_a_scope_that_cannot_hold_definitions_is_refused(ask: Ask, tmp_path: Path, scope: str) -> None:
    answer = ask("policy-export", "--output", tmp_path / "policies", "--scope", scope)
    assert (answer.code, answer.out, len(answer.err.splitlines())) == (2, "", 1)
    assert f"--scope {scope!r}: expected /subscriptions/ID, with a GUID for an id, or" in answer.err
    assert not (tmp_path / "policies").exists()


@pytest.mark.parametrize(
    "scope", [f"{SUBSCRIPTION}/", SUBSCRIPTION.upper(), f"{MANAGEMENT_GROUPS}/contoso-eu_1.(test)"]
)
def test_a_scope_that_can_hold_definitions_is_taken(ask: Ask, tmp_path: Path, scope: str) -> None:
    assert ask("policy-export", "--output", tmp_path, "--scope", scope).code == 0
    initiative = json.loads((tmp_path / "azure-hotpatch.initiative.json").read_text("utf-8"))
    members = initiative["properties"]["policyDefinitions"]
    wanted = scope.rstrip("/").casefold()
    assert all(one["policyDefinitionId"].casefold().startswith(f"{wanted}/providers/") for one in members)


@pytest.mark.parametrize("rule_id", [*NEVER, "hotpatch-needs-agent", "arc-connected", "custom-image-supported"])
def test_what_policy_cannot_express_is_not_exported(rule_id: str) -> None:
    with pytest.raises(NotExpressible):
        matches(rule(rule_id))
