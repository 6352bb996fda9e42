"""Calendars in the forms of those who publish them, and who is on call at forty instants."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from config.people import Person
from engine.on_call.reading import MOST_BYTES, Found, Names, NoCalendar, Stranger, read
from engine.sla.instants import parsed
from engine.sla.rotations import Plan, Shift

DATA = Path(__file__).parent / "data"
SINCE, UNTIL = parsed("2026-03-01T00:00:00Z"), parsed("2026-11-15T00:00:00Z")
PEOPLE = {
    "anna": ("Anna Berg", "Europe/Berlin"),
    "ben": ("Ben Okafor", "Europe/London"),
    "chloe": ("Chloé Martin", None),
    "dev": ("Dev Patel", "Asia/Kolkata"),
}
NAMES = Names(
    {
        spelling: key
        for key, (name, _) in PEOPLE.items()
        for spelling in (key, name.casefold(), f"{key}@example.com")
    },
    {key: zone for key, (_, zone) in PEOPLE.items() if zone},
    "America/New_York",
)


@cache
def feeds() -> Mapping[str, Found]:
    """Read when the first test asks: every process that collects the tests would do it."""
    return {path.stem: read(path.read_bytes(), NAMES, SINCE, UNTIL) for path in DATA.glob("*.ics")}


TABLE = """
google_weekly  2026-03-02T07:59Z 0 ben
google_weekly  2026-03-02T08:00Z 0 anna
google_weekly  2026-03-30T06:59Z 0 ben         # nine o'clock in Berlin, also in summer
google_weekly  2026-03-30T07:00Z 0 anna
google_all_day 2026-03-06T22:59Z 0
google_all_day 2026-03-06T23:00Z 0 anna        # a day begins at the feed's midnight
google_all_day 2026-03-08T22:59Z 0 anna
google_all_day 2026-03-29T21:59Z 0 ben         # a weekend of 47 hours
google_all_day 2026-03-29T22:00Z 0
google_all_day 2026-03-10T12:00Z 0 chloe
google_utc     2026-03-27T07:59Z 0
google_utc     2026-03-27T08:00Z 0 anna
google_utc     2026-03-30T07:00Z 0 anna        # it is written in UTC and meant in Berlin
google_utc     2026-03-30T15:00Z 0
outlook        2026-03-09T17:00Z 0 anna
outlook        2026-03-10T17:30Z 0             # that night was moved, and swapped
outlook        2026-03-10T19:00Z 0 ben
outlook        2026-03-29T16:00Z 0 anna
outlook        2026-04-16T16:00Z 0             # it recurs until the day before
outlook_names  2026-03-02T03:30Z 0 dev         # India Standard Time, which the feed does not define
outlook_names  2026-03-23T04:00Z 0
outlook_names  2026-03-30T05:59Z 0 ben
outlook_names  2026-03-30T06:00Z 0
pagerduty      2026-03-09T14:59Z 0 anna
pagerduty      2026-03-09T15:00Z 0 ben
opsgenie       2026-03-02T19:59Z 0 ben
opsgenie       2026-03-02T20:00Z 0 dev
nextcloud      2026-03-25T19:00Z 0 anna
nextcloud      2026-03-26T20:00Z 0             # an exception
nextcloud      2026-10-25T06:59Z 0 chloe       # a night of 13 hours
nextcloud      2026-10-25T07:00Z 0
levels         2026-03-03T12:00Z 1 anna chloe  # both of those that overlap
levels         2026-03-03T12:00Z 2 anna chloe ben
levels         2026-03-05T12:00Z 5 anna ben dev
own_zone       2026-03-09T03:14Z 0
own_zone       2026-03-09T03:15Z 0 dev         # five hours and 45 minutes ahead
moved          2026-03-04T09:30Z 0
moved          2026-03-04T20:30Z 0 ben
moved          2026-03-05T10:00Z 0             # cancelled
moved          2026-03-11T09:30Z 0             # moved with all that follow
moved          2026-03-11T17:30Z 0 chloe
floating       2026-03-02T03:30Z 0 dev         # nine o'clock where that person is
floating       2026-03-02T14:00Z 0 chloe       # nobody knows where: by the default calendar
floating       2026-03-03T12:00Z 0 ben
dates          2026-03-02T07:00Z 0 chloe
dates          2026-03-05T07:00Z 0 chloe
dates          2026-03-07T10:00Z 0
strangers      2026-03-03T12:00Z 0
strangers      2026-03-04T12:00Z 0 ben         # of two who were asked, one declined
overrides      2026-03-05T06:59Z 0 chloe
"""
ROWS = [line.partition("#")[0].split() for line in TABLE.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_who_is_on_call(row: list[str]) -> None:
    feed, at, level, *people = row
    standing = Plan(feeds()[feed].shifts).standing(parsed(at), int(level))
    assert [one.person for one in standing] == people


def test_the_table_has_every_feed_and_forty_instants() -> None:
    assert {row[0] for row in ROWS} == feeds().keys()
    assert len(feeds()) == 15
    assert len(ROWS) >= 40


def test_overrides_take_the_place_of_the_shifts_of_their_level_as_long_as_they_last() -> None:
    plan = Plan(feeds()["levels"].shifts, feeds()["overrides"].shifts)
    swapped = parsed("2026-03-04T20:00:00Z")
    assert [one.person for one in plan.standing(swapped, 2)] == ["chloe", "ben"]
    (anna,) = plan.standing(parsed("2026-03-04T16:59:00Z"), 0)
    assert (anna.person, plan.until(anna, swapped)) == ("anna", anna.end)
    assert plan.until(anna, parsed("2026-03-04T16:59:00Z")) == parsed("2026-03-04T17:00:00Z")


def test_what_is_not_understood_is_told() -> None:
    found = feeds()["strangers"]
    assert found.strangers == (
        Stranger(parsed("2026-03-02T00:00:00Z"), "On call (yan@example.com)"),
        Stranger(parsed("2026-03-03T00:00:00Z"), "Zoe"),
    )
    zone, garbage = found.doubts
    assert zone == (
        "the time zone 'Middle Earth/Shire' is not known: its times are taken as local ones"
    )
    assert garbage.startswith("an event's DTSTART cannot be read: ")
    assert all(not each.doubts for name, each in feeds().items() if name != "strangers")
    assert all(not each.strangers for name, each in feeds().items() if name != "strangers")


def calendar(*events: str) -> bytes:
    """One event each, of its lines."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//a test//EN",
        *(
            line
            for number, event in enumerate(events)
            for line in ("BEGIN:VEVENT", f"UID:{number}", *event.split(), "END:VEVENT")
        ),
        "END:VCALENDAR",
    ]
    return "\r\n".join(lines).encode()


