"""READ: what is wrong with the service, in words for those who rely on the board."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from engine.notify.plain_text import duration

Kind = Literal[
    "database",
    "ended",
    "worker",
    "engine",
    "late",
    "behind",
    "parked",
    "undelivered",
    "channel",
    "config",
    "clock",
    "log",
    "on_call",
    "uncovered",
    "replica",
    "desk",
]


class Trouble(BaseModel):
    """One thing that is wrong."""

    kind: Kind
    what: str = Field(description="What it means for whoever looks at the board")
    remedy: str = Field(description="What to do, or whom to ask for it")


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of a service; where the database does not answer, only what needs none."""

    database: bool
    """Whether it answers."""
    takes_writes: bool = True
    ended: Sequence[str] = ()
    replica_lost: bool = False
    """There is one, and it is away or too far behind."""
    fed: bool = True
    """Whether a worker applies events to the read tables."""
    engine_error: str | None = None
    waiting_seconds: float = 0.0
    """For so long the oldest due clock has been waiting for an engine to look at it."""
    behind_seconds: float = 0.0
    behind_events: int = 0
    parked: int = 0
    dead: int = 0
    held: int = 0
    """Notices that a restore holds back."""
    unreachable: Mapping[str, str] = field(default_factory=dict[str, str])
    """Channels that are to be told something and cannot be, and why."""
    dead_channels: Mapping[str, tuple[datetime, str | None, Sequence[str]]] = field(
        default_factory=dict[str, tuple[datetime, str | None, Sequence[str]]]
    )
    """Channels that take nothing: since when, why, and on which others that was said."""
    config_version: int | None = None
    config_error: str | None = None
    unread_version: str | None = None
    """Why this release cannot read the newest version in the log."""
    clock_ahead_seconds: float = 0.0
    """So far this machine's clock is ahead of the database's, where that is too much."""
    jumped_seconds: float = 0.0
    """So far the time has gone forward lately, or (negative) was set back."""
    jumped_at: datetime | None = None
    losing_log_lines: bool = False
    stale: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """Rotations whose calendars could not be read for a day, and why."""
    uncovered: Sequence[str] = ()
    """Rotations with gaps, or with people whom nobody knows."""
    unverified: Sequence[str] = ()
    """Desks whose secret is not set."""
    unread: Mapping[str, int] = field(default_factory=dict[str, int])
    """Desks of which so many deliveries could not be read."""
    forgotten: Mapping[str, int] = field(default_factory=dict[str, int])
    """Desks of which so many of these are dropped within a week."""
    unasked: Mapping[str, str] = field(default_factory=dict[str, str])
    """Desks whose APIs cannot be read, and why."""


