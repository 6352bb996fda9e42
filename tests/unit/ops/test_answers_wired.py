"""How answers come into a service: without a token, and without a trace of what lets one in."""

import logging

import httpx
import pytest
from pydantic import SecretStr

from config.loading import load
from config.settings import Settings
from engine.notify.channel_types import CHANNEL_TYPES
from ops import answers
from ops.wiring import Service, now
from tests.support.pages import is_guarded

KEY, URL = SecretStr("k" * 32), "https://sla.example.com"
SETTINGS = Settings(
    database_url=SecretStr(""),
    api_tokens=SecretStr("a-token:admin"),
    api_tokens_file=None,
    public_url=URL,
    sla_link_key=KEY,
)


async def test_a_link_needs_no_token_and_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    transport = httpx.ASGITransport(Service(SETTINGS).app)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        for answer in (
            await client.get("/answer/not-a-link?utm_source=mail"),
            await client.post("/answer/not-a-link", data={"name": "x"}),
            await client.post("/answer/not-a-link", content=b"x" * 100_000),
        ):
            assert (answer.status_code, is_guarded(answer)) == (404, True)
        assert (await client.get("/answer/a%00b")).status_code == 422
        assert (await client.get("/tickets/T-1")).status_code == 401
    paths = {vars(one)["path"] for one in caplog.records if "path" in vars(one)}
    assert paths == {"/answer/…", "/tickets/T-1"}


PAGER = """
sla_targets: {GOLD: {P1: {resolution: 60m}}}
notifications:
  channels:
    pager: {type: pagerduty, routing_key_env: K, webhook_secret_env: S, api_token_env: T}
    silent: {type: pagerduty, routing_key_env: K}
"""


def test_what_nobody_can_acknowledge_there_is_said_when_the_file_is_read(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loaded = load(
        PAGER, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )
    assert list(answers.pagers(loaded)) == ["pager"]
    said = "notifications.channels.pager: T is not set here: nothing that is acknowledged in"
    for environment, wrong in (({"S": "s"}, said), ({"T": "t"}, "S is not set"), ({}, "S is not")):
        [found] = answers.missing(loaded, environment)
        assert wrong in found
    assert [*answers.missing(loaded, {"S": "s", "T": "t"})] == []
    assert [*answers.missing(None, {})] == []
    answers.say_missing(loaded, {"S": "s"})
    assert said in caplog.text


async def test_whoever_has_not_signed_tells_pagerdutys_route_nothing() -> None:
    transport = httpx.ASGITransport(Service(SETTINGS).app)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        answer = await client.post("/pagerduty/pager", content=b"{}")
    assert (answer.status_code, answer.json()["detail"]) == (401, "Not accepted.")


def test_there_are_links_where_there_is_a_key_and_an_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert answers.links(SETTINGS, now) is not None
    assert answers.links(SETTINGS.model_copy(update={"sla_link_key": SecretStr("")}), now) is None
    assert caplog.text == ""
    assert answers.links(SETTINGS.model_copy(update={"public_url": ""}), now) is None
    assert "PUBLIC_URL is not: messages have no links" in caplog.text
