"""Azure Resource Graph through its real SDK: tables, pages, scopes, formats, errors, quota."""

from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import FacetRequest, QueryRequest, QueryRequestOptions

from azure_patch_simulator import SUBSCRIPTION_ID, TENANT_ID, Simulator, World
from azure_patch_simulator.inventory import windows_machine
from tests.simulator.asking import CONFIGURATIONS, MACHINE, START, Client, code_of, in_guest_configuration

OTHER = "00000000-0000-0000-0000-000000000002"
GRAPH = "/providers/Microsoft.ResourceGraph/resources"


def graph(azure: Client) -> ResourceGraphClient:
    return ResourceGraphClient(azure.simulator.credential(), transport=azure.simulator.transport())


def data(azure: Client, query: str, **more: Any) -> Any:
    return graph(azure).resources(QueryRequest(query=query, **more)).data


def fleet(count: int) -> Client:
    bodies = [windows_machine(SUBSCRIPTION_ID, "rg-contoso", f"vm-{n:05}", "2022-datacenter") for n in range(count)]
    bodies.append(windows_machine(OTHER, "rg-other", "vm-other", "2022-datacenter"))
    return Client(Simulator(World.from_inventory(bodies), start=START))


def test_resources_are_rows_with_lower_case_types_and_groups(azure: Client) -> None:
    azure.simulator.world.add_resource({"id": MACHINE.replace("rg-contoso", "RG-Upper"), "location": "East US"})
    [row] = data(azure, "resources | where resourceGroup == 'rg-upper'")
    assert row["id"] == MACHINE.replace("rg-contoso", "RG-Upper")
    assert row["type"] == "microsoft.compute/virtualmachines"
    assert (row["name"], row["location"], row["subscriptionId"]) == ("vm-web-1", "eastus", SUBSCRIPTION_ID)
    assert row["tenantId"] == TENANT_ID
    assert row["zones"] is None
    assert row["kind"] == ""


def test_a_change_is_in_the_next_answer(azure: Client) -> None:
    tagged = "resources | where tags.ring == '0' | project name"
    assert data(azure, tagged) == []
    azure.ask("PATCH", MACHINE, {"tags": {"ring": "0"}})
    assert data(azure, tagged) == [{"name": "vm-web-1"}]
    running = "resources | where properties.extended.instanceView.powerState.code == 'PowerState/running' | count"
    assert data(azure, running) == [{"Count": 5}]
    azure.simulator.world.set_power(MACHINE, running=False)
    assert data(azure, running) == [{"Count": 4}]
    azure.simulator.clock.advance(timedelta(minutes=5))
    assert azure.ask("DELETE", MACHINE).status == 202
    azure.simulator.clock.advance(timedelta(minutes=5))
    assert data(azure, tagged) == []


def test_groups_subscriptions_and_assignments_have_tables_of_their_own(azure: Client) -> None:
    azure.ask("PUT", f"{CONFIGURATIONS}/monthly", in_guest_configuration())
    assigned = {"location": "eastus", "properties": {"maintenanceConfigurationId": f"{CONFIGURATIONS}/monthly"}}
    azure.ask("PUT", f"{MACHINE}/providers/Microsoft.Maintenance/configurationAssignments/monthly", assigned)
    kinds = "resourcecontainers | project type, name | order by name asc"
    group = "microsoft.resources/subscriptions/resourcegroups"
    assert data(azure, kinds) == [
        {"type": "microsoft.resources/subscriptions", "name": "Contoso"},
        {"type": group, "name": "rg-contoso"},
        {"type": group, "name": "rg-contoso-eu"},
    ]
    [assignment] = data(azure, "maintenanceresources | where type =~ 'microsoft.maintenance/configurationassignments'")
    assert assignment["properties"]["resourceId"] == MACHINE
    configurations = "resources | where type == 'microsoft.maintenance/maintenanceconfigurations' | project name"
    assert data(azure, configurations) == [{"name": "monthly"}]
    assert data(azure, "resources | where type contains 'assignments' or type contains 'groups'") == []


