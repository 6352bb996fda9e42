"""What is wrong, in words that say what to do."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from query_side.troubles import Findings, troubles

WELL = Findings(database=True, config_version=3)


def told(found: Findings) -> list[tuple[str, str, str]]:
    return [(one.kind, one.what, one.remedy) for one in troubles(found, patience=30)]


def test_of_a_service_that_is_well_nothing_is_told() -> None:
    almost = replace(WELL, waiting_seconds=30.0, behind_seconds=30.0, behind_events=5)
    assert told(WELL) == told(almost) == []


@pytest.mark.parametrize(
    ("found", "kind", "what", "remedy"),
    [
        (Findings(database=False), "database", "nothing here is up to date", "PostgreSQL"),
        (replace(WELL, ended=["watch"]), "ended", "by a mistake: watch.", "Restart"),
        (replace(WELL, fed=False), "worker", "the board stands still", "sla serve --role worker"),
        (replace(WELL, fed=False), "worker", "or none can write", "`sla doctor` says whether"),
        (replace(WELL, engine_error="DataError"), "engine", "(DataError)", "log"),
        (replace(WELL, waiting_seconds=245.0), "late", "due 4 minutes 5 seconds ago", "worker"),
        (replace(WELL, behind_seconds=61, behind_events=1200), "behind", "1,200 changes", "log"),
        (replace(WELL, parked=1), "parked", "1 change could not be processed and is", "replay"),
        (replace(WELL, parked=2), "parked", "2 changes could not be processed and are", "replay"),
        (
            replace(WELL, unverified=["eu"]),
            "desk",
            "that the desk eu sends is accepted",
            "secret_env",
        ),
        (
            replace(WELL, unread={"eu": 1}),
            "desk",
            "1 delivery of the desk eu",
            "sla sources replay",
        ),
        (replace(WELL, unread={"eu": 20}), "desk", "20 deliveries of the desk eu", "sources list"),
        (
            replace(WELL, forgotten={"eu": 1}),
            "desk",
            "1 delivery of the desk eu that could not be read is dropped within a week",
            "sla sources replay",
        ),
        (replace(WELL, held=2), "undelivered", "2 messages may have been sent", "sla outbox held"),
        (replace(WELL, dead=5), "undelivered", "5 messages could not", "sla outbox status"),
        (replace(WELL, unread={"jira": 1}), "desk", "1 delivery of", "`sla sources let-be jira`"),
        (replace(WELL, dead=1), "undelivered", "1 message could not", "`sla outbox drop --dead`"),
        (
            replace(WELL, unreachable={"ops": "OPS_URL is not set"}),
            "channel",
            "ops: OPS_URL",
            "ops",
        ),
        (replace(WELL, takes_writes=False), "database", "takes no writes", "the primary"),
        (replace(WELL, config_error="line 4"), "config", "still version 3", "line 4"),
        (replace(WELL, unread_version="2:1"), "config", "updates are refused", "accepted it: 2:1"),
        (replace(WELL, clock_ahead_seconds=90), "clock", "1 minute 30 seconds ahead of", "NTP"),
        (replace(WELL, clock_ahead_seconds=-90), "clock", "1 minute 30 seconds behind", "NTP"),
        (
            replace(WELL, jumped_seconds=86_400, jumped_at=datetime(2026, 1, 6, 9, tzinfo=UTC)),
            "clock",
            "forward by 1 day, to 2026-01-06 09:00:00 UTC: what fell due meanwhile is told late",
            "withdrawn",
        ),
        (replace(WELL, jumped_seconds=-86_400), "clock", "back by 1 day: what had", "updated_at"),
        (replace(WELL, replica_lost=True), "replica", "primary answers them", "DATABASE_READ_URL"),
        (replace(WELL, losing_log_lines=True), "log", "are being lost", "has room"),
        (
            replace(WELL, stale={"payments": "CAL_URL answers 410 Gone"}),
            "on_call",
            "for payments may be out of date: the calendars could not be read for more than a day"
            " (CAL_URL answers 410 Gone).",
            "counts until then",
        ),
        (replace(WELL, stale={"ops": None}), "on_call", "more than a day.", "Mend"),
        (replace(WELL, uncovered=["ops", "web"]), "uncovered", "know: ops, web.", "sla on-call"),
        (replace(WELL, config_error="a\nb\nc"), "config", "refused", "at once: a (2 more)"),
    ],
)
def test_whatever_is_wrong_is_told_with_what_to_do(
    found: Findings, kind: str, what: str, remedy: str
) -> None:
    [(is_kind, says, helps)] = told(found)
    assert is_kind == kind
    assert what in says
    assert remedy in helps


def test_the_worst_comes_first() -> None:
    wrong = replace(WELL, dead=1, fed=False, ended=["watch"], waiting_seconds=60.0)
    assert [kind for kind, *_ in told(wrong)] == ["ended", "worker", "late", "undelivered"]
