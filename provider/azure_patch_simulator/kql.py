"""Kusto queries over rows in memory: the one module that knows DuckDB and duckdb-kql.

A query sees the tables it is given and nothing else: no file, no network, no setting, no table of the database itself.
"""

from __future__ import annotations

import json
import marshal
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import duckdb
import duckdb_kql

from . import kql_rewrites, kql_text
from .kql_answers import Answer, Column, NotAnswered, NotTaken, QueryError, SyntaxFailure, UnknownTable, kind_of

Row = Mapping[str, Any]
QUERY_SECONDS = 20.0
MEMORY = "2GB"
_KEY = "row/key"
_ALL = "all/"
_SCOPE = "scope/"
_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})


class Database:
    """Tables that all have the same columns: some hold text, the others any JSON value.

    One column of text is the ``scope``: a query sees the rows whose scope is among those it is given.
    """

    def __init__(self, tables: Iterable[str], text: Sequence[str], dynamic: Sequence[str], *, scope: str) -> None:
        self.tables = frozenset(tables)
        self._text, self._dynamic = tuple(text), tuple(dynamic)
        self._names = (*self._text, *self._dynamic)
        self._seen: dict[str, dict[str, int]] = {table: {} for table in self.tables}
        self._connection = duckdb.connect(":memory:", config={"enable_external_access": False})
        columns = ", ".join([*(f'"{name}" VARCHAR' for name in text), *(f'"{name}" JSON' for name in dynamic)])
        shown = ", ".join(f'"{name}"' for name in self._names)
        self._run(f'CREATE TABLE "{_SCOPE}" ("id" VARCHAR)')
        for table in sorted(self.tables):
            self._run(f'CREATE TABLE "{_ALL}{table}" ("{_KEY}" VARCHAR, {columns})')
            inside = f'lower("{scope}") IN (SELECT "id" FROM "{_SCOPE}")'
            self._run(f'CREATE VIEW "{table}" AS SELECT {shown} FROM "{_ALL}{table}" WHERE {inside}')
        # One thread: the same rows and the same query give the same answer in the same order.
        for setting in ("TimeZone='UTC'", "threads=1", f"memory_limit='{MEMORY}'", "lock_configuration=true"):
            self._run(f"SET {setting}")

    def _run(self, sql: str, parameters: Any = None) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(sql, parameters)

    def load(self, table: str, rows: Iterable[Row]) -> None:
        """Make ``rows`` the content of ``table``; only what changed since the last time is written.

        ``id`` tells rows apart, without regard to letter case. Members that are no column are left out.
        """
        seen, now = self._seen[table], {}
        changed: dict[str, Row] = {}
        for row in rows:
            key = str(row["id"]).lower()
            now[key] = print_ = _fingerprint(row)
            if seen.get(key) != print_:
                changed[key] = row
        gone = [key for key in seen if key not in now or key in changed]
        if len(gone) == len(seen):
            self._run(f'DELETE FROM "{_ALL}{table}"')
        elif gone:
            self._run(f'DELETE FROM "{_ALL}{table}" WHERE "{_KEY}" IN (SELECT unnest(?::VARCHAR[]))', [gone])
        if changed:
            self._insert(table, changed)
        self._seen[table] = now

    def _insert(self, table: str, rows: Mapping[str, Row]) -> None:
        keys: list[str | None] = [*rows]
        columns = [keys]
        columns += [[_text_of(row.get(name)) for row in rows.values()] for name in self._text]
        columns += [[_json_of(row.get(name)) for row in rows.values()] for name in self._dynamic]
        values = ", ".join(["unnest(?::VARCHAR[])"] * len(columns))
        self._run(f'INSERT INTO "{_ALL}{table}" SELECT {values}', columns)

    def tables_of(self, query: str) -> frozenset[str]:
        """Return the tables whose names occur in ``query``: those that must be loaded before it is asked."""
        words = {token.text.lower() for token in kql_text.tokens(kql_text.with_table(query)) if token.kind == "word"}
        return self.tables & words

    def ask(self, query: str, scopes: Iterable[str], now: datetime) -> Answer:
        """Answer ``query`` at the instant ``now`` over the rows of ``scopes``. Raises ``QueryError``."""
        sql, parameters = self._translate(query, now)
        self._run(f'DELETE FROM "{_SCOPE}"')
        self._run(f'INSERT INTO "{_SCOPE}" SELECT unnest(?::VARCHAR[])', [[scope.lower() for scope in scopes]])
        watch = threading.Timer(QUERY_SECONDS, self._connection.interrupt)
        watch.daemon = True
        watch.start()
        try:
            result = self._run(sql, parameters or None)
            description = result.description or []
            rows = result.fetchall()
        except (duckdb.Error, ValueError, OverflowError) as reason:
            raise NotAnswered(str(reason).split("\n", 1)[0]) from None
        finally:
            watch.cancel()
        types = tuple(str(column[1]) for column in description)
        columns = tuple(Column(column[0], kind_of(kind)) for column, kind in zip(description, types, strict=True))
        return Answer(columns, rows, types)

    def _translate(self, query: str, now: datetime) -> tuple[str, dict[str, Any]]:
        given = kql_text.with_table(query)
        try:
            sql = _translated(query, given, self.tables, tuple(self._names), now if _MOMENTS.search(given) else None)
        except QueryError:
            raise
        except kql_text.NotTaken as reason:
            raise NotTaken(reason.word) from None
        except duckdb_kql.KqlSchemaError as reason:
            if str(reason).find("unknown table") >= 0:
                raise UnknownTable(reason.name) from None
            raise NotAnswered(str(reason)) from None
        except (duckdb_kql.KqlError, kql_text.TooMany) as reason:
            raise NotAnswered(str(reason)) from None
        except Exception as fault:
            # The translator calls itself pre-alpha: what it trips over is a query that is not answered.
            raise NotAnswered(f"the translator failed: {type(fault).__name__}") from None
        try:
            self._check_tables(sql.text)
        except duckdb.Error as reason:
            raise NotAnswered(str(reason).split("\n", 1)[0]) from None
        return sql.text, dict(sql.parameters)

    def _check_tables(self, sql: str) -> None:
        """Refuse everything but our tables: the database has tables of its own that tell about it."""
        found = self._run("SELECT json_serialize_sql(?)", [sql]).fetchone()
        tree = json.loads(found[0]) if found else {}
        named = {name for node in _nodes(tree) for name in _tables_made(node)}
        for node in _nodes(tree):
            kind = node.get("type")
            if kind == "BASE_TABLE" and node.get("table_name") not in self.tables | named:
                raise UnknownTable(str(node.get("table_name")))
            function = (node.get("function") or {}).get("function_name") if kind == "TABLE_FUNCTION" else None
            if function is not None and function not in _TABLE_FUNCTIONS:
                raise UnknownTable(str(function))


