"""The mock Slack: takes and refuses what Slack would, and shows it."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from ops.demo.mock_slack import create_app
from tests.support.notices import T0, Clock
from tests.support.pages import is_guarded
from tests.support.web import serving

HOOK = "/services/T000/B000/XXXX"


@pytest_asyncio.fixture
async def slack() -> AsyncGenerator[httpx.AsyncClient, None]:
    async with serving(create_app(Clock())) as url, httpx.AsyncClient(base_url=url) as client:
        yield client


async def received(slack: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await slack.get("/received")).json()["messages"]


async def test_it_takes_a_message_and_keeps_it(slack: httpx.AsyncClient) -> None:
    payload = {
        "text": "hello",
        "metadata": {"event_type": "sla_alert", "event_payload": {"dedup_key": "k1"}},
    }
    answer = await slack.post(HOOK, json=payload)
    assert (answer.status_code, answer.text) == (200, "ok")
    assert await received(slack) == [
        {
            "number": 1,
            "received_at": T0.isoformat(),
            "ts": "1767603600.000001",
            "path": "T000/B000/XXXX",
            "dedup_keys": ["k1"],
            "payload": payload,
        }
    ]
    await slack.delete("/received")
    assert await received(slack) == []


async def test_it_takes_the_old_form_too(slack: httpx.AsyncClient) -> None:
    answer = await slack.post(HOOK, data={"payload": '{"text": "hello"}'})
    assert answer.text == "ok"
    assert [message["payload"] for message in await received(slack)] == [{"text": "hello"}]


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "no_text"),
    ({"text": ""}, "no_text"),
    ({"text": 5}, "invalid_payload"),
    (
        {"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]},
        "invalid_blocks",
    ),
    (
        {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]},
        "invalid_blocks",
    ),
    ({"blocks": [section("x" * 3001)]}, "invalid_blocks"),
    ({"blocks": [section("")]}, "invalid_blocks"),
    ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
    ({"blocks": [section("x")] * 51}, "invalid_blocks"),
    ({"blocks": [{"type": "section", "fields": [{"text": "x" * 2001}]}]}, "invalid_blocks"),
    ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
    ({"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
    ({"blocks": ["nonsense"]}, "invalid_blocks"),
    ({"text": "x", "metadata": {"dedup_key": "k"}}, "invalid_metadata_format"),
    (
        {"text": "x", "metadata": {"event_type": "a", "event_payload": {"k": "x" * 8000}}},
        "metadata_too_large",
    ),
]


@pytest.mark.parametrize(("payload", "error"), REFUSED)
async def test_it_refuses_what_slack_would(
    slack: httpx.AsyncClient, payload: dict[str, Any], error: str
) -> None:
    answer = await slack.post(HOOK, json=payload)
    assert (answer.status_code, answer.text) == (400, error)
    assert await received(slack) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
async def test_it_refuses_what_is_no_payload(slack: httpx.AsyncClient, body: bytes) -> None:
    answer = await slack.post(HOOK, content=body)
    assert (answer.status_code, answer.text) == (400, "invalid_payload")


async def test_it_fails_as_often_as_it_is_told(slack: httpx.AsyncClient) -> None:
    await slack.post("/behave", json={"fail": 2, "status": 429, "retry_after": 2})
    first = await slack.post(HOOK, json={"text": "a"})
    assert (first.status_code, first.headers["Retry-After"]) == (429, "2")
    assert (await slack.post(HOOK, json={"text": "b"})).status_code == 429
    assert (await slack.post(HOOK, json={"text": "c"})).status_code == 200
    assert [message["payload"]["text"] for message in await received(slack)] == ["c"]
    assert (await slack.get("/received")).json()["refused"] == 2


async def test_it_can_play_what_stands_before_slack(slack: httpx.AsyncClient) -> None:
    await slack.post("/behave", json={"fail": 1, "status": 200, "words": "Please sign in"})
    answer = await slack.post(HOOK, json={"text": "a"})
    assert (answer.status_code, answer.text) == (200, "Please sign in")
    assert await received(slack) == []


async def test_it_refuses_orders_that_it_does_not_know(slack: httpx.AsyncClient) -> None:
    assert (await slack.post("/behave", json={"fial": 2})).status_code == 422


async def test_people_can_read_the_messages_newest_first(slack: httpx.AsyncClient) -> None:
    await slack.post(HOOK, json={"text": "the *first* one"})
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "🚨 A &amp; B"}},
        section("<https://sla.example.com/#t|TICKET> due <!date^1^{time}|at nine> <!here> `x`"),
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Status*\nopen"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Alert a1"}]},
    ]
    await slack.post(HOOK, json={"blocks": blocks})
    page = (await slack.get("/")).text
    assert "the <b>first</b> one" in page
    assert "<h2>🚨 A &amp; B</h2>" in page
    assert '<a href="https://sla.example.com/#t" rel="noopener noreferrer">TICKET</a>' in page
    assert "<time>at nine</time>" in page
    assert '<span class="mention">@here</span> <code>x</code>' in page
    assert "<div><b>Status</b><br>open</div>" in page
    assert page.index("Alert a1") < page.index("the <b>first</b> one")


async def test_the_page_runs_nothing_that_a_message_brings(slack: httpx.AsyncClient) -> None:
    bad = "<script>alert(1)</script> &lt;img src=x onerror=alert(1)&gt; <javascript:alert(1)|x>"
    bad += " \u00001\u0000"  # what the renderer puts in the place of a link, brought along
    await slack.post(HOOK, json={"blocks": [section(bad)], "text": bad})
    page = (await slack.get("/")).text
    assert "alert(1)</script>" not in page.replace("&lt;", "")
    assert "<img" not in page
    assert "javascript:" not in page


async def test_no_message_runs_a_script_in_the_page(slack: httpx.AsyncClient) -> None:
    await slack.post("/services/x", json={"text": "<script>alert(1)</script>"})

    page = await slack.get("/")

    assert "<script>alert" not in page.text
    assert is_guarded(page)
