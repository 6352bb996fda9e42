"""Instants as integer microseconds since 1970-01-01T00:00Z, and the forms they take outside."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000


def micros(moment: datetime) -> int:
    """The instant of an aware datetime."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def moment(instant: int) -> datetime:
    """The aware UTC datetime of an instant."""
    return EPOCH + timedelta(microseconds=instant)


def moment_or_none(instant: int | None) -> datetime | None:
    return None if instant is None else moment(instant)


def parsed(text: str) -> int:
    """The instant of an RFC 3339 string. Raises ValueError."""
    return micros(datetime.fromisoformat(text))


@lru_cache(maxsize=16_384)
def rfc3339(instant: int) -> str:
    """RFC 3339 in UTC, with a fraction only where there is one."""
    return moment(instant).isoformat().replace("+00:00", "Z")


def rfc3339_or_none(instant: int | None) -> str | None:
    return None if instant is None else rfc3339(instant)
