"""The library `apprise` as a channel, by its own scheme for a receiver of JSON."""

import logging
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from config.addresses import Variables
from engine.notify import apprise
from engine.notify.apprise import Apprise, AppriseOptions
from engine.notify.message import Delivered, Message, Notice, Retry
from engine.notify.options import Tools
from tests.support.notices import T0, notice
from tests.support.told import EVERY_KIND, told
from tests.support.web import serving

URL = "https://sla.example.com"


@dataclass
class Phones:
    """Two receivers, which take what comes or do not."""

    url: str = ""
    status: dict[str, int] = field(default_factory=dict[str, int])
    taken: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, Any]]]
    )

    def channel(self) -> Apprise:
        at = self.url.replace("http://", "json://")
        urls = Variables({"URLS": f"{at}/anna?+secret=hunter22, {at}/bo?+secret=hunter22"})
        tools = Tools(urls, httpx.AsyncClient(), lambda: T0, f"{URL}/", timedelta(0))
        return AppriseOptions(urls_env="URLS").channel(tools)

    async def answer(self, request: Request) -> Response:
        who = request.path_params["who"]
        status = self.status.get(who, 200)
        if status == 200:
            self.taken.append((who, await request.json()))
        return Response("hunter22", status_code=status)

    def to(self) -> list[str]:
        return sorted(who for who, _ in self.taken)


@asynccontextmanager
async def phones() -> AsyncGenerator[Phones]:
    found, app = Phones(), FastAPI(openapi_url=None)
    app.add_api_route("/{who}", found.answer, methods=["POST"])
    async with serving(app) as found.url:
        yield found


def about(*notices: Notice) -> Message:
    return Message(notices)


async def test_each_service_gets_title_and_text() -> None:
    one = EVERY_KIND["a breach that escalates"]
    async with phones() as found:
        assert await found.channel().deliver(about(one)) == Delivered()
    assert found.to() == ["anna", "bo"]
    (_, said), _ = found.taken
    assert said["title"] == (
        "🚨 SLA breached: resolution of TICKET-001, escalated to level 3, Director notified"
    )
    assert said["message"].splitlines()[0] == "Critical system outage"
    assert said["message"].endswith(f"{URL}/#ticket/{one.ticket_id}")
    assert said["type"] == "failure"


async def test_every_kind_is_told_and_so_is_a_flood() -> None:
    async with phones() as found:
        channel = found.channel()
        for one in EVERY_KIND.values():
            assert await channel.deliver(about(one)) == Delivered()
        flood = [notice(alert=f"a{n}", external_id=f"T-{n}") for n in range(12)]
        assert await channel.deliver(about(*flood)) == Delivered()
    assert len(found.taken) == 2 * len(EVERY_KIND) + 2
    assert {said["type"] for _, said in found.taken} == {"info", "success", "warning", "failure"}


async def test_what_failed_is_tried_again_and_who_had_it_is_spared() -> None:
    async with phones() as found:
        channel, message = found.channel(), about(told("alert"))
        found.status["bo"] = 503
        assert await channel.deliver(message) == Retry("service 2 JSON: it did not take it")
        assert found.to() == ["anna"]
        found.status.clear()
        assert await channel.deliver(message) == Delivered()
        assert found.to() == ["anna", "bo"]
        assert await channel.deliver(message) == Delivered()  # again, on purpose
        assert found.to() == ["anna", "anna", "bo", "bo"]


async def test_no_address_is_logged_or_said_whatever_happens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with phones() as found:
        found.status |= {"anna": 500, "bo": 403}
        outcome = await found.channel().deliver(about(notice()))
    gone = await found.channel().deliver(about(notice()))
    assert isinstance(outcome, Retry)
    assert isinstance(gone, Retry)
    assert "hunter22" not in f"{outcome}{gone}{caplog.text}"
    assert "json://" not in f"{outcome}{gone}{caplog.text}"


def test_the_library_is_there_once_a_configuration_that_names_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It takes a second, and a channel is built between two requests."""
    monkeypatch.delitem(sys.modules, "apprise", raising=False)
    AppriseOptions(urls_env="URLS")
    assert "apprise" in sys.modules


async def test_a_service_that_hangs_is_left_to_its_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise, "WITHIN_SECONDS", 0.01)
    hanging = threading.Event()

    class Hanging:
        service_name = "Hanging"

        def notify(self, **_: Any) -> bool:
            return hanging.wait(60)

    services: Any = [Hanging()]
    try:
        outcome = await Apprise(services).deliver(about(notice()))
    finally:
        hanging.set()
    assert outcome == Retry("service 1 Hanging: timed out")


async def test_a_mistake_of_the_library_is_tried_again() -> None:
    class Broken:
        service_name = "Broken"

        def notify(self, **_: Any) -> bool:
            raise TypeError("with an address: json://hunter22")

    services: Any = [Broken()]
    outcome = await Apprise(services).deliver(about(notice()))
    assert outcome == Retry("service 1 Broken: TypeError")
