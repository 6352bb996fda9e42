"""The rows that a replay makes of a ticket are those that the read table has of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sla.instants import moment
from engine.sla.timeline import Observation
from projections.buffer import Buffer
from projections.ticket_clocks import TicketClocks
from query_side.audit.reported.life import life
from query_side.audit.reported.rows import rows
from query_side.audit.what_if.past import past
from query_side.audit.what_if.sums import By, Grouping, Side
from tests.support import incidents
from tests.support.items import identity
from tests.support.log_in_memory import Log
from tests.support.sent import complete, sent
from tests.support.slowly import POLICIES
from tests.support.timeline_strategies import STATUS, Arrival, Story, exact, stories, ticks
from tests.support.timelines import DAY
from tests.unit.command_side.test_casefile_properties import batches, known, sizes, sometimes, watch

Rows = Mapping[tuple[str, int], Mapping[str, Any]]
WHEN = ("started_at", "stopped_at", "due_at", "breached_at", "overdue_from", "acknowledged_at")
UNEXCUSED = ("breached_at_unexcused", "overdue_from_unexcused")
ALWAYS = (*WHEN, *UNEXCUSED, "state", "target_seconds", "uncounted_seconds")
JUDGED_BY = ("rule", "team", "tier", "priority", "organization", "policy")
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
        if row["stood_at"] is not None:
            names.append("type")  # else it is its ticket's
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


GROUPS: Sequence[Grouping] = ("clock", "rule", "tier", "priority", "team", "organization")


@given(stories(instants=st.one_of(ticks, exact)), sizes)
def test_what_if_has_the_past_in_the_groups_of_these_rows(story: Story, sizes: list[int]) -> None:
    log, now, end = Log(identity()), 0, moment(story.end)
    for batch in batches(story, sizes):
        if log.stored is not None:
            live(story, log, now, batch[-1].now)
        now = batch[-1].now
        log.ingest([sent(each.one) for each in batch], known(story, now), moment(now))
    live(story, log, now, story.end)
    found, versions, side = past(log.stream), known(story, story.end), Side()
    assert found is not None
    fold = found.folded(found.versions(versions), found.excused(log.excuses), story.end)
    side.count(found, fold, versions.current, By(GROUPS), {})

    reported = Counter[tuple[Any, ...]]()
    for row in replayed(story, log, story.end).values():
        overdue = row["overdue_from"] is not None and row["overdue_from"] <= end
        going_on = "breached" if overdue else "open"
        outcome = going_on if row["stopped_at"] is None else row["state"]
        words = (None if row[name] is None else row[name].casefold() for name in GROUPS)
        reported[*words, outcome] += 1
    assert reported == Counter(
        {
            (*key, outcome): count
            for key, counted in side.groups.items()
            for outcome in ("met", "breached", "cancelled", "open")
            if (count := getattr(counted, outcome))
        }
    )


@pytest.mark.parametrize("under", ["rules", "office"])
def test_real_incidents_have_the_same_rows_both_ways(under: str) -> None:
    for number, observations in incidents.tickets(every=250).items():
        arrivals = [Arrival(one.at, one) for one in with_statuses(observations)]
        end = observations[-1].at + 30 * DAY
        story = Story(arrivals, [POLICIES[under]], end)
        log = Log(identity())
        for each in arrivals:
            list(watch(story, log, each.now, each.now))
            log.ingest([sent(each.one)], known(story, each.now), moment(each.now))
            compare(story, log, each.now)
        live(story, log, arrivals[-1].now, end)
        compare(story, log, end)
        assert log.stream, number


def with_statuses(observations: Sequence[Observation]) -> list[Observation]:
    """Each phase by a status of its own; the first says all that a ticket has to."""
    told = [
        one if one.phase is None else one._replace(status=STATUS[one.phase], tier="gold")
        for one in observations
    ]
    first = complete(Arrival(told[0].at, told[0])).one
    return [first, *told[1:]]
