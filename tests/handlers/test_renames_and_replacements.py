"""One target, several resources: renames, replacements and double declarations never undo what is declared."""

import pytest

from tests.handlers.assignments import ID, MONTHLY, WEEKLY, give, given
from tests.handlers.features import state_of
from tests.handlers.machines import APP, ARM_NAMES, GROUP, OTHER, WEB, held
from tests.handlers.schedules import BASIC, THEIRS
from tests.handlers.stack import Rejected, Stack
from tests.support.simulated import SUBSCRIPTION_ID, Azure

Declaration = tuple[str, dict[str, object]]
HOTPATCHED = {"patch_mode": "AutomaticByPlatform", "enable_hotpatching": True}
AS_BEFORE = {"patch_mode": "AutomaticByOS"}


def settings(machine: str = WEB, **values: object) -> Declaration:
    wanted = {ARM_NAMES[name]: value for name, value in (values or HOTPATCHED).items()}
    return "virtual_machine_patch_settings", {"virtualMachineId": machine, **wanted}


def schedule(**inputs: object) -> Declaration:
    return "maintenance_schedule", {**BASIC, **inputs}


def assignment(schedule: str = MONTHLY, **inputs: object) -> Declaration:
    return "schedule_assignment", {"machineId": APP, "scheduleId": schedule, **inputs}


def enrolment(**inputs: object) -> Declaration:
    features = ["InGuestHotPatchVMPreview"]
    return "preview_enrollment", {"features": features, "pollInterval": "5m", "onDestroy": "restore", **inputs}


def test_a_program_that_is_as_it_was_costs_nothing() -> None:
    azure = Azure()
    stack = Stack(azure)
    program = {"enrol": enrolment(), "web": settings(), "monthly": schedule(), "app": assignment(f"{MONTHLY}")}
    assert stack.up(program) == ["create enrol", "create web", "create monthly", "create app"]
    azure.take()
    assert stack.up(program) == []
    assert azure.take() == []
    stack.refresh()
    assert stack.up(program) == []
    assert azure.take_writes() == []
    stack.up({})
    assert held(azure) == {**AS_BEFORE, "enable_hotpatching": False}
    assert (azure.ask("GET", MONTHLY).status, given(azure)) == (404, None)
    assert state_of(azure) == "Unregistered"


def test_a_renamed_machine_stays_as_declared() -> None:
    azure = Azure()
    stack = Stack(azure)
    stack.up({"old": settings()})
    azure.take()
    assert stack.up({"new": settings()}) == ["create new", "delete old"]
    assert azure.take_writes() == []
    assert held(azure) == HOTPATCHED
    assert ("INFO", "its patch settings stay as they are: another resource of this stack declares them") in (
        azure.said.remarks
    )


def test_a_machine_renamed_and_changed_in_one_run_is_as_declared_last() -> None:
    azure = Azure()
    stack = Stack(azure)
    stack.up({"old": settings()})
    stack.up({"new": settings(patch_mode="AutomaticByPlatform", enable_hotpatching=False)})
    assert held(azure) == {**HOTPATCHED, "enable_hotpatching": False}


def test_a_renamed_schedule_stays() -> None:
    azure = Azure()
    stack = Stack(azure)
    stack.up({"old": schedule()})
    azure.take()
    assert stack.up({"new": schedule()}) == ["create new", "delete old"]
    assert azure.take_writes() == []


def test_a_renamed_assignment_stays() -> None:
    azure = Azure()
    stack = Stack(azure)
    stack.up({"monthly": schedule(), "old": assignment()})
    azure.take()
    assert stack.up({"monthly": schedule(), "new": assignment()}) == ["create new", "delete old"]
    assert azure.take_writes() == []
    assert given(azure) == MONTHLY


def test_a_renamed_enrolment_stays_registered() -> None:
    azure = Azure()
    stack = Stack(azure)
    stack.up({"old": enrolment()})
    azure.take()
    assert stack.up({"new": enrolment()}) == ["create new", "delete old"]
    assert azure.take_writes() == ["Providers_Register"]
    assert state_of(azure) == "Registered"


def test_another_machine_is_a_replacement_and_the_first_is_as_before() -> None:
    azure = Azure()
    stack = Stack(azure)
    stack.up({"web": settings(WEB)})
    assert stack.up({"web": settings(OTHER)}) == ["replace web", "delete web"]
    assert held(azure, WEB) == {**AS_BEFORE, "enable_hotpatching": False}
    assert held(azure, OTHER) == HOTPATCHED


