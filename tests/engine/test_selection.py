"""Which patches an installation picks, and whether it restarts the machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from pulumi_azure_hotpatch.engine.patch_lists import PatchLists
from pulumi_azure_hotpatch.engine.selection import Patch, Selection, expect_reboot, matches, select, widened
from tests.engine.rule_cases.form import installation, linux_vm, plain_windows_vm

MAY = datetime(2026, 5, 12, tzinfo=UTC)
LCU = Patch("Cumulative update", ("Security",), kb="KB5087423", reboot="AlwaysRequiresReboot", published=MAY)
DEFENDER = Patch("Definitions", ("Definition",), kb="KB2267602", reboot="NeverReboots", published=MAY)
DOTNET = Patch(".NET", ("UpdateRollUp",), kb="5086096", reboot="CanRequestReboot", published=MAY)
KERNEL = Patch("linux-image-generic", ("Critical",), version="6.8.0-60.63", reboot="AlwaysRequiresReboot")
LIBC = Patch("libc6", ("Security",), version="2.39-0ubuntu8.4", reboot="CanRequestReboot")
VIM = Patch("vim", ("Other",), version="9.1.16", reboot="NeverReboots")

NONE: dict[str, Any] = {"windows_classifications": None}

# lists, patch, what becomes of it, why
WINDOWS: list[tuple[dict[str, Any], Patch, str, str]] = [
    ({}, LCU, "Pending", "classification Security is included"),
    ({}, DEFENDER, "NotSelected", "neither its classification nor its KB is included"),
    ({"windows_classifications": ("updaterollup",)}, DOTNET, "Pending", "classification UpdateRollUp is included"),
    ({"kbs_to_include": ("KB2267602",)}, DEFENDER, "Pending", "KB2267602 is included"),
    ({**NONE, "kbs_to_include": ("kb5086096",)}, DOTNET, "Pending", "5086096 is included"),
    (
        {**NONE, "kbs_to_include": ("KB5086096",)},
        LCU,
        "NotSelected",
        "neither its classification nor its KB is included",
    ),
    ({"kbs_to_exclude": ("KB5087423",)}, LCU, "Excluded", "KB5087423 is excluded"),
    (
        {"kbs_to_include": ("KB5087423",), "kbs_to_exclude": ("5087423",)},
        LCU,
        "Excluded",
        "KB5087423 is excluded",
    ),
    (
        {"exclude_kbs_requiring_reboot": True},
        LCU,
        "Excluded",
        "its reboot behaviour is AlwaysRequiresReboot, not NeverReboots",
    ),
    (
        {"exclude_kbs_requiring_reboot": True, "windows_classifications": ("UpdateRollup",)},
        DOTNET,
        "Excluded",
        "its reboot behaviour is CanRequestReboot, not NeverReboots",
    ),
    (
        {"exclude_kbs_requiring_reboot": True, "windows_classifications": ("Definition",)},
        DEFENDER,
        "Pending",
        "classification Definition is included",
    ),
    ({"max_publish_date": MAY}, LCU, "Pending", "classification Security is included"),
    (
        {"max_publish_date": datetime(2026, 5, 11, tzinfo=UTC)},
        LCU,
        "NotSelected",
        "it was published after 2026-05-11",
    ),
    (
        {"max_publish_date": MAY},
        replace(LCU, published=None),
        "Unknown",
        "its publication date is not known",
    ),
    ({"max_publish_date": UNKNOWN}, LCU, "Unknown", "the request is not known in full yet"),
    ({"kbs_to_exclude": UNKNOWN}, LCU, "Unknown", "the request is not known in full yet"),
    ({"kbs_to_exclude": UNKNOWN}, DEFENDER, "NotSelected", "neither its classification nor its KB is included"),
    ({"windows_classifications": UNKNOWN}, LCU, "Unknown", "the request is not known in full yet"),
    (
        {"windows_classifications": UNKNOWN, "kbs_to_include": ("KB5087423",)},
        LCU,
        "Pending",
        "KB5087423 is included",
    ),
]

LINUX: list[tuple[dict[str, Any], Patch, str, str]] = [
    ({"linux_classifications": ("Security",)}, LIBC, "Pending", "classification Security is included"),
    ({"linux_classifications": ("Security",)}, KERNEL, "Pending", "classification Critical is included"),
    (
        {"linux_classifications": ("Critical",)},
        LIBC,
        "NotSelected",
        "neither its classification nor its name is included",
    ),
    ({"linux_classifications": ("Other",)}, VIM, "Pending", "classification Other is included"),
    ({"masks_to_include": ("linux-image*",)}, KERNEL, "Pending", "a mask includes it"),
    ({"masks_to_include": ("libc6=2.39*",)}, LIBC, "Pending", "a mask includes it"),
    (
        {"masks_to_include": ("libc6=2.38*",)},
        LIBC,
        "NotSelected",
        "neither its classification nor its name is included",
    ),
    (
        {"linux_classifications": ("Critical",), "masks_to_exclude": ("linux-*",)},
        KERNEL,
        "Excluded",
        "a mask excludes it",
    ),
    (
        {"masks_to_include": ("vim",), "masks_to_exclude": ("vim=9.*",)},
        VIM,
        "Excluded",
        "a mask excludes it",
    ),
    (
        {"masks_to_exclude": UNKNOWN, "linux_classifications": ("Other",)},
        VIM,
        "Unknown",
        "the request is not known in full yet",
    ),
    ({"linux_classifications": UNKNOWN}, VIM, "Unknown", "the request is not known in full yet"),
]


@pytest.mark.parametrize(("lists", "patch", "state", "why"), WINDOWS)
def test_a_windows_update_is_chosen_as_the_request_says(
    lists: dict[str, Any], patch: Patch, state: str, why: str
) -> None:
    (choice,) = select(installation(**lists), [patch]).choices
    assert (choice.patch, choice.state, choice.why) == (patch, state, why)


@pytest.mark.parametrize(("lists", "patch", "state", "why"), LINUX)
def test_a_linux_package_is_chosen_as_the_request_says(
    lists: dict[str, Any], patch: Patch, state: str, why: str
) -> None:
    (choice,) = select(installation(linux_vm(), **lists), [patch]).choices
    assert (choice.patch, choice.state, choice.why) == (patch, state, why)


def test_a_selection_keeps_the_order_and_tells_the_picked_from_the_undecided() -> None:
    selection = select(installation(max_publish_date=MAY), [DEFENDER, LCU, replace(LCU, published=None)])
    assert [choice.state for choice in selection.choices] == ["NotSelected", "Pending", "Unknown"]
    assert selection.picked == (LCU,)
    assert selection.undecided == (replace(LCU, published=None),)


def test_nothing_is_decided_for_a_machine_whose_system_is_not_known() -> None:
    (choice,) = select(installation(plain_windows_vm(os_type=UNKNOWN)), [LCU]).choices
    assert (choice.state, choice.why) == ("Unknown", "the operating system is not known yet")


@pytest.mark.parametrize(
    ("mask", "patch", "named"),
    [
        ("vim", VIM, True),
        ("Vim", VIM, False),
        ("v*", VIM, True),
        ("vi?", VIM, True),
        ("vim=9.1.16", VIM, True),
        ("vim=9.1.17", VIM, False),
        ("*=9.*", VIM, True),
        ("vim=*", replace(VIM, version=None), False),
        ("vi", VIM, False),
    ],
)
def test_a_mask_names_packages_by_name_and_version(mask: str, patch: Patch, named: bool) -> None:
    assert matches(mask, patch) is named


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        (("Security",), ("Security", "Critical")),
        (("security", "Other"), ("security", "Other", "Critical")),
        (("Critical", "Security"), ("Critical", "Security")),
        (("Other",), ("Other",)),
        (None, None),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_security_alone_is_widened_on_linux(asked: Any, read: object) -> None:
    assert widened(asked) == read


def picked(*patches: Patch) -> Selection:
    return select(installation(linux_vm(), masks_to_include=("*",)), patches)


# picked patches, setting, restart already due, answer, why
REBOOTS: list[tuple[tuple[Patch, ...], Any, Any, str, str]] = [
    ((VIM,), "IfRequired", False, "no", "nothing picked asks for a restart"),
    ((), "IfRequired", False, "no", "nothing is picked"),
    ((VIM, KERNEL), "IfRequired", False, "yes", "linux-image-generic always needs a restart"),
    ((VIM, LIBC), "IfRequired", False, "unknown", "libc6 may ask for a restart"),
    ((LIBC, KERNEL), "ifrequired", False, "yes", "linux-image-generic always needs a restart"),
    ((VIM,), "IfRequired", True, "yes", "the machine waits for a restart already"),
    ((VIM,), "IfRequired", UNKNOWN, "unknown", "whether a restart is due already is not known"),
    ((KERNEL,), "IfRequired", UNKNOWN, "yes", "linux-image-generic always needs a restart"),
    ((KERNEL,), "Never", False, "no", "the reboot setting is Never; the machine may be left waiting for a restart"),
    ((VIM,), "Never", True, "no", "the reboot setting is Never"),
    ((VIM,), "Always", False, "yes", "the reboot setting is Always"),
    ((), "Always", False, "yes", "the reboot setting is Always"),
    ((VIM,), None, False, "no", "nothing picked asks for a restart"),
    ((KERNEL,), "Unknown", False, "yes", "linux-image-generic always needs a restart"),
    ((VIM,), UNKNOWN, False, "unknown", "the reboot setting is not known yet"),
]


@pytest.mark.parametrize(("patches", "setting", "pending", "answer", "why"), REBOOTS)
def test_a_restart_is_expected_as_setting_and_patches_say(
    patches: tuple[Patch, ...], setting: Any, pending: Any, answer: str, why: str
) -> None:
    expected = expect_reboot(picked(*patches), setting, pending=pending)
    assert (expected.answer, expected.why) == (answer, why)


def test_an_undecided_patch_may_restart_the_machine() -> None:
    undecided = select(installation(linux_vm(), linux_classifications=UNKNOWN), [KERNEL])
    assert expect_reboot(undecided, "IfRequired").answer == "unknown"


TEXTS = st.sampled_from((None, (), ("Security",), ("Definition", "Critical"), ("KB5087423",), ("KB2267602", "KB1")))
FLAGS = st.sampled_from((None, False, True))
LISTS = st.fixed_dictionaries(
    {
        "windows_classifications": TEXTS,
        "kbs_to_include": TEXTS,
        "kbs_to_exclude": TEXTS,
        "exclude_kbs_requiring_reboot": FLAGS,
    }
)


@given(
    LISTS,
    st.sets(st.sampled_from(tuple(PatchLists.__dataclass_fields__)[:4])),
    st.sampled_from((LCU, DEFENDER, DOTNET)),
)
def test_learning_more_of_a_request_never_turns_a_choice_around(
    known: dict[str, Any], hidden: set[str], patch: Patch
) -> None:
    (before,) = select(installation(**(known | dict.fromkeys(hidden, UNKNOWN))), [patch]).choices
    (after,) = select(installation(**known), [patch]).choices
    skipped = {"Excluded", "NotSelected"}
    assert before.state in ("Unknown", after.state) or {before.state, after.state} == skipped
