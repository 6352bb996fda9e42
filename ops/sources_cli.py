"""`sla sources`: connect desks, and see what they send."""

from pathlib import Path
from typing import Annotated

import typer

from ops.cli_options import LOCAL, AdminToken, Json, Url

app = typer.Typer(help="Connect desks, and see what they send.", no_args_is_help=True)

Config = Annotated[
    Path | None, typer.Option(dir_okay=False, help="The configuration; else SLA_CONFIG.")
]
Name = Annotated[str, typer.Argument(help="Of a source of the configuration, or of a desk.")]
Payload = Annotated[Path, typer.Argument(help="A delivery, as the desk sends it.", dir_okay=False)]
Headers = Annotated[
    list[str] | None, typer.Option("--header", help="One that came with it, as 'Name: value'.")
]
Only = Annotated[str | None, typer.Argument(help="Of this source alone.")]
Deliveries = Annotated[
    list[str] | None,
    typer.Option("--delivery", metavar="ID", help="This one, as `sla sources parked` shows it."),
]


@app.command("list")
def list_sources(url: Url = LOCAL, token: AdminToken = None, as_json: Json = False) -> None:
    """Show the desks that a running service is connected with, and what is parked of each."""
    from ops.commands import sources

    raise typer.Exit(sources.show_all(url=url, token=token, as_json=as_json))


@app.command()
def show(name: Name, config: Config = None, url: Url = LOCAL, token: AdminToken = None) -> None:
    """Show what a desk is known to send, and what is not mapped of what came."""
    from ops.commands import sources

    raise typer.Exit(sources.show(name, config, url=url, token=token))


@app.command()
def check(config: Config = None) -> None:
    """Check that the configuration's desks hold, and that their secrets are set here."""
    from ops.commands import sources

    raise typer.Exit(sources.check(config))


@app.command("test")
def try_out(
    name: Name,
    file: Payload,
    header: Headers = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show, field by field, what a delivery would become; nothing is sent."""
    from ops.commands import sources

    raise typer.Exit(sources.try_out(name, file, header or [], config, as_json=as_json))


@app.command()
def parked(
    name: Only = None, url: Url = LOCAL, token: AdminToken = None, as_json: Json = False
) -> None:
    """Show what no reading understands, each with its id, and what of it somebody has let be."""
    from ops.commands import parked

    raise typer.Exit(parked.show(name, url=url, token=token, as_json=as_json))


@app.command()
def replay(
    name: Only = None,
    delivery: Deliveries = None,
    url: Url = LOCAL,
    token: AdminToken = None,
    as_json: Json = False,
) -> None:
    """Have a running service read again what is parked; what was let be, where it is named."""
    from ops.commands import parked

    given = delivery or ()
    raise typer.Exit(parked.replay(name, given, url=url, token=token, as_json=as_json))


@app.command("let-be")
def let_be(
    name: Only = None,
    delivery: Deliveries = None,
    reason: Annotated[str | None, typer.Option(help="Why; `sla log commands` shows it.")] = None,
    url: Url = LOCAL,
    token: AdminToken = None,
    as_json: Json = False,
) -> None:
    """Say of what is parked that somebody has looked, and that it is of no use: it stays, and asks
    for nobody."""
    from ops.commands import parked

    given = delivery or ()
    raise typer.Exit(parked.let_be(name, given, reason, url=url, token=token, as_json=as_json))


def backfill(
    source: Annotated[str, typer.Argument(help="Of a source of the configuration.")],
    since: Annotated[
        str, typer.Option(help="A date (of UTC), or an instant: what has changed since then.")
    ],
    url: Url = LOCAL,
    token: AdminToken = None,
    as_json: Json = False,
) -> None:
    """Have a running service read from a desk's API what was before: tickets, with their history.

    It goes on after a restart, raises no alarms for what is past, and adds nothing twice. Ctrl-C
    ends the showing, not the reading.
    """
    from ops.commands import backfill as command

    raise typer.Exit(command.run(source, since, url=url, token=token, as_json=as_json))
