"""Kusto queries over rows in memory: the idioms of patch queries, what is refused, and that nothing gets out."""

import contextlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_patch_simulator import SUBSCRIPTION_ID
from azure_patch_simulator.inventory import windows_machine
from azure_patch_simulator.kql import Database
from azure_patch_simulator.kql_answers import NotAnswered, NotTaken, QueryError, SyntaxFailure

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
TEXT = ("id", "name", "type", "location", "subscriptionId")
DYNAMIC = ("tags", "properties")
BASE = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-contoso/providers/Microsoft.Compute/virtualMachines"
KIND = "microsoft.compute/virtualmachines/patchassessmentresults"


def row(row_id: str, kind: str, properties: Mapping[str, Any], subscription: str = SUBSCRIPTION_ID) -> dict[str, Any]:
    return {
        "id": row_id,
        "name": row_id.rsplit("/", 1)[-1],
        "type": kind,
        "location": "eastus",
        "subscriptionId": subscription,
        "properties": dict(properties),
    }


def assessment(machine: str, hours: int, security: int, **more: Any) -> list[dict[str, Any]]:
    """An assessment ``hours`` ago, and one update that it found."""
    summary = {
        "status": "Succeeded",
        "lastModifiedDateTime": (NOW - timedelta(hours=hours)).isoformat(),
        "availablePatchCountByClassification": {"security": security, "critical": 1},
        "errorDetails": None,
        **more,
    }
    patch = {"patchName": "2026-10 Cumulative Update", "kbId": "5000001", "classifications": ["Security", "Critical"]}
    top = f"{BASE}/{machine}/patchAssessmentResults/latest"
    return [row(top, KIND, summary), row(f"{top}/softwarePatches/p1", f"{KIND}/softwarepatches", patch)]


ROWS = [*assessment("vm-1", 1, 3), *assessment("vm-2", 30, 0, errorDetails={"code": "X"}), *assessment("vm-3", 2, 5)]


@pytest.fixture(scope="module")
def database() -> Database:
    made = Database(["resources", "patchassessmentresources"], TEXT, DYNAMIC, scope="subscriptionId")
    made.load("patchassessmentresources", ROWS)
    return made


def rows(database: Database, query: str) -> list[list[Any]]:
    answer = database.ask(query, [SUBSCRIPTION_ID], NOW)
    return answer.page(0, len(answer.rows))


MACHINES = [[f"{BASE}/vm-1"], [f"{BASE}/vm-2"], [f"{BASE}/vm-3"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        # The idioms that Microsoft's own pages for Update Manager use.
        ('patchassessmentresources | where type !has "softwarepatches" | count', [[3]]),
        ('patchassessmentresources | where type has "softwarepatches" | count', [[3]]),
        (
            'patchassessmentresources | where type !has "softwarepatches" | extend prop=parse_json(properties)'
            " | project s=tostring(prop.status), n=toint(prop.availablePatchCountByClassification.security)"
            " | order by n asc",
            [["Succeeded", 0], ["Succeeded", 3], ["Succeeded", 5]],
        ),
        (
            'patchassessmentresources | where type has "softwarepatches" | extend p=todynamic(properties)'
            " | project c=p.classifications, k=p.kbId | take 1",
            [[["Security", "Critical"], "5000001"]],
        ),
        (
            'patchassessmentresources | where type !has "softwarepatches"'
            " | where todatetime(properties.lastModifiedDateTime) > ago(1d) | project name=split(id, '/')[8]"
            " | order by tostring(name) asc",
            [["vm-1"], ["vm-3"]],
        ),
        # What the translator refuses and is put into other words.
        (
            'patchassessmentresources | parse id with vmResourceId "/patchAssessmentResults" *'
            " | distinct vmResourceId | order by vmResourceId asc",
            MACHINES,
        ),
        (
            'patchassessmentresources | parse kind=simple tolower(id) with machine:string "/patchassess" * '
            "| distinct machine | order by machine asc",
            [[machine.lower()] for [machine] in MACHINES],
        ),
        (
            'patchassessmentresources | parse id with * "virtualMachines/" vm "/patch" * | distinct vm'
            " | order by vm asc",
            [["vm-1"], ["vm-2"], ["vm-3"]],
        ),
        ("patchassessmentresources | take 1 | project s = split(id, '/', 8)", [[["vm-1"]]]),
        ("patchassessmentresources | take 1 | project s = tostring(split(id, '/', 8)[0])", [["vm-1"]]),
        ("patchassessmentresources | take 1 | project s = split(id, '/', 99)", [[[]]]),
        (
            'patchassessmentresources | where type !has "softwarepatches"'
            " | where isnull(properties.errorDetails) | count",
            [[2]],
        ),
        ("patchassessmentresources | where isnotnull(properties.errorDetails) | count", [[1]]),
        ("patchassessmentresources | where isnull(properties.nothing) | count", [[6]]),
        ("patchassessmentresources | where isnull(todatetime('never')) | count", [[6]]),
        (
            "patchassessmentresources | mv-expand properties.classifications"
            " | extend c = tostring(properties_classifications) | where isnotempty(c)"
            " | summarize n=count() by c | order by c asc",
            [["Critical", 3], ["Security", 3]],
        ),
        ("PatchAssessmentResources | summarize n=count() by location", [["eastus", 6]]),
        ("where type == 'x' | count", [[0]]),
        ("summarize count()", [[0]]),
        (
            "patchassessmentresources | where name == 'latest' | project id, n=1 | join kind=leftouter"
            " (PatchAssessmentResources | where name == 'latest' | project id, s=tostring(properties.status)) on id"
            " | summarize total=sum(n) by s",
            [["Succeeded", 3]],
        ),
        ("union PatchAssessmentResources, (patchassessmentresources | where name == 'p1') | count", [[9]]),
        ("patchassessmentresources // a comment with 'one quote\n| count", [[6]]),
        ("patchassessmentresources | where name == 'a|(b' | count", [[0]]),
        ("patchassessmentresources | where name has_any ('latest', 'x') | top 1 by id | project name", [["latest"]]),
        ("patchassessmentresources | where name matches regex 'p[0-9]' | count", [[3]]),
        ("patchassessmentresources | take 1 | project at = now()", [["2026-11-02T08:00:00Z"]]),
    ],
)
def test_the_idioms_of_patch_queries_give_the_right_rows(
    database: Database, query: str, expected: list[list[Any]]
) -> None:
    assert rows(database, query) == expected


