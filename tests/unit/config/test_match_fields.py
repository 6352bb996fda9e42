"""What routes may ask of what happens, by field; what can never be is refused or said."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from command_side.matching import impossible
from command_side.silence_api import NewSilence
from config.loading import ConfigError, Loaded, load
from config.suggestion import suggestion
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.matching import Subject, condition, found
from engine.sla.policy import Policy
from engine.sla.routes import channels, taking

CONFIG = """
sla_targets:
  GOLD: {P1: {response: 1h, resolution: 4h, escalation: {LEVEL_1: 10, LEVEL_4: 60}}}
rules:
  - {name: Payments, when: {team: payments}, any: {resolution: 2h}}
notifications:
  routes: [{ROUTE}, {match: {}, to: [slack]}]
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
    ops: {type: webhook, url_env: OPS_URL}
"""


def loaded(route: str) -> Loaded:
    return load(
        CONFIG.replace("{ROUTE}", route),
        version=1,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )


def policy(match: str) -> Policy:
    read = loaded(f"{{{match}, to: [ops]}}")
    assert read.warnings == []
    return read.policy


LONG: Mapping[str, Any] = {"tags": ["VIP", "eu"], "extra": {"region": "EMEA", "seats": 5}}
SUBJECT = Subject(
    type="alert",
    severity="breached",
    clock="resolution",
    tier="Gold",
    priority="P1",
    external_id="T-1",
    source="jira",
    attributes={"type": "Incident", "status": "In Progress", "assigned_to": "jd"},
    level=4,
    rule="Payments",
    team="Payments",
    organization="ACME",
    at_length=lambda: LONG,
)


def told(of: Policy, **changes: Any) -> tuple[str, ...]:
    return channels(taking(of.routes, replace(SUBJECT, **changes)))


@pytest.mark.parametrize(
    ("match", "matches", "otherwise"),
    [
        ("severity: breached", {}, {"severity": "warning"}),
        ("level: 4", {}, {"level": 3}),
        ('level: ">=4"', {}, {"level": 3}),
        ('level: ">3"', {}, {"level": 3}),
        ('level: "<=1"', {"level": 1}, {}),
        ('level: "<1"', {"level": 0}, {}),
        ('level: [0, "= 4"]', {}, {"level": 1}),
        ("clock: resolution", {}, {"clock": "response"}),
        ("rule: payments", {}, {"rule": None}),
        ("rule: null", {"rule": None}, {}),
        ("customer_tier: gold", {}, {"tier": "tin"}),
        ("priority: P1", {}, {"priority": "P2"}),
        ("team: [disks, PAYMENTS]", {}, {"team": "nets"}),
        ('team: "*"', {}, {"team": None}),
        ("type_of_ticket: incident", {}, {"attributes": {"type": "question"}}),
        ("organization: acme", {}, {"organization": None}),
        ("source: jira", {}, {"source": "zendesk"}),
        ("status: in-progress", {}, {"attributes": {"status": "open"}}),
        ("status: null", {"attributes": {}}, {}),
        ("assigned_to: JD", {}, {"attributes": {}}),
        ("tags: vip", {}, {"at_length": lambda: {"tags": ["eu"]}}),
        ("tags: null", {"at_length": dict}, {}),
        ("fields.region: emea", {}, {"at_length": dict}),
        ("fields.seats: 5", {}, {"at_length": lambda: {"extra": {"seats": 6}}}),
    ],
)
def test_every_field_can_be_matched(
    match: str, matches: dict[str, Any], otherwise: dict[str, Any]
) -> None:
    of = policy(f"match: {{{match}}}")
    assert told(of, **matches) == ("ops",)
    assert told(of, **otherwise) == ("slack",)
    without = policy(f"match: {{}}, unless: {{{match}}}")
    assert (told(without, **matches), told(without, **otherwise)) == (("slack",), ("ops",))


def test_what_is_long_is_asked_for_only_where_the_rest_matches() -> None:
    def refuse() -> dict[str, Any]:
        raise AssertionError

    of = policy("match: {tags: vip, fields.region: emea, severity: warning}")
    assert told(of, at_length=refuse) == ("slack",)


def test_a_route_that_goes_on_tells_besides_and_nobody_is_told_twice() -> None:
    of = policy('name: Directors, match: {level: ">=4"}, continue: true, tell: raised')
    assert told(of) == ("ops", "slack")
    route, rest = of.routes
    assert (route.name, route.tell, rest.name) == ("Directors", {"raised"}, "")
    assert channels((route, rest), "ended") == ("slack",)
    assert channels((rest, route, rest)) == ("slack", "ops")


def test_what_becomes_of_an_alert_is_taken_only_where_its_type_is_named() -> None:
    assert told(policy("match: {severity: breached}"), type="ended") == ()
    assert told(policy("match: {type: [alert, ended]}"), type="ended") == ("ops",)
    of = policy("match: {type: transition, clock: resolution, to: [met, paused]}")
    assert told(of, type="transition", to="met") == ("ops",)
    assert told(of, type="transition", to="running") == ()


REFUSED = [
    ("match: {mood: bad}", "match.mood: no route matches that; the known ones: source,"),
    ("match: {taem: disks}", "match.taem: no route matches that; did you mean 'team'?"),
    ("unless: {external_id: T-1}", "unless.external_id: no route matches that;"),
    ("match: {fields.: x}", "match.fields.: no route matches that;"),
    ("match: {level: high}", 'match.level: takes a level, a comparison such as ">=4"'),
    ("match: {level: []}", "match.level: names no value: nothing would ever match"),
    ("match: {level: 12345}", "match.level: takes a level"),
    ("match: {rule: Paymets}", "there is no rule 'Paymets'; did you mean 'Payments'?"),
    ("match: {type: retracted}", "match.type: is called `withdrawn` here;"),
    ("match: {type: transition, to: halted}", "match.to: there is no to 'halted'"),
    ("match: {to: met}", "match.to: only transitions turn to something: match `type: transition`"),
    ("unless: {to: met}, match: {type: [alert, transition]}", "unless.to: only transitions"),
    ("match: {team: []}", "match.team: names no value"),
    ("match: {severity: true}", "match.severity: true is no text: put it in quotes"),
    ("tell: []", "tell"),
    ("tell: resolved", "tell[0]"),
    ("continue: maybe", "continue"),
    ("name: ''", "name: must not be empty"),
    (
        "match: {type: [ended, transition]}, name: a, repeat: {every: 5m}",
        "repeat: repeats what is raised, and `match` takes none of that",
    ),
    ("to: [ops], name: a}, {to: [ops], name: A", "another route is called 'a' already"),
]


@pytest.mark.parametrize(("route", "message"), REFUSED, ids=[route for route, _ in REFUSED])
def test_a_mistake_in_a_route_is_refused_with_its_place(route: str, message: str) -> None:
    to = "" if "to: [ops]" in route else ", to: [ops]"
    with pytest.raises(ConfigError) as refused:
        loaded(f"{{{route}{to}}}")
    assert message in str(refused.value)
    assert "notifications.routes[" in str(refused.value)


@pytest.mark.parametrize(
    ("route", "warning"),
    [
        ('match: {level: ">4"}', "match.level: no ticket is ever on level >4: the highest is 4"),
        ("match: {level: [1, 3, 99]}", "match.level: no ticket is ever on level 99"),
        ('match: {level: "<0"}', "match.level: no ticket is ever on level <0"),
        ("match: {status: opne}", "match.status: no ticket is ever 'opne': it is no status;"),
        (
            "match: {severity: breached}, unless: {severity: [critical, breached]}",
            "match: all that it matches is left out by `unless`: nothing goes here",
        ),
        (
            'match: {type: escalation, level: "<1"}',
            "no alert ever has the type escalation and the level <1",
        ),
        (
            'match: {}}, {match: {severity: warning}, unless: {tags: "*"}',
            "[1]: is never reached: the routes before it take all that it matches",
        ),
        (
            "match: {type: transition}, tell: [ended]",
            "tell: says nothing here: it is about what is raised, and `match` takes none of that",
        ),
        (
            "match: {type: ended}}, {match: {type: [ended]}",
            "[1]: is never reached: the routes before it take all that it matches",
        ),
    ],
)
def test_a_route_that_can_never_match_is_warned_about(route: str, warning: str) -> None:
    route = route.replace("}, {", "}, to: [ops]}, {").replace("}}, to", "}, to")
    read = loaded(f"{{{route}, to: [ops]}}".replace("}}, to: [ops]", "}, to: [ops]"))
    assert [one for one in read.warnings if warning in one]


def test_a_route_that_goes_on_or_asks_for_more_leaves_the_others_theirs() -> None:
    for first in ("continue: true", "unless: {team: disks}", "match: {tags: vip}"):
        read = loaded(f"{{to: [ops], {first}}}, {{match: {{type: alert}}, to: [ops]}}")
        assert read.warnings == []
    everything = 'match: {type: "*"}'
    assert loaded(f"{{to: [ops], {everything}, continue: true}}").warnings[1:] == []


def new_silence(**matchers: list[str]) -> NewSilence:
    until = datetime(2026, 1, 5, tzinfo=UTC)
    asked = {"matchers": matchers, "until": until, "by": "jane", "reason": "moving"}
    return NewSilence.model_validate(asked)


def test_silences_match_the_same_but_for_what_is_personal() -> None:
    matchers = {"team": ["disks"], "level": [">=2"], "fields.region": ["emea"]}
    assert new_silence(**matchers).matchers == matchers
    of = policy("match: {severity: breached}")
    assert impossible(matchers, [of]) == []
    for name in ("taem", "assigned_to", "to", "fields."):
        with pytest.raises(ValidationError, match="'team'"):
            new_silence(**{name: ["x"]})
    (problem,) = impossible({"level": ["high"]}, [of])
    assert "takes a level" in problem.msg
    (problem,) = impossible({"type": ["ended"]}, [of])
    assert problem.msg == ("no alert ever has the type 'ended'; it is one of alert, escalation")
    (problem,) = impossible({"rule": ["Paymets"]}, [of])
    assert problem.msg == "no alert ever has the rule 'Paymets'; did you mean 'payments'?"


def test_an_own_field_that_is_no_text_says_nothing() -> None:
    subject = replace(SUBJECT, at_length=lambda: {"extra": {"seats": [5]}})
    assert found("fields.seats").of(subject) is None
    assert not condition("fields.seats", "5").holds(subject.value("fields.seats"))


def test_where_nothing_is_known_nothing_is_suggested() -> None:
    assert suggestion("payments", ["Payment", "disks"]) == "; did you mean 'Payment'?"
    assert suggestion("payments", []) == ""
