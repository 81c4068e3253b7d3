"""Which rules wait for values that are not known yet, and for which.

What is not known whatever the values will be, such as the image of a machine that is declared elsewhere, is no news.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pulumi_azure_hotpatch.engine import declared as kinds
from pulumi_azure_hotpatch.engine.declared import Declared
from pulumi_azure_hotpatch.engine.declared_names import Names
from pulumi_azure_hotpatch.engine.declared_rollout import rolled_out_to
from pulumi_azure_hotpatch.engine.facts import CONFIGURATION_ASSIGNMENTS, PATCH_FIELD_PATHS, PATCH_FIELDS
from pulumi_azure_hotpatch.engine.logic import UNKNOWN

from .bags import has_unknown
from .judged import ALONE_IDS
from .review import Review, Reviewed

# The fields that resources with a part of a machine's facts can say; all others say everything that rules ask for.
_PATCH_FIELDS: Final = frozenset(PATCH_FIELDS)
_SAYS: Final[Mapping[str, frozenset[str]]] = {
    kinds.SETTINGS: _PATCH_FIELDS,
    kinds.FLEET: _PATCH_FIELDS,
    kinds.SCALE_SET_SETTINGS: _PATCH_FIELDS,
    kinds.ARC_SETTINGS: frozenset(("enable_hotpatching", "assessment_mode")),
    kinds.ARC_LICENSE: frozenset(
        ("hotpatch_subscription", "enable_hotpatching, hotpatch_subscription", "secure_boot", "vbs_status")
    ),
}

Place = tuple[str, ...]

_CONFIGURATIONS: Final = tuple(("osProfile", f"{system}Configuration") for system in ("windows", "linux"))


def _configured(*path: str) -> tuple[Place, ...]:
    return tuple((*at, *path) for at in _CONFIGURATIONS)


# Where azure-native's VM says what, by the field as findings write it.
_PLACES: Final[Mapping[str, tuple[Place, ...]]] = {
    **{name: _configured("patchSettings", *path) for name, path in PATCH_FIELD_PATHS.items()},
    "provision_vm_agent": _configured("provisionVMAgent"),
    "enable_automatic_updates": _configured("enableAutomaticUpdates"),
    "allow_extension_operations": (("osProfile", "allowExtensionOperations"),),
    "image": (("storageProfile", "imageReference"),),
    "os_type": (*_CONFIGURATIONS, ("storageProfile", "osDisk", "osType"), ("storageProfile", "imageReference")),
    "location": (("location",),),
    "cloud": (("location",),),
}
_REBOOT_SETTINGS: Final[tuple[Place, ...]] = (("rebootSetting",), ("installPatches", "rebootSetting"))
_GIVES_SCHEDULES: Final = (
    kinds.ASSIGNMENT,
    kinds.FLEET,
    kinds.DYNAMIC_SCOPE,
    kinds.NATIVE_ASSIGNMENT,
    kinds.NATIVE_PARENT_ASSIGNMENT,
    *kinds.NATIVE_SCOPES,
)


def waiting_alone(one: Declared, found: Review) -> dict[str, frozenset[str]]:
    """The fields that each rule lacks for a resource by itself, where the resource will say them."""
    if not has_unknown(one.inputs):
        return {}
    lacking = ((each.rule, missing_in(each)) for each in found.found if each.rule in ALONE_IDS)
    return {rule: missing for rule, missing in lacking if missing and all(_will_say(one, field) for field in missing)}


def missing_in(found: Reviewed) -> frozenset[str]:
    """The fields that a finding without a verdict names; none where there is a verdict."""
    finding = found.judgement.finding
    if finding.verdict != "unknown":
        return frozenset()
    return frozenset(finding.reason.removeprefix(_MISSING).removesuffix(_NOT_KNOWN).split(", "))


def in_words(waiting: Mapping[str, Iterable[str]]) -> str:
    """One line about the fields that rules lack, by rule."""
    fields = sorted({field for missing in waiting.values() for field in missing})
    return f"Not known yet: {', '.join(fields)}. Without a verdict: {', '.join(sorted(waiting))}."


class Together:
    """A stack's resources, each with those that say something about the same machine or schedule."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._by_urn = {one.urn: one for one in declared}
        self._names = Names(self._by_urn.values())
        self._at: dict[str, list[str]] = {}
        for one in self._by_urn.values():
            for identity in self._machines_of(one):
                self._at.setdefault(identity.casefold(), []).append(one.urn)

    def will_be_known(self, found: Reviewed) -> bool:
        """Whether all that a finding lacks is said by values that are not known yet."""
        missing = missing_in(found)
        about = [self._by_urn[urn] for urn in self._around(found.urns) if urn in self._by_urn]
        return bool(missing) and all(any(_will_say(one, field, together=True) for one in about) for field in missing)

    def _around(self, urns: Iterable[str]) -> Iterator[str]:
        """What a finding is about, what that comes from, and everything at the same machines."""
        given = tuple(urns)
        if not given:
            # A finding about all machines.
            yield from self._by_urn
            return
        seen: set[str] = set()
        # What a schedule is given to is another machine's affair: from one of them no way leads to the next.
        for urn in given:
            for identity in self._machines_of(self._by_urn.get(urn)):
                seen.update(self._at.get(identity.casefold(), ()))
        seen.update(given)
        for urn in tuple(seen):
            seen.update(self._sources(urn, frozenset()))
        if any(self._by_urn[urn].kind == kinds.NATIVE_MACHINE for urn in given if urn in self._by_urn):
            seen.update(one.urn for one in self._by_urn.values() if one.kind in _GIVES_SCHEDULES)
        yield from seen

    def _sources(self, urn: str, seen: frozenset[str]) -> Iterator[str]:
        if (one := self._by_urn.get(urn)) is None or urn in seen:
            return
        yield urn
        if one.kind in _GIVES_SCHEDULES:
            yield from self._names.urns_of(self._names.schedule_of(one))
        for sources in one.depends_on.values():
            for source in sources:
                yield from self._sources(source, seen | {urn})

    def _machines_of(self, one: Declared | None) -> tuple[str, ...]:
        if one is None:
            return ()
        if one.kind == kinds.ROLLOUT:
            return rolled_out_to(one)
        if one.kind == kinds.FLEET:
            named = one.inputs.get("machineIds")
            sources = (self._by_urn[urn] for urn in one.depends_on.get("machineIds", ()) if urn in self._by_urn)
            known = (text for text in named if isinstance(text, str)) if isinstance(named, list) else ()
            return (*known, *map(self._names.id_of, sources))
        return (self._names.id_of(one).partition(f"/providers/{CONFIGURATION_ASSIGNMENTS}")[0],)


def _will_say(one: Declared, field: str, *, together: bool = False) -> bool:
    """Whether a value that is not known yet is what a resource says of a field."""
    if one.kind == kinds.NATIVE_MACHINE and field in _PLACES:
        return any(_is_unknown_at(one.inputs, place) for place in _PLACES[field])
    if one.kind in _SAYS:
        is_patch_field = field in _PATCH_FIELDS and one.kind != kinds.ARC_LICENSE
        return field in _SAYS[one.kind] and (not is_patch_field or one.inputs.get(_camel(field)) is UNKNOWN)
    if together and field in _PLACES and one.kind not in (kinds.NATIVE_ARC, kinds.NATIVE_SCALE_SET):
        # Not the machine itself. What is asked of it has a reboot setting too.
        return any(_is_unknown_at(one.inputs, place) for place in _REBOOT_SETTINGS if field == "reboot_setting")
    return has_unknown(one.inputs)


def _is_unknown_at(inputs: Any, place: Place) -> bool:
    value = inputs
    for step in place:
        if not isinstance(value, Mapping):
            return value is UNKNOWN
        value = value.get(step)
    return has_unknown(value)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


_MISSING: Final = "Cannot judge yet: "
_NOT_KNOWN: Final = " not known."
