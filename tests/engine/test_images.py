"""Which images can be hotpatched."""

from __future__ import annotations

import pytest

from pulumi_azure_hotpatch.engine.facts import Image
from pulumi_azure_hotpatch.engine.images import HOTPATCH_IMAGES, HOTPATCH_SKUS, hotpatch_eligibility
from pulumi_azure_hotpatch.engine.logic import UNKNOWN
from tests.engine.rule_cases.form import CUSTOM, marketplace

WINDOWS = "MicrosoftWindowsServer:WindowsServer:"

# Every Azure Edition SKU that any source has named, and what the three agreeing lists say of it.
SKUS = [
    ("2022-datacenter-azure-edition", False),
    ("2022-datacenter-azure-edition-smalldisk", False),
    ("2022-datacenter-azure-edition-core", True),
    ("2022-datacenter-azure-edition-core-smalldisk", True),
    ("2022-datacenter-azure-edition-hotpatch", True),
    ("2022-datacenter-azure-edition-hotpatch-smalldisk", True),
    ("2025-datacenter-azure-edition", True),
    ("2025-datacenter-azure-edition-smalldisk", True),
    ("2025-datacenter-azure-edition-core", True),
    ("2025-datacenter-azure-edition-core-smalldisk", True),
    ("2022-datacenter-azure-edition-core-gensecond", False),
    ("2022-datacenter", False),
    ("2025-datacenter", False),
    ("2019-datacenter", False),
]


@pytest.mark.parametrize(("sku", "eligible"), SKUS)
def test_an_image_is_eligible_exactly_when_the_published_list_has_it(sku: str, eligible: bool) -> None:
    answer = hotpatch_eligibility(marketplace(WINDOWS + sku))
    where = "is on" if eligible else "is not on"
    assert answer.verdict == ("eligible" if eligible else "ineligible")
    assert answer.why == f"{WINDOWS}{sku} {where} the published hotpatch list"
    assert str(answer) == f"{answer.verdict}: {answer.why}"


def test_the_list_has_eight_images() -> None:
    assert len(set(HOTPATCH_SKUS)) == len(HOTPATCH_IMAGES) == 8


def test_letter_case_does_not_matter() -> None:
    shouted = marketplace((WINDOWS + "2025-datacenter-azure-edition").upper())
    assert hotpatch_eligibility(shouted).verdict == "eligible"


@pytest.mark.parametrize(
    ("image", "verdict", "why"),
    [
        (CUSTOM, "ineligible", "hotpatch is not offered on custom images"),
        (None, "ineligible", "hotpatch is not offered on custom images"),
        (UNKNOWN, "unknown", "the machine's image is not known yet"),
        (Image(publisher=UNKNOWN, offer=UNKNOWN, sku=UNKNOWN), "unknown", "the machine's image is not known yet"),
        (
            marketplace("Contoso:WindowsServer:2025-datacenter-azure-edition"),
            "ineligible",
            "Contoso:WindowsServer:2025-datacenter-azure-edition is not on the published hotpatch list",
        ),
    ],
)
def test_what_is_not_on_the_marketplace_or_not_known_is_said_so(image: Image | None, verdict: str, why: str) -> None:
    answer = hotpatch_eligibility(image)
    assert (answer.verdict, answer.why) == (verdict, why)
