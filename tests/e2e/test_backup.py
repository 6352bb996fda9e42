"""The embedded database is copied while it works, and brought back as it was at an instant."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection
from typer.testing import CliRunner, Result

from command_side.deciding.events import OperatorActed
from command_side.event_store import append, migrate, read_commands
from command_side.event_store.resuming import LIFE
from ops.backups import folder as places
from ops.backups import leftovers
from ops.backups.folder import Backup, NoBackup
from ops.cli import app
from ops.embedded import EmbeddedPostgres, archive
from ops.wiring import now
from projections import schema
from projections.all import PROJECTORS
from tests.support.streams import note, to

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def sla(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], env={"DATABASE_URL": ""})


async def furnish(conninfo: str) -> None:
    await migrate(conninfo)
    async with await AsyncConnection.connect(conninfo) as conn:
        await schema.define(conn, PROJECTORS)


async def write(conninfo: str, name: str) -> datetime:
    """An event, and an instant by which it was acknowledged."""
    async with await AsyncConnection.connect(conninfo) as conn:
        await append(conn, [to(name, None, note(name))], now=now())
    return now()


async def commands(conninfo: str) -> list[str]:
    """What operators had done."""
    async with await AsyncConnection.connect(conninfo) as conn:
        given = [one.body for one in await read_commands(conn, 0, 100)]
    acted = [one for one in given if isinstance(one, OperatorActed)]
    return [f"{one.what} {one.about}".strip() for one in acted]


def names(conninfo: str) -> list[str]:
    with psycopg.connect(conninfo) as conn:
        query = (
            "SELECT external_id FROM heads WHERE external_id NOT IN ('log', 'operations')"
            " ORDER BY 1"
        )
        return [name for (name,) in conn.execute(query).fetchall()]


def test_an_instant_after_a_copy_comes_back(
    tmp_path: Path,
) -> None:
    data, kept = tmp_path / "data", tmp_path / "kept"
    with EmbeddedPostgres(data) as postgres:
        asyncio.run(furnish(postgres.conninfo))
        asyncio.run(write(postgres.conninfo, "before"))
        taken = sla("backup", kept, "--keep", "1", "--json", "--data-dir", data)
        assert taken.exit_code == 0, taken.output
        told = json.loads(taken.stdout)
        assert told["verified"]["reason"] is None
        assert told["verified"]["events"] == 2  # and that the log is kept
        at = asyncio.run(write(postgres.conninfo, "wanted"))
        asyncio.run(write(postgres.conninfo, "lost"))
        with psycopg.connect(postgres.conninfo) as conn:
            (newest,) = conn.execute("SELECT taken_at FROM verified_backups").fetchall()
        assert newest[0].isoformat() == told["taken_at"]
    (backup,) = places.backups(kept)  # by its end, the server has archived all of its log
    assert backup.checkpoint == told["verified"]["checkpoint"]
    modes = [one.stat().st_mode & 0o077 for one in (kept, places.wal(kept), backup.folder)]
    assert modes == [0, 0, 0]  # what people have said is in it

    to_then = ("restore", kept, "--to", f"{at.replace(tzinfo=None).isoformat()}", "--json")
    restored = sla(*to_then, "--data-dir", tmp_path / "then")
    assert restored.exit_code == 0, restored.output
    about = json.loads(restored.stdout)
    assert (about["lost_after"], about["goes_on_at"]) == (3, LIFE)
    assert about["verified"]["reason"] is None
    with EmbeddedPostgres(tmp_path / "then") as postgres:
        assert names(postgres.conninfo) == ["before", "wanted"]
        with psycopg.connect(postgres.conninfo, autocommit=True) as conn:
            assert conn.execute("SHOW archive_command").fetchone() == ("true",)
        other = tmp_path / "other"
        for _ in range(2):
            taken = sla("backup", other, "--no-verify", "--data-dir", tmp_path / "then")
            assert taken.exit_code == 0, taken.output
        for _ in range(2):
            off = sla("backup", "--off", "--data-dir", tmp_path / "then")
            assert off.exit_code == 0, off.output
        given = asyncio.run(commands(postgres.conninfo))
        assert given == [
            *(f"keep_log {kept}", "restore to position 3"),
            *(f"keep_log {other}", "keep_log_no_longer"),
        ]
    assert (places.wal(kept) / "00000002.history.gz").exists()  # the next life will be the third

    again = sla(*to_then, "--data-dir", tmp_path / "then")
    assert again.exit_code == 2
    assert "has a database already" in again.stderr


def kept_at(folder: Path, day: int, segment: int) -> Backup:
    where = places.base(folder) / f"{day}"
    where.mkdir(parents=True)
    at = NOON + timedelta(days=day)
    taken = Backup(where, at, at, places.segment_of(1, f"0/{segment:X}000028"), 1.0, 1)
    taken.keep()
    return taken


def test_older_copies_go_with_the_log_that_only_they_need(tmp_path: Path) -> None:
    copies = [kept_at(tmp_path, day, 3 * day + 2) for day in range(4)]
    places.wal(tmp_path).mkdir()
    for number in range(1, 14):
        (places.wal(tmp_path) / f"{places.segment_of(1, f'0/{number:X}000000')}.gz").touch()
    (places.wal(tmp_path) / "00000002.history.gz").touch()
    assert places.drop_all_but(tmp_path, 2) == copies[:2]
    assert places.backups(tmp_path) == copies[2:]
    assert places.drop_all_but(tmp_path, 2) == []
    left = sorted(file.name for file in places.wal(tmp_path).iterdir())
    assert left[0] == f"{copies[2].first_segment}.gz"
    assert len(left) == 13 - 7 + 1


def broken_off(kept: Path) -> list[Path]:
    """What kills leave at each step: of a copy, of its proof, and of its removal."""
    base = places.base(kept)
    left = [base / ".2026-01-05T12-00-00.000000Z", base / "2026-01-06T12-00-00.000000Z"]
    left += [one.folder / "verifying" for one in places.backups(kept)[:1]]
    for one in left:
        one.mkdir(parents=True)
        (one / "base.tar.gz").write_text("half of it")
    return left


def test_what_broken_off_backups_have_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, kept = tmp_path / "data", tmp_path / "kept"
    with EmbeddedPostgres(data) as postgres:
        asyncio.run(furnish(postgres.conninfo))
        take = ("backup", kept, "--no-verify", "--data-dir", data)
        assert sla(*take).exit_code == 0
        left, strange = broken_off(kept), places.base(kept) / "lost+found"
        strange.mkdir()

        with leftovers.alone(kept):
            refused = sla(*take)
        assert (refused.exit_code, "under way" in refused.stderr) == (2, True)
        assert all(one.exists() for one in left)

        taken = sla(*take)
        assert taken.exit_code == 0, taken.output
        assert "3 leftovers of backups that were broken off removed." in taken.stdout
        assert not any(one.exists() for one in left)
        assert strange.exists()
        assert len(places.backups(kept)) == 2
        assert json.loads(sla(*take, "--json").stdout)["removed"] == 0

        before = sorted(places.base(kept).iterdir())

        def full(_: Backup) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Backup, "keep", full)
        refused = sla(*take)
        assert (refused.exit_code, "No space left" in refused.stderr) == (2, True)
        assert sorted(places.base(kept).iterdir()) == before


def test_the_newest_copy_before_an_instant_is_taken(tmp_path: Path) -> None:
    with pytest.raises(NoBackup, match="There is no backup in"):
        places.choose(tmp_path, None)
    first, second = kept_at(tmp_path, 1, 1), kept_at(tmp_path, 2, 2)
    assert places.choose(tmp_path, None) == second
    assert places.choose(tmp_path, NOON + timedelta(days=1, hours=1)) == first
    with pytest.raises(NoBackup, match="nothing before that instant"):
        places.choose(tmp_path, NOON)


def test_what_is_archived_is_kept_once_and_never_replaced_by_something_else(tmp_path: Path) -> None:
    folder = tmp_path / "wal"
    folder.mkdir()
    segment, back = tmp_path / "000000010000000000000001", tmp_path / "back"
    segment.write_bytes(b"log" * 1000)
    for _ in range(2):  # the server asks again where it did not hear the answer
        assert archive.main("put", str(segment), str(folder)) == 0
    assert archive.main("get", segment.name, str(folder), str(back)) == 0
    assert back.read_bytes() == segment.read_bytes()
    assert archive.main("get", "000000010000000000000002", str(folder), str(back)) == 1
    segment.write_bytes(b"another life")
    with pytest.raises(FileExistsError, match="another life"):
        archive.main("put", str(segment), str(folder))


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    for arguments, said in (
        (("backup",), "Name the folder of the backups"),
        (("backup", tmp_path / "kept"), "There is no data in"),
        (("restore", tmp_path / "kept"), "There is no backup in"),
        (("backup", "--off"), "There is no data in"),
    ):
        result = sla(*arguments, "--data-dir", tmp_path / "none")
        assert result.exit_code == 2
        assert said in result.stderr
