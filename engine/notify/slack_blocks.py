"""What a Slack message looks like: Block Kit built from the outbox's facts, by hand.

Slack's limits: 50 blocks, 150 characters in a header, 2000 in a field, 3000 in any other text.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.notify.message import Notice
from engine.notify.slack_text import date, left, safe

Json = dict[str, Any]

LISTED = 10
HEADER, TITLE, VALUE, LINE = 150, 300, 200, 120
METADATA = 7_000
"""Slack takes 8000 characters of metadata."""
EMOJI = {"warning": "⚠️", "critical": "🔥", "breached": "🚨", "escalated": "📣", "withdrawn": "↩️"}
WORST_FIRST = ("breached", "critical", "warning")


def payload(notices: Sequence[Notice], *, public_url: str, mention: str | None) -> Json:
    """The body for an incoming webhook: one alert, or a flood of them."""
    if len(notices) == 1:
        text, blocks = _alone(notices[0], public_url)
    else:
        text, blocks = _flood(notices, public_url)
    if mention and any(notice.kind != "retracted" for notice in notices):
        blocks.insert(1, _section(mention))
    return {"text": text, "blocks": blocks, "metadata": _metadata(notices)}


def _alone(notice: Notice, public_url: str) -> tuple[str, list[Json]]:
    body = notice.body
    headline = f"{EMOJI.get(_what(notice), '🔔')} {_headline(notice)}"
    blocks = [_header(headline)]
    if title := _told(body, "title", TITLE):
        blocks.append(_plain(title))
    if reason := _told(body, "reason", 10 * VALUE):
        blocks.append(_section(reason))
    blocks.append(
        {"type": "section", "fields": [_markdown(f) for f in _fields(notice, public_url)]}
    )
    raised = f" · raised {date(body['raised_at'])}" if body.get("raised_at") else ""
    blocks.append(_context(f"Alert {safe(notice.alert_id, VALUE)}{raised}"))
    facts = ", ".join((*_who(notice), *_time(notice)))
    return f"{headline} ({facts})", blocks


def _flood(notices: Sequence[Notice], public_url: str) -> tuple[str, list[Json]]:
    worst = sorted(notices, key=_rank)
    kinds = Counter(_what(notice) for notice in worst)
    told = ", ".join(f"{count} {what}" for what, count in kinds.items())
    emoji = EMOJI.get(_what(worst[0]), "🔔")
    headline = f"{emoji} {len(notices)} SLA alerts: {told}"
    blocks = [_header(headline), *(_section(_line(n, public_url)) for n in worst[:LISTED])]
    if (more := len(notices) - LISTED) > 0:
        place = f", all of them on <{public_url}/|the dashboard>" if public_url else ""
        blocks.append(_context(f"and {more} more{place}"))
    return headline, blocks


def _what(notice: Notice) -> str:
    """The one word for it: a severity, `escalated` or `withdrawn`."""
    words = {"escalation": "escalated", "retracted": "withdrawn"}
    return words.get(notice.kind) or str(notice.body.get("severity"))


def _rank(notice: Notice) -> tuple[bool, int]:
    severity = notice.body.get("severity")
    place = WORST_FIRST.index(severity) if severity in WORST_FIRST else len(WORST_FIRST)
    return notice.kind == "retracted", place


def _headline(notice: Notice) -> str:
    ticket, clock = safe(notice.body["external_id"], 60), _clock(notice)
    if notice.kind == "escalation":
        return f"Escalated to {_level(notice.body)}: {ticket}"
    if notice.kind == "retracted":
        milestone = safe(str(notice.body.get("milestone") or "alert"), 20).replace(":", " ")
        return f"Withdrawn: {clock} {milestone} of {ticket}"
    return f"SLA {_what(notice)}: {clock} of {ticket}"


def _fields(notice: Notice, public_url: str) -> Iterable[str]:
    body = notice.body
    yield f"*Ticket*\n{_ticket(notice, public_url)}"
    yield "*Priority and tier*\n" + " · ".join(_who(notice))
    severity = "" if notice.kind == "retracted" else f", {body.get('severity')}"
    yield f"*Clock*\n{_clock(notice)}{severity}"
    if body.get("due_at"):
        yield f"*Due*\n{date(body['due_at'])}"
    if body.get("remaining_seconds") is not None:
        yield f"*Time when raised*\n{left(body['remaining_seconds'])}"
    yield f"*Escalation*\n{_level(body)}"
    yield f"*Assigned to*\n{_told(body, 'assigned_to', VALUE) or 'nobody'}"
    if status := _told(body, "status", VALUE):
        yield f"*Status*\n{status}"


def _line(notice: Notice, public_url: str) -> str:
    what = _what(notice)
    facts = [what, _clock(notice), *_who(notice), *_time(notice)]
    if notice.kind == "escalation":
        facts[0] = f"escalated to {_level(notice.body)}"
    head = f"{EMOJI.get(what, '🔔')} *{_ticket(notice, public_url)}* {' · '.join(facts)}"
    title = _told(notice.body, "title", LINE)
    return f"{head}\n{title}" if title else head


def _told(body: Mapping[str, Any], name: str, limit: int) -> str:
    """An optional text; empty also when nothing of it can be seen, as Slack takes no empty text."""
    return safe(body.get(name) or "", limit)


def _ticket(notice: Notice, public_url: str) -> str:
    name = safe(notice.body["external_id"], VALUE)
    return f"<{public_url}/#ticket/{notice.ticket_id}|{name}>" if public_url else name


def _clock(notice: Notice) -> str:
    return safe(str(notice.body.get("clock") or "SLA"), 40).replace("_", " ")


def _who(notice: Notice) -> tuple[str, str]:
    return safe(notice.body["priority"], 40), safe(notice.body["customer_tier"], 40)


def _time(notice: Notice) -> tuple[str, ...]:
    seconds = notice.body.get("remaining_seconds")
    return () if seconds is None or notice.kind == "retracted" else (left(seconds),)


def _level(body: Any) -> str:
    level, name = body.get("escalation_level") or 0, _told(body, "level_name", 60)
    if not level:
        return "none"
    return f"level {level}" + (f", {name}" if name and name != str(level) else "")


def _metadata(notices: Sequence[Notice]) -> Json:
    """Who receives a message twice can tell by its keys; of a large flood, those that fit."""
    alerts: list[Json] = []
    length = 0
    for notice in notices:
        entry = {"dedup_key": notice.dedup_key, "kind": notice.kind}
        length += len(json.dumps(entry)) + 2
        if length > METADATA:
            break
        alerts.append(entry)
    first = notices[0].dedup_key
    about: Json = {"dedup_key": first, "count": len(notices), "alerts": alerts}
    return {"event_type": "sla_alert", "event_payload": about}


def _header(text: str) -> Json:
    cut = text if len(text) <= HEADER else text[: HEADER - 1] + "…"
    return {"type": "header", "text": {"type": "plain_text", "text": cut, "emoji": True}}


def _plain(text: str) -> Json:
    """Foreign text: Slack reads no mark-up and no emoji names in it."""
    return {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _section(text: str) -> Json:
    return {"type": "section", "text": _markdown(text)}


def _context(text: str) -> Json:
    return {"type": "context", "elements": [_markdown(text)]}


def _markdown(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}
