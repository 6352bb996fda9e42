"""The page behind a link in a message: what it is about, and one button. It needs no script."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from importlib.resources import files
from zoneinfo import ZoneInfo

from engine.notify.links import LABELS
from engine.notify.people import called
from engine.notify.plain_text import cut, duration
from ops.http.answering import Led
from query_side.tickets import TicketDetails

LONGEST_NAME = 100
"""Of somebody who says who they are."""
STATES = {
    "compliant": "In time",
    "warning": "Warning",
    "critical": "Critical",
    "breached": "Breached",
    "untracked": "Nothing promised",
}
UNCHANGED = "Nothing has changed."
_STYLE = files("ops.http").joinpath("answer_page.css").read_text(encoding="utf-8")
_MARKUP = re.compile("<[^>]*>")
_MARK = '<circle cx="16" cy="16" r="13"/><path d="M16 8v8l5 4"/>'
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
    "<title>{title}</title>"
    '<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns=\'http://www.w3.org/2000/svg\''
    " viewBox='0 0 32 32'%3E%3Ccircle cx='16' cy='16' r='13' fill='none' stroke='%232f5fd0'"
    " stroke-width='5'/%3E%3Cpath d='M16 8v8l5 4' fill='none' stroke='%232f5fd0'"
    " stroke-width='4' stroke-linecap='round'/%3E%3C/svg%3E\">"
    "<style>{style}</style></head><body>"
    '<header><svg viewBox="0 0 32 32" aria-hidden="true">' + _MARK + "</svg>{app_name}</header>"
    '<main data-state="{state}"><h1>{headline}</h1>{content}</main>{footer}</body></html>'
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the page has, whatever it says."""

    app_name: str
    public_url: str
    now: datetime
    zone: str
    """Whose clock its times are told by."""
    holds_for: timedelta
    """How long an acknowledgement holds."""
    name_of: Callable[[str], str | None] = lambda _: None
    """What somebody is called whom the configuration knows, by key."""

    def instant(self, at: datetime) -> str:
        """To the minute, by the clock of who reads it."""
        there = at.astimezone(ZoneInfo(self.zone))
        return f"{there:%a} {there.day} {there:%b}, {there:%H:%M} {there.tzname()}"

    def who(self, by: str) -> str:
        """Somebody as people call them, escaped."""
        name = self.name_of(by) or called(by, {})
        return _text(name, LONGEST_NAME) or "somebody"


def page(frame: Frame, led: Led, *, wrong: str = "") -> str:
    """The page of a link, in HTML; `wrong` is what keeps an answer from being taken."""
    title, said = _says(frame, led)
    ticket = led.ticket
    parts: list[str] = []
    if ticket is not None and ticket.title:
        parts.append(f'<p class="title">{_text(ticket.title, 300)}</p>')
    if wrong:
        parts.append(f'<p class="wrong" role="alert">{escape(wrong)}</p>')
    parts += [f"<p>{line}</p>" for line in said]
    if ticket is not None:
        parts.append(_facts(frame, ticket))
    if led.kind == "asks":
        parts.append(_form(led))
    parts.append(_open(frame, led))
    state = ticket.sla_state if ticket else ""
    return _whole(frame.app_name, title, state, parts, _fine(frame, led))


def notice(frame: Frame, title: str, said: str) -> str:
    """A page that only says something."""
    return _whole(frame.app_name, escape(title), "", [f"<p>{escape(said)}</p>"], ())


def nowhere(app_name: str) -> str:
    """The page at an address that is none of ours."""
    said = "It may have been cut off, or written by hand. What there is begins with the dashboard."
    parts = [f"<p>{said}</p>", '<a class="open" href="/">Open the dashboard</a>']
    return _whole(app_name, "There is nothing at this address", "", parts, ())


def _whole(
    app_name: str, title: str, state: str, content: Iterable[str], fine: Iterable[str]
) -> str:
    notes = "".join(f"<p>{line}</p>" for line in fine)
    return _PAGE.format(
        title=_MARKUP.sub("", title),
        headline=title,
        style=_STYLE,
        app_name=escape(app_name),
        state=escape(state),
        content="".join(content),
        footer=f"<footer>{notes}</footer>" if notes else "",
    )


