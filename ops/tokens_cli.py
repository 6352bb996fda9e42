"""`sla tokens`: made, listed and revoked in the database itself, whether or not a service runs."""

from typing import Annotated

import typer

from ops.cli_options import DataDir, Json, Reason

app = typer.Typer(help="Say who may come in.", no_args_is_help=True)

By = Annotated[str | None, typer.Option(help="Who does it; else your name on this machine.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="By which it is known in logs and audits.")],
    scope: Annotated[
        list[str], typer.Option(help="write, read, audit or admin; may be given several times.")
    ],
    expires: Annotated[
        str | None,
        typer.Option(help="90d, 2027-01-31 or an instant (RFC 3339); else it never does."),
    ] = None,
    requests_a_minute: Annotated[
        int | None,
        typer.Option(min=1, max=1_000_000, help="Else as TOKEN_REQUESTS_A_MINUTE says."),
    ] = None,
    by: By = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a token, and say it, once. The first one closes the door: then everybody needs one."""
    from ops.commands import tokens

    made = tokens.create(
        name,
        scope,
        expires=expires,
        requests_a_minute=requests_a_minute,
        by=by,
        data_dir=data_dir,
        as_json=as_json,
    )
    raise typer.Exit(made)


@app.command("list")
def list_tokens(
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that open nothing any more.")
    ] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show which tokens there are, what they open, and when each was last used."""
    from ops.commands import tokens

    raise typer.Exit(tokens.show(everything=everything, data_dir=data_dir, as_json=as_json))


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(help="Its id or its name: not the token itself.")],
    reason: Reason,
    by: By = None,
    data_dir: DataDir = None,
) -> None:
    """Revoke a token for ever: every process of the service refuses it within two seconds."""
    from ops.commands import tokens

    raise typer.Exit(tokens.revoke(token, reason=reason, by=by, data_dir=data_dir))
