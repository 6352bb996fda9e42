"""The mock Slack's Web API: messages by bot token, threads, updates, refused in Slack's words."""

import json
import re
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ops.demo.mock_slack_limits import Json, fault
from ops.demo.mock_slack_received import Received

CONVERSATION = re.compile(r"[CDG][A-Z0-9]{2,}")
TOKEN = re.compile(r"xoxb-[\w-]+")


class Refused(Exception):
    """`ok: false`, with Slack's word for it."""


def build(received: Received) -> APIRouter:
    """The methods that we use, and the one by which people delete."""
    router = APIRouter(prefix="/api")

    @router.post("/chat.postMessage")
    async def post(request: Request) -> Response:
        failing = await received.meets_failure("chat.postMessage")
        if failing and not received.behaviour.taken:
            return _failure(received)
        try:
            payload = await _payload(request)
            channel = _conversation(received, payload)
            _check(payload)
            thread = payload.pop("thread_ts", None)
            if thread is not None and received.find(channel, thread) is None:
                raise Refused("thread_not_found")
        except Refused as error:
            return _no(received, error)
        where = (
            {"channel": channel} if thread is None else {"channel": channel, "thread_ts": thread}
        )
        kept = received.keep(payload, **where)
        if failing:
            return _failure(received)
        return _yes(kept)

    @router.post("/chat.update")
    async def update(request: Request) -> Response:
        if await received.meets_failure("chat.update"):
            return _failure(received)
        try:
            payload = await _payload(request)
            channel = _conversation(received, payload)
            _check(payload)
            message = _existing(received, channel, payload)
        except Refused as error:
            return _no(received, error)
        received.update(message, payload)
        return _yes(message)

    @router.post("/chat.getPermalink")
    async def link(request: Request) -> Response:
        given = dict(parse_qsl((await request.body()).decode(errors="replace")))
        channel, ts = given.get("channel", ""), given.get("message_ts", "")
        if received.find(channel, ts) is None:
            return _no(received, Refused("message_not_found"))
        here = f"{request.base_url}archives/{channel}/p{ts.replace('.', '')}"
        return JSONResponse({"ok": True, "channel": channel, "permalink": here})

    @router.post("/chat.delete")
    async def delete(request: Request) -> Response:
        try:
            payload = await _payload(request)
            received.forget(_existing(received, _conversation(received, payload), payload))
        except Refused as error:
            return _no(received, error)
        return JSONResponse({"ok": True})

    return router


async def _payload(request: Request) -> Json:
    """Raises Refused."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not token:
        raise Refused("not_authed")
    if scheme != "Bearer" or not TOKEN.fullmatch(token):
        raise Refused("invalid_auth")
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused("invalid_post_type")
    try:
        payload: object = await request.json()
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(payload, dict):
        raise Refused("json_not_object")
    return {str(key): value for key, value in payload.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _conversation(received: Received, payload: Json) -> str:
    channel = str(payload.pop("channel", ""))
    if not CONVERSATION.fullmatch(channel):
        raise Refused("channel_not_found")
    if channel in received.behaviour.not_in:
        raise Refused("not_in_channel")
    return channel


def _check(payload: Json) -> None:
    if wrong := fault(payload):
        raise Refused("invalid_arguments" if wrong == "invalid_payload" else wrong)


def _existing(received: Received, channel: str, payload: Json) -> Json:
    message = received.find(channel, str(payload.pop("ts", "")))
    if message is None:
        raise Refused("message_not_found")
    return message


def _yes(message: Json) -> Response:
    # As Slack does, it repeats the whole of it.
    about = {"ts": message["ts"], "message": message["payload"]}
    return JSONResponse({"ok": True, "channel": message["channel"], **about})


def _no(received: Received, error: Refused) -> Response:
    received.refused += 1
    return JSONResponse({"ok": False, "error": str(error)})


def _failure(received: Received) -> Response:
    behaviour = received.behaviour
    wait = behaviour.retry_after
    words = behaviour.words
    if words is None:
        error = "ratelimited" if behaviour.status == 429 else "internal_error"
        words = json.dumps({"ok": False, "error": error})
    return Response(
        words,
        behaviour.status,
        media_type="application/json",
        headers={} if wait is None else {"Retry-After": f"{wait:g}"},
    )
