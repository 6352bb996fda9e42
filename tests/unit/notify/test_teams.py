"""What Teams receives, held against the published schema of Adaptive Cards 1.4, and its answers."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI, Request, Response
from jsonschema import Draft6Validator

from engine.notify.message import Delivered, Message, Notice, Outcome, Rejected, Retry
from engine.notify.post import http_client
from engine.notify.teams import Teams
from engine.notify.teams_card import message
from tests.support.notices import T0, notice
from tests.support.told import EVERY_KIND, link_of
from tests.support.web import serving

URL = "https://sla.example.com"
SCHEMA = Path(__file__).parents[2] / "data" / "adaptive_cards" / "1.4.0.json"
FACTS = ("title", "external_id", "assigned_to", "status", "priority", "customer_tier", "clock")


@cache
def schema() -> Any:
    return Draft6Validator(json.loads(SCHEMA.read_text("utf-8")))


def shown(*notices: Notice, url: str = URL) -> dict[str, Any]:
    """The card, once nothing is wrong with it."""
    content = message(notices, url)
    assert len(content) < 20_000
    whole = json.loads(content)
    (attachment,) = whole.pop("attachments")
    assert whole == {"type": "message"}
    assert attachment.pop("contentType") == "application/vnd.microsoft.card.adaptive"
    (card,) = attachment.values()
    schema().validate(card)
    return card


def test_the_schema_refuses_what_is_no_card() -> None:
    card = shown(notice())
    card["body"][0]["style"] = "alarming"
    assert not schema().is_valid(card)


def objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield cast("dict[str, Any]", value)
        value = list(cast("dict[str, Any]", value).values())
    if isinstance(value, list):
        for one in cast("list[object]", value):
            yield from objects(one)


def texts(card: dict[str, Any], kind: str = "TextRun") -> list[str]:
    return [one["text"] for one in objects(card) if one.get("type") == kind]


@pytest.mark.parametrize("name", EVERY_KIND)
def test_every_kind_is_a_card_that_says_what_happened(name: str) -> None:
    card = shown(EVERY_KIND[name])
    assert "TICKET-001" in texts(card)[0]
    assert card["fallbackText"] == texts(card)[0]
    assert card["actions"][0]["url"] == link_of(EVERY_KIND[name], URL)
    assert "actions" not in shown(EVERY_KIND[name], url="")


def test_it_says_for_whom_since_when_and_how_bad_it_is() -> None:
    card = shown(EVERY_KIND["a breach that escalates"])
    assert card["body"][0]["style"] == "attention"
    assert texts(card)[:2] == [
        "🚨 SLA breached: resolution of TICKET-001, escalated to level 3, Director notified",
        "Critical system outage",
    ]
    assert texts(card)[-2:] == [
        "• resolution breached at 2026-01-05 09:20:00 UTC",
        "• escalated to level 3, Director notified at 2026-01-05 09:20:00 UTC",
    ]
    (due,) = texts(card, "TextBlock")
    assert due == "{{DATE(2026-01-05T09:09:00Z,SHORT)}} {{TIME(2026-01-05T09:09:00Z)}}"


def test_a_flood_lists_the_worst_ten_and_counts_the_rest() -> None:
    card = shown(*(notice(alert=f"a{n}", external_id=f"T-{n}") for n in range(13)))
    assert texts(card)[0] == "⚠️ SLA, 13 tickets: 13 warning"
    assert texts(card)[-1] == "and 3 more"
    links = [one["url"] for one in objects(card) if one.get("type") == "Action.OpenUrl"]
    assert len(links) == 11
    assert f"{URL}/?sla_state=breached,critical,warning" in links
    without = shown(*(notice(external_id=f"{n}") for n in range(2)), url="")
    assert not any("url" in one for one in objects(without))


def test_what_others_have_written_stands_where_no_mark_up_is_read() -> None:
    hostile = "**b** [x](https://evil.example) <at>all</at> {{DATE(2026-01-05T09:00:00Z)}} ${x}"
    facts: dict[str, Any] = dict.fromkeys(FACTS, hostile)
    alone = notice(alert="a1", **facts)
    for card in (shown(alone), shown(alone, notice(alert="b", external_id="OTHER"))):
        assert not any("evil" in text for text in texts(card, "TextBlock"))
        assert not any(one.get("type") == "FactSet" for one in objects(card))
        assert any("evil" in text for text in texts(card))


@pytest.mark.parametrize("letter", ["x", "漢", "🚨", '"', "\\"])
def test_text_of_any_length_fits(letter: str) -> None:
    facts: dict[str, Any] = dict.fromkeys((*FACTS, "rule", "team", "organization"), letter * 999)
    shown(notice(**facts))
    shown(notice("retracted", reason=letter * 9_999, **facts))
    many: list[dict[str, Any]] = [
        {**facts, "external_id": f"{n} {letter * 999}"} for n in range(30)
    ]
    shown(*(notice(**each) for each in many))
    clocks: list[dict[str, Any]] = [{**facts, "clock": f"{n}{letter * 99}"} for n in range(30)]
    shown(*(notice(**each) for each in clocks))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Response(status_code=202), Delivered()),
        (Response(status_code=429, headers={"Retry-After": "0"}), None),
        (Response(status_code=502), Retry("502")),
        (Response("too large", status_code=413), Rejected("413 too large", only_this=True)),
        (
            Response("no such flow sig=S3cretS3cret", status_code=404),
            Rejected("404 no such flow …"),
        ),
    ],
)
async def test_what_the_flow_answers_decides_and_never_tells_its_address(
    answer: Response, outcome: Outcome | None
) -> None:
    taken: list[bytes] = []
    flow = FastAPI(openapi_url=None)

    async def take(request: Request) -> Response:
        taken.append(await request.body())
        return answer

    flow.add_api_route("/workflows/abc/triggers", take, methods=["POST"])
    async with serving(flow) as url, http_client() as client:
        address = f"{url}/workflows/abc/triggers?sp=%2Fx&sig=S3cretS3cret"
        teams = Teams(address, client=client, now=lambda: T0, public_url=f"{URL}/")
        found = await teams.deliver(Message((notice(),)))
    if outcome is None:
        assert isinstance(found, Retry)
        assert found.after is not None
    else:
        assert "S3cret" not in str(found)
        assert type(found) is type(outcome)
        assert str(found)[:20] == str(outcome)[:20]
    assert json.loads(taken[0])["type"] == "message"
