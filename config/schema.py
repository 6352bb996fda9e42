"""The shape of `sla_config.yaml`: which keys there are and what kind of value each takes."""

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
)

from config.contacts import email_address, slack_member
from config.goals import percent
from config.hours import Span, day, disjoint, minute_of_day, span
from config.retention import kept
from config.targets import MINUTE, lasting, pause_limit
from engine.sla.policy import Again, ClockKind, Phase
from engine.sla.zones import zone

Percent = Annotated[float, Field(gt=0, lt=100)]
Spans = Annotated[
    tuple[Annotated[Span, BeforeValidator(span)], ...],
    AfterValidator(disjoint),
]
Day = Annotated[date, BeforeValidator(day)]
TimeOfDay = Annotated[int, BeforeValidator(minute_of_day)]
OwnDates = Literal["taken", "ignored"]
Tell = Literal["raised", "acknowledged", "ended", "withdrawn"]
Goals = dict[str, Annotated[float, BeforeValidator(percent)]]
"""Clock name to the per cent of its cycles that have to be kept."""
Minutes = Annotated[int, Field(ge=0, le=10_000_000)]
Level = Annotated[int, Field(ge=0, le=9999)]
MOST_WORDS = 200
"""Characters: Slack takes no message that is too long."""

STORED = "stored"
"""The context of values that are in force already."""


def words_fault(text: str) -> str | None:
    """Why no message may have this in it; None: it may."""
    if not text:
        return "must not be empty"
    return f"must have at most {MOST_WORDS} characters" if len(text) > MOST_WORDS else None


def _words(text: str, info: ValidationInfo) -> str:
    if info.context != STORED and (wrong := words_fault(text)):
        raise ValueError(wrong)
    return text


def _dates_alone(value: object) -> object:
    return {"dates": cast(object, value)} if isinstance(value, tuple) else value


def _one_or_more(value: object) -> object:
    return cast(object, value) if isinstance(value, tuple) else (value,)


def _in_range(value: date) -> date:
    if not 1970 <= value.year < 2100:
        raise ValueError("must lie between 1970 and 2100")
    return value


Words = Annotated[str, AfterValidator(_words)]
"""A part of every message."""


