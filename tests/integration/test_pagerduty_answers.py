"""What somebody acknowledges in PagerDuty is acknowledged here, once, and not told back there."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

from command_side.deciding.events import shown
from command_side.desk import TicketUnknown
from engine.notify.pagerduty import key_of
from engine.notify.pagerduty_api import PagerDutyApi as Asking
from engine.notify.pagerduty_webhook import Acknowledged
from ops.http import pagerduty_answers, problems
from ops.http.pagerduty_answers import Account, PagerDutyAnswers
from projections.one_ticket import rows_of
from tests.support.desk import Process, working
from tests.support.items import at, identity, opening, update
from tests.support.pagerduty_api import TOKEN, PagerDutyApi, open_api, refusal
from tests.support.pagerduty_webhooks import event, signature

SECRET, INCIDENT = "whsec-test", "PQ1K5C8"
CONFIG = """
sla_targets: {GOLD: {P1: {resolution: 60m, escalation: {}}}}
notifications:
  routes:
    - {match: {}, to: [pager, slack, on-call:it], tell: [raised, acknowledged]}
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
    other: {type: log}
    pager: {type: pagerduty, routing_key_env: K, webhook_secret_env: S, api_token_env: T}
people:
  anna: {name: Anna, email: Anna@Example.com}
on_call:
  it: {calendar_file: it.ics, fallback: [anna], tell_by: [pager, other]}
"""


NAMES = ("pager", "EMEA/pager")


@dataclass
class Duty:
    """PagerDuty's two halves: it sends webhooks, and is asked."""

    process: Process
    client: httpx.AsyncClient
    api: PagerDutyApi
    answers: PagerDutyAnswers
    asking: Asking

    async def send(
        self, body: bytes | None = None, *, channel: str = "pager", signed: str = "", **differs: Any
    ) -> httpx.Response:
        now = {"occurred_at": self.process.now().isoformat()}
        content = json.dumps(event(**now | differs)).encode() if body is None else body
        headers = {"X-PagerDuty-Signature": signed or signature(SECRET, content)}
        return await self.client.post(f"/pagerduty/{channel}", content=content, headers=headers)

    async def says(self, **differs: Any) -> tuple[int, str]:
        """How many tickets were taken, and why not all."""
        answer = await self.send(**differs)
        assert answer.status_code == 200, answer.text
        return answer.json()["taken"], "; ".join(answer.json()["because"])

    async def recorded(self, external_id: str = "T-1") -> list[str | None]:
        """In whose name it was acknowledged."""
        stream = await self.process.stream(external_id, "ticket.acknowledged.v1")
        return [one.personal.by for one in stream]


def key(external_id: str = "T-1", cycle: int = 1) -> str:
    return key_of(identity(external_id), "resolution", cycle)


@pytest_asyncio.fixture
async def duty(furnished_database_url: str) -> AsyncGenerator[Duty]:
    reading = AsyncConnectionPool[AsyncConnection[Any]](
        furnished_database_url, min_size=1, max_size=2, open=False
    )
    async with (
        working(furnished_database_url, CONFIG) as process,
        reading,
        open_api() as api,
        httpx.AsyncClient() as out,
    ):
        await process.post(opening(0), opening(0, "T-2"))
        await process.tick(52)

        def account(channel: str) -> Account | None:
            asking = Asking(TOKEN, f"{api.url}/", out)
            return Account(["old", SECRET], asking) if channel in NAMES else None

        answers = PagerDutyAnswers(
            account, process.desk, reading, rows_of, lambda: process.book.newest, process.now
        )
        app = FastAPI()
        app.include_router(pagerduty_answers.build(answers))
        problems.install(app, {})
        api.alerts[INCIDENT] = [key()]
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
            yield Duty(process, client, api, answers, Asking(TOKEN, f"{api.url}/", out))


async def test_who_acknowledges_there_does_so_here_by_their_address(duty: Duty) -> None:
    duty.api.users["PJ0LVEB"] = "anna@example.COM"
    assert await duty.says() == (1, "")
    assert await duty.recorded() == ["anna"]


async def test_somebody_whom_nobody_knows_goes_by_their_id(duty: Duty) -> None:
    assert await duty.says() == (1, "")  # who is not even known there
    duty.api.users["PJ0LVEB"] = "sam@acme.example"
    assert await duty.says(id="E-2") == (1, "")
    assert await duty.recorded() == ["pagerduty:PJ0LVEB"] * 2


async def test_all_are_told_but_the_channel_that_it_came_by(duty: Duty) -> None:
    await duty.says()
    [*_, told] = await duty.process.stream("T-1", "ticket.informed.v1")
    channels = [to for notice in shown(told.body)["notices"] for to in notice["to"]]
    assert sorted(channels) == ["other", "slack"]


async def test_the_same_event_again_changes_nothing(duty: Duty) -> None:
    answers = [await duty.says() for _ in range(3)]
    assert answers == [(1, "")] * 3
    assert len(await duty.recorded()) == 1
    await duty.says(id="ANOTHER")
    assert len(await duty.recorded()) == 2


async def test_an_incident_of_several_alerts_is_acknowledged_for_each_ticket_once(
    duty: Duty,
) -> None:
    duty.api.alerts[INCIDENT] = [key(), "disk full", key("T-2"), key("T-2"), key("T-3")]
    taken, because = await duty.says()
    assert (taken, because) == (2, "what it is about is over here, or not known")
    assert [len(await duty.recorded(one)) for one in ("T-1", "T-2")] == [1, 1]


