"""`sla on-call`: who is on call, as a running service knows it."""

from typing import Annotated

import typer

from ops.cli_options import LOCAL, Json, Url

Token = Annotated[
    str | None, typer.Option(envvar="SLA_TOKEN", help="With the scope read, if it asks for one.")
]


def on_call(
    name: Annotated[
        str | None, typer.Argument(help="Of the rotation; else all of them, now.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="An instant (RFC 3339); else now.")] = None,
    known_at: Annotated[
        str | None, typer.Option(help="By what the calendars said then; else now.")
    ] = None,
    url: Url = LOCAL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Say who is on call and who is next, and where the calendars have gaps or name strangers."""
    from ops.commands import on_call as command

    raise typer.Exit(
        command.show(name, at=at, known_at=known_at, url=url, token=token, as_json=as_json)
    )
