"""The ladder: when each level is reached, and who holds it back."""

from typing import Any

import pytest

from engine.sla.escalation import (
    Acknowledgement,
    breach_instants,
    cycle_key,
    held_until,
    instants,
    lapses,
    level_at,
    next_level,
    upcoming,
)
from engine.sla.timeline import Observation, fold
from tests.support.engines import Engine, told
from tests.support.timelines import OFFICE, Seen, at, policy, saw, see, shown

LADDER = {1: "10m", 2: "20m", 3: "30m", 4: "45m"}
HOURLY = policy({"resolution": "1h"}, ladders={"P1": LADDER})
OPEN = saw("09:00", "waiting")


def climbs(*timeline: Observation, under: Any = HOURLY, until: str = "18:00") -> list[Any]:
    """Level and instant of every level raised."""
    raised = Engine([OPEN, *timeline], [under]).run("09:00", until)
    return [(m, when) for m, when, _ in told(raised) if m.startswith("level:")]


def level(seen: Seen, as_of: str, *acks: Acknowledgement) -> int:
    breaches = breach_instants(seen.fold, seen.fold.crossings())
    return level_at(seen.fold, at(as_of), acks, breaches)


# Rungs
@pytest.mark.parametrize(
    ("target", "rung", "reached"),
    [
        ("1h", "10m", "mon 09:10"),
        ("1h", "2h", "mon 11:00"),
        ("1h", "80%", "mon 09:48"),
        ("1h", "150%", "mon 10:30"),
        ("4h", "due-60m", "mon 12:00"),
        ("4h", "due+30m", "mon 13:30"),
        ("30m", "due-60m", "mon 09:00"),
        ("1h", "due+0m", "mon 10:00"),
        ("1h", "0m", "mon 09:00"),
    ],
)
def test_a_rung_is_elapsed_time_or_a_share_or_minutes_from_the_deadline(
    target: str, rung: str, reached: str
) -> None:
    under = policy({"resolution": target}, ladders={"P1": {1: rung}})
    assert climbs(under=under) == [("level:1", reached)]


def test_rungs_count_on_the_resolution_clock_with_its_calendar_and_pauses() -> None:
    in_office = policy(
        {"resolution": "16h", "response": "5m"},
        calendar=OFFICE,
        ladders={"P1": {1: "1h", 2: "due-60m", 3: "due+30m"}},
    )
    paused = [saw("10:30", "paused"), saw("12:30", "active")]
    assert climbs(*paused, under=in_office, until="fri 18:00") == [
        ("level:1", "mon 10:00"),
        ("level:2", "wed 10:00"),
        ("level:3", "wed 11:30"),
    ]


def test_keys_of_a_ladder_may_have_gaps_and_an_empty_ladder_has_no_levels() -> None:
    gaps = policy({"resolution": "1h"}, ladders={"P1": {2: "10m", 7: "20m"}})
    assert climbs(under=gaps) == [("level:2", "mon 09:10"), ("level:7", "mon 09:20")]
    assert climbs(under=policy({"resolution": "1h"}, ladders={"P1": {}})) == []


def test_levels_have_names_or_show_their_number() -> None:
    under = policy({}, level_names={1: "Team lead notified"})
    assert (under.level_name(1), under.level_name(4)) == ("Team lead notified", "4")


# Without a ladder
def test_the_default_ladder_is_by_kind_of_alert_over_all_clocks() -> None:
    under = policy({"response": "20m", "resolution": "1h"})
    raised = Engine([OPEN], [under]).run("09:00", "18:00")
    levels = [
        (one.crossing.clock, one.crossing.milestone, shown(one.at), one.suppressed)
        for one in raised
        if one.crossing.milestone.startswith("level:")
    ]
    assert levels == [
        ("response", "level:1", "mon 09:17", None),
        ("response", "level:2", "mon 09:19", None),
        ("response", "level:3", "mon 09:20:00.000001", None),
        ("resolution", "level:1", "mon 09:51", "inhibited"),
        ("resolution", "level:2", "mon 09:57", "inhibited"),
        ("resolution", "level:3", "mon 10:00:00.000001", "inhibited"),
    ]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({"warning": 1, "critical": 3, "breached": 9}, ["level:1", "level:3", "level:9"]),
        ({"warning": 1, "critical": 1, "breached": 2}, ["level:1", "level:2"]),
        ({"warning": 0, "critical": 0, "breached": 4}, ["level:4"]),
        ({"breached": 1}, ["level:1"]),
    ],
)
def test_the_default_levels_are_configured(levels: dict[str, int], expected: list[str]) -> None:
    under = policy({"resolution": "1h"}, default_levels=levels)
    found = climbs(under=under)
    assert [milestone for milestone, _ in found] == expected
    if levels.get("warning") == 1:
        assert found[0] == ("level:1", "mon 09:51")


