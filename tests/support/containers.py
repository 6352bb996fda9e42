"""PostgreSQL in a container for a whole run of the tests, where there is a Docker engine:
`DATABASE=container:16`, or `container` for the newest.

`make test DATABASE=container` takes one supported version after the other.
"""

import re
from collections.abc import Callable

import pytest
from psycopg.conninfo import make_conninfo

from command_side.event_store.migrating import OLDEST

NEWEST = 18
SETTINGS = ("max_connections=300", "fsync=off")
"""Several processes of tests share the server, and nobody misses what a crash would take."""


def major(asked: str) -> int:
    """The version that DATABASE asks for. Raises pytest.UsageError, which ends the run."""
    found = re.fullmatch(r"container(?::([0-9]+))?", asked)
    if found is None:
        raise pytest.UsageError(f"DATABASE is container, or container:{NEWEST}; not {asked!r}")
    version = int(found[1] or NEWEST)
    if not OLDEST <= version <= NEWEST:
        raise pytest.UsageError(f"DATABASE={asked}: PostgreSQL {OLDEST} to {NEWEST} is supported")
    return version


def start(asked: str, at_the_end: Callable[[Callable[[], None]], None]) -> str:
    """The conninfo of a new server; what is handed to `at_the_end` ends it.

    Raises pytest.UsageError, so that a run without an engine says so once and not with every test.
    """
    from testcontainers.community.postgres import PostgresContainer  # only who asks waits for it

    image = f"postgres:{major(asked)}"
    try:
        container = PostgresContainer(image, username="sla", password="sla", dbname="sla")
        container.with_env("POSTGRES_INITDB_ARGS", "--encoding=UTF8 --locale=C.UTF-8")
        container.with_command(["postgres", *(part for one in SETTINGS for part in ("-c", one))])
        at_the_end(container.stop)
        container.start()
        host, port = container.get_container_host_ip(), container.get_exposed_port(5432)
    except Exception as error:  # the library's own, Docker's, or the network's
        raise pytest.UsageError(
            f"DATABASE={asked} needs a Docker engine that starts {image}: {error}\n"
            "Without DATABASE, the tests start a PostgreSQL of their own or use DATABASE_URL."
        ) from error
    return make_conninfo(host=host, port=port, user="sla", password="sla", dbname="sla")
