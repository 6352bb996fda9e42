"""`sla notifications`: whom an alert would be told, as a running service knows it."""

from typing import Annotated, Any

import typer

from ops.cli_options import LOCAL, Json, Url
from ops.on_call_cli import Token

app = typer.Typer(help="See who would be told of what.", no_args_is_help=True)


@app.callback()
def notifications() -> None:
    """See who would be told of what."""


@app.command("test", short_help="Say who would be told of something, without telling them.")
def preview(
    ticket: Annotated[
        str | None, typer.Option(help="An id: what is not named is as this ticket has it.")
    ] = None,
    type: Annotated[str | None, typer.Option(help="alert, escalation, ended, ...")] = None,
    severity: Annotated[str | None, typer.Option(help="warning, critical or breached.")] = None,
    level: Annotated[int | None, typer.Option(help="The escalation level.")] = None,
    clock: Annotated[str | None, typer.Option(help="By default the resolution.")] = None,
    to: Annotated[str | None, typer.Option(help="What a clock turns to.")] = None,
    tier: Annotated[str | None, typer.Option(help="The customer's.")] = None,
    priority: Annotated[str | None, typer.Option(help="The ticket's.")] = None,
    rule: Annotated[str | None, typer.Option(help="By which it is promised something.")] = None,
    team: Annotated[str | None, typer.Option(help="That has it.")] = None,
    organization: Annotated[str | None, typer.Option(help="For which it is.")] = None,
    type_of_ticket: Annotated[str | None, typer.Option(help="Its type.")] = None,
    source: Annotated[str | None, typer.Option(help="Where it comes from.")] = None,
    status: Annotated[str | None, typer.Option(help="That it has.")] = None,
    assigned_to: Annotated[str | None, typer.Option(help="Who works on it.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="One of its tags; may be repeated.")] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE of the source's own; may be repeated.")
    ] = None,
    url: Url = LOCAL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Say which routes match, why the others do not, and what whom would be sent."""
    from ops.commands import notifications

    given: dict[str, Any] = {
        "ticket": ticket,
        "type": type,
        "severity": severity,
        "level": level,
        "clock": clock,
        "to": to,
        "customer_tier": tier,
        "priority": priority,
        "rule": rule,
        "team": team,
        "organization": organization,
        "type_of_ticket": type_of_ticket,
        "source": source,
        "status": status,
        "assigned_to": assigned_to,
        "tags": tag or None,
        "fields": notifications.fields(field or []) or None,
    }
    asked = {name: value for name, value in given.items() if value is not None}
    raise typer.Exit(notifications.preview(asked, url=url, token=token, as_json=as_json))
