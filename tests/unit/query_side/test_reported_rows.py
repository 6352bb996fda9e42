"""The rows that a replay makes of a ticket are those that the read table has of it."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.sla.instants import moment
from projections.buffer import Buffer
from projections.ticket_clocks import TicketClocks
from query_side.audit.reported.life import life
from query_side.audit.reported.rows import rows
from tests.support.items import identity
from tests.support.log_in_memory import Log
from tests.support.sent import sent
from tests.support.timeline_strategies import Story, exact, stories, ticks
from tests.unit.command_side.test_casefile_properties import batches, known, sizes, sometimes, watch

Rows = Mapping[tuple[str, int], Mapping[str, Any]]
WHEN = ("started_at", "stopped_at", "due_at", "breached_at", "overdue_from", "acknowledged_at")
UNEXCUSED = ("breached_at_unexcused", "overdue_from_unexcused")
ALWAYS = (*WHEN, *UNEXCUSED, "state", "target_seconds", "uncounted_seconds")
TIMES = ("elapsed_seconds", "paused_seconds", "excused_seconds", "out_of_hours_seconds")
JUDGED_BY = ("rule", "team", "tier", "priority", "organization", "type", "policy")
OVER = ("elapsed_seconds", "paused_seconds", "excused_seconds", "out_of_hours_seconds")
"""Of what goes on, each is counted as far as somebody looked."""


def read_table(log: Log) -> Rows:
    """As the projection folds the stream."""
    projector = TicketClocks()
    buffer = Buffer(projector.tables)
    buffer.add(projector.rows(log.stream))
    return {
        (row["clock"], row["cycle"]): {
            **{
                name: moment(value)
                if isinstance(value, int) and name in (*WHEN, *UNEXCUSED)
                else value
                for name, value in row.items()
            },
            "tier": row["customer_tier"],
        }
        for row in buffer.tables["ticket_clocks"].upserts.values()
    }


def replayed(story: Story, log: Log, now: int) -> Rows:
    found = life(log.stream)
    assert found is not None
    made = rows(found, known(story, now), log.excuses, now)
    return {(one.clock, one.cycle): one._asdict() for one in made}


def live(story: Story, log: Log, now: int, until: int) -> None:
    """The engine looks whenever something is due, and a version that is accepted is applied."""
    for one in story.policies:
        if now < one.accepted_at <= until:
            list(watch(story, log, now, one.accepted_at - 1))
            now = one.accepted_at
            log.follow(known(story, now), moment(now))
    list(watch(story, log, now, until))


def compare(story: Story, log: Log, now: int) -> None:
    table, found = read_table(log), replayed(story, log, now)
    assert table.keys() == found.keys()
    for key, row in table.items():
        names = [*ALWAYS, *JUDGED_BY, "acknowledged_at"]
        if row["state"] in ("met", "breached", "cancelled"):
            names += OVER
        assert {name: row[name] for name in names} == {name: found[key][name] for name in names}


@given(stories(instants=st.one_of(ticks, exact)), sizes, sometimes)
def test_replay_and_read_table_have_the_same_rows(
    story: Story, sizes: list[int], acknowledged: list[bool]
) -> None:
    log, now = Log(identity()), 0
    for number, batch in enumerate(batches(story, sizes)):
        if log.stored is not None:
            live(story, log, now, batch[-1].now)
        now = batch[-1].now
        log.ingest([sent(each.one) for each in batch], known(story, now), moment(now))
        if acknowledged[number % len(acknowledged)]:
            log.acknowledge(known(story, now), moment(now))
        compare(story, log, now)
    live(story, log, now, story.end)
    compare(story, log, story.end)
