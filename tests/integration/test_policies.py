"""Versions of the configuration: each is accepted once, and every process learns of it."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from command_side import policies
from command_side.policies import Accepted
from config.problems import ConfigError
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.instants import micros
from ops.policies import PolicyLog
from tests.support.desk import CONFIG, Clock, Pool, Process, pool_of
from tests.support.items import at

ONE = "sla_targets: {GOLD: {P1: {resolution: 1h}}}\n"
TWO = "sla_targets: {GOLD: {P1: {resolution: 2h}}}\n"


@pytest_asyncio.fixture
async def pool(database_url: str) -> AsyncGenerator[Pool]:
    async with pool_of(database_url) as pool:
        yield pool


def processes(pool: Pool, count: int) -> list[Process]:
    """Each with a clock of its own."""
    return [Process(pool, Clock()) for _ in range(count)]


async def recorded(pool: Pool) -> list[tuple[int, str]]:
    """Number and content of every version in the log."""
    async with pool.connection() as conn:
        return [(one.version, one.content) for one in await policies.accepted(conn)]


async def test_a_file_that_several_processes_offer_is_accepted_once(pool: Pool) -> None:
    several = processes(pool, 4)

    await asyncio.gather(*(one.offer(CONFIG) for one in several))

    assert await recorded(pool) == [(1, CONFIG)]
    for one in several:
        assert one.reloader.status.error is None
        assert [policy.version for policy in one.book.all] == [1]


async def test_a_change_that_several_processes_see_is_accepted_once(pool: Pool) -> None:
    several = processes(pool, 3)
    await asyncio.gather(*(one.offer(ONE) for one in several))

    await asyncio.gather(*(one.offer(TWO) for one in several))
    await asyncio.gather(*(one.offer(TWO) for one in several))

    assert await recorded(pool) == [(1, ONE), (2, TWO)]
    for one in several:
        assert one.book.current.version == 2


async def test_different_files_offered_together_become_versions_one_after_the_other(
    pool: Pool,
) -> None:
    files = [f"{ONE}# {number}\n" for number in range(4)]
    several = processes(pool, 4)

    await asyncio.gather(*(one.offer(file) for one, file in zip(several, files, strict=True)))
    for one in several:
        await one.policies.follow()

    versions = await recorded(pool)
    assert [version for version, _ in versions] == [1, 2, 3, 4]
    assert {content for _, content in versions} == set(files)
    for one in several:
        assert [policy.version for policy in one.book.all] == [1, 2, 3, 4]
        accepted = [policy.accepted_at for policy in one.book.all]
        assert accepted == sorted(set(accepted))


async def test_a_version_comes_after_the_one_before_whatever_the_clocks_say(pool: Pool) -> None:
    early, late = processes(pool, 2)
    early.clock.set(-10)
    await late.offer(ONE)
    await early.policies.follow()

    await early.offer(TWO)
    await late.policies.follow()

    accepted = [policy.accepted_at for policy in late.book.all]
    assert accepted == [micros(at(0)), micros(at(0)) + 1]
    assert [policy.accepted_at for policy in early.book.all] == accepted


async def test_an_older_content_that_comes_back_is_a_new_version(pool: Pool) -> None:
    (one,) = processes(pool, 1)
    for content in (ONE, TWO, ONE):
        await one.offer(content)

    assert await recorded(pool) == [(1, ONE), (2, TWO), (3, ONE)]


async def test_a_refused_file_leaves_no_trace_in_the_log(pool: Pool) -> None:
    (one,) = processes(pool, 1)
    await one.offer(ONE)
    await one.offer("sla_targets: {GOLD: {P1: {resolution: 2d}}}\n")

    assert await recorded(pool) == [(1, ONE)]
    assert one.book.current.version == 1
    assert one.reloader.status.error is not None


async def test_the_thresholds_of_the_process_that_offered_it_hold_for_all(pool: Pool) -> None:
    one, _ = processes(pool, 2)
    one.policies = PolicyLog(pool, one.book, warning=0.5, critical=0.25)
    one.reloader = type(one.reloader)(
        one.book,
        one.policies.record,
        name="sla_config.yaml",
        warning=0.5,
        critical=0.25,
        channel_types=CHANNEL_TYPES,
        now=one.now,
    )
    await one.offer(ONE)
    other = Process(pool, Clock())
    await other.policies.follow()

    assert (other.book.current.warning, other.book.current.critical) == (50, 25)


async def test_a_number_can_be_taken_once(pool: Pool) -> None:
    one = Accepted(1, ONE, "hash", "jane", micros(at(0)), "open_tickets", 0.15, 0.05, 1)
    async with pool.connection() as conn:
        assert await policies.accept(conn, one, now=at(0))
        assert not await policies.accept(conn, one, now=at(1))
        assert await policies.accepted(conn) == [one]
        assert await policies.accepted(conn, since=1) == []


async def test_what_was_applied_last_is_kept(pool: Pool) -> None:
    async with pool.connection() as conn:
        assert await policies.last_applied(conn) == 0
        await policies.mark_applied(conn, 3, 12, now=at(0))
        await policies.mark_applied(conn, 2, 0, now=at(1))
        assert await policies.last_applied(conn) == 3


async def accepted_elsewhere(pool: Pool, content: str) -> None:
    """Another release of the program took it as the first version."""
    first = Accepted(1, content, "hash", "jane", micros(at(0)), "open_tickets", 0.15, 0.05, 1)
    async with pool.connection() as conn:
        assert await policies.accept(conn, first, now=at(0))


async def test_a_version_that_does_not_hold_here_is_named_with_what_to_do(pool: Pool) -> None:
    await accepted_elsewhere(pool, "sla_targets: {GOLD: {P1: {resolution: 1 aeon}}}\n")
    (one,) = processes(pool, 1)

    with pytest.raises(ConfigError, match=r"version 1 of the configuration, in the log:1: sla_t"):
        await one.policies.follow()
    assert one.policies.error is not None
    assert "run the release that accepted it" in one.policies.error
    assert one.book.newest is None


async def test_a_version_of_an_earlier_release_keeps_the_statuses_that_it_knew(pool: Pool) -> None:
    await accepted_elsewhere(pool, ONE)
    (one,) = processes(pool, 1)
    await one.policies.follow()

    await one.offer(ONE)

    assert [policy.phase("solved") for policy in one.book.all] == [None, "done"]
    assert await recorded(pool) == [(1, ONE), (2, ONE)]
    (other,) = processes(pool, 1)
    await other.policies.follow()
    assert [policy.phase("solved") for policy in other.book.all] == [None, "done"]


async def test_what_was_accepted_before_it_was_refused_stays_in_force(pool: Pool) -> None:
    name, mention = "c" * 101, "m" * 201
    content = (
        "sla_targets: {GOLD: {P1: {resolution: 1h}}}\n"
        "escalation: {ack_timeout_minutes: 010}\n"
        "escalation_levels: {1: ''}\n"
        "notifications:\n"
        "  channels:\n"
        f"    {name}: {{type: slack, url_env: URL, mention: {mention}}}\n"
    )
    (one,) = processes(pool, 1)
    await one.offer(content)
    assert one.reloader.status.error is not None
    await accepted_elsewhere(pool, content)

    await one.policies.follow()

    assert one.book.current.ack_timeout == 8 * 60_000_000
    assert one.book.current.level_names == {1: ""}
    [in_force] = one.book.history()
    [channel] = in_force.channels
    assert (channel.name, channel.given()["mention"]) == (name, mention)
