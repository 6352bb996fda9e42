"""What a Slack message looks like: Block Kit built from the outbox's facts, by hand.

Slack's limits: 50 blocks, 150 characters in a header, 2000 in a field, 3000 in any other text.
What others have written stands in plain text only, where Slack obeys nothing: no mention, link,
mark-up or name of an emoji. In mark-up is what we say ourselves.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.notify.digest import board
from engine.notify.links import Link, Links
from engine.notify.message import Notice
from engine.notify.news import Item, News, by_ticket
from engine.notify.people import called
from engine.notify.plain_text import instant
from engine.notify.slack_buttons import buttons
from engine.notify.slack_present import Present
from engine.notify.slack_text import date, literal, safe
from engine.notify.words import EMOJI, LINE, LISTED, VALUE, Words, address, invitation
from engine.sla.instants import micros

Json = dict[str, Any]

SAID = Words(safe)
HEADER = 150
SAID_BEFORE = 200
GLANCED = 120
MEMBER = re.compile(r"[UW][A-Z0-9]+")
ENDS: Mapping[str, tuple[str, str]] = {
    "met": ("✅", "Resolved in time"),
    "breached": ("☑️", "Resolved late"),
    "cancelled": ("🚫", "Cancelled"),
    "done": ("✅", "Done"),
}
"""Of a first message: its sign and word, by how the ticket's cycle ended."""
KNOWN = ("Ticket", "Priority and tier", "Rule", "Team")
"""Facts that the first message of a thread has, and its replies need not."""
METADATA = 7_000
"""Slack takes 8000 characters of metadata."""


@dataclass(frozen=True, slots=True)
class Look:
    """What messages of a channel have, whatever they say."""

    public_url: str = ""
    """Where people reach this service; empty: no links."""
    mention: str | None = None
    """Goes with every alert, as it is, such as `<!here>`."""
    answers: bool = False
    """What people press comes here, and so there are buttons."""
    opens: bool = False
    """The link to the ticket is a button, too."""
    only_people: bool = False
    """Nobody may answer but those whom the configuration knows."""
    links: Links | None = None
    """By which people answer where there are no buttons."""


def payload(
    notices: Sequence[Notice], look: Look, *, about: Sequence[Json] = (), replies: bool = False
) -> Json:
    """A message about one ticket, or a flood of them; `about` ends one about one ticket. One that
    `replies` to the first of its thread does not repeat what stands there."""
    tickets = by_ticket(notices)
    if len(tickets) == 1:
        text, blocks = _alone(tickets[0], look, about, replies)
    else:
        text, blocks = _flood(tickets, look.public_url)
    if mentioned := _mentioned(tickets, look):
        blocks.insert(1, _section(mentioned))
    by_post: Json = {"metadata": _metadata(notices), "mrkdwn": False, "unfurl_links": False}
    return _message(text, blocks) | by_post


def first(notice: Notice, present: Present, look: Look) -> Json:
    """The message that opened a thread by this notice, as it is by now. Of what it was made of,
    Slack keeps what it knows: other notices may have been in it."""
    (news,) = by_ticket([notice])
    emoji, headline = _by_now(news, present)
    blocks = [_header(f"{emoji} {headline}")]
    if title := SAID.title(news):
        blocks.append(_plain(title))
    if lines := list(_since(present, notice.names)):
        blocks.append(_section("\n".join(lines)))
    blocks.append({"type": "section", "fields": list(_fields_by_now(news, present))})
    if not present.ended:
        blocks += _buttons(
            news,
            look,
            acknowledged=bool(present.acknowledged_by),
            snoozed=bool(present.snoozed_until),
        )
    began = _literal(f"Began with: {SAID.step(Item(news.first.told, None))}")
    blocks.append(_context(news, look, [began]))
    return _message(f"{emoji} {headline} ({', '.join(SAID.who(news))})", blocks)


def said(notices: Sequence[Notice]) -> str:
    """What a message about one ticket says, for another to refer to it."""
    return "; ".join(SAID.phrases(news.items) for news in by_ticket(notices))[:SAID_BEFORE]


def follows(what: str, at: datetime) -> Json:
    """That something was told before."""
    return _literal(f"Follows: {what}, told at {instant(micros(at))}")


def is_link(text: str) -> bool:
    """Whether it can stand in mark-up as one."""
    return re.fullmatch(r"https?://[^\s<>|]+", text) is not None


def linked(what: str, link: str) -> Json:
    """That something is elsewhere."""
    return _markdown(f"<{link}|{what}>")


def _message(text: str, blocks: list[Json]) -> Json:
    return {"text": literal(text), "blocks": blocks}


def _mentioned(tickets: Sequence[News], look: Look) -> str:
    """Whoever should look at once."""
    urgent = [news for news in tickets if news.is_urgent]
    people = {
        f"<@{person['slack']}>": None
        for news in urgent
        for person in news.notice.body.get("people") or ()
        if MEMBER.fullmatch(str(person.get("slack")))
    }
    return " ".join(filter(None, (look.mention if urgent else "", *people)))


def _alone(news: News, look: Look, about: Sequence[Json], replies: bool) -> tuple[str, list[Json]]:
    headline = f"{SAID.emoji(news)} {SAID.headline(news)}"
    blocks = [_header(headline)]
    title = "" if replies else SAID.title(news)
    steps = "" if replies and _at_once(news) else "\n".join(SAID.steps(news))
    blocks.extend(_plain(text) for text in (title, steps, *SAID.reasons(news)) if text)
    if news.is_urgent or not replies:
        known = KNOWN if replies else ()
        blocks.append({"type": "section", "fields": list(_fields(news, known))})
    if news.is_urgent:
        blocks += _buttons(news, look)
    blocks.append(_context(news, look, about))
    return _at_a_glance(news, headline), blocks