def found(*events: str) -> Found:
    return read(calendar(*events), NAMES, SINCE, UNTIL)


DAY = "SUMMARY:anna DTSTART:20260302T000000Z DTEND:20260303T000000Z"


def test_what_goes_on_without_a_break_is_one_shift_however_it_is_cut() -> None:
    days = found(f"{DAY} RRULE:FREQ=DAILY;COUNT=7")
    week = found("SUMMARY:anna DTSTART:20260302T000000Z DTEND:20260309T000000Z")
    assert days == week
    (shift,) = week.shifts
    assert shift == Shift(parsed("2026-03-02T00:00:00Z"), parsed("2026-03-09T00:00:00Z"), "anna")


def test_an_event_without_length_or_outside_of_the_horizon_is_none() -> None:
    assert found("SUMMARY:anna DTSTART:20260302T000000Z").shifts == ()
    assert found("SUMMARY:anna DTSTART:20250302T000000Z DTEND:20250303T000000Z").shifts == ()
    assert found().shifts == ()


@pytest.mark.parametrize(
    ("event", "since", "start", "end"),
    [
        (
            "SUMMARY:chloe DTSTART;VALUE=DATE:20260302 DTEND;VALUE=DATE:20260303",
            "2026-03-03T00:00Z",
            "2026-03-02T05:00Z",
            "2026-03-03T05:00Z",
        ),
        (
            "SUMMARY:chloe DTSTART:20260302T170000 DTEND:20260302T233000",
            "2026-03-03T00:00Z",
            "2026-03-02T22:00Z",
            "2026-03-03T04:30Z",
        ),
        (
            "SUMMARY:dev DTSTART;VALUE=DATE:20261115 DTEND;VALUE=DATE:20261116",
            "2026-03-03T00:00Z",
            "2026-11-14T18:30Z",
            "2026-11-15T18:30Z",
        ),
    ],
)
def test_a_day_lasts_until_its_end_where_the_person_is(
    event: str, since: str, start: str, end: str
) -> None:
    """When it is read then, in the evening there or in the morning: in UTC it is another date."""
    (shift,) = read(calendar(event), NAMES, parsed(since), UNTIL).shifts
    assert (shift.start, shift.end) == (parsed(start), parsed(end))