async def test_a_service_without_alerts_has_the_key_in_the_incident(duty: Duty) -> None:
    duty.api.alerts[INCIDENT] = []
    assert await duty.says() == (0, "none of its alerts is of a ticket here")
    duty.api.keys[INCIDENT] = key()
    assert await duty.says(id="E-2") == (1, "")


async def test_what_is_put_together_of_very_many_is_nobodys_word_on_each(duty: Duty) -> None:
    duty.api.alerts[INCIDENT] = [key(f"T-{number}") for number in range(21)]
    taken, because = await duty.says()
    assert (taken, because) == (0, "it is of 21 tickets at once: acknowledge each by itself")


async def test_what_is_over_is_not_acknowledged_afterwards(duty: Duty) -> None:
    await duty.process.post(update(53, status="resolved"), when=53)
    taken, because = await duty.says()
    assert (taken, because) == (0, "what it is about is over here, or not known")
    assert await duty.recorded() == []


async def test_what_is_over_since_it_was_looked_at_is_not_either(duty: Duty) -> None:
    async def ends_meanwhile(conn: AsyncConnection[Any], ticket_id: UUID) -> Any:
        rows = await rows_of(conn, ticket_id)
        await duty.process.post(update(53, status="resolved"), when=53)
        return rows

    answers = replace(duty.answers, folded=ends_meanwhile)
    said = Acknowledged("E-1", INCIDENT, "PJ0LVEB", duty.process.now())
    taken = await answers.take("pager", duty.asking, said)
    assert (taken.taken, taken.because) == (0, ["what it is about is over here, or not known"])
    assert await duty.recorded() == []


async def test_events_of_other_kinds_and_of_no_person_change_nothing(duty: Duty) -> None:
    service = {"id": "PI", "type": "generic_events_api_inbound_integration_reference"}
    for differs in (
        {"event_type": "incident.resolved"},
        {"event_type": "incident.unacknowledged"},
        {"agent": service},  # our own acknowledgement, which it tells of, too
        {"occurred_at": at(-10).isoformat()},
    ):
        taken, because = await duty.says(**differs)
        assert (taken, bool(because)) == (0, True)
    assert duty.api.asked == []
    assert await duty.recorded() == []


async def test_what_is_forged_changes_nothing_and_tells_nothing(duty: Duty) -> None:
    others: list[dict[str, Any]] = [
        {"signed": signature("guess", b"x")},
        {"signed": "v1="},
        {"channel": "nobody"},
        {"channel": "slack"},
    ]
    for differs in others:
        answer = await duty.send(**differs)
        assert (answer.status_code, answer.json()["detail"]) == (401, "Not accepted.")
    body = json.dumps(event()).encode()
    changed = body.replace(INCIDENT.encode(), b"PQ1K5C9")
    assert (await duty.send(changed, signed=signature(SECRET, body))).status_code == 401
    for _ in range(55):
        await duty.send(signed="v1=00")
    assert (await duty.send(signed="v1=00")).status_code == 429
    assert (await duty.send(b"[]")).status_code == 422
    assert (await duty.send(b"x" * (256 * 1024 + 1))).status_code == 413
    assert duty.api.asked == []
    assert await duty.recorded() == []


@pytest.mark.parametrize(
    "instead",
    [refusal(429, 2020, "Rate Limit Exceeded"), refusal(500, 1, "Oops"), refusal(200, 0, "")],
)
async def test_while_its_api_is_away_it_is_asked_to_send_again(duty: Duty, instead: Any) -> None:
    if instead.status_code == 200:
        instead.body = b'["broken'
        instead.headers["content-length"] = str(len(instead.body))
    duty.api.instead = [instead]
    answer = await duty.send()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert await duty.recorded() == []
    assert await duty.says() == (1, "")  # as it does
    assert len(await duty.recorded()) == 1


@pytest.mark.parametrize("incident", ["PGONE", INCIDENT])
async def test_what_its_api_refuses_is_said_and_not_asked_for_again(
    duty: Duty, incident: str, caplog: pytest.LogCaptureFixture
) -> None:
    duty.api.instead = [] if incident == "PGONE" else [refusal(401, 2006, f"Unauthorized {TOKEN}")]
    taken, because = await duty.says(data={"id": incident})
    assert taken == 0
    assert because.startswith("PagerDuty refuses to say which alerts these are: 40")
    assert TOKEN not in because + caplog.text
    assert "is not taken" in caplog.text


async def test_nobody_there_or_no_database_is_no_yes(
    duty: Duty, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(*_: Any, **__: Any) -> int:
        raise TicketUnknown

    async def away(*_: Any, **__: Any) -> int:
        raise OperationalError

    monkeypatch.setattr(duty.process.desk, "acknowledge", unknown)
    assert await duty.says() == (0, "its ticket is not known here")
    monkeypatch.setattr(duty.process.desk, "acknowledge", away)
    assert (await duty.send()).status_code == 503
    monkeypatch.undo()
    duty.api.url = "http://127.0.0.1:9"
    answer = await duty.send()
    assert answer.status_code == 503


async def test_a_channel_may_have_a_slash_in_its_name(duty: Duty) -> None:
    for written in ("EMEA/pager", "EMEA%2Fpager", "EMEA/pager/"):  # a webhook follows nothing
        assert (await duty.send(channel=written)).status_code == 200
