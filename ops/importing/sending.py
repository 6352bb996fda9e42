"""Sends rows to a running service in batches, and counts what became of each.

The batches travel in a few lanes at a time. A ticket always takes the same lane, and a lane has
one batch on its way, so that a ticket's rows arrive in the order of the file.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, cast
from zlib import crc32

import httpx

from ops.importing.rows import Malformed, Row

LANES = 2  # one is prepared while the other is decided; more gained nothing when measured
_ATTEMPTS = 10  # about a minute and a half of a service that does not answer
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 20.0  # seconds between attempts
_BUSY = {409, 429, 500, 502, 503, 504}  # 409: others kept changing one of the tickets
_REVISED = 2**24  # no desk numbers that many updates of one instant
_SHORT_ANSWER = 300  # characters of a foreign answer that are shown


class SendingFailed(Exception):
    """The service cannot be reached or refuses everything; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken; `item` is None for one that could not be read."""

    line: int
    outcome: str  # malformed | rejected | conflict
    error: str
    item: dict[str, Any] | None
    file: str = ""


@dataclass(slots=True)
class Tally:
    """What became of the rows; `late` ones are among the accepted."""

    accepted: int = 0
    late: int = 0
    duplicates: int = 0
    unchanged: int = 0
    conflicts: int = 0
    rejected: int = 0
    malformed: int = 0
    seconds: float = 0.0
    position: int | None = None  # of the newest event written, to wait for
    promises: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Rows taken by the tier and priority that they name."""
    ignored: Counter[str] = field(default_factory=Counter[str])
    """Rows by what of them nothing reads."""
    suggestions: dict[str, str] = field(default_factory=dict[str, str])
    """What that was most likely meant to be."""

    @property
    def answered(self) -> int:
        """Rows that the service has judged."""
        return self.accepted + self.duplicates + self.unchanged + self.conflicts + self.rejected

    @property
    def refused(self) -> int:
        """Rows that somebody must look at."""
        return self.conflicts + self.rejected + self.malformed

    @property
    def rate(self) -> float:
        """Rows judged a second."""
        return self.answered / self.seconds if self.seconds else 0.0


_COUNTED = {
    "accepted": "accepted",
    "duplicate": "duplicates",
    "unchanged": "unchanged",
    "conflict": "conflicts",
    "rejected": "rejected",
}


