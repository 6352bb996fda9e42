"""What a file leaves unsaid, as whoever imports it says it: nothing of it is guessed."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final, Literal

from engine.sla.instants import micros, rfc3339
from ops.importing.rows import MalformedRow, UnusableFile

DateOrder = Literal["dmy", "mdy"]

_TIME: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?: ?(?P<half>[AP]M))?"
_YEAR_FIRST: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})[ T]" + _TIME, re.ASCII | re.IGNORECASE
)
_YEAR_LAST: Final = re.compile(
    r"(?P<one>\d{1,2})([/.-])(?P<two>\d{1,2})\2(?P<year>\d{4}),? " + _TIME,
    re.ASCII | re.IGNORECASE,
)
_WHOLE: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Told:
    """The answers; None: nobody was asked yet."""

    tier: str | None = None
    """The customer tier of all tickets of a file without a column for it."""
    order: DateOrder | None = None
    """Whether 3/4/2025 is in April or in March."""
    zone: tzinfo | None = None
    """Of times that name none."""
    updated_at: str | None = None
    """RFC 3339: what rows are as of that do not say when they were updated."""

    def instant(self, column: str, text: str) -> str:
        """The instant in RFC 3339.

        Raises UnusableFile when the file leaves open what it means and nobody has said it yet, and
        MalformedRow when it is none.
        """
        if _WHOLE.fullmatch(text):
            return text
        found = _YEAR_FIRST.fullmatch(text)
        if found is not None:
            month, day = int(found["month"]), int(found["day"])
        elif (found := _YEAR_LAST.fullmatch(text)) is not None:
            if self.order is None:
                raise UnusableFile(
                    f"dates such as {text!r} in {column} may name the day first or the month: say"
                    " which with --date-order dmy or --date-order mdy"
                )
            one, two = int(found["one"]), int(found["two"])
            day, month = (one, two) if self.order == "dmy" else (two, one)
        else:
            raise MalformedRow(f"{column} is no time that can be read: {text!r}")
        if self.zone is None:
            raise UnusableFile(
                f"{text!r} in {column} names no time zone: say which with --time-zone, such as"
                " --time-zone Europe/Berlin or --time-zone UTC"
            )
        try:
            local = datetime(
                int(found["year"]),
                month,
                day,
                hour_of(int(found["hour"]), found["half"]),
                int(found["minute"]),
                int(found["second"] or 0),
                tzinfo=self.zone,
            )
            return rfc3339(micros(local.astimezone(UTC)))
        except (ValueError, OverflowError):
            order = "" if self.order is None else f" (read as {self.order})"
            raise MalformedRow(f"{column} is no time that there is{order}: {text!r}") from None

    def tier_of(self, header: Collection[str]) -> str | None:
        """For all rows of a file with this header; None: a column says it, or nobody."""
        return None if "customer_tier" in header else self.tier

    def updated(self, item: dict[str, object]) -> None:
        """Sees to it that the item says what it is as of. Raises MalformedRow."""
        if item.get("updated_at") is None:
            if self.updated_at is None:
                raise MalformedRow(
                    "no updated_at, and it shall not count as of now: say with --updated-at what"
                    " such rows are as of"
                )
            item["updated_at"] = self.updated_at


def hour_of(hour: int, half: str | None) -> int:
    """Of the day, by AM or PM or their first letter; raises ValueError for 13 PM."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} {half}")
    return hour % 12 + (12 if half[0] in "Pp" else 0)
