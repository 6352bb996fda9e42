"""Services and databases that are killed while they work, as often as a test wants."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from ops.embedded import EmbeddedPostgres
from ops.embedded.leftovers import is_server_of
from ops.embedded.runfile import Running, conninfo
from ops.wiring import now
from tests.support import ledger
from tests.support.clients import (
    Client,
    Poster,
    Reader,
    Slack,
    busy,
    client_of,
    item,
    listening,
)
from tests.support.receiver import Receiver, receiving
from tests.support.service import Program, mock_slack, running, service, until

CONFIG = """
sla_targets:
  ENTERPRISE:
    P0: {response: 2s, resolution: 4s, escalation: {LEVEL_1: 25%, LEVEL_2: 75%}}
    P1: {resolution: 3s, escalation: {}}
    P2: {resolution: 10m, next_response: 10m}
alert_thresholds: {warning: 50, critical: 25}
notifications:
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
    ops: {type: webhook, url_env: OPS_URL, secret_env: OPS_SECRET}
"""
LONGEST = timedelta(seconds=10)
"""Of what is told of; after it there is nothing left to happen while the service stops."""
STATUSES = ("open", "in_progress", "pending", "open", "in_progress", "resolved")
GROUPS, SIZE = 3, 10
PATIENCE = 600.0
"""Seconds: deliveries have a pace, and every kill leaves leases to lapse."""
QUESTIONS = ("/dashboard", "/alerts?limit=10", "/tickets/left%200%200", "/tickets/left%200%200/sla")


@dataclass(frozen=True)
class Outcome:
    """What was counted when all was over."""

    acknowledged: int
    lost: int
    milestones: int
    raised_twice: int
    sent: int
    """Notices that the service believes delivered."""
    delivered: int
    """Notices that arrived, by their keys."""
    delivered_again: int
    """Of these more than once, under the same key."""
    longest: float
    """Seconds that the slowest answer to a poster took."""


def life(name: str) -> Callable[[int], list[dict[str, Any]]]:
    """Batches that take a few tickets through their statuses, over and over; two of each batch stay
    open, so that there is much to tell of however quickly the others are answered."""

    def batch(number: int) -> list[dict[str, Any]]:
        at, status = now(), STATUSES[number // GROUPS % len(STATUSES)]
        return [
            item(
                f"{name} {number % GROUPS} {place}",
                "open" if place < 2 else status,
                priority=f"P{place % 3}",
                updated_at=at + timedelta(milliseconds=place),
                last_customer_reply_at=at if place % 3 == 2 else None,
            )
            for place in range(SIZE)
        ]

    return batch


async def strike_again_and_again(
    strike: Callable[[], Awaitable[None]], times: int, posters: Sequence[Poster]
) -> None:
    """After each strike every poster gets through again, without any help."""
    for number in range(times):
        await asyncio.sleep(0.3 + number % 3 / 3)
        await strike()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(poster.gets_through() for poster in posters))


@asynccontextmanager
async def settling(program: Program, database: Callable[[], str]) -> AsyncGenerator[Client]:
    """A client; at the end all that is due has been done, and a listener has seen it all."""
    async with client_of(program) as client, listening(program) as listener:
        yield client
        await ledger.settled(database(), patience=PATIENCE, ahead=LONGEST)
        await listener.has_seen_all(client)


async def nothing_is_amiss(database: str, posters: Sequence[Poster], receiver: Receiver) -> Outcome:
    """In a database whose service has ended."""
    acknowledged = [each for poster in posters for each in poster.acknowledged]
    lost = await ledger.lost(database, acknowledged)
    assert lost == []
    await ledger.the_log_is_sound(database)
    raised = await ledger.every_milestone_is_raised_once(database)
    assert raised["ticket.alert_raised.v1"] > 50
    await ledger.the_outbox_holds_what_was_to_be_sent(database)
    rows = await ledger.rows(database, "outbox", ("position", "dedup_key"))
    sent = {row["dedup_key"] for row in rows if row["channel"] == "ops" and row["state"] == "sent"}
    assert sent <= receiver.keys.keys() <= {row["dedup_key"] for row in rows}
    assert await ledger.projections_equal_a_rebuild(database) > 100
    milestones = await ledger.milestones(database)
    return Outcome(
        acknowledged=len(acknowledged),
        lost=len(lost),
        milestones=milestones.total(),
        raised_twice=sum(times > 1 for times in milestones.values()),
        sent=len(sent),
        delivered=len(receiver.keys),
        delivered_again=sum(times > 1 for times in receiver.keys.values()),
        longest=max(poster.longest for poster in posters),
    )


async def service_is_killed(
    database_url: str, tmp_path: Path, *, times: int, address: str | None = None
) -> Outcome:
    """It goes on where it stopped; `address` is where it finds the database, if elsewhere."""

    async def strike(program: Program) -> None:
        await asyncio.to_thread(program.kill)
        ledger.let_leases_lapse(database_url)
        await asyncio.to_thread(program.start)

    outcome, program = await _struck(database_url, address, tmp_path, strike, times)
    assert program.complaints() == []
    return outcome


async def the_way_is_cut(
    database_url: str,
    tmp_path: Path,
    *,
    times: int,
    address: str,
    cut: Callable[[], None],
) -> Outcome:
    """`cut` ends what the service reaches the database by, and starts it again: it is waited
    for."""

    async def strike(_: Program) -> None:
        await asyncio.to_thread(cut)

    outcome, _ = await _struck(database_url, address, tmp_path, strike, times)
    return outcome


async def _struck(
    database_url: str,
    address: str | None,
    tmp_path: Path,
    strike: Callable[[Program], Awaitable[None]],
    times: int,
) -> tuple[Outcome, Program]:
    slack = mock_slack(tmp_path / "slack")
    with running(slack):
        async with receiving() as receiver:
            program = service(
                tmp_path / "service",
                CONFIG,
                database=address or database_url,
                slack=f"{slack.url}/services/slack",
                OPS_URL=receiver.url,
                OPS_SECRET="a secret",
            )
            with running(program):
                async with settling(program, lambda: database_url) as client:
                    posters = [Poster(client, life(name)) for name in ("left", "right")]
                    async with busy(*posters):
                        await strike_again_and_again(partial(strike, program), times, posters)
            return await nothing_is_amiss(database_url, posters, receiver), program


async def database_is_killed(tmp_path: Path, *, times: int) -> Outcome:
    """It is waited for, and so is a Slack that hangs."""
    slack, folder = mock_slack(tmp_path / "slack"), tmp_path / "service"

    def server() -> Running:
        found = Running.read(folder / "data" / "postgres.json")
        assert found is not None
        return found

    def database() -> str:
        return conninfo(server().socket_dir, port=server().port)

    def announced() -> bool:  # a pid that is out of date may be a stranger's by now
        return is_server_of(server().postmaster_pid, folder / "data" / "postgres")

    async def strike() -> None:
        await asyncio.to_thread(until, announced, "the server that runs is announced")
        os.kill(server().postmaster_pid, signal.SIGKILL)

    async with receiving() as receiver:
        with running(slack):
            program = service(
                folder,
                CONFIG,
                slack=f"{slack.url}/services/slack",
                OPS_URL=receiver.url,
                OPS_SECRET="a secret",
            )
            with running(program):
                async with settling(program, database) as client:
                    at_slack = Slack(slack)
                    await at_slack.behave(delay_seconds=60)  # longer than the courier waits
                    posters = [Poster(client, life(name)) for name in ("left", "right")]
                    reader = Reader(client, QUESTIONS)
                    async with busy(reader, *posters):
                        await client.until(receiver.heard, "others are told while Slack hangs")
                        assert await at_slack.messages("slack") == []
                        await at_slack.behave(delay_seconds=0)
                        await strike_again_and_again(strike, times, posters)
                    for poster in posters:  # put off at worst, and never refused a connection
                        assert poster.refusals.keys() <= {"503"}
                assert await at_slack.messages("slack") != []
            slack.kill()  # its hung answers are not worth waiting for
        with EmbeddedPostgres(folder / "data") as postgres:
            outcome = await nothing_is_amiss(postgres.conninfo, posters, receiver)
        assert set(receiver.keys.values()) == {1}  # what was sent is marked as sent in the end
        return outcome
