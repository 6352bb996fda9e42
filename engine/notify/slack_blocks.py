"""What a Slack message looks like: Block Kit built from the outbox's facts, by hand.

Slack's limits: 50 blocks, 150 characters in a header, 2000 in a field, 3000 in any other text.
What others have written stands in plain text only, where Slack obeys nothing: no mention, link,
mark-up or name of an emoji. In mark-up is what we say ourselves.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.notify.message import Notice
from engine.notify.news import RAISED, Item, News, by_ticket
from engine.notify.slack_text import date, instant, left, literal, safe
from engine.notify.words import phrase

Json = dict[str, Any]

LISTED = 10
HEADER, TITLE, VALUE, LINE = 150, 300, 200, 120
PHRASE = 90
STEPS = 10
"""Of what has happened to one ticket, so many are listed with their times."""
METADATA = 7_000
"""Slack takes 8000 characters of metadata."""
EMOJI = {
    "warning": "⚠️",
    "critical": "🔥",
    "breached": "🚨",
    "escalated": "📣",
    "withdrawn": "↩️",
    "over by now": "☑️",
}
ENDED = {"resolution": "resolved", "cancelled": "cancelled"}
"""What it is called that a clock has stopped; all others are answered."""


def payload(notices: Sequence[Notice], *, public_url: str, mention: str | None) -> Json:
    """The body for an incoming webhook: about one ticket, or a flood of them."""
    tickets = by_ticket(notices)
    if len(tickets) == 1:
        text, blocks = _alone(tickets[0], public_url)
    else:
        text, blocks = _flood(tickets, public_url)
    if mention and any(not one.is_over and one.first.kind in RAISED for one in tickets):
        blocks.insert(1, _section(mention))
    return {
        "text": literal(text),
        "mrkdwn": False,
        "unfurl_links": False,
        "blocks": blocks,
        "metadata": _metadata(notices),
    }


def _alone(news: News, public_url: str) -> tuple[str, list[Json]]:
    body = news.notice.body
    headline = f"{EMOJI.get(_what(news), '🔔')} {_headline(news)}"
    blocks = [_header(headline)]
    if title := _told(body, "title", TITLE):
        blocks.append(_plain(title))
    for line in _steps(news):
        blocks.append(_plain(line))
    blocks.append({"type": "section", "fields": list(_fields(news))})
    about = [f"Alert {news.first.told['alert_id']}"]
    if news.first.told.get("raised_at"):
        about.append(f"raised {date(news.first.told['raised_at'])}")
    if public_url:
        about.append(f"<{_address(news, public_url)}|open the ticket>")
    blocks.append(_context(" · ".join(about)))
    return f"{headline} ({', '.join((*_who(news), *_by(news), *_time(news.first)))})", blocks


def _flood(tickets: Sequence[News], public_url: str) -> tuple[str, list[Json]]:
    kinds = Counter(map(_what, tickets))
    told = ", ".join(f"{count} {what}" for what, count in kinds.items())
    headline = f"{EMOJI.get(_what(tickets[0]), '🔔')} SLA, {len(tickets)} tickets: {told}"
    blocks = [_header(headline)]
    for news in tickets[:LISTED]:
        block = _plain(_line(news))
        if public_url:
            block["fields"] = [_markdown(f"<{_address(news, public_url)}|open the ticket>")]
        blocks.append(block)
    if (more := len(tickets) - LISTED) > 0:
        place = f", all of them on <{public_url}/|the dashboard>" if public_url else ""
        blocks.append(_context(f"and {more} more{place}"))
    return headline, blocks


def _what(news: News) -> str:
    """The one word for it."""
    if news.is_over:
        return "over by now"
    words = {"escalation": "escalated", "retracted": "withdrawn"}
    if news.first.kind not in ("alert", *words):
        return safe(news.first.kind, 20)
    return words.get(news.first.kind) or safe(str(news.first.told.get("severity")), 20)


def _headline(news: News) -> str:
    ticket, first = _ticket(news, 60), news.first
    if news.is_over:
        return f"Over by now: {ticket}: {_phrases(news.items)}"
    if first.kind == "retracted":
        return f"Withdrawn: {_withdrawn(news.items)} of {ticket}"
    rest = f", {_phrases(news.items[1:])}" if news.items[1:] else ""
    if first.kind == "escalation":
        return f"Escalated to {_level(first.told)}: {ticket}{rest}"
    if first.kind != "alert":
        return f"{ticket}: {_phrase(first)}{rest}"
    still = "still " if first.told.get("muted") else ""
    return f"SLA {still}{_severity(first)}: {_clock(first)} of {ticket}{rest}"


def _phrases(items: Sequence[Item]) -> str:
    """In a few words each; what is withdrawn is one."""
    told = [_phrase(item) for item in items if item.kind != "retracted"]
    if withdrawn := _withdrawn(items):
        told.append(f"withdrawn: {withdrawn}")
    return ", ".join(told)


def _withdrawn(items: Iterable[Item]) -> str:
    """By clock: `resolution warning, critical, level 1`."""
    milestones: dict[str, list[str]] = {}
    for item in items:
        if item.kind == "retracted":
            milestone = safe(str(item.told.get("milestone") or "alert"), 20).replace(":", " ")
            milestones.setdefault(_clock(item), []).append(milestone)
    return ", ".join(f"{clock} {', '.join(of)}" for clock, of in milestones.items())


def _phrase(item: Item) -> str:
    if item.kind == "escalation":
        return f"escalated to {_level(item.told)}"
    if item.kind == "alert":
        return f"{_clock(item)} {_severity(item)}"
    return safe(phrase(item.told), PHRASE)


def _steps(news: News) -> Iterable[str]:
    """With their times: what led to this, what has ended since, why something is withdrawn."""
    steps = [*news.before, *(one for one in news.items if one.kind != "retracted")]
    if len(steps) > 1 or any(one.meanwhile for one in steps):
        lines = [_step(one) for one in steps[-STEPS:]]
        if (left_out := len(steps) - len(lines)) > 0:
            lines.insert(0, f"{left_out} more before")
        yield "\n".join(lines)
    if how := {one.told["muted"] for one in news.items if one.told.get("muted")}:
        was = " and ".join(sorted(how))
        yield f"It was {was} when this happened. That is over, and this is not."
    for reason in {_told(one.told, "reason", 10 * VALUE): None for one in news.items}:
        if reason:
            yield reason


def _step(item: Item) -> str:
    when = f" at {instant(item.told['occurred_at'])}" if item.told.get("occurred_at") else ""
    if item.meanwhile is None:
        return f"{_phrase(item)}{when}"
    ended = ENDED.get(item.meanwhile["state"]) or ENDED.get(item.told["clock"], "answered")
    return f"{_phrase(item)}{when}, {ended} at {instant(item.meanwhile['at'])} meanwhile"


def _fields(news: News) -> Iterable[Json]:
    body, first = news.notice.body, news.first
    yield _field("Ticket", _ticket(news, VALUE))
    yield _field("Priority and tier", " · ".join(_who(news)))
    for name in ("rule", "team"):
        if told := _told(body, name, VALUE):
            yield _field(name.capitalize(), told)
    severity = "" if first.kind == "retracted" else f", {_severity(first)}"
    yield _field("Clock", _clock(first) + severity)
    if first.told.get("due_at"):
        yield _markdown(f"Due\n{date(first.told['due_at'])}")
    if first.told.get("remaining_seconds") is not None:
        when = "now" if first.told.get("muted") else "when raised"
        yield _field(f"Time {when}", left(first.told["remaining_seconds"]))
    escalations = [one.told for one in news.items if one.kind == "escalation"]
    yield _field("Escalation", _level(escalations[0] if escalations else first.told))
    yield _field("Assigned to", _told(body, "assigned_to", VALUE) or "nobody")
    if status := _told(body, "status", VALUE):
        yield _field("Status", status)


def _line(news: News) -> str:
    facts = [_phrases(news.items), *_who(news), *_by(news), *_time(news.first)]
    if news.is_over:
        facts = [*map(_step, news.items), *_who(news)]
    head = f"{EMOJI.get(_what(news), '🔔')} {_ticket(news, VALUE)}: {' · '.join(facts)}"
    title = _told(news.notice.body, "title", LINE)
    return f"{head}\n{title}" if title else head


def _told(facts: Mapping[str, Any], name: str, limit: int) -> str:
    """An optional text; empty also when nothing of it can be seen, as Slack takes no empty text."""
    return safe(facts.get(name) or "", limit)


def _ticket(news: News, limit: int) -> str:
    return safe(news.notice.body["external_id"], limit)


def _address(news: News, public_url: str) -> str:
    return f"{public_url}/#ticket/{news.notice.ticket_id}"


def _clock(item: Item) -> str:
    return safe(str(item.told.get("clock") or "SLA"), 40).replace("_", " ")


def _severity(item: Item) -> str:
    return safe(str(item.told.get("severity")), 20)


def _who(news: News) -> tuple[str, str]:
    body = news.notice.body
    return safe(body["priority"], 40), safe(body["customer_tier"], 40)


def _by(news: News) -> tuple[str, ...]:
    """The rule, where it is not the tier that decides."""
    rule = _told(news.notice.body, "rule", 60)
    return (rule,) if rule else ()


def _time(item: Item) -> tuple[str, ...]:
    seconds = item.told.get("remaining_seconds")
    return () if seconds is None or item.kind == "retracted" else (left(seconds),)


def _level(told: Mapping[str, Any]) -> str:
    level, name = told.get("escalation_level") or 0, _told(told, "level_name", 60)
    if not level:
        return "none"
    return f"level {level}" + (f", {name}" if name and name != str(level) else "")


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


def _field(label: str, value: str) -> Json:
    return _literal(f"{label}\n{value}")


def _literal(text: str) -> Json:
    """Foreign text: Slack reads no mark-up and no emoji names in it."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _section(text: str) -> Json:
    return {"type": "section", "text": _markdown(text)}


def _context(text: str) -> Json:
    return {"type": "context", "elements": [_markdown(text)]}


def _markdown(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}
