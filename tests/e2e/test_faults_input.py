"""What is wrong with a request is said where it is wrong, and nothing of it is half written."""

import gzip
import json
from collections.abc import AsyncGenerator, Generator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from command_side import policies, silences
from tests.support import ledger
from tests.support.clients import Client, client_of, item
from tests.support.database import temporary_database
from tests.support.service import Program, running, service, until

CONFIG = "sla_targets: {ENTERPRISE: {P0: {resolution: 4h}}}\n"
DATE = "2026-01-05T09:00:00Z"
LAST = "9999-12-31T23:59:59-12:00"
"""Beyond all time in UTC."""


@pytest.fixture(scope="module")
def database(server: str, migrated_template: str) -> Generator[str]:
    with temporary_database(server, migrated_template) as (_, conninfo):
        yield conninfo


@pytest.fixture(scope="module")
def program(database: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Program]:
    program = service(tmp_path_factory.mktemp("service"), CONFIG, database=database)
    with running(program):
        until(lambda: ledger.position(database) == 2, "the policy is accepted and applied")
        yield program
    assert program.complaints() == []


@pytest_asyncio.fixture
async def client(program: Program) -> AsyncGenerator[Client]:
    async with client_of(program) as client:
        yield client


def raw(text: str) -> bytes:
    return text.encode()


ENVELOPES: dict[str, tuple[bytes, list[str | int]]] = {
    "nothing": (b"", ["body"]),
    "cut off": (raw('{"tickets": ['), ["body"]),
    "no JSON": (raw("tickets"), ["body"]),
    "no UTF-8": (b'{"tickets": [{"external_id": "\xff"}]}', ["body"]),
    "half a surrogate pair": (
        raw('{"tickets": [{"external_id": "a", "title": "\\ud800"}]}'),
        ["body", "tickets", 0, "title"],
    ),
    "a number that is none": (
        raw('{"tickets": [{"external_id": "a", "cost": NaN}]}'),
        ["body", "tickets", 0, "cost"],
    ),
    "a number of many digits": (
        raw(f'{{"tickets": [{{"external_id": "a", "cost": {"9" * 5000}}}]}}'),
        ["body", "tickets", 0, "cost"],
    ),
    "a member that nothing reads": (
        raw('{"tickets": [{"external_id": "a"}], "source": "zendesk"}'),
        ["body", "source"],
    ),
    "a number beyond all": (
        raw(
            '{"tickets": [{"external_id": "a", "status": "open", "priority": "P0",'
            ' "customer_tier": "enterprise", "cost": {"net": [1, 1e999]}}]}'
        ),
        ["body", "tickets", 0, "cost", "net", 1],
    ),
    "a list": (raw("[]"), ["body", "tickets"]),
    "null": (raw("null"), ["body", "tickets"]),
    "no tickets": (raw("{}"), ["body", "tickets"]),
    "tickets that are no list": (raw('{"tickets": {"external_id": "a"}}'), ["body", "tickets"]),
    "an empty batch": (raw('{"tickets": []}'), ["body", "tickets"]),
    "nested too deeply": (raw('{"tickets": ' + "[" * 100_000 + "]" * 100_000 + "}"), ["body"]),
}
# What a good item is changed to, and where that is found.
ITEMS: dict[str, tuple[Any, list[str | int]]] = {
    "no object": (None, []),
    "a number for a name": ({"external_id": 5}, ["external_id"]),
    "an empty name": ({"external_id": ""}, ["external_id"]),
    "a name of spaces": ({"external_id": "   "}, ["external_id"]),
    "a name that is too long": ({"external_id": "x" * 256}, ["external_id"]),
    "a name with NUL": ({"external_id": "a\0b"}, ["external_id"]),
    "a name of two lines": ({"external_id": "a\nb"}, ["external_id"]),
    "a source with NUL": ({"source": "a\0b"}, ["source"]),
    "an unknown status": ({"status": "half-done"}, ["status"]),
    "a number for a status": ({"status": 1}, ["status"]),
    "no status": ({"status": None}, ["status"]),
    "no priority": ({"priority": None}, ["priority"]),
    "a list for a priority": ({"priority": ["P0"]}, ["priority"]),
    "no tier": ({"customer_tier": None}, ["customer_tier"]),
    "a title that is too long": ({"title": "x" * 1001}, ["title"]),
    "a title with NUL": ({"title": "a\0b"}, ["title"]),
    "a truth for a title": ({"title": True}, ["title"]),
    "text for a revision": ({"revision": "1"}, ["revision"]),
    "a negative revision": ({"revision": -1}, ["revision"]),
    "a huge revision": ({"revision": 2**31}, ["revision"]),
    "a fraction for a revision": ({"revision": 0.5}, ["revision"]),
    "text for tags": ({"tags": "emea"}, ["tags"]),
    "a number among tags": ({"tags": ["emea", 1]}, ["tags", 1]),
    "NUL among tags": ({"tags": ["emea", "\0"]}, ["tags", 1]),
    "no date": ({"updated_at": "yesterday"}, ["updated_at"]),
    "a date without its zone": ({"updated_at": "2026-01-05T09:00:00"}, ["updated_at"]),
    "a date without its time": ({"updated_at": "2026-01-05"}, ["updated_at"]),
    "a month that is none": ({"updated_at": "2026-13-05T09:00:00Z"}, ["updated_at"]),
    "a day that is none": ({"updated_at": "2026-02-30T09:00:00Z"}, ["updated_at"]),
    "a number for a date": ({"updated_at": 1767603600}, ["updated_at"]),
    "a date before there were any": ({"updated_at": "1969-12-31T23:59:59Z"}, ["updated_at"]),
    "a date too far ahead": ({"updated_at": "2100-01-01T00:00:00Z"}, ["updated_at"]),
    "the first year": ({"created_at": "0001-01-01T00:00:00Z"}, ["created_at"]),
    "the last year": ({"first_responded_at": "9999-12-31T23:59:59Z"}, ["first_responded_at"]),
    "a year of five digits": (
        {"last_agent_reply_at": "12026-01-05T09:00:00Z"},
        ["last_agent_reply_at"],
    ),
    "NUL in what is unknown": ({"crew": {"a": ["b", "\0"]}}, ["crew", "a", 1]),
    "NUL in an unknown name": ({"te\0am": "a"}, []),
    "too much that is unknown": ({"crew": "x" * 20_000}, []),
}


