"""People answer by a link: it asks before it acts, once, and for nobody else."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from command_side.deciding.events import shown
from engine.notify.links import LASTS, Action, Asked, Links
from ops.http import answers, problems
from ops.http.answering import Answering
from projections.one_ticket import rows_of
from tests.support.desk import CONFIG, Process, working
from tests.support.items import at, identity, opening, update
from tests.support.pages import is_guarded

KEY, OTHER_KEY = "k" * 32, "o" * 32
HOME = "https://sla.example.com"
PEOPLE = """
people:
  anna: {name: Anna <b>erg, email: anna@example.com, time_zone: America/New_York}
  ben: {name: Ben, email: ben@example.com}
"""


@dataclass
class Reader:
    """Somebody who has messages, and a browser."""

    process: Process
    client: httpx.AsyncClient
    answering: Answering
    keys: list[str] = field(default_factory=lambda: [KEY])

    def link(self, action: Action = "acknowledge", person: str = "anna", **differs: Any) -> str:
        """As a message has it that was just sent."""
        asked = Asked(action, identity(), "resolution", 1, person, self.process.now() + LASTS)
        links = Links(self.keys, HOME, self.process.now)
        return f"/answer/{links.token(replace(asked, **differs))}"

    async def opens(self, link: str, status: int = 200) -> str:
        answer = await self.client.get(link)
        assert answer.status_code == status
        assert is_guarded(answer)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<script" not in answer.text
        return answer.text

    async def presses(self, link: str, *, origin: str = HOME, **form: str) -> httpx.Response:
        return await self.client.post(link, data=form, headers={"Origin": origin} if origin else {})

    async def has_pressed(self, link: str, **form: str) -> str:
        """What is shown then."""
        answer = await self.presses(link, **form)
        assert answer.status_code == 303
        return await self.opens(str(answer.url.join(answer.headers["Location"]).path))

    async def recorded(self) -> list[tuple[str, str | None]]:
        """What people have done, and in whose name."""
        stream = await self.process.stream("T-1", "ticket.acknowledged.v1", "ticket.snoozed.v1")
        return [(event.topic.split(".")[1], event.personal.by) for event in stream]


@pytest_asyncio.fixture
async def reader(furnished_database_url: str) -> AsyncGenerator[Reader]:
    reading = AsyncConnectionPool[AsyncConnection[Any]](
        furnished_database_url, min_size=1, max_size=2, open=False
    )
    async with working(furnished_database_url) as process, reading:
        await process.offer(CONFIG + PEOPLE)
        await process.post(opening(0, title="Checkout <is> down"))
        process.clock.set(52)
        links = Links([KEY, OTHER_KEY], HOME, process.now)
        answering = Answering(
            links, process.desk, reading, rows_of, lambda: process.book.newest, process.now
        )
        app = FastAPI()
        app.include_router(
            answers.build(answering, app_name="Desk & Co", public_url=HOME, now=process.now)
        )
        problems.install(app, {})
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
            yield Reader(process, client, answering)


async def test_the_page_says_what_it_is_about_and_asks(reader: Reader) -> None:
    page = await reader.opens(reader.link())
    assert "<title>Acknowledge T-1?</title>" in page
    assert "Checkout &lt;is&gt; down" in page
    assert "Acknowledge as Anna &lt;b&gt;erg</button>" in page
    assert 'data-state="warning"' in page
    assert "in 8 minutes <small>Mon 5 Jan, 05:00 EST</small>" in page  # her own clock
    assert "P1 · gold" in page
    assert f'href="{HOME}/#ticket/{identity()}"' in page
    assert "Desk &amp; Co" in page
    assert await reader.recorded() == []


async def test_programs_that_open_every_link_of_a_mail_change_nothing(reader: Reader) -> None:
    for person in ("anna", ""):
        for action in ("acknowledge", "snooze"):
            link = reader.link(action, person)
            for headers in ({}, {}, {"Sec-Purpose": "prefetch;prerender"}):
                assert (await reader.client.get(link, headers=headers)).status_code == 200
                assert (await reader.client.head(link, headers=headers)).status_code == 200
            assert (await reader.client.get(f"{link}?utm_source=mail&x=1&x=2")).status_code == 200
            assert (await reader.client.options(link)).status_code == 405
            # Robots that send forms say from no page, or fill in nothing.
            assert (await reader.presses(link, origin="")).status_code == 403
    assert (await reader.presses(reader.link(person=""))).status_code == 422
    assert await reader.recorded() == []


async def test_who_presses_has_it_in_their_own_name(reader: Reader) -> None:
    page = await reader.has_pressed(reader.link())
    assert "<title>T-1 is acknowledged</title>" in page
    assert "Anna &lt;b&gt;erg has it, since Mon 5 Jan, 04:52 EST" in page
    assert "<form" not in page
    assert await reader.recorded() == [("acknowledged", "anna")]


async def test_it_is_snoozed_for_an_hour_from_when_it_is_pressed(reader: Reader) -> None:
    link = reader.link("snooze")
    reader.process.clock.set(55)
    assert "<title>T-1 is snoozed</title>" in await reader.has_pressed(link)
    [snoozed] = await reader.process.stream("T-1", "ticket.snoozed.v1")
    assert shown(snoozed.body)["until"] == "2026-01-05T10:55:00Z"


async def test_a_link_that_many_may_read_asks_for_a_name(reader: Reader) -> None:
    link = reader.link(person="")
    assert 'name="name" required' in await reader.opens(link)
    for name in ("", "  \n\x00 "):
        answer = await reader.presses(link, name=name)
        assert (answer.status_code, is_guarded(answer)) == (422, True)
        assert "Say who you are" in answer.text
    page = await reader.has_pressed(link, name=" Ben\r\n <i>Okafor ")
    assert "Ben &lt;i&gt;Okafor (through a link) has it" in page
    assert await reader.recorded() == [("acknowledged", "link:Ben <i>Okafor")]


async def test_a_link_works_once_however_often_it_is_pressed(reader: Reader) -> None:
    link = reader.link()
    answers = await asyncio.gather(*(reader.presses(link) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {303}
    await reader.has_pressed(link)
    assert await reader.recorded() == [("acknowledged", "anna")]
    reader.process.clock.set(52 + 61)  # it holds no more
    page = await reader.has_pressed(link)
    assert "<title>This link has been used</title>" in page
    assert await reader.recorded() == [("acknowledged", "anna")]


async def test_a_link_pressed_while_it_is_looked_at_has_been_used(reader: Reader) -> None:
    link = reader.link()

    async def pressed_meanwhile(conn: AsyncConnection[Any], ticket_id: UUID) -> Any:
        assert (await reader.presses(link)).status_code == 303
        return await rows_of(conn, ticket_id)

    token = link.removeprefix("/answer/")
    led = await replace(reader.answering, folded=pressed_meanwhile).look(token)
    assert (led.kind, led.by) == ("done", "anna")


async def test_what_is_over_since_it_was_looked_at_is_not_recorded(reader: Reader) -> None:
    link = reader.link()
    led = await reader.answering.look(link.removeprefix("/answer/"))
    assert led.asked is not None
    await reader.process.post(update(53, status="resolved"), when=53)
    await reader.answering.take(link.removeprefix("/answer/"), led.asked, led.person, "")
    assert await reader.recorded() == []
    assert "this is over" in await reader.opens(link)


async def test_what_somebody_else_has_done_already_is_said(reader: Reader) -> None:
    await reader.process.acknowledge()
    for link in (reader.link(), reader.link(person="")):
        page = await reader.opens(link)
        assert "jane has it: nobody higher up is told before" in page
        assert "or until the next deadline passes" in page
        assert (await reader.presses(link, name="x")).status_code == 200
    assert await reader.recorded() == [("acknowledged", "jane")]
    await reader.process.snooze(112)
    page = await reader.opens(reader.link("snooze"))
    assert "<title>T-1 is snoozed already</title>" in page
    await reader.presses(reader.link("snooze"))
    assert len(await reader.recorded()) == 2
    reader.process.clock.set(53)  # an hour from now is later than what was said
    await reader.has_pressed(reader.link("snooze"))
    assert len(await reader.recorded()) == 3


async def test_of_what_is_over_it_says_so_also_when_it_began_anew(reader: Reader) -> None:
    link = reader.link()
    await reader.process.post(update(53, status="resolved"), when=53)
    page = await reader.opens(link)
    assert "<title>T-1: this is over</title>" in page
    assert "(resolution) has ended at Mon 5 Jan, 04:53 EST" in page
    assert (await reader.presses(link)).status_code == 200
    assert await reader.recorded() == []


async def test_one_cycles_link_and_answer_are_not_the_nexts(reader: Reader) -> None:
    await reader.process.offer(f"clocks: {{resolution: {{reopen: new_cycle}}}}{CONFIG}{PEOPLE}")
    assert reader.process.reloader.status.error is None
    first = reader.link()
    await reader.process.acknowledge()
    assert "acknowledged already" in await reader.opens(first)
    await reader.process.post(update(53, status="resolved"), when=53)
    await reader.process.post(update(54, status="open"), when=54)
    assert "this is over" in await reader.opens(first)
    assert "<title>Acknowledge T-1?</title>" in await reader.opens(reader.link(cycle=2))


async def test_after_a_week_it_is_good_no_more(reader: Reader) -> None:
    link = reader.link()
    reader.process.clock.set(at(52) + LASTS - timedelta(seconds=1))
    await reader.opens(link)
    reader.process.clock.set(at(52) + LASTS)
    assert "<title>This link has expired</title>" in await reader.opens(link, 410)
    assert (await reader.presses(link)).status_code == 410
    assert await reader.recorded() == []


async def test_what_is_forged_or_changed_is_no_link(reader: Reader) -> None:
    mine, reader.keys = reader.link(), ["f" * 32]
    forged = reader.link()
    for link in (forged, mine[:-1], mine[:-1] + "AB"[mine[-1] == "A"], "/answer/x"):
        answer = await reader.presses(link)
        assert answer.status_code == 404
    assert "<title>This link is not valid</title>" in await reader.opens(forged, 404)
    assert await reader.recorded() == []


async def test_a_key_that_is_being_replaced_still_counts(reader: Reader) -> None:
    reader.keys = [OTHER_KEY]
    await reader.has_pressed(reader.link())
    assert await reader.recorded() == [("acknowledged", "anna")]


async def test_nobody_is_told_much_who_tries_many(reader: Reader) -> None:
    reader.keys = ["f" * 32]
    forged = reader.link()
    for _ in range(60):
        assert (await reader.client.get(forged)).status_code == 404
    answer = await reader.client.get(forged)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert is_guarded(answer)
    reader.keys = [KEY]
    await reader.opens(reader.link())  # a good one is no failure
    reader.process.clock.set(54)
    reader.keys = ["f" * 32]
    assert (await reader.client.get(reader.link())).status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://sla.example.com.evil"])
async def test_another_sites_page_answers_for_nobody(reader: Reader, origin: str) -> None:
    answer = await reader.presses(reader.link(), origin=origin)
    assert (answer.status_code, is_guarded(answer)) == (403, True)
    assert await reader.recorded() == []
    assert (await reader.presses(reader.link(), origin="http://sla")).status_code == 303


async def test_who_is_not_of_the_configuration_any_more_answers_nothing(reader: Reader) -> None:
    link = reader.link(person="gone")
    assert "<title>This link is nobody" in await reader.opens(link, 410)
    assert (await reader.presses(link)).status_code == 410


async def test_a_mail_to_one_address_is_that_persons_or_a_lists(reader: Reader) -> None:
    hers = reader.link(person="ANNA@example.com")
    assert "Acknowledge as Anna" in await reader.opens(hers)
    assert 'name="name" required' in await reader.opens(reader.link(person="desk@example.com"))
    await reader.has_pressed(hers)
    await reader.has_pressed(reader.link("snooze", "desk@example.com"), name="Jo")
    assert await reader.recorded() == [("acknowledged", "anna"), ("snoozed", "link:Jo")]


async def test_a_ticket_that_is_not_known_is_said(reader: Reader) -> None:
    link = reader.link(ticket_id=identity("T-2"))
    assert "<title>This ticket is not known here</title>" in await reader.opens(link, 404)
    assert (await reader.presses(link)).status_code == 404


async def test_a_form_that_is_far_too_long_is_refused(reader: Reader) -> None:
    assert (await reader.presses(reader.link(person=""), name="x" * 5_000)).status_code == 413
    assert await reader.recorded() == []


async def test_while_the_database_is_away_nobody_is_told_that_it_was_recorded(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> int:
        raise OperationalError

    def no_connection(*_: Any) -> None:
        raise PoolTimeout

    monkeypatch.setattr(reader.process.desk, "acknowledge", away)
    answer = await reader.presses(reader.link())
    assert (answer.status_code, is_guarded(answer)) == (503, True)
    assert "may not have been recorded" in answer.text
    monkeypatch.setattr(AsyncConnectionPool, "connection", no_connection)
    assert (await reader.client.get(reader.link())).status_code == 503


async def test_without_a_key_there_are_no_links(reader: Reader) -> None:
    app = FastAPI()
    app.include_router(answers.build(None, app_name="Desk", public_url="", now=reader.process.now))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as reader.client:
        await reader.opens(reader.link(), 404)
        assert (await reader.presses(reader.link())).status_code == 404
