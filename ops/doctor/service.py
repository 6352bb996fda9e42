"""The service, as the database shows it: alerts, read tables, messages, feeds, and who runs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.doctor.finding import Finding, Level, ok, warning
from query_side.stored_health import Stored, findings
from query_side.troubles import Kind, Trouble, troubles

ROLES = {"all": "one that does everything", "api": "api", "worker": "worker"}
LATE = 30.0
"""Seconds after which something is late; as /health has it."""
ABOUT: Mapping[Kind, str] = {
    "database": "database",
    "ended": "processes",
    "worker": "processes",
    "engine": "alerts",
    "late": "alerts",
    "behind": "read tables",
    "parked": "read tables",
    "undelivered": "messages",
    "channel": "messages",
    "config": "configuration",
    "clock": "clock",
    "log": "log",
    "on_call": "on call",
    "uncovered": "on call",
    "desk": "desks",
    "replica": "replica",
}
FAULTS: frozenset[Kind] = frozenset(
    {"database", "ended", "worker", "engine", "late", "parked", "channel", "config", "log"}
)
ONLY_RUNNING: frozenset[Kind] = frozenset({"worker", "late", "behind"})
"""Where nothing runs, they follow from that."""
ONLY_ITS_OWN: frozenset[str] = frozenset({"ended", "engine", "config", "log"})
"""What a running process knows, and nobody else."""


@dataclass(frozen=True, slots=True)
class Service:
    """What was found."""

    stored: Stored
    runs: Collection[str] = ()
    """The roles of the processes that run."""
    its_own: Sequence[Trouble] = ()
    """What a process says of itself that was asked."""


def judged(found: Service) -> Iterator[Finding]:
    """Who runs, then what they leave undone."""
    said = list(troubles(findings(found.stored), patience=LATE))
    if found.runs:
        yield ok("processes", f"running: {', '.join(ROLES[role] for role in found.runs)}")
    else:
        yield warning(
            "processes",
            f"Nothing runs on this database: {_waiting(found.stored)}.",
            "Start it: `sla serve`, or several of it with --role.",
        )
        said = [one for one in said if one.kind not in ONLY_RUNNING]
    for one in (*said, *(one for one in found.its_own if one.kind in ONLY_ITS_OWN)):
        level: Level = "fault" if one.kind in FAULTS else "warning"
        yield Finding(ABOUT[one.kind], level, one.what, one.remedy)
    yield from _well(found, {ABOUT[one.kind] for one in said})


def _waiting(stored: Stored) -> str:
    behind = max((one.behind_events for one in stored.lags), default=0)
    late = stored.waiting_seconds > LATE
    waits = [
        *(["clocks fall due, and nobody is told"] if late else []),
        *([f"{behind:,} events are not shown yet"] if behind else []),
    ]
    return " and ".join(waits) or "nobody looks for what falls due"


def _well(found: Service, troubled: set[str]) -> Iterator[Finding]:
    stored = found.stored
    if found.runs and "alerts" not in troubled:
        yield ok("alerts", "nothing is late")
    if "read tables" not in troubled and found.runs:
        position = max((one.position for one in stored.lags), default=0)
        yield ok("read tables", f"up to date, position {position:,}; nothing parked")
    if "messages" not in troubled:
        skipped = f"; {stored.skipped:,} skipped for want of an address" if stored.skipped else ""
        yield ok("messages", f"none given up{skipped}")
    if stored.on_call and "on call" not in troubled:
        yield ok("on call", f"calendars read: {', '.join(one.name for one in stored.on_call)}")
    if stored.desks and "desks" not in troubled:
        yield ok("desks", f"all understood: {', '.join(one.name for one in stored.desks)}")
