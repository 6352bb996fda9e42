"""A ticket's head, and the fold that it keeps."""

from typing import Any

import msgspec
from msgspec import structs

from command_side.deciding.head import Head, RaisedOf, Repeated
from command_side.deciding.holding import Held, Holder
from engine.sla import stored_fold
from engine.sla.conditions import Attributes
from engine.sla.counted import Apart, Stood
from engine.sla.stored_fold import StoredClock, StoredCycle, StoredFold
from engine.sla.timeline import fold
from tests.support.formats import Sample
from tests.support.formats.events import MINUTE, NINE
from tests.support.policy_book import Book
from tests.support.ruling import asking
from tests.support.timelines import DAY, MONDAY, at, in_order, policy, saw

# Each number is another one: two that change places show.
ENDED = StoredCycle(
    number=3,
    started_at=NINE + 1 * MINUTE,
    since=NINE + 2 * MINUTE,
    state="stopped",
    elapsed=4 * MINUTE,
    target=60 * MINUTE,
    anchor=NINE + 5 * MINUTE,
    stopped_at=NINE + 6 * MINUTE,
    first_stopped_at=NINE + 7 * MINUTE,
    vanished=(NINE + 8 * MINUTE, NINE + 9 * MINUTE),
    reached={"warning": NINE + 10 * MINUTE, "level:2": NINE + 11 * MINUTE},
    ordinals={"warning": 1, "level:2": 2},
    under=(4, "gold", "p1"),
    uncounted=11 * MINUTE,
    missed=(NINE + 23 * MINUTE, NINE + 24 * MINUTE),
    paused=25 * MINUTE,
    own=NINE + 25 * MINUTE,
    rule="Payments outage",
    team="Payments",
)
OPEN = StoredCycle(
    number=1,
    started_at=NINE,
    since=NINE + 1,
    state="running",
    elapsed=0,
    target=None,
    anchor=NINE + 2,
    stopped_at=None,
    first_stopped_at=None,
    vanished=None,
    reached={},
    ordinals={},
    under=None,
)
FULL_FOLD = StoredFold(
    policy=4,
    created_at=NINE - 10 * MINUTE,
    at=NINE + 12 * MINUTE,
    phase="active",
    tier="Gold",
    priority="P1",
    first_responded_at=NINE + 13 * MINUTE,
    answered_at=NINE + 14 * MINUTE,
    newest=(NINE + 15 * MINUTE, 6),
    agent_reply=NINE + 16 * MINUTE,
    customer_reply=NINE + 17 * MINUTE,
    pending_at=NINE + 18 * MINUTE,
    clocks={
        "resolution": StoredClock(cycles=3, had_breach=True, had_target=False, cycle=ENDED),
        "response": StoredClock(cycles=2, had_breach=False, had_target=True, cycle=OPEN),
        "update": StoredClock(cycles=1, had_breach=False, had_target=False, cycle=None),
    },
    waits=("next_response",),
    status="In Progress",
    withdrawn=(NINE + 21 * MINUTE, NINE + 22 * MINUTE),
    team="Payments",
    organization="ACME",
    assigned=True,
    others={"type": "incident", "tags": ("emea", "größer"), "fields.region": None},
    own_dates={"resolution": NINE + 26 * MINUTE},
)
FULL = Head(
    source="zendesk",
    external_id="TICKET-001",
    policy=4,
    salt=bytes(range(16)),
    observations=7,
    late=2,
    newest=(NINE + 15 * MINUTE, 6),
    attributes={
        "priority": "P1",
        "title": "Größe",
        "assigned_to": None,
        "tags": "0123456789abcdef",
        "created_at": NINE - 10 * MINUTE,
    },
    fold=FULL_FOLD,
    raised={"resolution": RaisedOf(NINE, {"warning": (0, 1), "level:2": (-1, 2)})},
    owes=True,
    acknowledged=True,
    snoozed_until=NINE + 30 * MINUTE,
    heard=NINE + 19 * MINUTE,
    due=NINE + 20 * MINUTE,
    muted=True,
    excuses=8,
)
FOLLOWED = RaisedOf(
    NINE, {"warning": (0, 1), "level:2": (-1, 2)}, {"warning": ("slack", "pager")}, "met"
)
REPEATED = Repeated(
    route="Pager",
    clock="resolution",
    started_at=NINE,
    milestone="breached",
    generation=3,
    at=NINE + 31 * MINUTE,
    begun_at=NINE + 32 * MINUTE,
    to=("slack", "pager"),
    until="ended",
    every=33 * MINUTE,
    count=4,
    next_at=NINE + 34 * MINUTE,
)
FULL_BEFORE = structs.replace(FULL, raised={"resolution": FOLLOWED})
FULL_REPEATED = structs.replace(FULL_BEFORE, repeats=[REPEATED])
FULL_LEVEL = structs.replace(FULL_BEFORE, repeats=[structs.replace(REPEATED, at_most=6)], level=5)
STOOD = structs.replace(
    ENDED,
    stood=Stood(3, "Payments outage", "Gold", "P1", "Payments", None),
    apart=Apart(NINE + 27 * MINUTE, 28 * MINUTE, 29 * MINUTE),
    restarted=30 * MINUTE,
    lost=Apart(NINE + 31 * MINUTE, 32 * MINUTE, 33 * MINUTE),
)
STOOD_FOLD = structs.replace(
    FULL_FOLD,
    clocks={
        **FULL_FOLD.clocks,
        "resolution": structs.replace(FULL_FOLD.clocks["resolution"], cycle=STOOD),
    },
)
FULL_NOW = structs.replace(
    FULL_LEVEL,
    fold=STOOD_FOLD,
    held={"resolution": Held(NINE, NINE + 35 * MINUTE, Holder("incident", None))},
)
FULL_REACHED = structs.replace(
    FULL_NOW, raised={"resolution": structs.replace(FOLLOWED, levels={"warning": 2})}
)
FULL_HEARD = structs.replace(
    FULL_REACHED,
    raised={
        "resolution": structs.replace(
            FULL_REACHED.raised["resolution"], heard={"warning": (1, {"pager": 0})}
        )
    },
)
MINIMAL = Head(source="default", external_id="T-1", policy=1)