# What makes the meaning of a query depend on when it is asked.
_MOMENTS: Final = re.compile(r"\b(?:now|ago)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Sql:
    """A query in the database's own language, and the values it takes."""

    text: str
    parameters: tuple[tuple[str, Any], ...]


@lru_cache(maxsize=256)
def _translated(written: str, given: str, tables: frozenset[str], names: tuple[str, ...], now: datetime | None) -> _Sql:
    """Translate a query, once: that takes a hundred times as long as to answer it. Raises what the translator does."""
    kql_text.check(given)
    _check_syntax(written, given)
    rewritten = kql_rewrites.rewrite(given, tables)
    schema = {table: list(names) for table in tables}
    sql = duckdb_kql.to_sql(rewritten, schema=schema, allow_write=False, query_now=now)
    return _Sql(str(sql), tuple(dict(sql.parameters).items()))


def _check_syntax(written: str, given: str) -> None:
    """Parse; places are those in the query as it was written, without the table that was put before it."""
    if given.lstrip().startswith("."):
        raise SyntaxFailure([(1, len(given) - len(given.lstrip()), ".")])
    diagnostics = duckdb_kql.validate(given)
    if not diagnostics:
        return
    lines = given.split("\n")
    offsets = [
        _blamed(given, sum(len(line) + 1 for line in lines[: each.span.line - 1]) + each.span.column)
        for each in diagnostics
    ]
    shift = len(given) - len(written)
    raise SyntaxFailure([_place(written, max(0, offset - shift)) for offset in offsets])


def _blamed(text: str, at: int) -> int:
    """Return the offset of the word to blame, where the parser blames the pipe before an operator.

    A word that is no operator is to blame itself. Of an operator that is wrong inside, its end is: that is what the
    service said of ``where where``, the one such answer that was seen.
    """
    if text[at : at + 1] != "|":
        return at
    step = next((each for each in kql_text.steps(text) if each.at > at), None)
    if step is None:
        return len(text)
    return step.end if step.name in kql_text.OPERATORS else step.at


def _place(text: str, offset: int) -> tuple[int, int, str]:
    before = text[:offset]
    word = next((each.text for each in kql_text.tokens(text) if each.at >= offset and each.kind != "space"), "<EOF>")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1), word


def _nodes(value: Any) -> Iterable[dict[str, Any]]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _tables_made(node: Mapping[str, Any]) -> Iterable[str]:
    made = node.get("cte_map")
    return [str(each["key"]) for each in made["map"]] if isinstance(made, Mapping) else []


def _fingerprint(row: Row) -> int:
    # Version 2 of the format does not depend on how often an object is referred to.
    return hash(marshal.dumps(dict(row), 2))


def _text_of(value: Any) -> str:
    return "" if value is None else _plain(str(value))


def _json_of(value: Any) -> str | None:
    return None if value is None else _plain(json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def _plain(text: str) -> str:
    # JSON can hold half a surrogate pair, the database cannot.
    return text.encode("utf-8", "replace").decode("utf-8")
