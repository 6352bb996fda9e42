"""Rules in the file: what they become, what is refused, and of which nothing can come."""

from dataclasses import replace

import pytest

from config import diff
from config.loading import ConfigError, Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.budget import Budget
from engine.sla.conditions import Attributes
from tests.support.conformance import instant

HOUR = 3_600_000_000
TIERS = """\
sla_targets:
  GOLD: {P1: {resolution: 4h}}
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}}
"""
FULL = """\
rules:
  - name: Payments outage
    when: {team: payments, type: [incident, problem], tags: [outage]}
    unless: {source: sandbox, fields.region: [test, staging]}
    calendar: office
    cutoff: "16:00"
    own_dates: ignored
    P0: {response: 5m, resolution: 1h, escalation: {LEVEL_1: 10}, calendar: 24x7}
    any: {response: 15m, resolution: 1bd}
  - name: Nothing is promised to the sandbox
    when: {source: sandbox}
    any: none
  - name: Of old
    when: {assigned: no, fields.vip: true, organization: null, priority: 1}
    valid: {from: 2026-01-01, until: 2026-12-31, by: time}
    calendar: office
    1: {resolution: 1h}
"""


def loaded(text: str) -> Loaded:
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )


def rules(text: str) -> Loaded:
    return loaded(f"rules:\n{text}\n{TIERS}")


def warnings(text: str) -> list[str]:
    return [one.split(": ", 1)[1] for one in rules(text).warnings]


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        rules(text)
    return str(caught.value)


def test_a_rule_becomes_conditions_and_plans() -> None:
    policy = loaded(FULL + TIERS).policy
    assert loaded(FULL + TIERS).warnings == []
    assert policy.asks == {"type", "tags", "source", "fields.region", "fields.vip"}
    outage = policy.rule_plans["Payments outage", "p0"]
    assert outage.targets["resolution"] == Budget("time", HOUR)
    assert outage.calendars["resolution"].name == "24x7"
    assert outage.ladder is not None
    other = policy.rule_plans["Payments outage", ""]
    assert other.targets["resolution"] == Budget("working_days", 1, cutoff=16 * 60)
    assert (other.calendars["response"].name, other.ladder, other.own_dates) == (
        "office",
        None,
        False,
    )
    nothing = policy.rule_plans["Nothing is promised to the sandbox", ""]
    assert (nothing.targets, nothing.on_purpose, nothing.own_dates) == ({}, True, False)
    ticket = Attributes("gold", "P0", "Payments", others={"type": "Problem", "tags": ("OUTAGE",)})
    assert policy.promised(ticket, 0, 0) is outage


def test_its_days_are_those_of_its_calendar_both_included() -> None:
    valid = loaded(FULL + TIERS).policy.rules[2].valid
    assert valid is not None
    assert valid.start == instant("2025-12-31T23:00:00Z")
    assert valid.end == instant("2026-12-31T23:00:00Z")
    assert (valid.by_time, valid.written) == (True, "from 2026-01-01 until 2026-12-31")


def test_a_tier_may_be_valid_for_a_time_too() -> None:
    text = TIERS.replace("GOLD: {", "GOLD: {valid: {until: 2026-06-30}, ")
    valid = loaded(text).policy.tier_validity["gold"]
    assert (valid.start, valid.end) == (None, instant("2026-07-01T00:00:00Z"))
    assert not valid.by_time


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  - {when: {team: a}, any: none}", "rules[0].name: is missing"),
        ("  - {name: '', any: none}", "must not be empty"),
        ("  - {name: gold, any: none}", "'gold' is the name of a tier"),
        (
            "  - {name: a, when: {team: a}, any: none}\n  - {name: A, when: {team: b}, any: none}",
            "rules[1].name: another rule is called 'a' already",
        ),
        ("  - {name: a, when: {teem: a}, any: none}", "did you mean 'team'?"),
        ("  - {name: a, unless: {colour: a}, any: none}", "rules[0].unless.colour: no ticket says"),
        ("  - {name: a, when: {team: no}, any: none}", "false is no text: put it in quotes"),
        ("  - {name: a, when: {assigned: maybe}, any: none}", "is yes or no"),
        ("  - {name: a, when: {team: []}, any: none}", "names no value"),
        ("  - {name: a, when: {team: {b: c}}, any: none}", "takes a text"),
        ("  - {name: a, any: {respnse: 1h}}", "did you mean 'response'?"),
        ("  - {name: a, any: nothing}", "rules[0].any: must be a mapping"),
        ("  - {name: a, any: {response: 1h}, P1: {response: 1h}, p1: none}", "the same as 'P1'"),
        ("  - {name: a, calendar: ofice, any: none}", "did you mean 'office'?"),
        ("  - {name: a, valid: {}, any: none}", "needs a date"),
        ("  - {name: a, valid: {from: 2026-02-01, until: 2026-01-31}, any: none}", "comes before"),
        ("  - {name: a, valid: {from: 1969-02-01}, any: none}", "between 1970 and 2100"),
        ("  - {name: a, valid: {form: 2026-02-01}, any: none}", "unknown key"),
        ("  - {name: a, valid: {from: soon}, any: none}", "is no date"),
    ],
)
def test_a_mistake_is_refused_with_its_key(text: str, told: str) -> None:
    assert told in refused(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  - {name: a, when: {team: a}}", "rules[0]: promises nothing: write `any: none`"),
        (
            "  - {name: a, when: {team: ' a'}, any: none}",
            "no ticket ever has ' a': there is no white",
        ),
        ('  - {name: a, when: {team: "a\\nb"}, any: none}', "such a word is a single line"),
        (f"  - {{name: a, when: {{tags: {'x' * 101}}}, any: none}}", "at most 100 characters"),
        (
            "  - {name: a, when: {team: [a, b]}, any: none}\n"
            "  - {name: b, when: {team: b, tags: x}, any: none}",
            "rules[1]: is never reached: 'a' takes all that it matches",
        ),
        (
            "  - {name: a, when: {team: '*'}, unless: {type: x, source: y}, any: none}\n"
            "  - {name: b, when: {team: b, type: z}, unless: {source: [y, z]}, any: none}",
            "rules[1]: is never reached: 'a'",
        ),
        (
            "  - {name: a, unless: {team: null}, any: none}\n"
            "  - {name: b, when: {team: '*'}, any: none}",
            "rules[1]: is never reached: 'a'",
        ),
        (
            "  - {name: a, unless: {team: '*'}, any: none}\n"
            "  - {name: b, when: {team: null}, any: none}",
            "rules[1]: is never reached: 'a'",
        ),
        ("  - {name: a, any: none}", "sla_targets.GOLD: is never reached: the rule 'a'"),
    ],
)
def test_of_what_nothing_can_come_is_warned(text: str, told: str) -> None:
    assert [one for one in warnings(text) if told in one]


