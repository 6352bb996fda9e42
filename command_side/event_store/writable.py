"""A server that takes no writes, as one is for a while after a failover, is one that is away."""

from collections.abc import Generator
from contextlib import contextmanager

from psycopg import OperationalError
from psycopg.errors import ReadOnlySqlTransaction


@contextmanager
def writable() -> Generator[None]:
    """Around what writes or locks. Raises OperationalError where the server allows neither: no
    fault of what is written, nor of the ticket that is locked."""
    try:
        yield
    except ReadOnlySqlTransaction as error:
        raise OperationalError("the database takes no writes: is it a replica?") from error
