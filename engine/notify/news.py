"""What a message says of one ticket: its notices folded to what is so, and what led to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.notify.message import Meanwhile, Notice

RAISED = ("alert", "escalation", "reminder")
KINDS = ("alert", "reminder", "escalation", "retracted", "ended", "acknowledged", "snoozed")
"""In the order in which a message tells of them; whatever else there is comes last."""
WORST_FIRST = ("breached", "critical", "warning")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened."""

    told: Mapping[str, Any]
    """As the notice has it."""
    meanwhile: Meanwhile | None
    """How its clock has ended since; None: it runs, or that is not known."""

    @property
    def kind(self) -> str:
        return self.told["type"]

    @property
    def badness(self) -> int:
        """Of its severity; 0 is the worst."""
        severity = self.told.get("severity")
        return WORST_FIRST.index(severity) if severity in WORST_FIRST else len(WORST_FIRST)

    @property
    def rank(self) -> tuple[int, int]:
        """Within a ticket: alerts, then escalations, then what is withdrawn."""
        place = KINDS.index(self.kind) if self.kind in KINDS else len(KINDS)
        return place, self.badness if self.kind == "alert" else 0


@dataclass(frozen=True, slots=True)
class News:
    """All that is to be said of one ticket."""

    notice: Notice
    """The newest: its facts of the ticket count."""
    items: Sequence[Item]
    """Of each clock the newest alert, the newest level, all that is withdrawn; the worst first."""
    before: Sequence[Item]
    """What these have superseded before anybody was told."""

    @property
    def first(self) -> Item:
        return self.items[0]

    @property
    def is_over(self) -> bool:
        """Everything that was raised has ended since."""
        raised = [item for item in self.items if item.kind in RAISED]
        return bool(raised) and all(item.meanwhile for item in raised)


def by_ticket(notices: Iterable[Notice]) -> list[News]:
    """The news of each ticket, the worst first."""
    tickets: dict[Any, list[Notice]] = {}
    for notice in notices:
        tickets.setdefault(notice.ticket_id, []).append(notice)
    return sorted(map(_news, tickets.values()), key=_badness)


def _badness(news: News) -> tuple[bool, bool, int]:
    return news.is_over, news.first.kind not in RAISED, news.first.badness


def _news(notices: Sequence[Notice]) -> News:
    everything = [
        Item(told, notice.meanwhile.get(told["alert_id"]))
        for notice in notices
        for told in notice.body["alerts"]
    ]
    withdrawn = {item.told["alert_id"] for item in everything if item.kind == "retracted"}
    newest: dict[Any, Item] = {}
    before: list[Item] = []
    for item in everything:
        told = item.told
        if item.kind == "retracted":
            newest[told["alert_id"]] = item
        elif item.kind not in RAISED:
            newest[item.kind, told["clock"], told.get("cycle")] = item
        elif told["alert_id"] not in withdrawn:
            about = "the level"
            if not str(told.get("milestone")).startswith("level:"):
                about = told["clock"], told.get("cycle")
            if about in newest:
                before.append(newest[about])
            newest[about] = item
    return News(notices[-1], sorted(newest.values(), key=lambda item: item.rank), before)
