"""Deciding what follows from time for one ticket, stage by stage: what its clocks have come to,
what that makes of its milestones, who is reminded, and who hears of an end.

Pure: what is known of one ticket comes in, what is to be appended goes out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec import structs

from command_side.deciding.casefile import Casefile
from command_side.deciding.encoding import encode
from command_side.deciding.events import Facts, KeptBack, Milestone, Personal, Ticket
from command_side.deciding.following import informed, tell_turns, turns
from command_side.deciding.from_head import FromHead
from command_side.deciding.observed import without_moments
from command_side.deciding.raising import Draft, Milestones
from command_side.deciding.records import Append, NewEvent
from command_side.deciding.reminding import not_reminded, remind_alone, remind_of_all
from command_side.deciding.replayed import Replayed
from command_side.deciding.silencing import InForce
from command_side.deciding.telling import Telling
from command_side.deciding.transitions import tell_transitions
from engine.sla import escalation
from engine.sla.instants import moment
from engine.sla.timeline import Fold


@dataclass(slots=True)
class Settled:
    """What a tick has decided about one ticket."""

    append: Append
    retargeted: bool = False
    """Its promises moved: by the policy, or by what is excused."""
    muted_by: frozenset[UUID] | None = None
    """The silences that keep something from being told; None: none does, nor did before."""
    raised: Sequence[int] = ()
    """When each milestone that is raised was due, or came to be known if that was later."""


def decide(case: Casefile, *, silences: InForce, now: int) -> Settled:
    """Raises and takes back everything that is due for a ticket by `now`.

    Raises NeedsStream when the head alone cannot say.
    """
    head = case.head
    stood_under = case.stands_under() or head.policy
    case.come_under_newest_excuses()
    if head.acknowledged and isinstance(case, FromHead):
        # Where anything but reminders is due it raises NeedsStream: the case comes back, replayed.
        return Settled(remind_alone(case, silences, now))
    fold = case.caught_up(now)
    events, telling = list[Draft](), Telling()
    promises_moved = _record_changes(case, fold, stood_under, events, telling, now)
    head.heard = min(head.heard, now)  # who heard it last may have had a clock that was ahead
    fold.count_to(now)
    result = escalation.consequences(
        fold,
        crossings=fold.crossings(),
        raised=case.standing(fold, now),
        acknowledgements=case.acknowledgements,
        snoozed_until=head.snoozed_until,
        heard=head.heard,
        now=now,
    )
    was_muted = head.muted
    milestones = Milestones(case, fold, silences, events, telling, now)
    milestones.record(result)
    look_at = milestones.look_at
    kept_back: Sequence[KeptBack] = ()
    if head.repeats:
        reminders = remind_of_all(case, fold, silences, telling, result.level, now)
        look_at, kept_back = [*look_at, *reminders.next_at], reminders.kept_back
    turned = turns(case, fold)
    case.keep_raised(fold)
    if head.acknowledged:
        head.level = result.level
    if turned:
        tell_turns(case, fold, turned, telling, now)
    # All else that was owed is settled: what is left are levels that an acknowledgement holds.
    head.owes, head.due = result.holds, result.next_at
    if head.due is not None:
        look_at = [*look_at, head.due]
    append = Append(
        case.ticket,
        head.source,
        head.external_id,
        case.version,
        _encoded(case, fold, events, telling, now) + not_reminded(kept_back, now),
        head.dump(),
        moment(min(look_at)) if look_at else None,
    )
    return Settled(
        append,
        promises_moved,
        frozenset(milestones.muted_by) if was_muted or head.muted else None,
        [max(one.at, head.heard) for one in result.raises],
    )


def _record_changes(
    case: Casefile,
    fold: Fold,
    stood_under: int,
    events: list[Draft],
    telling: Telling,
    now: int,
) -> bool:
    """Records what time, a newer version or what is excused has made of the clocks; answers whether
    promises moved. All is asked before the fold is put into the head: then nothing differs any
    more from what was decided last."""
    head = case.head
    retargeted = case.retargeted(fold, stood_under, now)
    previous_excuses = case.excused_anew(fold, now)
    # Where something known beforehand has taken effect, the stream has been read.
    current = None
    if isinstance(case, Replayed) and case.was_pending(now):
        current = case.current(now)
    resumed, under_another_rule = case.resumed(fold), case.came_under_another_rule(fold)
    moved = current is not None or bool(resumed) or under_another_rule
    if fold.policy.tells_transitions:
        tell_transitions(case, fold, case.clocks_as_told(), telling, now)
    if retargeted or previous_excuses is not None or moved:
        case.keep_fold(fold)
    if retargeted:
        body = Ticket.Retargeted(
            previous_policy=stood_under, policy=fold.policy.version, facts=case.facts(fold, now)
        )
        accepted_at = fold.policy.accepted_at
        events.append(Draft(body, accepted_at, _who_had_it(case, body.facts)))
        head.hear(accepted_at)
    if previous_excuses is not None:
        body = Ticket.Excused(previous_excuses=previous_excuses, facts=case.facts(fold, now))
        changed_at = case.excuses.changed_at(body.facts.excuses)
        events.append(Draft(body, changed_at, _who_had_it(case, body.facts)))
        head.hear(changed_at)
    if moved:
        plain, personal = current or (None, None)
        body = Ticket.Moved(
            policy=fold.policy.version,
            facts=case.facts(fold, now),
            current=None if plain is None else without_moments(plain),
            resumed=resumed,
        )
        by_time = [*fold.resumed.values(), fold.another_rule_at or 0]
        at = max(by_time) if current is None else fold.at
        events.append(Draft(body, at, Personal(current=personal, had=case.had(body.facts))))
    return retargeted or previous_excuses is not None


def _who_had_it(case: Casefile, facts: Facts) -> Personal | None:
    had = case.had(facts)
    return Personal(had=had) if had else None


def _encoded(
    case: Casefile, fold: Fold, events: Sequence[Draft], telling: Telling, now: int
) -> list[NewEvent]:
    """The last carries what is to be told of all, where it is of a kind that can."""
    informing: list[NewEvent] = []
    drafts = [*events]
    if drafts and isinstance(drafts[-1].body, Milestone | Ticket.Unmuted):
        last = drafts[-1]
        notices = telling.notices(fold.policy, case.on_call, now, case.told_by, case.policies)
        drafts[-1] = last._replace(body=structs.replace(last.body, notices=notices))
    else:
        informing = informed(case, fold, telling, now)
    found = [encode(one.body, occurred_at=moment(one.at), personal=one.personal) for one in drafts]
    return found + informing
