"""How answers come into a service: without a token, and without a trace of what lets one in."""

import logging

import httpx
import pytest
from pydantic import SecretStr

from config.settings import Settings
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


def test_there_are_links_where_there_is_a_key_and_an_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert answers.links(SETTINGS, now) is not None
    assert answers.links(SETTINGS.model_copy(update={"sla_link_key": SecretStr("")}), now) is None
    assert caplog.text == ""
    assert answers.links(SETTINGS.model_copy(update={"public_url": ""}), now) is None
    assert "PUBLIC_URL is not: messages have no links" in caplog.text