# A day in the life of a ticket: what a fold is made into, and what is made of it again.
TARGETS = {"response": "1h", "resolution": "2h", "next_response": "30m", "update": "2h"}
POLICY = asking(policy({"P1": TARGETS}, version=2), ("type", "fields.region"))
LIFE = in_order(
    [
        saw("09:00", "waiting", priority="P1", tier="gold", status="open"),
        saw("09:20", "active", agent="09:10", first="09:05", status="assigned"),
        saw("09:40", customer="09:30", said={"team": "billing", "type": "incident"}),
        saw("09:50", assigned=True, said={"organization": "ACME", "extra": {"region": 3}}),
        saw("11:30", "done", rev=1, status="resolved"),
        saw("12:00", "waiting", customer="11:45", status="reopened"),
        saw("tue 12:00", rev=2, priority="P2"),
    ]
)
FOLDED: dict[str, Any] = {
    "created_at": at("09:00"),
    "at": at("12:00"),
    "phase": "waiting",
    "status": "reopened",
    "tier": "gold",
    "priority": "P1",
    "first_responded_at": at("09:05"),
    "answered_at": at("09:05"),
    "newest": (at("12:00"), 0),
    "agent_reply": at("09:10"),
    "customer_reply": at("11:45"),
    "pending_at": at("tue 12:00"),
    "attributes": Attributes(
        "gold",
        "P1",
        team="billing",
        organization="ACME",
        assigned=True,
        others={"type": "incident", "fields.region": "3"},
    ),
}


def _packed(fold: StoredFold) -> bytes:
    return msgspec.msgpack.encode(fold)


def _unpacked(stored: bytes) -> StoredFold:
    return msgspec.msgpack.decode(stored, type=StoredFold)


def _lived(_: object) -> bytes:
    return _packed(stored_fold.dump(fold(LIFE, [POLICY], MONDAY + DAY)))


def _loaded(stored: bytes) -> dict[str, Any]:
    loaded = stored_fold.load(_unpacked(stored), Book([POLICY]))
    return {name: getattr(loaded, name) for name in FOLDED}


SAMPLES = (
    Sample("heads/full.msgpack", FULL, None, Head.load),
    Sample("heads/full.1.msgpack", FULL_BEFORE, None, Head.load),
    Sample("heads/full.2.msgpack", FULL_REPEATED, None, Head.load),
    Sample("heads/full.3.msgpack", FULL_LEVEL, None, Head.load),
    Sample("heads/full.4.msgpack", FULL_NOW, None, Head.load),
    Sample("heads/full.5.msgpack", FULL_REACHED, None, Head.load),
    Sample("heads/full.6.msgpack", FULL_HEARD, Head.dump, Head.load),
    Sample("heads/minimal.msgpack", MINIMAL, None, Head.load),
    Sample("heads/minimal.1.msgpack", MINIMAL, None, Head.load),
    Sample("heads/minimal.2.msgpack", MINIMAL, None, Head.load),
    Sample("heads/minimal.3.msgpack", MINIMAL, Head.dump, Head.load),
    Sample("folds/full.msgpack", FULL_FOLD, None, _unpacked),
    Sample("folds/full.1.msgpack", STOOD_FOLD, _packed, _unpacked),
    Sample("folds/of_a_life.msgpack", FOLDED, None, _loaded),
    Sample("folds/of_a_life.1.msgpack", FOLDED, _lived, _loaded),
)
