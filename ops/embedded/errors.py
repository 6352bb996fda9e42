"""What can go wrong with the embedded database, in words for whoever started the program."""


class PostgresUnavailable(Exception):
    """The embedded PostgreSQL cannot be started or reached; the message says what to do."""