def test_two_clocks_that_reach_a_level_together_say_so_once() -> None:
    under = policy({"response": "1h", "resolution": "1h"})
    raised = Engine([OPEN], [under]).run("09:00", "09:51")
    levels = [one for one in raised if "level" in one.crossing.milestone]
    assert [(one.crossing.clock, one.suppressed) for one in levels] == [
        ("resolution", None),
        ("response", "inhibited"),
    ]


# The level of a ticket
def test_the_level_is_the_highest_reached_by_any_open_cycle() -> None:
    under = policy({"response": "20m", "resolution": "1h"})
    timeline = [OPEN, saw("09:25", "active")]
    assert level(see(timeline, under, "09:18"), "09:18") == 1
    assert level(see(timeline, under, "09:24"), "09:24") == 3
    assert level(see(timeline, under, "09:30"), "09:30") == 0
    assert level(see(timeline, under, "09:55"), "09:55") == 1


def test_a_level_that_ended_with_its_cycle_is_said_again_by_the_next() -> None:
    under = policy({"response": "20m", "resolution": "1h"})
    raised = Engine([OPEN, saw("09:25", "active")], [under]).run("09:00", "09:55")
    assert [one for one in told(raised) if one[0] == "level:1"] == [
        ("level:1", "mon 09:17", None),
        ("level:1", "mon 09:51", None),
    ]


@pytest.mark.parametrize("phase", ["done", "cancelled"])
def test_no_level_when_no_cycle_is_open(phase: Any) -> None:
    seen = see([OPEN, saw("09:50", phase)], HOURLY, "10:00")
    assert level(seen, "10:00") == 0
    assert next_level(seen.fold, 0, [], []) is None


def test_a_paused_clock_keeps_its_level() -> None:
    assert level(see([OPEN, saw("09:25", "paused")], HOURLY, "17:00"), "17:00") == 2


def test_the_next_level_and_when_it_is_reached() -> None:
    seen = see([OPEN], HOURLY, "09:15")
    assert next_level(seen.fold, 1, [], []) == (2, at("09:20"))
    assert next_level(seen.fold, 4, [], []) is None
    held = [Acknowledgement(at("09:15"), at("09:29"))]
    assert next_level(seen.fold, 1, held, []) == (2, at("09:29"))


def test_of_levels_that_are_reached_together_the_next_is_that_which_the_ticket_then_has() -> None:
    seen = see([OPEN], HOURLY, "09:15")
    held = Acknowledgement(at("09:15"), at("09:35"))
    assert next_level(seen.fold, 1, [held], []) == (3, at("09:35"))
    assert level(see([OPEN], HOURLY, "09:35"), "09:35", held) == 3
    together = policy({"resolution": "1h"}, ladders={"P1": {1: "30m", 2: "50%", 3: "45m"}})
    assert next_level(see([OPEN], together, "09:15").fold, 0, [], []) == (2, at("09:30"))


def test_the_next_level_is_the_soonest_and_not_the_lowest() -> None:
    under = policy({"resolution": "90m"}, ladders={"P1": {1: "60m", 2: "due-60m", 3: "80m"}})
    seen = see([OPEN], under, "09:10")
    assert next_level(seen.fold, 0, [], []) == (2, at("09:30"))


# Acknowledged
def acknowledged(when: str, until: str, *, ack: str = "09:15") -> tuple[Engine, list[Any]]:
    ticked = Engine([OPEN], [HOURLY])
    ticked.run("09:00", ack)
    ticked.acknowledgements.append(Acknowledgement(at(ack), at(when)))
    return ticked, [(m, at_, why) for m, at_, why in told(ticked.run(ack, until)) if "level" in m]


def test_an_acknowledgement_stops_the_climbing() -> None:
    ticked, raised = acknowledged("10:15", "09:59")
    assert raised == []
    found = ticked.tick("09:59")
    assert (found.level, found.holds, shown(found.next_at)) == (1, True, "mon 10:00:00.000001")


def test_when_it_lapses_only_the_highest_due_level_is_sent() -> None:
    _, raised = acknowledged("09:40", "09:50")
    assert raised == [
        ("level:2", "mon 09:40", "acknowledged"),
        ("level:3", "mon 09:40", None),
        ("level:4", "mon 09:45", None),
    ]


def test_a_breach_ends_an_acknowledgement() -> None:
    _, raised = acknowledged("11:00", "18:00")
    assert raised == [
        ("level:2", "mon 10:00:00.000001", "acknowledged"),
        ("level:3", "mon 10:00:00.000001", "acknowledged"),
        ("level:4", "mon 10:00:00.000001", None),
    ]


