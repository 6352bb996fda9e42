"""What real desks' APIs have answered becomes exactly what is known of it; histories are undone."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from command_side.connect.moments import moment
from command_side.connect.objects import objects, read_objects
from command_side.connect.preset import presets
from command_side.connect.reading import Ignored, Observed, Read, Received, Unreadable, read
from command_side.connect.source import Source
from tests.support.samples import body, told
from tests.unit.command_side.test_connect_samples import ATTRIBUTES, REPLIES, as_here

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SAMPLES = [
    (desk, one["file"], one["facts"])
    for desk in presets()
    for one in told(desk)
    if one["facts"]["kind"] == "api"
]
RECORDING = "github/rest_issues_page_recorded.json"
BY_NUMBER = {"1": "new", "2": "2 normal", "5": "merged"}
"""Of Zammad's states and priorities: where an answer is not expanded, only numbers are told."""


def said_in(desk: str, page: Any, **given: Any) -> Sequence[Read]:
    source = Source.model_validate({"desk": desk, "unsigned": True, **given})
    return read_objects(Received({}, page, NOW), source)


def observed(desk: str, page: Any, **given: Any) -> list[dict[str, Any]]:
    """What is said of tickets, one observation after another."""
    read = said_in(desk, page, **given)
    assert all(isinstance(one, Observed) for one in read), read
    return [dict(one.item) for one in read if isinstance(one, Observed)]


@pytest.mark.parametrize(("desk", "file", "facts"), SAMPLES, ids=[one[1] for one in SAMPLES])
def test_an_answer_becomes_its_facts(desk: str, file: str, facts: dict[str, Any]) -> None:
    answer = json.loads(body(file))
    found = said_in(desk, answer[0]["response"] if file == RECORDING else answer)
    told = [{**one.first, **one.item} for one in found if isinstance(one, Observed)]

    if (
        "zone" in facts.get("missing", "")
        or "url" in str(facts["id"]).lower()
        or facts["id"] is None
    ):
        assert not told
        assert all(one.because for one in found if isinstance(one, Ignored | Unreadable))
    elif file == RECORDING:
        assert [one["external_id"].rpartition("#")[2] for one in told] == ["13", "12", "11"]
    elif facts["event"].startswith("issue events"):
        assert [one["status"] for one in told if "status" in one] == ["closed"]
    else:
        holds(desk, told, facts)


def holds(desk: str, told: Sequence[dict[str, Any]], facts: dict[str, Any]) -> None:
    zone = "UTC" if desk == "servicenow" else None
    mine = [one for one in told if one["external_id"] == str(facts["id"]).split(" (")[0]]
    if "first one" in facts["event"]:
        mine = mine[:1]
    at_last: dict[str, Any] = {name: value for one in mine for name, value in one.items()}
    if "trail" not in facts and "[]" not in str(facts["at"]):
        assert moment(at_last["updated_at"]) == moment(facts["at"], zone)
    if "created" in facts:
        assert moment(at_last["created_at"]) == moment(facts["created"], zone)
    for name, attribute in ATTRIBUTES.items():
        if name in facts:
            wanted = as_here(desk, _named(facts[name]["to"]))
            assert at_last.get(attribute) == wanted, name
    reply: dict[str, str] = facts.get("reply") or {"by": "", "at": ""}
    by, at = reply["by"], reply["at"]
    if by.startswith("agent"):
        replied = ("first_responded_at", "last_agent_reply_at")
        instants = [one[name] for one in told for name in replied if name in one]
        assert moment(at) in [moment(one) for one in instants]
    elif by == "internal":
        assert not [one for one in told if not REPLIES.keys().isdisjoint(one)]
    for kept, name in (("status: ", "status"), ("priority: ", "priority")):
        steps = [one.split(kept)[1].split(" → ") for one in facts.get("trail", ()) if kept in one]
        values = [one[name] for one in mine if name in one]
        if steps:
            assert values[-len(steps) :] == [now for _, now in steps]
            assert values[: -len(steps)] in ([], [steps[0][0]])


