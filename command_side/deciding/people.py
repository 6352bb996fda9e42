"""Deciding about what people say of a ticket: acknowledged, snoozed.

Pure: what is known of one ticket comes in, what is to be appended goes out.
"""

from collections.abc import Sequence

from command_side.deciding.casefile import Casefile
from command_side.deciding.encoding import encode
from command_side.deciding.events import Body, Personal, Ticket
from command_side.deciding.following import answered
from command_side.deciding.records import Append, NewEvent
from command_side.deciding.replayed import Replayed
from engine.sla.instants import moment
from engine.sla.kinds import HALTED
from engine.sla.timeline import Fold


class TicketOver(Exception):
    """It is done or cancelled: what somebody has just been told of it, or pressed, was before."""


class SnoozedAlready(Exception):
    """For longer than a message offers: that is what somebody has said, and it stands."""

    def __init__(self, until: int) -> None:
        super().__init__(f"snoozed until {moment(until)} already")
        self.until = until


def acknowledge(
    case: Replayed,
    *,
    by: str,
    note: str | None,
    now: int,
    correlation_id: str | None,
    through: str | None = None,
    but: str = "",
    once: bool = False,
) -> Append:
    """Holds the escalation for as long as the policy says. All who follow are told, `but` for the
    channel that it came by: there it is known. `once`: it came by a message, of what goes on;
    raises TicketOver where nothing does."""
    fold = _going_on(case, now) if once else case.folded(now)
    until = now + fold.policy.ack_timeout
    case.head.acknowledged = True
    case.head.due = now if case.head.due is None else min(case.head.due, now)  # by the stream
    case.head.repeats = [one for one in case.head.repeats if one.until != "acknowledged"]
    body = Ticket.Acknowledged(
        until=until,
        level=case.level(fold, now),
        priority=fold.priority,
        customer_tier=fold.tier,
        external_id=case.head.external_id,
        of=tuple(
            [
                (cycle.rules.name, cycle.number)
                for cycle in fold.counting()
                if case.acknowledged_at(cycle.started_at, None) is None
            ]
        ),
    )
    title = case.head.attributes.get("title")
    said = Personal(by=by, through=through, note=note, title=title)
    told = answered(case, fold, "acknowledged", until, by, now, but)
    return _append(case, body, said, told, now, correlation_id)


def snooze(
    case: Replayed,
    *,
    until: int,
    by: str,
    reason: str | None,
    now: int,
    correlation_id: str | None,
    through: str | None = None,
    once: bool = False,
) -> Append:
    """Nothing is sent before `until`; the last one said counts. `once`, and raises, as
    `acknowledge`; raises SnoozedAlready, too: who presses "1 h" in a message does not see that it
    is snoozed for longer."""
    fold = _going_on(case, now) if once else case.folded(now)
    stands = case.head.snoozed_until
    if once and stands is not None and stands >= until:
        raise SnoozedAlready(stands)
    case.head.snoozed_until = until
    said = Personal(by=by, through=through, reason=reason)
    told = answered(case, fold, "snoozed", until, by, now)
    return _append(case, Ticket.Snoozed(until=until), said, told, now, correlation_id)


def _going_on(case: Replayed, now: int) -> Fold:
    fold = case.folded(now)
    if fold.phase in HALTED:
        raise TicketOver
    return fold


def _append(
    case: Casefile,
    body: Body,
    said: Personal,
    told: Sequence[NewEvent],
    now: int,
    correlation_id: str | None,
) -> Append:
    """The next tick finds out when it is really due."""
    return Append(
        case.ticket,
        case.head.source,
        case.head.external_id,
        case.version,
        [
            encode(body, occurred_at=moment(now), personal=said, correlation_id=correlation_id),
            *told,
        ],
        case.head.dump(),
        moment(now),
    )
