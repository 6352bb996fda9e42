"""Which milestones are raised when, which are recorded only, and which are taken back."""

from dataclasses import replace

import pytest

from engine.sla.escalation import Key, key_of, untrue
from engine.sla.policy import Policy
from engine.sla.timeline import Observation, fold
from tests.support.engines import Engine, told
from tests.support.timelines import HOUR, MINUTE, OFFICE, at, policy, saw, shown

NO_LEVELS = {"P1": dict[int, str](), "P2": dict[int, str]()}
ONE = policy({"P1": {"resolution": "4h"}, "P2": {"resolution": "8h"}}, ladders=NO_LEVELS)
OPEN = saw("09:00", "waiting", priority="P1", tier="gold")


def engine(*timeline: Observation, under: Policy = ONE) -> Engine:
    return Engine([OPEN, *timeline], [under])


def test_each_milestone_is_raised_at_its_instant() -> None:
    assert told(engine().run("09:00", "18:00")) == [
        ("warning", "mon 12:24", None),
        ("critical", "mon 12:48", None),
        ("breached", "mon 13:00:00.000001", None),
    ]


def test_an_alert_names_the_deadline_and_what_remains() -> None:
    warning, critical, breached = (one.crossing for one in engine().run("09:00", "18:00"))
    assert {shown(one.due_at) for one in (warning, critical, breached)} == {"mon 13:00"}
    assert [one.remaining for one in (warning, critical, breached)] == [
        36 * MINUTE,
        12 * MINUTE,
        -1,
    ]


def test_each_is_raised_once_whatever_the_engine_does() -> None:
    ticked = engine()
    for now in ("12:30", "12:30", "12:50", "13:00", "13:00:01", "13:00:01", "17:00"):
        ticked.tick(now)
    assert [one.crossing.milestone for one in ticked.raised] == ["warning", "critical", "breached"]


def test_at_the_deadline_itself_nothing_is_breached() -> None:
    ticked = engine()
    ticked.run("09:00", "13:00")
    assert "breached" not in {one.crossing.milestone for one in ticked.raised}
    assert ticked.tick("13:00").next_at == at("13:00") + 1


def test_a_breach_that_waits_for_the_opening_is_raised_there_with_its_deadline() -> None:
    in_office = policy({"resolution": "8h"}, calendar=OFFICE, ladders=NO_LEVELS)
    [*_, breached] = engine(under=in_office).run("09:00", "tue 12:00")
    assert (shown(breached.at), shown(breached.crossing.due_at)) == (
        "tue 09:00:00.000001",
        "mon 17:00",
    )


def test_none_falls_due_while_its_clock_is_paused_and_a_resume_does_not_rearm() -> None:
    timeline = [saw("12:30", "paused"), saw("tue 12:30", "active"), saw("tue 12:40", "paused")]
    ticked = engine(*timeline, saw("wed 09:00", "active"))
    assert told(ticked.run("09:00", "wed 18:00")) == [
        ("warning", "mon 12:24", None),
        ("critical", "wed 09:08", None),
        ("breached", "wed 09:20:00.000001", None),
    ]


def test_a_cancelled_clock_raises_no_more() -> None:
    ticked = engine(saw("12:30", "cancelled"))
    assert told(ticked.run("09:00", "18:00")) == [("warning", "mon 12:24", None)]
    assert ticked.tick("18:00").next_at is None


def test_the_engine_knows_when_to_look_again() -> None:
    ticked = engine(saw("12:00", "paused"), saw("12:10", "active"))
    assert shown(ticked.tick("09:00").next_at) == "mon 12:00"
    assert shown(ticked.tick("12:00").next_at) == "mon 12:10"
    assert shown(ticked.tick("12:10").next_at) == "mon 12:34"
    assert shown(ticked.tick("12:34").next_at) == "mon 12:58"
    assert ticked.tick("tue 09:00").next_at is None


# Suppression
def test_of_several_due_at_once_the_highest_is_sent_and_the_others_are_recorded() -> None:
    raised = engine(saw("13:30", priority="P1")).tick("13:30").raises
    assert told(raised) == [
        ("warning", "mon 12:24", "backfill"),
        ("critical", "mon 12:48", "inhibited"),
        ("breached", "mon 13:00:00.000001", None),
    ]


