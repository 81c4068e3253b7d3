"""Azure Resource Graph: Kusto queries over the simulated world.

Source of the shapes: azure-mgmt-resourcegraph 8 (api 2021-03-01); of bad queries: recorded traffic of Azure PowerShell
(``ParserFailure``) and Azure/azure-powershell issue 13762 (``InvalidQueryLanguage``); of paging and page size:
Microsoft Learn, "Working with large Azure resource data sets"; of the quota headers: Microsoft Learn, "Guidance for
throttled requests in Azure Resource Graph". What a table holds is settled in ``graph_rows``.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from . import graph_rows, kql_answers, kql_text
from .errors import OWN_CODE_PREFIX, OWN_TEXT_SUFFIX, ArmError, invalid_content, unseen
from .fields import choice, strings, typed
from .http import Response
from .routing import Call, Routes

if TYPE_CHECKING:
    from .kql import Database
    from .simulator import Simulator

routes = Routes()

MAX_PAGE = 1000
FORMATS = ("objectArray", "table")
_INVALID_QUERY = {
    "code": "InvalidQuery",
    "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the "
    "error before retrying.",
}


class ResourceGraph:
    """The queries of one simulator: a database made at the first of them, brought up to date before each."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._database: Database | None = None

    def ask(self, query: str, subscriptions: Sequence[str], now: datetime) -> kql_answers.Answer:
        """Answer a query over ``subscriptions``. Raises ``QueryError``, or ``ImportError`` without DuckDB."""
        if self._database is None:
            from .kql import Database

            self._database = Database(graph_rows.TABLES, graph_rows.TEXT, graph_rows.DYNAMIC, scope=graph_rows.SCOPE)
        for table in self._database.tables_of(query):
            self._database.load(table, graph_rows.TABLES[table](self._simulator))
        return self._database.ask(query, subscriptions, now)


@routes.route("POST", "/providers/Microsoft.ResourceGraph/resources", "ResourceGraph_Resources")
def query(call: Call) -> Response:
    """Answer a query: a page of rows, and a skip token where there are more and the rows have an ``id``."""
    sent = call.object()
    text = typed(sent, "query", str)
    if text is None:
        raise invalid_content("'query' is needed")
    subscriptions = _scope(call, sent)
    try:
        answer = call.simulator.graph.ask(text, subscriptions, call.now)
    except ImportError:
        raise unseen("NeedsDuckDb", "Queries need the packages duckdb and duckdb-kql.", status=501) from None
    except ValueError as reason:
        raise _bad_query(call, reason) from None
    return Response.of_json(200, _body(sent, text, subscriptions, answer))


def _scope(call: Call, sent: Mapping[str, Any]) -> list[str]:
    """Return the subscriptions a request is about: those it lists, or all.

    The only management group is the tenant's root group. What the service says of scopes that it does not know, or
    may not read, was not seen.
    """
    listed, groups = strings(sent, "subscriptions"), strings(sent, "managementGroups")
    known = call.world.subscriptions
    if listed and groups:
        raise unseen("TwoScopes", "'managementGroups' and 'subscriptions' exclude each other.")
    if groups and any(group.lower() != call.world.tenant_id.lower() for group in groups):
        raise unseen("ManagementGroup", "Of management groups there is only the root group, named as the tenant.")
    if not listed:
        return list(known)
    found = [name.lower() for name in listed if name.lower() in known]
    if not found:
        raise unseen("NoScope", "None of the subscriptions is there.", status=403)
    return found


def _body(
    sent: Mapping[str, Any], text: str, subscriptions: Sequence[str], answer: kql_answers.Answer
) -> dict[str, Any]:
    mark = hashlib.sha256(json.dumps([text, list(subscriptions)]).encode("ascii")).hexdigest()[:16]
    start, size = _page(sent, text, mark)
    rows = answer.page(start, start + size)
    more = start + len(rows) < len(answer.rows)
    names = [column.name for column in answer.columns]
    table = choice(sent, "options.resultFormat", FORMATS) == "table"
    columns = [{"name": column.name, "type": _shown(column.kind)} for column in answer.columns]
    body: dict[str, Any] = {
        "totalRecords": len(answer.rows),
        "count": len(rows),
        "data": {"columns": columns, "rows": rows} if table else [dict(zip(names, row, strict=True)) for row in rows],
        "facets": _facets(sent),
        "resultTruncated": "true" if more and "id" not in names else "false",
    }
    if more and "id" in names:
        body["$skipToken"] = _token(start + len(rows), size, mark)
    return body