class Block(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Promised(Block):
    """What holds for a priority, or for all of a tier or rule; every other key is a name."""

    model_config = ConfigDict(extra="allow")

    calendar: str | None = None
    cutoff: TimeOfDay | None = None
    own_dates: OwnDates | None = None
    goals: Goals | None = None


class Priority(Promised):
    """What a tier and priority are promised; every other key is a target of a clock."""

    escalation: dict[str, Any] | None = None


Year = Annotated[Day, AfterValidator(_in_range)]


class Valid(Block):
    """From when to when something holds, both days included."""

    start: Year | None = Field(None, alias="from")
    until: Year | None = None
    by: Literal["creation", "time"] = "creation"


NOTHING = Priority()
"""What `none` stands for: nothing is promised, on purpose."""


def _none(value: object) -> object:
    return NOTHING if value == "none" else value


class Tier(Promised):
    """What holds for a whole tier; every other key is a priority."""

    # How pydantic types extra keys; its base class declares the attribute more widely.
    __pydantic_extra__: dict[str, Priority]  # pyright: ignore[reportIncompatibleVariableOverride]

    valid: Valid | None = None


class Rule(Promised):
    """What a ticket has to say of itself, and what it is promised then; every other key is a
    priority, `any` stands for those that are not named."""

    # As above.
    __pydantic_extra__: dict[str, Annotated[Priority, BeforeValidator(_none)]]  # pyright: ignore[reportIncompatibleVariableOverride]

    name: Annotated[Words, StringConstraints(strip_whitespace=True)]
    when: dict[str, Any] | None = None
    unless: dict[str, Any] | None = None
    valid: Valid | None = None


class Thresholds(Block):
    warning: Percent | None = None
    critical: Percent | None = None


class Clock(Block):
    kind: ClockKind | None = None
    calendar: str | None = None
    pauses_in: tuple[Phase, ...] | None = None
    pauses_at_most: Annotated[int, BeforeValidator(pause_limit)] | None = None
    on_change: Literal["carry", "restart", "recompute"] | None = None
    reopen: Literal["resume", "new_cycle"] | None = None
    answered_by: Literal["reply_or_status", "reply"] | None = None
    after: Literal["first_response", "creation"] | None = None
    again: Annotated[tuple[Again, ...], BeforeValidator(_one_or_more)] | None = None


class Holidays(Block):
    country: str | None = None
    subdivision: str | None = None
    dates: tuple[Day, ...] = ()


class Hours(Block):
    timezone: Annotated[str, AfterValidator(zone)]
    hours: dict[str, Spans] | None = None
    holidays: Annotated[Holidays, BeforeValidator(_dates_alone)] | None = None
    shifts: dict[Day, Spans] | None = None


class DefaultLevels(Block):
    warning: Level = 1
    critical: Level = 2
    breached: Level = 3


class Escalation(Block):
    default: DefaultLevels | None = None
    ack_timeout_minutes: Minutes = 60


class Repeat(Block):
    every: Annotated[int, BeforeValidator(lasting)]
    until: Literal["acknowledged", "ended"] = "acknowledged"
    at_most: Annotated[int, Field(ge=1, le=1000)] | None = None


class Route(Block):
    name: Annotated[Words, StringConstraints(strip_whitespace=True)] | None = None
    match: dict[str, Any] | None = None
    unless: dict[str, Any] | None = None
    """What stands in both is for `config.routing` to say."""
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    goes_on: bool = Field(False, alias="continue")
    repeat: Repeat | None = None
    group_by: Annotated[tuple[Words, ...], BeforeValidator(_one_or_more)] | None = None
    group_wait: Annotated[int, BeforeValidator(lasting)] | None = None
    tell: Annotated[tuple[Tell, ...], BeforeValidator(_one_or_more), Field(min_length=1)] | None = (
        None
    )


class Notifications(Block):
    notify_within_minutes: Minutes = 60
    fallback: tuple[str, ...] = ()
    dead_after: Annotated[int, BeforeValidator(lasting)] = 10 * MINUTE
    group_wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    routes: tuple[Route, ...] | None = None
    channels: dict[str, dict[str, Any]] | None = None
    """What stands in a block is for its type to say: `config.channels`."""


def _variable(value: str) -> str:
    # Not repeated: it could be the address itself, which is a secret.
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError(
            "is the name of an environment variable, such as PAYMENTS_ICAL_URL; the address itself"
            " is a secret and does not belong into this file"
        )
    return value


Variable = Annotated[str, AfterValidator(_variable)]


class Person(Block):
    """Somebody who can be told."""

    name: Annotated[Words, StringConstraints(strip_whitespace=True)]
    email: Annotated[Words, AfterValidator(email_address)] | None = None
    slack: Annotated[str, AfterValidator(slack_member)] | None = None
    time_zone: Annotated[str, AfterValidator(zone)] | None = None


class OnCall(Block):
    """A rotation: the calendars that say who it is, and how they are told."""

    calendar_env: Variable | None = None
    calendar_file: Annotated[str, Field(min_length=1)] | None = None
    overrides_env: Variable | None = None
    overrides_file: Annotated[str, Field(min_length=1)] | None = None
    fallback: tuple[str, ...] = ()
    tell_by: Annotated[tuple[str, ...], Field(min_length=1)]


class OnChange(Block):
    apply_to: Literal["open_tickets", "new_tickets"] = "open_tickets"


Kept = Annotated[timedelta | None, BeforeValidator(kept)]
"""None: for ever."""


class Retention(Block):
    """How long what is not needed any more is kept; the log is, for ever."""

    events: Literal["forever"] = "forever"
    outbox: Kept = timedelta(days=90)
    """What was sent."""
    raw: Kept = timedelta(days=30)
    """Deliveries as desks sent them, where a source says nothing else."""
    jobs: Kept = timedelta(days=30)
    """Those that are over, with their results."""


class File(Block):
    """The whole file. Blocks that are left out, or have nothing in them, keep their defaults."""

    sla_targets: Annotated[dict[str, Tier], Field(min_length=1)]
    rules: tuple[Rule, ...] | None = None
    alert_thresholds: Thresholds | None = None
    escalation_levels: dict[str, Words] | None = None
    statuses: dict[str, Phase | None] | None = None
    clocks: dict[str, Clock] | None = None
    calendars: dict[str, Hours] | None = None
    default_calendar: str | None = None
    own_dates: OwnDates | None = None
    goals: Goals | None = None
    escalation: Escalation | None = None
    notifications: Notifications | None = None
    sources: dict[str, dict[str, Any]] | None = None
    """What stands in a block is for whoever reads the desk to say: `config.sources`."""
    people: dict[str, Person] | None = None
    on_call: dict[str, OnCall] | None = None
    on_change: OnChange | None = None
    retention: Retention | None = None
