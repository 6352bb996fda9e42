"""One data folder and the server on it: made once, started often, ready when this returns."""

import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql

from ops.embedded import archiving, binaries, identity, leftovers, runfile
from ops.embedded.errors import PostgresUnavailable

logger = logging.getLogger(__name__)

_POLL = 0.01  # seconds
_LOG_BYTES = 10 * 1024 * 1024  # a longer log is put aside at the next start
_BUILTIN_LOCALE_SINCE = 17  # the first version with case rules for all of Unicode in C order

_SETTINGS = {
    "listen_addresses": "",
    "port": str(runfile.PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "deadlock_timeout": "1s",
    "log_lock_waits": "on",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "lc_messages": "C",
    # A crashed backend ends the server, and we start it again. If the server did so itself, a fast
    # shutdown during its recovery would hang (15.18, 18.6: the checkpointer is never told to end).
    "restart_after_crash": "off",
    # Of a page, the first change after a checkpoint logs all of it: less often, and compressed.
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    # Boards count from indexes alone where a page's rows are known to be there for all to see:
    # after a file of old tickets they took three times as long, until somebody had looked.
    "autovacuum_naptime": "15s",
    # Where to is a setting of the data folder, which changes while the server runs; this does not.
    "archive_mode": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Cluster:
    """The database files in `<data_dir>/postgres`, and the programs that fit them."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str]) -> None:
        """`settings` of the server come before our own."""
        self._dir, self._settings = data_dir, _SETTINGS | dict(settings)
        self._data = data_dir / "postgres"
        self._log = data_dir / "postgres.log"
        version = self._data / "PG_VERSION"
        self._programs = binaries.find(version.read_text().strip() if version.exists() else None)
        self._identity = identity.choose(self._programs, data_dir)

    def socket_dir(self, wanted: str | None) -> str:
        """A folder for the socket; `wanted` if it can be had."""
        return runfile.socket_dir(wanted, self._identity.uid, self._identity.gid)

    def start(
        self, sockets: str, stopping: Callable[[], bool]
    ) -> tuple[subprocess.Popen[bytes], int]:
        """A server that answers, and its process id. The server ends with the calling thread.

        For the owner of the folder only. Raises PostgresUnavailable; also when told to stop.
        """
        if self._log.exists() and self._log.stat().st_size > _LOG_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
        self._log.touch(mode=0o600)  # statements that failed are in it
        if not (self._data / "PG_VERSION").exists():
            self._create()
        archiving.archive_nowhere_yet(self._data)
        self._identity.own(self._data)
        leftovers.clear(self._data, Path(sockets))
        began = time.monotonic()
        seen = self._log.stat().st_size
        directory = sockets.replace('"', '""')
        settings = self._settings | {"unix_socket_directories": f'"{directory}"'}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = self._run("postgres", "-D", self._data, *options)
        try:
            pid = self._ready(server, seen, stopping)
            self._ensure_database(sockets)
        except BaseException:
            end(server)
            raise
        seconds = round(time.monotonic() - began, 3)
        logger.info("embedded PostgreSQL is ready", extra={"pid": pid, "seconds": seconds})
        return server, pid

    def _create(self) -> None:
        """initdb beside the final place: a half-made folder is never taken for a database."""
        draft = self._dir / "postgres.new"
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        self._identity.own(draft)
        began = time.monotonic()
        seen = self._log.stat().st_size
        locale = ["--locale=C"]
        if binaries.major(self._programs) >= _BUILTIN_LOCALE_SINCE:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = self._run(
            "initdb",
            "-D",
            draft,
            f"--username={runfile.USER}",
            "--encoding=UTF8",
            *locale,
            "--auth-local=trust",
            "--auth-host=reject",
        )
        with initdb:
            if initdb.wait() != 0:
                raise PostgresUnavailable(f"initdb failed: {self._said(seen)}")
        draft.rename(self._data)
        _make_durable(self._dir)  # else a power failure may bring the draft back, to be removed
        seconds = round(time.monotonic() - began, 3)
        logger.info("created the embedded database", extra={"seconds": seconds})

    def _run(self, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        command = [self._programs / program, *arguments]
        with self._log.open("ab") as log:
            return self._identity.popen(command, cwd=self._dir, output=log)

    def _ready(
        self, server: subprocess.Popen[bytes], seen: int, stopping: Callable[[], bool]
    ) -> int:
        """Wait as long as it takes (after a crash: minutes, when there is much to recover)."""
        while True:
            if server.poll() is not None:
                raise PostgresUnavailable(f"PostgreSQL did not start: {self._said(seen)}")
            if stopping():
                raise PostgresUnavailable("told to stop while PostgreSQL was starting")
            if pid := leftovers.ready_pid(self._data):
                return pid
            time.sleep(_POLL)

    def _ensure_database(self, sockets: str) -> None:
        try:
            psycopg.connect(runfile.conninfo(sockets)).close()
        except psycopg.OperationalError as error:
            if f'database "{runfile.DATABASE}" does not exist' not in str(error):
                raise PostgresUnavailable(f"PostgreSQL does not answer: {error}") from error
            admin = psycopg.connect(runfile.conninfo(sockets, "postgres"), autocommit=True)
            with closing(admin):
                admin.execute(
                    sql.SQL("CREATE DATABASE {}").format(sql.Identifier(runfile.DATABASE))
                )

    def _said(self, seen: int) -> str:
        """The end of what PostgreSQL wrote into its log since."""
        with self._log.open("rb") as log:
            log.seek(seen)
            text = log.read().decode(errors="replace").strip()
        return f"{text[-1500:] or 'without a word'} (more in {self._log})"


def _make_durable(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def end(server: subprocess.Popen[bytes]) -> None:
    """Shut a server down cleanly, hard if it takes too long; let go of one that has ended."""
    for name, seconds in leftovers.ASK:
        server.send_signal(signal.Signals[name])
        try:
            server.wait(seconds)
            break
        except subprocess.TimeoutExpired:
            logger.warning("embedded PostgreSQL is slow to end", extra={"signal": name})
    if server.stdin:
        server.stdin.close()