def test_an_assessment_is_found_with_the_query_of_the_documentation(azure: Client) -> None:
    azure.ask("POST", f"{MACHINE}/assessPatches")
    azure.simulator.clock.advance(timedelta(hours=1))
    [summary] = data(
        azure,
        'patchassessmentresources | where type !has "softwarepatches" | extend prop = parse_json(properties)'
        ' | parse id with vmResourceId "/patchAssessmentResults" *'
        " | project vmResourceId, status = prop.status, os = prop.osType, at = todatetime(prop.lastModifiedDateTime)",
    )
    assert (summary["vmResourceId"], summary["status"], summary["os"]) == (MACHINE, "Succeeded", "Windows")
    assert summary["at"].endswith("Z")
    azure.simulator.clock.advance(timedelta(days=7))
    assert data(azure, "patchassessmentresources | where properties.startedBy == 'User'") == []


def test_a_large_answer_comes_in_pages() -> None:
    azure = fleet(2500)
    sdk, token = graph(azure), None
    names: list[str] = []
    sizes: list[int] = []
    query = "resources | project id, name | order by name asc"
    while True:
        options = QueryRequestOptions(skip_token=token)
        page = sdk.resources(QueryRequest(query=query, subscriptions=[SUBSCRIPTION_ID], options=options))
        assert (page.total_records, page.result_truncated) == (2500, "false")
        data_of_page: Any = page.data
        names += [row["name"] for row in data_of_page]
        sizes.append(page.count)
        token = page.skip_token
        if token is None:
            break
    assert sizes == [1000, 1000, 500]
    assert names == [f"vm-{n:05}" for n in range(2500)]


def test_without_an_id_there_is_no_next_page_and_the_answer_says_it_is_cut() -> None:
    page = graph(fleet(20)).resources(
        QueryRequest(query="resources | project name", options=QueryRequestOptions(top=7))
    )
    assert (page.count, page.total_records, page.result_truncated, page.skip_token) == (7, 21, "true", None)


def test_top_and_skip_choose_rows_and_take_makes_skip_be_ignored() -> None:
    azure = fleet(20)
    options = QueryRequestOptions(top=2, skip=3)
    ordered = "resources | project id, name | order by name asc"
    assert [row["name"] for row in data(azure, ordered, options=options)] == ["vm-00003", "vm-00004"]
    assert [row["name"] for row in data(azure, f"{ordered} | take 5", options=options)] == ["vm-00000", "vm-00001"]
    first = graph(azure).resources(QueryRequest(query=ordered, options=QueryRequestOptions(top=8)))
    rest = QueryRequestOptions(skip_token=first.skip_token, top=3)
    assert [row["name"] for row in data(azure, ordered, options=rest)] == ["vm-00008", "vm-00009", "vm-00010"]


def test_a_table_has_columns_and_rows(azure: Client) -> None:
    query = "resources | where name == 'vm-web-1' | project name, zones, n = 1, x = 1.5, b = true, at = now()"
    answer = data(azure, query, options=QueryRequestOptions(result_format="table"))
    types = ["string", "object", "integer", "number", "boolean", "string"]
    names = ["name", "zones", "n", "x", "b", "at"]
    assert answer["columns"] == [{"name": n, "type": t} for n, t in zip(names, types, strict=True)]
    assert answer["rows"] == [["vm-web-1", ["1"], 1, 1.5, True, "2026-11-02T08:00:00Z"]]


