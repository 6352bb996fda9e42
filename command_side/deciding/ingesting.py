"""Deciding about the items of one ticket: accepted, duplicate, unchanged, conflict or rejected.

Pure: what is known comes in, what is to be appended goes out.
"""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from command_side.deciding.casefile import Casefile, PolicyBook
from command_side.deciding.encoding import encode
from command_side.deciding.events import Facts, Personal, Ticket
from command_side.deciding.excusing import NOTHING_AGREED, ExcuseBook
from command_side.deciding.following import informed, tell_turns, turns
from command_side.deciding.head import Head
from command_side.deciding.observed import REQUIRED_FIRST, ObservedItem, assigns, without_moments
from command_side.deciding.on_call import NOBODY_ON_CALL, RotaBook
from command_side.deciding.opening import opened
from command_side.deciding.problems import Problem
from command_side.deciding.records import Append, NewEvent, Recorded, StoredHead
from command_side.deciding.replayed import Replayed
from command_side.deciding.telling import Telling
from command_side.deciding.transitions import tell_transitions
from command_side.deciding.unknown_status import unknown_status
from engine.sla.instants import moment
from engine.sla.policy import Phase
from engine.sla.timeline import Fold

Outcome = Literal["accepted", "duplicate", "unchanged", "conflict", "rejected"]
"""What becomes of an item."""
ObservationKey = tuple[int, int]
"""Its instant and its revision."""


class Submission(msgspec.Struct):
    """One item on its way through the writer."""

    received: ObservedItem
    correlation_id: str | None
    outcome: Outcome | None = None
    late: bool = False
    problems: list[Problem] = []
    position: int | None = None


class _Taken(msgspec.Struct):
    submission: Submission
    key: ObservationKey
    phase: Phase | None
    content_hash: bytes
    conflicts: bool


def decide(
    ticket: UUID,
    submissions: Sequence[Submission],
    *,
    head: StoredHead | None,
    stream: Sequence[Recorded] | None,
    hashes: dict[ObservationKey, bytes],
    conflicts: set[bytes],
    book: PolicyBook,
    now: int,
    salt: bytes,
    excuses: ExcuseBook = NOTHING_AGREED,
    on_call: RotaBook = NOBODY_ON_CALL,
) -> Append | None:
    """What to append for one ticket; None: nothing. Sets each submission's outcome.

    `hashes` are the content hashes stored under the keys that the submissions name, `conflicts`
    those stored as conflicts; `salt` is random, for a ticket that is new. Raises NeedsStream when
    `stream` is None and it is needed.
    """
    if head is not None and head.state:
        case = opened(head, stream, book, excuses)
    else:
        # Nothing was ever decided of it. A stream that there is all the same was begun by whoever
        # decides nothing (an append at any version, `event_store/recorder.py`): it holds no
        # observation to be folded.
        first, version = submissions[0].received, 0 if head is None else head.version
        begun = Head(first.source, first.external_id, book.current.version, salt)
        begun.excuses = excuses.number
        case = Replayed(ticket, version, begun, book, stream or (), excuses)
    case.on_call = on_call
    stood_under = case.stands_under()
    case.come_under_newest_excuses()
    taken = _take(case, submissions, dict(hashes), set(conflicts), now)
    if not taken:
        return None
    return _append(case, taken, stood_under, now)


def _take(
    case: Casefile,
    submissions: Sequence[Submission],
    hashes: dict[ObservationKey, bytes],
    conflicts: set[bytes],
    now: int,
) -> list[_Taken]:
    taken: list[_Taken] = []
    refused = set[str]()  # what those say that were
    policy, salt = case.book.current, case.head.salt
    for one in submissions:
        received = one.received
        one.outcome, one.late, one.problems = None, False, []
        if received.named_at is not None:
            there = hashes.get((received.named_at, received.revision))
            if there is not None and (
                # What has been erased cannot be compared: the key has to do.
                salt is None or there == received.content_hash(received.named_at, salt)
            ):
                one.outcome = "duplicate"  # whatever has become of its status since
                continue
        status = received.given.get("status")
        phase = policy.phase(status) if status is not None else None
        if status is not None and phase is None:
            one.outcome, one.problems = "rejected", [unknown_status(status, policy.statuses)]
            refused |= received.given.keys()
            continue
        if not case.head.observations:
            missing = [name for name in REQUIRED_FIRST if name not in received.given]
            if missing:
                one.outcome, one.problems = "rejected", _missing(missing, refused)
                refused |= received.given.keys()
                continue
        if received.named_at is None:
            at = max(now, case.head.newest[0] + 1)
            if case.head.observations and case.says_nothing_new(received):
                one.outcome = "unchanged"
                continue
        else:
            at = received.named_at
        key = (at, received.revision)
        content = received.content_hash(at, salt)
        if key in hashes:
            one.outcome = "conflict"
            one.problems = [Problem(("updated_at",), "other content is stored under this key")]
            if content not in conflicts:
                conflicts.add(content)
                taken.append(_Taken(one, key, phase, content, True))
            continue
        hashes[key] = content
        one.late = case.observe(received, at, phase, now)
        one.outcome = "accepted"
        taken.append(_Taken(one, key, phase, content, False))
    return taken


