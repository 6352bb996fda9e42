"""Times as files have them: what a file leaves open is asked for, and never guessed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from command_side.connect.moments import LONGEST, NoTime, moment
from ops.importing.records import plain
from ops.importing.rows import UnusableFile
from ops.importing.told import DateOrder, hour_of

Open = Literal["zone", "order"]

_TIME: Final = (
    r"(?:[T ,]\s*|\s+(?:at|um|à|a las)\s+)(?P<hour>\d{1,2})[:.](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp]\.?[Mm])\.?)?"
    r"(?:\s*(?P<zone>Z|(?:UTC|GMT)?\s?[+-]\d{2}:?\d{2}|UTC|GMT))?(?:\s*\([^)]*\))?"
)
_NUMBERS: Final = (
    r"(?P<one>\d{1,4})(?P<between>[/.-])(?P<two>\d{1,2})(?P=between)(?P<three>\d{1,4})"
)
_WORDS: Final = r"(?P<words>(?:[^\W\d_]{3,}\.?,?\s+)?[\w.]+[ ,./-]+[\w.]+[ ,./-]+(?:de\s+)?\d{2,4})"
_WRITTEN: Final = re.compile(rf"(?:{_NUMBERS}|{_WORDS}),?{_TIME}")
_FIRST_DAY: Final = datetime(1899, 12, 30, tzinfo=UTC)
_SERIAL: Final = re.compile(r"[2-7]\d{4}([.,]\d+)?")
"""Days since 1900 as Excel counts them, from 1954 to 2119: as seconds they were a day of 1970."""
_DAY_ALONE: Final = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}")
_DIRECTIVE: Final = re.compile("%.")
"""In a form of `strptime`: %%Z is a percent sign and a Z."""
_MONTHS: Final[dict[str, int]] = {
    word: number
    for number, words in enumerate(
        (
            "jan ene gen",
            "feb fev",
            "mar mrz maer",
            "apr avr abr",
            "may mai mag",
            "jun juin giu",
            "jul juil lug",
            "aug aou ago",
            "sep set",
            "oct okt ott out",
            "nov",
            "dec dez dic",
        ),
        start=1,
    )
    for word in words.split()
}


class Undecided(UnusableFile):
    """The file leaves it open, and nobody has said it yet."""

    def __init__(self, what: Open, example: str) -> None:
        words = {
            "zone": f"{example!r} names no time zone: say which with --timezone, such as"
            " --timezone Europe/Berlin or --timezone UTC",
            "order": f"dates such as {example!r} may name the day first or the month, and no other"
            " in the file decides it: say which with --date-order dmy or --date-order mdy",
        }
        super().__init__(words[what])
        self.what: Open = what
        self.example = example


@dataclass(frozen=True, slots=True)
class FileClock:
    """Reads the times of one table."""

    zone: tzinfo | None = None
    """Of those that name none, as whoever imports it says; it wins over the reading's."""
    order: DateOrder | None = None
    """Whether 3/4/2025 is in April; None: neither the file nor anybody says so."""
    form: str | None = None
    """Of `strptime`; others are tried besides."""
    known: str | None = None
    """The zone that the reading knows, where nobody says another."""

    def __call__(self, value: object, zone: str | None) -> datetime:
        """As an aware instant. Raises NoTime, and Undecided where it may mean several."""
        zone = zone or self.known
        text = str(value).strip()
        if isinstance(value, bool) or value is None or len(text) > LONGEST:
            raise NoTime(f"{text[:60]!r} is no time")
        try:
            found = self._written(text)
        except ValueError as error:
            raise NoTime(f"{text!r} is no time{_because(error)}") from None
        if found is None:
            try:
                return moment(value, zone)
            except NoTime:
                if _DAY_ALONE.fullmatch(text):
                    raise NoTime(f"{text!r} names a day and no time of it") from None
                raise
        wall, named = found
        if named is None and self.zone is None and zone is None:
            raise Undecided("zone", text)
        local = wall.replace(tzinfo=named or self.zone or ZoneInfo(zone or "UTC"))
        try:
            return moment(local.astimezone(UTC).isoformat())
        except OverflowError:  # before the year 1, or after 9999
            raise NoTime(f"{text!r} is no time") from None

    def _written(self, text: str) -> tuple[datetime, tzinfo | None] | None:
        """What a clock on the wall showed, and in which zone, if that is named; None: no form of
        a file's own. Raises ValueError."""
        if self.form is not None and (told := _told(text, self.form)) is not None:
            return told
        if _SERIAL.fullmatch(text):
            days = float(text.replace(",", "."))
            # To the millisecond: a double holds no more of a day.
            return _FIRST_DAY + timedelta(milliseconds=round(days * 86_400_000)), None
        written = _WRITTEN.fullmatch(text)
        if written is None:
            return None
        part = written.groupdict()
        year, month, day = self._numbers(text, part) if part["one"] else _words(part["words"])
        wall = datetime(
            year,
            month,
            day,
            hour_of(int(part["hour"]), part["half"]),
            int(part["minute"]),
            int(part["second"] or 0),
            int(f"{part['fraction'] or '0':<06}"[:6]),
            tzinfo=UTC,
        )
        return wall, None if part["zone"] is None else _offset(part["zone"])

    def _numbers(self, text: str, part: dict[str, str]) -> tuple[int, int, int]:
        one, two, three = part["one"], int(part["two"]), part["three"]
        if len(one) == 4:
            return int(one), two, int(three)
        if len(one) == 3 or len(three) not in (2, 4):
            raise ValueError("")
        order = order_of(int(one), two, part["between"]) or self.order
        if order is None:
            raise Undecided("order", text)
        # One that cannot be in the column's order is a mistake, and none of another order.
        if self.order is not None and part["between"] != ".":
            order = self.order
        day, month = (int(one), two) if order == "dmy" else (two, int(one))
        return _year(three), month, day


