"""The embedded database: a real PostgreSQL in the project's data folder, for when none is given."""

from ops.embedded.conninfo import BadAddress, conninfo_from, impatient
from ops.embedded.errors import PostgresUnavailable
from ops.embedded.server import EmbeddedPostgres

__all__ = ["BadAddress", "EmbeddedPostgres", "PostgresUnavailable", "conninfo_from", "impatient"]