def test_the_highest_of_one_clock_mutes_nothing_of_another() -> None:
    both = policy({"P1": {"resolution": "4h", "update": "4h10m"}}, ladders=NO_LEVELS)
    raised = Engine([OPEN], [both]).tick("13:05").raises
    assert [(one.crossing.clock, one.crossing.milestone, one.suppressed) for one in raised] == [
        ("resolution", "warning", "inhibited"),
        ("update", "warning", "inhibited"),
        ("resolution", "critical", "inhibited"),
        ("update", "critical", None),
        ("resolution", "breached", None),
    ]


def test_breached_mutes_warning_and_critical_of_the_same_clock() -> None:
    """A target that shrinks while paused breaches at once; the warning follows on resume."""
    timeline = [saw("10:00", "paused"), saw("10:10", priority="P3"), saw("10:20", "active")]
    shrinking = policy(
        {"P1": {"resolution": "4h"}, "P3": {"resolution": "30m"}},
        ladders={"P1": {}, "P3": {}},
    )
    assert told(engine(*timeline, under=shrinking).run("09:00", "10:30")) == [
        ("breached", "mon 10:10", None),
        ("warning", "mon 10:20", "inhibited"),
        ("critical", "mon 10:20", "inhibited"),
    ]


def test_of_an_alert_that_was_armed_again_only_the_newest_is_sent() -> None:
    """Breached by the target of P1, not any more by that of P2, and by the first again."""
    timeline = [saw("13:10", priority="P2"), saw("13:20", priority="P1")]
    assert told(engine(*timeline).tick("13:30").raises) == [
        ("warning", "mon 12:24", "backfill"),
        ("critical", "mon 12:48", "inhibited"),
        ("breached", "mon 13:00:00.000001", "inhibited"),
        ("warning", "mon 13:20", "inhibited"),
        ("critical", "mon 13:20", "inhibited"),
        ("breached", "mon 13:20", None),
    ]


@pytest.mark.parametrize(
    ("now", "suppressed"),
    [("13:24", None), ("13:24:00", None), ("13:24:01", "backfill"), ("fri 09:00", "backfill")],
)
def test_what_is_older_than_notify_within_is_backfill(now: str, suppressed: str | None) -> None:
    ticked = engine(saw("12:25", "paused"))
    [warning] = ticked.tick(now).raises
    assert (warning.crossing.milestone, warning.suppressed) == ("warning", suppressed)


def test_what_an_engine_is_late_for_is_no_backfill() -> None:
    ticked = engine(saw("12:25", "paused"))
    [warning] = ticked.tick("fri 09:00", heard="13:24").raises
    assert (warning.crossing.milestone, warning.suppressed) == ("warning", None)


def test_notify_within_is_configured() -> None:
    patient = replace(ONE, notify_within=24 * HOUR)
    [*_, breached] = engine(under=patient).tick("tue 13:00").raises
    assert breached.suppressed is None


@pytest.mark.parametrize(
    ("now", "suppressed"), [("12:24", "snoozed"), ("12:29:59", "snoozed"), ("12:30", None)]
)
def test_a_snooze_mutes_until_an_instant(now: str, suppressed: str | None) -> None:
    ticked = engine()
    ticked.snoozed_until = at("12:30")
    [warning] = ticked.tick(now).raises
    assert warning.suppressed == suppressed


# Once per generation
def test_a_change_of_target_that_moves_a_milestone_ahead_arms_it_again() -> None:
    ticked = engine(saw("14:00", priority="P2"))
    raised = [key_of(one.crossing) for one in ticked.run("09:00", "18:00")]
    start = at("09:00")
    assert raised[2:4] == [
        Key("resolution", start, "breached", 0),
        Key("resolution", start, "warning", 1),
    ]
    assert ticked.retracted == []


def test_the_alert_that_was_sent_was_true_and_is_not_retracted() -> None:
    ticked = engine(saw("14:00", priority="P2"), saw("14:30", "done"))
    ticked.run("09:00", "18:00")
    assert (len(ticked.raised), ticked.retracted) == (3, [])