def _told(text: str, form: str) -> tuple[datetime, tzinfo | None] | None:
    """By the form that was told; None: it has another one."""
    spelled, offset, zone = _spelled(form)
    for one in spelled:
        try:
            return datetime.strptime(text + offset, one).astimezone(UTC), zone
        except (ValueError, OverflowError):  # the offset may move it before the year 1
            continue
    return None


@cache
def _spelled(form: str) -> tuple[Sequence[str], str, tzinfo | None]:
    """The form as `strptime` is asked for it, one after another; the offset that texts are given,
    as it has to have one; and the zone of what it reads, if a text names it.

    Of a name, as %Z has it, `strptime` does not say which it was, and it takes those of this
    machine's own zone: only those two are read that are the same zone everywhere."""
    directives = _DIRECTIVE.findall(form)
    names = ("UTC", "GMT") if "%Z" in directives else ("",)
    spelled = [
        _DIRECTIVE.sub(lambda one, name=name: {"%Z": name}.get(one[0], one[0]), form)
        for name in names
    ]
    if "%z" in directives:
        return spelled, "", UTC
    return [f"{one}%z" for one in spelled], "+0000", UTC if "%Z" in directives else None


def order_of(one: int, two: int, between: str) -> DateOrder | None:
    """What a date says of itself: there is no thirteenth month, and dots follow the day."""
    if between == "." or (one > 12 and two <= 12):
        return "dmy"
    return "mdy" if two > 12 and one <= 12 else None


def evidence(text: str) -> DateOrder | Literal["open"] | None:
    """What a cell says of its column's order; `open`: it would have to be known."""
    written = _WRITTEN.fullmatch(text.strip())
    if written is None or not written["one"] or len(written["one"]) > 2:
        return None
    return order_of(int(written["one"]), int(written["two"]), written["between"]) or "open"


def looks_like(value: object, form: str | None = None) -> bool:
    """Whether it is a time with its hour, whatever it leaves open."""
    try:
        FileClock(zone=UTC, order="dmy", form=form)(value, None)
    except NoTime:
        try:
            FileClock(zone=UTC, order="mdy")(value, None)
        except NoTime:
            return False
    text = str(value).strip()
    return not text.isdecimal() or len(text) >= 9  # a number of days or seconds, and no id


def _words(text: str) -> tuple[int, int, int]:
    """A month with its name, a day and a year: the year has four digits, or comes last."""
    parts = [one for one in re.split(r"[ ,./-]+", text) if one]
    months = [number for one in parts if not one[0].isdigit() and (number := _month(one))]
    numbers = [one.rstrip("thsndr.") for one in parts if one[0].isdigit()]
    if len(months) != 1 or len(numbers) != 2:
        raise ValueError("")
    day, year = reversed(numbers) if len(numbers[0]) == 4 else numbers
    return _year(year), months[0], int(day)


def _month(word: str) -> int | None:
    bare = plain(word)
    return _MONTHS.get(bare[:4]) or _MONTHS.get(bare[:3])


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _offset(text: str) -> tzinfo:
    bare = text.upper().replace("UTC", "").replace("GMT", "").replace("Z", "").replace(":", "")
    bare = bare.strip()
    found = datetime.strptime(bare or "+0000", "%z").tzinfo
    return found or UTC


def _because(error: ValueError) -> str:
    return f" that there is ({error})" if str(error) else ""