def _named(value: object) -> object:
    """As it is told here, where the desk has numbers."""
    if not isinstance(value, str) or "_id " not in value:
        return value
    what, number = value.split("_id ")
    return number if what == "group" else BY_NUMBER[number]


ISSUE: dict[str, Any] = {
    "id": "10040",
    "key": "OPS-3",
    "fields": {
        "created": "2026-01-05T09:00:00.000+0000",
        "updated": "2026-01-05T10:00:00.000+0000",
        "status": {"name": "Closed"},
        "priority": {"name": "High"},
        "assignee": None,
        "comment": {
            "comments": [
                {"id": "7", "created": "2026-01-05T09:30:00.000+0000", "author": {"name": "ann"}},
                {"id": "8", "created": "no time", "author": {"name": "ann"}},
            ]
        },
    },
    "changelog": {
        "histories": [
            {
                "id": "12",
                "created": "2026-01-05T09:40:00.000+0000",
                "items": [{"field": "assignee", "fromString": "Ann", "toString": None}],
            },
            {
                "id": "11",
                "created": "2026-01-05T09:20:00.000+0000",
                "items": [
                    {"field": "status", "fromString": "Open", "toString": "In Progress"},
                    {"field": "Key", "fromString": "HELP-7", "toString": "OPS-3"},
                    {"field": "Flagged", "fromString": "", "toString": "Impediment"},
                ],
            },
            {
                "id": "13",
                "created": "2026-01-05T09:50:00.000+0000",
                "items": [{"field": "Flagged", "fromString": "", "toString": "Impediment"}],
            },
        ]
    },
}


def test_an_issue_is_told_as_it_was_created_then_what_changed_then_as_it_stands() -> None:
    tiers = {"default": "gold"}
    told = observed("jira", {"issues": [ISSUE]}, tiers=tiers, agents={"names": ("ann",)})
    changes = [
        {name: value for name, value in one.items() if name not in ("revision", "tags")}
        for one in told
    ]

    assert changes == [
        {
            "external_id": "HELP-7",
            "updated_at": "2026-01-05T09:00:00Z",
            "created_at": "2026-01-05T09:00:00Z",
            "status": "Open",
            "priority": "High",
            "customer_tier": "gold",
            "assigned_to": "Ann",
        },
        {"external_id": "HELP-7", "updated_at": "2026-01-05T09:20:00Z", "status": "In Progress"},
        {
            "external_id": "HELP-7",
            "updated_at": "2026-01-05T09:30:00Z",
            "last_agent_reply_at": "2026-01-05T09:30:00Z",
        },
        {"external_id": "HELP-7", "updated_at": "2026-01-05T09:40:00Z", "assigned_to": None},
        {"external_id": "HELP-7", "updated_at": "2026-01-05T10:00:00Z", "status": "Closed"},
    ]
    assert min(one["revision"] for one in told) > 11  # no delivery's


def test_an_issue_that_was_moved_is_known_by_all_its_names() -> None:
    *_, last = said_in("jira", ISSUE)
    assert isinstance(last, Observed)
    assert set(last.names) == {"10040", "OPS-3"}


def test_labels_are_had_as_they_were_and_what_they_say_with_them() -> None:
    issue = {
        "number": 7,
        "state": "closed",
        "state_reason": "not_planned",
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-05T11:00:00Z",
        "labels": [{"name": "P1", "color": "red"}],
    }
    timeline = [
        happened(1, 10, event="labeled", label={"name": "P2"}),
        happened(2, 20, event="unlabeled", label={"name": "P2"}),
        happened(3, 20, event="labeled", label={"name": "P1", "color": "blue"}),
        happened(4, 30, event="mentioned"),
        happened(5, 40, event="closed", state_reason="not_planned"),
    ]
    page = {"issue": issue, "repository": {"full_name": "acme/desk"}, "timeline": timeline}
    by = "body.issue.labels[?starts_with(name, 'P')].name | [0]"

    told = observed("github", page, priorities={"by": by, "default": "P3"})

    said = [(one["updated_at"][14:16], one.get("status"), one.get("priority")) for one in told]
    assert said == [
        ("00", "open", "P3"),
        ("10", None, "P2"),
        ("20", None, "P3"),
        ("20", None, "P1"),
        ("40", "wont_fix", None),
    ]


