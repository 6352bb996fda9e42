"""`sla outbox held`, `release` and `drop`: what a restore holds back."""

from typing import Annotated

import typer

from ops.cli_options import DataDir, Json

Keys = Annotated[
    list[str] | None, typer.Argument(metavar="KEY", help="These, as `sla outbox held` shows them.")
]
Channel = Annotated[str | None, typer.Option(help="What is held for this channel.")]
All = Annotated[bool, typer.Option("--all", help="All that is held.")]


def held(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show what may have been sent in time that a restore has lost: 1 when there is any."""
    from ops.commands import held as command

    raise typer.Exit(command.show_all(data_dir=data_dir, as_json=as_json))


def release(
    keys: Keys = None, channel: Channel = None, every: All = False, data_dir: DataDir = None
) -> None:
    """Send what is held, under its old keys, unless withdrawn since."""
    from ops.commands import held as command

    raise typer.Exit(command.release(keys or (), channel, every=every, data_dir=data_dir))


def drop(
    keys: Keys = None, channel: Channel = None, every: All = False, data_dir: DataDir = None
) -> None:
    """Do not send what is held: it counts as sent."""
    from ops.commands import held as command

    raise typer.Exit(command.drop(keys or (), channel, every=every, data_dir=data_dir))
