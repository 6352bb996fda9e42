"""`sla log`: what a running service's log says of what people have done."""

from typing import Annotated

import typer

from ops.cli_options import LOCAL, Json, Url

app = typer.Typer(help="Ask the log who did what.", no_args_is_help=True)

Token = Annotated[
    str | None, typer.Option(envvar="SLA_TOKEN", help="With the scope audit, if it asks for one.")
]


@app.callback()
def log() -> None:
    """So that `commands` is a word of its own, though it is the only one."""


@app.command()
def commands(
    who: Annotated[str | None, typer.Option(help="A person, or the name of a token.")] = None,
    command: Annotated[
        list[str] | None, typer.Option(help="acknowledge, snooze, apply_config …; else all.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Recorded from then on (RFC 3339).")] = None,
    until: Annotated[str | None, typer.Option(help="Recorded before then (RFC 3339).")] = None,
    url: Url = LOCAL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show every command that was given: who, what, when, and by what it was shown who."""
    from ops.commands import given

    asked = {"who": who, "command": command or [], "since": since, "until": until}
    raise typer.Exit(given.show(asked, url=url, token=token, as_json=as_json))
