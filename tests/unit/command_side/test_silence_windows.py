"""A silence that is planned, or recurs, mutes within its windows and at no other time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_side import silence_api
from command_side.deciding.silencing import InForce, Silence, match
from command_side.intake.item import Malformed
from command_side.recurring import occurrences
from command_side.silence_api import NewSilence
from command_side.silences import LONG_AGO
from engine.sla.excuses import merged
from engine.sla.instants import micros
from engine.sla.policy import Policy
from tests.support.items import at, text
from tests.unit.command_side.test_silences import ALERT
from tests.unit.config.test_match_fields import loaded

MINUTE = 60_000_000
EVERYTHING = match({"type": ("alert",)})
POLICIES = [loaded("{match: {}, to: [ops]}").policy]
spans = st.lists(st.tuples(st.integers(0, 59), st.integers(1, 9)), min_size=1, max_size=8)


@given(spans)
def test_it_mutes_in_the_minutes_of_its_windows_alone(found: list[tuple[int, int]]) -> None:
    minutes = {minute for start, length in found for minute in range(start, start + length)}
    windows = merged((start, start + length) for start, length in found)
    silence = Silence(uuid4(), EVERYTHING, windows)

    for now in range(70):
        muted = now in minutes
        assert silence.matches(ALERT, now) is muted
        assert bool(InForce([silence]).matching(ALERT, now)) is muted
        over = next(later for later in range(now, 80) if later not in minutes)
        assert silence.ends_at(now) == over
        left = silence.without_past(now)
        if left is None:
            assert now > max(minutes)
            continue
        assert left.until == silence.until
        assert left.windows[0][1] > now
        for later in range(now, 70):
            assert left.matches(ALERT, later) is (later in minutes)


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
    st.integers(0, 230 * 24 * 60),
    st.integers(30, 300),
    st.integers(1, 3),
    st.integers(1, 9),
)
def test_what_recurs_daily_is_what_a_look_at_each_half_hour_finds(
    zone: str, after: int, minutes: int, interval: int, times: int
) -> None:
    """Also where clocks are put forward or back in between."""
    local, length = ZoneInfo(zone), timedelta(minutes=minutes)
    start = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=after)
    begins = start.astimezone(local)
    rule = f"FREQ=DAILY;INTERVAL={interval};COUNT={times}"

    windows = occurrences(start, start + length, rule, zone, most=100)

    silence = Silence(uuid4(), EVERYTHING, windows)
    begun = [
        (begins + timedelta(days=interval * one)).replace(fold=0).astimezone(UTC)
        for one in range(times)
    ]
    now = start - timedelta(hours=1)
    while now < begun[-1] + length + timedelta(hours=1):
        muted = any(one <= now < one + length for one in begun)
        assert silence.matches(ALERT, micros(now)) is muted
        now += timedelta(minutes=30)


def offered(**said: Any) -> NewSilence:
    body = {
        "matchers": {"severity": ["warning"]},
        "until": text(60),
        "by": "jane",
        "reason": "patches",
    }
    return NewSilence.model_validate({**body, **said})


async def test_without_a_beginning_it_begins_at_once() -> None:
    quiet = await silence_api.read(offered(), POLICIES, at(0))

    assert quiet.windows == ((LONG_AGO, micros(at(60))),)


async def test_one_that_is_planned_begins_when_it_says() -> None:
    quiet = await silence_api.read(offered(**{"from": text(30)}), POLICIES, at(0))

    assert quiet.windows == ((micros(at(30)), micros(at(60))),)


async def test_one_that_recurs_has_a_window_each_time() -> None:
    said = {"from": text(30), "rrule": "FREQ=DAILY;COUNT=3", "time_zone": "Europe/Berlin"}
    quiet = await silence_api.read(offered(**said), POLICIES, at(0))

    day = 24 * 60
    assert quiet.windows == tuple(
        (micros(at(30 + day * one)), micros(at(60 + day * one))) for one in range(3)
    )
    assert (quiet.rrule, quiet.time_zone) == ("FREQ=DAILY;COUNT=3", "Europe/Berlin")


async def test_every_field_of_routes_may_be_matched() -> None:
    matchers: dict[str, Sequence[Any]] = {
        "level": [">=1", 4],
        "type_of_ticket": ["incident"],
        "organization": ["ACME", None],
        "source": ["jira"],
        "status": ["In progress"],
        "team": ["*"],
        "tags": ["vip"],
        "fields.region": ["emea"],
    }
    quiet = await silence_api.read(offered(matchers=matchers), POLICIES, at(0))

    assert quiet.matchers == {**matchers, "level": [">=1", "4"]}
    assert match(quiet.matchers).when


RECURS = {"from": text(30), "rrule": "FREQ=DAILY;COUNT=3", "time_zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("said", "place", "wrong"),
    [
        ({"from": text(60)}, ("until",), "must be after `from`"),
        ({"from": text(-60), "until": text(-1)}, ("until",), "must lie ahead: it is 2026-01-05T09"),
        ({"time_zone": "UTC"}, ("time_zone",), "is of those that recur: say how by `rrule`"),
        ({"rrule": "FREQ=DAILY;COUNT=3"}, ("rrule",), "needs a `from`, and the `time_zone`"),
        (RECURS | {"rrule": "FREQ=DAILY"}, ("rrule",), "needs an end: COUNT or UNTIL"),
        (RECURS | {"rrule": "FREQ=HOURLY;COUNT=2"}, ("rrule",), "its FREQ is one of DAILY"),
        (RECURS | {"rrule": "FREQ=DAILY;COUNT=10001"}, ("rrule",), "comes to more than 10000"),
        (RECURS | {"time_zone": "Mars/Sea"}, ("time_zone",), "no time zone 'Mars/Sea' is known"),
        (
            RECURS | {"from": text(-9999), "until": text(-9990)},
            ("rrule",),
            "comes to windows that are all over: it is 2026-01-05T09:00:00+00:00 here",
        ),
        ({"matchers": {"level": [">=5"]}}, ("matchers", "level", 0), "no ticket is ever on level"),
        ({"matchers": {"level": ["high"]}}, ("matchers", "level", 0), "takes a level"),
        (
            {"matchers": {"status": ["in progres"]}},
            ("matchers", "status", 0),
            "no ticket is ever 'in progres': it is no status; did you mean 'inprogress'?",
        ),
    ],
)
async def test_what_would_mute_nothing_is_refused(
    said: dict[str, Any], place: tuple[str | int, ...], wrong: str
) -> None:
    with pytest.raises(Malformed) as refusal:
        await silence_api.read(offered(**said), POLICIES, at(0))

    (problem,) = refusal.value.problems
    assert problem.loc == ("body", *place)
    assert problem.msg.startswith(wrong)


async def test_while_no_version_is_known_nothing_can_be_impossible() -> None:
    nothing: list[Policy] = []
    said = offered(matchers={"level": [9], "status": ["odd"]})
    assert (await silence_api.read(said, nothing, at(0))).matchers == {
        "level": ["9"],
        "status": ["odd"],
    }
