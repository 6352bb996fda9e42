"""When a failed delivery is tried again."""

from datetime import timedelta

import pytest

from engine.notify.backoff import Backoff

BACKOFF = Backoff(first=timedelta(seconds=1), most=timedelta(seconds=60), attempts=10)


@pytest.mark.parametrize(
    ("attempts", "jitter", "seconds"),
    [
        (1, 0.0, 0),
        (1, 0.5, 0.5),
        (1, 1.0, 1),
        (2, 1.0, 2),
        (4, 0.25, 2),
        (7, 1.0, 60),
        (9, 0.5, 30),
    ],
)
def test_the_wait_doubles_up_to_a_limit_and_is_spread_over_all_of_it(
    attempts: int, jitter: float, seconds: float
) -> None:
    assert BACKOFF.delay(attempts, jitter) == timedelta(seconds=seconds)


def test_after_the_last_attempt_it_gives_up() -> None:
    assert BACKOFF.delay(10, 0.5) is None
    assert BACKOFF.delay(11, 0.5) is None


def test_any_number_of_attempts_has_a_wait() -> None:
    patient = Backoff(attempts=100_000)
    assert patient.delay(99_999, 1.0) == patient.most


def test_it_goes_on_for_about_an_hour_and_nobody_waits_for_more_than_a_minute() -> None:
    waits = [Backoff().delay(attempts, 0.5) for attempts in range(1, 128)]
    assert sum((wait for wait in waits if wait), timedelta()) == timedelta(minutes=61, seconds=1.5)
    assert Backoff().delay(127, 1.0) == timedelta(minutes=1)
    assert Backoff().delay(128, 1.0) is None
