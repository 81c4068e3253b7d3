"""Charts of a report, drawn by pygal as SVG that lies in the page.

A chart has neither colours nor fonts of its own: the page's style gives them, for light, dark and paper alike. It is
one image with a name for whoever does not see it; the same figures stand beside it in a table.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from pulumi_azure_hotpatch.extras import needs_extra

from .overview import COMING, Coming, Month
from .rollouts import Rollout

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_WIDTH: Final = 1000
_SVG: Final = "http://www.w3.org/2000/svg"
_DROPPED: Final = frozenset(("defs", "script", "title", "desc", "style"))
"""Styles and scripts of pygal's own, and tooltips that need them."""


def restarts_chart(months: Sequence[Month]) -> str:
    """Restarts by month, without and with hotpatching."""
    series = {
        "without hotpatch": [month.without_hotpatch for month in months],
        "with hotpatch": [month.restarts for month in months],
        "not decided": [month.open_restarts for month in months],
    }
    return _draw(
        "Bar", "restarts", "Restarts by month, without and with hotpatch", [month.month for month in months], series
    )


def coming_chart(months: Sequence[Month]) -> str:
    """Machines by what each month brings them."""
    used: list[Coming] = [name for name in COMING if any(month.coming.get(name) for month in months)]
    series = {COMING[name]: [month.coming.get(name, 0) for month in months] for name in used}
    classes = {COMING[name]: name for name in used}
    return _draw(
        "StackedBar",
        "coming",
        "Machines by what each month brings them",
        [month.month for month in months],
        series,
        classes,
    )


def rollout_chart(rollout: Rollout, number: int) -> str:
    """The rings of a rollout: patched, failed and remaining machines; empty where nothing of them is known."""
    rings = [ring for ring in rollout.rings if ring.machines is not None]
    if not rings:
        return ""
    # From bottom to top, as bars are drawn.
    rings.reverse()
    series = {
        "patched": [ring.succeeded or 0 for ring in rings],
        "failed": [ring.failed or 0 for ring in rings],
        "to come": [ring.remaining or 0 for ring in rings],
    }
    return _draw(
        "HorizontalStackedBar",
        f"rollout-{number}",
        f"Machines of rollout {rollout.name} by ring",
        [ring.ring for ring in rings],
        series,
        height=100 + 34 * len(rings),
    )


def _draw(
    kind: str,
    identity: str,
    name: str,
    labels: Iterable[str],
    series: Mapping[str, Sequence[int]],
    classes: Mapping[str, str] | None = None,
    *,
    height: int = 260,
) -> str:
    chart: Any = getattr(_library(), kind)(
        width=_WIDTH,
        height=height,
        js=(),
        legend_at_bottom=True,
        legend_at_bottom_columns=max(1, len(series)),
        margin=4,
        integer_only=True,
        min_scale=2,
        max_scale=6,
        print_values=False,
        rounded_bars=2,
        truncate_label=-1,
        truncate_legend=-1,
        value_formatter=lambda value: f"{value:,.0f}",
    )
    # Its own is drawn by chance, and two reports of the same fleet are the same file.
    chart.uuid = identity
    chart.x_labels = list(labels)
    for title, values in series.items():
        chart.add(title, list(values))
    tree = chart.render_tree()
    _clean(tree)
    for number, title in enumerate(series):
        _name_series(tree, number, (classes or {}).get(title, title.replace(" ", "-")))
    tree.set("role", "img")
    tree.set("aria-label", name)
    tree.set("class", f"chart chart-{identity.partition('-')[0]}")
    ElementTree.register_namespace("", _SVG)
    text: str = ElementTree.tostring(tree, encoding="unicode")
    return text


def _library() -> Any:
    """Pygal, without the import hook for its plugins that it leaves behind: we use none, and Python 3.11 warns of it
    at every later import.
    """
    with needs_extra("report", "A report"):
        import pygal
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]
    return pygal


def _clean(element: Element) -> None:
    # Several charts lie in one page, and pygal numbers the series of each from 0.
    element.attrib.pop("id", None)
    for child in list(element):
        # A comment's tag is a function: pygal writes today's date into one.
        tag: object = child.tag
        if not isinstance(tag, str) or tag.rpartition("}")[2] in _DROPPED:
            element.remove(child)
        else:
            _clean(child)


def _name_series(tree: Element, number: int, name: str) -> None:
    """The class `is-NAME` beside pygal's `color-N`, for styles that do not depend on the order of series."""
    for element in tree.iter():
        held = element.get("class", "").split()
        if f"color-{number}" in held:
            element.set("class", " ".join((*held, f"is-{name}")))