def test_a_name_is_the_same_however_its_accents_and_spaces_are_written() -> None:
    """Some calendars write an accent as a character of its own, which looks the same."""
    spellings = {"chloe": "Chloé  Martin", "ben": "Ben\N{NO-BREAK SPACE}Okafor"}
    people = [Person(key, name) for key, name in spellings.items()]
    names = Names({each: one.key for one in people for each in one.spellings}, {}, "UTC")
    titles = ("Chloe\N{COMBINING ACUTE ACCENT} Martin", "BEN  OKAFOR")
    events = [DAY.replace("anna", title.replace(" ", "_")) for title in titles]
    text = calendar(*events).replace(b"_", b" ")
    one = read(text, names, SINCE, UNTIL)
    assert [each.person for each in one.shifts] == ["ben", "chloe"]
    assert one.strangers == ()


ASKED = "ATTENDEE;PARTSTAT={}:mailto:{}@example.com"


@pytest.mark.parametrize(
    ("title", "attendees", "people"),
    [
        ("anna", [("DECLINED", "anna")], []),
        ("On-call", [("DECLINED", "anna"), ("DECLINED", "ben")], []),
        ("anna", [("DECLINED", "anna"), ("ACCEPTED", "ben")], ["ben"]),
        ("ben", [("DECLINED", "anna")], ["ben"]),  # whose shift she was asked to take over
        ("anna", [("DECLINED", "boss")], ["anna"]),
    ],
)
def test_who_has_declined_is_not_on_call_by_the_title_either(
    title: str, attendees: list[tuple[str, str]], people: list[str]
) -> None:
    asked = " ".join(ASKED.format(*one) for one in attendees)
    one = found(f"{DAY.replace('anna', title)} {asked}")
    assert [each.person for each in one.shifts] == people
    assert one.strangers == ()
    assert [each.partition(": ")[0] for each in one.doubts] == (
        [] if people else ["who was asked has declined, and nobody is on call by it"]
    )


def test_a_stranger_who_has_not_declined_is_one_whatever_the_title_says() -> None:
    one = found(f"{DAY} {ASKED.format('DECLINED', 'anna')} {ASKED.format('ACCEPTED', 'yan')}")
    assert (one.shifts, one.doubts) == ((), ())
    assert [each.said for each in one.strangers] == ["anna (anna@example.com, yan@example.com)"]