def test_acknowledged_after_the_breach_it_holds_until_it_times_out() -> None:
    slow = policy({"resolution": "1h"}, ladders={"P1": {1: "90m", 2: "100m"}})
    ticked = Engine([OPEN], [slow])
    ticked.run("09:00", "10:20")
    ticked.acknowledgements.append(Acknowledgement(at("10:20"), at("11:20")))
    levels = [one for one in told(ticked.run("10:20", "12:00")) if "level" in one[0]]
    assert levels == [
        ("level:1", "mon 11:20", "acknowledged"),
        ("level:2", "mon 11:20", None),
    ]


def test_a_second_acknowledgement_holds_longer() -> None:
    ticked = Engine([OPEN], [HOURLY])
    ticked.run("09:00", "09:15")
    ticked.acknowledgements += [
        Acknowledgement(at("09:15"), at("09:25")),
        Acknowledgement(at("09:22"), at("09:40")),
    ]
    levels = [one for one in told(ticked.run("09:15", "09:44")) if "level" in one[0]]
    assert levels == [("level:2", "mon 09:40", "acknowledged"), ("level:3", "mon 09:40", None)]


def test_alerts_are_not_held_by_an_acknowledgement() -> None:
    ticked = Engine([OPEN], [HOURLY])
    ticked.acknowledgements.append(Acknowledgement(at("09:05"), at("11:05")))
    alerts = [one for one in told(ticked.run("09:05", "18:00")) if "level" not in one[0]]
    assert alerts == [
        ("warning", "mon 09:51", None),
        ("critical", "mon 09:57", None),
        ("breached", "mon 10:00:00.000001", None),
    ]


def test_levels_are_the_tickets_so_that_a_higher_one_mutes_the_lower_of_another_clock() -> None:
    under = policy({"response": "20m", "resolution": "22m"})
    raised = Engine([OPEN], [under]).run("09:00", "09:21")
    found = [
        (one.crossing.clock, one.crossing.milestone, one.suppressed)
        for one in raised
        if "level" in one.crossing.milestone
    ]
    assert found == [
        ("response", "level:1", None),
        ("resolution", "level:1", "inhibited"),
        ("response", "level:2", None),
        ("response", "level:3", None),
        ("resolution", "level:2", "inhibited"),
    ]


@pytest.mark.parametrize(("done", "lapses_at"), [("09:15", "10:05"), ("09:40", "09:40")])
def test_a_level_that_is_held_until_its_clock_is_over_is_never_raised(
    done: str, lapses_at: str
) -> None:
    held = Acknowledgement(at("09:05"), at(lapses_at))
    timeline = [OPEN, saw(done, "done")]
    engine = Engine(timeline, [HOURLY], acknowledgements=[held])
    assert [one for one in told(engine.run("09:00", "18:00")) if one[0].startswith("level:")] == []
    seen = see(timeline, HOURLY, "11:00")
    happened = instants(seen.fold, at("11:00"), [held], [])
    assert [key for key in happened if key.milestone.startswith("level:")] == []


def test_a_level_counts_from_the_instant_at_which_it_is_reached() -> None:
    seen = see([OPEN], HOURLY, "09:25")
    assert [level(seen, when) for when in ("09:05", "09:15", "09:25")] == [0, 1, 2]


def test_an_acknowledgement_holds_what_is_crossed_from_its_very_instant_on_until_it_lapses() -> (
    None
):
    given = Acknowledgement(10, 70)
    assert [held_until(at, [given], []) for at in (9, 10, 69, 70, 71)] == [9, 70, 70, 70, 71]
    assert [lapses(given, [breach]) for breach in (9, 10, 69, 71)] == [70, 10, 69, 70]


def test_a_level_that_was_raised_and_is_reached_since_while_it_was_held_counts_as_that_lapses() -> (
    None
):
    """Nothing is to be raised then; but the ticket comes to another level."""
    held = [Acknowledgement(at("09:15"), at("09:40"))]
    for when, ahead in (("09:25", [at("09:40")]), ("09:42", [])):
        fold = see([OPEN], HOURLY, when).fold
        raised = [cycle_key(one, f"level:{n}") for one in fold.counting() for n in LADDER]
        lapses_at = [one for one in upcoming(fold, raised, held, []) if one == at("09:40")]
        assert lapses_at == ahead


def test_what_is_reached_at_this_very_instant_has_happened_also_where_none_has_counted_to_it() -> (
    None
):
    uncounted = fold([OPEN._replace(priority="P1", tier="gold")], [HOURLY], at("09:00"))
    found = [instants(uncounted, at("09:10") + more, [], []) for more in (-1, 0)]
    assert [[key.milestone for key in each] for each in found] == [[], ["level:1"]]
