"""What webhooks bring is what their published schema says."""

import json
from dataclasses import replace
from typing import Any, get_args

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from engine.notify.message import Delivered, Kind, Message, Notice
from engine.notify.webhook import SCHEMA_VERSION, Webhook
from engine.sla.instants import moment
from query_side.webhooks import SCHEMA
from tests.support.formats import FOLDER
from tests.support.formats.events import NINE
from tests.support.formats.told import (
    BODY,
    BODY_EXCUSED,
    BODY_INFORMED,
    BODY_NOW,
    notice,
    without_personal,
)
from tests.support.told import EVERY_KIND
from tests.support.web import answering

MINE: dict[str, Any] = json.loads(SCHEMA)
CHECK: Any = Draft202012Validator(MINE, format_checker=FormatChecker())


async def posted(notice: Notice) -> dict[str, Any]:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    async with httpx.AsyncClient(transport=answering(answer)) as client:
        webhook = Webhook("https://example.com", client=client, now=lambda: moment(NINE))
        assert await webhook.deliver(Message((notice,))) == Delivered()
    return json.loads(requests[0].content)


def faults(body: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in CHECK.iter_errors(body)]


def undescribed(body: dict[str, Any]) -> set[str]:
    """Members that the schema does not know, of the ticket or of what happened."""
    happened = set(MINE["$defs"]["happened"]["properties"])
    within = {name for alert in body["alerts"] for name in alert}
    return (set(body) - set(MINE["properties"]) - happened) | (within - happened)


def test_the_schema_is_one_and_has_the_version_that_bodies_name() -> None:
    Draft202012Validator.check_schema(MINE)
    assert MINE["properties"]["schema_version"] == {"const": SCHEMA_VERSION}
    assert f"Version {SCHEMA_VERSION} of the body" in MINE["description"]


@pytest.mark.parametrize("notice", EVERY_KIND.values(), ids=EVERY_KIND)
async def test_a_body_of_every_kind_is_as_the_schema_says(notice: Notice) -> None:
    people = [{"key": "anna", "name": "Anna", "email": "anna@example.com", "slack": None}]
    sent = await posted(replace(notice, body={**notice.body, "people": people}))
    assert (faults(sent), undescribed(sent)) == ([], set())


def test_the_schema_explains_every_type() -> None:
    said = MINE["$defs"]["happened"]["properties"]["type"]["description"]
    assert {kind for kind in get_args(Kind) if kind not in said} == set()


@pytest.mark.parametrize(
    "body", [BODY, BODY_NOW, BODY_EXCUSED, BODY_INFORMED, without_personal(BODY)]
)
async def test_stored_notices_of_every_age_become_bodies_that_the_schema_takes(
    body: dict[str, Any],
) -> None:
    assert faults(await posted(notice(body))) == []


@pytest.mark.parametrize("file", sorted((FOLDER / "webhook").glob("body_schema*.json")), ids=str)
def test_the_samples_are_as_the_schema_says(file: Any) -> None:
    assert faults(json.loads(file.read_bytes())) == []


async def test_what_is_wrong_is_found() -> None:
    sent = await posted(notice(BODY_NOW))
    assert faults({**sent, "schema_version": 2}) != []
    assert faults({**sent, "alerts": []}) != []
    assert faults({**sent, "occurred_at": NINE}) != []