@pytest.mark.parametrize(
    ("zone", "start", "doubts"),
    [
        ("W. Europe Standard Time", "2026-03-01T23:00Z", ()),  # as Outlook calls Berlin's
        (
            "Middle Earth/Shire",
            "2026-03-02T05:00Z",  # of the default zone
            (
                "the calendar's time zone 'Middle Earth/Shire' is not known: it counts as if not"
                " said",
            ),
        ),
        (" ", "2026-03-02T05:00Z", ()),
    ],
)
def test_a_calendar_is_read_whatever_it_calls_its_time_zone(
    zone: str, start: str, doubts: tuple[str, ...]
) -> None:
    text = calendar("SUMMARY:chloe DTSTART;VALUE=DATE:20260302 DTEND;VALUE=DATE:20260303")
    text = text.replace(b"VERSION:2.0", f"VERSION:2.0\r\nX-WR-TIMEZONE:{zone}".encode())
    one = read(text, NAMES, SINCE, UNTIL)
    assert [each.start for each in one.shifts] == [parsed(start)]
    assert one.doubts == doubts


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:ben",
        "SUMMARY:ben DTSTART:20260302T000000Z DTSTART:20260303T000000Z DTEND:20260304T000000Z",
        "SUMMARY:ben DTSTART:20260302T000000Z DTEND:99991231T235959Z",
        "SUMMARY:ben DTSTART:20260302T000000Z DTEND:20260303T000000Z RRULE:FREQ=DAILY;BYHOUR=25",
    ],
)
def test_one_event_that_cannot_be_read_keeps_none_of_the_others(event: str) -> None:
    recurs = f"{DAY} RRULE:FREQ=WEEKLY;COUNT=3"
    moved = "SUMMARY:chloe DTSTART:20260310T000000Z DTEND:20260311T000000Z"
    text = calendar(recurs, event, f"{moved} RECURRENCE-ID:20260309T000000Z")
    one = read(text.replace(b"UID:2", b"UID:0"), NAMES, SINCE, UNTIL)
    assert [each.person for each in one.shifts] == ["anna", "chloe", "anna"]
    (doubt,) = one.doubts
    assert doubt.startswith("the event 'ben' cannot be read: ")


def test_two_calendars_in_one_file_are_both_read() -> None:
    both = read(calendar(DAY) + b"\r\n" + calendar(DAY.replace("anna", "ben")), NAMES, SINCE, UNTIL)
    assert [one.person for one in both.shifts] == ["anna", "ben"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "does not begin with BEGIN:VCALENDAR"),
        (b"<html>Please sign in</html>", "does not begin with BEGIN:VCALENDAR"),
        (b"\xff\xfe\x00\x01", "does not begin with BEGIN:VCALENDAR"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "breaks off"),
        (b"BEGIN:VCALENDAR\r\nnonsense\r\nEND:VCALENDAR", "cannot be read: "),
        (b"BEGIN:VCALENDAR" + b" " * MOST_BYTES, "is larger than 5,242,880 bytes"),
    ],
)
def test_what_is_no_calendar_is_refused_in_a_line(text: bytes, why: str) -> None:
    with pytest.raises(NoCalendar) as refused:
        read(text, NAMES, SINCE, UNTIL)
    assert str(refused.value).startswith(why)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=SECONDLY", "an event recurs SECONDLY"),
        ("FREQ=MINUTELY;INTERVAL=2", "an event recurs MINUTELY"),
        ("INTERVAL=2", "recurs without saying how"),
        ("FREQ=WEEKLY;INTERVAL=0", "an event recurs at intervals of '0'"),
        ("INTERVAL=-1;FREQ=DAILY", "an event recurs at intervals of '-1'"),
        (
            "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40",
            "an event recurs 25 times a day",
        ),
    ],
)
def test_a_bomb_of_recurrences_is_refused_before_it_is_unfolded(rule: str, why: str) -> None:
    with pytest.raises(NoCalendar, match=why):
        found(f"{DAY} RRULE:{rule}")


def test_more_shifts_than_may_be_stored_are_refused() -> None:
    often = "SUMMARY:anna DTSTART:20260301T000000Z DURATION:PT1M RRULE:FREQ=DAILY;BYHOUR={}"
    hours = ",".join(str(hour) for hour in range(24))
    with pytest.raises(NoCalendar, match="more than 5,000 shifts"):
        found(often.format(hours))
