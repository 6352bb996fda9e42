"""What is known of who is on call: which version counts, whom it names, and what is news."""

import pytest

from command_side.deciding.events import SilenceEnded
from command_side.deciding.on_call import (
    DAY,
    NOBODY_ON_CALL,
    Answer,
    RotaBook,
    Version,
    change,
)
from engine.sla.rotations import Plan, Rotation, Shift
from tests.support.formats.others import SILENCE
from tests.support.rotas import book, read, recorded

PAYMENTS = Rotation("payments", ("slack",), ("boss",))
PLAN = Plan((Shift(0, 100, "anna"), Shift(0, 100, "ben", 2)), (Shift(50, 60, "chloe"),))


def test_people_are_those_of_the_newest_version_at_the_instant_and_level() -> None:
    known = book(read(Plan(), 0), read(PLAN, 10))
    assert known.number == 2
    assert known.people(PAYMENTS, 20, 1) == Answer(("anna",), 2)
    assert known.people(PAYMENTS, 20, 2) == Answer(("anna", "ben"), 2)
    assert known.people(PAYMENTS, 55, 2) == Answer(("chloe", "ben"), 2)


def test_somebody_who_is_on_call_twice_is_told_once() -> None:
    known = book(read(Plan((Shift(0, 9, "anna"), Shift(0, 9, "anna", 1))), 0))
    assert known.people(PAYMENTS, 5, 1).people == ("anna",)


def test_when_nobody_is_on_call_the_fallback_is_told_and_that_is_said() -> None:
    known = book(read(PLAN, 0))
    assert known.people(PAYMENTS, 100, 9) == Answer(("boss",), 1, fallback=True)
    assert NOBODY_ON_CALL.people(PAYMENTS, 5, 0) == Answer(("boss",), 0, fallback=True)
    alone = Rotation("payments", ("slack",))
    assert NOBODY_ON_CALL.people(alone, 5, 0) == Answer((), 0, fallback=True)


def test_calendars_that_could_not_be_read_for_a_day_are_stale_however_old_what_they_say_is() -> (
    None
):
    known = book(read(Plan((Shift(0, 10 * DAY, "anna"),)), 0))
    known.read_at = {"payments": 2 * DAY}
    assert known.people(PAYMENTS, 3 * DAY, 0) == Answer(("anna",), 1)
    assert known.people(PAYMENTS, 3 * DAY + 1, 0) == Answer(("anna",), 1, stale=True)
    assert known.people(PAYMENTS, 10 * DAY, 0) == Answer(("boss",), 1, fallback=True, stale=True)


def test_calendars_that_could_never_be_read_are_stale_those_not_looked_at_are_not() -> None:
    known = book()
    assert known.people(PAYMENTS, 2 * DAY, 0) == Answer(("boss",), 0, fallback=True)
    known.read_at = {"payments": 0}
    assert known.people(PAYMENTS, 2 * DAY, 0) == Answer(("boss",), 0, fallback=True, stale=True)


def test_what_was_known_at_an_instant_is_the_newest_version_by_then_that_reaches_back() -> None:
    one, two, three = read(PLAN, 0), read(Plan(), 40), read(PLAN, 70)
    known = book(one, two, three, keep=None)

    def number(at: int, known_at: int) -> int | None:
        found = known.version("payments", at, known_at)
        return None if found is None else found.number

    assert number(45, 45) == 2
    assert number(45, 99) == 2  # what counted then; who reads later knows nothing of the past
    assert number(45, 39) == 1  # as it was planned
    assert number(45, 40) == 2  # read at that very instant
    assert number(80, 50) == 2
    assert number(80, 80) == 3
    assert number(-5, 99) == 1
    assert number(45, -1) is None
    assert known.version("ops", 45, 45) is None


def test_for_deciding_two_versions_of_each_rotation_are_kept() -> None:
    known = book(read(PLAN, 0), read(PLAN, 1), read(PLAN, 2), read(PLAN, 3, "ops"))
    assert known.version("payments", 5, 0) is None
    assert [one and one.number for one in map(known.newest, ("payments", "ops"))] == [3, 4]
    assert known.newest("support") is None


def test_another_event_is_no_version() -> None:
    with pytest.raises(ValueError, match="says nothing of who is on call"):
        RotaBook().take(recorded(1, SilenceEnded(silence_id=SILENCE, ended_at=0), 0))


def before(plan: Plan = PLAN, until: int = 1000) -> Version:
    return Version(1, 0, 0, until, plan)


@pytest.mark.parametrize(
    ("plan", "now", "until", "is_news"),
    [
        (PLAN, 10, 1000, False),
        (PLAN, 10, 1000 + DAY - 1, False),  # read further, but not by a day
        (PLAN, 10, 1000 + DAY, True),
        (Plan((Shift(30, 100, "anna"), PLAN.calendar[1]), PLAN.overrides), 30, 1000, False),
        (Plan((Shift(0, 100, "dev"), PLAN.calendar[1]), PLAN.overrides), 10, 1000, True),
        (Plan(PLAN.calendar), 10, 1000, True),
        (Plan(PLAN.calendar), 60, 1000, False),  # what has gone is past
        (Plan(), 100, 1000, False),
        (Plan((*PLAN.calendar, Shift(900, 950, "anna")), PLAN.overrides), 10, 1000, True),
        (Plan((*PLAN.calendar, Shift(1000, 1050, "anna")), PLAN.overrides), 10, 1100, False),
    ],
)
def test_news_is_what_changes_who_is_on_call_from_now_on(
    plan: Plan, now: int, until: int, is_news: bool
) -> None:
    found = change(before(), "payments", plan, now, until)
    assert (found is not None) == is_news


def test_a_version_says_again_what_was_read() -> None:
    (found,) = [book(read(PLAN, 7)).newest("payments")]
    assert found == Version(1, 7, 7, 7 + DAY, PLAN)