def is_a_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """RFC 9457, with the correlation id of the response."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["status"] == status
    assert body["correlation_id"] == answer.headers["X-Correlation-ID"]
    return body


def unpromised(name: str, status: str = "open", **facts: Any) -> dict[str, Any]:
    """An item of a tier without targets: nothing follows from it later."""
    return item(name, status, customer_tier="nobody", updated_at=DATE, **facts)


async def send(client: Client, body: bytes) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return await client.http.post(f"{client.program.url}/tickets", content=body, headers=headers)


@pytest.mark.parametrize("wrong", ENVELOPES)
async def test_an_envelope_that_is_none_is_refused(
    client: Client, database: str, wrong: str
) -> None:
    body, loc = ENVELOPES[wrong]
    before = ledger.position(database)
    problem = is_a_problem(await send(client, body), 422)
    assert [error["loc"] for error in problem["errors"]] == [loc]
    assert ledger.position(database) == before


@pytest.mark.parametrize("wrong", ITEMS)
async def test_a_bad_item_is_refused_alone(client: Client, database: str, wrong: str) -> None:
    changes, loc = ITEMS[wrong]
    good, other = (unpromised(f"{kind} {uuid4()}") for kind in ("good", "other"))
    bad = 5 if changes is None else other | changes
    before = ledger.position(database)

    alone = is_a_problem(await send(client, json.dumps({"tickets": [bad]}).encode()), 422)
    assert [error["loc"] for error in alone["errors"]] == [["body", "tickets", 0, *loc]]
    assert [one["outcome"] for one in alone["results"]] == ["rejected"]
    assert ledger.position(database) == before

    answer = await send(client, json.dumps({"tickets": [bad, good]}).encode())
    assert answer.status_code == 207, answer.text
    body = answer.json()
    assert (body["accepted"], body["rejected"]) == (1, 1)
    refused, accepted = body["results"]
    assert refused["outcome"] == "rejected"
    assert [error["loc"] for error in refused["errors"]] == [loc]
    assert refused["error"]
    assert (accepted["outcome"], accepted["external_id"]) == ("accepted", good["external_id"])
    assert ledger.position(database) == before + 1 == body["position"]


async def test_the_same_twice_in_one_batch_is_stored_once(client: Client, database: str) -> None:
    twice = unpromised(f"twice {uuid4()}")
    before = ledger.position(database)
    answer = await client.post(twice, twice | {"assigned_to": None}, twice)
    assert (answer["accepted"], answer["duplicates"]) == (1, 2)
    assert ledger.position(database) == before + 1


async def test_other_content_under_the_same_key_is_kept_but_not_applied(
    client: Client, database: str
) -> None:
    name = f"conflict {uuid4()}"
    one, other = unpromised(name), unpromised(name, "closed")
    answer = await send(client, json.dumps({"tickets": [one, other, other]}).encode())
    assert answer.status_code == 207
    body = answer.json()
    assert [one["outcome"] for one in body["results"]] == ["accepted", "conflict", "conflict"]
    again = is_a_problem(await send(client, json.dumps({"tickets": [other]}).encode()), 422)
    assert again["conflicts"] == 1
    assert again["errors"][0]["loc"] == ["body", "tickets", 0, "updated_at"]
    assert ledger.position(database) == body["position"]
    kept = (await client.get("/conflicts", ticket_id=name, wait_for=body["position"]))["items"]
    assert [one["content"]["status"] for one in kept] == ["closed"]
    ticket = await client.get(f"/tickets/{name}", wait_for=body["position"])
    assert (ticket["status"], ticket["observations"]) == ("open", 1)


async def test_too_much_at_once_is_refused_as_a_whole(client: Client, database: str) -> None:
    before = ledger.position(database)
    batch = [item(f"many {number}") for number in range(10_001)]
    many = is_a_problem(await send(client, json.dumps({"tickets": batch}).encode()), 413)
    assert "10000" in many["detail"]
    large = is_a_problem(await send(client, b" " * (16 * 1024 * 1024 + 1)), 413)
    assert str(16 * 1024 * 1024) in large["detail"]
    assert ledger.position(database) == before


async def test_a_byte_order_mark_in_front_is_no_mistake(client: Client) -> None:
    body = json.dumps({"tickets": [item("marked")]}).encode("utf-8-sig")
    answer = await send(client, body)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)


async def test_a_slash_at_the_end_is_no_mistake(client: Client) -> None:
    body = {"tickets": [item("slashed")]}
    answer = await client.http.post(f"{client.program.url}/tickets/", json=body)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)


@pytest.mark.parametrize("path", ["/tickets", "/tickets/known/acknowledge"])
async def test_a_compressed_body_is_refused_in_words(client: Client, path: str) -> None:
    answer = await client.http.post(
        client.program.url + path,
        content=gzip.compress(json.dumps({"tickets": [item("small")]}).encode()),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )
    assert "Content-Encoding" in is_a_problem(answer, 415)["detail"]


COMMANDS: list[tuple[str, str, Any, int, list[str | int] | None]] = [
    ("POST", "/tickets/nobody/acknowledge", {"by": "jo"}, 404, None),
    ("POST", "/tickets/nobody/snooze", {"until": DATE, "by": "jo"}, 404, None),
    ("POST", "/tickets/00000000-0000-4000-8000-000000000000/acknowledge", {"by": "jo"}, 404, None),
    ("POST", "/tickets/known/acknowledge", {}, 422, ["body", "by"]),
    ("POST", "/tickets/known/acknowledge", {"by": "a\0b"}, 422, ["body", "by"]),
    ("POST", "/tickets/known/acknowledge", {"by": "jo", "note": "a\0b"}, 422, ["body", "note"]),
    ("POST", "/tickets/known/snooze", {"until": "soon", "by": "jo"}, 422, ["body", "until"]),
    ("POST", "/tickets/known/snooze", {"until": LAST, "by": "jo"}, 422, ["body", "until"]),
    ("POST", "/tickets/kno%00wn/acknowledge", {"by": "jo"}, 422, ["path"]),
    ("POST", "/silences", {"until": DATE, "by": "jo", "reason": "x"}, 422, ["body", "matchers"]),
    ("DELETE", "/silences/5", None, 422, ["path", "silence_id"]),
    ("DELETE", "/silences/00000000-0000-4000-8000-000000000000", None, 404, None),
    ("GET", "/tickets/nobody", None, 404, None),
    ("GET", "/tickets/no%00body", None, 422, ["path"]),
    ("GET", "/dashboard?q=%00", None, 422, ["query"]),
    ("GET", "/tickets/nobody/sla", None, 404, None),
    *[
        ("GET", f"/tickets/{one}{path}", None, 404, None)
        for one in (policies.STREAM, silences.STREAM)
        for path in ("", "/events", "/history", "/sla", "/timeline")
    ],
    ("POST", f"/tickets/{policies.STREAM}/acknowledge", {"by": "jo"}, 404, None),
    ("POST", f"/tickets/{silences.STREAM}/snooze", {"until": DATE, "by": "jo"}, 404, None),
    ("GET", "/tickets/known/sla?as_of=noon", None, 422, ["query", "as_of"]),
    ("GET", f"/tickets/known/sla?as_of={LAST}", None, 422, ["query", "as_of"]),
    ("GET", f"/tickets/known/timeline?known_at={LAST}", None, 422, ["query", "known_at"]),
    ("GET", "/dashboard?page=0", None, 422, ["query", "page"]),
    ("GET", "/dashboard?sort=colour", None, 422, ["query", "sort"]),
    ("GET", "/alerts?after=-1", None, 422, ["query", "after"]),
    ("GET", "/dashboard?prority=P0", None, 422, ["query", "prority"]),
    ("GET", "/alerts/stream?severity=bad", None, 422, ["query", "severity", 0]),
    ("GET", "/nowhere", None, 404, None),
    ("PATCH", "/tickets", None, 405, None),
]


async def test_a_subscriber_who_asks_for_what_cannot_come_reads_why(program: Program) -> None:
    address = f"ws{program.url.removeprefix('http')}/ws/alerts?severity=bad"
    async with connect(address, proxy=None) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert closed.value.rcvd.reason.startswith("query.severity.0: must be 'compliant', 'warning'")


@pytest.mark.parametrize(("method", "path", "body", "status", "loc"), COMMANDS)
async def test_a_bad_command_or_question_is_refused(
    client: Client,
    database: str,
    method: str,
    path: str,
    body: Any,
    status: int,
    loc: list[str | int] | None,
) -> None:
    await client.post(unpromised("known"))
    before = ledger.position(database)
    answer = await client.http.request(method, client.program.url + path, json=body)
    problem = is_a_problem(answer, status)
    if loc is not None:
        assert [error["loc"] for error in problem["errors"]] == [loc]
    assert ledger.position(database) == before


@pytest.mark.parametrize("name", ["a/b", "a/sla/b", "50 % off?", "#1", "Ü/1"])
async def test_an_external_id_may_hold_what_addresses_are_made_of(
    client: Client, name: str
) -> None:
    given = await client.post(item(name))
    own_id = given["results"][0]["ticket_id"]
    ticket = client.program.url + "/tickets/" + quote(name, safe="")
    for rest in ("", "/sla", "/timeline", "/events", "/history"):
        answer = await client.http.get(ticket + rest, params={"wait_for": given["position"]})
        assert (answer.status_code, answer.json()["ticket_id"]) == (200, own_id), rest
    for rest, body in (
        ("/acknowledge", {"by": "jane"}),
        ("/snooze", {"by": "jane", "until": "2099-01-01T00:00:00Z"}),
    ):
        answer = await client.http.post(ticket + rest, json=body)
        assert (answer.status_code, answer.json()["ticket_id"]) == (200, own_id), rest
    assert (await client.http.get(ticket + "/nothing")).status_code == 404
