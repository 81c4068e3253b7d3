"""The quickstart's life under the real engine: its summary of every step, and what Azure was asked, in order."""

from itertools import groupby

from demo import DRIFTING, EDIT, Azure
from tests.e2e.conftest import MakeStack


def shortened(calls: list[str]) -> list[str]:
    """Runs of the same operation as one: how often is asked while waiting is not the point."""
    return [name for name, _ in groupby(calls)]


def test_the_quickstart_previews_creates_repairs_and_restores(preview_azure: Azure, make_stack: MakeStack) -> None:
    azure = preview_azure
    stack = make_stack(azure)
    # One resource at a time, so that the order of the journal is the order of the program.
    stack.env["PULUMI_PARALLEL"] = "1"
    before = azure.patch_settings()
    seen = len(azure.calls())

    def since() -> list[str]:
        nonlocal seen
        calls = azure.calls()
        fresh, seen = calls[seen:], len(calls)
        return [call for call in fresh if call != "VirtualMachines_ListAll"]

    preview = stack.preview()
    assert preview.changed == {"created": 10}
    assert {call.split("_")[1] for call in since()} == {"Get"}
    assert azure.patch_settings() == before
    steps = {step["urn"].rsplit("::", 1)[-1]: step["newState"] for step in preview.json["steps"]}
    assert steps["rg-contoso-vm-web-1"]["inputs"]["imageEligibility"].startswith("eligible")

    assert stack.up().changed == {"created": 10}
    calls = since()
    write = ["VirtualMachines_Update", "Operations_Get"]
    enrol = ["Features_Get", "Features_Register", "Features_Get", "Providers_Register", "Providers_Get"]
    assert calls.count("Features_Register") == 3
    assert calls.count("Providers_Register") == 1
    assert calls.count("VirtualMachines_Update") == 5
    assert calls.count("VirtualMachines_Get") <= 2 * 5
    schedule = ["MaintenanceConfigurations_Get", "MaintenanceConfigurations_CreateOrUpdate"]
    assignment = ["ConfigurationAssignments_Get", "ConfigurationAssignments_CreateOrUpdate"]
    for part in (enrol, write, schedule, assignment):
        assert is_in_order(part, shortened(calls)), part
    declared = azure.patch_settings()

    assert stack.up("--expect-no-changes").changed == {}
    assert since() == []

    azure.edit(DRIFTING, EDIT)
    since()
    assert stack.refresh().changed == {"updated": 1}
    assert {call.split("_")[1] for call in since()} == {"Get"}
    repaired = stack.up()
    assert repaired.changed == {"updated": 1}
    assert "was changed to AutomaticByOS by somebody else" in repaired.output
    assert shortened(since()) == ["VirtualMachines_Get", *write]
    assert azure.patch_settings() == declared

    assert stack.destroy().changed == {"deleted": 10}
    calls = since()
    assert calls.count("VirtualMachines_Update") == 5
    assert calls.count("MaintenanceConfigurations_Delete") == 1
    assert calls.count("ConfigurationAssignments_Delete") == 2
    assert "Features_Unregister" not in calls
    modes = {name: patch_mode(profile) for name, profile in azure.patch_settings().items()}
    assert modes == {name: patch_mode(profile) for name, profile in before.items()}


def is_in_order(part: list[str], calls: list[str]) -> bool:
    remaining = iter(calls)
    return all(any(call == wanted for call in remaining) for wanted in part)


def patch_mode(profile: dict[str, dict[str, dict[str, str]]]) -> str:
    (configuration,) = (profile[kind] for kind in ("windowsConfiguration", "linuxConfiguration") if kind in profile)
    return configuration["patchSettings"]["patchMode"]
