"""One item of `POST /tickets` as the source sends it, checked; and a batch of them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import inf, isfinite, isnan
from typing import Annotated, Final, cast
from unicodedata import category

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import from_json, to_json

from command_side.deciding.problems import Problem
from command_side.intake.wording import LONGEST, near, unread, worded
from engine.sla.statuses import LISTS

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
BREAKING: Final = ("Cc", "Zl", "Zp")
"""Unicode's categories of control characters and of what separates lines."""


def _text_only(value: object) -> object:
    # Not seconds since 1970 either, as a number or as text: some mean milliseconds by them.
    numeric = isinstance(value, str) and value.strip()[4:5] != "-"
    if numeric or isinstance(value, bool | int | float):
        raise ValueError("write the time as RFC 3339 text, such as 2026-01-05T09:00:00Z")
    return value


def _within(value: datetime) -> datetime:
    if not EARLIEST <= value < LATEST:
        raise ValueError("must lie between 1970 and 2100")
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_text_only),
    AfterValidator(_within),
    Field(strict=False),
]


def _one_line(value: str) -> str:
    if not value.isprintable() and any(category(one) in BREAKING for one in value):
        raise ValueError("must not contain line breaks or other control characters")
    return value


def _addressable(value: str) -> str:
    # Clients take such a segment of a path for a step, however it is encoded.
    dotted = value.startswith(".") or "/." in value
    if dotted and not {".", ".."}.isdisjoint(value.split("/")):
        raise ValueError("no address can hold . or .. between slashes")
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_one_line)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]


STATUSES: Final = (
    "One that the configuration maps to a phase, without regard to case, spaces, `-` and `_`. Built"
    " in are, unless it says otherwise: "
    + "; ".join(f"{phase}: {', '.join(words)}" for phase, words in LISTS[-1].items())
    + "; and every `awaiting_…` is paused."
)


class TicketItem(BaseModel):
    """The state of a ticket at `updated_at`. Attributes that are missing keep their value.

    Unknown attributes are stored and otherwise ignored; the item's result names them.
    """

    model_config = ConfigDict(extra="allow", strict=True, str_strip_whitespace=True)

    external_id: Annotated[Name, AfterValidator(_addressable)] = Field(examples=["TICKET-001"])
    source: Name = Field("default", examples=["zendesk"])
    updated_at: Moment | None = Field(None, description="Missing: the time of receipt.")
    revision: int = Field(0, ge=0, lt=2**31, description="Tells apart equal `updated_at`.")
    title: Annotated[str, StringConstraints(max_length=1000)] | None = None
    description: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    priority: Word | None = Field(None, examples=["P0"])
    customer_tier: Word | None = Field(None, examples=["enterprise"])
    status: Word | None = Field(None, examples=["open"], description=STATUSES)
    assigned_to: Annotated[str, StringConstraints(max_length=255)] | None = Field(
        None, description="Null, or an empty text: nobody."
    )
    updated_by: Annotated[str, StringConstraints(max_length=255)] | None = None
    created_at: Moment | None = None
    first_responded_at: Moment | None = None
    last_agent_reply_at: Moment | None = None
    last_customer_reply_at: Moment | None = None
    automatic_reply_at: Moment | None = None
    withdrawn_replies: Annotated[list[Moment], Field(max_length=100)] | None = None
    team: Name | None = Field(None, examples=["payments"])
    type: Name | None = Field(None, examples=["incident"])
    organization: Name | None = Field(None, examples=["ACME"])
    response_due_at: Moment | None = None
    resolution_due_at: Moment | None = None
    tags: Annotated[list[Word], Field(max_length=100)] | None = None


ITEMS: Final = TypeAdapter(list[TicketItem])
NUL: Final = "text must not contain NUL characters"
BOM: Final = b"\xef\xbb\xbf"
"""Some write it in front of all their files."""
EXTRA_LIMIT: Final = 16_384
"""Bytes of JSON that unknown attributes of one item may take."""
DEEPEST: Final = 200
"""Lists and objects within each other, in one item."""
DIGITS: Final = 4300
"""Of a whole number; Python reads no more, as that takes time."""
SUGGESTED: Final = 100
"""Unknown names of a batch for which the one that was meant is looked for: that takes time, too."""


@dataclass(slots=True)
class Refused:
    """An item that cannot be understood."""

    external_id: str | None
    problems: list[Problem]
    ignored: Sequence[str] = ()


class Malformed(Exception):
    """What was sent cannot be taken at all; `problems` says where."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.msg for problem in problems))
        self.problems = problems


class BodyTooLarge(Exception):
    """The request body holds more bytes than are taken at once."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} bytes are taken at once; send smaller batches")


class TooManyItems(Exception):
    """The batch holds more items than are taken at once."""

    def __init__(self, count: int, limit: int) -> None:
        super().__init__(f"{count} items, at most {limit} are taken at once; send smaller batches")


