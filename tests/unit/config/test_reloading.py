"""A configuration that holds comes into force; one that does not leaves the last good one."""

from dataclasses import replace
from datetime import UTC, datetime
from math import nan
from pathlib import Path

import pytest

from config import reading
from config.loading import Loaded, load
from config.problems import ConfigError
from config.reloading import Reloader
from config.versions import PolicyBook
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.statuses import NEWEST

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
GOOD = "sla_targets: {gold: {high: {resolution: 4h}}}"
BETTER = "sla_targets: {gold: {high: {resolution: 2h}}}"
DOUBTFUL = "sla_targets: {gold: {high: {response: 4h, escalation: {LEVEL_1: 10}}}}"
BAD = "sla_targets:\n  gold: {high: {resolution: 2d}}"


class Log:
    """A log in memory that numbers what it records."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, str]] = []
        self.accepted_at: list[int] = []
        self.away = False
        self.another_was_quicker = False

    async def record(self, loaded: Loaded, *, author: str) -> int | None:
        if self.away:
            raise ConnectionError("the database is away")
        if self.another_was_quicker:
            return None
        self.recorded.append((loaded.content, author))
        self.accepted_at.append(loaded.policy.accepted_at)
        return 10 * len(self.recorded)


def reloader(
    book: PolicyBook, log: Log, *, warning: float = 0.15, critical: float = 0.05
) -> Reloader:
    return Reloader(
        book,
        log.record,
        name="sla_config.yaml",
        warning=warning,
        critical=critical,
        channel_types=CHANNEL_TYPES,
        now=lambda: NOON,
    )


async def test_what_holds_is_recorded_and_in_force_under_its_number() -> None:
    book, log = PolicyBook(), Log()
    reload = reloader(book, log)
    await reload.take(GOOD)
    await reload.take(BETTER, author="ada")
    assert log.recorded == [(GOOD, "sla_config.yaml"), (BETTER, "ada")]
    assert log.accepted_at == [int(NOON.timestamp()) * 1_000_000] * 2
    assert [(policy.version, policy.author) for policy in book.all] == [
        (10, "sla_config.yaml"),
        (20, "ada"),
    ]
    assert reload.status.error is None


async def test_what_is_in_force_already_is_not_recorded_again() -> None:
    book, log = PolicyBook(), Log()
    await reloader(book, log).take(GOOD)
    await reloader(book, log).take(GOOD)
    assert len(log.recorded) == 1


async def test_other_thresholds_of_the_environment_are_another_version() -> None:
    book, log = PolicyBook(), Log()
    await reloader(book, log).take(GOOD)
    await reloader(book, log, warning=0.25).take(GOOD)
    assert [policy.warning for policy in book.all] == [15, 25]


async def test_more_built_in_statuses_are_another_version_and_fewer_are_not() -> None:
    book, log = PolicyBook(), Log()
    before = load(
        GOOD,
        version=1,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
        built_in=1,
    )
    book.add(before)

    await reloader(book, log).take(GOOD)
    assert len(log.recorded) == 1
    assert book.current.phase("solved") == "done"

    book.add(replace(before, built_in=NEWEST + 1).numbered(11))
    await reloader(book, log).take(GOOD)
    assert len(log.recorded) == 1


async def test_a_bad_file_leaves_the_last_good_one_in_force_and_is_remembered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    book, log = PolicyBook(), Log()
    reload = reloader(book, log)
    await reload.take(GOOD)
    await reload.take(BAD)
    assert book.current.version == 10
    assert str(reload.status.error).startswith("sla_config.yaml:2: sla_targets.gold.high.resolut")
    assert reload.status.since == NOON
    assert [problem.line for problem in reload.status.problems] == [2]
    assert "the last good one stays in force" in caplog.text


async def test_the_error_is_forgotten_when_the_old_content_returns() -> None:
    book, log = PolicyBook(), Log()
    reload = reloader(book, log)
    for content in (GOOD, BAD, GOOD):
        await reload.take(content)
    assert reload.status.error is None
    assert len(log.recorded) == 1


async def test_a_file_that_cannot_be_read_leaves_the_last_good_one(tmp_path: Path) -> None:
    book, log = PolicyBook(), Log()
    reload = reloader(book, log)
    await reload.take(GOOD)
    with pytest.raises(ConfigError) as caught:
        reading.read(tmp_path / "sla_config.yaml")
    await reload.take(caught.value)
    assert "cannot be read" in str(reload.status.error)
    assert book.current.version == 10


async def test_a_failure_of_ours_leaves_the_last_good_one_and_is_told() -> None:
    book, log = PolicyBook(), Log()
    await reloader(book, log).take(GOOD)
    broken = reloader(book, log, warning=nan)
    await broken.take(BETTER)
    assert "could not be read: ValueError" in str(broken.status.error)
    assert book.current.version == 10


async def test_what_could_not_be_recorded_is_offered_again() -> None:
    book, log = PolicyBook(), Log()
    reload = reloader(book, log)
    await reload.retry()
    log.away = True
    await reload.take(GOOD, author="ada")
    assert book.newest is None
    assert "could not be recorded: the database is away" in str(reload.status.error)
    assert [problem.line for problem in reload.status.problems] == [0]
    log.away = False
    await reload.retry()
    assert log.recorded == [(GOOD, "ada")]
    assert reload.status.error is None
    await reload.retry()
    assert len(log.recorded) == 1


async def test_what_another_node_recorded_first_comes_by_the_log() -> None:
    book, log = PolicyBook(), Log()
    log.another_was_quicker = True
    reload = reloader(book, log)
    await reload.take(GOOD)
    assert book.newest is None
    assert reload.status.error is None


async def test_warnings_of_the_accepted_file_are_kept_for_the_operator() -> None:
    reload = reloader(PolicyBook(), Log())
    await reload.take(DOUBTFUL)
    assert reload.status.error is None
    assert len(reload.status.warnings) == 1


def applied(text: str, version: int, reason: str = "a holiday entered late") -> Loaded:
    """By command, by ann."""
    made = load(
        text,
        version=version,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )
    return made.by("ann").applied(None, reason)


async def test_a_file_takes_nothing_back_that_was_applied_in_its_place() -> None:
    book, log = PolicyBook(), Log()
    await reloader(book, log).take(GOOD)
    book.add(applied(BETTER, 11))
    book.add(applied(DOUBTFUL, 12))
    again = reloader(book, log)  # as at a start
    for old in (GOOD, BETTER):
        await again.take(old)
        assert "before ann applied version 12 in its place" in str(again.status.error)
    await again.take(DOUBTFUL)
    assert (again.status.error, len(log.recorded)) == (None, 1)


async def test_what_is_new_in_the_file_comes_after_what_was_applied() -> None:
    book, log = PolicyBook(), Log()
    await reloader(book, log).take(GOOD)
    book.add(applied(BETTER, 11))
    await reloader(book, log).take(DOUBTFUL)
    assert book.current.version == 20
    await reloader(book, log).take(GOOD)
    assert book.current.version == 30
    empty = PolicyBook()
    empty.add(applied(BETTER, 1))
    await reloader(empty, Log()).take(GOOD)
    assert empty.current.version == 10


async def test_somebody_who_says_so_by_name_may_go_back() -> None:
    book, log = PolicyBook(), Log()
    await reloader(book, log).take(GOOD)
    book.add(applied(BETTER, 11))
    await reloader(book, log).take(GOOD, author="ada")
    assert book.current.author == "ada"
