"""Rules as Azure Policy definitions: what policy can express without loss, and nothing else.

Only aliases that built-in definitions use are used here, and only the operators `allOf`, `anyOf`, `not`, `equals`, `in`
and `exists`. Policy has two answers: a definition matches a machine that fails the rule. Texts compare without letter
case, a field that is missing or null equals nothing. Sources: Azure/azure-policy, built-in definitions, 2026-04-29
(aliases: 6d02d2f7, 9905ca54, 59efceea, bd876905); Microsoft Learn, Azure Policy definition structure (conditions).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from pulumi_azure_hotpatch.engine.facts import VIRTUAL_MACHINES
from pulumi_azure_hotpatch.engine.logic import All, Any_, AtLeast, Equals, Expression, In, Not
from pulumi_azure_hotpatch.engine.rules import RULES, Rule
from pulumi_azure_hotpatch.engine.rules.model import CURRENT

from .conditions import NotExpressible

Condition = dict[str, Any]
Value = str | bool | int | None

DEFINITION_TYPE: Final = "Microsoft.Authorization/policyDefinitions"
INITIATIVE_TYPE: Final = "Microsoft.Authorization/policySetDefinitions"
INITIATIVE: Final = "azure-hotpatch"
CATEGORY: Final = "Azure Update Manager"
EFFECTS: Final = ("Audit", "Deny", "Disabled")
OPERATORS: Final = frozenset(("allOf", "anyOf", "not", "equals", "in", "exists"))

# Microsoft Learn, Azure Policy definition structure: the longest names and descriptions.
_LONGEST_NAME: Final = 128
_LONGEST_DESCRIPTION: Final = 512

_VM: Final = VIRTUAL_MACHINES
_WINDOWS: Final = f"{_VM}/osProfile.windowsConfiguration"
_LINUX: Final = f"{_VM}/osProfile.linuxConfiguration"
_DISK: Final = f"{_VM}/storageProfile.osDisk.osType"
_IMAGE: Final = tuple(f"{_VM}/storageProfile.imageReference.{part}" for part in ("publisher", "offer", "sku"))

# Below patchSettings of both systems, and of Windows only.
_BOTH: Final = {
    "settings.patch_mode": "patchMode",
    "settings.assessment_mode": "assessmentMode",
    "settings.bypass_platform_safety_checks_on_user_schedule": (
        "automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule"
    ),
}
_WINDOWS_ONLY: Final = {"settings.enable_hotpatching": "enableHotpatching"}

NEVER: Final[Mapping[str, str]] = MappingProxyType(
    {"hotpatch-is-windows-only": "there is no alias for enableHotpatching on Linux"}
)
"""Rules that could be written and would match nothing, with the reason."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A rule as a policy definition's body."""

    rule: Rule
    name: str
    body: Mapping[str, Any]


def definitions() -> tuple[Definition, ...]:
    """Every rule of today that Azure Policy can express, in catalogue order."""
    return tuple(definition(rule) for rule in RULES if rule.era == CURRENT and is_expressible(rule))


def is_expressible(rule: Rule) -> bool:
    """Whether Azure Policy can express a rule without loss."""
    try:
        matches(rule)
    except NotExpressible:
        return False
    return True


def matches(rule: Rule) -> Condition:
    """The condition that holds for a machine that fails the rule. Raises NotExpressible."""
    if rule.subject != "machine" or rule.id in NEVER:
        raise NotExpressible(rule.field)
    of_type = {"field": "type", "equals": _VM}
    applies, fails = _holds(rule.applies_to), _negated(_holds(rule.require))
    if applies is False or fails is False:
        raise NotExpressible(rule.field)
    parts = [part for one in (applies, fails) if one is not True for part in _flat("allOf", one)]
    return {"allOf": [of_type, *parts]}


def definition(rule: Rule) -> Definition:
    """A rule's definition. Raises NotExpressible."""
    name = f"{INITIATIVE}-{rule.id}"
    properties = {
        "displayName": _cut(rule.title, _LONGEST_NAME),
        "policyType": "Custom",
        "mode": "Indexed",
        "description": _cut(f"{rule.title}. Fix: {rule.fix} Source: {rule.source}.", _LONGEST_DESCRIPTION),
        "metadata": {
            "version": "1.0.0",
            "category": CATEGORY,
            "rule": rule.id,
            "severity": rule.severity,
            "asOf": rule.as_of.isoformat(),
        },
        "parameters": {"effect": _effect()},
        "policyRule": {"if": matches(rule), "then": {"effect": "[parameters('effect')]"}},
    }
    return Definition(rule, name, {"name": name, "type": DEFINITION_TYPE, "properties": properties})


def initiative(chosen: Iterable[Definition], scope: str) -> dict[str, Any]:
    """The initiative over definitions that are stored at `scope` (a subscription's or a management group's id)."""
    parameters, members = {}, []
    for one in chosen:
        parameter = f"effect_{one.rule.id.replace('-', '_')}"
        parameters[parameter] = _effect(one.rule.title)
        members.append(
            {
                "policyDefinitionReferenceId": one.name,
                "policyDefinitionId": f"{scope.rstrip('/')}/providers/{DEFINITION_TYPE}/{one.name}",
                "parameters": {"effect": {"value": f"[parameters('{parameter}')]"}},
            }
        )
    properties = {
        "displayName": "Hotpatch and guest patching",
        "policyType": "Custom",
        "description": "Rules on hotpatching and guest patching of virtual machines.",
        "metadata": {"version": "1.0.0", "category": CATEGORY},
        "parameters": parameters,
        "policyDefinitions": members,
    }
    return {"name": INITIATIVE, "type": INITIATIVE_TYPE, "properties": properties}