def parse(body: bytes, *, limit: int) -> Sequence[TicketItem | Refused]:
    """The items of a request body, each checked by itself.

    Raises Malformed for an envelope that is none, TooManyItems above `limit`.
    """
    envelope, suspicious = _read(body)
    raw = _list(_member(envelope, "tickets"))
    if raw is None:
        msg = 'expected an object with a list: {"tickets": [...]}'
        raise Malformed([Problem(("body", "tickets"), msg)])
    if others := [name for name in cast(Mapping[str, object], envelope) if name != "tickets"]:
        names = (shown(name) for name in others[:SUGGESTED])
        raise Malformed([Problem(("body", name), unread(name, ["tickets"])) for name in names])
    if not raw:
        raise Malformed([Problem(("body", "tickets"), "the batch is empty")])
    if len(raw) > limit:
        raise TooManyItems(len(raw), limit)
    try:
        items = ITEMS.validate_python(raw)
    except ValidationError:
        return [_checked(value, suspicious=suspicious) for value in raw]
    if suspicious:
        return [_checked(value, suspicious=True) for value in raw]
    return [_bounded(item) for item in items]


def _read(body: bytes) -> tuple[object, bool]:
    """What the JSON says, and whether it may hold what cannot be stored.

    What no text and no number of ours can hold costs the item in which it stands, not all of them:
    a reader that minds neither takes over then. Raises Malformed.
    """
    body = body.removeprefix(BOM)
    try:
        return from_json(body, allow_inf_nan=False), b"\\u0000" in body
    except ValueError as error:
        wrong = error
    try:
        return json.loads(body.decode(), parse_int=_whole), True
    except (ValueError, RecursionError):
        raise Malformed([Problem(("body",), f"not valid JSON: {wrong}")]) from None


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= DIGITS else inf


def checked(value: object) -> TicketItem | Refused:
    """One item, from wherever it comes."""
    return _checked(value, suspicious=True)


def _checked(value: object, *, suspicious: bool) -> TicketItem | Refused:
    if suspicious and (problems := unstorable((), value)):
        return Refused(_external_id(value), problems, _ignored(value))
    try:
        item = TicketItem.model_validate(value)
    except ValidationError as error:
        problems = [
            Problem(_readable(e["loc"]), worded(e))
            for e in error.errors(include_url=False, include_context=False)
        ]
        return Refused(_external_id(value), problems, _ignored(value))
    return _bounded(item)


def _bounded(item: TicketItem) -> TicketItem | Refused:
    if not item.model_extra:
        return item
    text = to_json(item.model_extra)
    problems = unstorable((), item.model_extra) if b"Infinity" in text else []
    if len(text) > EXTRA_LIMIT:
        msg = f"unknown attributes take more than {EXTRA_LIMIT} bytes of JSON"
        problems.append(Problem((), msg))
    return Refused(item.external_id, problems, ignored(item)) if problems else item


def ignored(item: TicketItem | Refused) -> Sequence[str]:
    """The members of an item that nothing reads."""
    return item.ignored if isinstance(item, Refused) else list(item.model_extra or ())


def suggestions(names: Iterable[str]) -> dict[str, str]:
    """Which members those that nothing reads were most likely meant to be, where one is near."""
    told = list(dict.fromkeys(names))[:SUGGESTED]
    found = {name: _meant(name[:LONGEST]) for name in told}
    return {name: meant for name, meant in found.items() if meant is not None}


@lru_cache(maxsize=1000)  # a source sends the same names with every request
def _meant(name: str) -> str | None:
    return near(name, TicketItem.model_fields)


def shown(text: str) -> str:
    """As it can be sent: half a surrogate pair is no character."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _ignored(value: object) -> list[str]:
    members = cast(dict[str, object], value) if isinstance(value, dict) else {}
    return [shown(name) for name in members if name not in TicketItem.model_fields]


def _readable(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return tuple(part for part in loc if not (isinstance(part, str) and "[" in part))


def _member(value: object, name: str) -> object:
    return cast(dict[str, object], value).get(name) if isinstance(value, dict) else None


def _list(value: object) -> list[object] | None:
    return cast(list[object], value) if isinstance(value, list) else None


def _external_id(value: object) -> str | None:
    found = _member(value, "external_id")
    return shown(found[:255]) if isinstance(found, str) else None


def unstorable(loc: tuple[str | int, ...], value: object) -> list[Problem]:
    """What PostgreSQL cannot hold in a text, JSON not as a number, and nobody takes apart."""
    if isinstance(value, str):
        if "\0" in value:
            return [Problem(loc, NUL)]
        if shown(value) != value:
            return [Problem(loc, "half a surrogate pair, which is no character")]
    if isinstance(value, float) and not isfinite(value):
        return [Problem(loc, "is no number" if isnan(value) else "the number is too large")]
    if len(loc) > DEEPEST:
        return [Problem(loc[:1], f"more than {DEEPEST} lists and objects within each other")]
    found: list[Problem] = []
    if isinstance(value, dict):
        for key, inner in cast(dict[str, object], value).items():
            found += unstorable(loc, key) + unstorable((*loc, shown(key)), inner)
    for index, inner in enumerate(_list(cast(object, value)) or ()):
        found += unstorable((*loc, index), inner)
    return found
