"""A new field of routes and silences is one entry in the list: here one of a test's own."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from command_side.api import NewSilence
from command_side.deciding.telling import channels
from command_side.matching import impossible
from config.loading import load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla import matching
from engine.sla.matching import Field, Subject

CONFIG = """
sla_targets: {GOLD: {P1: {resolution: 4h}}}
notifications:
  routes:
    - {match: {team: [Disks, Nets], type: alert}, to: [slack]}
    - {match: {team: disks}, to: [ops]}
    - {match: {}, to: [slack]}
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
    ops: {type: webhook, url_env: OPS_URL}
"""


@pytest.fixture(autouse=True)
def team(monkeypatch: pytest.MonkeyPatch) -> None:
    field = Field(lambda one: one.attributes.get("team", ""))
    monkeypatch.setitem(dict_of_fields(), "team", field)


def dict_of_fields() -> dict[str, Field]:
    assert isinstance(matching.FIELDS, dict)
    return matching.FIELDS


def subject(kind: str, team: str) -> Subject:
    return Subject(kind, "breached", "resolution", "gold", "P1", "T-1", "jira", {"team": team})


def test_routes_match_it_and_none_counts_as_never_reached_for_it() -> None:
    loaded = load(
        CONFIG,
        version=1,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )
    assert loaded.warnings == []

    def told(kind: str, team: str) -> tuple[str, ...]:
        return channels(loaded.policy, matching.facts(subject(kind, team)))

    assert told("alert", "Nets") == ("slack",)
    assert told("escalation", "Disks") == ("ops",)
    assert told("escalation", "Nets") == ("slack",)
    assert impossible({"team": ["any at all"]}, [loaded.policy]) == []


def test_silences_match_it_and_name_it_among_what_they_could_have_meant() -> None:
    until = datetime(2026, 1, 5, tzinfo=UTC)
    asked = {"matchers": {"team": ["disks"]}, "until": until, "by": "jane", "reason": "moving"}
    assert NewSilence.model_validate(asked).matchers == {"team": ["disks"]}
    with pytest.raises(ValidationError, match="'team'"):
        NewSilence.model_validate({**asked, "matchers": {"taem": ["disks"]}})


def test_an_alert_is_known_by_its_ticket_its_clock_and_how_bad_it_is() -> None:
    assert matching.facts(subject("alert", "Nets")) == {
        "external_id": "T-1",
        "source": "jira",
        "customer_tier": "gold",
        "priority": "P1",
        "clock": "resolution",
        "severity": "breached",
        "type": "alert",
        "team": "Nets",
    }
