"""What can be typed: the program itself, and the options that several commands take.

The commands are in `foretelling`, `judging` and `asking`; what a command does is in the module of its name, which is
imported when it runs, so that `--help` and the short commands answer at once.
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
        help=(
            "Inventories (ARM bodies as JSON or JSON lines) and `pulumi preview --json`, joined, up to 4 GiB each. "
            "`-`: standard input."
        ),
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

ShowAll = Annotated[bool, typer.Option("--all", help="Also the rules that hold.", show_default=False)]

Relax = Annotated[
    list[str] | None,
    typer.Option(
        "--relax",
        metavar="SWITCH",
        help="Take a disputed rule one step less seriously; may be repeated. `rules` lists the switches.",
        show_default=False,
    ),
]

app = typer.Typer(
    name="azure-hotpatch",
    help="What hotpatch and guest patching will do to your Azure machines, and when; most needs no account.",
    epilog="Exit codes: 0 nothing failed, 1 a rule of severity error or a preview failed, 2 bad input or usage.",
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
