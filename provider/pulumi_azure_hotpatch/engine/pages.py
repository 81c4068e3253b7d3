"""Explain pages: one for every rule, and topics for what no rule can enforce."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import resources
from types import MappingProxyType
from typing import Final

from pulumi_azure_hotpatch.errors import InvalidInput

from .images import HOTPATCH_IMAGES
from .outcome import TRUTH_TABLE
from .rules import RULES, Rule, describe, expressible, rule
from .rules.model import in_general
from .rules.not_decidable import NOT_DECIDABLE
from .track import TRANSITIONS, Signal, TrackState

TOPICS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "outcome": "What will happen to a machine",
        "what-hotpatch-covers": "What hotpatch covers, and what it does not",
        "hotpatch-calendar": "The hotpatch calendar",
        "hotpatch-images": "Images that can be hotpatched",
        "hotpatch-track": "The hotpatch track of a machine",
        "automatic-guest-patching": "Patching by the platform",
        "on-demand": "Assessing and installing on demand",
        "custom-images": "Custom images",
        "patch-status": "Where a machine's patch status shows",
        "best-practices": "Best practices that come with the image",
        "preview-2021": "The preview of 2021",
        "in-place-upgrade": "No upgrade in place to Azure Edition",
        "licence-and-support": "Licence, price, support",
        "errors": "What Azure says, and what to do",
        "disagreements": "Where the sources disagree",
        "not-decidable": "What cannot be decided before the fact",
    }
)

_LANGUAGES: Final = {"kql": "Resource Graph (`audit`)", "azure_policy": "Azure Policy (`policy-export`)"}
# Who judges a rule in Python, by what it is about.
_JUDGES: Final = {
    "estate": "the policy pack",
    "coverage": "`check` and `review` on a whole stack, the policy pack",
    "waiver": "`check`, `review`, `audit`, the policy pack",
}
_OF_PREVIEWS_ONLY: Final = frozenset(
    ("subscription-known", "fleet-machines-named-once", "fleet-has-machines", "scale-set-settings-need-flexible")
)
_COMMONLY: Final = "previews, `check`, `review`"
_NO_INPUTS: Final = frozenset(("estate", "coverage", "waiver"))


def explain(name: str) -> str:
    """The page of a rule or a topic, in Markdown. Raises InvalidInput, with the nearest names, for anything else."""
    wanted = name.strip().casefold()
    if wanted in TOPICS:
        return topic(wanted)
    names = [one.id for one in RULES]
    if wanted in names:
        return f"# {wanted}\n\n{rule_section(rule(wanted))}"
    near = get_close_matches(wanted, [*names, *TOPICS], n=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    raise InvalidInput(f"There is no rule or topic '{name}'{hint}. `azure-hotpatch rules` lists the rules.")


def topic(name: str) -> str:
    """A topic's page. Raises InvalidInput for a name that is not in `TOPICS`."""
    if name not in TOPICS:
        raise InvalidInput(f"There is no topic '{name}'; there are {', '.join(TOPICS)}.")
    match name:
        case "disagreements":
            return _disagreements()
        case "not-decidable":
            return _not_decidable()
    text = resources.files("pulumi_azure_hotpatch.engine").joinpath("topics", f"{name}.md").read_text("utf-8")
    return (
        text.replace("{track-table}", _track_table())
        .replace("{outcome-table}", _outcome_table())
        .replace("{hotpatch-images}", "\n".join(f"* `{image}`" for image in HOTPATCH_IMAGES))
    )


def rule_section(one: Rule) -> str:
    """What there is to say of one rule, below its heading."""
    lines = [f"{one.title}.", ""]
    lines += [f"* **Severity**: {one.severity}"]
    lines += [f"* **About**: {one.subject.replace('_', ' ')}, `{one.field}`"]
    lines += [f"* **Applies when**: {describe(one.applies_to)}"] if one.applies_to.fields else []
    lines += [f"* **Requires**: {describe(one.require)}"]
    lines += [f"* **Says**: {in_general(one.reason)}"]
    lines += [f"* **Fix**: {one.fix}"]
    dated = "" if str(one.as_of) in one.source else f" (as of {one.as_of})"
    lines += [f"* **Source**: {one.source}{dated}"]
    judges = "previews" if one.id in _OF_PREVIEWS_ONLY else _JUDGES.get(one.subject, _COMMONLY)
    asked = (_LANGUAGES[language] for language in expressible(one) if language in _LANGUAGES)
    pack = (
        "" if one.subject in _NO_INPUTS or one.id in _OF_PREVIEWS_ONLY else "; the policy pack where inputs decide it"
    )
    lines += [f"* **Evaluated in**: {', '.join((judges, *asked))}{pack}"]
    lines += [f"* **Sources disagree**: {one.disagreement} The switch `{one.switch}` softens it."] if one.switch else []
    lines += [f"* **Era**: {one.era}"] if one.era != "current" else []
    return "\n".join(lines) + "\n"


def _outcome_table() -> str:
    says = {
        "schedule": "the schedule runs",
        "platform": "Azure patches it",
        "nothing": "nothing",
        "error": "nothing; the schedule ends with a prerequisite error",
    }
    rows = [
        f"| {_yes(by_platform)} | {_yes(bypass)} | {_yes(scheduled)} | {says[verdict]} |"
        for (by_platform, bypass, scheduled), verdict in TRUTH_TABLE.items()
    ]
    return "\n".join(["| AutomaticByPlatform | bypass flag | schedule | what happens |", "|---|---|---|---|", *rows])


def _track_table() -> str:
    head = f"| | {' | '.join(TrackState)} |"
    rows = [
        f"| {signal} | {' | '.join(TRANSITIONS.get((state, signal), '-') for state in TrackState)} |"
        for signal in Signal
    ]
    return "\n".join([head, "|---" * (len(TrackState) + 1) + "|", *rows])


def _disagreements() -> str:
    lines = [
        f"# {TOPICS['disagreements']}",
        "",
        "Each of these rules has a switch that softens it by one step: an error becomes a warning, a warning a remark.",
        "",
        "| rule | says | the other voice | switch |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{one.id}` | {one.title} ({one.source}) | {one.disagreement} | `{one.switch}` |"
        for one in RULES
        if one.switch
    ]
    return "\n".join(lines) + "\n"


def _not_decidable() -> str:
    lines = [
        f"# {TOPICS['not-decidable']}",
        "",
        "What the sources require or warn of, and no rule can decide from a declaration and what Azure shows.",
        "",
        "| about | the sources say | no rule, because | source |",
        "|---|---|---|---|",
    ]
    lines += [f"| {one.subject} | {one.says} | {one.because} | {one.source} |" for one in NOT_DECIDABLE]
    return "\n".join(lines) + "\n"


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
