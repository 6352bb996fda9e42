"""The settings by which a server archives its write-ahead log, and by which one reads it again.

They are in the data folder, in the file that `ALTER SYSTEM` writes: they hold for whichever process
starts the server next. A server that ran for a minute without them would leave a gap.
"""

import shlex
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

AT_LEAST_EVERY = "60s"
"""A segment that is not full is archived after so long: as much is lost at worst, with its disk."""
NOWHERE = "true"
"""A command that does nothing: PostgreSQL keeps its log for ever where there is none."""
_FILE = "postgresql.auto.conf"
# A server takes a moment to read what was written.
_AS_WRITTEN = """
SELECT setting FROM pg_file_settings WHERE name = 'archive_command' ORDER BY seqno DESC LIMIT 1
"""
_OURS = ("archive_", "hot_standby", "recovery_target", "restore_command")
_SCRIPT = Path(__file__).with_name("archive.py")


def archive_nowhere_yet(data: Path) -> None:
    """For a data folder whose server does not run; one that archives goes on."""
    file = data / _FILE
    if "archive_command" not in file.read_text():
        with file.open("a") as settings:
            settings.write(f"archive_command = '{NOWHERE}'\n")


def archive_to(conn: psycopg.Connection[Any], folder: Path | None) -> bool:
    """From now on, by a connection in autocommit; None: no longer. Whether that is new."""
    command = NOWHERE if folder is None else _command("put", "%p", str(folder))
    row = conn.execute(_AS_WRITTEN).fetchone()
    for name, value in {
        "archive_command": command,
        "archive_timeout": "0" if folder is None else AT_LEAST_EVERY,
    }.items():
        conn.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
    conn.execute("SELECT pg_reload_conf()")
    return row != (command,)


def recover_from(data: Path, archive: Path | None, until: datetime | None) -> None:
    """Have the next start of a restored data folder read on in an archive, up to an instant or its
    end, and begin a life of its own there; without an archive, up to the end of the copy itself."""
    file = data / _FILE
    kept = [line for line in file.read_text().splitlines() if not line.startswith(_OURS)]
    if archive is not None:
        # The latest would be a life that has begun after this copy was taken, by another restore.
        kept.append("recovery_target_timeline = 'current'")
        kept.append("hot_standby = off")  # it answers once it is what it shall be, and no sooner
        kept.append(f"restore_command = {_quoted(_command('get', '%f', str(archive), '%p'))}")
        (data / "recovery.signal").touch(0o600)
    if until is not None:
        kept.append(f"recovery_target_time = '{until.isoformat()}'")
        kept.append("recovery_target_action = 'promote'")
    file.write_text("\n".join([*kept, ""]))


def recovered(data: Path) -> None:
    """Leave nothing of that behind."""
    recover_from(data, None, None)


def _command(verb: str, *arguments: str) -> str:
    quoted = [shlex.quote(sys.executable), "-I", "-S", shlex.quote(str(_SCRIPT)), verb]
    return " ".join([*quoted, *(_as_argument(one) for one in arguments)])


def _as_argument(text: str) -> str:
    """PostgreSQL puts its own words in for `%p` and `%f`."""
    return f'"{text}"' if text in ("%p", "%f") else shlex.quote(text.replace("%", "%%"))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
