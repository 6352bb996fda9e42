"""A PgBouncer that lends a server to one transaction after another, in front of a database."""

import os
import shutil
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.service import until

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIG = """
[databases]
* = {server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = transaction
auth_type = any
max_client_conn = 1000
default_pool_size = {most}
server_login_retry = 1
logfile = {folder}/pgbouncer.log
"""


class PgBouncer:
    """One process, in front of the server of a conninfo."""

    def __init__(self, folder: Path, server: str, *, most: int = 20) -> None:
        """`most` servers are lent to each database."""
        folder.mkdir(parents=True, exist_ok=True)
        self._config = folder / "pgbouncer.ini"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        wanted = ("host", "port", "user", "password")
        parts = {name: str(it) for name, it in conninfo_to_dict(server).items() if name in wanted}
        given = make_conninfo(**parts)
        config = CONFIG.format(server=given, port=self.port, most=most, folder=folder)
        self._config.write_text(config)
        self._process: subprocess.Popen[bytes] | None = None

    def through(self, conninfo: str) -> str:
        """The address of the same database, by way of this."""
        name = conninfo_to_dict(conninfo)["dbname"]
        return make_conninfo(host="127.0.0.1", port=self.port, user="anybody", dbname=name)

    def start(self) -> None:
        assert PROGRAM is not None
        as_whom = ["unshare", "--user", "--map-user=1000"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [*as_whom, PROGRAM, "--quiet", str(self._config)], stderr=subprocess.DEVNULL
        )
        until(self._answers, "PgBouncer listens")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except OSError:  # not yet, or no more
            return False
        return True


@contextmanager
def pgbouncer(folder: Path, server: str, *, most: int = 20) -> Generator[PgBouncer]:
    """Running until it is left. Skips the test where there is no such program."""
    if PROGRAM is None:
        # The service needs no pooler, so its tests have to pass without one, and CI installs none.
        # Whoever works on connections does: then these run with all others, or with `make long`.
        pytest.skip("there is no pgbouncer here (on Debian: apt-get install pgbouncer)")
    bouncer = PgBouncer(folder, server, most=most)
    bouncer.start()
    try:
        yield bouncer
    finally:
        bouncer.kill()


def is_between(conninfo: str) -> bool:
    """Whether something answers in the server's place there."""
    with psycopg.connect(conninfo) as conn:
        return conn.execute("select pg_backend_pid()").fetchall() != [(conn.info.backend_pid,)]
