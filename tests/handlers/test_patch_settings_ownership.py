"""Whose patch settings they are: adopted, changed, edited by others, released, restored, contested."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from azure_patch_simulator import Policy
from pulumi_azure_hotpatch.engine.facts import Image, Machine, PatchSettings
from pulumi_azure_hotpatch.engine.rules import judge, rules_for
from tests.handlers.machines import (
    HOTPATCH_SKU,
    LINUX,
    WEB,
    declared,
    edit,
    held,
    linux_world,
    overwrite,
    patch_settings,
    windows_world,
)
from tests.support.simulated import Azure, minutes

Values = dict[str, Any]
BYPASS = "bypass_platform_safety_checks_on_user_schedule"
CHOICES: dict[str, list[Any]] = {
    "patch_mode": ["AutomaticByOS", "AutomaticByPlatform"],
    "enable_hotpatching": [True, False],
    "assessment_mode": ["ImageDefault", "AutomaticByPlatform"],
    "reboot_setting": ["IfRequired", "Never", "Always"],
    BYPASS: [True, False],
}
# What the documentation says an absent field of a Windows machine with automatic updates means.
DEFAULTS = {"patch_mode": "AutomaticByOS", "enable_hotpatching": False, BYPASS: False}

some_fields = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in CHOICES.items()})


def is_allowed(values: Mapping[str, Any]) -> bool:
    image = Image("MicrosoftWindowsServer", "WindowsServer", HOTPATCH_SKU)
    machine = Machine(
        id=WEB,
        os_type="Windows",
        image=image,
        provision_vm_agent=True,
        enable_automatic_updates=True,
        settings=PatchSettings(**values),
    )
    return not any(finding.is_error for finding in judge(rules_for("machine"), machine))


machines = some_fields.filter(is_allowed)


def same(left: Any, right: Any) -> bool:
    return bool(left) == bool(right) if isinstance(left, bool) or isinstance(right, bool) else left == right


def expected_after(initial: Values, wanted: Values, present: Values, said: str) -> Values:
    """What a machine that was `initial` has to hold after we let go of `wanted`, found as `present`."""
    after = dict(present)
    for name, ours in wanted.items():
        before = initial.get(name)
        is_ours = same(present.get(name), ours) and not same(before, ours)
        if is_ours and f"{name} (it cannot go back" not in said:
            after[name] = before if before is not None else DEFAULTS.get(name, ours)
    return after


@given(initial=machines, wanted=some_fields, repaired=some_fields, final=some_fields, refreshed=st.booleans())
def test_in_the_end_what_still_holds_our_value_is_back_and_the_rest_is_untouched(
    initial: Values, wanted: Values, repaired: Values, final: Values, refreshed: bool
) -> None:
    assume(wanted and is_allowed(initial | wanted))
    azure = Azure(windows_world(initial))
    settings = declared(azure, **wanted)
    settings.create()
    others = held(azure) | repaired
    assume(is_allowed(others | wanted))
    overwrite(azure, others)
    azure.new_run()
    settings.update()
    assert all(same(held(azure).get(name), value) for name, value in wanted.items())
    present = held(azure) | final
    assume(is_allowed(present))
    overwrite(azure, present)
    azure.new_run()
    if refreshed:
        settings.refresh()
    settings.delete()
    # A field that nobody declares belongs to the others from their edit on.
    expected = expected_after(initial, wanted, present, azure.said.text)
    after = held(azure)
    assert {name: after.get(name) for name in expected if not same(after.get(name), expected[name])} == {}


@given(initial=machines, wanted=some_fields, edits=some_fields, refreshed=st.booleans())
def test_whatever_others_do_the_next_run_repairs_our_fields_and_no_other(
    initial: Values, wanted: Values, edits: Values, refreshed: bool
) -> None:
    assume(wanted and is_allowed(initial | wanted))
    azure = Azure(windows_world(initial))
    settings = declared(azure, **wanted)
    settings.create()
    present = held(azure) | edits
    assume(is_allowed(present) and is_allowed(present | wanted))
    overwrite(azure, present)
    azure.new_run()
    if refreshed:
        settings.refresh()
        drifted = [name for name, value in wanted.items() if not same(present.get(name), value)]
        assert bool(settings.difference().changed) == bool(drifted)
    azure.take()
    settings.update()
    after = held(azure)
    assert all(same(after.get(name), value) for name, value in wanted.items())
    assert {name: value for name, value in after.items() if name not in wanted} == {
        name: value for name, value in present.items() if name not in wanted
    }
    sent = patch_settings({name: value for name, value in wanted.items() if not same(present.get(name), value)})
    bodies = azure.sent("VirtualMachines_Update")[-1:] if "VirtualMachines_Update" in azure.take() else [None]
    wrapped = {"properties": {"osProfile": {"windowsConfiguration": {"patchSettings": sent}}}}
    assert bodies == ([wrapped] if sent else [None])


@given(initial=machines, wanted=some_fields)
def test_what_is_recorded_says_whose_every_field_is(initial: Values, wanted: Values) -> None:
    assume(wanted and is_allowed(initial | wanted))
    azure = Azure(windows_world(initial))
    state = declared(azure, **wanted).create()
    changed = {name: value for name, value in wanted.items() if not same(initial.get(name), value)}
    assert set(state.adopted) == wanted.keys() - changed.keys()
    assert state.previous == {name: initial[name] for name in changed if name in initial}
    assert set(state.previously_absent) == {name for name in changed if name not in initial}


def test_what_was_as_wanted_is_kept_in_the_end_and_named() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByPlatform"}))
    settings = declared(azure, patch_mode="AutomaticByPlatform", assessment_mode="AutomaticByPlatform")
    settings.create()
    azure.new_run()
    settings.delete()
    assert held(azure) == {"patch_mode": "AutomaticByPlatform", "assessment_mode": "AutomaticByPlatform"}
    assert azure.said.remarks == [
        (
            "INFO",
            "VM 'vm-web-1': left as they are: assessment_mode (it was absent before, and its default is not "
            "documented); patch_mode (already as wanted when this stack found it)",
        )
    ]


def test_the_end_of_what_was_adopted_whole_asks_nothing_of_azure() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByPlatform"}))
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    settings.create()
    azure.take()
    settings.delete()
    assert azure.take() == []


def test_what_was_as_wanted_and_had_to_be_repaired_is_not_undone_in_the_end() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByPlatform"}))
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    settings.create()
    edit(azure, {"patch_mode": "AutomaticByOS"})
    azure.new_run()
    settings.refresh()
    state = settings.update()
    assert (state.adopted, state.previous, state.contested) == (("patch_mode",), {}, {"patch_mode": 1})
    azure.new_run()
    settings.delete()
    assert held(azure) == {"patch_mode": "AutomaticByPlatform"}


def test_what_was_as_wanted_and_is_now_wanted_otherwise_goes_back_in_the_end() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByPlatform", "reboot_setting": "Never"}))
    settings = declared(azure, reboot_setting="Never")
    settings.create()
    azure.new_run()
    settings.declare(rebootSetting="Always")
    state = settings.update()
    assert (state.adopted, state.previous, azure.said.remarks) == ((), {"reboot_setting": "Never"}, [])
    azure.new_run()
    settings.delete()
    assert held(azure)["reboot_setting"] == "Never"


def test_keep_touches_nothing_and_says_so() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform", onDestroy="keep")
    settings.create()
    azure.take()
    settings.delete()
    assert azure.take() == []
    assert azure.said.remarks == [("INFO", "VM 'vm-web-1': its patch settings stay as they are (on_destroy is 'keep')")]


def test_a_field_that_somebody_else_changed_is_left_in_the_end_and_named() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform", reboot_setting="Never")
    settings.create()
    edit(azure, {"reboot_setting": "Always"})
    azure.new_run()
    settings.delete()
    assert held(azure) == {"patch_mode": "AutomaticByOS", "reboot_setting": "Always"}
    assert azure.said.text == "VM 'vm-web-1': left as they are: reboot_setting (somebody else set it to Always)"


def test_a_field_that_somebody_else_put_back_needs_no_word() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    settings.create()
    edit(azure, {"patch_mode": "AutomaticByOS"})
    azure.new_run()
    settings.delete()
    assert (azure.said.remarks, held(azure)) == ([], {"patch_mode": "AutomaticByOS"})


def test_a_field_that_others_now_depend_on_is_left_in_the_end_and_the_rest_goes_back() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform", bypassPlatformSafetyChecksOnUserSchedule=False)
    settings.declare(assessmentMode="AutomaticByPlatform")
    settings.create()
    edit(azure, {"enable_hotpatching": True, "assessment_mode": "ImageDefault"})
    azure.new_run()
    settings.delete()
    assert held(azure)["patch_mode"] == "AutomaticByPlatform"
    assert azure.said.text == (
        "VM 'vm-web-1': left as they are: assessment_mode (somebody else set it to ImageDefault); patch_mode (it "
        "cannot go back to AutomaticByOS: Hotpatching needs patch mode AutomaticByPlatform, but it is AutomaticByOS.); "
        f"{BYPASS} (already as wanted when this stack found it)"
    )


@pytest.mark.parametrize(
    ("automatic_updates", "default"), [(True, "AutomaticByOS"), (False, "Manual")], ids=["with", "without"]
)
def test_a_patch_mode_that_was_absent_goes_to_the_documented_default(automatic_updates: bool, default: str) -> None:
    azure = Azure(windows_world({}, automatic_updates=automatic_updates))
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    settings.create()
    assert list(settings.state.previously_absent) == ["patch_mode"]
    azure.new_run()
    settings.delete()
    assert held(azure) == {"patch_mode": default}


def test_an_absent_patch_mode_of_linux_is_the_image_s() -> None:
    azure = Azure(linux_world({}))
    settings = declared(azure, LINUX, patch_mode="AutomaticByPlatform")
    settings.create()
    azure.new_run()
    settings.delete()
    assert held(azure, LINUX) == {"patch_mode": "ImageDefault"}


def test_a_field_dropped_from_the_declaration_is_released() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform", reboot_setting="Never")
    settings.create()
    azure.new_run()
    azure.take()
    settings.declare(rebootSetting=None)
    assert settings.difference().changed == ("rebootSetting",)
    state = settings.update()
    assert azure.take_writes() == []
    assert (state.previous, state.previously_absent, state.applied) == (
        {"patch_mode": "AutomaticByOS"},
        (),
        {"patch_mode": "AutomaticByPlatform"},
    )
    edit(azure, {"reboot_setting": "Always"})
    azure.new_run()
    settings.refresh()
    assert settings.difference().changed == ()
    settings.delete()
    assert held(azure) == {"patch_mode": "AutomaticByOS", "reboot_setting": "Always"}


def test_a_released_field_that_is_declared_again_is_found_as_wanted() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform", reboot_setting="Never")
    settings.create()
    for wanted in (None, "Never"):
        azure.new_run()
        settings.declare(rebootSetting=wanted)
        settings.update()
    assert settings.state.adopted == ("reboot_setting",)


ASSESSING = Policy(
    name="59efceea",
    where={"properties": {"osProfile": {"windowsConfiguration": {"provisionVMAgent": True}}}},
    patch={
        "properties": {
            "osProfile": {"windowsConfiguration": {"patchSettings": {"assessmentMode": "AutomaticByPlatform"}}}
        }
    },
)


def test_a_policy_that_keeps_writing_is_counted_and_named() -> None:
    azure = Azure(windows_world({"patch_mode": "AutomaticByOS"}, policies=[ASSESSING]))
    settings = declared(azure, assessment_mode="ImageDefault")
    settings.create()
    for times in (1, 2):
        azure.simulator.clock.advance(minutes(20))
        azure.new_run()
        assert settings.refresh().assessment_mode == "AutomaticByPlatform"
        assert settings.bring_about().contested == {"assessment_mode": times}
    head = (
        "VM 'vm-web-1': assessment_mode was changed to AutomaticByPlatform by somebody else after it had been set to "
    )
    tail = (
        "it is set again. Azure Policy 'Configure periodic checking for missing system updates on azure virtual "
        "machines' (59efceea) writes this value: exempt the machine, or leave the field out here."
    )
    assert azure.said.remarks == [
        ("WARNING", f"{head}ImageDefault (1 time so far); {tail}"),
        ("WARNING", f"{head}ImageDefault (2 times so far); {tail}"),
    ]


def test_a_change_of_mind_is_nobody_else_s_doing() -> None:
    azure = Azure()
    settings = declared(azure, reboot_setting="Never", patch_mode="AutomaticByPlatform")
    settings.create()
    azure.new_run()
    settings.declare(rebootSetting="Always")
    assert settings.update().contested == {}
    assert azure.said.remarks == []


def test_after_a_killed_run_what_is_found_is_adopted_and_not_claimed() -> None:
    azure = Azure()
    settings = declared(azure, patch_mode="AutomaticByPlatform")
    settings.create()
    settings.forget()
    azure.new_run()
    state = settings.create()
    assert (state.adopted, state.previous, azure.writes()) == (("patch_mode",), {}, ["VirtualMachines_Update"])
