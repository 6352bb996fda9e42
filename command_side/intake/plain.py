"""The short way to read items: those that need no second look, and nothing but members of ours.

Whatever is not plain, be it wrong or only unusual, is left to `item.py`, which has the words for
it. What is read here is read there alike, at five times the price; tests hold both together.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from command_side.deciding.events import ticket_id
from command_side.deciding.observed import ASSIGNED, WITHDRAWN, ObservedItem, withdrawn
from command_side.intake.item import EARLIEST, LATEST
from engine.sla.instants import micros

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Word = Annotated[str, Meta(min_length=1, max_length=100)]
Person = Annotated[str, Meta(max_length=255)]
Moment = str | None


class PlainItem(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The members of `TicketItem`, of the same types and sizes."""

    external_id: Name
    source: Name = "default"
    updated_at: Moment = None
    revision: Annotated[int, Meta(ge=0, lt=2**31)] = 0
    title: Annotated[str, Meta(max_length=1000)] | None = None
    description: Annotated[str, Meta(max_length=100_000)] | UnsetType | None = UNSET
    priority: Word | None = None
    customer_tier: Word | None = None
    status: Word | None = None
    assigned_to: Person | UnsetType | None = UNSET
    updated_by: Person | None = None
    created_at: Moment = None
    first_responded_at: Moment = None
    last_agent_reply_at: Moment = None
    last_customer_reply_at: Moment = None
    automatic_reply_at: Moment = None
    withdrawn_replies: Annotated[list[str], Meta(max_length=100)] | None = None
    team: Name | UnsetType | None = UNSET
    type: Name | None = None
    organization: Name | UnsetType | None = UNSET
    response_due_at: Moment | UnsetType = UNSET
    resolution_due_at: Moment | UnsetType = UNSET
    tags: Annotated[list[Word], Meta(max_length=100)] | UnsetType | None = UNSET


class _Batch(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    tickets: list[PlainItem]


class _NotPlain(Exception):
    """Not that it need be wrong."""


_decode: Final = msgspec.json.Decoder(_Batch).decode
_EARLIEST: Final = micros(EARLIEST)
_LATEST: Final = micros(LATEST)
_is_instant: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?(?:Z|[+-]\d\d:[0-5]\d)", re.ASCII
).fullmatch


def read_plain(body: bytes, *, limit: int) -> Sequence[ObservedItem] | None:
    """The items of a request body; None where any of it, or the whole, needs a second look."""
    if b"\\u0000" in body:
        return None
    try:
        tickets = _decode(body).tickets
        return [_read(item) for item in tickets] if 0 < len(tickets) <= limit else None
    except (_NotPlain, ValueError, RecursionError):
        return None


def _read(item: PlainItem) -> ObservedItem:
    # Spelled out: loops over the names take three times the time.
    source, external_id, updated_at = item.source, item.external_id, item.updated_at
    if not (source.isprintable() and external_id.isprintable()):
        raise _NotPlain
    if source.strip() != source or external_id.strip() != external_id:
        raise _NotPlain
    if "." in external_id and (external_id.startswith(".") or "/." in external_id):
        raise _NotPlain
    given: dict[str, Any] = {}
    if item.priority is not None:
        given["priority"] = item.priority
    if item.customer_tier is not None:
        given["customer_tier"] = item.customer_tier
    if item.status is not None:
        given["status"] = item.status
    if item.type is not None:
        given["type"] = _one_line(item.type)
    if (team := item.team) is not UNSET:
        given["team"] = team and _one_line(team)
    if (organization := item.organization) is not UNSET:
        given["organization"] = organization and _one_line(organization)
    personal: dict[str, Any] = {}
    if item.title is not None:
        personal["title"] = item.title
    if item.description is not UNSET:
        personal["description"] = item.description
    if item.assigned_to is not UNSET:
        personal["assigned_to"] = item.assigned_to
    if item.updated_by is not None:
        personal["updated_by"] = item.updated_by
    emptied: Sequence[str] = ()
    if item.assigned_to == "":  # nobody has an empty name
        personal[ASSIGNED], emptied = None, (ASSIGNED,)
    for texts in (given, personal):
        for name, text in texts.items():
            if text is not None and text.strip() != text:
                texts[name] = _stripped(text)
    if (tags := item.tags) is not UNSET:
        given["tags"] = tags
        for tag in tags or ():
            if tag.strip() != tag:
                raise _NotPlain
    moments: dict[str, int] = {}
    if item.created_at is not None:
        moments["created_at"] = _instant(item.created_at)
    if item.first_responded_at is not None:
        moments["first_responded_at"] = _instant(item.first_responded_at)
    if item.last_agent_reply_at is not None:
        moments["last_agent_reply_at"] = _instant(item.last_agent_reply_at)
    if item.last_customer_reply_at is not None:
        moments["last_customer_reply_at"] = _instant(item.last_customer_reply_at)
    if item.automatic_reply_at is not None:
        moments["automatic_reply_at"] = _instant(item.automatic_reply_at)
    if item.withdrawn_replies:
        given[WITHDRAWN] = withdrawn(map(_instant, item.withdrawn_replies))
    if (due_at := item.response_due_at) is not UNSET:
        if due_at is None:
            given["response_due_at"] = None
        else:
            moments["response_due_at"] = _instant(due_at)
    if (due_at := item.resolution_due_at) is not UNSET:
        if due_at is None:
            given["resolution_due_at"] = None
        else:
            moments["resolution_due_at"] = _instant(due_at)
    return ObservedItem(
        ticket_id(source, external_id),
        source,
        external_id,
        None if updated_at is None else _instant(updated_at),
        0 if updated_at is None else item.revision,
        given,
        personal,
        moments,
        emptied=emptied,
    )


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise _NotPlain
    return text


def _stripped(text: str) -> str:
    """Raises _NotPlain where opinions differ on what is white space, or nothing remains."""
    found = text.strip(" \t\r\n")
    if not found or found != text.strip():
        raise _NotPlain
    return found


def _instant(text: str) -> int:
    """Raises _NotPlain for any spelling but the usual one, or ValueError."""
    if _is_instant(text) is None:
        raise _NotPlain
    instant = micros(datetime.fromisoformat(text))
    if not _EARLIEST <= instant < _LATEST:
        raise _NotPlain
    return instant
