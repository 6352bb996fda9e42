"""What real desks have sent becomes exactly what is known of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from command_side.connect.moments import moment
from command_side.connect.preset import preset
from command_side.connect.reading import Ignored, Observed, Received, Unreadable, read
from command_side.connect.source import Source
from tests.support.samples import body, told

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
DESKS = ("zendesk", "jira", "github", "freshdesk", "zammad", "servicenow")
NEEDS_ITS_OWN = {"zendesk/trigger_custom_json.json"}
"""Whatever an administrator typed: a reading of one's own says what it is."""
SAMPLES = [
    (desk, one["file"], one["facts"])
    for desk in DESKS
    for one in told(desk)
    if one["facts"]["kind"] == "webhook" or one["file"] == "servicenow/api_table_incidents.json"
]
ATTRIBUTES = {
    "status": "status",
    "priority": "priority",
    "assignee": "assigned_to",
    "team": "team",
    "org": "organization",
}
REPLIES = {
    "agent": "last_agent_reply_at",
    "customer": "last_customer_reply_at",
    "public note": "last_agent_reply_at",
    "by author_association OWNER": "last_agent_reply_at",
}
NO_REPLY = ("internal", "edited", "by author (no flag")


@pytest.mark.parametrize(("desk", "file", "facts"), SAMPLES, ids=[one[1] for one in SAMPLES])
def test_a_sample_becomes_its_facts(desk: str, file: str, facts: dict[str, Any]) -> None:
    received = Received({}, json.loads(body(file)), NOW)
    found, *_ = read(received, preset(desk), Source(desk=desk, unsigned=True))

    if facts["id"] is None or file in NEEDS_ITS_OWN:
        assert isinstance(found, Ignored | Unreadable)
        assert found.because
        return
    assert isinstance(found, Observed)
    said = {**found.first, **found.item}
    assert said["external_id"] == facts["id"]
    zone = "UTC" if desk == "servicenow" else None
    assert moment(said["updated_at"]) == (NOW if facts["at"] is None else moment(facts["at"], zone))
    if "created" in facts:
        assert moment(said["created_at"]) == moment(facts["created"], zone)
    for name, attribute in ATTRIBUTES.items():
        if name in facts and not deleted(facts, name):
            assert said.get(attribute) == as_here(desk, facts[name]["to"])
    assert {name: said[name] for name in said if name in REPLIES.values()} == replies(facts)


def deleted(facts: dict[str, Any], name: str) -> bool:
    """What is deleted has no status any more, whatever it had."""
    return name == "status" and "deleted" in facts["event"] and "comment" not in facts["event"]


def as_here(desk: str, value: str | None) -> str | None:
    """As it is told here: the table adds words of its own."""
    if value is None:
        return None
    if desk == "servicenow":
        return {"state 1": "new"}.get(value, value)
    if desk == "freshdesk":
        value = value.split("(")[-1].rstrip(")")
        return {"Waiting on Customer": "waiting_on_customer"}.get(value, value)
    return value.split(" (")[0]


def replies(facts: dict[str, Any]) -> dict[str, Any]:
    reply = facts.get("reply")
    if reply is None or reply["by"].startswith(NO_REPLY):
        return {}
    name = next(name for by, name in REPLIES.items() if reply["by"].startswith(by))
    at = NOW if reply["at"] is None else moment(reply["at"])
    return {name: at.isoformat().replace("+00:00", "Z")}
