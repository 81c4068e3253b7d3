"""Which patches an installation picks, and whether it restarts the machine.

Sources: azure-mgmt-compute 39.0.0 (WindowsParameters, LinuxParameters); Azure/LinuxPatchExtension 488ab8ea (package
filter, reboot manager, maintenance window), which is the engine that runs on Linux; its Windows twin is closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal

from .install_request import InstallRequest
from .logic import UNKNOWN, Maybe, fold
from .patch_lists import PatchLists, Texts

RebootBehavior = Literal["NeverReboots", "AlwaysRequiresReboot", "CanRequestReboot", "Unknown"]
State = Literal["Pending", "Excluded", "NotSelected", "Unknown"]
Answer = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Patch:
    """One available patch: a Windows update with its KB, or a Linux package with its version."""

    name: str
    classifications: Texts = ()
    kb: str | None = None
    version: str | None = None
    reboot: RebootBehavior = "Unknown"
    published: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of one patch, in Azure's words: `Pending` is picked, `Unknown` depends on what is not known yet."""

    patch: Patch
    state: State
    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The choice for every available patch, in their order."""

    choices: tuple[Choice, ...]

    @property
    def picked(self) -> tuple[Patch, ...]:
        """The patches that would be installed."""
        return tuple(choice.patch for choice in self.choices if choice.state == "Pending")

    @property
    def undecided(self) -> tuple[Patch, ...]:
        """The patches that may be installed."""
        return tuple(choice.patch for choice in self.choices if choice.state == "Unknown")


@dataclass(frozen=True, slots=True)
class RebootExpectation:
    """Whether an installation restarts the machine."""

    answer: Answer
    why: str


def select(request: InstallRequest, available: Iterable[Patch]) -> Selection:
    """What `request` picks of the patches available to its machine."""
    if request.machine.os_type is UNKNOWN:
        return Selection(
            tuple(Choice(patch, "Unknown", "the operating system is not known yet") for patch in available)
        )
    if str(request.machine.os_type).casefold() == "linux":
        return Selection(tuple(_choose_package(request.patches, patch) for patch in available))
    return Selection(tuple(_choose_update(request, patch) for patch in available))


def expect_reboot(
    selection: Selection, reboot_setting: Maybe[str | None], *, pending: Maybe[bool | None] = False
) -> RebootExpectation:
    """Whether the installation restarts the machine; `pending` is a restart that was due before it.

    A setting that is absent or `Unknown` counts as IfRequired, as the Linux engine has it.
    """
    if reboot_setting is UNKNOWN:
        return RebootExpectation("unknown", "the reboot setting is not known yet")
    match str(reboot_setting).casefold():
        case "never":
            waits = any(patch.reboot != "NeverReboots" for patch in (*selection.picked, *selection.undecided))
            left = "; the machine may be left waiting for a restart" if waits else ""
            return RebootExpectation("no", f"the reboot setting is Never{left}")
        case "always":
            return RebootExpectation("yes", "the reboot setting is Always")
    if pending is True:
        return RebootExpectation("yes", "the machine waits for a restart already")
    forcing = next((patch for patch in selection.picked if patch.reboot == "AlwaysRequiresReboot"), None)
    if forcing is not None:
        return RebootExpectation("yes", f"{_called(forcing)} always needs a restart")
    perhaps = [patch for patch in selection.picked if patch.reboot != "NeverReboots"]
    perhaps += [patch for patch in selection.undecided if patch.reboot != "NeverReboots"]
    if perhaps:
        return RebootExpectation("unknown", f"{_called(perhaps[0])} may ask for a restart")
    if pending is UNKNOWN:
        return RebootExpectation("unknown", "whether a restart is due already is not known")
    return RebootExpectation("no", "nothing picked asks for a restart" if selection.picked else "nothing is picked")


def _choose_update(request: InstallRequest, patch: Patch) -> Choice:
    lists = request.patches
    barred = _names(lists.kbs_to_exclude, patch.kb)
    if barred is True:
        return Choice(patch, "Excluded", f"{patch.kb} is excluded")
    if lists.exclude_kbs_requiring_reboot is True and patch.reboot != "NeverReboots":
        return Choice(patch, "Excluded", f"its reboot behaviour is {patch.reboot}, not NeverReboots")
    limit = request.max_publish_date
    if limit is not None and limit is not UNKNOWN and patch.published is not None and patch.published > limit:
        return Choice(patch, "NotSelected", f"it was published after {limit.date()}")
    asked = _names(lists.kbs_to_include, patch.kb)
    classified = _classified(lists.windows_classifications, patch)
    if asked is False and classified is False:
        return Choice(patch, "NotSelected", "neither its classification nor its KB is included")
    may_be_barred = lists.exclude_kbs_requiring_reboot is UNKNOWN and patch.reboot != "NeverReboots"
    if barred is UNKNOWN or may_be_barred or limit is UNKNOWN or True not in (asked, classified):
        return Choice(patch, "Unknown", "the request is not known in full yet")
    if limit is not None and patch.published is None:
        return Choice(patch, "Unknown", "its publication date is not known")
    return Choice(patch, "Pending", f"{patch.kb} is included" if asked is True else _because(patch))


def _choose_package(lists: PatchLists, patch: Patch) -> Choice:
    barred = _masked(lists.masks_to_exclude, patch)
    if barred is True:
        return Choice(patch, "Excluded", "a mask excludes it")
    asked = _masked(lists.masks_to_include, patch)
    classified = _classified(widened(lists.linux_classifications), patch)
    if asked is False and classified is False:
        return Choice(patch, "NotSelected", "neither its classification nor its name is included")
    if barred is UNKNOWN or True not in (asked, classified):
        return Choice(patch, "Unknown", "the request is not known in full yet")
    return Choice(patch, "Pending", "a mask includes it" if asked is True else _because(patch))


def widened(classifications: Maybe[Texts | None]) -> Maybe[Texts | None]:
    """The classifications as the Linux engine reads them: Security alone brings Critical with it.

    Source: Azure/LinuxPatchExtension 488ab8ea, package filter.
    """
    if classifications is UNKNOWN or classifications is None:
        return classifications
    folded = {text.casefold() for text in classifications}
    return (*classifications, "Critical") if "security" in folded and "critical" not in folded else classifications


def matches(mask: str, patch: Patch) -> bool:
    """Whether a package mask names the patch: `kernel*` by name, `libc=1.0.1.*` by name and version.

    `*` and `?` stand for any text and any character, letter case counts. Source: Azure/LinuxPatchExtension 488ab8ea.
    """
    name, equals, version = mask.partition("=")
    if not fnmatchcase(patch.name, name):
        return False
    return not equals or (patch.version is not None and fnmatchcase(patch.version, version))


def _masked(masks: Maybe[Texts | None], patch: Patch) -> Maybe[bool]:
    return UNKNOWN if masks is UNKNOWN else any(matches(mask, patch) for mask in masks or ())


def _names(kbs: Maybe[Texts | None], kb: str | None) -> Maybe[bool]:
    """Whether a list has the KB; `KB` in front or not, as results come without it."""
    if kbs is UNKNOWN:
        return UNKNOWN
    return kb is not None and _number(kb) in {_number(one) for one in kbs or ()}


def _number(kb: str) -> str:
    return kb.casefold().removeprefix("kb")


def _classified(classifications: Maybe[Texts | None], patch: Patch) -> Maybe[bool]:
    if classifications is UNKNOWN:
        return UNKNOWN
    return not {fold(one) for one in patch.classifications}.isdisjoint(fold(one) for one in classifications or ())


def _because(patch: Patch) -> str:
    return f"classification {' and '.join(patch.classifications)} is included"


def _called(patch: Patch) -> str:
    return patch.kb or patch.name
