"""`sla config`: check, show, compare and apply configurations."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli_options import DataDir, Json

app = typer.Typer(help="Check, show, compare and apply configurations.", no_args_is_help=True)

ConfigFile = Annotated[
    Path | None, typer.Argument(dir_okay=False, help="The file; else SLA_CONFIG.")
]


@app.command("check")
def config_check(
    file: ConfigFile = None,
    online: Annotated[
        bool, typer.Option("--online", help="Also fetch the calendars of who is on call.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say whether a configuration holds, and where it does not."""
    from ops.commands import configuration

    raise typer.Exit(configuration.check(file, online=online, as_json=as_json))


@app.command("show")
def config_show(file: ConfigFile = None) -> None:
    """Show what every tier and priority is promised."""
    from ops.commands import configuration

    raise typer.Exit(configuration.show_promises(file))


@app.command("diff", short_help="Show what a configuration would change, before it does.")
def config_diff(
    new: Annotated[Path, typer.Argument(dir_okay=False, help="The configuration to come.")],
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show which rules would change, which open tickets would move, and which breach at once."""
    from ops.commands import configuration

    raise typer.Exit(configuration.difference(new, data_dir=data_dir, as_json=as_json))


@app.command("apply", short_help="Put a configuration into force, also for what is past.")
def config_apply(
    new: Annotated[Path, typer.Argument(dir_okay=False, help="The configuration.")],
    by: Annotated[str, typer.Option(help="Who applies it.")],
    reason: Annotated[str, typer.Option(help="Why, for timelines and the log.")],
    since: Annotated[
        str | None,
        typer.Option(
            help="In force as if accepted then, for what has ended since, too: a date (midnight of"
            " the default calendar) or an instant. Without it: from now on."
        ),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say what it would change; nothing is written.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a configuration the version in force: from now on, or with --since as if it had been
    since then, such as for a holiday entered late or a target typed wrongly.

    Verdicts and alerts follow, also of closed tickets, in the background of the running service;
    what was reported before is still there by `known_at`. The file that the service watches is not
    written, and its old text is not taken again: save in it what you have applied.
    """
    from ops.commands import applying

    raise typer.Exit(
        applying.apply(
            new,
            since=since,
            by=by,
            reason=reason,
            preview_only=preview,
            data_dir=data_dir,
            as_json=as_json,
        )
    )
