"""Write `docs/rules/` from the catalogue: `python tools/generate_rules.py`.

One page per kind of subject with a section for every rule, one per topic, and an index. Nothing in that folder is
written by hand; a test compares it with what this would write.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from pulumi_azure_hotpatch.engine.pages import TOPICS, rule_section, topic
from pulumi_azure_hotpatch.engine.rules import RULES, Rule

FOLDER: Final = Path(__file__).parents[1] / "docs" / "rules"

_TITLES: Final = {
    "machine": "Rules about machines",
    "arc_server": "Rules about Arc-enabled servers",
    "scale_set": "Rules about scale sets",
    "schedule": "Rules about schedules",
    "assignment": "Rules about assignments",
    "dynamic_scope": "Rules about dynamic scopes",
    "installation": "Rules about installations on demand",
    "rollout": "Rules about rollouts",
    "feature": "Rules about preview features",
    "declaration": "Rules about declarations",
    "coverage": "Rules about leaving no machine out",
    "estate": "Rules about an estate as a whole",
    "waiver": "Rules about waivers",
}


def pages() -> Mapping[str, str]:
    """Every file of the folder by its name, with its text."""
    written = {f"{name}.md": topic(name) for name in TOPICS}
    by_subject = {subject: [rule for rule in RULES if rule.subject == subject] for subject in _TITLES}
    written |= {f"{_file(subject)}.md": _subject_page(subject, rules) for subject, rules in by_subject.items()}
    written["README.md"] = _index(by_subject)
    return written


def write(folder: Path = FOLDER) -> None:
    """Write the pages, and remove what is no page any more."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for stale in folder.glob("*.md"):
        if stale.name not in wanted:
            stale.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def _file(subject: str) -> str:
    return f"rules-{subject.replace('_', '-')}"


def _subject_page(subject: str, rules: list[Rule]) -> str:
    sections = [f"# {_TITLES[subject]}\n"]
    sections += [f"## {rule.id}\n\n{rule_section(rule)}" for rule in rules]
    return "\n".join(sections)


def _index(by_subject: Mapping[str, list[Rule]]) -> str:
    lines = [
        "# Rules",
        "",
        f"{len(RULES)} rules, written by `tools/generate_rules.py` from the catalogue. An error stops a deployment, a",
        "warning says that something will not do what it seems to, a remark is good to know.",
        "",
        "## Topics",
        "",
        *(f"* [{title}]({name}.md)" for name, title in TOPICS.items()),
    ]
    for subject, rules in by_subject.items():
        lines += ["", f"## {_TITLES[subject]}", "", "| rule | severity | what must hold |", "|---|---|---|"]
        for era, group in groupby(rules, key=lambda rule: rule.era):
            past = "" if era == "current" else f" (era {era})"
            lines += [
                f"| [{rule.id}]({_file(subject)}.md#{rule.id}) | {rule.severity} | {rule.title}{past} |"
                for rule in group
            ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write()