def _shown(kind: str) -> str:
    # The SDK's ColumnDataType has no datetime; such values are text on the wire.
    return "string" if kind == "datetime" else kind


def _page(sent: Mapping[str, Any], text: str, mark: str) -> tuple[int, int]:
    """Return the first row and the number of rows asked for: ``$skip`` and ``$top`` win over the skip token."""
    start, size = 0, MAX_PAGE
    token = typed(sent, "options.$skipToken", str)
    if token:
        start, size = _read_token(token, mark)
    top, skip = typed(sent, "options.$top", int), typed(sent, "options.$skip", int)
    if top is not None:
        if not 1 <= top <= MAX_PAGE:
            raise unseen("Top", f"'$top' is a whole number from 1 to {MAX_PAGE}.")
        size = top
    if skip is not None and skip < 0:
        raise unseen("Skip", "'$skip' is a whole number from 0 on.")
    # Clients send "$skip": 0 beside a token: the token then says where to go on.
    if skip and not kql_text.ignores_skip(text):
        start = skip
    return start, size


def _token(start: int, size: int, mark: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([start, size, mark]).encode("ascii")).decode("ascii")


def _read_token(token: str, mark: str) -> tuple[int, int]:
    try:
        start, size, made_for = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
    except (ValueError, TypeError):
        raise unseen("SkipToken", "The skip token is not one that was handed out.") from None
    if made_for != mark or not isinstance(start, int) or not isinstance(size, int) or not 1 <= size <= MAX_PAGE:
        raise unseen("SkipToken", "The skip token was handed out for another query or other scopes.")
    return max(0, start), size


def _facets(sent: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return an error for each facet, in the shape the SDK has for a facet that failed: there are none here."""
    failures = []
    for facet in typed(sent, "facets", list) or []:
        expression = facet.get("expression") if isinstance(facet, Mapping) else None
        if not isinstance(expression, str):
            raise invalid_content("a facet has an 'expression'")
        error = {"code": f"{OWN_CODE_PREFIX}Facets", "message": "The simulator computes no facets."}
        failures.append({"expression": expression, "resultType": "FacetError", "errors": [error]})
    return failures


def support_text(now: datetime, correlation_id: str) -> str:
    """Return the message that every error of Resource Graph has; the reason is among its details."""
    stamp = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
    return f"Please provide below info when asking for support: timestamp = {stamp}, correlationId = {correlation_id}."


def _bad_query(call: Call, reason: ValueError) -> ArmError:
    return ArmError(
        400, "BadRequest", support_text(call.now, call.request_id), details=[_INVALID_QUERY, *_reasons(reason)]
    )


def _reasons(reason: ValueError) -> list[dict[str, Any]]:
    """Return what is wrong. Code and text for a table that is not there: public clients of the service."""
    if isinstance(reason, kql_answers.SyntaxFailure):
        return [
            {"code": "ParserFailure", "message": "ParserFailure", "line": line, "characterPositionInLine": at}
            | {"token": token}
            for line, at, token in reason.places
        ]
    if isinstance(reason, kql_answers.NotTaken):
        nowhere = {"line": -1, "characterPositionInLine": -1}
        return [{"code": "InvalidQueryLanguage", "message": "InvalidQueryLanguage", **nowhere, "token": reason.word}]
    if isinstance(reason, kql_answers.UnknownTable):
        message = f"Table {reason.table} is invalid, unsupported or disallowed."
        return [{"code": "DisallowedLogicalTableName", "message": message}]
    return [{"code": f"{OWN_CODE_PREFIX}Query", "message": f"{reason} {OWN_TEXT_SUFFIX}"}]
