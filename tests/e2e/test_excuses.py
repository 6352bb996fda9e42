"""Excused time and silences as people make them: by the command line, with a token that may."""

import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.wiring import now
from tests.support.clients import item
from tests.support.database import temporary_database
from tests.support.service import Program, running, service, until

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


def until_applied(program: Program) -> dict[str, Any]:
    """What was said of it last is seen at once; tickets hear of it in the background."""

    def only() -> dict[str, Any]:
        [one] = json.loads(sla(program, "boss", "list", "--json").output)["items"]
        return one

    until(lambda: only()["applied"]["total"] is not None, "it is applied")
    return only()


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
    assert "It concerns 1 ticket; verdicts that change: 1" in previewed.output
    assert "enterprise p0 resolution: 0.0 % -> 100.0 %" in previewed.output
    granted = sla(program, "boss", "grant", *hour, *why, "--json")
    excuse = json.loads(granted.output)["excuse_id"]
    assert until_applied(program)["applied"] == {"done": 1, "total": 1}
    assert "1 ticket moved" in sla(program, "boss", "list").output

    assert sla(program, "boss", "end", excuse, "--by", "ann").exit_code == 1  # over already
    gone = sla(program, "boss", "withdraw", excuse, "--by", "ann", "--reason", "no")
    assert gone.output == f"Withdrawn: {excuse}\n"
    assert until_applied(program)["state"] == "withdrawn"
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


def silences(program: Program, *arguments: str) -> Result:
    return CliRunner().invoke(
        app, ["silences", *arguments, "--url", program.url, "--token", "integration"]
    )


def until_muted(program: Program) -> str:
    until(lambda: "has muted 2 alerts" in silences(program, "list").output, "it mutes alerts")
    return silences(program, "list").output


def test_alerts_are_muted_listed_with_what_that_muted_and_told_again(program: Program) -> None:
    why = ["--reason", "move", "--by", "ann"]
    tomorrow, later = ((now() + timedelta(hours=hours)).isoformat() for hours in (24, 26))
    rule = ["--from", tomorrow, "--rrule", "FREQ=DAILY;COUNT=3", "--time-zone", "UTC"]
    assert silences(program, "list").output == "Nothing is muted, and nothing is planned.\n"
    for match, said in (("level=>=9", "no ticket is ever on level >=9"), ("teem=x", "'team'?")):
        refused = silences(program, "create", "--match", match, "--until", tomorrow, *why)
        assert (refused.exit_code, said in refused.output) == (1, True), refused.output

    muting = ["--match", "external_id=T-9", "--match", "level=>=1", "--until", tomorrow]
    made = silences(program, "create", *muting, *why, "--json")
    silence = json.loads(made.output)["silence_id"]
    planned = silences(program, "create", "--match", "priority=P0", "--until", later, *rule, *why)
    at_risk = now() - timedelta(hours=4.2)
    sent = item("T-9", updated_at=at_risk.isoformat(), created_at=at_risk.isoformat())
    header = {"Authorization": "Bearer integration"}
    httpx.post(f"{program.url}/tickets", json={"tickets": [sent]}, headers=header)
    told = until_muted(program)
    assert "  level >=1 and external_id T-9: move (ann)\n  has muted 2 alerts of 1 ticket\n" in told
    assert "    T-9: resolution breached, 20" in told
    assert f"{planned.output.split()[1]}  planned  20" in told
    assert "3 times (FREQ=DAILY;COUNT=3, UTC)\n  priority P0: move (ann)\n" in told

    assert silences(program, "end", silence).output == f"Ended: {silence}\n"
    assert silences(program, "end", silence).exit_code == 1
    assert silence not in silences(program, "list").output
    assert f"{silence}  over" in silences(program, "list", "--all").output