class Sender:
    """Sends rows with a client that knows the service's address and token."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        batch: int,
        refused: Callable[[Refused], None],
        progress: Callable[[Tally], None] = lambda _: None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        revise: bool = False,
    ) -> None:
        """`batch` rows make a request; `refused` hears of every row not taken. `revise`: a row
        that contradicts what was said before is said again as a later revision."""
        self._client = client
        self._batch = batch
        self._refused = refused
        self._progress = progress
        self._pause = pause
        self._revise = revise
        self.tally = Tally()

    async def send(self, rows: Iterable[Row | Malformed]) -> Tally:
        """All rows sent and judged. Raises SendingFailed, or what `rows` raise.

        What was accepted until then stays.
        """
        began = monotonic()
        lanes = [asyncio.Queue[list[Row] | None](maxsize=1) for _ in range(LANES)]
        try:
            async with asyncio.TaskGroup() as group:
                for lane in lanes:
                    group.create_task(self._work(lane, began))
                await self._deal(rows, lanes)
        except ExceptionGroup as failures:  # lanes fail alike: one of them says it for all
            raise failures.exceptions[0] from None
        finally:
            self.tally.seconds = monotonic() - began
        return self.tally

    async def _deal(
        self, rows: Iterable[Row | Malformed], lanes: list[asyncio.Queue[list[Row] | None]]
    ) -> None:
        filling: list[list[Row]] = [[] for _ in lanes]
        for row in rows:
            if isinstance(row, Malformed):
                self.tally.malformed += 1
                self._refused(Refused(row.line, "malformed", row.error, None, row.file))
                continue
            number = crc32(row.item["external_id"].encode(errors="surrogatepass")) % len(lanes)
            filling[number].append(row)
            if len(filling[number]) == self._batch:
                await lanes[number].put(filling[number])
                filling[number] = []
        for lane, rest in zip(lanes, filling, strict=True):
            if rest:
                await lane.put(rest)
            await lane.put(None)

    async def _work(self, lane: asyncio.Queue[list[Row] | None], began: float) -> None:
        while (batch := await lane.get()) is not None:
            await self._post(batch)
            self.tally.seconds = monotonic() - began
            self._progress(self.tally)

    async def _post(self, batch: list[Row]) -> None:
        answer = await self._answer(json.dumps({"tickets": [row.item for row in batch]}))
        body = _json_object(answer)
        results = body.get("results")
        if isinstance(results, list):
            again = self._count(batch, cast("list[dict[str, Any]]", results))
            if isinstance(position := body.get("position"), int):
                self.tally.position = max(position, self.tally.position or 0)
            if again:
                await self._post(again)
        elif answer.status_code not in (413, 422):
            raise SendingFailed(
                f"{self._client.base_url} answered {answer.status_code}: {_reason(answer, body)}"
            )
        elif len(batch) == 1:
            self.tally.rejected += 1
            self._refuse(batch[0], "rejected", _reason(answer, body))
        else:  # too large together, or one of them spoils the request: find out which
            middle = len(batch) // 2
            await self._post(batch[:middle])
            await self._post(batch[middle:])

    def _count(self, batch: list[Row], results: list[dict[str, Any]]) -> list[Row]:
        """The rows that are to be said again."""
        again: list[Row] = []
        for result in results:
            outcome: str = result["outcome"]
            if outcome == "conflict" and self._revise:
                again.append(_revised(batch[int(result["index"])]))
                continue
            name = _COUNTED[outcome]
            setattr(self.tally, name, getattr(self.tally, name) + 1)
            self.tally.late += outcome == "accepted" and bool(result.get("late"))
            self.tally.ignored.update(result.get("ignored") or ())
            self.tally.suggestions |= result.get("suggestions") or {}
            row = batch[int(result["index"])]
            if outcome in ("conflict", "rejected"):
                self._refuse(row, outcome, result.get("error") or outcome)
                continue
            tier, priority = row.item.get("customer_tier"), row.item.get("priority")
            if tier and priority:
                self.tally.promises[tier, priority] += 1
        return again

    def _refuse(self, row: Row, outcome: str, error: str) -> None:
        self._refused(Refused(row.line, outcome, error, row.item, row.file))

    async def _answer(self, body: str) -> httpx.Response:
        """An answer that is no passing trouble; asking again is safe, repeats are duplicates."""
        trouble = ""
        for attempt in range(_ATTEMPTS):
            wait = min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE)
            try:
                answer = await self._client.post(
                    "/tickets", content=body, headers={"Content-Type": "application/json"}
                )
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
            else:
                if answer.status_code not in _BUSY:
                    return answer
                trouble = f"{answer.status_code} {_reason(answer, _json_object(answer))}"
                wait = _retry_after(answer, otherwise=wait)
            if attempt + 1 < _ATTEMPTS:
                await self._pause(wait)
        raise SendingFailed(
            f"{self._client.base_url} stopped taking updates ({trouble}). Nothing accepted is"
            " lost: give the same command again when it is back, repeats are recognised."
        )


def _revised(row: Row) -> Row:
    """As what is said of the same instant after all that a desk numbers. It comes to an end: the
    service takes no revision above 2**31."""
    revision = int(row.item.get("revision", 0)) + _REVISED
    return Row(row.line, {**row.item, "revision": revision}, row.file)


def _json_object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body: object = answer.json()
    except ValueError:
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _reason(answer: httpx.Response, body: dict[str, Any]) -> str:
    """What a problem document says, or the beginning of what was answered instead."""
    said = [str(body[key]) for key in ("detail", "title") if body.get(key)][:1]
    for error in cast("list[dict[str, Any]]", body.get("errors") or []):
        said.append(f"{'.'.join(map(str, error.get('loc', [])))}: {error.get('msg')}")
    if answer.status_code in (401, 403):
        said.append("name one with --token or SLA_TOKEN")
    return "; ".join(said) or answer.text[:_SHORT_ANSWER] or answer.reason_phrase


def _retry_after(answer: httpx.Response, *, otherwise: float) -> float:
    """Seconds; a date, which the service never sends, counts as nothing said."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_PAUSE) if text.isdecimal() else otherwise
