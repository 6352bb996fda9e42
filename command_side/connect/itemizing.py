"""What was read in a delivery, as it is stored with it and goes into the log."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from psycopg import AsyncConnection
from pydantic_core import from_json

from command_side.connect.deliveries import Delivery
from command_side.connect.joining import kept_as
from command_side.connect.names import Found, Names, names_of
from command_side.connect.reading import Ignored, Observed, Read, Received, Unreadable, read
from command_side.connect.source import Source
from command_side.connect.unmapped import lacking, unmapped
from command_side.deciding.ingesting import Submission
from command_side.deciding.problems import Problem
from command_side.intake import reading as items
from command_side.intake.item import Refused, TicketItem, checked, shown
from engine.sla.policy import Policy

NEEDED = ("status", "priority", "customer_tier")
MOST_PARTS = 1_000
"""Tickets that one delivery may tell of."""
FORM = "application/x-www-form-urlencoded"
PAYLOAD = b"payload="
"""How a form begins that holds JSON: GitHub's, where nobody chooses another."""


def parts(one: Delivery, source: Source) -> Sequence[Read]:
    """What the reading makes of a delivery."""
    try:
        body = _body(one)
    except ValueError as error:
        words = f"not valid JSON: {error}"
        if one.headers.get("content-type", "").lower().startswith(FORM):
            words = "it is a form and not JSON: choose JSON (application/json) in the desk"
        return [Unreadable(words)]
    received = Received(one.headers, body, one.received_at)
    return read(received, source.reading, source, most=MOST_PARTS)


def _body(one: Delivery) -> Any:
    """As JSON, also where a form holds nothing else. Raises ValueError."""
    try:
        return from_json(one.body, allow_inf_nan=False)
    except ValueError:
        if not one.body.startswith(PAYLOAD):
            raise
    written = unquote_to_bytes(one.body.removeprefix(PAYLOAD).replace(b"+", b" "))
    return from_json(written, allow_inf_nan=False)


class Itemizing:
    """Of the parts of one delivery of a source."""

    def __init__(self, name: str, source: Source, policy: Policy, now: datetime) -> None:
        self._name, self._source, self._policy, self._now = name, source, policy, now

    async def items(
        self, conn: AsyncConnection[Any], parts: Sequence[Read]
    ) -> list[dict[str, Any]]:
        """What each says, one observation after another; names that are new are stored."""
        checked_parts = [(part, *_checked(part)) for part in parts]
        asked = [name for _, _, each in checked_parts for name in each]
        names = await names_of(conn, self._name, asked) if asked else Names(self._name, {}, set())
        items = [await self._item(conn, names, *each) for each in checked_parts]
        await names.keep(conn, self._now)
        return items

    async def _item(
        self,
        conn: AsyncConnection[Any],
        names: Names,
        part: Read,
        wrong: Sequence[str],
        asked: Sequence[str],
    ) -> dict[str, Any]:
        if isinstance(part, Ignored):
            return {"outcome": "ignored", "because": [storable(part.because)]}
        if not isinstance(part, Observed):
            return {"outcome": "parked", "because": [storable(part.because)]}
        if wrong:
            return {"outcome": "parked", "because": list(wrong)}
        remarks = [storable(remark) for remark in part.remarks]
        found = await kept_as(conn, self._name, names, asked, self._now)
        item: dict[str, Any] = {
            "outcome": "read",
            "said": said(part, found, self._name),
            "remarks": remarks,
            "because": remarks,
        }
        if found.others:
            item["joins"] = [found.external_id, *found.others]
        if unknown := unmapped(part.came, self._source, self._policy):
            item["unmapped"] = [storable(key.text) for key in unknown]
        whole = {**part.first, **part.item}
        lacks = {n: key for n in NEEDED if n not in whole and (key := lacking(n, part.came))}
        if lacks:
            item["lacks"] = {name: storable(key.text) for name, key in lacks.items()}
        return item


def said(part: Observed, found: Found, source: str) -> list[dict[str, Any]]:
    """Under the name that the ticket is kept by, and with all that is known if it is new."""
    item = {**part.item, "external_id": found.external_id, "source": source}
    if found.known:
        return [item]
    whole = {**part.first, **item}
    if not part.before:
        return [whole]
    replies = {name: value for name, value in whole.items() if not name.endswith("_reply_at")}
    return [{**replies, "revision": 0, **part.before}, whole]


def _checked(part: Read) -> tuple[Sequence[str], Sequence[str]]:
    """Why it could not be stored, or else the names of its ticket, its own first."""
    if not isinstance(part, Observed):
        return (), ()
    whole = {**part.first, **part.item}
    wrong = _wrong(whole)
    if not wrong and part.before:
        wrong = _wrong({**whole, **part.before})
    if wrong:
        return wrong, ()
    return (), (str(part.item["external_id"]), *filter(is_name, part.names))


def is_name(text: str) -> bool:
    """Whether a ticket could be kept under it."""
    return not _wrong({"external_id": text})


def _wrong(told: Mapping[str, Any]) -> list[str]:
    """Why it is no item that could be stored."""
    item = checked(told)
    return [words(one) for one in item.problems] if isinstance(item, Refused) else []


def submission(told: Mapping[str, Any], correlation: str) -> Submission:
    """It held when it was stored."""
    return Submission(items.read(TicketItem.model_validate(told)), correlation)


def settle(item: dict[str, Any], submitted: Iterable[Submission]) -> None:
    """What became of one of a delivery's items, once it was to go into the log."""
    refused = [one for one in submitted if one.outcome == "rejected"]
    why = [_why(problem, one) for one in refused for problem in one.problems]
    item["outcome"] = "parked" if refused else "taken"
    item["because"] = list(dict.fromkeys([*item["remarks"], *why]))
    lacks: dict[str, str] = item.pop("lacks", {})
    names = [str(problem.loc[0]) for one in refused for problem in one.problems]
    if more := [lacks[name] for name in names if name in lacks]:
        item["unmapped"] = list(dict.fromkeys([*item.get("unmapped", ()), *more]))


def _why(problem: Problem, one: Submission) -> str:
    status = one.received.given.get("status")
    if problem.loc == ("status",) and status is not None:
        return storable(f"status {status!r} is not known")
    return words(problem)


def words(problem: Problem) -> str:
    where = ".".join(map(str, problem.loc))
    return storable(f"{where}: {problem.msg}" if where else problem.msg)


def storable(text: str) -> str:
    """A text of the database holds neither half a surrogate pair nor NUL."""
    return shown(text).replace("\0", "?")[:500]
