"""One ticket's entries: its stored events and what they did to its clocks, each in a sentence."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from command_side.deciding.events import Body, Milestone, Observation, Raised, Ticket
from command_side.event_store import Recorded
from engine.sla.calendar import ALWAYS
from engine.sla.instants import micros, moment
from engine.sla.timeline import Fold
from engine.sla.verdict import view
from query_side.audit.explaining import AT_ONCE, explain, milestone
from query_side.audit.replay import Replay
from query_side.audit.standing import Update
from query_side.audit.stretches import Stretch, stretches
from query_side.audit.telling import tell, told_with
from query_side.audit.untold import Untold
from query_side.audit.updates import NOTHING, opening, said, update
from query_side.audit.witness import Change
from query_side.audit.wording import SOMEBODY, Words, listed
from query_side.reading import Instant

# At one instant, what was observed or came into force precedes what it did to the clocks; alerts
# come after both, and who was not told of them last.
RANKS = {"opened": 0, "observed": 0, "unchanged": 0, "retargeted": 0, "moved": 0}
CHANGES, ALERTS, UNTOLD = 1, 2, 3
MOST_STRETCHES = 5
"""Of excused time that one sentence names."""


class Segment(BaseModel):
    """Open time of a calendar that a clock counted."""

    calendar: str
    start: Instant
    end: Instant


class Entry(BaseModel):
    """One thing that happened."""

    occurred_at: Instant = Field(description="The source's time.")
    recorded_at: Instant | None = Field(description="When it became known; null: by calculation.")
    position: int | None = Field(
        description="Of the stored event that it comes from; null: by calculation."
    )
    kind: str
    explanation: str
    clock: str | None = None
    cycle: int | None = None
    policy_version: int | None = None
    segments: list[Segment] | None = Field(
        default=None, description="What the clock counted since its last change, the latest 50."
    )


def home(fold: Fold) -> str:
    """The time zone of a ticket: of the first calendar with hours that it is promised by."""
    promised = (fold.plan.calendars[clock] for clock in fold.plan.clocks)
    return next((one.timezone for one in promised if one is not ALWAYS), ALWAYS.timezone)


def names(stream: Sequence[Recorded], erased: Collection[int]) -> Mapping[Update, str | None]:
    """Who made each update; `erased` are the positions of events that had names once."""
    found: dict[Update, str | None] = {}
    for event in stream:
        if isinstance(body := event.body, Observation):
            given = event.personal.given or {}
            who = SOMEBODY if event.position in erased else given.get("updated_by")
            found[micros(event.occurred_at), body.revision] = who
    for at, revision in sorted(found, key=_revision, reverse=True):
        found[at, None] = found[at, revision]  # the first of an instant
    return found


def _revision(one: Update) -> int:
    return one[1] or 0


class Story:
    """The entries of a replayed ticket.

    What an update, or another version of the policy, did to a clock is told with its cause. Where
    nothing else is to be said of the event, its sentence is the clock's, which takes on its
    position and when it became known.
    """

    def __init__(
        self, found: Replay, changes: Sequence[Change], words: Words, untold: Sequence[Untold] = ()
    ) -> None:
        self._found, self._words = found, words
        self._told: defaultdict[Update, set[str]] = defaultdict(set)
        """By update, the attributes whose change the sentences of clocks tell."""
        self._led_to: dict[Update | int, Entry] = {}
        """By update, or version of the policy, the first entry of a clock that it has led to."""
        self._before = _before(found)
        self._clocks = {(one.rules.name, one.number): one.calendar for one in found.fold.cycles()}
        self._missed = {(one.clock, one.started_at): one for one in map(view, found.fold.cycles())}
        self._alerts: dict[str, tuple[str, str]] = {}
        self._withdrawn: dict[str, str] = {}
        """When, by the ids of alerts; and why, where that is known only later."""
        self._why: dict[int, str] = {}
        """Of withdrawals, by position."""
        self._evidence: set[datetime] = set()
        """When that was recorded which withdrew an alert."""
        self._named: dict[tuple[str, int], Update] = {}
        """By attribute and instant, such as that of a reply, the first update to name it."""
        by_revision = sorted(words.names, key=_revision, reverse=True)
        self._first = {key[0]: key for key in by_revision if key[1] is not None}
        """By instant, its first update."""
        self._look_ahead()
        self._placed = [
            (change.at, CHANGES, number, self._change(change))
            for number, change in enumerate(changes)
        ]
        self._stretches = stretches(found)
        self._placed += [
            (one.start, CHANGES, len(self._placed) + number, self._stretch(one))
            for number, one in enumerate(self._stretches)
            if one.clocks and one.start <= found.at
        ]
        instants = {at for at, *_ in self._placed}
        for event in found.stream:
            at = micros(event.occurred_at)
            if at > found.at or (isinstance(event.body, Ticket.Moved) and at in instants):
                continue  # what took effect says so itself
            if (self._missed_at(event.body, at) or at) > found.at:
                continue  # it was due, but not missed yet
            if (entry := self._event(event, at)) is not None:
                self._placed.append((at, RANKS.get(entry.kind, ALERTS), event.position, entry))
        self._placed += [
            (micros(entry.occurred_at), UNTOLD, position, entry)
            for position, entry in self._untold(untold).items()
        ]

    def entries(self) -> list[Entry]:
        """Oldest first."""
        for *_, entry in self._placed:
            entry.explanation = self._words.once(entry.explanation)
        return [entry for *_, entry in sorted(self._placed, key=lambda one: one[:3])]

    def _change(self, change: Change) -> Entry:
        it = change.happening
        shown = None if it.cycle is None else it.cycle.view
        counted = None
        if change.counted is not None:
            counted = [
                Segment(calendar=calendar, start=moment(start), end=moment(end))
                for calendar, start, end in change.counted
            ]
        entry = Entry(
            occurred_at=moment(change.at),
            recorded_at=None,
            position=None,
            kind=change.kind,
            explanation=tell(change, self._words),
            clock=None if shown is None else shown.clock,
            cycle=None if shown is None else shown.number,
            policy_version=it.now.policy.version if shown is None else shown.policy,
            segments=counted,
        )
        if it.before is not None and it.update is None:
            self._led_to.setdefault(it.now.policy.version, entry)
        elif it.before is not None and it.update is not None:
            for attribute in told_with(change):
                source = self._named.get((attribute, it.at)) or self._exact(it.update)
                self._told[source].add(attribute)
                self._led_to.setdefault(source, entry)
        return entry

    def _stretch(self, one: Stretch) -> Entry:
        return Entry(
            occurred_at=moment(one.start),
            recorded_at=None,
            position=None,
            kind="excused",
            explanation=self._words.once(one.sentence(self._words)),
            clock=one.clocks[0] if len(one.clocks) == 1 else None,
        )

    def _untold(self, untold: Sequence[Untold]) -> dict[int, Entry]:
        """One entry for each event that somebody was not told of, by its position."""
        found: dict[int, Entry] = {}
        for one in untold:
            sentence = one.sentence(self._alerts)
            if one.position in found:
                found[one.position].explanation += f" {sentence}"
            elif one.raised_at <= self._found.at:
                found[one.position] = Entry(
                    occurred_at=moment(one.raised_at),
                    recorded_at=None,
                    position=one.position,
                    kind="undelivered",
                    explanation=sentence,
                )
        return found

    def _exact(self, one: Update) -> Update:
        """Without a revision the first of its instant is meant."""
        return one if one[1] is not None else self._first.get(one[0], one)

    def _look_ahead(self) -> None:
        heard = self._found.stream[0].recorded_at
        for event in self._found.stream:
            body = event.body
            if isinstance(body, Observation):
                heard = event.recorded_at
                for named in (body.moments or {}).items():
                    self._named.setdefault(named, (micros(event.occurred_at), body.revision))
            elif isinstance(body, Raised):
                self._alerts[body.alert_id] = milestone(body)
            elif isinstance(body, Ticket.Retracted):
                then = self._words.instant(micros(heard))
                at_once = micros(event.recorded_at) - micros(heard) <= AT_ONCE
                when = "then" if at_once else f"at {then}"
                why = body.reason.replace("what is known now", f"what became known {when}")
                if why != body.reason:
                    self._evidence.add(heard)
                self._why[event.position] = why
                at = micros(event.occurred_at)
                # What is known now is not concealed, though it became known later.
                told = f": {why}" if at > self._found.at else ""
                self._withdrawn[body.alert_id] = f"Withdrawn at {self._words.instant(at)}{told}."

    def _event(self, event: Recorded, at: int) -> Entry | None:
        body = event.body
        causes: Sequence[Update | int] = ()
        if isinstance(body, Observation):
            key, note = (at, body.revision), self._heard(event, body)
            kind, sentence = self._update(event, body, key)
            causes = [key]
        else:
            note = ""
            kind, sentence = self._other(event)
            if isinstance(body, Ticket.Retargeted) and self._words.repaired(body) is None:
                # Of several versions that it was brought under at once, each may have moved one.
                versions = range(body.previous_policy + 1, body.policy + 1)
                causes = [one for one in versions if one in self._led_to]
                sentence = "" if causes else sentence
            if isinstance(body, Raised):
                note = self._withdrawn.get(body.alert_id, "")
        if not sentence and causes:
            for entry in map(self._led_to.__getitem__, causes):
                entry.recorded_at, entry.position = event.recorded_at, event.position
                entry.explanation = f"{entry.explanation} {note}".rstrip()
            return None
        about = body if isinstance(body, Milestone) else None
        return Entry(
            occurred_at=event.occurred_at,
            recorded_at=event.recorded_at,
            position=event.position,
            kind=kind,
            explanation=f"{sentence} {note}".rstrip(),
            clock=None if about is None else about.clock,
            cycle=None if about is None else about.cycle,
            policy_version=getattr(body, "policy", None),
            segments=None,
        )

    def _missed_at(self, body: Body, at: int) -> int | None:
        """Of a breach that stands, the first instant after its deadline that counted."""
        if not isinstance(body, Ticket.AlertRaised) or body.severity != "breached":
            return None
        cycle = self._missed.get((body.clock, body.cycle_started_at))
        return cycle.overdue_from if cycle is not None and cycle.breached_at == at else None

    def _heard(self, event: Recorded, body: Observation) -> str:
        """When that matters: it was late, or others had believed otherwise meanwhile."""
        known = self._words.instant(micros(event.recorded_at))
        if body.late:
            return f"This became known late, at {known}."
        return f"This became known at {known}." if event.recorded_at in self._evidence else ""

    def _other(self, event: Recorded) -> tuple[str, str]:
        body = event.body
        about = (body.clock, body.cycle) if isinstance(body, Milestone) else ("", 0)
        calendar = self._clocks.get(about, ALWAYS)
        missed_at = self._missed_at(body, micros(event.occurred_at))
        kind, sentence = explain(event, self._words, calendar, self._alerts, missed_at)
        if isinstance(body, Ticket.Excused):
            told = [one.brief(self._words) for one in self._stretches[:MOST_STRETCHES]]
            more = len(self._stretches) - len(told)
            if more:
                told.append(f"{more} more")
            what = f"Excused by now: {listed(told)}." if told else "Nothing is excused any more."
            return kind, self._words.once(f"{sentence} {what}")
        if isinstance(body, Ticket.Retracted):
            sentence = sentence.replace(body.reason, self._why[event.position])
        return kind, sentence

    def _update(self, event: Recorded, body: Observation, key: Update) -> tuple[str, str]:
        who = self._words.names.get(key)
        if isinstance(body, Ticket.Opened):
            return "opened", opening(event, self._words, who)
        sentence = update(event, self._before.get(key, {}), self._words, who, self._told[key])
        nothing = sentence.casefold().endswith(f"{NOTHING}.")
        return "unchanged" if nothing else "observed", sentence


def _before(found: Replay) -> dict[Update, dict[str, Any]]:
    """The attributes that each observation found, but for the first."""
    attributes: dict[str, Any] = {}
    known: dict[Update, dict[str, Any]] = {}
    for one in found.timeline:
        if attributes:
            known[one.key] = attributes
        attributes = {**attributes, **said(one.given, one.moments, one.personal)}
    return known
