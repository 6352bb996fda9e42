"""People and rotations: what holds becomes a rotation, a mistake is refused where it stands."""

import pytest

from config import diff
from config.loading import ConfigError, Loaded, load
from config.people import Calendars, Person, Source
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.rotations import Rotation

ANNA = "anna: {name: Anna, email: anna@example.com, slack: U012AB3CD, time_zone: Europe/Berlin}"
PAYMENTS = "payments: {calendar_env: A_URL, fallback: [anna], tell_by: [slack]}"


def loaded(people: str, on_call: str = "") -> Loaded:
    """The people stand in line 3, the rotations in line 5."""
    text = f"sla_targets: {{gold: {{}}}}\npeople:\n  {people}\non_call:\n  {on_call}\n"
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )


def test_people_and_rotations_are_taken_as_they_are_written() -> None:
    found = loaded(
        ANNA,
        "payments: {calendar_env: A_URL, overrides_file: over.ics, fallback: [anna],"
        " tell_by: [slack]}",
    )
    anna = Person("anna", "Anna", "anna@example.com", "U012AB3CD", "Europe/Berlin")
    assert found.people == (anna,)
    assert anna.spellings == {"anna", "anna@example.com"}
    assert found.policy.rotations == {"payments": Rotation("payments", ("slack",), ("anna",))}
    assert found.calendars == (Calendars("payments", Source("A_URL"), Source(None, "over.ics")),)
    assert [one.name for one in (Source("A_URL"), Source(None, "over.ics"))] == [
        "A_URL",
        "over.ics",
    ]
    assert found.warnings == []


def test_a_file_without_them_has_none() -> None:
    found = loaded("")
    assert (found.people, found.calendars, found.policy.rotations) == ((), (), {})


