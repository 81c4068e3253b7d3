"""Waivers in a policy pack: what is waived is listed, expired ones fail, unused ones are told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.policy import hotpatch_policies
from tests.policy.conftest import PACK
from tests.policy.stacks import BY_PLATFORM, BYPASS, settings, vm
from tests.policy.test_levels import IN_NEW_GROUPS, IN_OLD_GROUPS, levels
from tests.support.analyzer import Analyzer

ROWS = [
    ("hotpatch-forbids-bypass", "urn:*::sql-1", "The vendor asks for it.", "database team", "2999-12-31"),
    ("hotpatch-forbids-bypass", "*/virtualMachines/web01", "Until the migration.", "web team", "2999-12-31"),
    ("hotpatch-needs-platform-mode", "urn:*::old-1", "Was to be gone by now.", "web team", "2026-01-31"),
    ("schedule-duration", "*/nothing", "Nothing any more.", "web team", "2999-12-31"),
    ("machine-off", "*/audited", "Only audits see that.", "web team", "2999-12-31"),
]
FIELDS = ("rule", "resource", "reason", "owner", "until")
WAIVERS = yaml.safe_dump({"version": 1, "waivers": [dict(zip(FIELDS, row, strict=True)) for row in ROWS]})
BOTH = BY_PLATFORM | BYPASS | {"enableHotpatching": True}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    copied = Path(shutil.copytree(PACK, tmp_path / "pack"))
    (copied / "waivers.yaml").write_text(WAIVERS, encoding="utf-8")
    return copied


def test_waivers_take_the_violation_away_and_tell_of_it_at_the_end(pack: Path) -> None:
    sql, web, app = (vm(name, patching=BOTH) for name in ("sql-1", "web01", "app-1"))
    old = settings("old-1", enableHotpatching=True, patchMode="Manual")
    with Analyzer(pack) as analyzer:
        assert levels(analyzer, sql) == levels(analyzer, web) == {}
        assert levels(analyzer, app) == {"hotpatch-forbids-bypass": "advisory"}
        assert levels(analyzer, old) == {"hotpatch-needs-platform-mode": "advisory"}
        analyzer.configure({"hotpatch-forbids-bypass": "remediate"})
        assert analyzer.remediate(sql) == {}, "what somebody answers for is not changed behind their back"
        analyzer.configure({})
        found = analyzer.analyze_stack([sql, web, app, old])
    waived = {one.urn: one.message for one in found if one.policy == "waived"}
    assert set(waived) == {sql.urn, web.urn}
    assert "database team answers for it until 2999-12-31: The vendor asks for it." in waived[sql.urn]
    (expired,) = [one for one in found if one.policy == "waiver-expired"]
    assert expired.level == "mandatory"
    assert "for which web team answers, ended on 2026-01-31" in expired.message
    (unused,) = [one for one in found if one.policy == "waiver-unused"]
    assert (unused.level, "*/nothing" in unused.message) == ("advisory", True)


def test_a_waiver_for_a_group_covers_a_machine_whose_subscription_comes_from_signing_in(pack: Path) -> None:
    row = {**dict(zip(FIELDS, ROWS[0], strict=True)), "resource": "*/resourceGroups/rg-new-*"}
    (pack / "waivers.yaml").write_text(yaml.safe_dump({"version": 1, "waivers": [row]}), encoding="utf-8")
    with Analyzer(pack) as analyzer:
        for resource in IN_NEW_GROUPS:
            assert "hotpatch-forbids-bypass" not in levels(analyzer, resource)
        for resource in IN_OLD_GROUPS:
            assert "hotpatch-forbids-bypass" in levels(analyzer, resource)


def test_a_pack_whose_waivers_cannot_be_read_does_not_start(pack: Path) -> None:
    (pack / "waivers.yaml").write_text(WAIVERS.replace("owner: database team", "owners: x"), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"^waivers\.yaml: waivers, row 1: 'owners' is not a field"):
        hotpatch_policies(waivers=pack / "waivers.yaml")
    (pack / "waivers.yaml").write_text("version: [", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"^waivers\.yaml: neither YAML nor JSON"):
        hotpatch_policies(waivers=pack / "waivers.yaml")
    with pytest.raises(InvalidInput, match=r"^missing\.yaml: cannot be read \(No such file or directory\)$"):
        hotpatch_policies(waivers=pack / "missing.yaml")
