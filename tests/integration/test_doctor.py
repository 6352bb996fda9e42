"""`sla doctor` on real databases, with a service beside it and without."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from command_side.tokens import Tokens, Wanted
from config.settings import Settings
from ops.cli import app
from ops.doctor import asking
from ops.doctor.server import PROCESS
from ops.wiring import Service, now
from tests.integration.test_operator import Desk
from tests.support.pgbouncer import pgbouncer
from tests.support.service import database_url_of
from tests.support.web import serving

CONFIG = """
sla_targets:
  STANDARD: {P1: {resolution: 4h}}
notifications:
  channels:
    here: {type: log}
"""
CARELESS = ("fsync is off", "full_page_writes is off")
"""The server of the tests need not survive its machine."""
FAULTY = """
sla_targets:
  STANDARD: {P1: {resolution: 4h}}
sources:
  jira: {desk: jira, secret_env: JIRA_SECRET}
on_call:
  core: {calendar_env: CORE_CALENDAR, tell_by: [ops], fallback: [jane]}
people:
  jane: {name: Jane, email: jane@example.com}
notifications:
  channels:
    ops: {type: webhook, url_env: OPS_URL}
    mail: {type: email, host: 127.0.0.1, port: 1, from: sla@example.com, to: ops@example.com}
    pager: {type: pagerduty, routing_key_env: PAGER_KEY}
