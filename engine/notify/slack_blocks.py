"""What a Slack message looks like: Block Kit built from the outbox's facts, by hand.

Slack's limits: 50 blocks, 150 characters in a header, 2000 in a field, 3000 in any other text.
What others have written stands in plain text only, where Slack obeys nothing: no mention, link,
mark-up or name of an emoji. In mark-up is what we say ourselves.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from engine.notify.message import Notice
from engine.notify.news import News, by_ticket
from engine.notify.slack_text import date, literal, safe
from engine.notify.words import LINE, LISTED, Words, address

Json = dict[str, Any]

SAID = Words(safe)
HEADER = 150
METADATA = 7_000
"""Slack takes 8000 characters of metadata."""


def payload(notices: Sequence[Notice], *, public_url: str, mention: str | None) -> Json:
    """The body for an incoming webhook: about one ticket, or a flood of them."""
    tickets = by_ticket(notices)
    if len(tickets) == 1:
        text, blocks = _alone(tickets[0], public_url)
    else:
        text, blocks = _flood(tickets, public_url)
    if mention and any(one.is_urgent for one in tickets):
        blocks.insert(1, _section(mention))
    return {
        "text": literal(text),
        "mrkdwn": False,
        "unfurl_links": False,
        "blocks": blocks,
        "metadata": _metadata(notices),
    }


def _alone(news: News, public_url: str) -> tuple[str, list[Json]]:
    headline = f"{SAID.emoji(news)} {SAID.headline(news)}"
    blocks = [_header(headline)]
    steps = "\n".join(SAID.steps(news))
    blocks.extend(_plain(text) for text in (SAID.title(news), steps, *SAID.reasons(news)) if text)
    blocks.append({"type": "section", "fields": list(_fields(news))})
    about = [f"Alert {news.first.told['alert_id']}"]
    if news.first.told.get("raised_at"):
        about.append(f"raised {date(news.first.told['raised_at'])}")
    if public_url:
        about.append(f"<{address(news, public_url)}|open the ticket>")
    blocks.append(_context(" · ".join(about)))
    return f"{headline} ({', '.join(SAID.about(news))})", blocks


def _flood(tickets: Sequence[News], public_url: str) -> tuple[str, list[Json]]:
    headline = f"{SAID.emoji(tickets[0])} {SAID.summary(tickets)}"
    blocks = [_header(headline)]
    for news in tickets[:LISTED]:
        title = SAID.title(news, LINE)
        line = f"{SAID.emoji(news)} {SAID.line(news)}"
        block = _plain(f"{line}\n{title}" if title else line)
        if public_url:
            block["fields"] = [_markdown(f"<{address(news, public_url)}|open the ticket>")]
        blocks.append(block)
    if (more := len(tickets) - LISTED) > 0:
        place = f", all of them on <{public_url}/|the dashboard>" if public_url else ""
        blocks.append(_context(f"and {more} more{place}"))
    return headline, blocks


def _fields(news: News) -> Iterable[Json]:
    for label, told in SAID.facts(news):
        if isinstance(told, int):
            yield _markdown(f"{label}\n{date(told)}")
        else:
            yield _literal(f"{label}\n{told}")


def _metadata(notices: Sequence[Notice]) -> Json:
    """Who receives a message twice can tell by its keys; of a large flood, those that fit."""
    alerts: list[Json] = []
    length = 0
    for notice in notices:
        entry = {"dedup_key": notice.dedup_key, "kind": notice.body["alerts"][0]["type"]}
        length += len(json.dumps(entry)) + 2
        if length > METADATA:
            break
        alerts.append(entry)
    first = notices[0].dedup_key
    about: Json = {"dedup_key": first, "count": len(notices), "alerts": alerts}
    return {"event_type": "sla_alert", "event_payload": about}


def _header(text: str) -> Json:
    cut = text if len(text) <= HEADER else text[: HEADER - 1] + "…"
    return {"type": "header", "text": _literal(cut)}


def _plain(text: str) -> Json:
    return {"type": "section", "text": _literal(text)}


def _literal(text: str) -> Json:
    """Foreign text: Slack reads no mark-up and no emoji names in it."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _section(text: str) -> Json:
    return {"type": "section", "text": _markdown(text)}


def _context(text: str) -> Json:
    return {"type": "context", "elements": [_markdown(text)]}


def _markdown(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}
