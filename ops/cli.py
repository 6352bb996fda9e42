"""The command line: which verbs there are and what they take; `ops/commands` does the work.

Every import of ours that takes time is inside a verb, so that `sla --help` answers at once.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from ops import VERSION, garbage
from ops.backup_cli import backup, restore
from ops.cli_options import LOCAL, DataDir, Json, Token, Url
from ops.config_cli import app as config_app
from ops.excuses_cli import app as excuses_app
from ops.held_cli import drop, held, release
from ops.import_cli import import_
from ops.log_cli import app as log_app
from ops.notifications_cli import app as notifications_app
from ops.on_call_cli import on_call
from ops.silences_cli import app as silences_app
from ops.sources_cli import app as sources_app
from ops.sources_cli import backfill
from ops.tokens_cli import app as tokens_app

app = typer.Typer(
    name="sla",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: the rich one costs a tenth of a second
    add_completion=False,
    pretty_exceptions_enable=False,  # they would show local variables, tokens among them
)

projections_app = typer.Typer(help="Look after the read tables.", no_args_is_help=True)
outbox_app = typer.Typer(help="See what was not delivered, and send it.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(projections_app, name="projections")
app.add_typer(outbox_app, name="outbox")
heads_app = typer.Typer(help="Look after what decisions start from.", no_args_is_help=True)
app.add_typer(heads_app, name="heads")
app.add_typer(excuses_app, name="excuses")
app.add_typer(silences_app, name="silences")
app.add_typer(sources_app, name="sources")
app.add_typer(notifications_app, name="notifications")
app.command(short_help="Copy the embedded database, and prove the copy.")(backup)
app.command(short_help="Bring the database back as it was at an instant.")(restore)
outbox_app.command(short_help="Show what a restore holds back.")(held)
outbox_app.command(short_help="Send what a restore holds back.")(release)
outbox_app.command(short_help="Do not send what is held, or was given up.")(drop)
app.add_typer(tokens_app, name="tokens")
app.add_typer(log_app, name="log")
app.command("on-call", short_help="Say who is on call.")(on_call)
app.command("import", short_help="Send files of tickets to a running service.")(import_)
app.command(short_help="Read what was before from a desk's API.")(backfill)

TicketName = Annotated[str, typer.Argument(help="A ticket id, or an external id.")]
TicketSource = Annotated[
    str | None, typer.Option(help="If the external id is not unique without it.")
]
AsOf = Annotated[
    str | None, typer.Option(help="What was true then (RFC 3339); may lie in the future.")
]
KnownAt = Annotated[str | None, typer.Option(help="By what was known then (RFC 3339).")]


Role = Literal["all", "api", "worker"]


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sla {VERSION}")
        raise typer.Exit


@app.callback()
def _sla(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say it and end."),
    ] = False,
) -> None:
    """SLA Tracker: promises to customers, measured to the microsecond."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    role: Annotated[
        Role, typer.Option(help="api takes and answers requests, worker does all the rest.")
    ] = "all",
    data_dir: DataDir = None,
) -> None:
    """Run the service, until Ctrl-C."""
    from ops.commands import serve as command

    raise typer.Exit(command.serve(host=host, port=port, role=role, data_dir=data_dir))


@app.command(short_help="Bring the database to this version, before a roll-out.")
def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Only say what it would do: 1 if anything.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Bring the database to this version's tables, and end: the step before a roll-out.

    Repeating it does no harm, nor do several at once. A database of a newer version is refused and
    left as it is.
    """
    from ops.commands import migrate as command

    raise typer.Exit(command.run(data_dir=data_dir, check=check))


@app.command(short_help="Show how a running service is doing.")
def status(url: Url = LOCAL, token: Token = None, as_json: Json = False) -> None:
    """Show how a running service is doing, on one screen.

    Ends with 0 when all is well, 1 when somebody should look, also while it is healthy (a message
    was given up), 2 when it cannot serve or does not answer.
    """
    from ops.commands import status as command

    raise typer.Exit(command.show(url=url, token=token, as_json=as_json))


@app.command(short_help="Look for what is wrong, and say what to do.")
def doctor(
    url: Annotated[
        str | None,
        typer.Option(envvar="SLA_URL", help="Of a running service, to ask it as well."),
    ] = None,
    token: Token = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Look at configuration, database, disk, clock, channels and feeds: what is wrong, what to do.

    It changes and sends nothing, and needs no service that runs. Ends with 0 when all is well, 1
    with warnings, 2 with faults.
    """
    from ops.commands import doctor as command

    raise typer.Exit(command.run(data_dir=data_dir, url=url, token=token, as_json=as_json))


@app.command()
def mock_slack(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 9000,
    actions: Annotated[
        str, typer.Option(help="Where what is pressed goes, signed with SLACK_SIGNING_SECRET.")
    ] = "http://127.0.0.1:8000/slack/actions",
) -> None:
    """Play Slack: take messages, and show them in a browser."""
    from ops.commands import serve as command

    raise typer.Exit(command.mock_slack(host=host, port=port, actions=actions))


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the replay, instead of staying up.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=1, help="How long the replay lasts.")] = 60,
) -> None:
    """Watch five days of real incidents in a minute. Needs nothing, leaves nothing behind."""
    from ops.commands import demo as command

    raise typer.Exit(command.run(once=once, seconds=seconds))


