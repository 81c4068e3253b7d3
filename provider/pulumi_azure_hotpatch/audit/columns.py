"""Facts as columns of Kusto queries: what a table is, and the expressions that all of them share.

What `engine.inventory` reads from a body is computed by a query, so that both see the same: a key that is missing and
one that is null are alike, and so is an empty text, which Azure keeps in none of these fields. The letter case of keys
counts, that of values does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from pulumi_azure_hotpatch.engine.facts import PATCH_FIELD_PATHS

NOT_KNOWN: Final = "<unknown>"
"""What a column holds for a fact that is not known; an absent fact is an empty text."""

Kind = Literal["text", "flag", "number"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and the expression that makes it, always of text: `true` and `false` for flags."""

    name: str
    value: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """What is asked of one kind of subject: the pipeline that makes the rows, and columns by the names of facts.

    `type` is that of the resources that findings are about. `constants` are facts that every row shares, `joins` the
    steps that a column needs before it, `worded` columns that no rule asks for, but its words may.
    """

    type: str
    rows: str
    columns: Mapping[str, Column]
    constants: Mapping[str, bool] = field(default_factory=dict)
    joins: Mapping[str, str] = field(default_factory=dict)
    worded: Mapping[str, Column] = field(default_factory=dict)


_FLAGS: Final = frozenset(
    (
        "settings.enable_hotpatching",
        "settings.bypass_platform_safety_checks_on_user_schedule",
        "enable_hotpatching",
        "provision_vm_agent",
        "enable_automatic_updates",
        "allow_extension_operations",
        "reboot_pending",
        "image",
        "has_custom_image",
        "is_licensed",
        "wants_hotpatch",
        "is_server_2025",
        "is_azure_edition",
        "has_health_extension",
        "has_patch_selection",
        "has_locations",
        "machine.is_arc",
        "machine.settings.enable_hotpatching",
        "machine.settings.bypass_platform_safety_checks_on_user_schedule",
    )
)

SETTINGS: Final = {
    f"settings.{name}": f"tostring(configuration.patchSettings.{'.'.join(path)})"
    for name, path in PATCH_FIELD_PATHS.items()
}
"""The patch settings, below `configuration`."""


def columns(values: Mapping[str, str], prefix: str = "") -> dict[str, Column]:
    """Columns by the names of facts, from expressions by the same names."""
    return {
        fact: Column(
            f"{prefix}{fact.removeprefix('settings.').replace('.', '_')}",
            value,
            "flag" if fact in _FLAGS else "text",
        )
        for fact, value in values.items()
    }


def flag(condition: str) -> str:
    """A condition as a column's text."""
    return f"iff({condition}, 'true', 'false')"


def known_if(seen: str, values: Mapping[str, str]) -> dict[str, str]:
    """The expressions, where `seen` holds; else the facts are not known."""
    return {fact: f"iff({seen}, {value}, '{NOT_KNOWN}')" for fact, value in values.items()}


def filled(value: str) -> str:
    """Whether an object or a list is there with anything in it."""
    return f"tostring({value}) !in ('', '{{}}', '[]')"


def first_of(*values: str) -> str:
    """The first text that is not empty."""
    *chosen, last = (f"tostring({value})" for value in values)
    return f"case({', '.join(f'isnotempty({value}), {value}' for value in chosen)}, {last})"


def quoted(names: Iterable[str]) -> str:
    """Texts in lower case, as a list's members."""
    return ", ".join(f"'{name.casefold()}'" for name in names)


TRIPLE: Final = (
    "iff(isempty(tostring(reference.publisher)) or isempty(tostring(reference.offer))"
    " or isempty(tostring(reference.sku)), '',"
    " strcat(tostring(reference.publisher), ':', tostring(reference.offer), ':', tostring(reference.sku)))"
)
"""A marketplace image in `reference`, empty for any other."""


def system(profile: str) -> str:
    """Steps that tell `os` (Windows, Linux or nothing) with its `configuration` and the image's `reference`.

    By the profile's configuration, else by the disk's type, as `engine.inventory.os_kind` has it.
    """
    return f"""| extend windows = {profile}.osProfile.windowsConfiguration,
    linux = {profile}.osProfile.linuxConfiguration, reference = {profile}.storageProfile.imageReference,
    disk_os = {first_of(f"{profile}.storageProfile.osDisk.osType", f"{profile}.osType")}
| extend os = case({filled("windows")}, 'Windows', {filled("linux")}, 'Linux',
    disk_os =~ 'windows', 'Windows', disk_os =~ 'linux', 'Linux', '')
| extend configuration = iff(os == 'Linux', linux, windows)
"""