def test_an_expanded_list_has_at_most_128_rows_unless_the_query_says_otherwise() -> None:
    database = Database(["resources"], TEXT, DYNAMIC, scope="subscriptionId")
    database.load("resources", [row("/a", "t", {"list": list(range(300))})])
    assert rows(database, "resources | mv-expand x = properties.list | count") == [[128]]
    assert rows(database, "resources | mvexpand x = properties.list limit 200 | count") == [[200]]


def test_a_query_that_does_not_parse_names_the_place_in_the_text_that_was_written(database: Database) -> None:
    for query, places in {
        "where where": [(1, 11, "<EOF>")],
        "resources\n| foo bar": [(2, 2, "foo")],
        "resources | where a == ": [(1, 23, "<EOF>")],
        ".show tables": [(1, 0, ".")],
        "": [(1, 0, "<EOF>")],
    }.items():
        with pytest.raises(SyntaxFailure) as raised:
            rows(database, query)
        assert list(raised.value.places) == places


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("resources | mv-apply x = properties.a on (where x == 1)", "mv-apply"),
        ("resources | evaluate bag_unpack(properties)", "evaluate"),
        ("resources | render piechart", "render"),
        ("let x = 1; resources | take x", "let"),
        ('externaldata(a:string)["https://contoso.example/a.csv"]', "externaldata"),
        ("print now()", "print"),
        ("resources | join (range x from 1 to 3 step 1) on x", "range"),
    ],
)
def test_what_resource_graph_does_not_take_is_refused_by_its_name(database: Database, query: str, word: str) -> None:
    with pytest.raises(NotTaken) as raised:
        rows(database, query)
    assert raised.value.word == word


@pytest.mark.parametrize(
    "query",
    [
        "resources | where nothing == 1",
        "resources | extend k = bag_keys(properties)",
        "resources | extend x = tostring(1, 2)",
        "resources | where " + "(" * 5000 + "1",
        "resources | where id in (" + ",".join(f"'{number:0100}'" for number in range(2000)) + ")",
        "resources | where " + "isnull(" * 40 + "id" + ")" * 40,
        "resources " + "| mv-expand properties " * 4,
        "resources " + "| join (resources) on id " * 4,
        "resources | where name == '\ud800'",
    ],
)
def test_what_cannot_be_answered_says_so_soon(database: Database, query: str) -> None:
    begun = time.monotonic()
    with pytest.raises(NotAnswered):
        rows(database, query)
    assert time.monotonic() - begun < 5


