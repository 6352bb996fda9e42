"""`sla status`: what a running service says of itself, on one screen for a person."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal

from ops.commands.exits import FOUND_PROBLEMS, USAGE, counted, err, out, paragraph
from ops.commands.remote import health, opened

Mark = Literal["ok", "look", "fault"]
COLOURS: Mapping[str, str] = {"ok": "green", "look": "yellow", "fault": "red"}
VERDICTS: Mapping[str, tuple[int, str]] = {
    "healthy": (0, "green"),
    "degraded": (FOUND_PROBLEMS, "yellow"),
    "unhealthy": (USAGE, "red"),
}
"""The exit code of each, and its colour."""
UNSERVED = frozenset({"database", "ended"})
"""The troubles in which it cannot serve."""
DOCTOR = "Where it runs, `sla doctor` says what keeps it from it."


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the service."""

    part: str
    mark: Mark
    words: str


def show(*, url: str, token: str | None, as_json: bool) -> int:
    """0 when all is well, 1 when anything asks for somebody, 2 when it cannot serve or does not
    answer.

    A service that serves as it should is `healthy` to a probe, though somebody was not told
    something, or is not on call: a person wants to know that, as `sla doctor` has it.
    """
    with opened(url, token) as client:
        found = health(client, url)
    if isinstance(found, str):
        if as_json:
            out.print_json(data={"status": "unreachable", "reason": found})
        else:
            err.print(f"{found} {DOCTOR}", style="red", soft_wrap=True)
        return USAGE
    code, colour = VERDICTS[found["status"]]
    only_for_people = code == 0 and bool(found["troubles"])
    if only_for_people:
        code, colour = VERDICTS["degraded"]
    if as_json:
        out.print_json(data=found)
        return code
    out.print(f"SLA Tracker at {url}: ", soft_wrap=True, end="")
    verdict = found["status"] + (", and somebody should look" if only_for_people else "")
    out.print(verdict, style=f"bold {colour}")
    out.print()
    for line in lines(found):
        out.print(f"  {line.mark:5}", style=COLOURS[line.mark], end="")
        out.print(f" {line.part:14}", end="")
        out.print(line.words, soft_wrap=True)
    for trouble in found["troubles"]:
        out.print()
        paragraph(trouble["what"], style="bold")
        paragraph(trouble["remedy"], indent=2)
    return code


def lines(found: Mapping[str, Any]) -> Iterator[Line]:
    """Of an answer of /health: its parts, each with the mark that its troubles give it."""
    kinds = {one["kind"] for one in found["troubles"]}

    def line(part: str, troubles: AbstractSet[str], words: str) -> Line:
        met = kinds & troubles
        mark: Mark = "fault" if met & UNSERVED else "look" if met else "ok"
        return Line(part, mark, words)

    answers = "answers" if found["database"]["reachable"] else "does not answer"
    yield line("database", {"database"}, answers)
    if replica := found["database"].get("replica"):
        yield line("replica", {"replica"}, _replica(replica))
    ended = f"ended: {', '.join(found['ended_parts'])}" if found["ended_parts"] else "all run"
    yield line("parts", {"ended"}, ended)
    if found["database"]["reachable"]:  # or nobody knows
        yield line("alerts", {"engine", "late"}, _alerts(found["engine"]))
        yield line("board", {"worker", "behind", "parked"}, _board(found["projections"]))
        yield line("messages", {"undelivered", "channel"}, _messages(found["outbox"]))
    version = found["config"]["version"]
    promises = f"version {version} is in force" if version else "none is in force"
    refused = "; a newer file is refused" if found["config"]["error"] else ""
    yield line("promises", {"config"}, promises + refused)
    yield line("clock", {"clock"}, _clock(found["clock"]))
    if found["on_call"]:
        yield line("on call", {"on_call", "uncovered"}, _on_call(found["on_call"]))
    if found["desks"] or "desk" in kinds:
        yield line("desks", {"desk"}, _desks(found["desks"]))
    lost = found["log"]["lost_lines"]
    written = f"{counted(lost, 'line')} could not be written" if lost else "is written"
    yield line("log", {"log"}, written)


def _replica(replica: Mapping[str, Any]) -> str:
    behind = replica["behind_seconds"]
    if behind is None:
        return "does not answer: the primary does"
    close = f"{behind:,.0f} seconds behind, position {replica['position']:,}"
    return close if replica["used"] else f"{close}: the primary answers"


def _alerts(engine: Mapping[str, Any]) -> str:
    waiting = engine["waiting_seconds"]
    late = f"waiting for {waiting:,.0f} seconds" if waiting >= 1 else "nothing is late"
    looked = engine["last_tick_at"]
    return f"{late}; looked last at {looked[:19]}Z" if looked else late


def _board(projections: Sequence[Mapping[str, Any]]) -> str:
    parked = sum(one["parked"] for one in projections)
    aside = f"; {counted(parked, 'event')} parked" if parked else ""
    behind = max(projections, key=lambda one: one["behind_events"], default=None)
    if behind is None:
        return "no read tables yet"
    if behind["behind_events"]:
        events = counted(behind["behind_events"], "event")
        age = f"{behind['behind_seconds']:,.0f} seconds"
        return f"{behind['name']} is {events} behind, the oldest of {age} ago{aside}"
    return f"up to date, position {behind['position']:,}{aside}"


def _messages(outbox: Mapping[str, Any]) -> str:
    wanted = [one["name"] for one in outbox["unreachable"] if one["wanted"]]
    dead = [one["name"] for one in outbox["dead_channels"]]
    said = [
        f"{outbox['dead']:,} given up" if outbox["dead"] else "none given up",
        *([f"{outbox['held']:,} held"] if outbox["held"] else []),
        *([f"{outbox['skipped']:,} skipped"] if outbox["skipped"] else []),
        *([f"without address: {', '.join(wanted)}"] if wanted else []),
        *([f"take nothing: {', '.join(dead)}"] if dead else []),
    ]
    return "; ".join(said)


def _clock(clock: Mapping[str, Any]) -> str:
    ahead = clock["ahead_seconds"]
    if ahead is None:
        return "is not compared with the database's"
    where = "ahead of" if ahead >= 0 else "behind"
    instead = "" if clock["used"] else ", which is used instead"
    return f"{abs(ahead):,.3f} seconds {where} the database's{instead}"


def _on_call(rotations: Sequence[Mapping[str, Any]]) -> str:
    stale = [one["name"] for one in rotations if one["stale"]]
    words = counted(len(rotations), "rotation")
    return f"{words}; out of date: {', '.join(stale)}" if stale else f"{words}, all read"


def _desks(desks: Sequence[Mapping[str, Any]]) -> str:
    said: list[str] = []
    for one in desks:
        if one["parked"]:
            said.append(f"{one['name']}: {one['parked']:,} not understood")
        if one["api_error"]:
            said.append(f"{one['name']}: its API is not read")
    return "; ".join(said) or "all understood"