"""


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """In a folder in which nothing is, without any variable of ours."""
    monkeypatch.chdir(tmp_path)
    for name in (*Settings.model_fields, "sla_url", "sla_token"):
        monkeypatch.delenv(name.upper(), raising=False)
    (tmp_path / "sla_config.yaml").write_text(CONFIG)
    return tmp_path


def sla(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, arguments, env=environment)


def found(result: Result) -> Mapping[str, Any]:
    return json.loads(result.stdout)


def wrong(result: Result) -> dict[str, str]:
    """What is not well, and how bad it is; but that the server of the tests may be careless."""
    return {
        f"{one['about']}: {one['what']}": one["level"]
        for one in found(result)["findings"]
        if one["level"] != "ok" and not one["what"].startswith(CARELESS)
    }


def test_nothing_is_wrong_with_a_service_that_runs_well(
    furnished_database_url: str, elsewhere: Path
) -> None:
    address = database_url_of(furnished_database_url)

    async def scene() -> tuple[Result, Result, Result]:
        settings = Settings(
            database_url=SecretStr(address), sla_config=elsewhere / "sla_config.yaml"
        )
        service = Service(settings, environment={})
        async with service, serving(service.app) as url:

            def ask(verb: str, *more: str) -> Result:
                return sla(verb, *more, SLA_URL=url, DATABASE_URL=address)

            return (
                await asyncio.to_thread(ask, "doctor"),
                await asyncio.to_thread(ask, "doctor", "--json"),
                await asyncio.to_thread(ask, "status"),
            )

    shown, told, status = asyncio.run(scene())
    assert wrong(told) == {}
    said = {one["about"]: one["what"] for one in found(told)["findings"]}
    assert said["processes"] == "running: one that does everything"
    assert said["configuration"] == "sla_config.yaml holds; version 1 is in force"
    assert said["alerts"] == "nothing is late"
    assert said["channels"] == "reached, nothing sent: none; 1 could not be looked at"
    of_database = [one["what"] for one in found(told)["findings"] if one["about"] == "database"]
    assert all(what.startswith(("PostgreSQL ", *CARELESS)) for what in of_database)
    if shown.exit_code == 0:
        assert shown.stdout.endswith("\nNothing is wrong.\n")
    assert (status.exit_code, "up to date" in status.stdout) == (0, True)


def test_several_faults_at_once_are_all_found_while_nothing_runs(
    furnished_database_url: str, elsewhere: Path
) -> None:
    desk = Desk(furnished_database_url)
    desk.refused("a1")
    desk.execute(
        "INSERT INTO parked_events VALUES ('tickets', 1, gen_random_uuid(), 'x', 'no', 1, now())"
    )
    (elsewhere / "sla_config.yaml").write_text(FAULTY)
    options = quote("-c synchronous_commit=off -c default_transaction_isolation=serializable")
    result = sla(
        "doctor",
        "--json",
        DATABASE_URL=f"{database_url_of(furnished_database_url)}&options={options}",
        LOG_LEVLE="x",
        OPS_URL="http://127.0.0.1:1/secret",
        DEBUG="true",
        API_TOKENS="sesame:everything",
    )
    assert (result.exit_code, "secret" in result.stdout, "sesame" in result.stdout) == (
        2,
        False,
        False,
    )
    assert wrong(result) == {
        "environment: LOG_LEVLE is set, and nothing reads it.": "warning",
        "environment: token 1: write <token>:<scope>,<scope>; the scopes are write, read, audit,"
        " admin.": "fault",
        "environment: DEBUG is on: whoever meets a mistake is shown the program's inside.": (
            "warning"
        ),
        "configuration: sources.jira: JIRA_SECRET is not set.": "fault",
        "configuration: on_call.core: CORE_CALENDAR is not set.": "fault",
        "database: synchronous_commit is off: updates that were acknowledged may be lost in a"
        " crash.": "fault",
        "database: default_transaction_isolation is serializable: every update is refused.": (
            "fault"
        ),
        "processes: Nothing runs on this database: nobody looks for what falls due.": "warning",
        "read tables: 1 change could not be processed and is missing here.": "fault",
        "messages: 1 message could not be delivered: somebody has not been told.": "warning",
        "channels: Nothing can be sent to pager: PAGER_KEY is not set.": "fault",
        "channels: ops cannot be reached from here: 127.0.0.1: it refuses connections on port 1.": (
            "fault"
        ),
        "channels: mail cannot be reached from here: 127.0.0.1: it refuses connections on"
        " port 1.": "fault",
    }


def test_it_is_looked_at_as_far_as_anything_is_there(
    empty_database_url: str, elsewhere: Path
) -> None:
    nothing = sla("doctor", "--json")
    assert (nothing.exit_code, wrong(nothing)) == (0, {})
    assert "none in .sla yet; the first start makes it" in nothing.stdout
    assert list(elsewhere.iterdir()) == [elsewhere / "sla_config.yaml"]

    empty = sla("doctor", "--json", DATABASE_URL=database_url_of(empty_database_url))
    assert wrong(empty) == {}
    assert "`sla migrate` or the first start makes them" in empty.stdout

    away = sla("doctor", "--json", DATABASE_URL="postgresql://127.0.0.1:1/x")
    [(said, level)] = wrong(away).items()
    assert (level, "database: It does not answer: " in said) == ("fault", True)

    strange = sla("doctor", "--json", DATABASE_URL="postgresql://me:%zz@127.0.0.1/x")
    assert "has a bare % in its password" in "".join(wrong(strange))

    unread = sla("doctor", "--json", DATABASE_URL="mysql://127.0.0.1/x", LOG_LEVEL="loud")
    assert [one.partition(":")[0] for one in wrong(unread)] == ["environment"] * 2

    (elsewhere / "sla_config.yaml").write_text(CONFIG.replace("4h", "4 aeons"))
    refused = sla("doctor", "--json")
    assert any("The file is refused: " in one for one in wrong(refused))

    proxy = sla("doctor", "--json", HTTPS_PROXY="socks5://127.0.0.1:1", DEBUG="1")
    assert any("DEBUG" in one for one in wrong(proxy))


def test_a_proxy_that_asks_who_it_is_guards_a_public_address_as_a_token_does() -> None:
    public = {"PUBLIC_URL": "https://sla.example.com"}
    said = [
        any(
            "whoever reaches that address" in one for one in wrong(sla("doctor", "--json", **given))
        )
        for given in (public, {**public, "SLA_PROXY_KEY": "k" * 32})
    ]
    assert said == [True, False]


def test_a_database_of_another_version_is_said_before_it_is_started_on(
    database_url: str,
) -> None:
    url = database_url_of(database_url)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DROP TABLE verified_backups")
        conn.execute("DELETE FROM event_store_migrations WHERE name LIKE '0013%'")
        lacking = sla("doctor", "--json", DATABASE_URL=url)
        conn.execute("INSERT INTO event_store_migrations VALUES ('9999_later.sql', '0')")
        later = sla("doctor", "--json", DATABASE_URL=url)
    assert any("lacks 1 migration of this version, up to 0013" in one for one in wrong(lacking))
    [(said, level)] = wrong(later).items()
    assert (level, "9999_later.sql" in said) == ("fault", True)


def test_a_service_that_should_answer_and_does_not_is_a_fault() -> None:
    result = sla("doctor", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert "fault   processes     No service answers at http://127.0.0.1:1.\n" in result.stdout
    assert result.stdout.endswith("\n1 fault.\n")


async def test_a_pooler_is_found_with_the_way_in_which_it_lends(
    database_url: str, tmp_path: Path
) -> None:
    with pgbouncer(tmp_path / "pooler", database_url, most=3) as bouncer:
        by_way = bouncer.through(database_url)
        for address, pooling in ((database_url, None), (by_way, "transaction")):
            async with await asking.connected(address) as conn:
                facts = await asking.server(conn, address)
            assert facts.pooling == pooling
            assert facts.schema is not None


def test_a_process_takes_as_many_connections_as_is_said() -> None:
    async def scene() -> int:
        service = Service(Settings(), environment={})
        await service.client.aclose()
        return sum(one.max_size for one in (service.pool, service.reading, service.sending))

    assert asyncio.run(scene()) == PROCESS


def test_a_token_that_soon_expires_is_said_and_the_log_s_tokens_count(
    furnished_database_url: str,
) -> None:
    async def made() -> None:
        pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            furnished_database_url, min_size=1, open=False
        )
        async with pool:
            wanted = Wanted("zendesk", ["write"], now() + timedelta(days=3), None, None)
            await Tokens(pool).make(wanted, now=now(), correlation_id=None)

    asyncio.run(made())
    url = database_url_of(furnished_database_url)
    result = sla("doctor", "--json", DATABASE_URL=url, PUBLIC_URL="https://sla.example.com")
    said = list(wrong(result))
    assert any("The token zendesk expires in 2 days 23 hours" in one for one in said)
    assert not any("no token" in one for one in said)