def _missing(names: Sequence[str], refused: set[str]) -> list[Problem]:
    """Of the first observation. Where one before it says so, and was refused, that is why."""
    msg = "required on a ticket's first observation"
    why = f"{msg}, and the one before that says it was refused"
    return [Problem((name,), why if name in refused else msg) for name in names]


def _append(case: Casefile, taken: Sequence[_Taken], stood_under: int | None, now: int) -> Append:
    """Events in order of arrival; the last observation carries the facts of all of them."""
    head = case.head
    append = Append(
        case.ticket, head.source, head.external_id, case.version, [], head=None, next_due_at=None
    )
    accepted = [one for one in taken if not one.conflicts]
    if not accepted:
        append.events.extend(map(_conflicted, taken))
        return append
    fold = case.folded(now)
    # Of most tickets nothing was raised: where a head says so, nobody follows any cycle.
    turned = turns(case, fold) if head.raised or case.has_read_stream else []
    tells_transitions = fold.policy.tells_transitions
    as_told = case.clocks_as_told() if tells_transitions else None
    previous_excuses = case.excused_anew(fold, now)
    due_at = case.keep(fold, now)
    # Here nothing is raised: where something is owed, `keep` has answered `now`, which wakes the
    # watch. If its tick has something to raise or take back at once, all telling is left to it:
    # whoever is told of both hears it in one.
    left_to_tick = bool(turned or tells_transitions) and case.owes_now(fold, now)
    telling = Telling()
    if tells_transitions and not left_to_tick:
        tell_transitions(case, fold, as_told, telling, now)
    if turned and not left_to_tick:
        tell_turns(case, fold, turned, telling, now)
    informing = informed(case, fold, telling, now)
    append.head, append.next_due_at = head.dump(), None if due_at is None else moment(due_at)
    full = case.facts(fold, now)
    if left_to_tick:
        full = replace(full, left=True)
    # What a ticket's only observation gives is all there is, unless it is one of the future.
    is_only = not case.version and len(accepted) == 1 and accepted[0].key[0] <= now
    current = None if is_only else case.current(now)
    if stood_under is not None and case.retargeted(fold, stood_under, now):
        append.events.append(_retargeted(fold, stood_under, _brief(full)))
    if previous_excuses is not None:
        body = Ticket.Excused(previous_excuses=previous_excuses, facts=_brief(full))
        changed_at = moment(case.excuses.changed_at(full.excuses))
        append.events.append(encode(body, occurred_at=changed_at))
    brief = full if len(accepted) == 1 else _brief(full)
    for one in taken:
        first = not case.version and not append.events
        if one.conflicts:
            append.events.append(_conflicted(one))
        elif one is accepted[-1]:
            append.events.append(_observed(case, one, full, current, first=first))
        else:
            append.events.append(_observed(case, one, brief, None, first=first))
    append.events += informing
    return append


def _brief(full: Facts) -> Facts:
    """For all but the last event of an append."""
    return replace(full, cycles=(), all_cycles=False)


def _retargeted(fold: Fold, stood_under: int, brief: Facts) -> NewEvent:
    body = Ticket.Retargeted(previous_policy=stood_under, policy=fold.policy.version, facts=brief)
    return encode(body, occurred_at=moment(fold.policy.accepted_at))


def _conflicted(one: _Taken) -> NewEvent:
    received = one.submission.received
    body = Ticket.Conflicted(
        given=received.given, moments=received.moments or None, revision=one.key[1]
    )
    return encode(
        body,
        occurred_at=moment(one.key[0]),
        personal=Personal(given=received.personal or None),
        correlation_id=one.submission.correlation_id,
        content_hash=one.content_hash,
    )


def _observed(
    case: Casefile,
    one: _Taken,
    facts: Facts,
    current: tuple[dict[str, Any], dict[str, Any]] | None,
    *,
    first: bool,
) -> NewEvent:
    """`current` are the attributes as folded, where what the item gives is not the newest."""
    at, received = moment(one.key[0]), one.submission.received
    folded, said = (None, None) if current is None else (without_moments(current[0]), current[1])
    had = case.had(facts)
    personal = Personal(given=received.personal or None, current=said, had=had)
    body: Ticket.Opened | Ticket.Observed
    if first:
        personal = replace(personal, salt=case.head.salt)
        body = Ticket.Opened(
            source=received.source,
            external_id=received.external_id,
            revision=one.key[1],
            phase=one.phase,
            policy=facts.policy,
            given=received.given,
            moments=received.moments or None,
            assigned=assigns(received.personal),
            late=one.submission.late,
            current=folded,
            facts=facts,
        )
    else:
        body = Ticket.Observed(
            revision=one.key[1],
            phase=one.phase,
            policy=facts.policy,
            given=received.given,
            moments=received.moments or None,
            assigned=assigns(received.personal),
            late=one.submission.late,
            current=folded,
            facts=facts,
        )
    return encode(
        body,
        occurred_at=at,
        personal=personal,
        correlation_id=one.submission.correlation_id,
        observed_at=at,
        revision=one.key[1],
        content_hash=one.content_hash,
    )