def test_a_query_sees_the_subscriptions_it_names_or_all() -> None:
    azure = fleet(3)
    count = "resources | summarize n = count() by subscriptionId | order by subscriptionId asc"
    both = [{"subscriptionId": SUBSCRIPTION_ID, "n": 3}, {"subscriptionId": OTHER, "n": 1}]
    assert data(azure, count) == both
    assert data(azure, count, management_groups=[TENANT_ID]) == both
    assert data(azure, count, subscriptions=[OTHER.upper(), "00000000-0000-0000-0000-000000000009"]) == both[1:]
    joined = f"{count} | join kind=leftouter (resourcecontainers | project subscriptionId, name) on subscriptionId"
    assert {row["subscriptionId"] for row in data(azure, joined, subscriptions=[OTHER])} == {OTHER}
    for scopes in (
        {"subscriptions": ["00000000-0000-0000-0000-000000000009"]},
        {"management_groups": ["mg-contoso"]},
        {"subscriptions": [OTHER], "management_groups": [TENANT_ID]},
    ):
        with pytest.raises(HttpResponseError, match="SimulatorRule"):
            data(azure, count, **scopes)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        (
            "where where",
            {
                "code": "ParserFailure",
                "message": "ParserFailure",
                "line": 1,
                "characterPositionInLine": 11,
                "token": "<EOF>",
            },
        ),
        (
            "resources | evaluate bag_unpack(tags)",
            {
                "code": "InvalidQueryLanguage",
                "message": "InvalidQueryLanguage",
                "line": -1,
                "characterPositionInLine": -1,
                "token": "evaluate",
            },
        ),
        (
            "appserviceresources",
            {
                "code": "DisallowedLogicalTableName",
                "message": "Table appserviceresources is invalid, unsupported or disallowed.",
            },
        ),
    ],
)
def test_a_bad_query_is_refused_as_it_was_recorded(azure: Client, query: str, detail: dict[str, Any]) -> None:
    with pytest.raises(HttpResponseError) as raised:
        data(azure, query)
    assert raised.value.status_code == 400
    body = azure.ask("POST", GRAPH, {"query": query}).json()["error"]
    assert body["code"] == "BadRequest"
    assert body["message"].startswith("Please provide below info when asking for support: timestamp = 2026-11-02T08:0")
    assert body["details"][0]["code"] == "InvalidQuery"
    assert body["details"][1:] == [detail]


def test_what_is_only_refused_here_says_so(azure: Client) -> None:
    refused = azure.ask("POST", GRAPH, {"query": "resources | where nothing == 1"})
    assert refused.json()["error"]["details"][1]["code"] == "SimulatorRuleQuery"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": 5},
        {"query": "resources", "subscriptions": "all"},
        {"query": "resources", "options": {"$top": 0}},
        {"query": "resources", "options": {"$top": 1001}},
        {"query": "resources", "options": {"$top": "5"}},
        {"query": "resources", "options": {"$skip": -1}},
        {"query": "resources", "options": {"$skipToken": "soon"}},
        {"query": "resources", "options": {"$skipToken": "bnVsbA=="}},
        {"query": "resources", "options": {"$skipToken": "WzEsMiwieCJd"}},
        {"query": "resources", "options": {"resultFormat": "csv"}},
        {"query": "resources", "options": []},
        {"query": "resources", "facets": [1]},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(azure: Client, body: dict[str, Any]) -> None:
    refused = azure.ask("POST", GRAPH, body)
    assert refused.status == 400
    assert code_of(refused) in ("InvalidRequestContent",) or code_of(refused).startswith("SimulatorRule")


def test_facets_are_answered_as_facets_that_failed(azure: Client) -> None:
    request = QueryRequest(query="resources", facets=[FacetRequest(expression="location")])
    [facet] = graph(azure).resources(request).facets or []
    assert (facet.result_type, facet.expression) == ("FacetError", "location")


def test_every_answer_tells_the_quota_and_the_quota_can_be_kept(azure: Client) -> None:
    def headers() -> tuple[int, str | None, str | None]:
        answer = azure.ask("POST", GRAPH, {"query": "resources | count"})
        told = answer.headers
        return answer.status, told.get("x-ms-user-quota-remaining"), told.get("x-ms-user-quota-resets-after")

    assert [headers() for _ in range(20)] == [(200, "14", "00:00:05")] * 20
    azure.simulator.world.settings.throttling.enforced = True
    assert [headers()[1] for _ in range(15)] == [str(left) for left in range(14, -1, -1)]
    assert headers() == (429, "0", "00:00:05")
    azure.simulator.clock.advance(timedelta(seconds=2))
    refused = azure.ask("POST", GRAPH, {"query": "resources | count"})
    assert refused.headers["retry-after"] == "3"
    assert refused.json()["error"]["details"][0]["code"] == "RateLimiting"
    # The SDK waits as long as it is told.
    assert data(azure, "resources | count") == [{"Count": 5}]
    assert azure.simulator.clock.now() == START + timedelta(seconds=5)


def test_a_query_writes_no_state(azure: Client, tmp_path: Any) -> None:
    file = tmp_path / "state.json"
    azure.simulator.state_file = file
    azure.ask("PATCH", MACHINE, {"tags": {}})
    written = file.stat().st_mtime_ns
    data(azure, "resources | count")
    assert file.stat().st_mtime_ns == written
