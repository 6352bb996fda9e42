"""The release before and this one, side by side on one database, and its data folders opened."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.embedded import EmbeddedPostgres
from ops.embedded.runfile import Running, conninfo
from tests.support import ledger
from tests.support.clients import Poster, Reader, busy, client_of
from tests.support.figures import Figures, scaled
from tests.support.hammer import CONFIG, LONGEST
from tests.support.kills import QUESTIONS, life
from tests.support.receiver import receiving
from tests.support.releases import BEFORE, EARLIER, release
from tests.support.service import ROOT, Program, database_url_of, running, service

pytestmark = pytest.mark.long

SECONDS = 15
"""Of load at each stage of the roll-out."""
PAUSE = 0.1
"""Seconds between batches of ten of each of two posters: some 200 updates a second at most."""
PATIENCE = 600.0


async def migrated(database_url: str) -> list[str]:
    """The step before the roll-out, in a process of its own."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ops.cli", "migrate"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url_of(database_url)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if line.startswith("applied")]


async def loaded(posters: Sequence[Poster], seconds: float) -> float:
    """Updates a second, while each of them gets through."""
    before, began = sum(len(one.acknowledged) for one in posters), time.monotonic()
    await asyncio.sleep(seconds)
    for poster in posters:
        await poster.gets_through()
    after = sum(len(one.acknowledged) for one in posters)
    return (after - before) / (time.monotonic() - began)


@contextmanager
def ended(programs: Iterable[Program]) -> Generator[None]:
    """Whatever of them still runs at the end is stopped."""
    made = list(programs)
    try:
        yield
    finally:
        for program in made:
            program.ask_to_end()
        for program in made:
            program.stop()


async def nothing_is_amiss(database_url: str, posters: Sequence[Poster], figures: Figures) -> None:
    """Once all services have ended."""
    acknowledged = [each for poster in posters for each in poster.acknowledged]
    figures("updates acknowledged", len(acknowledged))
    figures("lost", len(await ledger.lost(database_url, acknowledged)))
    await ledger.nothing_acknowledged_is_lost(database_url, acknowledged)
    await ledger.the_log_is_sound(database_url)
    raised = await ledger.every_milestone_is_raised_once(database_url)  # and nothing is parked
    figures("milestones, each raised once", raised.total())
    await ledger.the_outbox_holds_what_was_to_be_sent(database_url)
    rows = await ledger.projections_equal_a_rebuild(database_url)
    figures("rows of the projections, equal to a rebuild", rows)


@pytest.mark.parametrize("order", [("worker", "api"), ("api", "worker")], ids="-then-".join)
async def test_two_releases_work_side_by_side_during_a_roll_out(
    empty_database_url: str, tmp_path: Path, figures: Figures, order: tuple[str, str]
) -> None:
    url, seconds = empty_database_url, scaled(SECONDS, least=2)
    root = release(BEFORE, tmp_path / "release")
    async with receiving() as receiver:

        def program(which: str, role: str, code: Path) -> Program:
            folder = tmp_path / f"{which} {role}"
            made = service(folder, CONFIG, database=url, role=role, OPS_URL=receiver.url)
            made.root = code
            return made

        old = {role: program("old", role, root) for role in order}
        new = {role: program("new", role, ROOT) for role in order}
        with ended([*old.values(), *new.values()]):
            for one in old.values():
                await asyncio.to_thread(one.start)
            async with client_of(old["api"]) as client:
                posters = [Poster(client, life(name), PAUSE) for name in ("left", "right")]
                reader = Reader(client, QUESTIONS)
                async with busy(reader, *posters):
                    figures("updates a second before", await loaded(posters, seconds))
                    figures("migrations, while it works", len(await migrated(url)))
                    figures("updates a second after them", await loaded(posters, seconds))
                    for role in order:
                        await asyncio.to_thread(new[role].start)
                        if role == "api":
                            client.program = new[role]
                        rate = await loaded(posters, seconds)
                        figures(f"with both {role}s", rate)
                        await asyncio.to_thread(old[role].stop)
                        rate = await loaded(posters, seconds)
                        figures(f"with the {role} of this release alone", rate)
                await ledger.settled(url, patience=PATIENCE, ahead=LONGEST)
            figures("seconds that the slowest answer took", max(one.longest for one in posters))
            figures("answers that were put off", sum(one.refusals.total() for one in posters))
        for one in [*old.values(), *new.values()]:
            assert one.complaints() == []
    figures("notices delivered", len(receiver.keys))
    figures("delivered twice", sum(times > 1 for times in receiver.keys.values()))
    assert set(receiver.keys.values()) == {1}
    assert reader.answers.keys() <= {200, 404}
    await nothing_is_amiss(url, posters, figures)


@pytest.mark.parametrize("commit", EARLIER)
async def test_the_data_folder_of_an_earlier_release_is_opened(
    tmp_path: Path, figures: Figures, commit: str
) -> None:
    root = release(commit, tmp_path / "release")
    posters: list[Poster] = []
    async with receiving() as receiver:
        for code in (root, ROOT):  # the second is told of the same tickets, and goes on
            program = service(tmp_path / "service", CONFIG, OPS_URL=receiver.url)
            program.root = code
            with running(program):
                found = Running.read(tmp_path / "service" / "data" / "postgres.json")
                assert found is not None
                async with client_of(program) as client:
                    poster = Poster(client, life("left"), PAUSE)
                    async with busy(poster):
                        rate = await loaded([poster], scaled(SECONDS, least=2))
                    figures(f"updates a second by {'it' if code == root else 'this one'}", rate)
                    posters.append(poster)
                    where = conninfo(found.socket_dir, port=found.port)
                    await ledger.settled(where, patience=PATIENCE, ahead=LONGEST)
            assert program.complaints() == []
    assert set(receiver.keys.values()) == {1}
    with EmbeddedPostgres(tmp_path / "service" / "data") as postgres:
        await nothing_is_amiss(postgres.conninfo, posters, figures)
