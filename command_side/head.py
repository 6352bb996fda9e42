"""What is kept of a ticket between two events, so that the next decision needs no replay.

Bounded (about 1 kB). A storage format: fields may be added at the end, with a default.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from command_side.as_json import as_json, canonical
from command_side.received import PERSONAL
from engine.sla.escalation import Key

DIGESTED = ("description", "tags", "extra")
"""Attributes that may be long, and only have to be told from others."""
RETRACTED = -1
"""In place of an ordinal: raised once, then taken back."""


@dataclass(slots=True)
class Head:
    """The state of one ticket's stream."""

    source: str
    external_id: str
    policy: int
    """The version under which the ticket began."""
    observations: int = 0
    late: int = 0
    newest: tuple[int, int] = (-1, 0)
    """Key of the newest observation stored, future ones included."""
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    """As folded, each as `kept`."""
    fold: list[Any] | None = None
    """See `engine.sla.stored_fold`; null: the next decision folds the stream."""
    raised: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    """By clock: the start of its newest cycle, and per milestone [ordinal, generation]."""
    owes: bool = False
    """What was raised and what happened differ: the next tick settles it from the stream."""
    acknowledged: bool = False
    """Ever. From then on every decision takes the stream: what ends an acknowledgement, a breach
    of any cycle, is not kept here."""
    snoozed_until: int | None = None
    heard: int = 0
    """When the newest evidence came: what falls due from then on is told, however late an engine
    looks; what was long past then is not news. See `hear`."""
    due: int | None = None
    """When an engine has to look next, as it was last decided."""
    muted: bool = False
    """Something was muted, and may have to be told: every tick sees to it, by the stream."""

    def dump(self) -> bytes:
        return as_json(
            [
                self.source,
                self.external_id,
                self.policy,
                self.observations,
                self.late,
                self.newest,
                self.attributes,
                self.fold,
                self.raised,
                self.owes,
                self.acknowledged,
                self.snoozed_until,
                self.heard,
                self.due,
                self.muted,
            ]
        )

    @classmethod
    def load(cls, state: bytes) -> "Head":
        head = cls(*orjson.loads(state))
        head.newest = (head.newest[0], head.newest[1])
        return head

    def hear(self, at: int) -> None:
        """Something new was said of the ticket at `at`.

        Where an engine had not looked by then at what was due, that stays news: it is the engine
        that is late, not what was said."""
        if self.due is None or at < self.due:
            self.heard = max(self.heard, at)

    def standing(self) -> list[Key]:
        """The milestones raised for the newest cycles and not taken back."""
        return [
            Key(clock, started_at, milestone, ordinal)
            for clock, (started_at, milestones) in self.raised.items()
            for milestone, (ordinal, _) in milestones.items()
            if ordinal != RETRACTED
        ]


def kept(name: str, value: Any) -> Any:
    """An attribute's value in the form in which a head keeps it."""
    if name not in DIGESTED or value is None:
        return value
    return blake2b(canonical(value), digest_size=8).hexdigest()


def remember(
    attributes: dict[str, Any],
    given: dict[str, Any],
    moments: dict[str, int],
    personal: dict[str, Any],
) -> None:
    """Folds what an observation says into the attributes that a head keeps."""
    for name, value in given.items():
        attributes[name] = kept(name, value) if name in DIGESTED else value
    attributes.update(moments)
    for name in PERSONAL:
        if name in personal:
            value = personal[name]
            attributes[name] = kept(name, value) if name in DIGESTED else value
