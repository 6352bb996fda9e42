"""The service's log as a channel."""

import logging

import pytest

from engine.notify.log import Log
from engine.notify.message import Delivered, Message
from tests.support.notices import notice
from tests.support.told import EVERY_KIND

URL = "https://sla.example.com"


async def test_a_notice_is_one_line_whatever_level_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR)
    caplog.handler.setLevel(logging.NOTSET)
    one = notice(alert="a1", to="trial", organization="ACME")
    assert await Log(URL).deliver(Message((one,))) == Delivered()
    (line,) = caplog.records
    told = line.__dict__
    assert (line.levelno, line.getMessage(), told["channel"]) == (logging.INFO, "a notice", "trial")
    assert told["said"] == (
        "SLA warning: resolution of TICKET-001 (P0, enterprise, ACME, 9 minutes left)"
    )
    assert told["link"] == f"{URL}/#ticket/{one.ticket_id}"
    assert told["dedup_key"] == "a1:alert:trial"


@pytest.mark.parametrize("name", EVERY_KIND)
async def test_every_kind_is_told_and_nobody_named(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    await Log().deliver(Message((EVERY_KIND[name], notice(external_id="OTHER"))))
    first, second = caplog.records
    assert "TICKET-001" in first.__dict__["said"]
    assert "OTHER" in second.__dict__["said"]
    everything = str(first.__dict__)
    assert not any(named in everything for named in ("Anna", "john.doe", "Critical system"))
