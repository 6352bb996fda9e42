"""What things are called: ids and keys that are computed again whenever they are needed, and links
that come back from where they were sent. One that came out otherwise would lead to nothing of what
is stored, or was sent, under it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from command_side.deciding import events
from command_side.deciding.telling import alert_id
from command_side.deciding.tokens import hashed, id_of
from command_side.deciding.transitions import transition_id
from engine.notify.failing import Turned, letters
from engine.notify.links import Asked, Links, once
from engine.notify.mail import mail
from engine.notify.message import Notice
from engine.notify.news import by_ticket
from engine.notify.pagerduty import key_of
from engine.notify.slack_buttons import buttons
from engine.notify.slack_press import Press
from engine.sla.instants import moment
from ops.tracing.identity import span_id, trace_id
from tests.support.formats import Sample
from tests.support.formats.events import MINUTE, NINE
from tests.support.formats.told import BODY_NOW, TICKET, notice

# The streams of what happens beside the tickets: versions of the configuration, tokens, silences.
STREAMS = (
    "CLOCK",
    "EXCUSES",
    "EXCUSES_APPLIED",
    "LOG",
    "ON_CALL",
    "OPERATIONS",
    "POLICIES",
    "POLICIES_APPLIED",
    "RETENTION",
    "SILENCES",
    "TOKENS",
)

# Alerts: what became of one is told under the id that it was told by.
ALERTS = (
    (TICKET, "resolution", NINE, "breached", 0),
    (TICKET, "resolution", NINE + 1, "level:2", 3),
    (TICKET, "größer", NINE - MINUTE, "warning", 1),
)
TRANSITIONS = (
    (TICKET, "resolution", NINE, "running", "paused", NINE + MINUTE),
    (TICKET, "größer", NINE + 1, "none", "running", NINE + 2),
)

# Tokens: in the log there is nothing but their hashes.
TOKENS = (
    "sla_k3v9x2m1_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
    "sla_Zz000000_GFEDCBAzyxwvutsrqponmlkjihgfedcba9876543210",
)

# Links: they are in people's mail for a week.
LINKS = Links(("n" * 32, "o" * 32), "https://sla.example.com", lambda: moment(NINE))
EXPIRES = datetime(2026, 1, 12, 9, tzinfo=UTC)
ASKED = (
    Asked("acknowledge", TICKET, "resolution", 2, "anna", EXPIRES),
    Asked("snooze", TICKET, "größer", 70_000, "", EXPIRES),
)

# Buttons in Slack: a message is there for years.
AT = "1548261231.000200"
ACTIONS = ("sla_acknowledge", "sla_snooze_1h", "sla_snooze_tomorrow", "sla_open")
PRESSES = tuple(
    (Press(action, value, "U1", AT, ""), action, TICKET, only_people)
    for value, only_people in ((str(TICKET), False), (f"{TICKET} people", True))
    for action in ACTIONS
)

# Traces: whoever knows a correlation id knows the ids of its spans.
CORRELATIONS = ("8D9A3E5C-2f64-4c7c-9d0b-1a2b3c4d5e6f", "größer-1", "link:f0444e78")

# A channel that takes nothing.
DEAD = Turned("Überwachung", "dead", moment(NINE), "it is away", ("slack", "e-mail"))


def _lines(texts: Iterable[object]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def _streams(names: tuple[str, ...]) -> bytes:
    return _lines(f"{name} {getattr(events, name)}" for name in names)


def _links(asked: tuple[Asked, ...]) -> bytes:
    return _lines(LINKS.token(one) for one in asked)


def _led(stored: bytes) -> tuple[Asked, ...]:
    return tuple(LINKS.read(token) for token in stored.decode().split())


def _addresses(about: Notice) -> bytes:
    (news,) = by_ticket([about])
    return _lines(link.url for link in LINKS.to("anna")(news))


def _once(asked: tuple[Asked, ...]) -> bytes:
    presses = (press.once for press, *_ in PRESSES)
    return _lines([*(once(LINKS.token(one)) for one in asked), *presses])


def _elements(blocks: list[dict[str, Any]]) -> Iterable[str]:
    for block in blocks:
        for one in block["elements"]:
            yield f"{one['action_id']} {one['value']}"


def _buttons(ticket: UUID) -> bytes:
    address = "https://sla.example.com"
    shown = [
        buttons(ticket, answers=True, address=address, only_people=only) for only in (False, True)
    ]
    return _lines(text for blocks in shown for text in _elements(blocks))


def _pressed(stored: bytes) -> UUID | None:
    """The ticket, if all of them are understood as they were meant."""
    found = [line.partition(" ") for line in stored.decode().splitlines()]
    pressed = [Press(action, value, "U1", AT, "") for action, _, value in found]
    understood = [(one, one.action, one.ticket, one.only_people) for one in pressed]
    return TICKET if tuple(understood) == PRESSES else None


def _mails(about: Notice) -> bytes:
    made = mail([about], sender="sla@example.com", to=[], at=moment(NINE), public_url="", cycle=5)
    return _lines(made[name] for name in ("Message-ID", "In-Reply-To", "References"))


def _traces(correlations: tuple[str, ...]) -> bytes:
    traces = [trace_id(one) for one in correlations]
    return _lines(f"{one:032x} {span_id(one, 'decided', 12):016x}" for one in traces)


def _failures(turned: Turned) -> bytes:
    names = ("dedup_key", "ticket_id", "alert_id", "kind", "channel")
    rows = letters(turned, moment(NINE + MINUTE), 12)
    return _lines(" ".join(str(row[name]) for name in names) for row in rows)


SAMPLES = (
    Sample("ids/streams.txt", STREAMS, _streams),
    Sample("ids/alerts.txt", ALERTS, lambda all: _lines(alert_id(*one) for one in all)),
    Sample("ids/transitions.txt", TRANSITIONS, lambda all: _lines(transition_id(*i) for i in all)),
    Sample(
        "ids/tokens.txt",
        TOKENS,
        lambda all: _lines(f"{id_of(one)} {hashed(one).hex()}" for one in all),
    ),
    Sample("ids/links.txt", ASKED, _links, _led),
    Sample("ids/link_addresses.txt", Notice("k", TICKET, "email", 1, BODY_NOW), _addresses),
    Sample("ids/buttons.txt", TICKET, _buttons, _pressed),
    Sample("ids/once.txt", ASKED, _once),
    Sample("ids/mails.txt", notice(BODY_NOW), _mails),
    Sample("ids/traces.txt", CORRELATIONS, _traces),
    Sample("ids/failures.txt", DEAD, _failures),
    Sample(
        "ids/pagerduty.txt",
        ("resolution", "k" * 300),
        lambda clocks: _lines(key_of(TICKET, clock, 2) for clock in clocks),
    ),
)
