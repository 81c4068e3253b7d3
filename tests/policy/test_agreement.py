"""A preview, the command line and the policy pack say the same of one and the same installation or rollout."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.cli.inputs import Given
from pulumi_azure_hotpatch.engine.judgement import judge_cases
from pulumi_azure_hotpatch.engine.previews import read_preview
from pulumi_azure_hotpatch.engine.rules import Finding
from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.handlers import find
from pulumi_azure_hotpatch.host import wire
from pulumi_azure_hotpatch.policy.judged import JUDGED
from pulumi_azure_hotpatch.policy.review import review
from tests.cli.test_preview import LATER, preview, step
from tests.host.bags import KINDS, UNKNOWN, Bag, Kind, as_floats, hide, paths
from tests.support.simulated import Azure

AS_OF = datetime(2026, 11, 23, tzinfo=UTC)
IN_THE_PACK = frozenset(rule.id for rule in JUDGED)

kinds = pytest.mark.parametrize("kind", [KINDS["PatchInstallation"], KINDS["PatchRollout"]], ids=repr)


def told(findings: Iterable[Finding]) -> set[tuple[str, str, str]]:
    return {(one.rule, one.verdict, one.reason) for one in findings if one.rule != "installation-declared-twice"}


def in_a_preview(azure: Azure, kind: Kind, bag: Bag) -> set[tuple[str, str, str]]:
    """What the resource itself says where it may not ask Azure."""
    handler = find(kind.handler)
    draft, wrong = wire.draft(handler.inputs, as_floats(bag))
    assume(not wrong)
    ctx = azure.context()
    ctx.may_read = False
    return told(handler.check(ctx, draft))


def later(value: Any) -> Any:
    """A declaration as `pulumi preview --json` writes it."""
    if isinstance(value, dict):
        return {key: later(item) for key, item in value.items()}
    if isinstance(value, list):
        return [later(item) for item in value]
    return LATER if value is UNKNOWN else value


@pytest.fixture(scope="module")
def azure() -> Azure:
    return Azure()


@kinds
@given(data=st.data())
def test_one_declaration_is_judged_alike_by_all(azure: Azure, kind: Kind, data: st.DataObject) -> None:
    bag = data.draw(kind.bags)
    places = data.draw(st.sets(st.sampled_from(sorted(paths(bag), key=str)), max_size=2))
    declared = hide(bag, places)
    in_preview = in_a_preview(azure, kind, declared)
    told_of = read_preview(json.loads(preview(step(kind.name, "one", **later(declared)))))
    asked = Given([], [told_of]).joined(AS_OF)
    on_the_command_line = told(one.finding for one in judge_cases(asked.declarations()))
    assert on_the_command_line == in_preview
    of_the_pack = review(told_of.after, (), now=AS_OF)
    by_the_pack = told(
        one.judgement.finding for one in of_the_pack.found if one.rule.startswith(("install", "rollout"))
    )
    assert by_the_pack == {one for one in in_preview if one[0] in IN_THE_PACK}


@kinds
def test_what_a_resource_refuses_is_refused_in_its_words(kind: Kind) -> None:
    wrong: Bag = {**dict.fromkeys(kind.required, 5.0), "maximumDuration": "soon"}
    _, failures = wire.draft(find(kind.handler).inputs, wrong)
    asked = Given([], [read_preview(json.loads(preview(step(kind.name, "one", **wrong))))]).joined(AS_OF)
    with pytest.raises(InvalidInput) as refused:
        list(asked.declarations())
    reasons = "; ".join(f"{failure.property}: {failure.reason}" for failure in failures)
    assert len(failures) == 2
    assert str(refused.value) == f"{kind.name} 'one': {reasons}"
