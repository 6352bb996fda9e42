"""A streaming replica of an embedded server, as operators have them."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ops.embedded import EmbeddedPostgres, binaries

COPIED = ("--wal-method=stream", "--checkpoint=fast", "--write-recovery-conf", "--no-sync")


@contextmanager
def replica_of(primary: str, folder: Path) -> Generator[str]:
    """The conninfo of one that follows, until it is left."""
    known = conninfo_to_dict(primary)
    folder.mkdir()
    subprocess.run(
        [
            binaries.find(None) / "pg_basebackup",
            f"--pgdata={folder / 'postgres'}",
            f"--host={known['host']}",
            f"--port={known['port']}",
            f"--username={known['user']}",
            *COPIED,
        ],
        check=True,
        capture_output=True,
    )
    with EmbeddedPostgres(folder) as standby:
        yield standby.conninfo


@contextmanager
def standing_still(replica: str) -> Generator[None]:
    """It receives what the primary writes, and shows nothing of it meanwhile."""
    with psycopg.connect(replica, autocommit=True) as conn:
        conn.execute("select pg_wal_replay_pause()")
        try:
            yield
        finally:
            conn.execute("select pg_wal_replay_resume()")
