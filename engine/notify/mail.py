"""What a mail looks like: plain text and HTML, and headers by which programs know and thread it.

What others have written stands in it escaped, and on one line in headers.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from html import escape

from engine.notify.digest import board
from engine.notify.links import Answers, Link, none
from engine.notify.message import Notice
from engine.notify.news import News, by_ticket
from engine.notify.plain import SAID, plain
from engine.notify.plain_text import instant
from engine.notify.words import LINE, LISTED, address, invitation

SENDER = "SLA Tracker"
COLOURS = {
    "breached": "#b3261e",
    "critical": "#c2410c",
    "warning": "#b45309",
    "escalated": "#6d28d9",
    "channel dead": "#b3261e",
    "channel well": "#15803d",
    "resolved in time": "#15803d",
    "answered in time": "#15803d",
    "done in time": "#15803d",
}
"""Of the bar on top, by the word for what happened."""
OTHER_COLOUR = "#475569"
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
DARK = (
    "@media (prefers-color-scheme: dark) {"
    ".page{background:#0e1319!important;color:#e5ebf2!important}"
    ".card{background:#161d26!important}.dim{color:#98a5b5!important}"
    ".lead{color:#e5ebf2!important}.line{border-color:#28323e!important}"
    ".link,.other{color:#86a9ff!important}"
    ".other{background:#161d26!important;border-color:#3a4756!important}}"
)
"""For programs that show mail on dark ground: the others do not know of it."""
PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark"><title>{title}</title>'
    "<style>{dark}</style></head>"
    '<body style="margin:0;padding:16px;background:#f1f5f9;{font};color:#0f172a" class="page">'
    '<div class="card" style="max-width:600px;margin:0 auto;background:#ffffff;border-radius:6px;'
    'border-top:6px solid {colour};padding:20px 24px">'
    '<h1 style="margin:0 0 8px;font-size:20px;line-height:1.3">{headline}</h1>{content}</div>'
    '<p class="dim" style="max-width:600px;margin:12px auto;font-size:12px;color:#64748b">'
    "{footer}</p></body></html>"
)


def mail(
    notices: Sequence[Notice],
    *,
    sender: str,
    to: Sequence[Address],
    at: datetime,
    public_url: str,
    answers: Answers = none,
    cycle: int = 1,
) -> EmailMessage:
    """A mail about one ticket, or a flood of them, to all of `to`, who may answer it by links;
    each header is one line. `cycle` is that of the ticket's resolution, where no notice says it."""
    said = plain(notices, public_url, answers)
    made = EmailMessage(policy=SMTP)
    domain = sender.rpartition("@")[2]
    made["From"] = Address(SENDER, addr_spec=sender)
    made["To"] = to
    made["Subject"] = said.title
    made["Date"] = at
    made["Message-ID"] = _id("\n".join(one.dedup_key for one in notices), domain)
    if len({one.ticket_id for one in notices}) == 1:
        made["In-Reply-To"] = made["References"] = _id(_thread(notices[-1], cycle), domain)
    # So that no robot answers it, and what reads mail for a help desk makes no ticket of it.
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made.set_content(f"{said.title}\n\n{said.text}\n")
    html = _html(notices, f"{said.emoji} {said.title}", public_url, answers)
    made.add_alternative(html, subtype="html")
    return made


def _thread(notice: Notice, cycle: int) -> str:
    """The same for all mails of a ticket until it is resolved, and opened anew."""
    cycles = [one["cycle"] for one in notice.body["alerts"] if one.get("clock") == "resolution"]
    return f"{notice.channel}\n{notice.ticket_id}\n{max(cycles, default=cycle)}"


def _id(key: str, domain: str) -> str:
    return f"<{sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def _html(notices: Sequence[Notice], headline: str, public_url: str, answers: Answers) -> str:
    tickets = by_ticket(notices)
    if len(tickets) == 1:
        content = _alone(tickets[0], public_url, answers)
    else:
        content = _flood(tickets, public_url)
    return PAGE.format(
        title=escape(headline),
        font=FONT,
        dark=DARK,
        colour=_colour(tickets[0]),
        headline=escape(headline),
        content="".join(content),
        footer=escape(f"{SENDER} · {notices[0].dedup_key}"),
    )


def _colour(news: News) -> str:
    return COLOURS.get(SAID.what(news).removeprefix("still "), OTHER_COLOUR)


def _alone(news: News, public_url: str, answers: Answers) -> Iterable[str]:
    if title := SAID.title(news):
        yield f'<p style="margin:0 0 12px;font-size:16px">{escape(title)}</p>'
    for lead in SAID.left(news):
        colour = _colour(news)
        yield (
            f'<p class="lead" style="margin:0 0 12px;font-weight:600;color:{colour}">'
            f"{escape(lead)}</p>"
        )
    for reason in SAID.reasons(news):
        yield f'<p style="margin:0 0 12px">{escape(reason)}</p>'
    yield '<table style="border-collapse:collapse;font-size:14px;line-height:1.5">'
    for label, told in SAID.facts(news):
        text = instant(told) if isinstance(told, int) else told
        yield (
            '<tr><td class="dim" style="padding:2px 16px 2px 0;color:#64748b;vertical-align:top;'
            f'white-space:nowrap">{escape(label)}</td><td style="padding:2px 0">{escape(text)}'
            "</td></tr>"
        )
    yield "</table>"
    steps = SAID.steps(news) or [SAID.step(news.first)]
    yield '<ul style="margin:12px 0 0;padding-left:18px;font-size:14px;line-height:1.5">'
    yield from (f"<li>{escape(step)}</li>" for step in steps)
    yield "</ul>"
    links = [*answers(news)]
    if public_url:
        links.append(Link(invitation(news), address(news, public_url)))
    yield _buttons(links)


def _flood(tickets: Sequence[News], public_url: str) -> Iterable[str]:
    for line in SAID.counts(tickets):
        yield f'<p style="margin:0 0 8px;font-size:14px">{escape(line)}</p>'
    for news in tickets[:LISTED]:
        line = f"{SAID.emoji(news)} {escape(SAID.line(news))}"
        if public_url:
            url, blue = escape(address(news, public_url)), "color:#1d4ed8;text-decoration:none"
            line = f'<a class="link" href="{url}" style="{blue}">{line}</a>'
        title = escape(SAID.title(news, LINE))
        yield (
            '<p class="line" style="margin:0;padding:10px 0;border-top:1px solid #e2e8f0;'
            f'font-size:14px;line-height:1.5">{line}{title and f"<br>{title}"}</p>'
        )
    if (more := len(tickets) - LISTED) > 0:
        yield f'<p style="margin:10px 0 0;font-size:14px">and {more} more</p>'
    if public_url:
        yield _buttons([Link("Open the dashboard", board(tickets, public_url))])


def _buttons(links: Sequence[Link]) -> str:
    """In a row, or below one another where there is no room; the first is what most will want."""
    first = 'style="background:#1d4ed8;color:#ffffff;border:1px solid #1d4ed8'
    others = 'class="other" style="background:#ffffff;color:#1d4ed8;border:1px solid #cbd5e1'
    made = (
        f'<a href="{escape(link.url)}" {others if place else first};text-decoration:none;'
        "padding:10px 16px;border-radius:6px;font-size:14px;display:inline-block;"
        f'margin:0 8px 8px 0">{link.label}</a>'
        for place, link in enumerate(links)
    )
    return f'<p style="margin:20px 0 -4px">{" ".join(made)}</p>' if links else ""
