"""What a desk says that nothing knows is named, with the lines that would map it."""

from typing import Any, cast

import pytest
import yaml
from pydantic import ValidationError

from command_side.connect.reading import Observed, Received, read
from command_side.connect.source import Source
from command_side.connect.suggested import lines
from command_side.connect.unmapped import (
    Key,
    still,
    strangers,
    unmapped,
    unsaid,
    untracked,
    words,
)
from config.loading import load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.policy import Policy
from tests.support.items import NINE
from tests.support.lives import LIVES, STEPS

PROMISES = """
sla_targets:
  GOLD: {P0: {resolution: 1h}, P1: {resolution: 2h}, P2: {resolution: 4h}, P3: {resolution: 8h}}
  SILVER: {P1: {resolution: 2h}}
"""
ALONE = "sla_targets: {GOLD: {P1: {resolution: 2h}}}\n"


def policy_of(text: str) -> Policy:
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    ).policy


def source(**given: Any) -> Source:
    return Source.model_validate({"desk": "zendesk", "unsigned": True, **given})


def came(policy: Policy, one: Source, **detail: Any) -> list[str]:
    """Of the first delivery of a ticket."""
    headers, body = LIVES["zendesk"][1]()[0]
    body["detail"] |= detail
    found, *_ = read(Received(headers, body, NINE), one.reading, one)
    assert isinstance(found, Observed)
    return [key.text for key in unmapped(found.came, one, policy)]


@pytest.mark.parametrize(
    ("given", "detail", "expected"),
    [
        ({"tiers": {"default": "gold"}}, {"priority": "P1"}, []),
        ({"tiers": {"default": "gold"}}, {"priority": "P1", "status": "Parked"}, ["status:Parked"]),
        ({"tiers": {"default": "gold"}, "priorities": {"map": {"high": "P1"}}}, {}, []),
        ({"priorities": {"map": {"high": "P9"}}}, {}, ["priority:HIGH"]),
        ({"priorities": {"map": {"low": "P1"}, "default": "P1"}}, {}, ["priority:HIGH"]),
        (
            {"priorities": {"map": {"low": "P1"}, "default": "P9"}},
            {"priority": None},
            ["priority:"],
        ),
        ({"tiers": {"map": {"other": "gold"}}}, {"priority": "P1"}, ["tier:ACME"]),
        ({"tiers": {"map": {"other": "gold"}, "default": "gold"}}, {"priority": "P1"}, []),
        ({"tiers": {"default": "brass"}}, {"priority": "P1"}, ["tier:"]),
        ({"tiers": {"map": {"acme": "brass"}}}, {"priority": "P1"}, ["tier:ACME"]),
        (
            {"teams": {"find": "body.detail.group_id", "map": {"1": "a"}}},
            {"priority": "P1"},
            ["team:77"],
        ),
        ({"teams": {"find": "body.detail.group_id", "map": {"77": "a"}}}, {"priority": "P1"}, []),
    ],
)
def test_what_matches_neither_a_map_nor_a_promise_is_named(
    given: dict[str, Any], detail: dict[str, Any], expected: list[str]
) -> None:
    assert came(policy_of(PROMISES), source(**given), **detail) == expected


def test_whoever_may_be_an_agent_or_not_is_named() -> None:
    headers, body = LIVES["jira"][1]()[STEPS.index("answered")]
    one = source(desk="jira", tiers={"default": "gold"}, priorities={"default": "P1"})
    found, *_ = read(Received(headers, body, NINE), one.reading, one)
    assert isinstance(found, Observed)
    keys = unmapped(found.came, one, policy_of(PROMISES))
    assert Key("agent", "ann@ourdesk.example") in keys


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("Waiting for CAB", "awaiting_vendor"),
        ("Waiting on the customer", "waiting_on_customer"),
        ("Info requested from user", "waiting_on_customer"),
        ("Waiting for support", "open"),
        ("Blocked by supplier", "awaiting_vendor"),
        ("Under investigation by L3", "in_progress"),
        ("Unresolved", "open"),
        ("Re-opened by customer", "reopened"),
        ("Closed (no answer)", "resolved"),
        ("Won't do", "cancelled"),
        ("Ready to deploy", "resolved"),
        ("Logged", "open"),
        ("Neu", "open"),
        ("Nicht zugewiesen", "open"),
        ("In Bearbeitung", "in_progress"),
        ("Warten auf Kunde", "waiting_on_customer"),
        ("In Wartestellung", "awaiting_vendor"),
        ("Erledigt", "resolved"),
        ("Gelo\u0308st", "resolved"),
        ("Wieder geöffnet", "reopened"),
        ("Abgebrochen", "cancelled"),
        ("En attente du client", "waiting_on_customer"),
        ("En cours", "in_progress"),
        ("Clôturé", "resolved"),
        ("Nuevo", "open"),
        ("Cerrado", "resolved"),
        ("In attesa", "awaiting_vendor"),
        ("Em andamento", "in_progress"),
        ("Gesloten", "resolved"),
        ("Wartung", "<open, in_progress, on_hold, resolved or cancelled>"),
    ],
)
def test_a_status_is_proposed_to_be_what_its_words_say(status: str, word: str) -> None:
    policy = policy_of(PROMISES)
    (line,) = lines([Key("status", status)], source(), policy)
    assert yaml.safe_load(line) == {"statuses": {status: word}}


