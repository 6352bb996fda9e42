"""Behind PgBouncer in transaction mode all that is promised holds as it does without."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from ops.embedded import EmbeddedPostgres
from ops.embedded.runfile import Running
from tests.long.test_hammer_long import CROWDED, KILLED
from tests.long.test_kills import DATABASE_KILLS, SERVICE_KILLS, show
from tests.support import kills
from tests.support.figures import Figures, scaled
from tests.support.hammer import Size, hammered
from tests.support.pgbouncer import PgBouncer, is_between, pgbouncer

pytestmark = pytest.mark.long

SERVERS = 20
"""That PgBouncer lends, its default: fewer than the connections that eight processes hold."""


@pytest.fixture
def bouncer(database_url: str, tmp_path: Path) -> Generator[PgBouncer]:
    with pgbouncer(tmp_path / "pgbouncer", database_url, most=SERVERS) as bouncer:
        assert is_between(bouncer.through(database_url))
        yield bouncer


@pytest.mark.parametrize("size", [KILLED, CROWDED], ids=["four of each, two killed", "crowded"])
async def test_many_processes_do_everything_once(
    size: Size, bouncer: PgBouncer, database_url: str, tmp_path: Path, figures: Figures
) -> None:
    address = bouncer.through(database_url)
    outcome = await hammered(database_url, tmp_path, size, address=address)
    figures("API and worker processes", f"{size.apis} and {size.workers}")
    figures("servers that PgBouncer lends", SERVERS)
    figures("items acknowledged", outcome.acknowledged)
    figures("items lost", outcome.lost)
    figures("milestones", outcome.milestones)
    figures("milestones raised twice", outcome.raised_twice)
    figures("rows equal to a rebuild", outcome.rows)
    figures("deadlocks", outcome.deadlocks)
    figures("requests sent again", outcome.refusals)
    figures("longest POST, in seconds", outcome.longest)


async def test_a_service_that_is_killed_goes_on_where_it_stopped(
    bouncer: PgBouncer, database_url: str, tmp_path: Path, figures: Figures
) -> None:
    times, address = scaled(SERVICE_KILLS), bouncer.through(database_url)
    figures("kills of the service", times)
    show(
        figures, await kills.service_is_killed(database_url, tmp_path, times=times, address=address)
    )


async def test_a_pgbouncer_that_is_killed_is_waited_for(
    bouncer: PgBouncer, database_url: str, tmp_path: Path, figures: Figures
) -> None:
    def cut() -> None:
        bouncer.kill()
        bouncer.start()

    times, address = scaled(DATABASE_KILLS), bouncer.through(database_url)
    figures("kills of PgBouncer", times)
    show(
        figures,
        await kills.the_way_is_cut(database_url, tmp_path, times=times, address=address, cut=cut),
    )


async def test_a_database_that_is_killed_behind_it_is_waited_for(
    tmp_path: Path, figures: Figures
) -> None:
    times = scaled(DATABASE_KILLS)
    figures("kills of the database", times)
    with EmbeddedPostgres(tmp_path / "data") as postgres:

        def cut() -> None:
            server = Running.read(tmp_path / "data" / "postgres.json")
            assert server is not None
            os.kill(server.postmaster_pid, signal.SIGKILL)

        database = postgres.conninfo
        with pgbouncer(tmp_path / "pgbouncer", database, most=SERVERS) as bouncer:
            address = bouncer.through(database)
            show(
                figures,
                await kills.the_way_is_cut(
                    database, tmp_path, times=times, address=address, cut=cut
                ),
            )
