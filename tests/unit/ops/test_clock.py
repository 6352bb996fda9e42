"""The time of a service is the machine's while the database agrees, and else the database's."""

from datetime import UTC, datetime, timedelta

from ops.clock import TOLD_FOR, TOLERANCE, Clock, Jump

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


class Machine:
    """Clocks that go as they are told: its own two, and the database's."""

    def __init__(self, *, off: timedelta = timedelta()) -> None:
        self.database, self.wall, self.monotonic = NINE, NINE + off, 1000.0
        self.clock = Clock(lambda: self.wall, lambda: self.monotonic)

    def passes(self, time: timedelta) -> None:
        self.database, self.wall = self.database + time, self.wall + time
        self.monotonic += time.total_seconds()

    def compare(self) -> Jump | None:
        return self.clock.compare(self.database, self.monotonic)


def test_while_both_agree_it_is_the_machines() -> None:
    machine = Machine(off=TOLERANCE)
    assert not machine.compare()
    machine.passes(SECOND)
    assert machine.clock.now() == machine.wall == NINE + SECOND + TOLERANCE


def test_a_machine_that_is_off_goes_by_the_database() -> None:
    for off in (DAY, -DAY):
        machine = Machine(off=off)
        assert not machine.compare()
        machine.passes(90 * SECOND)
        assert machine.clock.now() == NINE + 90 * SECOND
        assert machine.clock.ahead == off
        assert machine.clock.jump is None


def test_a_jump_of_the_machine_alone_moves_nothing() -> None:
    machine = Machine()
    machine.compare()
    machine.wall += DAY
    machine.passes(SECOND)
    assert machine.clock.now() == NINE + SECOND
    assert not machine.compare()
    assert machine.clock.now() == NINE + SECOND
    assert machine.clock.ahead == DAY
    machine.wall -= DAY
    assert machine.clock.now() == machine.wall


def test_a_jump_of_both_is_followed_and_told_for_an_hour() -> None:
    machine = Machine()
    machine.compare()
    for by in (DAY, -DAY):
        machine.wall += by
        machine.database += by
        assert machine.clock.now() == machine.wall - by, "nobody has asked the database yet"
        assert machine.compare()
        assert machine.clock.now() == machine.wall
        assert machine.clock.jump == Jump(machine.database, by)
        assert machine.clock.ahead == timedelta()
    machine.passes(timedelta(seconds=TOLD_FOR))
    assert not machine.compare()
    assert machine.clock.jump is not None
    machine.passes(SECOND)
    assert machine.clock.jump is None


def test_a_machine_that_was_asleep_wakes_to_the_time_that_it_is() -> None:
    """Its monotonic clock stood still."""
    machine = Machine()
    machine.compare()
    machine.wall += DAY
    machine.database += DAY
    assert machine.compare()
    assert machine.clock.now() == NINE + DAY


def test_a_clock_that_is_slewed_has_not_jumped() -> None:
    machine = Machine()
    for _ in range(1000):
        machine.compare()
        machine.passes(SECOND)
        machine.monotonic -= 0.01
    assert machine.clock.jump is None


def test_an_answer_that_took_too_long_tells_no_time() -> None:
    machine = Machine()
    machine.compare()
    asked_at, told = machine.monotonic, machine.database
    machine.passes(10 * SECOND)
    assert not machine.clock.compare(told, asked_at)
    assert machine.clock.now() == NINE + 10 * SECOND
