"""One item of `POST /tickets` as the source sends it, checked; and a batch of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Annotated, Final, cast

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

from command_side.wording import worded

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


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
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class TicketItem(BaseModel):
    """The state of a ticket at `updated_at`. Attributes that are missing keep their value.

    Unknown attributes are stored and otherwise ignored.
    """

    model_config = ConfigDict(extra="allow", strict=True, str_strip_whitespace=True)

    external_id: Name = Field(examples=["TICKET-001"])
    source: Name = Field("default", examples=["zendesk"])
    updated_at: Moment | None = Field(None, description="Missing: the time of receipt.")
    revision: int = Field(0, ge=0, lt=2**31, description="Tells apart equal `updated_at`.")
    title: Annotated[str, StringConstraints(max_length=1000)] | None = None
    description: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    priority: Word | None = Field(None, examples=["P0"])
    customer_tier: Word | None = Field(None, examples=["enterprise"])
    status: Word | None = Field(None, examples=["open"])
    assigned_to: Annotated[str, StringConstraints(max_length=255)] | None = None
    updated_by: Annotated[str, StringConstraints(max_length=255)] | None = None
    created_at: Moment | None = None
    first_responded_at: Moment | None = None
    last_agent_reply_at: Moment | None = None
    last_customer_reply_at: Moment | None = None
    tags: Annotated[list[Word], Field(max_length=100)] | None = None


ITEMS: Final = TypeAdapter(list[TicketItem])
NUL: Final = "text must not contain NUL characters"
BOM: Final = b"\xef\xbb\xbf"
"""Some write it in front of all their files."""
EXTRA_LIMIT: Final = 16_384
"""Bytes of JSON that unknown attributes of one item may take."""


@dataclass(slots=True)
class Problem:
    """What is wrong and where."""

    loc: tuple[str | int, ...]
    msg: str


@dataclass(slots=True)
class Refused:
    """An item that cannot be understood."""

    external_id: str | None
    problems: list[Problem]


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
    try:
        envelope: object = from_json(body.removeprefix(BOM), allow_inf_nan=False)
    except ValueError as error:
        raise Malformed([Problem(("body",), f"not valid JSON: {error}")]) from None
    raw = _list(_member(envelope, "tickets"))
    if raw is None:
        msg = 'expected an object with a list: {"tickets": [...]}'
        raise Malformed([Problem(("body", "tickets"), msg)])
    if not raw:
        raise Malformed([Problem(("body", "tickets"), "the batch is empty")])
    if len(raw) > limit:
        raise TooManyItems(len(raw), limit)
    suspicious = b"\\u0000" in body
    try:
        items = ITEMS.validate_python(raw)
    except ValidationError:
        return [_checked(value, suspicious=suspicious) for value in raw]
    if suspicious:
        return [_checked(value, suspicious=True) for value in raw]
    return [_bounded(item) for item in items]


def _checked(value: object, *, suspicious: bool) -> TicketItem | Refused:
    try:
        item = TicketItem.model_validate(value)
    except ValidationError as error:
        problems = [
            Problem(_readable(e["loc"]), worded(e))
            for e in error.errors(include_url=False, include_context=False)
        ]
        return Refused(_external_id(value), problems)
    problems = _unstorable((), value) if suspicious else []
    return Refused(item.external_id, problems) if problems else _bounded(item)


def _bounded(item: TicketItem) -> TicketItem | Refused:
    if not item.model_extra:
        return item
    text = to_json(item.model_extra)
    problems = _unstorable((), item.model_extra) if b"Infinity" in text else []
    if len(text) > EXTRA_LIMIT:
        msg = f"unknown attributes take more than {EXTRA_LIMIT} bytes of JSON"
        problems.append(Problem((), msg))
    return Refused(item.external_id, problems) if problems else item


def _readable(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return tuple(part for part in loc if not (isinstance(part, str) and "[" in part))


def _member(value: object, name: str) -> object:
    return cast(dict[str, object], value).get(name) if isinstance(value, dict) else None


def _list(value: object) -> list[object] | None:
    return cast(list[object], value) if isinstance(value, list) else None


def _external_id(value: object) -> str | None:
    found = _member(value, "external_id")
    return found[:255] if isinstance(found, str) else None


def _unstorable(loc: tuple[str | int, ...], value: object) -> list[Problem]:
    """What PostgreSQL cannot hold in a text, and JSON not as a number."""
    if isinstance(value, str) and "\0" in value:
        return [Problem(loc, NUL)]
    if isinstance(value, float) and not isfinite(value):
        return [Problem(loc, "the number is too large")]
    found: list[Problem] = []
    if isinstance(value, dict):
        for key, inner in cast(dict[str, object], value).items():
            found += _unstorable(loc, key) + _unstorable((*loc, key), inner)
    for index, inner in enumerate(_list(cast(object, value)) or ()):
        found += _unstorable((*loc, index), inner)
    return found
