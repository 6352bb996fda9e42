"""`sla outbox held`, `release` and `drop`: what a restore holds back; of what was given up, that it
was seen."""

from typing import Annotated

import typer

from ops.cli_options import DataDir, Json

Keys = Annotated[
    list[str] | None, typer.Argument(metavar="KEY", help="These, as `sla outbox held` shows them.")
]
Seen = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY", help="These, as `sla outbox held` or `status` shows them."),
]
Channel = Annotated[str | None, typer.Option(help="Only what is for this channel.")]
All = Annotated[bool, typer.Option("--all", help="All of it.")]
Dead = Annotated[bool, typer.Option("--dead", help="Of what was given up, not of what is held.")]
Why = Annotated[str | None, typer.Option("--reason", help="Why; `sla log commands` shows it.")]


def held(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show what may have been sent in time that a restore has lost: 1 when there is any."""
    from ops.commands import held as command

    raise typer.Exit(command.show_all(data_dir=data_dir, as_json=as_json))


def release(
    keys: Keys = None,
    channel: Channel = None,
    every: All = False,
    reason: Why = None,
    data_dir: DataDir = None,
) -> None:
    """Send what is held, under its old keys, unless withdrawn since."""
    from ops.commands import held as command

    asked = command.Asked(keys or (), channel, every, reason, data_dir)
    raise typer.Exit(command.release(asked))


def drop(
    keys: Seen = None,
    channel: Channel = None,
    every: All = False,
    dead: Dead = False,
    reason: Why = None,
    data_dir: DataDir = None,
) -> None:
    """Do not send what is held: it counts as sent. Of what was given up, say that somebody has seen
    it: timelines go on saying that the channel was not told, and nothing asks for anybody."""
    from ops.commands import held as command

    asked = command.Asked(keys or (), channel, every, reason, data_dir)
    raise typer.Exit(command.drop(asked, dead=dead))
