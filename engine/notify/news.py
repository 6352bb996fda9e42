"""What a message says of one ticket: its notices folded to what is so, and what led to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.notify.message import Meanwhile, Notice
from engine.notify.people import called

RAISED = ("alert", "reminder", "escalation")
"""What somebody should look at."""
KINDS = (*RAISED, "ended", "acknowledged", "snoozed", "transition", "retracted")
"""As they stand in a message; one that is unknown here comes last."""
HISTORY = (*RAISED, "transition")
"""Of which what was before is worth a line."""
OF_A_CHANNEL = ("channel_dead", "channel_well")
"""What is told of a channel, which stands in the ticket's place."""
WORST_FIRST = ("breached", "critical", "warning")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened."""

    told: Mapping[str, Any]
    """As the notice has it."""
    meanwhile: Meanwhile | None
    """How its clock has ended since; None: it runs, or that is not known."""
    by: str = ""
    """Who did it, of what somebody did, as people call them."""
    late: bool = False
    """It is told long after: what was left then is not left any more."""

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
        """Within a ticket: alerts, then escalations, then what is over or withdrawn."""
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

    @property
    def is_urgent(self) -> bool:
        """There is something to be done about it."""
        return self.first.kind in RAISED and not self.is_over


def by_ticket(notices: Iterable[Notice]) -> list[News]:
    """The news of each ticket, the worst first."""
    tickets: dict[Any, list[Notice]] = {}
    for notice in notices:
        tickets.setdefault(notice.ticket_id, []).append(notice)
    return sorted(map(_news, tickets.values()), key=_badness)


def _badness(news: News) -> tuple[bool, bool, int, float]:
    """Of those that are as bad, what is overdue longest, or has least left."""
    first = news.first
    left: float = first.told.get("remaining_seconds") or 0
    return news.is_over, first.kind not in RAISED, first.badness, left


def _news(notices: Sequence[Notice]) -> News:
    everything = [
        Item(
            told,
            notice.meanwhile.get(told["alert_id"]),
            called(notice.body.get("by") or "", notice.names),
            late=notice.late or notice.attempts > 1,
        )
        for notice in notices
        for told in notice.body["alerts"]
    ]
    withdrawn = {item.told["alert_id"] for item in everything if item.kind == "retracted"}
    newest: dict[Any, Item] = {}
    before: list[Item] = []
    for item in everything:
        if item.kind == "retracted":
            newest[item.told["alert_id"]] = item
        elif item.kind not in RAISED or item.told["alert_id"] not in withdrawn:
            about = _about(item)
            if about in newest and item.kind in HISTORY:
                before.append(newest[about])
            newest[about] = item
    return News(notices[-1], sorted(newest.values(), key=lambda item: item.rank), before)


def _about(item: Item) -> object:
    """What a newer one of the same supersedes."""
    told, kind = item.told, item.kind
    if kind == "escalation" or (str(told.get("milestone")).startswith("level:") and kind in RAISED):
        return "the level"
    if kind in ("acknowledged", "snoozed"):
        return kind
    return "alert" if kind in RAISED else kind, told.get("clock"), told.get("cycle")
