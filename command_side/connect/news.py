"""What of a desk's history is new here: a webhook and the API tell one change in two ways.

A webhook says when it was sent, an API when the change was stored: some milliseconds lie between
them, or all that is below a second. And each has words of its own. So what is known is compared by
what it says, not by its key; only what would change something is told again.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from command_side.deciding.events import Observation
from command_side.event_store import Recorded
from engine.sla.instants import SECOND, micros, parsed

NEAR: Final = 2 * SECOND
"""So far apart may the two ways tell one change."""
REPLIES: Final = ("last_agent_reply_at", "last_customer_reply_at", "automatic_reply_at")
UNCOMPARED: Final = frozenset(
    (
        *("external_id", "source", "updated_at", "revision", "created_at", "title", "description"),
        *REPLIES,
    )
)
"""What says where it belongs, or nothing to the clocks; and replies, which are compared by when
they were."""


@dataclass(slots=True)
class Known:
    """What is known of one ticket."""

    since: int | None = None
    """Of the first observation."""
    said: dict[str, list[tuple[int, int, object]]] = field(
        default_factory=dict[str, list[tuple[int, int, object]]]
    )
    """Of each attribute what it was said to be, plainly, by time and revision."""
    replies: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    @classmethod
    def of(cls, stream: Iterable[Recorded]) -> "Known":
        """By the log."""
        known = cls()
        for event in stream:
            body = event.body
            if isinstance(body, Observation):
                given = {**body.given, **(event.personal.given or {})}
                given |= given.pop("extra", None) or {}
                moments = body.moments or {}
                known.take(micros(event.occurred_at), body.revision, given, moments)
        return known

    def news(self, items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those that say something new, one after another; they are known then. That a ticket was
        created is nothing new of one that was known by then."""
        found: list[Mapping[str, Any]] = []
        for number, item in enumerate(items):
            at = parsed(item["updated_at"])
            if _is_replaced(item, items[number + 1 : number + 101]):
                item = {name: value for name, value in item.items() if name != "tags"}
            if item.get("created_at") == item["updated_at"]:
                is_new = not self._knows_by(at + NEAR)
            else:
                is_new = self._is_new(item, at)
            if is_new:
                found.append(item)
                moments = {name: parsed(item[name]) for name in REPLIES if item.get(name)}
                self.take(at, item["revision"], item, moments)
        return found

    def take(
        self, at: int, revision: int, given: Mapping[str, Any], moments: Mapping[str, int]
    ) -> None:
        """One more observation: what it names, and its instants in microseconds."""
        self.since = at if self.since is None else min(self.since, at)
        for name, value in given.items():
            if name not in UNCOMPARED:
                said = self.said.setdefault(name, [])
                insort(said, (at, revision, _plain(value)), key=lambda one: one[:2])
        for name in REPLIES:
            if name in moments:
                self.replies.setdefault(name, []).append(moments[name])

    def _knows_by(self, at: int) -> bool:
        return self.since is not None and self.since <= at

    def _is_new(self, item: Mapping[str, Any], at: int) -> bool:
        for name in REPLIES:
            if item.get(name) is not None:
                told = parsed(item[name])
                if not any(abs(told - one) <= NEAR for one in self.replies.get(name, ())):
                    return True
        compared = [name for name in item if name not in UNCOMPARED]
        return any(not self._knows(name, _plain(item[name]), at) for name in compared)

    def _knows(self, name: str, value: object, at: int) -> bool:
        """Whether it was so by then, or was said about then."""
        said = self.said.get(name, [])
        until = bisect_right(said, at, key=_when)
        if (said[until - 1][2] if until else None) == value:
            return True
        first = bisect_left(said, at - NEAR, key=_when)
        last = bisect_right(said, at + NEAR, key=_when)
        return any(was == value for *_, was in said[first:last])


def _when(said: tuple[int, int, object]) -> int:
    return said[0]


def _is_replaced(item: Mapping[str, Any], later: Sequence[Mapping[str, Any]]) -> bool:
    """One label in the place of another is two changes at once: only what comes of it is told."""
    return "tags" in item and any(
        "tags" in one and one["updated_at"] == item["updated_at"] for one in later
    )


def _plain(value: object) -> object:
    """Without what desks write in different ways: capitals, and the order of lists."""
    if isinstance(value, str):
        return value.casefold().replace("_", " ").replace("-", " ")
    if isinstance(value, list | tuple):
        return sorted(str(_plain(one)) for one in cast(Iterable[object], value))
    return value
