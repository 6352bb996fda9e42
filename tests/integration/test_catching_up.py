"""A desk's API tells what was before, and what its webhooks have lost: once, and the same."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from command_side.connect import progress
from command_side.connect.catching_up import CatchingUp, Reachable
from command_side.connect.progress import Reading
from command_side.deciding.events import Observation, Ticket, ticket_id
from engine.desks.calling import Api
from engine.desks.known import DESKS
from engine.notify.post import http_client
from tests.integration.test_connect import (
    RESOLUTION,
    RESPONSE,
    Connecting,
    connecting,
    stream,
)
from tests.support.desk import Process
from tests.support.desk_apis import APIS, DeskApi, Jira, busy_then_silent, fails, hangs
from tests.support.items import at
from tests.support.lives import LIVES, MINUTES, STEPS

CLOCKS = {"response": ("met", RESPONSE), "resolution": ("met", RESOLUTION)}


class Asking(Connecting):
    """A process with desks whose APIs it can ask."""

    def __init__(self, desks: Connecting, client: httpx.AsyncClient) -> None:
        super().__init__(
            desks.process, desks.inbox, desks.http, desks.catching_up, desks.acquainted
        )
        self.client = client
        self.waited: list[float] = []

    def reach(self, desk: str, api: DeskApi, **given: Any) -> None:
        """The desk is connected, by its webhooks and its API."""
        asked: dict[str, Any] = {
            "api_url": api.url,
            "api_token_env": "TOKEN",
            "api_private": True,
            "api_projects": ("acme/desk",) if desk == "github" else (),
            **given,
        }
        self.connect(desk, **asked)
        user = None if desk == "github" else "ann@example.com"
        headers = DESKS[desk].headers(user, "s3cret")
        there = Api(self.client, api.url, headers, self.process.now, True, self.pause)
        connected = self.inbox.connected[desk].source
        reached = {desk: Reachable(connected, DESKS[desk], there)}
        self.catching_up.reachable = {**self.catching_up.reachable, **reached}
        api.now = self.process.now

    async def pause(self, seconds: float) -> None:
        self.waited.append(seconds)

    async def look(self) -> None:
        await self.catching_up.look(asyncio.Event())

    async def reading(self, what: str = "backfill") -> Reading:
        async with self.process.pool.connection() as conn:
            return next(one for one in await progress.all_of(conn) if one.what == what)

    async def begin(self, desk: str) -> bool:
        since = at(0).isoformat()
        answer = await self.http.post(f"/connect/{desk}/backfill", json={"since": since})
        assert answer.status_code == 202, answer.text
        return answer.json()["begun"]

    async def backfill(self, desk: str) -> Reading:
        await self.begin(desk)
        await self.look()
        return await self.reading()


@pytest_asyncio.fixture
async def desks(process: Process) -> AsyncGenerator[Asking]:
    async with connecting(process) as found, http_client() as client:
        found.process.clock.set(130)
        yield Asking(found, client)


@pytest_asyncio.fixture(params=APIS)
async def api(request: pytest.FixtureRequest) -> AsyncGenerator[tuple[str, DeskApi]]:
    async with APIS[request.param]().running() as running:
        yield request.param, running


async def test_a_tickets_life_is_read_from_its_desks_api(
    desks: Asking, api: tuple[str, DeskApi]
) -> None:
    desk, there = api
    desks.reach(desk, there)
    reading = await desks.backfill(desk)

    assert (reading.tickets, reading.refused, reading.error) == (1, 0, None)
    assert reading.next_at is None
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS
    again = await desks.backfill(desk)
    assert (again.added, again.known) == (0, reading.added + reading.known)


def a_little_later(desk: str, body: dict[str, Any]) -> dict[str, Any]:
    """As desks do: a webhook is of some milliseconds later than what it tells, or tells it finer
    than the API."""
    finer = {"zendesk": ("time", ".672717030Z")}
    if desk in finer:
        name, fraction = finer[desk]
        return {**body, name: body[name].replace("Z", fraction)}
    return {**body, "timestamp": body["timestamp"] + 180} if desk == "jira" else body


async def test_what_the_webhooks_told_is_known_when_the_api_tells_it_again(
    desks: Asking, api: tuple[str, DeskApi]
) -> None:
    desk, there = api
    desks.reach(desk, there)
    for headers, body in LIVES[desk][1]():
        await desks.send(desk, (headers, a_little_later(desk, body)))
    before = len(await stream(desks.process, ticket_id(desk, LIVES[desk][0])))

    reading = await desks.backfill(desk)

    assert (reading.added, reading.refused) == (0, 0)
    assert len(await stream(desks.process, ticket_id(desk, LIVES[desk][0]))) == before
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS


@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_what_webhooks_have_lost_is_found_and_counted(
    desks: Asking, api: tuple[str, DeskApi], lost: int
) -> None:
    """And comes late it does no harm."""
    desk, there = api
    desks.reach(desk, there, reconcile="15m")
    desks.process.clock.set(0)
    await desks.look()
    life = dict(zip(STEPS, LIVES[desk][1](), strict=True))
    missing = STEPS[lost::3]
    for step in STEPS:
        if step not in missing:
            desks.process.clock.set(MINUTES[step])
            assert (await desks.send(desk, life[step])).json()["parked"] == 0
    desks.process.clock.set(150)

    await desks.look()

    reading = await desks.reading("reconciliation")
    assert (reading.added, reading.refused, reading.error) == (len(missing), 0, None)
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS
    (told,) = (await desks.http.get("/connect")).json()["sources"]
    assert told["by_reconciliation"] == len(missing)

    for step in missing:
        await desks.send(desk, life[step])
    desks.process.clock.set(170)
    await desks.look()
    assert (await desks.reading("reconciliation")).added == len(missing)
    events = await stream(desks.process, ticket_id(desk, LIVES[desk][0]))
    assert not [one for one in events if isinstance(one.body, Ticket.Conflicted)]
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS


async def test_what_webhooks_of_one_second_contradict_the_api_puts_right(desks: Asking) -> None:
    """GitHub sends one label in the place of another as two changes, and nothing orders them."""
    async with APIS["github"]().running() as there:
        desks.reach("github", there)
        life = dict(zip(STEPS, LIVES["github"][1](), strict=True))
        raised: dict[str, Any] = life["raised"][1]
        between: dict[str, Any] = {**raised, "issue": {**raised["issue"], "labels": []}}
        for step, told in life.items():
            if step == "raised":
                await desks.send("github", ({"x-github-delivery": "between"}, between))
            await desks.send("github", told)
        reading = await desks.backfill("github")

    assert (reading.added, reading.refused) == (1, 0)
    events = await stream(desks.process, ticket_id("github", LIVES["github"][0]))
    told = [one.body for one in events if isinstance(one.body, Observation)]
    assert told[-1].given == {"priority": "P1", "tags": ["P1"]}


async def test_what_is_past_raises_no_alarm(desks: Asking, api: tuple[str, DeskApi]) -> None:
    desk, there = api
    all_p1 = {"map": {name: "P1" for name in ("urgent", "high", "highest")}, "default": "P1"}
    desks.reach(desk, there, priorities=all_p1, statuses={"closed": "open"})
    desks.process.clock.set(timedelta(days=30) + at(0))
    await desks.backfill(desk)
    await desks.process.tick()

    events = await stream(desks.process, ticket_id(desk, LIVES[desk][0]))
    raised = [one.body for one in events if isinstance(one.body, Ticket.AlertRaised)]
    assert raised
    assert {one.suppressed for one in raised} <= {"backfill", "inhibited"}


async def test_a_webhook_has_a_minute_to_arrive_before_it_counts_as_lost(
    desks: Asking, api: tuple[str, DeskApi]
) -> None:
    desk, there = api
    desks.reach(desk, there, reconcile="1m")
    desks.process.clock.set(0)
    await desks.look()
    desks.process.clock.set(120.5)
    for told in LIVES[desk][1]()[:-1]:
        await desks.send(desk, told)
    await desks.look()
    assert (await desks.reading("reconciliation")).added == 0
    desks.process.clock.set(122)
    await desks.look()
    assert (await desks.reading("reconciliation")).added == 1
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS


async def test_pages_are_read_one_after_another(desks: Asking, api: tuple[str, DeskApi]) -> None:
    desk, there = api
    there.count, there.per_page = 7, 3
    desks.reach(desk, there)
    reading = await desks.backfill(desk)

    again = 2 if desk == "github" else 0  # what had ended a page begins the next
    assert (reading.tickets - again, reading.refused, reading.error) == (7, 0, None)
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS


async def test_a_desk_that_fails_now_and_then_is_asked_again(
    desks: Asking, api: tuple[str, DeskApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, there = api
    there.faults.extend([fails(500), *busy_then_silent(monkeypatch), None, fails(503)])
    desks.reach(desk, there)
    reading = await desks.backfill(desk)

    assert (reading.tickets, reading.error) == (1, None)
    assert desks.waited == [1, 7, 4, 1]
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({"retry_after": "1800"}, 30),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(at(170).timestamp()))}, 40),
    ],
)
async def test_a_desk_that_asks_for_patience_is_asked_later(
    desks: Asking, headers: dict[str, str], minutes: int
) -> None:
    async with APIS["github"](count=3, per_page=2).running() as there:
        desks.reach("github", there)
        there.faults.extend([None, None, None, None, fails(403, **headers)])
        reading = await desks.backfill("github")

        assert (reading.waits, reading.next_at) == (True, at(130 + minutes))
        assert (reading.tickets, reading.error) == (1, "answers 403 Forbidden")
        await desks.look()  # too early
        asked = len(there.asked)
        desks.process.clock.set(130 + minutes)
        await desks.look()
    assert asked < len(there.asked)
    assert ((await desks.reading()).next_at, (await desks.reading()).error) == (None, None)
    assert await desks.clocks("github", LIVES["github"][0]) == CLOCKS


async def test_who_is_not_let_in_says_so_and_comes_again(
    desks: Asking, api: tuple[str, DeskApi]
) -> None:
    desk, there = api
    there.lets_in = "another"
    desks.reach(desk, there)
    reading = await desks.backfill(desk)

    assert reading.error is not None
    assert "answers 401 Unauthorized" in reading.error
    assert "api_token_env" in reading.error
    assert (reading.waits, len(there.asked)) == (False, 1)
    there.lets_in = there.AUTHORIZATION
    desks.process.clock.set(136)
    await desks.look()
    assert (await desks.reading()).error is None
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS


async def test_killed_in_the_middle_it_goes_on_where_it_was(
    desks: Asking, api: tuple[str, DeskApi]
) -> None:
    """Nothing is lost, and nothing told twice."""
    desk, there = api
    there.count, there.per_page = 5, 2
    desks.reach(desk, there)
    assert await desks.begin(desk)
    number = 3 if desk == "zendesk" else 6
    there.faults.extend([None] * number + [hangs])
    killed = asyncio.create_task(desks.look())
    await there.hangs.wait()
    assert not await desks.begin(desk)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    there.over.set()

    other = CatchingUp(desks.process.pool, desks.catching_up.writer, desks.process.now, "another")
    other.reachable = desks.catching_up.reachable
    await other.look(asyncio.Event())  # whoever was killed may still be at it
    assert (await desks.reading()).next_at is not None
    desks.process.clock.set(133)
    await other.look(asyncio.Event())

    reading = await desks.reading()
    assert (reading.next_at, reading.error) == (None, None)
    for ticket in range(5):
        name, _, last = LIVES[desk][0].rpartition("#")
        first, dash, number_of = last.rpartition("-")
        external_id = f"{name}{'#' if name else ''}{first}{dash}{int(number_of) - ticket}"
        assert await desks.clocks(desk, external_id) == CLOCKS


@pytest.mark.parametrize("desk", ["zendesk", "jira"])
async def test_a_cursor_that_is_forgotten_begins_where_it_had_come_to(
    desks: Asking, desk: str
) -> None:
    async with APIS[desk](count=3, per_page=1).running() as there:
        desks.reach(desk, there)
        await desks.begin(desk)
        there.faults.extend([None, fails(503, retry_after="600")])
        await desks.look()
        assert (await desks.reading()).tickets < 3
        there.forgotten = True
        desks.process.clock.set(145)
        await desks.look()
    assert (await desks.reading()).error is None
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS


async def test_whoever_ends_leaves_the_turn_to_others(
    desks: Asking, api: tuple[str, DeskApi]
) -> None:
    """In the middle of a page, that another asks for again at once."""
    desk, there = api
    desks.reach(desk, there)
    await desks.begin(desk)
    there.faults.extend([None, hangs])
    stop = asyncio.Event()
    ending = asyncio.create_task(desks.catching_up.look(stop))
    await there.hangs.wait()
    stop.set()
    await ending

    await desks.look()
    assert await desks.clocks(desk, LIVES[desk][0]) == CLOCKS


async def test_two_that_read_at_once_add_nothing_twice(
    desks: Asking, api: tuple[str, DeskApi], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose lease has run out reads on, and another has begun."""
    monkeypatch.setattr(progress, "TAKEN_FOR", timedelta())
    desk, there = api
    desks.reach(desk, there)
    await desks.begin(desk)
    others = [
        CatchingUp(desks.process.pool, desks.catching_up.writer, desks.process.now, str(number))
        for number in range(2)
    ]
    for one in others:
        one.reachable = desks.catching_up.reachable
    await asyncio.gather(*(one.look(asyncio.Event()) for one in others))

    name = LIVES[desk][0]
    events = await stream(desks.process, ticket_id(desk, name))
    told = [
        (one.occurred_at, one.body.revision) for one in events if isinstance(one.body, Observation)
    ]
    assert len(set(told)) == len(told)
    assert len([one for one in there.asked if one == there.asked[0]]) > 1
    assert not [one for one in events if isinstance(one.body, Ticket.Conflicted)]
    assert await desks.clocks(desk, name) == CLOCKS


async def test_an_index_that_lags_behind_loses_nothing(desks: Asking) -> None:
    """Jira finds what has changed some time after it has."""
    async with Jira().running() as there:
        assert isinstance(there, Jira)
        desks.reach("jira", there, reconcile="5m")
        there.behind = timedelta(minutes=8)
        for minute in range(0, 150, 5):
            desks.process.clock.set(minute)
            await desks.look()
    assert (await desks.reading("reconciliation")).error is None
    assert await desks.clocks("jira", "HELP-7") == CLOCKS
