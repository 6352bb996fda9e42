"""Spellings of a database address: whatever SQLAlchemy users write, as libpq takes it."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, quote, urlencode

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

_SCHEME = re.compile(r"(?:postgresql|postgres)(?:\+[a-z0-9_]+)?", re.IGNORECASE)
# asyncpg's `ssl` takes libpq's words, and what people write for booleans.
_SSLMODE = {"true": "require", "1": "require", "false": "disable", "0": "disable"}
_BARE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_ENCODE = "percent-encode it: % is %25, @ is %40, / is %2F and ? is %3F"


UNLESS_SAID = {
    "connect_timeout": "10",
    "tcp_user_timeout": "10000",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "target_session_attrs": "read-write",
}
"""Seconds, but for the second, of milliseconds: so long the other side may be silent where it
should be heard. And of several hosts, that one which takes writes; none is better than another."""


class BadAddress(ValueError):
    """DATABASE_URL cannot be used; the message says which part, and never the password."""


def conninfo_from(database_url: str) -> str:
    """The same address for psycopg; a libpq keyword string passes through as it is.

    Raises BadAddress for what is no PostgreSQL address.
    """
    address = database_url.strip()
    if "://" in address:
        address = _libpq_url(address)
    elif "=" not in address:
        raise BadAddress("DATABASE_URL must look like postgresql://user:password@host:5432/name")
    try:
        conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        # Not chained: libpq quotes the address, and with it the password.
        raise BadAddress("DATABASE_URL is not an address that PostgreSQL understands") from None
    return address


def impatient(conninfo: str, *, writes: bool = True) -> str:
    """The same address, for connections that find out in seconds that its machine is gone, or, if
    they are for `writes`, is not the one any more that takes them.

    By the system's own measure it takes a quarter of an hour to two hours, in which a batch would
    wait for an answer that never comes. What the address says about it itself is kept.
    """
    known = {*conninfo_to_dict(conninfo), *(() if writes else ("target_session_attrs",))}
    added = {name: value for name, value in UNLESS_SAID.items() if name not in known}
    return make_conninfo(conninfo, **added)


def _libpq_url(url: str) -> str:
    scheme, rest = url.split("://", 1)
    if not _SCHEME.fullmatch(scheme):
        raise BadAddress(f"DATABASE_URL must start with postgresql://, not {scheme}://")
    address, mark, query = rest.partition("?")
    _check_encoding(address)
    parameters = [_parameter(name, value) for name, value in parse_qsl(query, True)]
    _check_names([name for name, _ in parameters], query)
    return f"postgresql://{address}{mark}{urlencode(parameters, quote_via=quote)}"


def _parameter(name: str, value: str) -> tuple[str, str]:
    return ("sslmode", _SSLMODE.get(value.lower(), value)) if name == "ssl" else (name, value)


def _check_encoding(address: str) -> None:
    """libpq's own words quote the part in question, and may take a password for a host."""
    login, _, place = address.rpartition("@")
    user, _, password = login.partition(":")
    host, _, name = place.partition("/")
    if "/" in login or "@" in login:
        raise BadAddress(f"DATABASE_URL has a / or @ in its user or password; {_ENCODE}")
    parts = {"user": user, "password": password, "host": host, "database name": name}
    for part, text in parts.items():
        if _BARE_PERCENT.search(text):
            raise BadAddress(f"DATABASE_URL has a bare % in its {part}; {_ENCODE}")


def _check_names(names: Sequence[str], query: str) -> None:
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    unknown = [name for name in names if name not in known]
    if unknown and "@" in query:  # what looks like a name may belong to the password
        raise BadAddress(
            f"DATABASE_URL has unknown parameters; if its ? is in the password, {_ENCODE}"
        )
    if unknown:
        raise BadAddress(
            f"DATABASE_URL has parameters that PostgreSQL does not know: {', '.join(unknown)}"
        )