def happened(number: int, minute: int, **what: Any) -> dict[str, Any]:
    return {"id": number, "created_at": f"2026-01-05T09:{minute}:00Z", **what}


def test_a_pages_objects_are_found_where_the_desk_has_them() -> None:
    zendesk = Source(desk="zendesk", unsigned=True)
    for page in ([{"id": 1}], {"tickets": [{"id": 1}]}, {"audits": [{"id": 1}]}, {"id": 1}):
        assert list(objects(page, zendesk)) == [{"id": 1}]
    assert said_in("zendesk", {"tickets": []}) == [Ignored("an empty list")]


def test_what_a_certain_part_of_a_delivery_decides_is_certain() -> None:
    """A label that has changed changes the priority of a ticket that is known; the same of a
    comment's issue, which may be older, does not."""
    issue = {"number": 7, "state": "open", "updated_at": "2026-01-05T09:00:00Z", "labels": ["P1"]}
    sent = {"action": "labeled", "issue": issue, "repository": {"full_name": "acme/desk"}}
    comment = {"id": 1, "updated_at": "2026-01-05T09:00:00Z", "user": {"login": "ann"}}
    label = "body.issue.labels[0]"
    by: dict[str, Any] = {"by": label, "map": {"P1": "gold"}}
    github = Source.model_validate(
        {"desk": "github", "unsigned": True, "priorities": by, "tiers": by, "teams": label}
    )
    for delivery, certain in ((sent, True), ({**sent, "comment": comment}, False)):
        (one,) = read(Received({}, delivery, NOW), github.reading, github)
        assert isinstance(one, Observed)
        for name in ("priority", "customer_tier", "team"):
            assert (name in one.item, name in one.first) == (certain, not certain)


def test_half_of_an_expression_says_nothing_of_its_own() -> None:
    kind = {
        "about": "anything",
        "when": "body.id",
        "ticket": {"external_id": "body.id", "team": "(body.a && body.b) || null"},
    }
    generic = Source.model_validate({"desk": "generic", "unsigned": True, "deliveries": (kind,)})
    (one,) = read(Received({}, {"id": "7", "a": 1}, NOW), generic.reading, generic)
    assert isinstance(one, Observed)
    assert "team" not in one.item


def test_a_ticket_that_was_closed_by_a_merge_is_merged() -> None:
    change = {"id": 9, "type": "Change", "field_name": "status"}
    merge = {**change, "previous_value": "open", "value": "closed"}
    ticket = {
        "id": 7,
        "created_at": "2026-01-05T09:00:00Z",
        "status": "closed",
        "tags": ["closed_by_merge"],
    }
    audits = [{"id": 1, "created_at": "2026-01-05T09:10:00Z", "events": [merge]}]
    told = observed("zendesk", {"ticket": ticket, "audits": audits})
    assert [one["status"] for one in told] == ["open", "merged"]


def test_labels_that_are_told_in_another_order_are_the_same() -> None:
    labels = [{"name": "b", "color": "red"}, {"name": "a"}]
    issue = {"number": 7, "state": "open", "labels": labels, "created_at": "2026-01-05T09:00:00Z"}
    timeline = [
        happened(1, 10, event="labeled", label={"name": "a"}),
        happened(2, 20, event="labeled", label={"name": "b"}),
    ]
    page = {"issue": issue, "repository": {"full_name": "acme/desk"}, "timeline": timeline}
    told = observed("github", page)
    assert [one["tags"] for one in told] == [[], ["a"], ["a", "b"]]
