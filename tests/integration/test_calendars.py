"""Calendars are read in turns, and each change of who is on call is an event."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from command_side.on_call import OnCall, book_of
from config.versions import PolicyBook
from engine.sla.instants import micros, moment
from ops import calendars
from tests.support.desk import Process
from tests.support.feeds import CONFIG, Feed, calendar, feeding, read_here
from tests.support.items import at


@pytest.fixture
async def feed(
    process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Feed]:
    monkeypatch.setattr(calendars, "read_apart", read_here)
    async with feeding(process, tmp_path) as feed:
        yield feed


async def test_each_change_of_who_is_on_call_is_an_event_and_nothing_else_is(feed: Feed) -> None:
    worker = feed.worker()
    feed.text = calendar((0, 8, "Anna"))
    await feed.look(worker=worker)
    await feed.look(5, worker)
    feed.text = calendar((0, 4, "anna"), (4, 8, "anna@example.com"))  # the same, cut otherwise
    await feed.look(5, worker)
    assert len(await feed.events()) == 1
    feed.overrides(calendar((1, 2, "ben")))
    await feed.look(5, worker)
    first, second = await feed.events()
    assert [(one.person, one.end) for one in first.shifts] == [("anna", micros(at(480)))]
    assert (first.rotation, first.since, first.overrides) == ("payments", micros(at(0)), ())
    assert [one.person for one in second.overrides] == ["ben"]
    assert second.shifts == first.shifts


async def test_reading_further_is_recorded_once_a_day(feed: Feed) -> None:
    worker = feed.worker()
    for hour in range(0, 40, 5):
        await feed.look(0 if hour == 0 else 300, worker)
    ends = [moment(one.until) for one in await feed.events()]
    assert len(ends) == 2
    assert ends[1] - ends[0] == timedelta(days=1)


async def test_one_process_reads_at_a_time_and_at_once_what_is_new(feed: Feed) -> None:
    one, other = feed.worker(), feed.worker()
    await feed.look(worker=one)
    await feed.look(worker=other)
    await feed.look(4, other)
    assert feed.asked == 1
    feed.configured(CONFIG.replace("name: Anna", "name: Annabel"))
    await feed.look(worker=other)
    assert feed.asked == 2
    await feed.look(5, one)
    assert feed.asked == 3


async def test_what_cannot_be_read_leaves_what_was_read_before(feed: Feed) -> None:
    feed.text = calendar((0, 8, "anna"), (8, 12, "Zoe"))
    await feed.look()
    row = await feed.row()
    assert row is not None
    assert (row["read_at"], row["error"]) == (feed.process.now(), None)
    assert row["strangers"] == [{"start": micros(at(480)), "said": "Zoe"}]
    assert row["gaps"][0]["start"] == micros(at(480))
    read_at = row["read_at"]
    feed.text, feed.status = "<html>Please sign in</html>", 200
    await feed.look(5)
    feed.status = 503
    await feed.look(5)
    row = await feed.row()
    assert row is not None
    assert (row["read_at"], row["error"]) == (
        read_at,
        "PAYMENTS_ICAL_URL answers 503 Service Unavailable",
    )
    assert len(await feed.events()) == 1


async def test_whom_the_configuration_has_no_more_is_not_on_call_by_what_was_read_before(
    feed: Feed,
) -> None:
    """Nobody could tell them: the fallback is told."""
    feed.text = calendar((0, 8, "anna"), (8, 12, "ben"))
    worker = feed.worker()
    await feed.look(worker=worker)
    feed.status = 503
    feed.configured(CONFIG.replace("  anna: {name: Anna, email: anna@example.com}\n", ""))
    await feed.look(1, worker)
    _, second = await feed.events()
    assert [one.person for one in second.shifts] == ["ben"]


async def test_one_calendar_that_cannot_be_read_keeps_nobody_from_the_other(feed: Feed) -> None:
    feed.text = calendar((0, 8, "anna"))
    feed.overrides(calendar((1, 2, "ben")))
    await feed.look()
    (feed.folder / "swaps.ics").unlink()
    feed.text = calendar((0, 9, "anna"))
    await feed.look(5)
    _, second = await feed.events()
    assert [one.end for one in second.shifts] == [micros(at(540))]
    assert [one.person for one in second.overrides] == ["ben"]
    row = await feed.row()
    assert row is not None
    assert row["error"] == "swaps.ics cannot be read: No such file or directory"


async def test_an_address_that_is_not_set_is_said_by_its_variable(feed: Feed) -> None:
    del feed.environment["PAYMENTS_ICAL_URL"]
    (feed.folder / "swaps.ics").unlink()
    await feed.look()
    row = await feed.row()
    assert row is not None
    assert row["error"].startswith("PAYMENTS_ICAL_URL is not set; swaps.ics cannot be read")
    assert (row["read_at"], await feed.events()) == (None, [])


async def test_a_rotation_that_is_not_configured_any_more_is_forgotten(feed: Feed) -> None:
    worker = feed.worker()
    await feed.look(worker=worker)
    feed.configured("sla_targets: {gold: {P1: {response: 1h}}}\n")
    await feed.look(worker=worker)
    assert await feed.row() is None


async def test_a_text_that_has_not_changed_is_not_read_again(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = feed.worker()
    await feed.look(worker=worker)

    async def nobody(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(calendars, "read_apart", nobody)
    await feed.look(5, worker)
    row = await feed.row()
    assert row is not None
    assert row["read_at"] == feed.process.now()


async def test_the_history_has_all_of_it_and_who_follows_hears_of_it(feed: Feed) -> None:
    follower = OnCall(feed.process.pool)
    for end in (4, 5, 6, 7):
        feed.text = calendar((0, end, "anna"))
        await feed.look(5)
        await follower.follow()
    newest = follower.book.newest("payments")
    assert newest is not None
    assert newest.plan.calendar[0].end == micros(at(420))
    async with feed.process.pool.connection() as conn:
        history = await book_of(conn)
    then = history.version("payments", micros(at(60)), micros(feed.process.now()) - 15 * 60_000_000)
    assert then is not None
    assert then.plan.calendar[0].end == micros(at(240))


async def test_without_a_configuration_nothing_is_looked_at(feed: Feed) -> None:
    feed.book = PolicyBook()
    await feed.look()
    assert feed.asked == 0
