"""What ADR 1 allows does no harm: a new member with a default, a new topic in an old one's place.

Old bytes are read by newer code, and new ones by older: while one replaces the other, both are at
work on one log.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from command_side.deciding.events import (
    CycleFacts,
    Facts,
    Personal,
    Ticket,
    Unreadable,
    base,
    read,
    topics,
    written,
)
from projections.all import PROJECTORS
from projections.rebuild import rebuild
from tests.support.formats.events import BODIES, MINUTE, NINE
from tests.support.house import House, open_house
from tests.support.items import at, identity, opening, submission, update
from tests.support.log_in_memory import Log, book
from tests.support.recorded import acknowledged, delivered, observed, opened, raised
from tests.support.timelines import policy


class GrownCycle(CycleFacts, frozen=True, kw_only=True):
    """As it might be one day; so are the others."""

    region: str = "nowhere"


class GrownFacts(Facts, frozen=True, kw_only=True):
    cycles: tuple[GrownCycle, ...] = ()
    mood: str = "calm"


class GrownOpened(Ticket.Opened, frozen=True, kw_only=True):
    facts: GrownFacts
    seen_by: int = 0


class GrownObserved(Ticket.Observed, frozen=True, kw_only=True):
    facts: GrownFacts
    seen_by: int = 0


class GrownRaised(Ticket.AlertRaised, frozen=True, kw_only=True):
    seen_by: int = 0


class GrownPersonal(Personal, frozen=True, kw_only=True):
    nickname: str | None = None


GROWN = (GrownOpened, GrownObserved, GrownRaised)


@pytest.fixture
def decoders(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[bytes], Any]]:
    """Those of this test alone."""
    own = dict(vars(base)["_DECODERS"])
    monkeypatch.setattr(base, "_DECODERS", own)
    return own


def grow(decoders: dict[str, Callable[[bytes], Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on this is the next release."""
    for one in GROWN:
        decoders[one.TOPIC] = msgspec.json.Decoder(one).decode
    module = "command_side.deciding.events.ticket._PERSONAL"
    monkeypatch.setattr(module, msgspec.json.Decoder(GrownPersonal))


@pytest.fixture
async def house(furnished_database_url: str) -> AsyncIterator[House]:
    async with open_house(furnished_database_url) as house:
        yield house


async def everything(house: House) -> Mapping[str, list[dict[str, Any]]]:
    return {
        table.name: await house.rows(table.name, table.key)
        for one in PROJECTORS
        for table in one.tables
    }


async def test_events_that_a_newer_release_knows_more_of_are_rebuilt_as_they_were(
    house: House,
    decoders: dict[str, Callable[[bytes], Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = opened("T-1"), observed(at(5), {"status": "pending"}, {"title": "Slow"}), raised("T-1")
    await house.tell("T-1", *events, acknowledged("T-1", at(52)), delivered("T-1", at(53)))
    live = await everything(house)

    grow(decoders, monkeypatch)
    for one in PROJECTORS:
        if not one.once:
            await rebuild(house.pool, one, now=lambda: house.now)

    assert await everything(house) == live
    assert await house.rows("parked_events") == []


async def test_what_a_newer_release_has_added_is_passed_over(house: House) -> None:
    """By one that is still at work beside it."""
    older = opened("T-1"), raised("T-1")
    newer = [copy(one) for one in older]
    for one in newer:
        grown = next(each for each in GROWN if one.topic == each.TOPIC)
        body = msgspec.json.decode(one.state, type=grown)
        one.state = written(msgspec.structs.replace(body, seen_by=7))
        one.personal = written(GrownPersonal(title="Outage", nickname="Al"))
    await house.tell("T-1", *newer)

    (row,) = await house.rows("tickets")
    assert (row["external_id"], row["title"], row["level"]) == ("T-1", None, 1)
    assert len(await house.rows("alerts")) == 1
    assert await house.rows("parked_events") == []


def test_a_stream_of_an_older_release_is_replayed_as_it_was(
    decoders: dict[str, Callable[[bytes], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = book(policy({"P1": {"response": "30m", "resolution": "4h"}}))

    def begun() -> Log:
        log = Log(identity())
        log.ingest([submission(opening(0))], versions, at(0))
        log.ingest([submission(update(10, status="in_progress"))], versions, at(10))
        log.tick(versions, at(235))
        return log

    def late(log: Log) -> list[bytes]:
        log.thorough = True
        log.ingest([submission(update(5, status="pending", title="Late"))], versions, at(236))
        return [event.state for event in log.stream] + [log.head.dump()]

    before = late(begun())
    older = begun()
    grow(decoders, monkeypatch)
    older.stream = [replace(event, _body=None, _personal=None) for event in older.stream]

    assert late(older) == before
    assert isinstance(older.stream[0].body, GrownOpened)


# Upcasts
def test_what_was_stored_under_an_older_topic_is_read_as_the_body_of_today(
    decoders: dict[str, Callable[[bytes], Any]],
) -> None:
    """Snoozes that said how long, and from when."""
    base.upcast(
        "ticket.snoozed.v0",
        Ticket.Snoozed,
        lambda old: {"u": old["since"] + old["minutes"] * MINUTE},
    )

    assert "ticket.snoozed.v0" in topics()
    body = read("ticket.snoozed.v0", b'{"since":%d,"minutes":30}' % NINE)
    assert body == Ticket.Snoozed(until=NINE + 30 * MINUTE)
    assert written(body) == b'{"u":%d}' % (NINE + 30 * MINUTE)
    with pytest.raises(Unreadable, match=r"ticket\.snoozed\.v0"):
        read("ticket.snoozed.v0", b"{}")
    with pytest.raises(ValueError, match="read already"):
        base.upcast("ticket.snoozed.v0", Ticket.Snoozed, dict)


@pytest.mark.parametrize("topic", BODIES)
def test_an_upcast_reads_all_that_a_body_may_say(
    topic: str, decoders: dict[str, Callable[[bytes], Any]]
) -> None:
    """Ids, numbers, lists and bytes, which come as JSON has them."""
    for body in BODIES[topic]:
        decoders.pop("older.v0", None)
        base.upcast("older.v0", type(body), lambda old: old)
        assert read("older.v0", written(body)) == body


async def test_an_older_topic_is_counted_like_the_one_of_today(
    house: House, decoders: dict[str, Callable[[bytes], Any]]
) -> None:
    base.upcast("ticket.opened.v0", Ticket.Opened, lambda old: {**old, "src": old["source"]})
    first = opened("T-1")
    first.topic = "ticket.opened.v0"
    first.state = first.state.replace(b'"src":', b'"source":')
    await house.tell("T-1", first, raised("T-1"))

    (row,) = await house.rows("tickets")
    assert (row["source"], row["external_id"], row["level"]) == ("zendesk", "T-1", 1)
    assert await house.rows("parked_events") == []
