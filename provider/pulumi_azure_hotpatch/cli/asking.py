"""What can be typed about a subscription as it is now: commands that ask Azure and change nothing, but for one that
cancels a run. What a command does is in the module of its name.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pulumi_azure_hotpatch.errors import InvalidInput

from .options import AsJson, AsOf, Releases, app

_PANEL = "Asking Azure"

Subscriptions = Annotated[
    list[str] | None,
    typer.Option(
        "--subscription",
        "-s",
        metavar="ID",
        help="Whose machines; may be repeated. Default: ARM_SUBSCRIPTION_ID.",
        show_default=False,
    ),
]
Machines = Annotated[
    list[str] | None,
    typer.Option(
        "--machine",
        "-m",
        metavar="ID",
        help="ARM id of a VM or an Arc-enabled server; may be repeated. Default: all of the subscriptions.",
        show_default=False,
    ),
]
LedgerPath = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A ledger (file or https address of a blob), for what Azure has forgotten. `record` writes it.",
        show_default=False,
    ),
]


@app.command(rich_help_panel=_PANEL, epilog="Example: azure-hotpatch status --hotpatch --json")
def status(
    subscription: Subscriptions = None,
    machine: Machines = None,
    hotpatch: Annotated[
        bool, typer.Option("--hotpatch", help="Where machines stand on the hotpatch track instead.", show_default=False)
    ] = False,
    instance_views: Annotated[
        bool, typer.Option(help="Ask up to 50 VMs one by one that Resource Graph knows nothing of.")
    ] = True,
    ledger: LedgerPath = None,
    releases: Releases = None,
    today: AsOf = None,
    as_json: AsJson = False,
) -> int:
    """The last assessment and installation of every machine, or its place on the hotpatch track."""
    from . import status as command

    if hotpatch:
        return command.show_track(
            machine, subscription or (), ledger=ledger, releases=releases, today=today, as_json=as_json
        )
    given = {"--ledger": ledger, "--releases": releases, "--as-of": today}
    if alone := [option for option, value in given.items() if value is not None]:
        raise InvalidInput(f"{alone[0]} goes with --hotpatch; leave it out, or ask for the hotpatch track")
    return command.run(machine, subscription or (), instance_views=instance_views, as_json=as_json)


@app.command(
    rich_help_panel=_PANEL, epilog="Example: azure-hotpatch history --since 2026-11-01 --ledger patching.jsonl"
)
def history(
    subscription: Subscriptions = None,
    machine: Machines = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Leave out what started before this day or instant.", show_default=False),
    ] = None,
    patches: Annotated[
        bool, typer.Option("--patches", help="Each installation's patches too.", show_default=False)
    ] = False,
    ledger: LedgerPath = None,
    as_json: AsJson = False,
) -> int:
    """The installations that Azure remembers (30 days), and those of a ledger.

    Without Resource Graph the last one of up to 50 VMs is known; where nothing answers, what the ledger has is.
    """
    from . import history as command

    return command.run(machine, subscription or (), since=since, with_patches=patches, ledger=ledger, as_json=as_json)


@app.command(rich_help_panel=_PANEL, epilog="Example: azure-hotpatch record --ledger patching.jsonl")
def record(
    ledger: Annotated[
        str,
        typer.Option(metavar="FILE", help="The ledger: a file, or an append blob's https address. Made if not there."),
    ],
    subscription: Subscriptions = None,
    machine: Machines = None,
) -> int:
    """Write down in a ledger what assessments and installations came to, each once. Run it every week or so."""
    from . import history as command

    return command.record(machine, subscription or (), ledger=ledger)


@app.command(rich_help_panel=_PANEL, epilog="Example: azure-hotpatch runs --json")
def runs(
    subscription: Subscriptions = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="ID", help="Only those of this schedule (ARM id).", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> int:
    """The runs of maintenance schedules: done, under way and announced."""
    from . import runs as command

    return command.run(subscription or (), schedule=schedule, as_json=as_json)


@app.command(
    "cancel-run",
    rich_help_panel=_PANEL,
    epilog="Example: azure-hotpatch runs --json | jq -r 'map(select(.machine==null and .status==\"Pending\"))[0].run' "
    "| xargs azure-hotpatch cancel-run",
)
def cancel_run(
    run: Annotated[str, typer.Argument(metavar="RUN", help="ARM id of an announced run, as `runs` lists it.")],
    as_json: AsJson = False,
) -> int:
    """Cancel an announced run of a schedule, for all its machines; Azure takes it until 10 minutes before the start."""
    from . import runs as command

    return command.cancel(run, as_json=as_json)


@app.command(rich_help_panel=_PANEL, epilog="Example: azure-hotpatch adopt --output __main__.py")
def adopt(
    subscription: Annotated[
        str | None,
        typer.Option(
            "--subscription", "-s", metavar="ID", help="Which. Default: ARM_SUBSCRIPTION_ID.", show_default=False
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there; never over a file.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Write the program that takes over what exists: patch settings, licences, schedules, assignments, scopes."""
    from . import adopt as command

    return command.run(subscription, to=to, as_json=as_json)


@app.command(rich_help_panel=_PANEL, epilog="Example: pulumi preview --json | azure-hotpatch doctor - --stack dev")
def doctor(
    preview: Annotated[
        str | None,
        typer.Argument(
            metavar="[PREVIEW]",
            help="`pulumi preview --json`, for what its resources need. `-`: standard input.",
            show_default=False,
        ),
    ] = None,
    stack: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Use this stack's configuration too, as `pulumi config` gives it.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Programs, configuration, endpoint, clock, sign-in, registrations, permissions: what is wrong and what to do."""
    from . import doctor as command

    return command.run(preview, stack=stack, as_json=as_json)