def _effect(what: str | None = None) -> dict[str, Any]:
    named = {"displayName": _cut(f"Effect: {what}" if what else "Effect", _LONGEST_NAME)}
    described = {"description": "Audit reports, Deny refuses the request, Disabled does nothing."}
    return {"type": "String", "defaultValue": EFFECTS[0], "allowedValues": list(EFFECTS), "metadata": named | described}


def _holds(expression: Expression) -> Condition | bool:
    """An expression as a condition, or what it always is. Raises NotExpressible."""
    match expression:
        case Equals(field, value):
            return _among(field, (value,))
        case In(field, values):
            return _among(field, values)
        case Not(part):
            return _negated(_holds(part))
        case All(parts):
            return _joined("allOf", [_holds(part) for part in parts])
        case Any_(parts):
            return _joined("anyOf", [_holds(part) for part in parts])
        case AtLeast(field, _):
            raise NotExpressible(field)
    raise TypeError(f"not an expression: {expression!r}")


def _joined(word: str, parts: list[Condition | bool]) -> Condition | bool:
    """`allOf` or `anyOf`, with what is always so left out."""
    neutral = word == "allOf"
    if (not neutral) in parts:
        return not neutral
    conditions = [part for one in parts if not isinstance(one, bool) for part in _flat(word, one)]
    if not conditions:
        return neutral
    return conditions[0] if len(conditions) == 1 else {word: conditions}


def _flat(word: str, one: Condition | bool) -> list[Condition]:
    if isinstance(one, bool):
        return []
    return list(one[word]) if word in one else [one]


def _negated(one: Condition | bool) -> Condition | bool:
    if isinstance(one, bool):
        return not one
    if "not" in one:
        inner: Condition = one["not"]
        return inner
    if "exists" in one:
        return {**one, "exists": "false" if one["exists"] == "true" else "true"}
    return {"not": one}


def _among(field: str, values: Iterable[Value]) -> Condition | bool:
    given = tuple(values)
    wanted = tuple(value for value in given if value is not None)
    parts: list[Condition | bool] = []
    if field == "is_arc":
        return False in given
    if wanted:
        parts.append(_equals(field, wanted))
    if None in given:
        parts.append(_absent(field))
    return _joined("anyOf", parts)


def _equals(field: str, wanted: tuple[str | bool | int, ...]) -> Condition | bool:
    if field == "os_type":
        return _joined("anyOf", [_system(str(value)) for value in wanted])
    if field == "image.triple":
        return _joined("anyOf", list(_images(str(value) for value in wanted)))
    if field == "has_custom_image":
        custom: Condition = {"anyOf": [_exists(part, "false") for part in _IMAGE]}
        return _joined("anyOf", [custom if value is True else _negated(custom) for value in wanted])
    found = [_in(alias, wanted) for alias in _aliases(field)]
    return _joined("anyOf", list(found))


def _absent(field: str) -> Condition | bool:
    if field == "image.triple":
        return {"anyOf": [_exists(part, "false") for part in _IMAGE]}
    if field in ("os_type", "has_custom_image"):
        raise NotExpressible(field)
    return _joined("allOf", [_exists(alias, "false") for alias in _aliases(field)])


def _aliases(field: str) -> tuple[str, ...]:
    if field in _BOTH:
        return tuple(f"{system}.patchSettings.{_BOTH[field]}" for system in (_WINDOWS, _LINUX))
    if field in _WINDOWS_ONLY:
        return (f"{_WINDOWS}.patchSettings.{_WINDOWS_ONLY[field]}",)
    if field == "image.offer":
        return (_IMAGE[1],)
    raise NotExpressible(field)


def _system(name: str) -> Condition:
    """Whether a machine runs Windows or Linux: by its profile, else by its disk."""
    ours, other = (_WINDOWS, _LINUX) if name == "Windows" else (_LINUX, _WINDOWS)
    by_disk = {"allOf": [_exists(other, "false"), {"field": _DISK, "equals": name}]}
    return {"anyOf": [_exists(ours, "true"), by_disk]}


def _images(triples: Iterable[str]) -> Iterable[Condition]:
    """Marketplace images, those of one offer together."""
    by_offer: dict[tuple[str, str], list[str]] = defaultdict(list)
    for triple in triples:
        publisher, offer, sku = triple.split(":")
        by_offer[publisher, offer].append(sku)
    for (publisher, offer), skus in by_offer.items():
        values = ((publisher,), (offer,), tuple(skus))
        yield {"allOf": [_in(alias, value) for alias, value in zip(_IMAGE, values, strict=True)]}


def _in(alias: str, values: tuple[str | bool | int, ...]) -> Condition:
    texts = [("true" if value else "false") if isinstance(value, bool) else str(value) for value in values]
    return {"field": alias, "equals": texts[0]} if len(texts) == 1 else {"field": alias, "in": texts}


def _exists(alias: str, there: str) -> Condition:
    return {"field": alias, "exists": there}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
