"""`azure-hotpatch explain`."""

from __future__ import annotations

from typing import Any

from rich.markdown import Markdown
from rich.text import Text

from pulumi_azure_hotpatch.engine.pages import TOPICS, explain
from pulumi_azure_hotpatch.engine.rules import RULES

from . import output


def run(name: str | None, *, as_json: bool) -> int:
    """Print the page of a rule or a topic, or the list of topics. Raises InvalidInput for a name that is neither."""
    if name is None:
        return _list_topics(as_json=as_json)
    page = explain(name)
    if as_json:
        output.print_json([_row(name.strip().casefold(), page)])
        return 0
    console = output.console()
    if console.is_terminal:
        output.show(console, Markdown(page, hyperlinks=False))
    else:
        # Markdown is text already, and in a file it is the better one.
        output.write(page)
    return 0


def names() -> list[str]:
    """Everything that can be explained."""
    return [*TOPICS, *(rule.id for rule in RULES)]


def _list_topics(*, as_json: bool) -> int:
    if as_json:
        output.print_json(_row(name, explain(name)) for name in TOPICS)
        return 0
    console = output.console()
    shown = output.table("Topic", "About", folding=("About",))
    for name, title in TOPICS.items():
        shown.add_row(Text(name, "bold"), Text(title))
    hint = "`azure-hotpatch explain TOPIC` prints one; `azure-hotpatch rules` lists the rules."
    output.show(console, shown, "", Text(hint, "dim"))
    return 0


def _row(name: str, page: str) -> dict[str, Any]:
    """`{name, kind: rule|topic, title, text}`; the text is Markdown."""
    by_id = {rule.id: rule for rule in RULES}
    title = TOPICS[name] if name in TOPICS else by_id[name].title
    return {"name": name, "kind": "topic" if name in TOPICS else "rule", "title": title, "text": page}
