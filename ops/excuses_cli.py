"""`sla excuses`: agree with a running service on time that does not count."""

from typing import Annotated

import typer

from ops.cli_options import LOCAL, AdminToken, Json, Reason, Rule, Url, Zone

app = typer.Typer(help="Agree on time that does not count.", no_args_is_help=True)

Since = Annotated[
    str, typer.Option("--from", help="The first instant that does not count (RFC 3339).")
]
Until = Annotated[str | None, typer.Option(help="When time counts again; else it is going on.")]
Match = Annotated[
    list[str] | None,
    typer.Option(
        help="What a ticket must say of itself, as team=payments or priority=P0,P1; a comma of a"
        " name has a backslash before it."
    ),
]
Unless = Annotated[list[str] | None, typer.Option(help="What it must not say.")]
Everything = Annotated[bool, typer.Option("--everything", help="Every ticket is meant.")]
Clock = Annotated[list[str] | None, typer.Option(help="For these clocks only.")]
By = Annotated[str, typer.Option(help="Who agrees.")]
Id = Annotated[str, typer.Argument(help="Of the excuse.")]


@app.command("list")
def list_excuses(url: Url = LOCAL, token: AdminToken = None, as_json: Json = False) -> None:
    """Show all that was ever excused, and how far it is applied."""
    from ops.commands import excuses

    raise typer.Exit(excuses.show(url=url, token=token, as_json=as_json))


@app.command()
def grant(
    since: Since,
    reason: Reason,
    by: By,
    until: Until = None,
    match: Match = None,
    unless: Unless = None,
    everything: Everything = False,
    clock: Clock = None,
    rrule: Rule = None,
    time_zone: Zone = None,
    url: Url = LOCAL,
    token: AdminToken = None,
    as_json: Json = False,
) -> None:
    """Agree that some time does not count, for the tickets that match."""
    from ops.commands import excuses

    body = excuses.body(
        since, until, match, unless, everything, clock, reason, by, rrule, time_zone
    )
    raise typer.Exit(excuses.grant(body, url=url, token=token, as_json=as_json))


@app.command(short_help="Show what an excuse would change, before it is granted.")
def preview(
    since: Since,
    until: Until = None,
    match: Match = None,
    unless: Unless = None,
    everything: Everything = False,
    clock: Clock = None,
    rrule: Rule = None,
    time_zone: Zone = None,
    url: Url = LOCAL,
    token: AdminToken = None,
    as_json: Json = False,
) -> None:
    """Show which tickets it concerns, which verdicts change, and what would be attained."""
    from ops.commands import excuses

    body = excuses.body(
        since, until, match, unless, everything, clock, "preview", "preview", rrule, time_zone
    )
    raise typer.Exit(excuses.preview(body, url=url, token=token, as_json=as_json))


@app.command()
def end(
    excuse: Id,
    by: By,
    at: Annotated[str | None, typer.Option(help="From then on; else from now on.")] = None,
    url: Url = LOCAL,
    token: AdminToken = None,
    as_json: Json = False,
) -> None:
    """Let time count again; what lies before stays excused."""
    from ops.commands import excuses

    raise typer.Exit(excuses.end(excuse, by=by, at=at, url=url, token=token, as_json=as_json))


@app.command()
def withdraw(
    excuse: Id,
    by: By,
    reason: Reason,
    url: Url = LOCAL,
    token: AdminToken = None,
    as_json: Json = False,
) -> None:
    """Withdraw it whole: as if it had never been."""
    from ops.commands import excuses

    raise typer.Exit(
        excuses.withdraw(excuse, by=by, reason=reason, url=url, token=token, as_json=as_json)
    )