def test_each_cycle_has_its_own_alerts() -> None:
    anew = policy(
        {"P1": {"resolution": "1h"}},
        ladders=NO_LEVELS,
        clocks={"resolution": {"reopen": "new_cycle"}},
    )
    timeline = [saw("11:00", "done"), saw("12:00", "waiting")]
    raised = engine(*timeline, under=anew).run("09:00", "18:00")
    assert [(shown(one.crossing.started_at), one.crossing.cycle) for one in raised] == [
        ("mon 09:00", 1)
    ] * 3 + [("mon 12:00", 2)] * 3


# Corrections
def test_what_by_late_evidence_has_not_happened_is_retracted() -> None:
    ticked = engine()
    ticked.tick("13:30")
    ticked.observations.append(saw("10:00", "done"))
    found = ticked.tick("13:31")
    assert [key.milestone for key in found.retracts] == ["breached", "critical", "warning"]
    assert (found.raises, found.next_at, found.level) == ([], None, 0)


def test_what_only_moved_within_the_past_is_left_alone() -> None:
    ticked = engine()
    ticked.tick("14:30")
    ticked.observations += [saw("10:00", "paused"), saw("10:10", "active")]
    found = ticked.tick("14:31")
    assert (found.raises, found.retracts) == ([], [])


def test_what_was_retracted_is_raised_again_when_it_happens_after_all() -> None:
    ticked = engine()
    ticked.tick("13:30")
    ticked.observations += [saw("10:00", "paused"), saw("11:00", "active")]
    assert [key.milestone for key in ticked.tick("13:31").retracts] == ["breached", "critical"]
    assert told(ticked.run("13:31", "18:00")) == [
        ("critical", "mon 13:48", None),
        ("breached", "mon 14:00:00.000001", None),
    ]


def test_a_cycle_that_late_evidence_moves_has_its_alerts_retracted_and_raised_anew() -> None:
    ticked = engine()
    ticked.tick("13:30")
    ticked.observations.append(saw("08:30", "waiting"))
    found = ticked.tick("13:31")
    assert {key.started_at for key in found.retracts} == {at("09:00")}
    assert {one.crossing.started_at for one in found.raises} == {at("08:30")}
    assert [one.crossing.milestone for one in found.raises] == ["warning", "critical", "breached"]


def test_a_ticket_that_is_yet_to_be_created_has_no_alerts() -> None:
    ticked = engine()
    ticked.tick("13:30")
    ticked.observations.append(saw("13:31", created="18:00"))
    found = ticked.tick("13:31")
    assert (len(found.retracts), found.raises) == (3, [])
    assert shown(found.next_at) == "mon 18:00"


def test_before_the_engine_looks_a_fold_says_which_alerts_are_not_true() -> None:
    """What stands and is neither crossed nor foreseen by now; the fold is not counted on."""
    standing = [key_of(one.crossing) for one in engine().tick("13:30").raises]
    kept = fold([OPEN], [ONE], at("09:00"))
    assert untrue(kept, [], {}, at("13:30")) == []
    assert untrue(kept, standing, {}, at("13:30")) == []
    assert untrue(kept, standing, {}, at("12:30")) == standing[1:]
    counted = fold([OPEN, saw("13:10", "paused")], [ONE], at("13:10"))
    assert untrue(counted, standing, {}, at("13:30")) == []
    resolved = fold([OPEN, saw("10:00", "done")], [ONE], at("13:00"))
    assert untrue(resolved, standing, {}, at("13:30")) == standing
    assert untrue(resolved, standing, set(standing[:2]), at("13:30")) == standing[2:]


def test_an_earlier_breach_that_becomes_known_carries_its_true_instant() -> None:
    ticked = engine(saw("17:00", "done", created="16:00"))
    ticked.tick("17:00")
    assert ticked.raised == []
    ticked.observations.append(saw("17:10", created="12:00"))
    assert told(ticked.tick("17:10").raises)[-1] == ("breached", "mon 16:00:00.000001", "backfill")
