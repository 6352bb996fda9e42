"""What a webhook of the user's own receives."""

import json
from datetime import timedelta

import httpx
import pytest

from config.addresses import NoAddress, Variables
from engine.notify.message import Delivered, Kind, Message
from engine.notify.options import Tools
from engine.notify.signing import signer
from engine.notify.webhook import Webhook, WebhookOptions
from query_side.messages import FIELDS
from tests.support.notices import T0, notice
from tests.support.web import answering


async def sent_by(secret: str | None, channel: str = "ops") -> httpx.Request:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    async with httpx.AsyncClient(transport=answering(answer)) as client:
        signing = None if secret is None else signer(secret)
        webhook = Webhook("https://example.com/sla", client=client, now=lambda: T0, signer=signing)
        message = Message((notice(alert="a1", to=channel),))
        assert await webhook.deliver(message) == Delivered()
    (request,) = requests
    return request


async def test_it_receives_the_streams_object_and_the_dedup_key() -> None:
    request = await sent_by(None)
    body = json.loads(request.content)
    assert body["dedup_key"] == request.headers["Idempotency-Key"] == "a1:alert:ops"
    (alert,) = body.pop("alerts")
    assert alert.items() <= body.items()
    assert body | {"position": 0, "ticket_id": ""} == {
        "type": "alert",
        "position": 0,
        "alert_id": "a1",
        "ticket_id": "",
        "source": "zendesk",
        "external_id": "TICKET-001",
        "clock": "resolution",
        "cycle": 1,
        "generation": 0,
        "severity": "warning",
        "milestone": "warning",
        "escalation_level": 1,
        "level_name": None,
        "occurred_at": "2026-01-05T09:00:00Z",
        "due_at": "2026-01-05T09:09:00Z",
        "raised_at": "2026-01-05T09:00:00Z",
        "remaining_seconds": 540.0,
        "reason": None,
        "muted": None,
        "because": None,
        "meanwhile": None,
        "customer_tier": "enterprise",
        "priority": "P0",
        "status": "open",
        "title": "Critical system outage",
        "assigned_to": "john.doe",
        "dedup_key": "a1:alert:ops",
        "schema_version": 1,
    }
    assert request.headers["Content-Type"] == "application/json"
    assert "X-SLA-Signature" not in request.headers


@pytest.mark.parametrize("kind", ["alert", "escalation", "retracted"])
def test_nothing_that_the_stream_sends_is_missing(kind: Kind) -> None:
    body = notice(kind).body
    assert set(FIELDS[kind]) <= {*body, *body["alerts"][0]}


async def test_without_a_secret_a_message_has_a_name_and_an_instant_all_the_same() -> None:
    request = await sent_by(None)
    assert request.headers["webhook-id"] == "a1:alert:ops"
    assert request.headers["webhook-timestamp"] == str(int(T0.timestamp()))
    assert "webhook-signature" not in request.headers


async def test_with_a_secret_the_body_and_the_time_are_signed_in_both_headers() -> None:
    request = await sent_by("hush")
    signed = signer("hush").headers("a1:alert:ops", T0, request.content)
    assert {name: request.headers[name] for name in signed} == signed


@pytest.mark.parametrize(
    ("secret", "wrong"),
    [
        ("whsec_short", "OPS_SECRET must be whsec_ and the base64 of 24 to 64 bytes"),
        ("", "OPS_SECRET is not set"),
    ],
)
async def test_a_secret_that_is_none_is_said_with_its_variable(secret: str, wrong: str) -> None:
    variables = Variables({"OPS_URL": "https://example.com", "OPS_SECRET": secret})
    options = WebhookOptions(url_env="OPS_URL", secret_env="OPS_SECRET")
    async with httpx.AsyncClient() as client:
        tools = Tools(variables, client, lambda: T0, "", timedelta(0))
        with pytest.raises(NoAddress) as refused:
            options.channel(tools)
    assert str(refused.value) == wrong


async def test_a_channel_may_have_any_name() -> None:
    request = await sent_by(None, "bereitschaft-süd")
    assert request.headers["Idempotency-Key"] == "a1:alert:bereitschaft-s%C3%BCd"
    assert json.loads(request.content)["dedup_key"] == "a1:alert:bereitschaft-süd"
