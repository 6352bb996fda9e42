"""What a notice says, in words: the same ones in every channel that speaks to people.

Whoever is woken by it reads what happened and to which ticket, for whom, since when and what is
left. A kind of notice that is not known here is still told, in a plain line.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.notify import digest
from engine.notify.news import OF_A_CHANNEL, RAISED, Item, News
from engine.notify.people import called
from engine.notify.plain_text import cut, instant, left

LISTED = 10
"""Tickets of a flood that are named: the worst."""
STEPS = 10
"""Of what has happened to one ticket, so many are listed with their times."""
TITLE, VALUE, LINE = 300, 200, 120
EMOJI = {
    "warning": "⚠️",
    "critical": "🔥",
    "breached": "🚨",
    "escalated": "📣",
    "withdrawn": "↩️",
    "over by now": "☑️",
    "answered in time": "✅",
    "resolved in time": "✅",
    "done in time": "✅",
    "answered late": "☑️",
    "resolved late": "☑️",
    "done late": "☑️",
    "cancelled": "🚫",
    "acknowledged": "👀",
    "snoozed": "💤",
    "channel dead": "📵",
    "channel well": "📶",
}
OTHER_EMOJI = "🔔"
ENDED = {"resolution": "resolved", "response": "answered", "next_response": "answered"}
"""What it is called that a clock is over; of all others that it is done."""
HOW = {"met": " in time", "breached": " late"}
Fact = tuple[str, str | int]
"""What it is, and what is said of it; a number is an instant in microseconds."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words for channels that make foreign text harmless in the same way."""

    safe: Callable[[str, int], str]
    """Foreign text as it may stand in such a channel: on one line of at most so many characters."""

    def emoji(self, news: News) -> str:
        """One sign for it."""
        return EMOJI.get(self.what(news).removeprefix("still "), OTHER_EMOJI)

    def what(self, news: News) -> str:
        """The one word for it."""
        item = news.first
        if news.is_over:
            return "over by now"
        match item.kind:
            case "alert":
                return self._severity(item)
            case "escalation":
                return "escalated"
            case "reminder":
                return f"still {self._severity(item)}"
            case "retracted":
                return "withdrawn"
            case "ended":
                return self._how_ended(item)
            case _:
                return self._kind(item)

    def headline(self, news: News) -> str:
        """What happened, to which ticket."""
        ticket, first = self.ticket(news, 60), news.first
        if news.is_over:
            return f"Over by now: {ticket}: {self.phrases(news.items)}"
        if first.kind == "retracted":
            return f"Withdrawn: {self._withdrawn(news.items)} of {ticket}"
        rest = f", {self.phrases(news.items[1:])}" if news.items[1:] else ""
        match first.kind:
            case "alert":
                still = "still " if first.told.get("muted") else ""
                said = f"SLA {still}{self._severity(first)}: {self._clock(first)} of {ticket}"
            case "reminder":
                said = f"{self._reminder(first)}: {ticket}: {self._raised(first, 'still ')}"
            case "ended":
                how = self._how_ended(first)
                of = "" if how.startswith("resolved") else f"{self._clock(first)} of "
                said = f"{_capital(how)}: {of}{ticket}"
            case _:
                said = f"{_capital(self.phrase(first))}: {ticket}"
        return said + rest

    def summary(self, tickets: Sequence[News]) -> str:
        """The headline of a flood."""
        silence = digest.after_silence(tickets)
        kinds = Counter(map(self.what, tickets))
        still = "still " if silence else ""
        told = ", ".join(f"{count} {still}{what}" for what, count in kinds.items())
        return f"SLA, {len(tickets)} tickets{' after a silence' if silence else ''}: {told}"

    def counts(self, tickets: Sequence[News]) -> list[str]:
        """A line for the teams, and one for the rules, of a flood; and that nobody was on call."""
        standing_in = {
            line: None
            for news in tickets
            if any(
                one["fallback"] or one.get("stale") for one in news.notice.body.get("on_call", ())
            )
            for line in self.on_call(news)
        }
        return [*digest.counts(tickets, self.safe), *list(standing_in)[: digest.COUNTED]]

    def phrases(self, items: Sequence[Item]) -> str:
        """In a few words each; what is withdrawn is one."""
        told = [self.phrase(item) for item in items if item.kind != "retracted"]
        if withdrawn := self._withdrawn(items):
            told.append(f"withdrawn: {withdrawn}")
        return ", ".join(told)

    def phrase(self, item: Item, when: str = "") -> str:
        """In a few words; `when` stands where it is meant."""
        if item.kind == "retracted":
            return f"withdrawn{when}: {self._withdrawn([item])}"
        said = self._phrase(item)
        until = f" until {instant(item.told['until'])}" if item.told.get("until") else ""
        return f"{said}{when}{until}"

    def _phrase(self, item: Item) -> str:
        by = f" by {self.safe(item.by, 60)}" if item.by else ""
        match item.kind:
            case "alert" | "escalation":
                return self._raised(item)
            case "reminder":
                return f"{self._reminder(item).casefold()}: {self._raised(item, 'still ')}"
            case "acknowledged" | "snoozed" as what:
                return f"{what}{by}"
            case "ended":
                how = self._how_ended(item)
                return how if how.startswith("resolved") else f"{self._clock(item)} {how}"
            case "transition":
                return self._change(item)
            case "channel_dead":
                return "nothing arrives at a channel"
            case "channel_well":
                return "messages arrive again at a channel"
            case _:
                return f"{self._clock(item)} {self._kind(item)}{by}"

    def step(self, item: Item) -> str:
        """With its time, and how it has ended since."""
        # A reminder tells when that happened which it is of.
        at = ", since" if item.kind == "reminder" else " at"
        when = f"{at} {instant(item.told['occurred_at'])}" if item.told.get("occurred_at") else ""
        if item.meanwhile is None:
            return self.phrase(item, when)
        ended = _ended(item.told.get("clock"), item.meanwhile["state"])
        return f"{self.phrase(item, when)}, {ended} at {instant(item.meanwhile['at'])} meanwhile"

    def steps(self, news: News) -> list[str]:
        """What led to this, what has ended since: if that is more than the headline says."""
        steps = [*news.before, *(one for one in news.items if one.kind != "retracted")]
        if len(steps) <= 1 and not any(one.meanwhile for one in steps):
            return []
        lines = [self.step(one) for one in steps[-STEPS:]]
        if (left_out := len(steps) - len(lines)) > 0:
            lines.insert(0, f"{left_out} more before")
        return lines

    def reasons(self, news: News) -> Iterable[str]:
        """Whom it means, and why it is told now, or withdrawn."""
        yield from self.on_call(news)
        if handled := self.handled(news):
            yield f"{_capital(handled)}."
        if how := {one.told["muted"] for one in news.items if one.told.get("muted")}:
            was = " and ".join(sorted(how))
            yield f"It was {was} when this happened. That is over, and this is not."
        for reason in {self.told(one.told, "reason", 10 * VALUE): None for one in news.items}:
            if reason:
                yield reason

    def handled(self, news: News) -> str:
        """That somebody has it by now, or has put it off: of what is not told for that alone."""
        by_now = news.notice.handled
        if not news.is_urgent or not by_now:
            return ""
        said: list[str] = []
        if "acknowledged_until" in by_now:
            by = self.safe(called(by_now.get("acknowledged_by", ""), news.notice.names), 60)
            until = instant(by_now["acknowledged_until"])
            said.append(f"acknowledged{f' by {by}' if by else ''} by now, until {until}")
        if "snoozed_until" in by_now:
            said.append(f"snoozed by now, until {instant(by_now['snoozed_until'])}")
        return ", ".join(said)

    def on_call(self, news: News) -> Iterable[str]:
        """By which rotations, and that nobody was on call."""
        body = news.notice.body
        who = " and ".join(self.safe(one["name"], 60) for one in body.get("people") or ())
        on_call: list[str] = []
        nobody: list[str] = []
        for asked in body.get("on_call") or ():
            rotation = self.safe(asked["rotation"], 60)
            if asked.get("stale"):
                how_long = "for a day" if asked["version"] else "yet"
                yield f"The calendars of {rotation} could not be read {how_long}."
            (nobody if asked["fallback"] else on_call).append(rotation)
        said = f"Nobody is on call for {' and '.join(nobody)}"
        if nobody and on_call:  # the notice does not say who is which
            yield f"{said}."
            yield f"On call for {' and '.join(on_call)}, or told instead: {who}."
        elif nobody:
            yield f"{said}. Told instead: {who}." if who else f"{said}, and nobody stands in."
        elif on_call:
            yield f"On call for {' and '.join(on_call)}: {who}."

    def facts(self, news: News) -> Iterable[Fact]:
        """What is known of the ticket, at most ten."""
        body, first = news.notice.body, news.first
        if first.kind in OF_A_CHANNEL:
            yield "Channel", self.ticket(news, VALUE)
            return
        organization = self.told(body, "organization", 60)
        of = f" of {organization}" if organization else ""
        yield "Ticket", self.ticket(news, VALUE - len(of)) + of
        yield "Priority and tier", " · ".join(self.who(news))
        for name in ("rule", "team"):
            if told := self.told(body, name, VALUE):
                yield name.capitalize(), told
        severity = f", {self._severity(first)}" if first.kind in RAISED else ""
        yield "Clock", self._clock(first) + severity
        if first.told.get("due_at"):
            yield "Due", first.told["due_at"]
        if time := self.time(first):
            yield "Time now" if first.told.get("muted") else "Time when raised", time[0]
        escalations = [one.told for one in news.items if one.kind == "escalation"]
        yield "Escalation", self._level(escalations[0] if escalations else first.told)
        yield "Assigned to", self.told(body, "assigned_to", VALUE) or "nobody"
        if status := self.told(body, "status", VALUE):
            yield "Status", status

    def about(self, news: News) -> tuple[str, ...]:
        """Whose it is, and what is left, for one line; of what is late, until when."""
        time = self.left(news) or self.due(news.first)
        return (*self.who(news), *self.by(news), *(() if news.is_over else time))

    def left(self, news: News) -> tuple[str, ...]:
        """As long as that is so: what was left is not left any more where it is told late."""
        return () if news.first.late or news.is_over else self.time(news.first)

    def line(self, news: News) -> str:
        """All of it in a line."""
        if news.is_over:
            facts = [*map(self.step, news.items), *self.who(news)]
        else:
            handled = self.handled(news)
            facts = [self.phrases(news.items), *([handled] if handled else []), *self.about(news)]
        return f"{self.ticket(news, VALUE)}: {' · '.join(facts)}"

    def title(self, news: News, limit: int = TITLE) -> str:
        """Of the ticket; empty: it has none."""
        return self.told(news.notice.body, "title", limit)

    def ticket(self, news: News, limit: int) -> str:
        return self.safe(news.notice.body["external_id"], limit)

    def who(self, news: News) -> tuple[str, ...]:
        body = news.notice.body
        return tuple(
            self.safe(text, 40) for text in (body["priority"], body["customer_tier"]) if text
        )

    def by(self, news: News) -> tuple[str, ...]:
        """For whom, and the rule, where it is not the tier that decides."""
        told = (self.told(news.notice.body, name, 60) for name in ("organization", "rule"))
        return tuple(filter(None, told))

    def time(self, item: Item) -> tuple[str, ...]:
        seconds = item.told.get("remaining_seconds")
        if seconds is None or item.kind not in RAISED:
            return ()
        return (left(seconds, working=bool(item.told.get("calendar"))),)

    def due(self, item: Item) -> tuple[str, ...]:
        due_at = item.told.get("due_at")
        return (f"due {instant(due_at)}",) if due_at and item.kind in RAISED else ()

    def told(self, facts: Mapping[str, Any], name: str, limit: int) -> str:
        """An optional text; empty also when nothing of it can be seen."""
        return self.safe(facts.get(name) or "", limit)

    def _withdrawn(self, items: Iterable[Item]) -> str:
        """By clock: `resolution warning, critical, level 1`."""
        milestones: dict[str, list[str]] = {}
        for item in items:
            if item.kind == "retracted":
                milestone = self.safe(str(item.told.get("milestone") or "alert"), 20)
                of_clock = milestones.setdefault(self._clock(item), [])
                of_clock.append(milestone.replace(":", " "))
        return ", ".join(f"{clock} {', '.join(of)}" for clock, of in milestones.items())

    def _raised(self, item: Item, still: str = "") -> str:
        """What was raised: a level, or a severity of a clock."""
        is_level = str(item.told.get("milestone")).startswith("level:")
        if item.kind == "escalation" or is_level:
            return f"{still}escalated to {self._level(item.told)}"
        return f"{self._clock(item)} {still}{self._severity(item)}"

    def _reminder(self, item: Item) -> str:
        count = item.told.get("count")
        return f"Reminder {count}" if isinstance(count, int) else "Reminder"

    def _how_ended(self, item: Item) -> str:
        """`resolved in time`, `answered late`, `cancelled`."""
        state = str(item.told.get("state"))
        return _ended(item.told.get("clock"), state) + HOW.get(state, "")

    def _change(self, item: Item) -> str:
        """`resolution paused (was running)`, `resolved late (was running)`."""
        before, after = (self.safe(str(item.told.get(name)), 20) for name in ("before", "after"))
        now = self._turned(item, after)
        if after == "running" and (before in HOW or before == "cancelled"):
            now = "running again"
        if not now.startswith("resolved"):
            now = f"{self._clock(item)} {now}"
        return now if before == "none" else f"{now} (was {self._turned(item, before)})"

    def _turned(self, item: Item, state: str) -> str:
        """A clock's state; of one that is over it says how, for `breached` alone would be read as
        that its deadline has passed just now."""
        if state in HOW:
            return _ended(item.told.get("clock"), state) + HOW[state]
        return "not measured any more" if state == "none" else state

    def _kind(self, item: Item) -> str:
        return self.safe(item.kind, 40).replace("_", " ") or "news"

    def _clock(self, item: Item) -> str:
        return self.safe(str(item.told.get("clock") or "SLA"), 40).replace("_", " ")

    def _severity(self, item: Item) -> str:
        return self.safe(str(item.told.get("severity")), 20)

    def _level(self, told: Mapping[str, Any]) -> str:
        level, name = told.get("escalation_level") or 0, self.told(told, "level_name", 60)
        if not level:
            return "none"
        return f"level {level}" + (f", {name}" if name and name != str(level) else "")


def address(news: News, public_url: str) -> str:
    """Where people see the ticket; of a channel, whether all is well."""
    if news.first.kind in OF_A_CHANNEL:
        return f"{public_url}/"
    return f"{public_url}/#ticket/{news.notice.ticket_id}"


def invitation(news: News) -> str:
    """What stands on the button that leads there."""
    return "Open the dashboard" if news.first.kind in OF_A_CHANNEL else "Open the ticket"


def phrase(told: Mapping[str, Any]) -> str:
    """What one of a notice's alerts is, in a few plain words."""
    return Words(cut).phrase(Item(told, None))


def _ended(clock: object, state: object) -> str:
    if state in HOW:
        return ENDED.get(str(clock), "done")
    return "cancelled" if state == "cancelled" else "ended"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
