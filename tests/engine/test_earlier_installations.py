"""What a run that knows nothing of an earlier one makes of the installations it finds."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pulumi_azure_hotpatch.engine.earlier_installations import Earlier, judge_earlier, merged
from pulumi_azure_hotpatch.engine.patch_results import Installation

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def installation(activity: str, hours_ago: float = 1, **given: Any) -> Installation:
    known: dict[str, Any] = {"status": "Succeeded", "started_by": "User", **given}
    return Installation(activity_id=activity, started=NOON - timedelta(hours=hours_ago), **known)


def judged(*found: Installation, known: tuple[str, ...] = (), hours: float = 24) -> Earlier:
    return judge_earlier(found, known=known, since=NOON - timedelta(hours=hours))


def test_what_a_user_began_lately_may_be_ours() -> None:
    found = installation("a")
    assert judged(found) == Earlier(unclear=found)


def test_what_runs_may_be_ours_however_long_ago_it_began() -> None:
    found = installation("a", 500, status="InProgress")
    assert judged(found) == Earlier(unclear=found)


def test_what_nobody_says_who_began_it_may_be_ours() -> None:
    assert judged(installation("a", started_by=None)).unclear is not None
    assert judged(Installation(activity_id="a", status="Succeeded")).unclear is not None


def test_what_the_platform_or_a_schedule_began_is_anothers() -> None:
    assert judged(installation("a", started_by="Platform"), installation("b", run_id="run")) == Earlier()


def test_what_is_anothers_and_runs_has_to_end_first() -> None:
    running = installation("a", started_by="Platform", status="InProgress")
    assert judged(running, installation("b", 500)) == Earlier(running=running)


def test_what_is_settled_is_not_asked_about_and_waited_for_while_it_runs() -> None:
    assert judged(installation("A-1"), known=("a-1",)) == Earlier()
    running = installation("A-1", status="InProgress")
    assert judged(running, known=("a-1",)) == Earlier(running=running)


def test_what_ended_before_is_of_no_interest() -> None:
    assert judged(installation("a", 25)) == Earlier()
    assert judged(installation("a", 25), hours=30).unclear is not None


def test_the_view_is_newer_and_the_rows_say_who_began_it() -> None:
    view = Installation(activity_id="A", status="Succeeded", started=NOON)
    rows = (installation("a", status="InProgress", started_by="Platform", reboot_status="Completed"), installation("b"))
    first, second = merged(view, rows)
    assert (first.status, first.started_by, first.reboot_status) == ("Succeeded", "Platform", "Completed")
    assert second == rows[1]


def test_the_view_counts_before_resource_graph_has_heard_of_it() -> None:
    view = Installation(activity_id="new", status="InProgress", started=NOON)
    assert merged(view, (installation("a"),)) == (view, installation("a"))
    assert merged(None, (installation("a"),)) == (installation("a"),)
    # A machine that never had one answers with an empty summary.
    assert merged(Installation(), (installation("a"),)) == (installation("a"),)
