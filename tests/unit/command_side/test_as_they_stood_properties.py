"""Whatever a ticket has been through: what its cycles count under, and what their time was."""

from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from command_side.deciding.events import Observation
from engine.sla import timeline
from engine.sla.excuses import Excuses
from engine.sla.instants import micros, moment
from engine.sla.uses import Uses
from engine.sla.verdict import view as timeline_view
from tests.support.cycle_rows import rows, stands
from tests.support.items import identity
from tests.support.log_in_memory import Log
from tests.support.sent import sent
from tests.support.timeline_strategies import Story, exact, excuses, stories, ticks
from tests.unit.command_side.test_casefile_properties import batches, known, sizes, sometimes, watch

PEOPLE, TYPES, TEAMS = ("ann", "bob", None), ("incident", "request"), ("Payments", "Legal", None)
people = st.lists(
    st.tuples(*[st.one_of(st.none(), st.sampled_from(of)) for of in (PEOPLE, TYPES, TEAMS)]),
    min_size=1,
    max_size=6,
)
People = list[tuple[str | None, str | None, str | None]]


def lived(story: Story, sizes: list[int], awake: list[bool], said: People, log: Log) -> Log:
    """Every item says, or does not, whom the ticket is assigned to, of which type and team."""
    now, turn = 0, count()
    for number, batch in enumerate(batches(story, sizes)):
        if awake[number % len(awake)]:
            list(watch(story, log, now, batch[-1].now))
        now = batch[-1].now
        submissions = [sent(each.one) for each in batch]
        for one in submissions:
            person, kind, team = said[next(turn) % len(said)]
            if person or kind is None:
                one.received.personal["assigned_to"] = person
            one.received.given |= {"type": kind} if kind else {}
            one.received.given |= {"team": team} if team or kind else {}
        log.ingest(submissions, known(story, now), moment(now))
    list(watch(story, log, now, story.end))
    return log


def had(log: Log, at: int) -> tuple[Any, Any]:
    """By going through all that was observed."""
    found: list[tuple[tuple[int, int], Observation, dict[str, Any]]] = []
    for event in log.stream:
        if isinstance(event.body, Observation):
            key = (micros(event.occurred_at), event.body.revision)
            found.append((key, event.body, event.personal.given or {}))
    found.sort(key=lambda one: one[0])
    kind, person = found[0][1].given.get("type"), None
    for (instant, _), body, personal in found:
        if instant <= at:
            kind = body.given.get("type", kind)
            person = personal.get("assigned_to", person)
    return kind, person


@given(stories(instants=st.one_of(ticks, exact)), sizes, sometimes, people)
def test_it_counts_for_whoever_had_it_then_by_the_head_and_by_the_stream(
    story: Story, sizes: list[int], awake: list[bool], said: People
) -> None:
    lazy = lived(story, sizes, awake, said, Log(identity()))
    thorough = lived(story, sizes, awake, said, Log(identity(), thorough=True))

    found, expected = rows(lazy.stream), rows(thorough.stream)
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        assert stands(lazy, *key) == stands(thorough, *key)
        times = ("paused_seconds", "excused_seconds", "out_of_hours_seconds")
        if row["stopped_at"]:
            assert [found[key][name] for name in times] == [row[name] for name in times]
        if row["stood_at"]:
            assert (row["type"], row["assigned_to"]) == had(thorough, row["stood_at"])


@given(stories(instants=st.one_of(ticks, exact)), st.data())
def test_paused_excused_and_out_of_hours_are_what_a_breakdown_says(
    story: Story, data: st.DataObject
) -> None:
    uses = Uses()
    agreed = data.draw(
        st.lists(excuses(start=min(one.one.at for one in story.arrivals)), max_size=2)
    )
    observations = [each.one for each in story.arrivals]
    observations.sort(key=lambda one: (one.at, one.revision))
    found = timeline.fold(observations, story.policies, story.end, uses, Excuses(1, agreed))
    if story.end < found.created_at:
        return
    found.count_to(story.end)
    for cycle in found.cycles():
        shown = timeline_view(cycle)
        time = uses.in_all(cycle, story.end)
        assert (shown.paused, shown.excused, shown.out_of_hours) == time[1:]
