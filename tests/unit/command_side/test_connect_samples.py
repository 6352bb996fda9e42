"""What real desks have sent becomes exactly what is known of it."""

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from command_side.connect.expressions import mapped
from command_side.connect.moments import moment
from command_side.connect.preset import preset, presets
from command_side.connect.reading import Ignored, Observed, Received, Unreadable, read
from command_side.connect.source import Source
from tests.support.samples import body, told

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
NEEDS_ITS_OWN = {"zendesk/trigger_custom_json.json"}
"""Whatever an administrator typed: a reading of one's own says what it is."""
SAMPLES = [
    (desk, one["file"], one["facts"])
    for desk in presets()
    for one in told(desk)
    if (one["facts"]["kind"] == "webhook" and desk != "hubspot")
    or one["file"] == "servicenow/api_table_incidents.json"
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
NO_REPLY = ("internal", "edited", "by author (no flag", "by author:", "none")


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
    assert said["external_id"] == facts["id"].split(" (")[0]
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


def as_here(desk: str, value: object) -> str | None:
    """As it is told here: the table adds words of its own."""
    if value is None:
        return None
    told = str(cast(list[object], value)[0] if isinstance(value, list) else value)
    if desk in ("freshdesk", "linear") and "(" in told:
        told = told.split("(")[-1].rstrip(")")
    told = told.split(" (")[0].split(" [")[0].removeprefix("mailboxId ")
    told = {"state 1": "new"}.get(told, told)
    return mapped(told, preset(desk).statuses)


def replies(facts: dict[str, Any]) -> dict[str, Any]:
    reply = facts.get("reply")
    if reply is None or reply["by"].startswith(NO_REPLY):
        return {}
    name = next(name for by, name in REPLIES.items() if reply["by"].startswith(by))
    at = NOW if reply["at"] is None else moment(reply["at"])
    return {name: at.isoformat().replace("+00:00", "Z")}


@pytest.mark.parametrize("one", told("hubspot"), ids=lambda one: one["file"])
def test_a_batch_of_hubspot_becomes_what_happened(one: dict[str, Any]) -> None:
    if one["facts"]["kind"] != "webhook":
        pytest.skip("an export")
    received = Received({}, json.loads(body(one["file"])), NOW)
    read_in_it = read(received, preset("hubspot"), Source(desk="hubspot", unsigned=True))

    trail = [each.split() for each in one["facts"]["trail"] if "contact" not in each]
    said = [each.item for each in read_in_it if isinstance(each, Observed)]
    assert [(moment(at), name) for at, _, _, name, *_ in trail] == [
        (moment(item["updated_at"]), item["external_id"]) for item in said
    ]
    assert [int(number) % 2**31 for _, _, number, *_ in trail] == [i["revision"] for i in said]
    changed = {"hs_pipeline_stage": "status", "hs_ticket_priority": "priority"}
    for (*_, what), item in zip(trail, said, strict=True):
        name, _, value = what.partition("=")
        if name in changed:
            assert item[changed[name]] == value.strip("'")
