"""How a message is posted to Slack, and to what resembles it."""

import asyncio
import json
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from engine.notify.message import Delivered, Message
from engine.notify.post import http_client
from engine.notify.slack import Slack
from engine.notify.threads import Apart
from tests.support.notices import T0, notice
from tests.support.web import serving


async def test_messages_that_learn_at_once_that_metadata_is_not_taken_all_arrive() -> None:
    both = asyncio.Barrier(2)
    taken: list[dict[str, Any]] = []
    old_slack = FastAPI(openapi_url=None)

    async def answer(request: Request) -> PlainTextResponse:
        payload = json.loads(await request.body())
        if "metadata" in payload:
            await both.wait()
            return PlainTextResponse("invalid_metadata_format", status_code=400)
        taken.append(payload)
        return PlainTextResponse("ok")

    old_slack.add_api_route("/", answer, methods=["POST"])
    async with serving(old_slack) as url, http_client() as client:
        slack = Slack(url, client=client, now=lambda: T0, threads=Apart())
        messages = [Message((notice(alert=alert),)) for alert in ("a1", "a2")]
        outcomes = await asyncio.gather(*map(slack.deliver, messages))
    assert outcomes == [Delivered(), Delivered()]
    assert len(taken) == 2
