"""Killed twenty times under load, the service loses nothing and raises nothing twice."""

from pathlib import Path

import pytest

from tests.support import kills
from tests.support.figures import Figures, scaled
from tests.support.kills import Outcome

pytestmark = pytest.mark.long

SERVICE_KILLS, DATABASE_KILLS = 20, 5


def show(figures: Figures, outcome: Outcome) -> None:
    figures("items acknowledged", outcome.acknowledged)
    figures("items lost", outcome.lost)
    figures("milestones", outcome.milestones)
    figures("milestones raised twice", outcome.raised_twice)
    figures("notices marked as sent", outcome.sent)
    figures("notices at the receiver", outcome.delivered)
    figures("of these more than once, with the same key", outcome.delivered_again)
    figures("longest POST that was answered, in seconds", outcome.longest)


async def test_a_service_that_is_killed_goes_on_where_it_stopped(
    database_url: str, tmp_path: Path, figures: Figures
) -> None:
    times = scaled(SERVICE_KILLS)
    figures("kills of the service", times)
    show(figures, await kills.service_is_killed(database_url, tmp_path, times=times))


async def test_a_database_that_is_killed_is_waited_for(tmp_path: Path, figures: Figures) -> None:
    times = scaled(DATABASE_KILLS)
    figures("kills of the database", times)
    show(figures, await kills.database_is_killed(tmp_path, times=times))