@pytest.mark.parametrize(
    ("key", "given", "expected"),
    [
        (Key("priority", "URGENT"), {}, {"priorities": {"map": {"URGENT": "P0"}}}),
        (Key("priority", "2 - High"), {}, {"priorities": {"map": {"2 - High": "P1"}}}),
        (Key("priority", "Whatever"), {}, {"priorities": {"map": {"Whatever": "<a priority>"}}}),
        (Key("priority", "Lowest"), {}, {"priorities": {"map": {"Lowest": "<a priority>"}}}),
        (
            Key("priority", "Low"),
            {"priorities": {"by": "body.x", "map": {"High": "P1"}, "default": "P3"}},
            {"priorities": {"by": "body.x", "map": {"High": "P1", "Low": "P3"}, "default": "P3"}},
        ),
        (Key("priority", ""), {}, {"priorities": {"default": "P3"}}),
        (Key("tier", ""), {}, {"tiers": {"default": "<a tier>"}}),
        (Key("tier", "Gold"), {}, {"tiers": {"map": {"Gold": "gold"}}}),
        (Key("agent", "ann@x"), {}, {"agents": {"domains": ["<your agents' domain>"]}}),
        (
            Key("agent", "ann"),
            {"agents": {"automatic": ["bot"]}},
            {"agents": {"automatic": ["bot"], "names": ["<an agent>"]}},
        ),
        (
            Key("team", "77"),
            {"teams": {"find": "body.group", "lower": True, "map": {"1": "one"}}},
            {"teams": {"find": "body.group", "lower": True, "map": {"1": "one", "77": "<a team>"}}},
        ),
    ],
)
def test_the_lines_hold_what_was_there_and_what_is_missing(
    key: Key, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    (line,) = lines([key], source(**tupled(given)), policy_of(PROMISES))
    assert yaml.safe_load(line) == expected


def tupled(given: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {
            key: tuple(cast(list[str], one)) if isinstance(one, list) else one
            for key, one in value.items()
        }
        for name, value in given.items()
    }


def test_the_only_tier_is_the_one_that_is_meant() -> None:
    (line,) = lines([Key("tier", "ACME")], source(), policy_of(ALONE))
    assert yaml.safe_load(line) == {"tiers": {"map": {"ACME": "gold"}}}


def test_a_status_that_is_mapped_to_what_nobody_knows_is_mapped_anew() -> None:
    one = source(statuses={"on hold": "awiating"})
    (line,) = lines([Key("status", "awiating")], one, policy_of(PROMISES))
    assert list(yaml.safe_load(line)["statuses"]) == ["on hold"]


@pytest.mark.parametrize("value", ["no", "1", "a: b", 'say "x"', "\u202e", "[x", "null", "😀"])
def test_whatever_a_status_is_called_its_line_is_yaml(value: str) -> None:
    (line,) = lines([Key("status", value)], source(), policy_of(PROMISES))
    assert list(yaml.safe_load(line)["statuses"]) == [value]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"statuses": {"Erledigt": "<open>"}}, "statuses: Erledigt"),
        ({"priorities": {"map": {"x": "<a priority>"}}}, "priorities: x"),
        ({"priorities": {"default": "<a priority>"}}, "priorities: default"),
        ({"tiers": {"default": "<a tier>"}}, "tiers: default"),
        ({"teams": {"find": "body.x", "map": {"x": "<a team>"}}}, "teams: x"),
        ({"agents": {"names": ("<an agent>",)}}, "agents: '<an agent>'"),
    ],
)
def test_what_is_left_to_decide_is_refused_as_it_stands(given: dict[str, Any], where: str) -> None:
    with pytest.raises(ValueError, match=f"{where}.* stands for a word of yours"):
        source(**given)


