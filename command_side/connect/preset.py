"""What is known of a desk: how it signs, and what each of its deliveries says. Data, one file each.

A new desk is a new file in `presets`, and nothing else.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, Literal, Self, cast

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from command_side.connect.expressions import Value, compiled
from command_side.connect.moments import Zone
from command_side.deciding import observed
from command_side.intake.item import TicketItem

MOMENTS: Final = ("updated_at", *observed.MOMENTS)
"""Attributes that are times."""
OWN: Final = ("follows",)
"""Attributes of ours that no clock reads: the ticket that one goes on from. Rules may name them."""
LISTS: Final = ("tags",)
"""Attributes that are lists of words."""


def _expression(text: str) -> str:
    compiled(text)
    return text


Expression = Annotated[str, AfterValidator(_expression)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=True)


class Timestamp(Strict):
    """When the desk signed, as a header has it, or the body."""

    header: str | None = None
    find: Expression | None = None
    """Where in the body it is."""
    form: Literal["rfc3339", "seconds", "milliseconds"]
    tolerance_seconds: int | None = 300
    """None: the desk signs when it queues, and says nothing of how long that takes."""


class Signature(Strict):
    """An HMAC in a header, over some parts of the request one after another."""

    header: str
    digest: Literal["sha256", "sha1"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    """Written before it in the header."""
    over: tuple[str, ...] = ("body",)
    """Of `body`, `timestamp`, `method`, `address`; whatever else is taken as it stands."""
    timestamp: Timestamp | None = None

    @model_validator(mode="after")
    def _timestamp_is_signed(self) -> Self:
        stamp = self.timestamp
        in_a_header = stamp is not None and stamp.header is not None
        in_the_body = stamp is not None and stamp.find is not None
        if ("timestamp" in self.over) != in_a_header or (in_a_header and in_the_body):
            raise ValueError("a timestamp in a header is signed besides; one in the body is in it")
        return self


class Token(Strict):
    """The secret itself, in a header."""

    header: str


Proof = Literal["basic", "address"]
"""What a desk can send that signs nothing: `Authorization: Basic`, or `?token=` of the address."""


class Reply(Strict):
    """A comment, and by whom."""

    when: Expression
    at: Expression
    public: Expression | None = None
    """None: every one of these is."""
    by_agent: Expression | None = None
    """True, false, or null where the desk does not say: the source's `agents` decide then."""
    author: tuple[Expression, ...] = ()
    """Names and addresses by which it may be known whose it is."""
    automatic: Expression | None = None


class Change(Strict):
    """A list of changes, each with the attribute, what it was and what it is."""

    each: Expression
    field: Expression
    was: Expression
    now: Expression
    fields: Mapping[str, str]
    """Names of the desk in lower case, and whose attribute of ours they are."""


Attributes = Mapping[str, Value]


class Milestone(Strict):
    """A column that says when something came about that is so still."""

    at: Value
    status: Value