def test_no_query_reaches_a_file_the_network_or_the_database_itself(database: Database, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\nhidden\n", encoding="utf-8")
    tables = ["sqlite_master", "duckdb_tables", "duckdb_settings", "pg_class", "all/resources", "scope/", str(secret)]
    queries = [
        *(f"['{table}'] | take 1" for table in tables),
        *(f"resources | union ['{table}']" for table in tables),
        *(f"resources | join (['{table}']) on id" for table in tables),
        f"read_csv('{secret}')",
        f"resources | where id == toscalar(read_text('{secret}'))",
        f"resources | extend x = read_text('{secret}')",
        f"resources | where name == 'x' or 1 in (read_csv('{secret}'))",
        "information_schema.tables | take 1",
        "cluster('https://contoso.example').database('x').T",
        "database('system').duckdb_tables",
        ".set-or-replace resources <| patchassessmentresources",
        ".drop table resources",
        ".attach database x",
        "resources; ATTACH 'x.db'",
        "resources | take 1; SET lock_configuration = false",
        'resources | where name == \'"; DROP TABLE "all/patchassessmentresources"; --\'',
    ]
    for query in queries:
        try:
            found = rows(database, query)
        except QueryError:
            continue
        assert found == [], query
    assert rows(database, "patchassessmentresources | count") == [[6]]
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_the_database_itself_has_no_way_out(database: Database, tmp_path: Path) -> None:
    # Past the translator, which lets none of this through.
    run = database._run
    for sql in (
        f"SELECT * FROM read_csv('{__file__}')",
        f"ATTACH '{tmp_path / 'x.db'}'",
        f"COPY (SELECT 1) TO '{tmp_path / 'x.csv'}'",
        "SELECT * FROM 'https://contoso.example/x.csv'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET threads = 8",
    ):
        with pytest.raises(Exception, match=r"(?i)disabled|locked|does not exist|cannot change|cannot access"):
            run(sql)
    assert list(tmp_path.iterdir()) == []


def test_rows_of_other_scopes_are_not_seen() -> None:
    other = "00000000-0000-0000-0000-000000000002"
    database = Database(["resources"], TEXT, DYNAMIC, scope="subscriptionId")
    database.load("resources", [row("/a", "t", {}), row("/b", "t", {}, other.upper()), row("/c", "t", {}, "x")])
    for scopes, names in (([SUBSCRIPTION_ID], ["a"]), ([other, "X"], ["b", "c"]), ([], [])):
        answer = database.ask("resources | project name | order by name asc", scopes, NOW)
        assert [name for [name] in answer.page(0, 9)] == names


CHANGING = Database(["resources"], TEXT, DYNAMIC, scope="subscriptionId")


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from("abcd"),
            st.recursive(
                st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.characters(codec="utf-8"), max_size=4),
                lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
                max_leaves=6,
            ),
            max_size=4,
        ),
        max_size=4,
    )
)
def test_after_every_change_the_tables_hold_what_was_loaded_last(versions: list[dict[str, Any]]) -> None:
    # The same tables as in the examples before: what they held must be gone.
    for version in [*versions, {}]:
        loaded = [row(f"/{name}", "t", {"value": value}) for name, value in version.items()]
        CHANGING.load("resources", loaded)
        found = rows(CHANGING, "resources | project name, properties | order by name asc")
        assert json.dumps(found) == json.dumps(
            [[each["name"], each["properties"]] for each in sorted(loaded, key=lambda each: str(each["name"]))]
        )


EMPTY = Database(["resources"], TEXT, DYNAMIC, scope="subscriptionId")


@given(st.text(st.sampled_from("resoucpjtwhan |(),='\"[]{}.;:\\/*-+<>!~0123\n\t$@#%é")), st.booleans())
def test_any_text_is_answered_or_refused(text: str, piped: bool) -> None:
    with contextlib.suppress(QueryError):
        rows(EMPTY, f"resources | {text}" if piped else text)
    assert rows(EMPTY, "resources | count") == [[0]]


def test_ten_thousand_machines_are_loaded_and_asked_in_under_a_second() -> None:
    body = windows_machine(SUBSCRIPTION_ID, "rg-contoso", "vm", "2025-datacenter-azure-edition")
    fleet = [{**row(f"{BASE}/vm-{n}", "microsoft.compute/virtualmachines", body["properties"])} for n in range(10_000)]
    database = Database(["resources"], TEXT, DYNAMIC, scope="subscriptionId")
    database.load("resources", fleet)
    begun = time.monotonic()
    fleet[7]["tags"] = {"ring": "0"}
    database.load("resources", fleet)
    by_system = "resources | summarize n=count() by tostring(properties.storageProfile.osDisk.osType)"
    assert rows(database, by_system) == [["Windows", 10_000]]
    assert rows(database, "resources | where tags.ring == '0' | project name") == [["vm-7"]]
    assert time.monotonic() - begun < 1
