"""Reviews of changes that are written by hand, and the tables of their Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.forecast import Forecast
from pulumi_azure_hotpatch.engine.judgement import Judgement
from pulumi_azure_hotpatch.engine.previews import Change, Preview
from pulumi_azure_hotpatch.report.review import Review

OURS = "pulumi-python:dynamic/azurehotpatch"
GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-contoso/providers"


def vm(name: str) -> str:
    """The id of a virtual machine."""
    return f"{GROUP}/Microsoft.Compute/virtualMachines/{name}"


def urn(kind: str, name: str) -> str:
    """The URN of a resource; kinds without a colon are ours."""
    return f"urn:pulumi:dev::contoso::{token(kind)}::{name}"


def token(kind: str) -> str:
    """The type of a resource in Pulumi."""
    return f"azure-native:{kind}" if ":" in kind else f"{OURS}:{kind}"


def declared(kind: str, name: str, depends_on: Mapping[str, tuple[str, ...]] | None = None, **inputs: Any) -> Declared:
    """A resource of the stack."""
    return Declared(urn(kind, name), token(kind), inputs, depends_on=depends_on or {})


def changed(one: Declared, op: str = "create", *fields: tuple[str, Any, Any]) -> Change:
    """What a run does to it."""
    return Change(one.urn, one.type, op, fields, one.inputs)


def review(*changes: Change, after: tuple[Declared, ...] = (), judged: tuple[Judgement, ...] = ()) -> Review:
    """A review of changes to a stack that will hold `after`."""
    preview = Preview(after, (), changes)
    return Review(preview, judged, datetime(2026, 11, 23, tzinfo=UTC), Forecast((), ()))


def rows(text: str, title: str) -> list[list[str]]:
    """The cells of the table below a heading, as a reader of GitHub's Markdown splits them."""
    section = text.split(f"### {title}\n")[1].split("\n### ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.replace("\\|", "\0").strip("|").split("|")] for line in lines[2:]]