def _says(frame: Frame, led: Led) -> tuple[str, list[str]]:
    """The headline and what follows it, escaped."""
    external_id = led.ticket.external_id if led.ticket else ""
    ticket = _id(external_id)
    acknowledges = led.asked is not None and led.asked.action == "acknowledge"
    until = frame.instant(led.until) if led.until else ""
    match led.kind:
        case "asks" if acknowledges:
            held = duration(frame.holds_for.total_seconds())
            return f"Acknowledge {_id(external_id, '?')}", [
                f"You take it on: nobody higher up is told for {held}, or until the next deadline"
                " passes."
            ]
        case "asks":
            return f"Snooze {ticket} for an hour?", [
                "Nothing is sent about it for an hour, whatever becomes of it."
            ]
        case "done":
            return _done(frame, led, ticket, acknowledges=acknowledges)
        case "over":
            at = f" at {frame.instant(led.at)}" if led.at else ""
            clock = _text(led.asked.clock.replace("_", " "), 60) if led.asked else ""
            return f"{ticket}: this is over", [
                f"What the message was about ({clock}) has ended{at}: there is nothing to"
                f" {'acknowledge' if acknowledges else 'snooze'} any more. {UNCHANGED}"
            ]
        case "already" if acknowledges:
            return f"{ticket} is acknowledged already", [
                f"{frame.who(led.by)} has it: nobody higher up is told before {until}, or until the"
                f" next deadline passes. {UNCHANGED}"
            ]
        case "already":
            return f"{ticket} is snoozed already", [
                f"Nothing is sent about it before {until}. {UNCHANGED}"
            ]
        case "expired":
            at = frame.instant(led.asked.expires_at) if led.asked else ""
            return "This link has expired", [
                f"It was good until {at}. {UNCHANGED} The ticket itself shows what is so by now."
            ]
        case "stranger":
            return "This link is nobody's any more", [
                f"The one whom it was made for is not known here any more. {UNCHANGED}"
            ]
        case "gone":
            return "This ticket is not known here", [UNCHANGED]
        case "unknown":
            return "This link is not valid", [
                "It was cut off or changed on its way, or the key that it was made with is not"
                f" used any more. {UNCHANGED}",
                "Open it from the message itself once more, or look on the dashboard.",
            ]


def _done(frame: Frame, led: Led, ticket: str, *, acknowledges: bool) -> tuple[str, list[str]]:
    until = frame.instant(led.until) if led.until else ""
    at = frame.instant(led.at) if led.at else ""
    by = frame.who(led.by)
    if led.until is None or led.until <= frame.now:
        what = "acknowledged it" if acknowledges else "snoozed it"
        return "This link has been used", [
            f"{by} {what} at {at}, until {until}. It works once: {UNCHANGED.lower()}"
        ]
    if acknowledges:
        return f"{ticket} is acknowledged", [
            f"{by} has it, since {at}: nobody higher up is told before {until}, or until the next"
            " deadline passes."
        ]
    return f"{ticket} is snoozed", [
        f"{by} has said so at {at}: nothing is sent about it before {until}."
    ]


def _facts(frame: Frame, ticket: TicketDetails) -> str:
    rows = "".join(f"<dt>{name}</dt><dd>{told}</dd>" for name, told in _rows(frame, ticket))
    return f"<dl>{rows}</dl>"


def _rows(frame: Frame, ticket: TicketDetails) -> Iterator[tuple[str, str]]:
    state = STATES.get(ticket.sla_state, ticket.sla_state)
    yield "State", f'<span class="state">{escape(state)}</span>'
    if ticket.due_at is not None and ticket.due_in_seconds is not None:
        left = abs(ticket.due_in_seconds)  # to the minute: the page stands still
        length = duration(left - left % 60 if left >= 60 else left)
        when = f"in {length}" if ticket.due_in_seconds > 0 else f"{length} ago"
        yield "Due", f"{when} <small>{frame.instant(ticket.due_at)}</small>"
    yield "For", " · ".join(_text(one, 60) for one in (ticket.priority, ticket.customer_tier))
    yield "Status", _text(ticket.status, 60)
    yield "Assigned to", _text(ticket.assigned_to or "nobody", 100)
    if ticket.escalation_level:
        yield "Escalation", f"level {ticket.escalation_level}"
    held, snoozed = ticket.acknowledged_until, ticket.snoozed_until
    if held is not None and held > frame.now:
        yield (
            "Acknowledged",
            f"{frame.who(ticket.acknowledged_by or '')}, until {frame.instant(held)}",
        )
    if snoozed is not None and snoozed > frame.now:
        yield "Snoozed", f"until {frame.instant(snoozed)}"


def _form(led: Led) -> str:
    asked = led.asked
    label = LABELS[asked.action] if asked else ""
    if led.person is not None:
        button = f"{label} as {_text(led.person.name, LONGEST_NAME)}"
        return f'<form method="post"><button>{button}</button></form>'
    return (
        '<form method="post"><label>Your name'
        f'<input name="name" required maxlength="{LONGEST_NAME}" autocomplete="name"'
        f' autocapitalize="words"></label><button>{label}</button></form>'
    )


def _open(frame: Frame, led: Led) -> str:
    if led.asked is None or led.kind == "gone":
        return f'<a class="open" href="{escape(frame.public_url)}/">Open the dashboard</a>'
    url = f"{frame.public_url}/#ticket/{led.asked.ticket_id}"
    return f'<a class="open" href="{escape(url)}">Open the ticket</a>'


def _fine(frame: Frame, led: Led) -> Iterator[str]:
    if led.ticket is not None:
        yield f"As of {frame.instant(frame.now)}."
    if led.kind == "asks" and led.asked is not None:
        whose = f" is for {_text(led.person.name, LONGEST_NAME)} alone, and" if led.person else ""
        until = frame.instant(led.asked.expires_at)
        yield f"Nothing changes before you press. This link{whose} works once, until {until}."


def _id(external_id: str, end: str = "") -> str:
    """On one line, where there is room for it."""
    return f'<span class="id">{_text(external_id, 80)}{end}</span>'


def _text(foreign: str, limit: int) -> str:
    return escape(cut(foreign, limit))
