"""Silences are in force at once where they are made, and elsewhere once the log has been read."""

from uuid import uuid4

import pytest
from pydantic_core import to_json

from command_side.deciding.events import Personal, SilenceCreated, SilenceEnded, shown
from command_side.deciding.silencing import match
from command_side.event_store import Append, NewEvent, append
from command_side.silences import LONG_AGO, STREAM, Quiet, SilenceUnknown
from engine.sla.instants import micros
from tests.support.desk import Process
from tests.support.items import at, text


async def test_a_silence_is_an_event_without_names_in_it(process: Process) -> None:
    quiet = Quiet({"customer_tier": ["Gold"]}, ((LONG_AGO, micros(at(60))),), "maintenance", "jane")
    silence, position = await process.silences.create(quiet, now=at(0), correlation_id="here")

    event = (await process.log())[-1]
    assert (event.topic, event.ticket_id, event.position) == (
        SilenceCreated.TOPIC,
        STREAM,
        position,
    )
    assert shown(event.body) == {
        "silence_id": silence,
        "matchers": {"customer_tier": ("Gold",)},
        "until": text(60),
        "reason": "maintenance",
        "windows": [],
        "rrule": None,
        "time_zone": None,
    }
    assert event.personal == Personal(by="jane")
    assert event.correlation_id == "here"


async def test_other_processes_follow_the_log(process: Process) -> None:
    other = Process(process.pool, process.clock)
    await process.silence(60, customer_tier=["gold"])
    assert [one.match for one in process.silences.in_force()] == [
        match({"customer_tier": ["gold"]})
    ]
    assert list(other.silences.in_force()) == []

    await other.silences.follow()
    await other.silences.follow()

    assert list(other.silences.in_force()) == list(process.silences.in_force())


async def test_a_silence_may_be_ended_by_whoever_hears_of_it(process: Process) -> None:
    other = Process(process.pool, process.clock)
    await process.silence(60, customer_tier=["gold"])
    await process.silence(60, customer_tier=["tin"])
    first, second = process.silences.in_force()

    await other.silences.end(first.silence_id, now=at(5), correlation_id=None)
    await process.silences.follow()

    assert list(process.silences.in_force()) == list(other.silences.in_force()) == [second]
    assert (await process.log())[-1].topic == SilenceEnded.TOPIC


async def test_what_is_not_in_force_cannot_be_ended(process: Process) -> None:
    await process.silence(10, customer_tier=["gold"])
    await process.silence(60, customer_tier=["tin"])
    past, ended = (one.silence_id for one in process.silences.in_force())
    await process.silences.end(ended, now=at(5), correlation_id=None)
    before = len(await process.log())

    for silence in (past, ended, uuid4()):
        with pytest.raises(SilenceUnknown):
            await process.silences.end(silence, now=at(10), correlation_id=None)
    assert len(await process.log()) == before


async def test_before_the_first_there_is_none(process: Process) -> None:
    await process.silences.follow()

    assert list(process.silences.in_force()) == []


async def test_what_is_past_is_forgotten_and_found_again_by_a_clock_set_back(
    process: Process,
) -> None:
    await process.silence(10, customer_tier=["gold"])
    await process.silence(60, customer_tier=["tin"])
    both = list(process.silences.in_force())

    process.clock.set(10)
    await process.silences.follow()
    assert list(process.silences.in_force()) == both[1:]

    process.clock.set(5)
    await process.silences.follow()
    assert list(process.silences.in_force()) == both


async def test_a_silence_that_cannot_be_read_keeps_none_of_the_others(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    other = Process(process.pool, process.clock)
    for silence in ("no id", str(uuid4())):
        matchers = {"priority": ["P1"]}
        body = {"silence_id": silence, "matchers": matchers, "u": micros(at(60)), "why": "noise"}
        event = NewEvent("silence.created.v1", to_json(body), None, at(0))
        async with process.pool.connection() as conn:
            write = Append(STREAM, "", "silences", None, [event], None, None)
            await append(conn, [write], now=at(0))

    await other.silences.follow()

    assert len(other.silences.in_force()) == 1
    assert [record.getMessage() for record in caplog.records] == ["a silence cannot be read"]
