"""Excused time as people agree on it: by the command line, with a token that may."""

import json
import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from ops.cli import app
from tests.support.clients import item
from tests.support.database import temporary_database
from tests.support.service import Program, running, service

CONFIG = "sla_targets: {ENTERPRISE: {P0: {resolution: 4h}}}\n"
TOKENS = "integration:write,read boss:admin"
OPENED = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def program(
    server: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Program]:
    with temporary_database(server, migrated_template) as (_, database):
        folder = tmp_path_factory.mktemp("service")
        program = service(folder, CONFIG, database=database, API_TOKENS=TOKENS)
        with running(program):
            yield program
        assert program.complaints() == []


def sla(program: Program, token: str, *arguments: str) -> Result:
    where = ["--url", program.url, "--token", token]
    return CliRunner().invoke(app, ["excuses", *arguments, *where])


def at(hours: float) -> str:
    return (OPENED + timedelta(hours=hours)).isoformat()


def until_applied(program: Program, *, withdrawn: bool = False) -> dict[str, Any]:
    for _ in range(200):
        # The process that is asked may not have heard of it yet.
        items = json.loads(sla(program, "boss", "list", "--json").output)["items"]
        heard = bool(items) and (items[0]["state"] == "withdrawn") == withdrawn
        if heard and items[0]["applied"]["total"] is not None:
            return items[0]
        time.sleep(0.1)
    raise AssertionError("it was never applied")


def test_an_outage_is_excused_and_withdrawn(program: Program) -> None:
    sent = [
        item("T-1", updated_at=at(0)),
        item("T-1", "resolved", updated_at=at(4.75)),
    ]
    header = {"Authorization": "Bearer integration"}
    httpx.post(f"{program.url}/tickets", json={"tickets": sent}, headers=header)
    hour = ["--from", at(1), "--until", at(2), "--match", "priority=P0,P1"]
    why = ["--reason", "outage", "--by", "ann"]

    refused = sla(program, "integration", "grant", *hour, *why)
    assert (refused.exit_code, "lacks the scope admin" in refused.output) == (1, True)
    previewed = sla(program, "boss", "preview", *hour)
    assert "It concerns 1 tickets; 1 verdicts change" in previewed.output
    assert "enterprise p0 resolution: 0.0 % -> 100.0 %" in previewed.output
    granted = sla(program, "boss", "grant", *hour, *why, "--json")
    excuse = json.loads(granted.output)["excuse_id"]
    assert until_applied(program)["applied"] == {"done": 1, "total": 1}
    assert "1 tickets moved" in sla(program, "boss", "list").output

    assert sla(program, "boss", "end", excuse, "--by", "ann").exit_code == 1  # over already
    gone = sla(program, "boss", "withdraw", excuse, "--by", "ann", "--reason", "no")
    assert gone.output == f"Withdrawn: {excuse}\n"
    assert until_applied(program, withdrawn=True)["state"] == "withdrawn"
    clock = httpx.get(f"{program.url}/tickets/T-1/sla", headers=header).json()["clocks"][-1]
    assert (clock["state"], clock["elapsed_seconds"]) == ("breached", 4.75 * 3600)


def test_bad_input_is_said_in_words(program: Program) -> None:
    why = ["--reason", "outage", "--by", "ann"]
    for arguments, said in (
        (["--from", at(1), "--match", "priority"], "write team=payments"),
        (["--from", at(1), "--until", at(0), "--everything"], "must be after"),
        (["--from", at(1), "--match", "teem=x"], "did you mean 'team'"),
    ):
        refused = sla(program, "boss", "grant", *arguments, *why)
        assert (refused.exit_code != 0, said in refused.output) == (True, True), refused.output
