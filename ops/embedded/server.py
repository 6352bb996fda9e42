"""The embedded PostgreSQL as the rest of the program sees it: start, a conninfo, stop.

Threads matter here: Linux ends the server when the *thread* that launched it ends, so one
supervisor thread launches it and lasts until `stop`.
"""

import atexit
import logging
import os
import shutil
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from ops.embedded import runfile
from ops.embedded.cluster import Cluster, end
from ops.embedded.errors import PostgresUnavailable
from ops.embedded.runfile import Running

logger = logging.getLogger(__name__)

_ATTACH_WITHIN = 90.0  # seconds for another process to start its server, or to stop it
_LOOK_EVERY = 0.1  # seconds between looks whether the server, or another owner, has ended
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0  # seconds before a start; more after failed ones


class EmbeddedPostgres:
    """A PostgreSQL server on `<data_dir>/postgres`, kept running until `stop`.

    The first process on a data folder owns the server; others attach to it, and one of them
    takes over, at the same address, when the owner ends. Open connections break in that moment,
    as they do when the server is killed and comes back: use a pool that replaces them.
    """

    def __init__(self, data_dir: Path | str, settings: Mapping[str, str] = {}) -> None:
        """`settings` of the server come before our own: whoever keeps no data wants others."""
        self._dir, self._settings = Path(data_dir).expanduser().resolve(), settings
        self._run_file = self._dir / "postgres.json"
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._started: Future[str] = Future()
        self._sockets: str | None = None
        self._conninfo: str | None = None
        self._pid = os.getpid()

    @property
    def conninfo(self) -> str:
        """How psycopg reaches the database. Raises PostgresUnavailable before `start`."""
        if self._conninfo is None:
            raise PostgresUnavailable("The embedded PostgreSQL has not been started.")
        return self._conninfo

    def start(self) -> str:
        """The conninfo of a server that answers; blocks while it starts (half a second at first).

        Raises PostgresUnavailable, or OSError for a data folder that cannot be written.
        """
        if self._thread is None:
            if os.name != "posix":
                raise PostgresUnavailable(
                    "The embedded PostgreSQL needs Linux or macOS: set DATABASE_URL instead."
                )
            self._dir.mkdir(parents=True, exist_ok=True)
            self._pid = os.getpid()
            self._stopping.clear()
            self._started = Future()
            self._thread = threading.Thread(target=self._run, name="embedded-postgres", daemon=True)
            self._thread.start()
            atexit.register(self.stop)
        try:
            return self._started.result()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut the server down, if it is ours, and wait for that. Without effect when stopped."""
        thread = self._thread
        if thread is None or os.getpid() != self._pid:  # a forked child has no part in it
            return
        atexit.unregister(self.stop)
        self._stopping.set()
        thread.join()
        self._thread = None
        self._sockets = self._conninfo = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        """The supervisor: own the folder if nobody does, else attach and wait for that."""
        lock = runfile.OwnerLock(self._dir / "postgres.lock")
        give_up = time.monotonic() + _ATTACH_WITHIN
        try:
            while not self._stopping.is_set():
                if lock.acquire():
                    self._own()
                elif not self._started.done():
                    self._attach(give_up)
                self._stopping.wait(_LOOK_EVERY)
        except Exception as error:
            if self._started.done():
                logger.exception("the supervisor of the embedded PostgreSQL has failed")
            else:
                self._started.set_exception(error)
        finally:
            lock.release()
            if not self._started.done():
                self._started.set_exception(PostgresUnavailable("stopped while starting"))

    def _own(self) -> None:
        """Serve until told to stop, whatever happens to the server meanwhile."""
        try:
            self._serve_again_and_again()
        finally:
            # The run file stays: whoever serves next does so at the address that others still use.
            if self._sockets is not None:
                shutil.rmtree(self._sockets, ignore_errors=True)

    def _serve_again_and_again(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                self._serve(Cluster(self._dir, self._settings))
                pause = _FIRST_PAUSE
            except (PostgresUnavailable, OSError) as error:
                if not self._started.done():
                    raise
                if self._stopping.is_set():
                    return
                logger.error("embedded PostgreSQL does not start", extra={"error": str(error)})
                pause = min(2 * pause, _LONGEST_PAUSE)
            self._stopping.wait(pause)

    def _serve(self, cluster: Cluster) -> None:
        """One life of the server, from its start to its end."""
        if self._sockets is None and (last := Running.read(self._run_file)):
            self._sockets = last.socket_dir  # whoever still has its address finds us
        self._sockets = cluster.socket_dir(self._sockets)
        server, pid = cluster.start(self._sockets, self._stopping.is_set)
        Running(self._sockets, runfile.PORT, pid, os.getpid()).write(self._run_file)
        self._conninfo = runfile.conninfo(self._sockets)
        if not self._started.done():
            self._started.set_result(self._conninfo)
        while server.poll() is None:
            if self._stopping.wait(_LOOK_EVERY):
                end(server)
                logger.info("embedded PostgreSQL has been stopped", extra={"pid": pid})
                return
            if not runfile.can_be_found(self._sockets):
                logger.warning("embedded PostgreSQL has lost its socket", extra={"pid": pid})
                break
        end(server)
        logger.warning(
            "embedded PostgreSQL has ended unasked; starting it again",
            extra={"pid": pid, "exit_code": server.returncode},
        )

    def _attach(self, give_up: float) -> None:
        running = Running.read(self._run_file)
        if running is not None:
            conninfo = runfile.conninfo(running.socket_dir, port=running.port)
            with suppress(psycopg.OperationalError):  # not ready yet, or not any more
                psycopg.connect(conninfo, connect_timeout=5).close()
                self._sockets, self._conninfo = running.socket_dir, conninfo
                logger.info("using the server of another process", extra=asdict(running))
                self._started.set_result(conninfo)
                return
        if time.monotonic() > give_up:
            owner = f"process {running.owner_pid}" if running else "another process"
            raise PostgresUnavailable(
                f"{self._dir} is in use by {owner}, and its server cannot be reached from here. "
                "End that process, or set DATABASE_URL to a server that both can reach."
            )
