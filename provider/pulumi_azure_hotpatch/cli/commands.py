"""What can be typed: commands, arguments, options and their help. What a command does is in the module of its name,
which is imported when it runs, so that `--help` and the short commands answer at once.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Literal

import typer

ProductName = Literal["ws2022", "ws2025", "ws2025-arc"]
EraName = Literal["current", "2021-preview"]

AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON list instead of a table.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Answer as of this day (YYYY-MM-DD, its first instant in UTC) or instant (RFC 3339). Default: now.",
        show_default=False,
    ),
]
Releases = Annotated[
    str | None,
    typer.Option(
        "--releases",
        metavar="FILE",
        help="Releases of your own (YAML or JSON), such as tomorrow's unplanned baseline; they win over ours.",
        show_default=False,
    ),
]
Era = Annotated[
    EraName,
    typer.Option("--era", case_sensitive=False, help="Whose rules: today's, or those of the 2021 preview."),
]

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE...",
        help="Inventories (ARM bodies as JSON or JSON lines) and `pulumi preview --json`, joined. `-`: standard input.",
        show_default=False,
    ),
]

Waivers = Annotated[
    str | None,
    typer.Option(
        "--waivers",
        metavar="FILE",
        help="Failures that somebody answers for until a day (YAML or JSON); they are listed and do not count.",
        show_default=False,
    ),
]

app = typer.Typer(
    name="azure-hotpatch",
    help="What hotpatch and guest patching will do to your Azure machines, and when; most needs no account.",
    epilog="Exit codes: 0 nothing failed, 1 a rule of severity error failed, 2 bad input or usage.",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"azure-hotpatch {version('pulumi-azure-hotpatch')}")
        raise typer.Exit


@app.callback()
def _program(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


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
        "Examples: azure-hotpatch check examples/inventory.json, "
        "az vm list --show-details | azure-hotpatch check -, "
        "pulumi preview --json --show-sames | azure-hotpatch check -"
    )
)
def check(
    files: Files,
    show_all: Annotated[bool, typer.Option("--all", help="Also the rules that hold.", show_default=False)] = False,
    relax: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SWITCH",
            help="Take a disputed rule one step less seriously; may be repeated. `rules` lists the switches.",
            show_default=False,
        ),
    ] = None,
    era: Era = "current",
    waivers: Waivers = None,
    today: AsOf = None,
    as_json: AsJson = False,
) -> int:
    """Which rules the machines, schedules and assignments of an inventory or a Pulumi preview break."""
    from . import check as command

    return command.run(
        files, show_all=show_all, relaxed=relax or (), era=era, waivers=waivers, today=today, as_json=as_json
    )


FormatName = Literal["table", "json", "sarif", "html"]


@app.command(
    epilog=(
        "Examples: azure-hotpatch audit --inventory machines.parquet, azure-hotpatch audit --tenant --format sarif, "
        "azure-hotpatch audit --print-kql hotpatch-forbids-bypass"
    )
)
def audit(
    subscription: Annotated[
        list[str] | None,
        typer.Option(
            "--subscription",
            "-s",
            metavar="ID",
            help="Ask Resource Graph for this one; may be repeated. Default: ARM_SUBSCRIPTION_ID.",
            show_default=False,
        ),
    ] = None,
    tenant: Annotated[
        bool,
        typer.Option("--tenant", help="Ask Resource Graph for all that the identity may read.", show_default=False),
    ] = False,
    inventory: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="An export instead of Azure: ARM bodies as JSON or JSON lines, Resource Graph's rows as CSV or "
            "Parquet; may be repeated.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[FormatName, typer.Option("--format", case_sensitive=False, help="How to print it.")] = "table",
    print_kql: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Print the query for one rule and ask nothing.", show_default=False),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Also the rules that hold.", show_default=False)] = False,
    relax: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SWITCH",
            help="Take a disputed rule one step less seriously; may be repeated. `rules` lists the switches.",
            show_default=False,
        ),
    ] = None,
    era: Era = "current",
    waivers: Waivers = None,
    today: AsOf = None,
) -> int:
    """Which rules the machines of a tenant break today, or those of a large export: one query for many rules."""
    from . import audit as command

    if print_kql is not None:
        return command.print_kql(print_kql)
    asked = command.Asked(
        inventories=tuple(inventory or ()),
        subscriptions=tuple(subscription or ()),
        tenant=tenant,
        relaxed=tuple(relax or ()),
        era=era,
        show_all=show_all,
        waivers=waivers,
        today=today,
    )
    return command.run(asked, form)


@app.command(
    "policy-export", epilog="Example: azure-hotpatch policy-export --output policies --scope /subscriptions/ID"
)
def policy_export(
    to: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="Where to; files there are written over.")],
    scope: Annotated[
        str, typer.Option(metavar="ID", help="Subscription or management group that will hold the definitions.")
    ],
) -> int:
    """Write the rules that Azure Policy can express as definitions, and an initiative over them."""
    from . import policy_export as command

    return command.run(to, scope)


@app.command(
    epilog=(
        "Examples: azure-hotpatch scope examples/inventory.json --os Windows --tag ring=1, "
        "pulumi preview --json --show-sames | azure-hotpatch scope -, azure-hotpatch scope --subscription ID"
    )
)
def scope(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE...]",
            help="Inventories, and previews with dynamic scopes. Azure is asked where no file has machines.",
            show_default=False,
        ),
    ] = None,
    subscription: Annotated[
        list[str] | None,
        typer.Option("--subscription", "-s", metavar="ID", help="Where to look; may be repeated.", show_default=False),
    ] = None,
    resource_group_id: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A resource group to look in; may be repeated.", show_default=False),
    ] = None,
    resource_type: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="A type of resource.", show_default=False)
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="The name of a resource group.", show_default=False)
    ] = None,
    location: Annotated[list[str] | None, typer.Option(metavar="REGION", help="A region.", show_default=False)] = None,
    system: Annotated[
        list[str] | None, typer.Option("--os", metavar="TYPE", help="Windows or Linux.", show_default=False)
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A value of a tag that fits; may be repeated.", show_default=False),
    ] = None,
    all_tags: Annotated[
        bool, typer.Option("--all-tags", help="Every tag must fit, not just one.", show_default=False)
    ] = False,
    schedule_id: Annotated[
        str | None,
        typer.Option("--schedule", metavar="ID", help="The schedule to compare with others.", show_default=False),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole-subscription", help="Every machine is meant.", show_default=False)
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Ask Azure for machines although files have some.", show_default=False)
    ] = False,
    today: AsOf = None,
    as_json: AsJson = False,
) -> int:
    """Which machines dynamic scopes take: those of a preview, those that are there, or one that is typed."""
    from . import scope as command

    wanted = command.Wanted(
        subscriptions=subscription or (),
        groups=resource_group_id or (),
        types=resource_type or (),
        group_names=group or (),
        locations=location or (),
        systems=system or (),
        tags=tag or (),
        all_tags=all_tags,
        schedule=schedule_id,
        whole=whole,
    )
    return command.run(files or (), wanted, live=live, today=today, as_json=as_json)


@app.command(
    epilog="Example: pulumi preview --json --show-sames | azure-hotpatch review - --markdown review.md --sarif it.sarif"
)
def review(
    preview: Annotated[
        str,
        typer.Argument(
            metavar="PREVIEW",
            help="`pulumi preview --json --show-sames`, its events, or a plan file. `-`: standard input.",
            show_default=False,
        ),
    ],
    inventory: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="What Azure has now (ARM bodies), for what a preview does not say.", show_default=False
        ),
    ] = None,
    waivers: Waivers = None,
    relax: Annotated[
        list[str] | None,
        typer.Option(metavar="SWITCH", help="As for `check`; may be repeated.", show_default=False),
    ] = None,
    months: Annotated[int, typer.Option(metavar="N", help="For how many months restarts are foretold.")] = 3,
    markdown: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the Markdown there.", show_default=False)
    ] = None,
    sarif: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write SARIF 2.1.0 for code scanning.", show_default=False)
    ] = None,
    junit: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write JUnit XML for pipelines.", show_default=False)
    ] = None,
    artifact: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="The file of the repository at which code scanning shows findings.", show_default=False
        ),
    ] = None,
    releases: Releases = None,
    today: AsOf = None,
    as_json: AsJson = False,
) -> int:
    """What a change does to which machines, the restarts to come, findings and waivers: for a pull request."""
    from . import review as command

    return command.run(
        command.Wanted(
            preview=preview,
            inventories=tuple(inventory or ()),
            waivers=waivers,
            relaxed=tuple(relax or ()),
            months=months,
            releases=releases,
            today=today,
            markdown=markdown,
            sarif=sarif,
            junit=junit,
            artifact=artifact,
            as_json=as_json,
        )
    )


ReportFormat = Literal["html", "markdown", "json"]


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
    relax: Annotated[
        list[str] | None,
        typer.Option(metavar="SWITCH", help="As for `check`; may be repeated.", show_default=False),
    ] = None,
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


@app.command(epilog="Example: azure-hotpatch rules --json")
def rules(era: Era = "current", as_json: AsJson = False) -> int:
    """The catalogue: what must hold, of what, and how serious it is."""
    from . import rules as command

    return command.run(era=era, as_json=as_json)


def _complete(incomplete: str) -> list[str]:
    from .explain import names

    return [name for name in names() if name.startswith(incomplete)]


@app.command(epilog="Examples: azure-hotpatch explain hotpatch-forbids-bypass, azure-hotpatch explain outcome")
def explain(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="RULE|TOPIC",
            help="What to explain. Without it the topics are listed.",
            autocompletion=_complete,
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """The page of a rule (what, why, how to mend it, who says so) or of a topic that no rule can enforce."""
    from . import explain as command

    return command.run(name, as_json=as_json)
