"""What a ticket's stream says of its past, as far as its clocks hear of it: read once, to be folded
under one configuration and another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from command_side.deciding.casefile import PolicyBook
from command_side.deciding.events import DECISIONS, CycleFacts, Observation, Ticket
from command_side.deciding.excusing import ExcuseBook
from command_side.event_store import Recorded
from engine.sla import timeline
from engine.sla.escalation import Acknowledgement
from engine.sla.excuses import Excuses
from engine.sla.instants import micros
from engine.sla.policy import Policy
from engine.sla.timeline import Fold
from query_side.audit.heard import heard


class CycleKey(NamedTuple):
    """Which cycle of a ticket."""

    clock: str
    started_at: int
    number: int


@dataclass(frozen=True, slots=True)
class Past:
    """One ticket's, in microseconds."""

    ticket: UUID
    external_id: str
    source: str
    began_under: int
    """The version of the configuration."""
    observations: Sequence[timeline.Observation]
    acknowledgements: Sequence[Acknowledgement]
    excuses: int
    """The change of what is excused under which it stands."""
    decided: Mapping[CycleKey, CycleFacts]
    """Every cycle, as it was decided last."""
    updates: int

    def folded(self, policies: Sequence[Policy], excuses: Excuses, at: int) -> Fold:
        """Under these versions, counted to an instant."""
        fold = timeline.fold(self.observations, policies, at, excuses=excuses, source=self.source)
        if at >= fold.created_at:
            fold.count_to(at)
        return fold

    def excused(self, book: ExcuseBook) -> Excuses:
        """What is excused. Where the ticket stands under a change that came after the book was
        read, it is as it was before."""
        return book.version(min(self.excuses, book.number))

    def versions(self, book: PolicyBook) -> Sequence[Policy]:
        """Those that were ever in force for it. Raises UnknownVersion."""
        began = book.version(self.began_under)
        return [began, *(one for one in book.all if one.version > self.began_under)]


def past(stream: Sequence[Recorded]) -> Past | None:
    """Of the events of `heard.TOPICS`; None for a stream of another kind. Raises Unreadable."""
    opened = stream[0].body if stream else None
    if not isinstance(opened, Ticket.Opened):
        return None
    observations: list[timeline.Observation] = []
    acknowledgements: list[Acknowledgement] = []
    decided: dict[CycleKey, CycleFacts] = {}
    excuses = 0
    for event in stream:
        body = event.body
        if isinstance(body, DECISIONS):
            facts = body.facts
            excuses = facts.excuses
            if facts.all_cycles:
                decided.clear()
            for one in facts.cycles:
                decided[CycleKey(one.clock, one.started_at, one.cycle)] = one
        elif isinstance(body, Ticket.Acknowledged):
            acknowledgements.append(Acknowledgement(micros(event.occurred_at), body.until))
        if isinstance(body, Observation):
            observations.append(heard(event, body))
    observations.sort(key=_order)
    return Past(
        stream[0].ticket_id,
        opened.external_id,
        opened.source,
        opened.policy,
        observations,
        acknowledgements,
        excuses,
        decided,
        len(observations),
    )


def _order(one: timeline.Observation) -> tuple[int, int]:
    return one.at, one.revision
