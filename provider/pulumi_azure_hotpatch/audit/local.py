"""Our queries over an export, in DuckDB: the one module of the audit that knows DuckDB and duckdb-kql.

An export is a file of ARM bodies: JSON (a list, `{"value": […]}`, `{"data": […]}`), JSON lines, or the rows of Resource
Graph as CSV or Parquet (columns `id` and `properties`, which is JSON text or nested; `name`, `type` and `location`).
Bodies are read as `engine.estate` reads them: with or without a `properties` level, types by the id, and of two bodies
with one id the later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from pulumi_azure_hotpatch.engine.bodies import Body
from pulumi_azure_hotpatch.errors import InvalidInput

from .ill_typed import refuse, suspects
from .queries import Query

if TYPE_CHECKING:
    import duckdb

MISSING: Final = "this needs DuckDB: pip install 'pulumi-azure-hotpatch[audit]'"
NATIVE: Final = (".jsonl", ".ndjson", ".csv", ".parquet")
"""The kinds of files that are read without being held in memory."""

_COLUMNS: Final = ("id", "name", "type", "location", "properties")
_TABLES: Final = ("resources", "patchassessmentresources", "maintenanceresources")
_ONLY: Final = {
    "patchassessmentresources": " WHERE contains(\"type\", '/patchassessmentresults')",
    "maintenanceresources": " WHERE starts_with(\"type\", 'microsoft.maintenance/')",
}
_IDENTITY: Final = ("id", "name", "type", "location", "resourceGroup", "subscriptionId")
_BATCH: Final = 10_000

# The type that an id has: the provider and every second name behind the last `/providers/`.
_PARTS: Final = "string_split(lower(regexp_extract(id, '(?i).*/providers/(.*)$', 1)), '/')"
_TYPE: Final = f"array_to_string([{_PARTS}[1], {_PARTS}[2], {_PARTS}[4], {_PARTS}[6]], '/')"


class Export:
    """An export, opened. A context manager."""

    def __init__(self) -> None:
        try:
            import duckdb
            import duckdb_kql  # noqa: F401 - said at once, not at the first query
        except ImportError:
            raise InvalidInput(MISSING) from None
        self._duckdb = duckdb
        self._connection: duckdb.DuckDBPyConnection = duckdb.connect(":memory:")
        # Filters stay where they are written: pushed down, `verdicts` would be computed anew from the bodies.
        for setting in ("TimeZone = 'UTC'", "disabled_optimizers = 'filter_pushdown'"):
            self._connection.execute(f"SET {setting}")
        columns = ", ".join(f'"{name}" {"JSON" if name == "properties" else "VARCHAR"}' for name in _COLUMNS)
        self._connection.execute(f"CREATE TABLE entries (number BIGINT, {columns})")

    def __enter__(self) -> Export:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def load_bodies(self, bodies: Iterable[Body]) -> None:
        """Take in parsed bodies, after those that are there."""
        batch: list[str] = []
        for body in bodies:
            batch.append(json.dumps(body))
            if len(batch) == _BATCH:
                self._insert_texts(batch)
                batch = []
        if batch:
            self._insert_texts(batch)

    def load_file(self, path: str) -> None:
        """Take in a file of one of the `NATIVE` kinds. Raises InvalidInput that names the file and what is wrong."""
        kind = Path(path).suffix.casefold()
        source = {".csv": "read_csv(?, all_varchar = true, header = true)", ".parquet": "read_parquet(?)"}.get(kind)
        try:
            if source is None:
                self._insert_bodies("read_ndjson_objects(?, maximum_object_size = 67108864)", [path])
            else:
                self._insert_rows(source, path)
        except self._duckdb.Error as error:
            reason = str(error).split("\n", 1)[0]
            raise InvalidInput(f"{path}: cannot be read ({reason})") from None

    def finish(self) -> None:
        """Make the tables, once everything is taken in.

        Raises InvalidInput for an entry that is no ARM body, or holds a value of another type than ARM gives it.
        """
        run = self._connection.execute
        wrong = run("SELECT min(number) FROM entries WHERE id IS NULL OR NOT contains(lower(id), '/providers/')")
        if (number := _only(wrong)) is not None:
            raise InvalidInput(f"entry {number}: expected an ARM body with an id, but it has none")
        if _only(run("SELECT count(*) > count(DISTINCT lower(id)) FROM entries")):
            run("""CREATE OR REPLACE TABLE entries AS SELECT * FROM entries
                QUALIFY row_number() OVER (PARTITION BY lower(id) ORDER BY number DESC) = 1""")
        refuse(self._suspects())
        names = ", ".join(f'"{name}"' for name in _COLUMNS if name not in ("id", "type"))
        for table in _TABLES:
            run(f"""CREATE VIEW {table} AS
                SELECT id, "type", {names} FROM entries{_ONLY.get(table, "")}""")

    def rows(self, query: Query) -> Iterator[tuple[str, ...]]:
        """The rows of a query, in the order of its projection."""
        sql, parameters = _translated(query.text)
        result = self._connection.cursor().execute(sql, parameters or None)
        while found := result.fetchmany(_BATCH):
            yield from found

    def _suspects(self) -> Iterator[Body]:
        """Bodies that may hold values of wrong types, in the order in which they were taken in."""
        columns = ", ".join(f'"{name}"' for name in _COLUMNS)
        found = self._connection.execute(f"SELECT {columns} FROM entries WHERE {suspects()} ORDER BY number")
        while rows := found.fetchmany(_BATCH):
            for row in rows:
                body = {name: value for name, value in zip(_COLUMNS, row, strict=True) if value is not None}
                yield {**body, "properties": json.loads(body["properties"])}

    def _insert_texts(self, texts: list[str]) -> None:
        self._insert_bodies("(SELECT unnest(?::VARCHAR[])::JSON AS json)", [texts])

    def _insert_bodies(self, source: str, parameters: list[Any]) -> None:
        """Bodies as JSON in a column `json`; a body without `properties` has been flattened by a tool, unless there is
        nothing of the machine itself in it.
        """
        identity = ", ".join(f"'{name}'" for name in _IDENTITY)
        self._connection.execute(
            f"""INSERT INTO entries
            SELECT {self._next()} + row_number() OVER (), id, name, {_TYPE}, location, properties
            FROM (
                SELECT rtrim(json ->> '$.id', '/') AS id, json ->> '$.name' AS name, json ->> '$.location' AS location,
                    CASE WHEN json_type(json, '$.properties') = 'OBJECT' THEN json -> '$.properties'
                        WHEN len(list_filter(json_keys(json), lambda key: key NOT IN ({identity}))) = 0 THEN NULL
                        ELSE json END AS properties
                FROM {source}
            )""",
            parameters,
        )

    def _insert_rows(self, source: str, path: str) -> None:
        """Rows of Resource Graph; a column's name may have any letter case."""
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {source}", [path]).fetchall()
        found = {str(row[0]).casefold(): (str(row[0]), str(row[1])) for row in described}
        if missing := [name for name in ("id", "properties") if name not in found]:
            raise InvalidInput(f"{path}: it has no column '{missing[0]}'; export id, name, type, location, properties")
        named, kind = found["properties"]
        is_text = kind in ("VARCHAR", "JSON")
        properties = f"nullif(\"{named}\", '')::JSON" if is_text else f'to_json("{named}")'
        texts = [f'"{found[name][0]}"::VARCHAR' if name in found else "NULL" for name in ("name", "location")]
        self._connection.execute(
            f"""INSERT INTO entries
            SELECT {self._next()} + row_number() OVER (), id, name, {_TYPE}, location, properties
            FROM (
                SELECT rtrim("{found["id"][0]}"::VARCHAR, '/') AS id, {texts[0]} AS name, {texts[1]} AS location,
                    {properties} AS properties
                FROM {source}
            )""",
            [path],
        )

    def _next(self) -> int:
        return int(_only(self._connection.execute("SELECT coalesce(max(number), 0) FROM entries")))


@lru_cache(maxsize=64)
def _translated(text: str) -> tuple[str, dict[str, Any]]:
    import duckdb_kql

    sql = duckdb_kql.to_sql(text, schema={table: list(_COLUMNS) for table in _TABLES}, allow_write=False)
    return str(sql), dict(sql.parameters)


def _only(result: duckdb.DuckDBPyConnection) -> Any:
    row = result.fetchone()
    return None if row is None else row[0]