class Delivery(Strict):
    """One kind of delivery: the first whose `when` holds says what it is."""

    about: str
    when: Expression
    ignored: str | None = None
    """Why it says nothing that the clocks could use."""
    each: Expression | None = None
    """Where it tells of several, one after another; the others read it as `one`."""
    body: Expression | None = None
    """What the desk would have sent instead: `body` for all that follows, as a source's own
    expressions know it."""
    ticket: Attributes = {}
    """What it says, for certain."""
    first: Attributes = {}
    """What it says besides, of which the desk may know better by now: only for a ticket that is
    not known yet."""
    changes: Change | None = None
    reply: tuple[Reply, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    """For files alone: what was so before it was written, where that is so still."""
    identity: Expression | None = None
    """The desk's own constant id of the ticket: by it the ticket is found under whatever name."""
    alias: Expression | None = None
    """Another name under which it was known, or goes on."""
    order: Expression | None = None
    """A number that orders what has one time."""

    @model_validator(mode="after")
    def _names_attributes(self) -> Self:
        for name in (*self.ticket, *self.first):
            if name not in TicketItem.model_fields and name not in OWN:
                raise ValueError(f"there is no attribute {name!r}")
        if self.ignored is None and "external_id" not in self.ticket:
            raise ValueError("has to say which ticket it tells of: external_id")
        return self


class Put(Strict):
    """Where in an object a change has left its value, and what that was before: so that the object
    can be had as it was at any time."""

    path: str
    """Names, with points between them."""
    was: Expression = "`null`"
    now: Expression = "`null`"
    adds: Expression | None = None
    """Of a list: what has come to it."""
    takes: Expression | None = None
    """Of a list: what has gone from it."""


class Entries(Strict):
    """What has happened to an object: changes, or comments. Expressions know the object as it was
    then (`one`), the `entry`, and one of its changes (`change`)."""

    each: Expression
    """Of `one`."""
    at: Expression
    order: Expression
    """A number that orders what has one time."""
    changes: Expression = "[entry]"
    apart: bool = False
    """Each change is a delivery of its own; else all of an entry are one."""
    field: Expression | None = None
    """None: these are no changes but comments."""
    puts: Mapping[str, tuple[Put, ...]] = {}
    """By the field in lower case; other changes say nothing."""
    body: Expression
    """What the desk would have sent of it."""


class History(Strict):
    """An object with all that has happened to it: read as the deliveries that it was."""

    about: str
    when: Expression
    created: Expression
    """What the desk would have sent when it was created, from `one` as it was then."""
    now: Expression
    """The same of `one` as it stands, for what its history does not know of."""
    entries: tuple[Entries, ...]


class Objects(Strict):
    """What the desk's API answers and its exports hold."""

    each: tuple[Expression, ...] = ()
    """Where in `body` they are; the first that finds some. A list is a list of them."""
    histories: tuple[History, ...] = ()
    kinds: tuple[Delivery, ...] = ()
    """Of `one`: as it stands, or one thing that has happened to it."""


class Join(Strict):
    """A row of another table of the same export, found by its key."""

    table: str
    by: Expression
    """What of this row is the other's key."""


class Export(Strict):
    """A table that a desk exports, recognised by its columns. Expressions read a row as `body`:
    names in lower case, with `_` for whatever is no letter and no digit; null for empty cells."""

    about: str
    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    """It is this table where all of them are there."""
    nothing: tuple[str, ...] = ()
    """What stands in cells that say nothing, such as `?`."""
    zone: Zone | None = None
    """Of times that name none; None: whoever imports it is asked."""
    ignored: str | None = None
    """Why nothing in it is of use to the clocks."""
    table: str | None = None
    """Its rows are found by this name from other tables of the export."""
    key: Expression | None = None
    needs: str | None = None
    """A table without which nothing of it can be read."""
    joins: Mapping[str, Join] = Field(default_factory=dict[str, Join])
    """Rows of other tables, under these names in `body`; null where there is none."""
    rows: tuple[Delivery, ...] = ()
    """What a row says: the first whose `when` holds."""
    newest_first: bool = False
    """The order of rows that have one time; otherwise the file's where `in_order`."""
    in_order: bool = False

    @model_validator(mode="after")
    def _has_a_key(self) -> Self:
        if (self.table is None) != (self.key is None):
            raise ValueError("a table that others join needs a key, and a key its table")
        return self


class Preset(Strict):
    """A desk, as it comes."""

    desk: str
    """How people call it."""
    signature: tuple[Signature, ...] = ()
    """Any of them will do."""
    token: Token | None = None
    proofs: tuple[Proof, ...] = ()
    delivery_id: tuple[Expression, ...] = ()
    """The first that finds something tells a delivery from others, and from itself no second
    time."""
    statuses: Mapping[str, str] = {}
    """What its statuses are called here, as far as they are called otherwise."""
    objects: Objects = Objects()
    deliveries: tuple[Delivery, ...] = ()
    exports: tuple[Export, ...] = ()


def _names() -> Sequence[str]:
    folder = files("command_side.connect") / "presets"
    return sorted(one.name.removesuffix(".yaml") for one in folder.iterdir())


@cache
def preset(name: str) -> Preset:
    """One that ships. Raises LookupError."""
    if name not in _names():
        raise LookupError(name)
    text = (files("command_side.connect") / "presets" / f"{name}.yaml").read_text("utf-8")
    return Preset.model_validate(tuples(yaml.safe_load(text)))


def presets() -> Sequence[str]:
    """The names of those that ship."""
    return _names()


def tuples(value: object) -> object:
    """Lists as tuples: a preset never changes."""
    if isinstance(value, dict):
        members = cast(dict[str, object], value)
        return {name: tuples(inner) for name, inner in members.items()}
    if isinstance(value, list):
        return tuple(tuples(inner) for inner in cast(list[object], value))
    return value
