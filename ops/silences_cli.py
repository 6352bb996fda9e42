"""`sla silences`: mute alerts on a running service for a while, and see what that has muted."""

from typing import Annotated

import typer

from ops.cli_options import LOCAL, Json, Reason, Rule, Url, Zone

app = typer.Typer(help="Mute alerts for a while.", no_args_is_help=True)

Token = Annotated[
    str | None, typer.Option(envvar="SLA_TOKEN", help="With the scope write, if it asks for one.")
]
Match = Annotated[
    list[str],
    typer.Option(
        help="What is muted, as team=payments, severity=warning,critical or level=>=3; a comma of"
        " a name has a backslash before it."
    ),
]
Until = Annotated[str, typer.Option(help="When it ends (RFC 3339); of one that recurs, the first.")]
By = Annotated[str, typer.Option(help="Who mutes.")]
Since = Annotated[str | None, typer.Option("--from", help="When it begins; else at once.")]
All = Annotated[bool, typer.Option("--all", help="Those that are over, too.")]
Id = Annotated[str, typer.Argument(help="Of the silence.")]


@app.command("list")
def list_silences(
    everything: All = False, url: Url = LOCAL, token: Token = None, as_json: Json = False
) -> None:
    """Show what is muted, now or later, and what that has muted so far."""
    from ops.commands import silences

    raise typer.Exit(silences.show(everything=everything, url=url, token=token, as_json=as_json))


@app.command()
def create(
    match: Match,
    until: Until,
    reason: Reason,
    by: By,
    since: Since = None,
    rrule: Rule = None,
    time_zone: Zone = None,
    url: Url = LOCAL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Record alerts that match, and tell nobody; what is still so at the end is told then."""
    from ops.commands import silences

    body = silences.body(match, since, until, reason, by, rrule, time_zone)
    raise typer.Exit(silences.create(body, url=url, token=token, as_json=as_json))


@app.command()
def end(silence: Id, url: Url = LOCAL, token: Token = None, as_json: Json = False) -> None:
    """End it now: what it muted and is still so is told, once."""
    from ops.commands import silences

    raise typer.Exit(silences.end(silence, url=url, token=token, as_json=as_json))
