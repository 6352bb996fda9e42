"""Spellings of a database address: whatever SQLAlchemy users write, as libpq takes it."""

import re
from urllib.parse import parse_qsl, quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

_SCHEME = re.compile(r"(?:postgresql|postgres)(?:\+[a-z0-9_]+)?", re.IGNORECASE)
# asyncpg's `ssl` takes libpq's words, and what people write for booleans.
_SSLMODE = {"true": "require", "1": "require", "false": "disable", "0": "disable"}


def conninfo_from(database_url: str) -> str:
    """The same address for psycopg; a libpq keyword string passes through as it is.

    Raises ValueError, without the password in its message, for what is no PostgreSQL address.
    """
    address = database_url.strip()
    if "://" in address:
        address = _libpq_url(address)
    elif "=" not in address:
        raise ValueError("DATABASE_URL must look like postgresql://user:password@host:5432/name")
    try:
        conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        # Not chained: libpq quotes the address, and with it the password.
        raise ValueError("DATABASE_URL is not an address that PostgreSQL understands") from None
    return address


def _libpq_url(url: str) -> str:
    scheme, rest = url.split("://", 1)
    if not _SCHEME.fullmatch(scheme):
        raise ValueError(f"DATABASE_URL must start with postgresql://, not {scheme}://")
    address, mark, query = rest.partition("?")
    parameters = [_parameter(name, value) for name, value in parse_qsl(query, True)]
    return f"postgresql://{address}{mark}{urlencode(parameters, quote_via=quote)}"


def _parameter(name: str, value: str) -> tuple[str, str]:
    return ("sslmode", _SSLMODE.get(value.lower(), value)) if name == "ssl" else (name, value)
