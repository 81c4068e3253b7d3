"""Single values as Azure writes them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_azure_hotpatch.observing.values import error_of, instant, kb_of, shown_instant


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("2025-02-01T00:00:00", datetime(2025, 2, 1, tzinfo=UTC)),
        ("2025-02-01T00:00:00.1234567Z", datetime(2025, 2, 1, 0, 0, 0, 123456, tzinfo=UTC)),
        ("2025-02-01T02:00:00+02:00", datetime(2025, 2, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("soon", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_instants_are_aware_and_utc_where_no_zone_is_given(written: Any, means: datetime | None) -> None:
    assert instant(written) == means
    assert means is None or instant(written).utcoffset() is not None  # type: ignore[union-attr]


def test_an_instant_is_shown_with_its_offset() -> None:
    assert shown_instant("2025-02-01T00:00:00") == "2025-02-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        ({"error": {"code": "Success", "message": "0 error/s reported", "details": []}}, None),
        ({"error": {"code": "0", "message": "0 error/s reported."}}, None),
        ({"error": None}, None),
        ({}, None),
        (
            {"errorDetails": {"code": "1", "message": "2 error/s", "details": [{"message": "a\nb"}]}},
            "1: 2 error/s; a b",
        ),
        ({"error": {"code": "1"}}, "1:"),
    ],
)
def test_an_error_of_success_is_none(properties: dict[str, Any], says: str | None) -> None:
    assert error_of(properties) == says


@pytest.mark.parametrize(
    ("written", "kb"), [("5066835", "KB5066835"), ("kb5066835", "KB5066835"), (None, None), ("", None)]
)
def test_kbs_have_their_letters(written: str | None, kb: str | None) -> None:
    assert kb_of(written) == kb