@pytest.mark.parametrize(
    "text",
    [
        "  - {name: a, when: {team: a}, any: none}\n  - {name: b, when: {team: [a, b]}, any: none}",
        "  - {name: a, when: {team: a}, any: none}\n  - {name: b, when: {team: '*'}, any: none}",
        "  - {name: a, when: {team: [a, null]}, any: none}\n  - {name: b, any: none}",
        "  - {name: a, when: {tags: a}, unless: {tags: b}, any: none}\n"
        "  - {name: b, when: {tags: a}, any: none}",
        "  - {name: a, when: {team: a}, valid: {until: 2026-01-01}, any: none}\n"
        "  - {name: b, when: {team: a}, any: none}",
        "  - {name: a, unless: {team: '*'}, any: none}\n  - {name: b, when: {team: x}, any: none}",
        "  - {name: a, unless: {team: x}, any: none}\n  - {name: b, when: {team: '*'}, any: none}",
        "  - {name: a, when: {team: a}, any: none}\n  - {name: b, when: {team: null}, any: none}",
    ],
)
def test_a_rule_that_some_ticket_comes_to_is_not(text: str) -> None:
    assert [one for one in warnings(text) if one.startswith("rules")] == []


def test_what_changes_of_rules_is_told() -> None:
    old, new = (
        loaded(FULL + TIERS),
        loaded(
            FULL.replace("tags: [outage]", "tags: null").replace("2026-12-31", "2027-12-31") + TIERS
        ),
    )
    assert diff.lines(old, old) == []
    assert diff.lines(old, new) == [
        "~ rule Payments outage when: team payments; type incident|problem; tags outage"
        " -> team payments; type incident|problem; tags null",
        "~ rule Of old valid: from 2026-01-01 until 2026-12-31 by time"
        " -> from 2026-01-01 until 2027-12-31 by time",
    ]
    assert "+ rule Nothing is promised to the sandbox any: none" in diff.lines(loaded(TIERS), old)
    tier = loaded(TIERS.replace("GOLD: {", "GOLD: {valid: {until: 2026-06-30}, "))
    assert diff.lines(loaded(TIERS), tier) == ["+ GOLD valid: until 2026-06-30 by creation"]
    anything = replace(new.policy.rules[0].match.when[0], anything=True)
    assert anything.holds("x")


def test_routes_know_what_rules_promise() -> None:
    route = (
        "notifications: {routes: [{match: {customer_tier: silver, priority: P7}, to: [slack]},"
        " {match: {}, to: [slack]}]}\n"
    )
    promised = (
        "rules: [{name: a, when: {customer_tier: silver}, P7: {resolution: 1h}, any: none}]\n"
    )
    assert len(loaded(route + TIERS).warnings) == 2
    assert loaded(route + promised + TIERS).warnings == []
    to_all = "rules: [{name: a, when: {team: x}, any: {resolution: 1h}}]\n"
    assert loaded(route + to_all + TIERS).warnings == []
    of_priority = "rules: [{name: a, when: {priority: [P7]}, any: {resolution: 1h}}]\n"
    assert loaded(route + of_priority + TIERS).warnings == [
        one for one in loaded(route + of_priority + TIERS).warnings if "silver" in one
    ]
