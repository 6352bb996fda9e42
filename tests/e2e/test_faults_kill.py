"""While processes are killed nothing acknowledged is lost, and nothing is raised twice."""

from pathlib import Path

from tests.support import kills


async def test_a_service_that_is_killed_goes_on_where_it_stopped(
    database_url: str, tmp_path: Path
) -> None:
    await kills.service_is_killed(database_url, tmp_path, times=3)


async def test_a_database_that_is_killed_and_a_slack_that_hangs_are_waited_for(
    tmp_path: Path,
) -> None:
    await kills.database_is_killed(tmp_path, times=2)
