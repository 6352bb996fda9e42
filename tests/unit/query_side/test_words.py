"""Promises, durations and instants as people say them, and what else a new version may bring."""

from datetime import date

from engine.sla.budget import Budget
from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.policy import Phase
from query_side.audit.wording import Words, duration, promise, used
from tests.support.timelines import OFFICE, at, policy, saw, span
from tests.unit.query_side.test_witness import told

BERLIN = Calendar("berlin", "Europe/Berlin", {0: [(9 * 60, 17 * 60)]})


def test_a_promise_is_named_as_it_was_written_and_what_that_means() -> None:
    hours = Budget("time", span("8h"), "8h")

    assert promise(hours, ALWAYS) == "8h"
    assert promise(hours, OFFICE) == "8h (8 working hours, calendar office)"
    assert promise(Budget("time", span("8h"), "480 min"), ALWAYS) == "480 min (8 h)"
    assert promise(Budget("time", span("90s"), "90s"), ALWAYS) == "90s (1 min 30 s)"
    days = Budget("working_days", 2, "2bd")
    assert promise(days, OFFICE) == "2bd (2 working days, calendar office)"
    assert hours == Budget("time", span("8h"), "480m"), "how it was written makes no difference"


def test_durations_are_those_of_the_clock() -> None:
    days = Budget("working_days", 2, "2bd")

    assert used(span("12h"), span("40h"), None, OFFICE) == "12 of 40 working hours"
    assert used(span("8h"), span("16h"), days, OFFICE) == "1 of 2 working days"
    assert used(span("9h30m"), span("16h"), days, OFFICE) == "9 h 30 min of 16 working hours (2bd)"
    assert used(span("26h"), span("48h"), None, ALWAYS) == "1 d 2 h of 2 d"
    assert used(span("10m"), span("30m"), None, OFFICE) == "10 min of 30 working minutes"
    assert used(span("10m"), span("90m"), None, OFFICE) == "10 min of 1 h 30 min of working time"
    assert duration(span("1h") + 1_500_000) == "1 h 1 s"
    assert duration(500_000) == "0.5 s"


def test_an_instant_is_told_in_the_zone_of_its_calendar_or_the_one_asked_for() -> None:
    when = at("2026-10-25T00:30:00Z")

    assert Words().instant(when) == "Sun 2026-10-25 00:30 UTC"
    assert Words(home="Asia/Tokyo").instant(when) == "Sun 2026-10-25 09:30 Asia/Tokyo"
    assert Words(asked="Asia/Tokyo").instant(when, BERLIN) == "Sun 2026-10-25 09:30"
    # Of the hour that comes twice it is said which.
    assert Words().instant(when, BERLIN) == "Sun 2026-10-25 02:30+02:00 Europe/Berlin"
    later = when + span("1h") + 1_000_001
    assert Words().instant(later, BERLIN) == "Sun 2026-10-25 02:30:01+01:00 Europe/Berlin"


def test_a_time_zone_is_named_once_in_a_sentence() -> None:
    once = Words().once

    monday, tuesday = "Mon 2026-01-05 09:00 UTC", "Tue 2026-01-06 10:00:30"
    assert once(f"From {monday} to {tuesday} UTC.") == f"From {monday} to {tuesday}."
    mixed = f"From {monday} to {tuesday} Asia/Tokyo."
    assert once(mixed) == mixed
    title = f'At {monday} jo changed the title to "Down 22:00 UTC to 23:00 UTC".'
    assert once(title) == title
    assert once("08:00-18:00 instead of 09:00-17:00") == "08:00-18:00 instead of 09:00-17:00"


def test_a_version_is_named_with_whoever_brought_it() -> None:
    words = Words(authors={2: "ada", 3: "ops/sla_config.yaml"})

    assert [words.origin(number) for number in (1, 2, 3)] == [
        "",
        " (by ada)",
        " (from ops/sla_config.yaml)",
    ]
    second = policy({"resolution": "2h"}, version=2, accepted_at="10:00")
    *_, moved = told(
        [saw("09:00", "waiting")], [policy({"resolution": "4h"}), second], "11:00", words=words
    )
    assert ": policy version 2 (by ada) came into force, which brings" in moved


def test_another_ladder_and_other_thresholds_are_told_though_no_deadline_moves() -> None:
    opened = [saw("09:00", "waiting")]
    ladders = [
        {1: "10m", 2: "50%", 3: "due-30m"},
        {1: "20m", 3: "due+30m", 4: "90%"},
        None,
    ]
    versions = [
        policy(
            {"resolution": "4h"},
            ladders={} if ladder is None else {"P1": ladder},
            version=number,
            accepted_at=f"{9 + number:02}:00",
            warning=20 - 5 * number,
        )
        for number, ladder in enumerate(ladders, 1)
    ]

    assert told(opened, [versions[0], versions[1]], "12:00")[1:] == [
        "Resolution rules changed: policy version 2 came into force, which brings level 1"
        " after 20 min instead of after 10 min, no level 2 any more, level 3 30 min after the"
        " deadline instead of 30 min before the deadline, level 4 at 90% and the warning at 10%"
        " left instead of 15%.",
    ]
    assert told(opened, [versions[0], versions[2]], "13:00")[1:] == [
        "Resolution rules changed: policy version 3 came into force, which brings level 1"
        " at the warning instead of after 10 min, level 2 when critical instead of at 50%, level 3"
        " at the breach instead of 30 min before the deadline and the warning at 5% left instead of"
        " 15%.",
    ]


