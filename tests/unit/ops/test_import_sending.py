"""Rows are sent in batches, in the order of each ticket, again after trouble, and counted."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from ops.importing.rows import Malformed, Row, UnusableFile
from ops.importing.sending import Refused, Sender, SendingFailed, Tally

Item = dict[str, Any]
Answer = Callable[[list[Item]], httpx.Response]


def judged(outcome: str, items: list[Item], *, status: int = 200, **more: Any) -> httpx.Response:
    results = [{"index": i, "outcome": outcome, **more} for i in range(len(items))]
    return httpx.Response(status, json={"results": results, "position": len(items)})


class Service:
    """Answers `POST /tickets` by a script, then accepts; keeps what it was sent."""

    def __init__(self, *script: Answer) -> None:
        self.script = list(script)
        self.batches: list[list[Item]] = []
        self.pauses: list[float] = []
        self.refused: list[Refused] = []

    async def send(self, *rows: Row | Malformed, batch: int = 2, revise: bool = False) -> Tally:
        transport = httpx.MockTransport(self._answer)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            refused = self.refused.append
            sender = Sender(client, batch=batch, refused=refused, pause=self._pause, revise=revise)
            return await sender.send(rows)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        items: list[Item] = json.loads(request.content)["tickets"]
        self.batches.append(items)
        await asyncio.sleep(0)
        return self.script.pop(0)(items) if self.script else judged("accepted", items)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def row(line: int, ticket: str = "A") -> Row:
    return Row(line, {"external_id": ticket, "line": line})


async def test_the_rows_of_a_ticket_arrive_in_the_order_of_the_file() -> None:
    service = Service()
    rows = [row(line, f"T-{line % 7}") for line in range(200)]
    tally = await service.send(*rows, batch=5)
    assert tally.accepted == 200
    assert max(map(len, service.batches)) == 5
    sent = [item for batch in service.batches for item in batch]
    for ticket in {item["external_id"] for item in sent}:
        lines = [item["line"] for item in sent if item["external_id"] == ticket]
        assert lines == sorted(lines)


async def test_every_outcome_is_counted() -> None:
    service = Service(
        lambda items: judged("accepted", items, late=True),
        lambda items: judged("duplicate", items),
        lambda items: judged("unchanged", items),
        lambda items: judged("conflict", items, status=207, error="other content"),
        lambda items: judged("rejected", items, status=422, error="unknown status"),
    )
    tally = await service.send(*map(row, range(1, 11)), Malformed(11, "not JSON"))
    assert (tally.accepted, tally.late, tally.duplicates, tally.unchanged) == (2, 2, 2, 2)
    assert (tally.conflicts, tally.rejected, tally.malformed) == (2, 2, 1)
    assert (tally.answered, tally.refused) == (10, 5)
    told = sorted(service.refused, key=lambda refused: refused.line)
    assert [(refused.line, refused.outcome, refused.error) for refused in told] == [
        (7, "conflict", "other content"),
        (8, "conflict", "other content"),
        (9, "rejected", "unknown status"),
        (10, "rejected", "unknown status"),
        (11, "malformed", "not JSON"),
    ]


async def test_a_busy_service_is_asked_again_when_it_says() -> None:
    service = Service(
        lambda _: httpx.Response(503, headers={"Retry-After": "3"}),
        lambda _: httpx.Response(503),
    )
    tally = await service.send(row(1))
    assert tally.accepted == 1
    assert service.pauses[0] == 3
    assert len(service.batches) == 3


async def test_tickets_that_others_keep_changing_are_sent_again() -> None:
    service = Service(lambda _: httpx.Response(409))
    assert (await service.send(row(1))).accepted == 1
    assert len(service.batches) == 2


async def test_a_broken_connection_is_tried_again() -> None:
    def break_off(_: list[Item]) -> httpx.Response:
        raise httpx.ReadError("connection reset")

    service = Service(break_off)
    assert (await service.send(row(1))).accepted == 1
    assert service.batches == [[{"external_id": "A", "line": 1}]] * 2


async def test_a_service_that_stays_away_ends_the_import() -> None:
    def away(_: list[Item]) -> httpx.Response:
        raise httpx.ConnectError("refused")

    service = Service(*[away] * 100)
    with pytest.raises(SendingFailed, match=r"stopped taking updates \(refused\)"):
        await service.send(*map(row, range(5)))
    assert service.pauses == sorted(service.pauses)


async def test_a_refused_token_ends_the_import_with_the_reason() -> None:
    service = Service(lambda _: httpx.Response(403, json={"title": "x", "detail": "no scope"}))
    with pytest.raises(SendingFailed, match="403: no scope; name one with --token or SLA_TOKEN"):
        await service.send(row(1))


async def test_a_request_that_is_too_large_is_halved() -> None:
    def at_most_two(items: list[Item]) -> httpx.Response:
        return httpx.Response(413) if len(items) > 2 else judged("accepted", items)

    service = Service(*[at_most_two] * 20)
    assert (await service.send(*map(row, range(8)), batch=8)).accepted == 8


async def test_one_item_that_spoils_the_request_is_found_and_the_others_are_sent() -> None:
    def spoiled(items: list[Item]) -> httpx.Response:
        if any(item["line"] == 5 for item in items):
            problem = {"detail": "malformed", "errors": [{"loc": ["tickets", 0], "msg": "bad"}]}
            return httpx.Response(422, json=problem)
        return judged("accepted", items)

    service = Service(*[spoiled] * 20)
    tally = await service.send(*map(row, range(8)), batch=8)
    assert (tally.accepted, tally.rejected) == (7, 1)
    assert [(refused.line, refused.error) for refused in service.refused] == [
        (5, "malformed; tickets.0: bad")
    ]


async def test_what_is_wrong_with_the_file_is_raised_as_it_is() -> None:
    def rows() -> Iterator[Row]:
        yield row(1)
        raise UnusableFile("another kind")

    transport = httpx.MockTransport(lambda _: judged("accepted", []))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        with pytest.raises(UnusableFile, match="another kind"):
            await Sender(client, batch=1, refused=lambda _: None).send(rows())


async def test_what_contradicts_an_earlier_import_is_said_again_on_demand() -> None:
    def contradicted(items: list[Item]) -> httpx.Response:
        return judged("conflict", items)

    service = Service(contradicted, contradicted)
    tally = await service.send(row(1), row(2), revise=True)
    assert (tally.accepted, tally.conflicts, service.refused) == (2, 0, [])
    told = [item.get("revision", 0) for batch in service.batches for item in batch]
    assert told == [0, 0, 2**24, 2**24, 2**25, 2**25]