def _at_a_glance(news: News, headline: str) -> str:
    """What a locked phone shows: what it is about belongs there too."""
    title = SAID.title(news, GLANCED)
    about = f" ({', '.join(known)})" if (known := SAID.about(news)) else ""
    return f"{headline}{about}: {title}" if title else f"{headline}{about}"


def _buttons(
    news: News, look: Look, *, acknowledged: bool = False, snoozed: bool = False
) -> list[Json]:
    blocks = buttons(
        news.notice.ticket_id,
        answers=look.answers,
        address=address(news, look.public_url) if look.opens and look.public_url else "",
        only_people=look.only_people,
        acknowledged=acknowledged,
        snoozed=snoozed,
    )
    if look.links is None or look.answers or look.only_people or acknowledged or snoozed:
        return blocks
    said = " · ".join(_anchor(link) for link in look.links.to()(news))
    return [*([_section(said)] if said else []), *blocks]


def _anchor(link: Link) -> str:
    return f"<{link.url}|{link.label}>"


def _context(news: News, look: Look, about: Sequence[Json]) -> Json:
    """Small, at the end: what it belongs to, and by which id it can be found."""
    told = news.first.told
    line = [f"Alert {told['alert_id']}"]
    if told.get("raised_at"):
        line.append(f"raised {date(told['raised_at'])}")
    if look.public_url and not (look.opens and news.is_urgent):
        line.append(_link(news, look.public_url))
    return {"type": "context", "elements": [*about, _markdown(" · ".join(line))]}


def _link(news: News, public_url: str) -> str:
    return f"<{address(news, public_url)}|{invitation(news).lower()}>"


def _by_now(news: News, present: Present) -> tuple[str, str]:
    """Its sign, and what it is with a ticket."""
    ticket = SAID.ticket(news, 60)
    if present.ended:
        emoji, word = ENDS[present.ended]
        return emoji, f"{word}: {ticket}"
    level = f", level {present.level}" if present.level else ""
    is_so = f"{present.severity}{level}" if present.severity else f"in time{level}"
    if present.acknowledged_by:
        return EMOJI["acknowledged"], f"Acknowledged: {ticket}, {is_so}"
    if present.snoozed_until:
        return EMOJI["snoozed"], f"Snoozed: {ticket}, {is_so}"
    if not present.severity:
        return ENDS["met"][0], f"In time again: {ticket}"
    return EMOJI[present.severity], f"SLA {present.severity}: {ticket}{level}"


def _since(present: Present, names: Mapping[str, str]) -> Iterable[str]:
    """What people have done about it, and when it was over; names are made harmless."""
    if present.ended:
        if present.ended_at:
            yield f"Over since {date(present.ended_at)}"
        return
    if present.acknowledged_by:
        until = date(present.acknowledged_until)
        who = _who(present.acknowledged_by, names)
        yield (
            f"{who} has it: nobody higher up is told before {until}, or until the next deadline"
            " passes"
        )
    if present.snoozed_until:
        yield f"Nothing is sent before {date(present.snoozed_until)}"


def _who(by: str, names: Mapping[str, str]) -> str:
    """Somebody's name in mark-up, or the member of this Slack who it is."""
    found = re.fullmatch(r"slack:([UW][A-Z0-9]+)", by)
    return f"<@{found[1]}>" if found else f"`{safe(called(by, names), 60).replace('`', '')}`"


def _fields_by_now(news: News, present: Present) -> Iterable[Json]:
    ended = bool(present.ended)
    newer = {
        "Escalation": f"level {present.level}" if present.level else "none",
        "Assigned to": safe(present.assigned_to, VALUE) or "nobody",
        "Status": safe(present.status, VALUE),
    }
    for label, told in SAID.facts(news):
        if label == "Due" or (ended and label == "Escalation"):
            continue
        if label in newer:
            yield _literal(f"{label}\n{newer[label]}")
        elif label == "Clock":  # how it stands, its ticket's state tells
            yield _literal(f"{label}\n{str(told).partition(',')[0]}")
        elif isinstance(told, str) and not label.startswith("Time"):
            yield _literal(f"{label}\n{told}")
    if present.due_at:  # of all its clocks
        yield _markdown(f"Due first\n{date(present.due_at)}")


def _flood(tickets: Sequence[News], public_url: str) -> tuple[str, list[Json]]:
    headline = f"{SAID.emoji(tickets[0])} {SAID.summary(tickets)}"
    blocks = [_header(headline)]
    if counts := SAID.counts(tickets):
        blocks.append(_plain("\n".join(counts)))
    for news in tickets[:LISTED]:
        title = SAID.title(news, LINE)
        line = f"{SAID.emoji(news)} {SAID.line(news)}"
        block = _plain(f"{line}\n{title}" if title else line)
        if public_url:
            block["fields"] = [_markdown(_link(news, public_url))]
        blocks.append(block)
    more = len(tickets) - LISTED
    said = [f"and {more} more"] if more > 0 else []
    if public_url:
        said.append(f"<{board(tickets, public_url)}|all of them on the dashboard>")
    if said:
        blocks.append({"type": "context", "elements": [_markdown(", ".join(said))]})
    return headline, blocks


def _at_once(news: News) -> bool:
    """Nothing led to it, and nothing has come of it: the headline says all."""
    instants = {item.told.get("occurred_at") for item in news.items}
    return len(instants) == 1 and not news.before and not any(one.meanwhile for one in news.items)


def _fields(news: News, known: Collection[str]) -> Iterable[Json]:
    for label, told in SAID.facts(news):
        if label in known:
            continue
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


def _markdown(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}
