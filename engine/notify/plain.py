"""A message in plain text: a title and lines, for mail, phones, and whatever shows no more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.notify.digest import board
from engine.notify.links import Answers, none
from engine.notify.message import Notice
from engine.notify.news import OF_A_CHANNEL, News, by_ticket
from engine.notify.plain_text import cut
from engine.notify.words import LINE, LISTED, Words, address

SAID = Words(cut)
HEADLINE = 200


@dataclass(frozen=True, slots=True)
class Plain:
    """What is seen first, and what is seen then; no line holds a break."""

    emoji: str
    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def plain(notices: Sequence[Notice], public_url: str, answers: Answers = none) -> Plain:
    """About one ticket, or a flood of them; `public_url` is where people reach this service, empty:
    no links; `answers` are the links by which they answer, of one ticket alone."""
    tickets = by_ticket(notices)
    first = tickets[0]
    if len(tickets) == 1:
        title, lines = SAID.headline(first), _alone(first, public_url, answers)
    else:
        title, lines = SAID.summary(tickets), _flood(tickets, public_url)
    return Plain(SAID.emoji(first), cut(title, HEADLINE), tuple(lines))


def _alone(news: News, public_url: str, answers: Answers) -> Iterable[str]:
    body, first = news.notice.body, news.first
    if title := SAID.title(news):
        yield title
    team = SAID.told(body, "team", 60)
    if about := [*SAID.who(news), *SAID.by(news), *([f"team {team}"] if team else [])]:
        yield " · ".join(about)
    if time := ", ".join([*SAID.left(news), *SAID.due(first)]):
        yield time
    yield from SAID.steps(news) or [SAID.step(first)]
    yield from SAID.reasons(news)
    if first.kind not in OF_A_CHANNEL:
        status = SAID.told(body, "status", 60)
        assigned = f"assigned to {SAID.told(body, 'assigned_to', 100) or 'nobody'}"
        yield " · ".join(filter(None, (status, assigned)))
    offered = answers(news)
    yield from (f"{one.label}: {one.url}" for one in offered)
    if public_url:
        yield f"{'Open: ' if offered else ''}{address(news, public_url)}"


def _flood(tickets: Sequence[News], public_url: str) -> Iterable[str]:
    yield from SAID.counts(tickets)
    for news in tickets[:LISTED]:
        title = SAID.title(news, LINE)
        yield f"{SAID.emoji(news)} {SAID.line(news)}" + (f" · {title}" if title else "")
        if public_url:
            yield address(news, public_url)
    if (more := len(tickets) - LISTED) > 0:
        yield f"and {more} more"
    if public_url:
        yield board(tickets, public_url)