@pytest.mark.parametrize(
    ("people", "place", "message"),
    [
        ("anna: {name: Anna, email: anna at example.com}", "anna.email", "anna@example.com"),
        ("anna: {name: Anna, slack: '@anna'}", "anna.slack", "the member's ID, such as U012AB3CD"),
        ("anna: {name: Anna, time_zone: Europe/Berlln}", "anna.time_zone", "unknown time zone"),
        ("anna: {name: Anna, mail: a@b.c}", "anna.mail", "did you mean 'email'?"),
        ("anna: {email: anna@example.com}", "anna.name", "is missing"),
        (
            "{anna: {name: Anna, slack: U01}, boss: {name: ANNA, slack: U02}}",
            "boss",
            "'anna' is 'anna' too: a calendar could mean both",
        ),
        (f"{'p' * 101}: {{name: Anna, slack: U01}}", "p" * 101, "1 to 100 characters"),
    ],
)
def test_a_mistake_in_people_is_refused(people: str, place: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(people)
    (problem,) = refused.value.problems
    assert (problem.line, problem.key) == (3, f"people.{place}")
    assert message in problem.message


@pytest.mark.parametrize(
    ("on_call", "place", "message"),
    [
        (
            "payments: {calendar_env: A, calendar_file: a.ics, tell_by: [slack]}",
            "calendar_file",
            "is said beside calendar_env",
        ),
        ("payments: {fallback: [anna], tell_by: [slack]}", "calendar_env", "or calendar_file"),
        (
            "payments: {calendar_env: 'https://cal.example.com/hush', tell_by: [slack]}",
            "calendar_env",
            "name of an environment variable, such as PAYMENTS_ICAL_URL",
        ),
        (
            "payments: {calendar_env: A, fallback: [ana], tell_by: [slack]}",
            "fallback[0]",
            "nobody is called 'ana'; did you mean 'anna'?",
        ),
        (
            "payments: {calendar_env: A, fallback: [anna], tell_by: [slak]}",
            "tell_by[0]",
            "there is no channel 'slak'; did you mean 'slack'?",
        ),
        ("payments: {calendar_env: A, tell_by: []}", "tell_by", "must not be empty"),
        ("payments: {calendar_env: A}", "tell_by", "is missing"),
        (
            "payments: {calender_env: A, tell_by: [slack]}",
            "calender_env",
            "did you mean 'calendar_env'?",
        ),
    ],
)
def test_a_mistake_in_a_rotation_is_refused(on_call: str, place: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(ANNA, on_call)
    (problem,) = refused.value.problems
    assert (problem.line, problem.key) == (5, f"on_call.payments.{place}")
    assert message in problem.message
    assert "hush" not in str(refused.value)


def test_a_fallback_without_people_says_that_there_are_none() -> None:
    with pytest.raises(ConfigError) as refused:
        loaded("", PAYMENTS)
    assert "nobody is called 'anna': there are no `people`" in str(refused.value)


def test_what_is_probably_not_meant_is_warned_about() -> None:
    found = loaded("anna: {name: Anna}", "payments: {calendar_env: A, tell_by: [slack]}")
    assert [one.partition(": ")[2] for one in found.warnings] == [
        "people.anna: has neither email nor slack: is named in messages, not reached",
        "on_call.payments: has no fallback: when nobody is on call, nobody is named",
    ]
    (warning,) = loaded("", "ops: {calendar_file: a.ics, tell_by: [slack]}").warnings[:1]
    assert "there are no `people`" in warning


MAIL = "mail: {type: email, host: mail.example.com, from: sla@example.com}"


def test_where_mail_without_addresses_of_its_own_reaches_nobody_is_warned_about() -> None:
    on_call = "payments: {calendar_env: A, fallback: [anna], tell_by: [mail]}"

    def warned(people: str, to: str, more: str = "") -> list[str]:
        block = f"{{channels: {{{MAIL}}}, {more}routes: [{{match: {{}}, to: [{to}]}}]}}"
        found = loaded(people, f"{on_call}\nnotifications: {block}\n").warnings
        said = sorted(one.partition(": ")[2] for one in found)
        return [one for one in said if "`to`" in one or "`email`" in one]

    assert warned(ANNA, "'on-call:payments', mail") == []
    people = f"{ANNA}\n  cy: {{name: Cy, slack: U02}}"
    assert warned(people, "mail", "fallback: [mail], ") == [
        "notifications.fallback[0]: 'mail' has no `to`: nobody would be told of a dead channel",
        "notifications.routes[0].to[0]: 'mail' has no `to`: it reaches whoever is on call, where"
        " `on-call:ROTATION` is told by it, and here nobody",
        "on_call.payments.tell_by: is by e-mail alone: nothing reaches who has no `email`: cy",
    ]


def test_without_routes_mail_that_has_no_addresses_gets_everything_for_nobody() -> None:
    (warning,) = loaded(ANNA, f"\nnotifications: {{channels: {{{MAIL}}}}}").warnings
    assert warning.partition(": ")[2] == (
        "notifications.channels.mail: has no `to`: without routes, everything goes there and"
        " reaches nobody"
    )


ROUTES = "notifications: {routes: [{match: {}, to: [%s]}]}\n"


def test_a_route_may_tell_whoever_is_on_call() -> None:
    found = loaded(ANNA, f"{PAYMENTS}\n{ROUTES % 'on-call:payments'}")
    assert [route.to for route in found.policy.routes] == [("on-call:payments",)]
    (channel,) = found.channels
    assert (channel.name, channel.wanted) == ("slack", True)


def test_a_rotation_that_there_is_not_is_refused_in_a_route() -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(ANNA, f"{PAYMENTS}\n{ROUTES % 'on-call:paymens'}")
    (problem,) = refused.value.problems
    assert (problem.line, problem.key) == (6, "notifications.routes[0].to[0]")
    assert problem.message == (
        "there is no rotation 'on-call:paymens'; did you mean 'on-call:payments'?"
    )


def test_what_changes_in_them_is_named() -> None:
    before = loaded(ANNA, PAYMENTS)
    after = loaded(
        ANNA.replace("Europe/Berlin", "Europe/Oslo"),
        "payments: {calendar_env: A_URL, overrides_env: B_URL, tell_by: [slack]}",
    )
    assert diff.lines(before, after) == [
        "~ person anna: Anna, anna@example.com, U012AB3CD, Europe/Berlin -> Anna,"
        " anna@example.com, U012AB3CD, Europe/Oslo",
        "~ on call for payments: calendar A_URL, told by slack, else anna -> calendar A_URL,"
        " overrides B_URL, told by slack, else nobody",
    ]