def test_of_a_ladder_that_is_gone_its_levels_are_not_listed() -> None:
    ladders = {"P2": {1: "10m", 2: "50%"}}  # on the resolution clock, which has no target here
    under = policy({"P1": {"update": "4h"}, "P2": {"update": "2h"}}, ladders=ladders)
    timeline = [saw("09:00", "waiting", priority="P1"), saw("10:00", priority="P2")]

    assert told(timeline, under, "11:00")[-1].endswith(
        "which brings the target 2h instead of 4h and no levels any more."
    )


def test_other_phases_in_which_a_clock_pauses_are_told() -> None:
    never = {"resolution": {"pauses_in": ()}}
    first = policy({"resolution": "4h"})
    second = policy({"resolution": "4h"}, version=2, accepted_at="10:00", clocks=never)

    assert told([saw("09:00", "waiting")], [first, second], "12:00")[1:] == [
        "Resolution rules changed: policy version 2 came into force, which brings pauses in no"
        " phase instead of paused.",
    ]


def test_a_clock_that_begins_anew_says_so() -> None:
    restarts = {"resolution": {"on_change": "restart"}}
    under = policy({"P1": {"resolution": "4h"}, "P2": {"resolution": "8h"}}, clocks=restarts)
    timeline = [saw("09:00", "waiting", priority="P1"), saw("10:00", priority="P2")]

    assert told(timeline, under, "11:00")[1:] == [
        "Resolution deadline moved from Mon 2024-01-15 13:00 to Mon 2024-01-15 18:00 (UTC): the"
        " priority changed from P1 to P2, which brings the target 8h instead of 4h; it counts from"
        " zero again."
    ]


def test_another_phase_is_told_also_of_a_ticket_without_clocks() -> None:
    statuses: dict[str, Phase] = {"onice": "paused"}
    first = policy({"P2": {"resolution": "4h"}}, statuses=statuses)
    second = policy(
        {"P2": {"resolution": "4h"}},
        version=2,
        accepted_at="12:00",
        statuses={"onice": "active"},
    )
    timeline = [saw("09:00", "paused", status="On Ice")]

    assert told(timeline, [first, second], "13:00") == [
        'Policy version 2 counts the status "On Ice" as active instead of paused.'
    ]


def test_a_status_that_names_who_is_told_once_in_full() -> None:
    under = policy({"response": "1h", "resolution": "4h"})
    timeline = [saw("09:00", "waiting", status="new"), saw("09:10", "paused", status="on hold")]
    words = Words(names={(at("09:10"), 0): "Anna"})

    assert told(timeline, under, "10:00", words=words)[2:] == [
        'Response clock met its target: Anna changed the status from new to "on hold", which counts'
        " as the first response. 10 min of 1 h were used.",
        'Resolution clock paused: the status became "on hold". 10 min of 4 h are used; the deadline'
        " is open.",
    ]


def test_dates_have_their_weekdays() -> None:
    many = [date(2026, 12, day) for day in range(1, 9)]
    first = Calendar("office", "UTC", OFFICE.weekly)
    second = Calendar("office", "UTC", OFFICE.weekly, many)
    opened = [saw("2026-11-30T09:00:00Z", "waiting")]

    (_, moved) = told(
        opened,
        [
            policy({"resolution": "40h"}, calendar=first),
            policy(
                {"resolution": "40h"},
                calendar=second,
                version=2,
                accepted_at="2026-11-30T10:00:00Z",
            ),
        ],
        "2026-11-30T11:00:00Z",
    )
    assert moved.endswith(
        "brings holidays on Tue 2026-12-01, Wed 2026-12-02, Thu 2026-12-03, Fri 2026-12-04, Sat"
        " 2026-12-05 and 3 more days (calendar office)."
    )


def test_a_calendar_that_changes_after_a_deadline_is_not_its_cause() -> None:
    closed = Calendar("office", "UTC", OFFICE.weekly, [date(2024, 1, 22)])
    first = policy({"resolution": "4h"}, calendar=OFFICE)
    second = policy({"resolution": "5h"}, calendar=closed, version=2, accepted_at="tue 09:00")

    assert told([saw("09:00", "waiting")], [first, second], "tue 10:00")[1:] == [
        "Resolution promise changed: policy version 2 came into force, which brings the target 5h"
        " instead of 4h. 8 of 5 working hours are used; it was due Mon 2024-01-15 13:00 UTC.",
    ]
