"""Several processes of each role on one database, overlapping in everything, do it all once."""

from pathlib import Path

from tests.support.hammer import Size, hammered

SIZE = Size(workers=3, apis=2, tickets=40, batch=25, batches=20, seconds=2)


async def test_many_processes_on_one_database_do_everything_once(
    database_url: str, tmp_path: Path
) -> None:
    await hammered(database_url, tmp_path, SIZE)
