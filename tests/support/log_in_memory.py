"""One ticket's stream and head in memory, kept as the event store would keep them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from command_side.deciding import people, ticking
from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import EXCUSES, Body, shown, written
from command_side.deciding.excusing import ExcuseBook
from command_side.deciding.head import Head, NeedsStream
from command_side.deciding.ingesting import Submission, decide
from command_side.deciding.on_call import NOBODY_ON_CALL, RotaBook
from command_side.deciding.opening import opened, replayed
from command_side.deciding.silencing import InForce, Silence
from command_side.deciding.ticking import Settled
from command_side.event_store import Append, Recorded, StoredHead
from engine.sla.instants import micros
from engine.sla.policy import Policy, UnknownVersion

T = TypeVar("T")

SALT = b"of one ticket"


@dataclass
class Versions:
    """A policy book of given versions."""

    all: tuple[Policy, ...]

    @property
    def current(self) -> Policy:
        return self.all[-1]

    def version(self, number: int) -> Policy:
        for policy in self.all:
            if policy.version == number:
                return policy
        raise UnknownVersion(str(number))


def book(*policies: Policy) -> Versions:
    return Versions(policies)


@dataclass
class Log:
    """What one ticket has in the store; `thorough` reads the stream for every decision."""

    ticket: UUID
    thorough: bool = False
    forgetful: bool = False
    """No head can be read: each is of another release."""
    stored: StoredHead | None = None
    stream: list[Recorded] = field(default_factory=list[Recorded])
    hashes: dict[tuple[int, int], bytes] = field(default_factory=dict[tuple[int, int], bytes])
    conflicts: set[bytes] = field(default_factory=set[bytes])
    next_due_at: datetime | None = None
    last: bytes = b""
    """What a forgetful log was given last."""
    replays: int = 0
    """Decisions that needed the stream."""
    excuses: ExcuseBook = field(default_factory=ExcuseBook)
    """What is agreed not to count, so far."""
    on_call: RotaBook = NOBODY_ON_CALL

    @property
    def kept(self) -> StoredHead:
        if self.stored is None:
            raise LookupError("nothing is stored yet")
        return self.stored

    @property
    def head(self) -> Head:
        return Head.load(self.last if self.forgetful else self.kept.state)

    def bodies(self, topic: str) -> list[dict[str, Any]]:
        """Of the events of one topic, in order."""
        return [shown(event.body) for event in self.stream if event.topic == topic]

    def ingest(
        self, submissions: Sequence[Submission], policies: PolicyBook, now: datetime
    ) -> Append | None:
        """Decides as the intake does, and stores what is to be appended."""

        def decided(stream: Sequence[Recorded] | None) -> Append | None:
            return decide(
                self.ticket,
                submissions,
                head=self.stored,
                stream=stream,
                hashes=self.hashes,
                conflicts=self.conflicts,
                book=policies,
                now=micros(now),
                salt=SALT,
                excuses=self.excuses,
                on_call=self.on_call,
            )

        append = self._decided(decided)
        if append is not None:
            self.store(append, now)
        return append

    def tick(
        self, policies: PolicyBook, now: datetime, silences: Sequence[Silence] = ()
    ) -> Settled | None:
        """Follows the ticket if it is due, as the desk does; None: it was not."""
        if self.next_due_at is None or self.next_due_at > now:
            return None
        return self.follow(policies, now, silences)

    def follow(
        self, policies: PolicyBook, now: datetime, silences: Sequence[Silence] = ()
    ) -> Settled:
        """As the desk does with a ticket that is due, or that a change may concern."""

        def followed(stream: Sequence[Recorded] | None) -> Settled:
            case = opened(self.kept, stream, policies, self.excuses)
            case.on_call = self.on_call
            return ticking.decide(case, silences=InForce(silences), now=micros(now))

        settled = self._decided(followed)
        self.store(settled.append, now)
        return settled

    def change_excuses(self, body: Body, now: datetime) -> None:
        """The next change of what is agreed; no ticket hears of it yet."""
        number = self.excuses.number + 1
        event = Recorded(number, EXCUSES, number, body.TOPIC, written(body), None, now, now, None)
        self.excuses.take(event)

    def acknowledge(self, policies: PolicyBook, now: datetime) -> None:
        """As somebody would, by the desk."""
        case = replayed(self.kept, self.stream, policies, self.excuses)
        case.on_call = self.on_call
        self.store(
            people.acknowledge(case, by="jane", note=None, now=micros(now), correlation_id=None),
            now,
        )

    def snooze(self, policies: PolicyBook, now: datetime, until: int) -> None:
        """As somebody would, by the desk."""
        case = replayed(self.kept, self.stream, policies, self.excuses)
        case.on_call = self.on_call
        said: dict[str, Any] = {"by": "jane", "reason": None, "correlation_id": None}
        self.store(people.snooze(case, until=until, now=micros(now), **said), now)

    def rebuild(
        self, policies: PolicyBook, now: datetime, silences: Sequence[Silence] = ()
    ) -> None:
        """Makes the head anew, as the desk does."""
        forgotten = StoredHead(self.ticket, self.kept.version, b"")
        case = opened(forgotten, self.stream, policies, self.excuses)
        case.on_call = self.on_call
        settled = ticking.decide(case, silences=InForce(silences), now=micros(now))
        self.store(settled.append, now)

    def _decided(self, decided: Callable[[Sequence[Recorded] | None], T]) -> T:
        if not self.thorough:
            try:
                return decided(None)
            except NeedsStream:
                self.replays += 1
        return decided(self.stream)

    def store(self, append: Append, now: datetime) -> None:
        version = self.stored.version if self.stored is not None else 0
        assert append.expected_version == version
        for number, event in enumerate(append.events, version + 1):
            self.stream.append(
                Recorded(
                    number,
                    self.ticket,
                    number,
                    event.topic,
                    event.state,
                    event.personal,
                    event.occurred_at,
                    now,
                    event.correlation_id,
                )
            )
            if event.observed_at is not None and event.content_hash is not None:
                key = (micros(event.observed_at), event.revision or 0)
                assert key not in self.hashes
                self.hashes[key] = event.content_hash
            elif event.content_hash is not None:
                assert event.content_hash not in self.conflicts
                self.conflicts.add(event.content_hash)
        state = self.stored.state if self.stored is not None else b""
        if append.head is not None:
            state, self.next_due_at = append.head, append.next_due_at
        if self.forgetful:
            self.last, state = state, b"of another release"
        self.stored = StoredHead(self.ticket, version + len(append.events), state)
