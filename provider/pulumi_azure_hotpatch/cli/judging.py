"""What can be typed about what is right and wrong: rules, and what breaks them."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .options import AsJson, AsOf, Era, Files, Relax, Releases, ShowAll, Waivers, app


@app.command(
    epilog=(
        "Examples: azure-hotpatch check examples/inventory.json, "
        "az vm list --show-details | azure-hotpatch check -, "
        "pulumi preview --json --show-sames | azure-hotpatch check -"
    )
)
def check(
    files: Files,
    show_all: ShowAll = False,
    relax: Relax = None,
    era: Era = "current",
    waivers: Waivers = None,
    today: AsOf = None,
    as_json: AsJson = False,
) -> int:
    """Which rules an inventory or a Pulumi preview breaks: machines, schedules, assignments, installations, rollouts.

    A preview that failed ends with 1 as well: what would come after that is not judged.
    """
    from . import check as command

    return command.run(
        files, show_all=show_all, relaxed=relax or (), era=era, waivers=waivers, today=today, as_json=as_json
    )


FormatName = Literal["table", "json", "sarif", "html"]


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
    relax: Relax = None,
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
    """What a change does to which machines, the restarts to come, findings and waivers: for a pull request.

    A preview that failed, or that breaks a mandatory policy, ends with 1 as well.
    """
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
    show_all: ShowAll = False,
    relax: Relax = None,
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
    """Which machines dynamic scopes take: those of a preview, those that are there, or one that is typed.

    What else previews declare counts: settings, fleets, schedules and the other scopes.
    """
    from . import scope as command
    from .scope_typed import Wanted

    wanted = Wanted(
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
