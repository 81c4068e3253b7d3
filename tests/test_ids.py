"""ARM ids: parsed, formatted back, compared without letter case; what is none is refused with the form to write."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_azure_hotpatch.errors import InvalidInput
from pulumi_azure_hotpatch.ids import ResourceId, parse_subscription_id, same_id

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-contoso"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-web-1"
ASSIGNMENT = f"{MACHINE}/providers/Microsoft.Maintenance/configurationAssignments/patch-tuesday"

names = st.text("abcXYZ0189-_.()", min_size=1, max_size=10)


@st.composite
def ids(draw: st.DrawFn) -> str:
    """An id at a resource group, a subscription or the tenant, with children and extensions."""
    scope = draw(st.sampled_from(["", f"/subscriptions/{SUBSCRIPTION}", GROUP]))
    text = scope
    for _ in range(draw(st.integers(1, 2))):
        text += f"/providers/{draw(names)}"
        for _ in range(draw(st.integers(1, 2))):
            text += f"/{draw(names)}/{draw(names)}"
    return text


@given(ids())
def test_an_id_is_formatted_as_it_was_written(text: str) -> None:
    assert str(ResourceId.parse(text)) == text


@given(ids(), st.sampled_from([str.upper, str.lower, str.swapcase, str.title]))
def test_letter_case_makes_no_other_id(text: str, respell: Callable[[str], str]) -> None:
    one, other = ResourceId.parse(text), ResourceId.parse(respell(text))
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other}) == 1
    assert same_id(text, respell(text))


@given(ids(), ids())
def test_two_ids_are_equal_exactly_when_their_texts_are_without_case(left: str, right: str) -> None:
    assert (ResourceId.parse(left) == ResourceId.parse(right)) == (left.lower() == right.lower())


@given(ids(), names)
def test_an_extension_is_on_the_resource_it_extends(text: str, name: str) -> None:
    extension = ResourceId.parse(text).extension("Microsoft.Maintenance/configurationAssignments", name)
    assert ResourceId.parse(str(extension)) == extension
    assert ResourceId.parse(extension.scope) == ResourceId.parse(text)
    assert extension.name == name
    assert extension.is_type("microsoft.maintenance/CONFIGURATIONASSIGNMENTS")


@given(st.text(max_size=60))
def test_any_other_text_is_refused_or_comes_back_as_it_is(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert same_id(str(ResourceId.parse(text)), text)


def test_the_parts_of_an_assignment_on_a_machine() -> None:
    assignment = ResourceId.parse(ASSIGNMENT)
    assert assignment.type == "Microsoft.Maintenance/configurationAssignments"
    assert assignment.name == "patch-tuesday"
    assert assignment.scope == MACHINE
    assert (assignment.subscription_id, assignment.resource_group) == (SUBSCRIPTION, "rg-contoso")


def test_the_parts_of_a_child_resource() -> None:
    child = ResourceId.parse(f"{GROUP}/providers/Microsoft.Compute/galleries/images/images/base/versions/1.0.0")
    assert child.type == "Microsoft.Compute/galleries/images/versions"
    assert child.name == "1.0.0"
    assert not child.is_type("Microsoft.Compute/galleries")


def test_the_group_and_the_subscription_are_found_whatever_their_letter_case() -> None:
    parsed = ResourceId.parse(MACHINE.replace("resourceGroups", "resourcegroups").replace("/subscr", "/Subscr"))
    assert (parsed.subscription_id, parsed.resource_group) == (SUBSCRIPTION, "rg-contoso")


def test_a_resource_of_a_subscription_is_in_no_group() -> None:
    text = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Features/featureProviders/Microsoft.Compute"
    parsed = ResourceId.parse(text)
    assert (parsed.subscription_id, parsed.resource_group) == (SUBSCRIPTION, "")


def test_a_resource_of_the_tenant_is_in_no_subscription() -> None:
    parsed = ResourceId.parse("/providers/Microsoft.Management/managementGroups/contoso")
    assert (parsed.subscription_id, parsed.resource_group) == ("", "")


@pytest.mark.parametrize("written", [f"  {MACHINE}  ", f"{MACHINE}/", f"{MACHINE}///"])
def test_blanks_around_it_and_slashes_behind_it_are_no_part_of_an_id(written: str) -> None:
    assert str(ResourceId.parse(written)) == MACHINE
    assert same_id(written, MACHINE)


def test_an_id_is_equal_to_nothing_else() -> None:
    assert ResourceId.parse(MACHINE) != MACHINE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "vm-web-1",
        MACHINE.removeprefix("/"),
        GROUP,
        f"{GROUP}/providers/Microsoft.Compute",
        f"{GROUP}/providers/Microsoft.Compute/virtualMachines",
        f"{MACHINE}/extensions",
        f"{GROUP}/providers/Microsoft.Compute//vm-web-1",
        # An empty variable in a program's text.
        "/subscriptions//resourceGroups/rg-contoso/providers/Microsoft.Compute/virtualMachines/vm-web-1",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups//providers/Microsoft.Compute/virtualMachines/vm-web-1",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/providers/Microsoft.Compute/virtualMachines/vm-web-1",
        "//providers/Microsoft.Compute/virtualMachines/vm-web-1",
        f"https://portal.azure.com/#@contoso/resource{MACHINE}",
    ],
)
def test_a_text_that_is_no_id_is_refused_with_the_form_to_write(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ResourceId.parse(text)
    assert str(caught.value) == (
        f"'{text}' is not an Azure resource id; write it as "
        "/subscriptions/{id}/resourceGroups/{group}/providers/{namespace}/{type}/{name}"
    )


@pytest.mark.parametrize("text", [SUBSCRIPTION, f"/subscriptions/{SUBSCRIPTION}", f" /Subscriptions/{SUBSCRIPTION}/\n"])
def test_a_subscription_is_given_alone_or_as_azure_writes_it(text: str) -> None:
    assert parse_subscription_id(text) == SUBSCRIPTION


@pytest.mark.parametrize(
    "text", ["", "prod", f"{SUBSCRIPTION}0", GROUP, f"//{SUBSCRIPTION}", SUBSCRIPTION.replace("0", "٠")]
)
def test_what_is_no_guid_is_no_subscription(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not the id of a subscription; write it as 00000000-0000"):
        parse_subscription_id(text)
