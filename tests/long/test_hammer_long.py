"""Many processes on one database, some of them killed in the middle, do everything once."""

from pathlib import Path

import pytest

from tests.support import ledger
from tests.support.figures import Figures, scaled
from tests.support.hammer import Size, hammered

pytestmark = pytest.mark.long

KILLED = Size(
    workers=4,
    apis=4,
    tickets=200,
    batch=60,
    batches=scaled(300, least=6),
    killed=2,
)
CROWDED = Size(workers=3, apis=1, tickets=12, batch=10, batches=scaled(400, least=30))
"""Three engines look at tickets of which nearly every batch changes nearly all."""


@pytest.mark.parametrize("size", [KILLED, CROWDED], ids=["four of each, two killed", "crowded"])
async def test_many_processes_on_one_database_do_everything_once(
    size: Size, database_url: str, tmp_path: Path, figures: Figures
) -> None:
    outcome = await hammered(database_url, tmp_path, size)
    waits = await ledger.lock_waits(database_url)
    figures("API and worker processes", f"{size.apis} and {size.workers}")
    figures("of each killed and started again", size.killed)
    figures("items acknowledged", outcome.acknowledged)
    figures("items lost", outcome.lost)
    figures("events, without gap", outcome.events)
    figures("milestones", outcome.milestones)
    figures("milestones raised twice", outcome.raised_twice)
    figures("rows equal to a rebuild", outcome.rows)
    figures("deadlocks", outcome.deadlocks)
    figures("lock waits over 1 s", "the log is not to be had" if waits is None else len(waits))
    figures("requests sent again", outcome.refusals)
    figures("longest POST, in seconds", outcome.longest)