def troubles(found: Findings, *, patience: float) -> Iterator[Trouble]:
    """The worst first. `patience` is after how many seconds something is late."""
    if not found.database:
        yield Trouble(
            kind="database",
            what="The database does not answer: nothing here is up to date, and nobody is alerted.",
            remedy="Whoever runs this service: see that PostgreSQL runs and can be reached. All"
            " goes on by itself then.",
        )
    if found.database and not found.takes_writes:
        yield Trouble(
            kind="database",
            what="The database takes no writes: updates are refused, the board stands still, and"
            " nobody is alerted.",
            remedy="Whoever runs this service: see that DATABASE_URL leads to the primary and not"
            " to a replica, and that default_transaction_read_only is off. All goes on by itself"
            " then.",
        )
    if found.ended:
        yield Trouble(
            kind="ended",
            what=f"A part of the service has stopped by a mistake: {', '.join(found.ended)}.",
            remedy="Restart the service; its log says what happened.",
        )
    if found.database and not found.fed:
        yield Trouble(
            kind="worker",
            what="No worker runs, or none can write: the board stands still, and nobody is"
            " alerted.",
            remedy="Start one: `sla serve --role worker`. Where one runs, `sla doctor` says whether"
            " the database takes what it writes.",
        )
    if found.engine_error:
        yield Trouble(
            kind="engine",
            what=f"Alerts may come late: looking for due clocks fails ({found.engine_error}).",
            remedy="It is tried again all the time; the worker's log says what is in the way.",
        )
    if found.waiting_seconds > patience:
        yield Trouble(
            kind="late",
            what="Alerts are late: what was due"
            f" {duration(found.waiting_seconds)} ago has not been looked at.",
            remedy="It is made up for by itself once a worker keeps up. If this number grows, see"
            " that one runs, and what its log says.",
        )
    if found.behind_seconds > patience:
        yield Trouble(
            kind="behind",
            what=f"The board is {duration(found.behind_seconds)} behind:"
            f" {found.behind_events:,} changes are not shown yet.",
            remedy="It catches up by itself once a worker keeps up. If this number grows, see that"
            " one runs, and what its log says.",
        )
    if found.parked:
        yield Trouble(
            kind="parked",
            what=f"{_counted(found.parked, 'change')} could not be processed and"
            f" {'is' if found.parked == 1 else 'are'} missing here.",
            remedy="`sla projections status` says where; `sla projections replay` tries again.",
        )
    if found.dead:
        yield Trouble(
            kind="undelivered",
            what=f"{_counted(found.dead, 'message')} could not be delivered: somebody has not been"
            " told.",
            remedy="`sla outbox status` says why; `sla outbox replay` sends again. Once somebody"
            " has seen it, and it is not to be sent, `sla outbox drop --dead` lets it be.",
        )
    if found.held:
        yield Trouble(
            kind="undelivered",
            what=f"{_counted(found.held, 'message')} may have been sent before the database was"
            " restored, or not: somebody may not have been told.",
            remedy="`sla outbox held` lists them; `sla outbox release` sends them, `sla outbox"
            " drop` does not.",
        )
    for name, reason in found.unreachable.items():
        yield Trouble(
            kind="channel",
            what=f"Nothing can be sent to the channel {name}: {reason}.",
            remedy="Set it and restart the service. What had to be given up meanwhile is sent by"
            f" `sla outbox replay --channel {name}`.",
        )
    for name in sorted(found.dead_channels.keys() - found.unreachable.keys()):
        since, reason, told = found.dead_channels[name]
        said = f"It was said on {' and '.join(told)}." if told else "There was nobody to tell."
        yield Trouble(
            kind="channel",
            what=f"Nothing arrives at the channel {name} since {since:%Y-%m-%d %H:%M:%S} UTC"
            f" ({reason}). {said}",
            remedy="See that it takes messages; it is tried all the time. What had to be given up"
            f" meanwhile is sent by `sla outbox replay --channel {name}`.",
        )
    if found.config_error:
        kept = f"version {found.config_version}" if found.config_version else "none"
        yield Trouble(
            kind="config",
            what=f"The newest configuration was refused; the promises in force are still {kept}.",
            remedy=f"Mend the file, it is read again at once: {_first(found.config_error)}",
        )
    if found.unread_version:
        yield Trouble(
            kind="config",
            what="A newer configuration cannot be read here: updates are refused, and tickets under"
            " it raise no alerts.",
            remedy=f"Run the release that accepted it: {found.unread_version}",
        )
    if found.clock_ahead_seconds:
        where = "ahead of" if found.clock_ahead_seconds > 0 else "behind"
        yield Trouble(
            kind="clock",
            what=f"This machine's clock is {duration(found.clock_ahead_seconds)} {where} the"
            " database's, which is used instead.",
            remedy="Set the one that is wrong, best by NTP. If it is the database's, alerts come at"
            " the wrong time until then.",
        )
    if found.jumped_seconds > 0:
        yield Trouble(
            kind="clock",
            what=f"The time went forward by {duration(found.jumped_seconds)}"
            f"{_to(found.jumped_at)}: what fell due meanwhile is told late.",
            remedy="If the machine was asleep, all is well. Else its clock is wrong: set it, best"
            " by NTP, and what was raised too early is withdrawn.",
        )
    if found.jumped_seconds < 0:
        yield Trouble(
            kind="clock",
            what=f"The time was set back by {duration(found.jumped_seconds)}"
            f"{_to(found.jumped_at)}: what had been raised too early is withdrawn, and raised again"
            " when it is due.",
            remedy="See that the clock stays right, best by NTP. Updates that came meanwhile"
            " without `updated_at` have a wrong time: send them again with it.",
        )
    if found.losing_log_lines:
        yield Trouble(
            kind="log",
            what="Lines of the log are being lost: nobody takes them, or there is no room.",
            remedy="See that what reads the service's output runs, and that its disk has room.",
        )
    for name, reason in found.stale.items():
        yield Trouble(
            kind="on_call",
            what=f"Who is on call for {name} may be out of date: the calendars could not be read"
            f" for more than a day{f' ({reason})' if reason else ''}.",
            remedy="Mend what the calendars' variables or files name; what was read before counts"
            " until then.",
        )
    if found.uncovered:
        yield Trouble(
            kind="uncovered",
            what="Within two weeks there are times without anybody on call, or with somebody whom"
            f" the configuration does not know: {', '.join(found.uncovered)}.",
            remedy="`sla on-call` says when, and who; mend the calendars, or `people`.",
        )
    for name in found.unverified:
        yield Trouble(
            kind="desk",
            what=f"Nothing that the desk {name} sends is accepted: the secret that it signs with is"
            " not set here.",
            remedy="Set the variable that `secret_env` names, and restart the service. Most desks"
            " send again for a while.",
        )
    for name, parked in found.unread.items():
        they, them = ("it says", "it") if parked == 1 else ("they say", "them")
        yield Trouble(
            kind="desk",
            what=f"{_counted(parked, 'delivery', 'deliveries')} of the desk {name} could not"
            f" be read: what {they} is missing here.",
            remedy="“Desks”, on the page, or `sla sources list` says why. Mend its block of"
            f" `sources`, then `sla sources replay` reads {them} again. What is of no use,"
            f" `sla sources let-be {name}` lets be.",
        )
    for name, many in found.forgotten.items():
        are = "is" if many == 1 else "are"
        yield Trouble(
            kind="desk",
            what=f"{_counted(many, 'delivery', 'deliveries')} of the desk {name} that could not be"
            f" read {are} dropped within a week, as they are old.",
            remedy="What was said is lost then: mend its block of `sources`, connect it again if it"
            " is gone, and `sla sources replay`. Or say that it is of no use: `sla sources let-be"
            f" {name}`.",
        )
    for name, reason in found.unasked.items():
        yield Trouble(
            kind="desk",
            what=f"The API of the desk {name} is not read ({reason}): what its webhooks lose stays"
            " unknown.",
            remedy="Mend what it says; it is asked again by itself. `sla sources list` shows"
            " how far it was read.",
        )
    if found.replica_lost:
        yield Trouble(
            kind="replica",
            what="The replica that questions go to is away or too far behind: the primary answers"
            " them.",
            remedy="Whoever runs this service: see that it runs, follows the primary, and is what"
            " DATABASE_READ_URL names.",
        )


def _to(instant: datetime | None) -> str:
    return f", to {instant:%Y-%m-%d %H:%M:%S} UTC" if instant is not None else ""


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _first(error: str) -> str:
    """Of a file's mistakes the first; they may be many."""
    first, *others = error.splitlines()
    return f"{first} ({len(others)} more)" if others else first
