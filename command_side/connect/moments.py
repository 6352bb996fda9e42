"""Times as desks write them: every form that names its zone, or counts from 1970."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from command_side.intake.item import EARLIEST, LATEST
from engine.sla import zones

LONGEST: Final = 100
"""Characters of a time: Python reads no number of thousands of digits."""
_MILLIS_FROM: Final = 100_000_000_000
"""A number from here on counts milliseconds: in seconds it would be the year 5138."""
_MICROS_FROM: Final = _MILLIS_FROM * 1000
_WRITTEN: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s*(Z|UTC|[+-]\d\d:?[0-5]\d)?",
    re.IGNORECASE,
)


Zone = Annotated[str, AfterValidator(zones.zone)]
"""The name of a time zone that there is."""


class NoTime(ValueError):
    """Not a time, or not one that everybody understands alike."""


def moment(value: object, zone: str | None = None) -> datetime:
    """As an aware instant, to the microsecond; finer parts are cut off.

    Takes RFC 3339 with any number of digits, `2025-01-08 15:00:00 UTC`, offsets without a colon,
    RFC 2822, and numbers (also as text) that count seconds, milliseconds or microseconds since
    1970. `zone` is that of times which name none. Raises NoTime, also where it is missing.
    """
    if isinstance(value, bool) or value is None:
        raise NoTime(f"{value!r} is no time")
    if isinstance(value, int | float):
        return _within(_counted(value), value)
    text = str(value).strip()
    if len(text) > LONGEST:
        raise NoTime(f"{text[:60]!r} is no time")
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return _within(_counted(float(text) if "." in text else int(text)), text)
    written = _WRITTEN.fullmatch(text)
    try:
        found = _mail(text) if written is None else _read(text, zone, *written.groups())
    except NoTime:
        raise
    except (ValueError, OverflowError):
        raise NoTime(f"{text[:60]!r} is no time") from None
    return _within(found, text)


def _counted(number: float) -> datetime:
    size = abs(number)
    unit = 1 if size < _MILLIS_FROM else 1_000 if size < _MICROS_FROM else 1_000_000
    try:
        return EARLIEST + timedelta(microseconds=round(number * (1_000_000 // unit)))
    except (OverflowError, ValueError):
        raise NoTime(f"{number} is no time") from None


def _read(
    text: str, otherwise: str | None, day: str, time: str, fraction: str | None, named: str | None
) -> datetime:
    if named is None and otherwise is None:
        raise NoTime(f"{text!r} names no time zone")
    seconds = "" if len(time) > len("00:00") else ":00"
    micros = f".{(fraction or '0')[:6]:<06}"
    written = f"{day}T{time}{seconds}{micros}"
    if named is None:
        return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(otherwise or "UTC"))
    offset = "+00:00" if named.upper() in ("Z", "UTC") else named
    return datetime.fromisoformat(written + offset)


def _mail(text: str) -> datetime:
    found = parsedate_to_datetime(text)
    if found.tzinfo is None:
        raise NoTime(f"{text!r} names no time zone")
    return found


def _within(found: datetime, written: object) -> datetime:
    if not EARLIEST <= found < LATEST:
        raise NoTime(f"{written!r} does not lie between 1970 and 2100")
    return found.astimezone(UTC)