@app.command(short_help="Show what happened to a ticket, and why its clocks moved.")
def timeline(
    ticket: TicketName,
    source: TicketSource = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    tz: Annotated[
        str | None, typer.Option(help="Of all instants, as Europe/Berlin; else the calendar's.")
    ] = None,
    url: Url = LOCAL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show everything that happened to a ticket, and why its clocks moved."""
    from ops.commands import timeline as command

    raise typer.Exit(
        command.timeline(
            ticket,
            source=source,
            as_of=as_of,
            known_at=known_at,
            tz=tz,
            url=url,
            token=token,
            as_json=as_json,
        )
    )


@app.command(short_help="Show which promise a ticket falls under, and why.")
def explain(
    ticket: TicketName,
    source: TicketSource = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    url: Url = LOCAL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show which rule decides what a ticket is promised, and of each before it what fails."""
    from ops.commands import explain as command

    raise typer.Exit(command.explain(ticket, source, as_of, known_at, url, token, as_json=as_json))


@app.command(short_help="Show who used the time of a ticket's clocks.")
def breakdown(
    ticket: TicketName,
    source: TicketSource = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    url: Url = LOCAL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show who used the time of a ticket's clocks: by team, assignee, status and rule."""
    from ops.commands import breakdown as command

    raise typer.Exit(
        command.breakdown(ticket, source, as_of, known_at, url, token, as_json=as_json)
    )


@app.command(short_help="Show what another configuration would have attained.")
def simulate(
    config: Annotated[Path, typer.Option(dir_okay=False, help="The configuration to suppose.")],
    since: Annotated[
        datetime | None, typer.Option(help="Only tickets created from then on (UTC).")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show what would have been attained, had another configuration always been in force."""
    from ops.commands import simulate as command

    when = since.replace(tzinfo=UTC) if since and since.tzinfo is None else since
    raise typer.Exit(command.simulate(config, since=when, data_dir=data_dir, as_json=as_json))


@app.command(short_help="Show what is kept how long, and what would go now.")
def retention(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show how long things are kept, what would go now, what has gone, and how large tables are.

    Nothing is dropped by it: a running service does that by itself, as the configuration says.
    """
    from ops.commands import retention as command

    raise typer.Exit(command.retention(data_dir=data_dir, as_json=as_json))


@projections_app.command("status")
def projections_status(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show how far the read tables are, and what they had to leave out."""
    from ops.commands import log

    raise typer.Exit(log.status(data_dir=data_dir, as_json=as_json))


@projections_app.command(
    "rebuild", short_help="Build the tables of a projection anew from the log."
)
def projections_rebuild(
    name: Annotated[str, typer.Argument(help="As `sla projections status` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Build the tables of a projection anew from the log, while the service runs, and swap them."""
    from ops.commands import log

    raise typer.Exit(log.rebuild_one(name, data_dir=data_dir))


@projections_app.command("replay", short_help="Try the parked events of a projection again.")
def projections_replay(
    name: Annotated[str, typer.Argument(help="As `sla projections status` shows it.")],
    data_dir: DataDir = None,
) -> None:
    """Try the parked events of a projection again, once what kept them out is mended."""
    from ops.commands import log

    raise typer.Exit(log.replay(name, data_dir=data_dir))


@heads_app.command("rebuild", short_help="Make the heads of all tickets anew from the log.")
def heads_rebuild(data_dir: DataDir = None) -> None:
    """Make anew from the log, while the service runs, what each ticket's next decision starts from.

    A head that cannot be read is made anew by itself when it is met; this does all of them."""
    from ops.commands import heads

    raise typer.Exit(heads.rebuild(data_dir=data_dir))


@outbox_app.command("status", short_help="Show what is sent, waiting or dead, and why.")
def outbox_status(data_dir: DataDir = None, as_json: Json = False) -> None:
    """Show how many notices are sent, waiting or dead, and why the newest are dead."""
    from ops.commands import outbox

    raise typer.Exit(outbox.status(data_dir=data_dir, as_json=as_json))


@outbox_app.command("replay", short_help="Send dead notices again, unless withdrawn since.")
def outbox_replay(
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY",
            help="Only these, as `sla outbox status` shows them; skipped ones too.",
        ),
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Only what is dead for this channel.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Send dead notices again under their old keys, unless withdrawn since."""
    from ops.commands import outbox

    raise typer.Exit(outbox.replay(keys or (), channel=channel, data_dir=data_dir))


@app.command(short_help="Prove that the log is unchanged, and the read tables true.")
def verify(
    checkpoint: Annotated[
        str | None, typer.Option(help="What an earlier verify printed: the log must contain it.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Prove that nobody changed the log, and that the read tables say what it says."""
    from ops.commands import log

    raise typer.Exit(log.verify(checkpoint=checkpoint, data_dir=data_dir, as_json=as_json))


@app.command(short_help="Measure what this machine does, beside its limits.")
def bench(
    quick: Annotated[
        bool, typer.Option("--quick", help="Few and short rounds: a minute instead of eight.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this part: append, http, clients, projections, idle, due, lateness,"
            " subscribers, replay, audit, start or memory. May be given several times."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Where to keep what was measured; else .sla/bench."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure what this machine does in a second, beside the limits it could reach."""
    from ops.commands import bench as command

    raise typer.Exit(command.run(quick=quick, only=only or (), folder=out, as_json=as_json))


def main() -> None:
    """The console script `sla`."""
    garbage.seldom_from_now_on()
    try:
        app()
    finally:
        garbage.never_again()


if __name__ == "__main__":
    sys.exit(main())