def test_what_a_block_maps_to_is_looked_at_before_anything_comes() -> None:
    """A misspelt tier, and a priority at which the tier of most customers is promised nothing."""
    one = source(
        tiers={"map": {"1": "gold", "2": "golt"}, "default": "silver"},
        priorities={"map": {"urgent": "P0", "high": "P1", "low": "P7"}},
    )
    policy = policy_of(PROMISES)
    assert list(strangers(one, policy)) == [
        "priority 'P7' has no target",
        "tier 'golt' has no target",
    ]
    assert list(untracked(one, policy)) == [
        "tier silver is promised nothing at P0: such a ticket is shown as untracked"
    ]
    ruled = policy_of(f"{PROMISES}rules: [{{name: a, when: {{tags: [x]}}, any: none}}]\n")
    assert list(untracked(one, ruled)) == []


@pytest.mark.parametrize("key", ["secret_env", "api_token_env", "api_user_env"])
def test_a_secret_in_place_of_its_variable_is_refused_and_not_repeated(key: str) -> None:
    given = {"secret_env": "A", "api_url": "https://x.example", "api_token_env": "B"}
    with pytest.raises(ValidationError, match="is the name of an environment variable") as refused:
        Source.model_validate({"desk": "zendesk", **given, key: "whsec-sesame"})
    (told,) = refused.value.errors()
    assert "sesame" not in told["msg"]


def test_once_it_is_mapped_it_is_named_no_more() -> None:
    policy = policy_of(PROMISES)
    mended = source(
        statuses={"Parked": "on_hold"},
        priorities={"map": {"high": "P1"}, "default": "P3"},
        tiers={"map": {"ACME": "gold"}, "default": "silver"},
        teams={"find": "body.detail.group_id", "map": {"77": "a"}},
        agents={"names": ("ann",)},
    )
    for text in (
        "status:Parked",
        "priority:HIGH",
        "priority:",
        "tier:ACME",
        "tier:",
        "team:77",
        "agent:ann",
    ):
        key = Key.of(text)
        assert key.text == text
        assert still(key, source(teams={"find": "x", "map": {"1": "2"}}), policy)
        assert not still(key, mended, policy)


def test_what_is_wrong_with_it_is_said_in_words() -> None:
    policy = policy_of(PROMISES)
    one = source(
        priorities={"map": {"low": "P3", "odd": "P9"}, "default": "P2"}, tiers={"default": "brass"}
    )
    said = {
        text: words(Key.of(text), one, policy)
        for text in ("status:x", "priority:high", "priority:odd", "tier:", "team:t", "agent:ann")
    }
    assert {text: (one.because, one.counts_as) for text, one in said.items()} == {
        "status:x": ("status 'x' is not known", None),
        "priority:high": ("priority 'high' is not mapped", "P2"),
        "priority:odd": ("priority 'P9', as 'odd' is called here, has no target", None),
        "tier:": ("tier 'brass', which stands for all others, has no target", None),
        "team:t": ("team 't' is not mapped", "t"),
        "agent:ann": ("nobody says whether 'ann' is an agent", None),
    }
    assert words(Key("tier", ""), source(), policy).because == "no tier is given"
    assert words(Key("tier", "x"), source(tiers={"map": {"y": "gold"}}), policy) == (
        "tier 'x' is not mapped",
        None,
    )


TIER, PRIORITY = (
    f"nothing says a {what}, and each delivery of a new ticket is parked: see `{key}`"
    for what, key in (("tier", "tiers"), ("priority", "priorities"))
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"desk": "zendesk"}, [TIER]),
        ({"desk": "zendesk", "tiers": {"map": {"ACME": "gold"}}}, []),
        ({"desk": "gitlab"}, [TIER, PRIORITY]),
        ({"desk": "gitlab", "tiers": {"default": "gold"}}, [PRIORITY]),
        ({"desk": "intercom", "tiers": {"default": "gold"}}, []),
        ({"desk": "github", "priorities": {"by": "body.x"}, "tiers": {"default": "gold"}}, []),
    ],
)
def test_a_block_of_which_every_delivery_will_be_parked_is_named(
    given: dict[str, Any], expected: list[str]
) -> None:
    assert list(unsaid(source(**given))) == expected
