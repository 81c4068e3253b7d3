"""What can be typed about what is to come: releases, windows, restarts."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .options import AsJson, AsOf, Era, Files, ProductName, Relax, Releases, Waivers, app

ReportFormat = Literal["html", "markdown", "json"]


@app.command(epilog="Example: azure-hotpatch calendar --product ws2025 --from 2026-01 --to 2026-12")
def calendar(
    product: Annotated[
        ProductName,
        typer.Option(case_sensitive=False, help="Azure Edition 2022 or 2025, or Arc-enabled Windows Server 2025."),
    ],
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="YYYY-MM", help="First month. Default: this one.", show_default=False),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="YYYY-MM", help="Last month. Default: a year in all.", show_default=False),
    ] = None,
    era: Era = "current",
    standard: Annotated[
        bool, typer.Option("--standard", help="Also what machines without hotpatch get.", show_default=False)
    ] = False,
    releases: Releases = None,
    today: AsOf = None,
    as_json: AsJson = False,
) -> int:
    """Which release each month brings: baseline (with a restart) or hotpatch (without)."""
    from . import calendar as command

    return command.run(
        product, first, last, era=era, standard=standard, releases=releases, today=today, as_json=as_json
    )


@app.command(
    epilog=(
        'Example: azure-hotpatch schedule --recur "Month Second Tuesday Offset4" --start "2027-01-01 22:00" '
        "--duration 03:00 --time-zone Europe/Berlin --count 6"
    )
)
def schedule(
    recurrence: Annotated[
        str, typer.Option("--recur", metavar="TEXT", help='As in recurEvery: "Week Saturday,Sunday", "2Weeks", "Day".')
    ],
    start: Annotated[
        str, typer.Option(metavar='"YYYY-MM-DD HH:MM"', help="Local time from which on the schedule runs.")
    ],
    duration: Annotated[str, typer.Option(metavar="HH:MM", help="From 01:30 to 03:55.")],
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="A Windows or an IANA name.")],
    count: Annotated[int, typer.Option(metavar="N", help="How many windows.")] = 10,
    expires: Annotated[
        str | None,
        typer.Option(metavar='"YYYY-MM-DD HH:MM"', help="Local time at which it ends.", show_default=False),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="Only windows that are still open or yet to open then. Default: from the start on.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """When the windows of a maintenance schedule open and close, daylight saving included."""
    from . import schedule as command

    return command.run(
        recurrence, start, duration, time_zone, expires=expires, number=count, after=after, as_json=as_json
    )


@app.command(epilog="Example: azure-hotpatch forecast examples/inventory.json --months 6")
def forecast(
    files: Files,
    months: Annotated[int, typer.Option(metavar="N", help="How many months, this one included.")] = 12,
    releases: Releases = None,
    today: AsOf = None,
    as_json: AsJson = False,
) -> int:
    """When each machine will be patched in the coming months, whether that restarts it, and why."""
    from . import forecast as command

    return command.run(files, months, releases=releases, today=today, as_json=as_json)


@app.command(epilog="Example: azure-hotpatch feed examples/inventory.json --output patching.ics")
def feed(
    files: Files,
    to: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The calendar file, such as patching.ics.")],
    months: Annotated[int, typer.Option(metavar="N", help="How many months, this one included.")] = 12,
    only_restarts: Annotated[
        bool, typer.Option("--only-restarts", help="Only windows in which a machine (perhaps) restarts.")
    ] = False,
    releases: Releases = None,
    today: AsOf = None,
) -> int:
    """The forecast as a calendar file (iCalendar) for Outlook, Google and Apple; exporting again updates it."""
    from . import feed as command

    return command.run(files, months, to=to, only_restarts=only_restarts, releases=releases, today=today)


@app.command(
    epilog=(
        "Examples: azure-hotpatch report --inventory examples/inventory.json --output report.html, "
        "pulumi stack export | azure-hotpatch report --stack - --output report.html"
    )
)
def report(
    inventory: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="ARM bodies as JSON or JSON lines; may be repeated.", show_default=False),
    ] = None,
    stack: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="A stack over them: `pulumi preview --json --show-sames`, its events, a plan file, or "
            "`pulumi stack export`; may be repeated. `-`: standard input.",
            show_default=False,
        ),
    ] = None,
    subscription: Annotated[
        list[str] | None,
        typer.Option(
            "--subscription",
            "-s",
            metavar="ID",
            help="Ask Azure about this one; may be repeated. Default, without files: ARM_SUBSCRIPTION_ID.",
            show_default=False,
        ),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="A ledger (file or https address of a blob), for the past.", show_default=False
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; a file is written over.", show_default=False),
    ] = None,
    form: Annotated[
        ReportFormat,
        typer.Option("--format", case_sensitive=False, help="A page for browsers, a comment, or rows for programs."),
    ] = "html",
    months: Annotated[int, typer.Option(metavar="N", help="How many months, this one included.")] = 12,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What stands above it.", show_default=False)] = None,
    waivers: Waivers = None,
    relax: Relax = None,
    releases: Releases = None,
    today: AsOf = None,
) -> int:
    """The year ahead as one page to look at: machines and months, restarts, windows, findings, rollouts, the past."""
    from . import report as command

    return command.run(
        command.Wanted(
            inventories=tuple(inventory or ()),
            stacks=tuple(stack or ()),
            subscriptions=tuple(subscription or ()),
            ledger=ledger,
            waivers=waivers,
            relaxed=tuple(relax or ()),
            releases=releases,
            months=months,
            today=today,
            title=title,
            to=to,
        ),
        form,
    )