def test_two_machines_that_change_places_are_both_as_declared() -> None:
    azure = Azure()
    stack = Stack(azure)
    stack.up({"one": settings(WEB), "two": settings(OTHER, patch_mode="AutomaticByPlatform")})
    stack.up({"one": settings(OTHER), "two": settings(WEB, patch_mode="AutomaticByPlatform")})
    assert held(azure, OTHER) == HOTPATCHED
    assert held(azure, WEB)["patch_mode"] == "AutomaticByPlatform"


def test_a_machine_written_in_other_letter_case_is_no_replacement() -> None:
    azure = Azure()
    stack = Stack(azure)
    stack.up({"web": settings(WEB)})
    azure.take()
    assert stack.up({"web": settings(WEB.replace("resourceGroups", "RESOURCEGROUPS"))}) == []
    assert azure.take() == []


def test_another_schedule_under_a_name_of_its_own_replaces_in_place() -> None:
    azure = Azure()
    azure.ask("PUT", WEEKLY, THEIRS)
    stack = Stack(azure)
    stack.up({"monthly": schedule(), "app": assignment(assignmentName="by-contoso")})
    azure.take()
    own = f"{APP}/providers/Microsoft.Maintenance/configurationAssignments/by-contoso"
    steps = stack.up({"monthly": schedule(), "app": assignment(WEEKLY, assignmentName="by-contoso")})
    assert steps == ["replace app"]
    assert azure.take_writes() == ["ConfigurationAssignments_Delete", "ConfigurationAssignments_CreateOrUpdate"]
    assert given(azure, own) == WEEKLY


def test_an_assignment_that_somebody_re_pointed_is_as_declared_after_the_next_run() -> None:
    azure = Azure()
    azure.ask("PUT", WEEKLY, THEIRS)
    stack = Stack(azure)
    program = {"monthly": schedule(), "app": assignment()}
    stack.up(program)
    give(azure, WEEKLY, ID)
    stack.refresh()
    assert stack.up(program) == ["replace app", "delete app"]
    assert given(azure) == MONTHLY


def test_a_schedule_in_another_region_replaces_in_place() -> None:
    azure = Azure()
    stack = Stack(azure)
    stack.up({"monthly": schedule()})
    assert stack.up({"monthly": schedule(location="westeurope")}) == ["replace monthly"]
    assert azure.body(MONTHLY)["location"] == "westeurope"


def rejected(first: Declaration, second: Declaration) -> list[tuple[str, str]]:
    stack = Stack(Azure())
    stack.check(first[0], "first", first[1])
    with pytest.raises(Rejected) as refused:
        stack.check(second[0], "second", second[1])
    return refused.value.failures


OURS = "This package's contract: one owner for every field"


def test_two_resources_for_one_machine_are_refused() -> None:
    other_case = WEB.replace("vm-web-1", "VM-WEB-1")
    assert rejected(settings(WEB), settings(other_case)) == [
        (
            "virtualMachineId",
            f"VM 'VM-WEB-1': virtual_machine_id: {other_case} has its patch settings declared by another resource of "
            "this stack already. "
            "Fix: declare them once; two owners would undo each other's changes. "
            f"[vm-settings-declared-twice; {OURS}]",
        )
    ]


def test_two_resources_for_one_schedule_are_refused() -> None:
    (failure,) = rejected(schedule(), schedule(scheduleName="Contoso-Monthly"))
    assert failure[1].startswith(f"schedule 'Contoso-Monthly': schedule_name: {GROUP}/providers/Microsoft.Maintenance/")
    assert failure[1].endswith(
        "Contoso-Monthly is declared by another resource of this stack already. Fix: declare it once, or give the "
        f"second one another schedule_name. [schedule-declared-twice; {OURS}]"
    )


def test_two_resources_for_one_assignment_are_refused() -> None:
    (failure,) = rejected(assignment(), assignment(assignmentName="CONTOSO-monthly"))
    assert failure[1].endswith(
        "CONTOSO-monthly is declared by another resource of this stack already. Fix: declare it once, or give the "
        f"second one another assignment_name. [assignment-declared-twice; {OURS}]"
    )


def test_two_resources_for_one_feature_are_refused() -> None:
    (failure,) = rejected(enrolment(), enrolment(features=["InGuestPatchVMPreview", "INGUESTHOTPATCHVMPREVIEW"]))
    feature = (
        f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Features/providers/Microsoft.Compute/features/"
        "INGUESTHOTPATCHVMPREVIEW"
    )
    assert failure[1] == (
        f"preview features of Microsoft.Compute: features: {feature} is declared by another resource of this stack "
        "already. "
        f"Fix: declare all features of a namespace in one PreviewEnrollment. [feature-declared-twice; {OURS}]"
    )
