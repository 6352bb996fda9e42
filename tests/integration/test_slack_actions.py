"""People answer from Slack: recorded by the same commands, once, in their name."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, Request

from command_side.deciding.events import shown
from command_side.desk import TicketDesk
from engine.notify.slack_buttons import ACKNOWLEDGE, ONLY_PEOPLE, OPEN, SNOOZE_HOUR, SNOOZE_TOMORROW
from ops.http import problems, slack_actions
from ops.http.slack_pressing import Pressing
from tests.support.desk import CONFIG, Process
from tests.support.items import identity, opening, update
from tests.support.web import serving

SECRET = "shh"
PEOPLE = """
people:
  anna: {name: Anna, slack: U0ANNA, time_zone: America/New_York}
"""


@dataclass
class Slack:
    """Presses buttons, and hears what is answered to who pressed."""

    process: Process
    client: httpx.AsyncClient
    response_url: str
    said: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    presses: int = 0

    async def press(
        self, action: str, *, user: str = "U1", value: str = "", at: str = "", **headers: str
    ) -> httpx.Response:
        """`at` names the press: another one each time unless it is given."""
        payload = self.payload(action, user=user, value=value, at=at)
        return await self.send(urlencode({"payload": json.dumps(payload)}).encode(), **headers)

    def payload(
        self, action: str, *, user: str = "U1", value: str = "", at: str = ""
    ) -> dict[str, Any]:
        self.presses += 1
        return {
            "type": "block_actions",
            "user": {"id": user},
            "response_url": self.response_url,
            "actions": [
                {
                    "action_id": action,
                    "value": value or str(identity("T-1")),
                    "action_ts": at or f"{self.presses}.1",
                }
            ],
        }

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that Slack would send with it."""
        at = f"{self.process.now().timestamp():.0f}"
        signed = hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256)
        kind = "application/x-www-form-urlencoded"
        return {
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={signed.hexdigest()}",
            "Content-Type": kind,
        }

    async def send(self, body: bytes, **headers: str) -> httpx.Response:
        slacks = self.signed(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post("/slack/actions", content=body, headers=slacks | named)

    async def recorded(self) -> list[tuple[str, str | None]]:
        """What people have done, and in whose name."""
        stream = await self.process.stream("T-1", "ticket.acknowledged.v1", "ticket.snoozed.v1")
        return [(event.topic.split(".")[1], event.personal.by) for event in stream]


@pytest_asyncio.fixture
async def slack(process: Process) -> AsyncGenerator[Slack]:
    hooks, app = FastAPI(openapi_url=None), FastAPI()
    said: list[dict[str, Any]] = []

    async def hear(request: Request) -> None:
        said.append(await request.json())

    hooks.add_api_route("/response", hear, methods=["POST"])
    async with serving(hooks) as url, httpx.AsyncClient() as out:
        pressing = Pressing(process.desk, lambda: process.book.newest, out, process.now)
        app.include_router(slack_actions.build(SECRET, pressing))
        problems.install(app, {})
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
            await process.offer(CONFIG + PEOPLE)
            await process.post(opening(0))
            yield Slack(process, client, f"{url}/response", said)


async def test_who_acknowledges_is_named_and_told_so_alone(slack: Slack) -> None:
    answer = await slack.press(ACKNOWLEDGE)
    assert (answer.status_code, answer.content) == (200, b"")
    assert await slack.recorded() == [("acknowledged", "slack:U1")]
    [said] = slack.said
    assert (said["response_type"], said["replace_original"]) == ("ephemeral", False)
    assert said["text"] == "You have it: nobody higher up is told for now."


async def test_somebody_whom_the_configuration_knows_goes_by_its_key(slack: Slack) -> None:
    await slack.press(ACKNOWLEDGE, user="U0ANNA")
    assert await slack.recorded() == [("acknowledged", "anna")]


async def test_it_is_snoozed_for_an_hour_or_until_the_persons_morning(slack: Slack) -> None:
    await slack.press(SNOOZE_HOUR)
    await slack.press(SNOOZE_TOMORROW)
    await slack.press(SNOOZE_TOMORROW, user="U0ANNA")
    stream = await slack.process.stream("T-1", "ticket.snoozed.v1")
    until = [shown(event.body)["until"] for event in stream]
    assert until == ["2026-01-05T10:00:00Z", "2026-01-06T09:00:00Z", "2026-01-06T14:00:00Z"]
    assert "2026-01-05 10:00:00 UTC" in slack.said[0]["text"]


async def test_a_longer_snooze_that_stands_is_not_shortened_and_that_is_said(slack: Slack) -> None:
    await slack.press(SNOOZE_TOMORROW, at="7.1")
    await slack.press(SNOOZE_HOUR)
    assert await slack.recorded() == [("snoozed", "slack:U1")]
    assert slack.said[-1]["text"].startswith("It is snoozed already: nothing is sent about it bef")
    assert "2026-01-06 09:00:00 UTC" in slack.said[-1]["text"]
    # The press of before, which Slack sends again, was taken.
    await slack.press(SNOOZE_TOMORROW, at="7.1")
    assert slack.said[-1]["text"].startswith("Snoozed: nothing")
    slack.process.clock.set(25 * 60)  # past nine: it is snoozed no more
    await slack.press(SNOOZE_HOUR)
    assert len(await slack.recorded()) == 2


async def test_the_same_press_again_changes_nothing(slack: Slack) -> None:
    for _ in range(3):
        assert (await slack.press(ACKNOWLEDGE, at="7.1")).status_code == 200
    assert await slack.recorded() == [("acknowledged", "slack:U1")]
    await slack.press(ACKNOWLEDGE, at="7.1", user="U2")
    assert len(await slack.recorded()) == 2


async def test_of_what_is_over_nothing_is_recorded_and_that_is_said(slack: Slack) -> None:
    """A message keeps its buttons: what is opened again is told, whoever pressed one meanwhile."""
    await slack.press(ACKNOWLEDGE, at="7.1")
    await slack.process.post(update(5, status="resolved"), when=5)
    for action in (ACKNOWLEDGE, SNOOZE_HOUR, SNOOZE_TOMORROW):
        assert (await slack.press(action)).status_code == 200
    assert await slack.recorded() == [("acknowledged", "slack:U1")]
    assert {one["text"] for one in slack.said[1:]} == {
        "This ticket is over: nothing of it goes on. Nothing has changed."
    }
    # The press of before, which Slack sends again, was taken.
    await slack.press(ACKNOWLEDGE, at="7.1")
    assert slack.said[-1]["text"].startswith("You have it")
    await slack.process.post(update(6, status="open"), when=6)
    await slack.press(SNOOZE_HOUR)
    assert (await slack.recorded())[-1] == ("snoozed", "slack:U1")


async def test_what_is_forged_or_old_is_refused_and_changes_nothing(slack: Slack) -> None:
    now = slack.process.now().timestamp()
    assert (await slack.press(ACKNOWLEDGE, X_Slack_Signature=f"v0={'0' * 64}")).status_code == 401
    assert (await slack.press(ACKNOWLEDGE, X_Slack_Signature="")).status_code == 401
    later = f"{now + 1:.0f}"
    assert (await slack.press(ACKNOWLEDGE, X_Slack_Request_Timestamp=later)).status_code == 401
    body = urlencode({"payload": "{}"}).encode()
    old = f"{now - 301:.0f}"
    signed = hmac.new(SECRET.encode(), f"v0:{old}:".encode() + body, hashlib.sha256).hexdigest()
    answer = await slack.send(body, X_Slack_Request_Timestamp=old, X_Slack_Signature=f"v0={signed}")
    assert answer.status_code == 401
    assert await slack.recorded() == []
    assert slack.said == []


async def test_a_press_that_somebody_has_copied_is_pressed_once(slack: Slack) -> None:
    pressed = (await slack.press(ACKNOWLEDGE)).request
    copied = {name: pressed.headers[name] for name in pressed.headers if name != "host"}

    async def send(body: bytes) -> int:
        answer = await slack.client.post("/slack/actions", content=body, headers=copied)
        return answer.status_code

    assert await send(pressed.content) == 200
    changed = pressed.content.replace(b"acknowledge", b"snooze_1h00")
    assert changed != pressed.content
    assert await send(changed) == 401
    slack.process.clock.set(5.1)  # minutes after it was signed
    assert await send(pressed.content) == 401
    assert await slack.recorded() == [("acknowledged", "slack:U1")]


async def test_a_press_that_was_kept_back_is_none(slack: Slack) -> None:
    body = urlencode({"payload": json.dumps(slack.payload(ACKNOWLEDGE))}).encode()
    now = slack.process.now()
    slack.process.clock.set(-5.1)
    old = slack.signed(body)
    slack.process.clock.set(now)
    assert (await slack.client.post("/slack/actions", content=body, headers=old)).status_code == 401
    assert await slack.recorded() == []


@pytest.mark.parametrize("body", [b"", b"\xff", b"payload=[]", b"payload=" + b"[" * 30_000])
async def test_garbage_that_is_signed_is_refused_too(slack: Slack, body: bytes) -> None:
    assert (await slack.send(body)).status_code == 422


async def test_a_link_is_the_browsers_to_follow(slack: Slack) -> None:
    assert (await slack.press(OPEN)).status_code == 200
    assert (await slack.press("somebody_elses")).status_code == 200
    assert await slack.recorded() == []
    assert slack.said == []


@pytest.mark.parametrize("value", [str(identity("T-2")), "nonsense"])
async def test_a_ticket_that_is_not_known_is_said_to_who_pressed(slack: Slack, value: str) -> None:
    assert (await slack.press(ACKNOWLEDGE, value=value)).status_code == 200
    assert slack.said[0]["text"].startswith("This ticket is not known here any more.")


async def test_where_only_people_may_nobody_else_does(slack: Slack) -> None:
    value = f"{identity('T-1')} {ONLY_PEOPLE}"
    await slack.press(ACKNOWLEDGE, value=value)
    assert slack.said[0]["text"].startswith("Only people whom the configuration knows")
    assert await slack.recorded() == []
    await slack.press(ACKNOWLEDGE, value=value, user="U0ANNA")
    assert await slack.recorded() == [("acknowledged", "anna")]


class _Away(TicketDesk):
    async def acknowledge(self, *_: Any, **__: Any) -> int:
        raise ConnectionError("the database is away")


async def test_what_fails_is_said_to_who_pressed_and_slack_hears_that_it_was_taken(
    slack: Slack,
) -> None:
    process = slack.process
    away = _Away(process.pool, process.book, learn=process.learn)
    async with httpx.AsyncClient() as out:
        app = FastAPI()
        pressing = Pressing(away, lambda: None, out, process.now)
        app.include_router(slack_actions.build(SECRET, pressing))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sla") as slack.client:
            assert (await slack.press(ACKNOWLEDGE)).status_code == 200
            slack.response_url = "http://127.0.0.1:9/nobody"  # who pressed hears nothing
            assert (await slack.press(ACKNOWLEDGE)).status_code == 200
    [said] = slack.said
    assert said["text"].startswith("This may not have been recorded")


async def test_without_a_secret_nothing_is_taken(slack: Slack) -> None:
    process, app = slack.process, FastAPI()
    async with httpx.AsyncClient() as out:
        pressing = Pressing(process.desk, lambda: process.book.newest, out, process.now)
        app.include_router(slack_actions.build("", pressing))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sla") as slack.client:
            assert (await slack.press(ACKNOWLEDGE)).status_code == 404
