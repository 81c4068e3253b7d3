"""What a Kusto query comes to: columns and rows as JSON values, or the reason why it is not answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

_NUMBERS = ("DOUBLE", "FLOAT", "DECIMAL")
_INTEGERS = ("BIGINT", "INTEGER", "HUGEINT", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "UHUGEINT")


class QueryError(ValueError):
    """A query that cannot be answered; ``reason`` is one of the classes below."""


class SyntaxFailure(QueryError):
    """It does not parse: ``places`` are (line from 1, column from 0, word or ``<EOF>``)."""

    def __init__(self, places: Sequence[tuple[int, int, str]]) -> None:
        super().__init__("the query does not parse")
        self.places = tuple(places)


class NotTaken(QueryError):
    """It uses an operator that Resource Graph does not take; ``word`` is it."""

    def __init__(self, word: str) -> None:
        super().__init__(f"'{word}' is not taken")
        self.word = word


class UnknownTable(QueryError):
    """It names a table that is not there; ``table`` is its name."""

    def __init__(self, table: str) -> None:
        super().__init__(f"no table '{table}'")
        self.table = table


class NotAnswered(QueryError):
    """Anything else: an unknown column, a function that is not translated, a limit."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer; ``kind`` is string, integer, number, boolean, datetime or object."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns and rows; ``page`` turns rows into JSON values."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]
    types: tuple[str, ...]

    def page(self, start: int, end: int) -> list[list[Any]]:
        """Return the rows from ``start`` to before ``end`` as JSON values."""
        return [
            [_json_value(value, kind) for value, kind in zip(row, self.types, strict=True)]
            for row in self.rows[start:end]
        ]


def kind_of(kind: str) -> str:
    """Return the kind of column that a type of the database makes."""
    if kind.endswith("[]") or kind.startswith(("JSON", "STRUCT", "MAP")):
        return "object"
    if kind.startswith(_INTEGERS):
        return "integer"
    if kind.startswith(_NUMBERS):
        return "number"
    return {"BOOLEAN": "boolean"}.get(kind, "datetime" if kind.startswith("TIMESTAMP") else "string")


def _json_value(value: Any, kind: str) -> Any:
    if value is None:
        return None if kind_of(kind) != "string" else ""
    if isinstance(value, str):
        return json.loads(value) if kind == "JSON" else value
    if isinstance(value, list):
        return [_json_value(each, kind.removesuffix("[]")) for each in value]
    if isinstance(value, Mapping):
        return {str(name): _json_value(each, "") for name, each in value.items()}
    if isinstance(value, datetime):
        instant = value if value.tzinfo else value.replace(tzinfo=UTC)
        return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    return value if isinstance(value, bool | int) else str(value)
