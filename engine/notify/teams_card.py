"""What a Teams message looks like: an Adaptive Card, built from the outbox's facts.

Teams takes 28 KB in all, and some proxies less: a card stays below 20 KB. It reads mark-up in text
blocks, so what others have written stands in text runs alone, where it reads none.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from engine.notify.digest import board
from engine.notify.links import Answers, Link, none
from engine.notify.message import Notice
from engine.notify.news import News, by_ticket
from engine.notify.plain import HEADLINE, SAID
from engine.notify.plain_text import cut
from engine.notify.words import LINE, LISTED, address, invitation
from engine.sla.instants import SECOND, rfc3339

Json = dict[str, Any]

MOST_BYTES = 20_000
STYLES = {
    "breached": "attention",
    "critical": "attention",
    "warning": "warning",
    "escalated": "warning",
    "channel dead": "attention",
    "channel well": "good",
    "resolved in time": "good",
    "answered in time": "good",
    "done in time": "good",
}
"""Of the head, by the word for what happened."""
LABELS = "130px"


def message(notices: Sequence[Notice], public_url: str, answers: Answers = none) -> bytes:
    """The body for a Workflows webhook: about one ticket, which may be answered, or a flood of
    them; of what is too long the end is left out."""
    tickets = by_ticket(notices)
    links = [*answers(tickets[0])] if len(tickets) == 1 else []
    for most in range(LISTED, 0, -1):
        content = _message(tickets, most, public_url, links)
        if len(content) < MOST_BYTES:
            return content
    return _message(tickets, 0, public_url, links)


def _message(tickets: Sequence[News], most: int, public_url: str, answers: Sequence[Link]) -> bytes:
    first = tickets[0]
    if len(tickets) == 1:
        headline, body = SAID.headline(first), _alone(first, most)
        link = Link(invitation(first), address(first, public_url))
    else:
        headline, body = SAID.summary(tickets), _flood(tickets, most, public_url)
        link = Link("Open the dashboard", board(tickets, public_url))
    headline = f"{SAID.emoji(first)} {cut(headline, HEADLINE)}"
    card: Json = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": headline,
        "body": [_head(headline, first), *body],
    }
    if public_url:
        card["actions"] = [_open(*one) for one in (*answers, link)]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    whole = {"type": "message", "attachments": [attachment]}
    return json.dumps(whole, ensure_ascii=False).encode()


def _head(headline: str, news: News) -> Json:
    style = STYLES.get(SAID.what(news).removeprefix("still "), "emphasis")
    text = _text(headline, size="Large", weight="Bolder")
    return {"type": "Container", "style": style, "bleed": True, "items": [text]}


def _alone(news: News, most: int) -> Iterable[Json]:
    if title := SAID.title(news):
        yield _text(title, weight="Bolder")
    for label, told in SAID.facts(news):
        value = _date(told) if isinstance(told, int) else _text(told)
        label = _text(label, isSubtle=True)
        columns = [_column(LABELS, label), _column("stretch", value)]
        yield {"type": "ColumnSet", "spacing": "Small", "columns": columns}
    said = [*(SAID.steps(news) or [SAID.step(news.first)]), *SAID.reasons(news)]
    for step in said[-most:] if most else ():
        yield _text(f"• {step}", spacing="Small")


def _flood(tickets: Sequence[News], most: int, public_url: str) -> Iterable[Json]:
    for line in SAID.counts(tickets):
        yield _text(line, spacing="Small")
    for news in tickets[:most]:
        line = _run(f"{SAID.emoji(news)} {SAID.line(news)}")
        if public_url:
            line["selectAction"] = _open(invitation(news), address(news, public_url))
        title = SAID.title(news, LINE)
        runs = [line, *([_run(f" · {title}", isSubtle=True)] if title else [])]
        yield {"type": "RichTextBlock", "separator": True, "inlines": runs}
    if (more := len(tickets) - most) > 0:
        yield _text(f"and {more} more", isSubtle=True, separator=True)


def _text(text: str, *, spacing: str = "Default", separator: bool = False, **style: Any) -> Json:
    """What it says, and nothing else: no mark-up is read in it."""
    block: Json = {"type": "RichTextBlock", "inlines": [_run(text, **style)]}
    if spacing != "Default":
        block["spacing"] = spacing
    return block | {"separator": True} if separator else block


def _run(text: str, **style: Any) -> Json:
    return {"type": "TextRun", "text": text, **style}


def _date(at: int) -> Json:
    """In the reader's own time zone; mark-up of ours alone."""
    second = rfc3339(at // SECOND * SECOND)
    return {"type": "TextBlock", "text": f"{{{{DATE({second},SHORT)}}}} {{{{TIME({second})}}}}"}


def _column(width: str, item: Json) -> Json:
    return {"type": "Column", "width": width, "items": [item]}


def _open(title: str, url: str) -> Json:
    return {"type": "Action.OpenUrl", "title": title, "url": url}
