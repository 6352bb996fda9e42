"""What is kept of a ticket between two events, so that the next decision needs no replay.

Bounded (about 0.6 kB). Nobody outside knows how it is stored: it can always be made anew from the
stream, and is, where it is of another release.
"""

from hashlib import blake2b
from typing import Any, Final

import msgspec

from command_side.deciding.as_json import canonical
from command_side.deciding.holding import Held
from engine.sla.escalation import Key
from engine.sla.milestones import level_of
from engine.sla.stored_fold import StoredFold

FORMAT: Final = b"\x02"
"""In front of every stored head. A change of what follows, but for members with a default at the
end, is another format: heads of this one are then rebuilt when they are met."""
DIGESTED: Final = ("description", "tags", "extra", "withdrawn_replies")
"""Attributes that may be long, and only have to be told from others."""
RETRACTED: Final = -1
"""In place of an ordinal: raised once, then taken back."""


class NeedsStream(Exception):
    """The head is not enough for this decision."""


class HeadUnreadable(NeedsStream, ValueError):
    """Of another release, or damaged: only the stream can say."""


class RaisedOf(msgspec.Struct, array_like=True):
    """What was raised for the newest cycle of one clock."""

    started_at: int
    """Of the cycle."""
    milestones: dict[str, tuple[int, int]] = msgspec.field(
        default_factory=dict[str, tuple[int, int]]
    )
    """Ordinal and generation of each."""
    told: dict[str, tuple[str, ...]] | None = None
    """Of the milestones that somebody was told of, the channels that are told when the cycle is
    over."""
    over: str | None = None
    """How it is over, as was last decided: met | breached | cancelled; None: it is not. Its
    followers, if any are told of that, know it."""
    levels: dict[str, int] | None = None
    """Of alerts that somebody was told of, the highest level that the ticket was on then, but for
    0: whoever is on call from that level on was told, too."""
    heard: dict[str, tuple[int, dict[str, int]]] | None = None
    """Of milestones that were raised again and not told to all of those: the generation that was
    told last, and by channel the one that was told there, where it is earlier."""

    def reach(self, milestone: str) -> int:
        """The highest level that was told of with it."""
        return (self.levels or {}).get(milestone, level_of(milestone))

    def reaches(self, milestone: str, level: int) -> None:
        """It is told of with this one."""
        if level > self.reach(milestone):
            self.levels = {**(self.levels or {}), milestone: level}

    def heard_of(self, milestone: str) -> tuple[int, dict[str, int]]:
        """The generation that was told last, and by channel the one that was told there."""
        newest = self.milestones[milestone][1]
        last, earlier = (self.heard or {}).get(milestone, (newest, {}))
        return last, {to: earlier.get(to, last) for to in (self.told or {}).get(milestone, ())}

    def hears(self, milestone: str, last: int, told: dict[str, int]) -> None:
        """Of this generation it was told last, there of these."""
        self.told = {**(self.told or {}), milestone: tuple(told)}
        heard = {one: of for one, of in (self.heard or {}).items() if one != milestone}
        earlier = {to: generation for to, generation in told.items() if generation != last}
        if earlier or last != self.milestones[milestone][1]:
            heard[milestone] = last, earlier
        self.heard = heard or None


class Repeated(msgspec.Struct, array_like=True):
    """Somebody is reminded of an alert."""

    route: str
    clock: str
    started_at: int
    """Of the cycle."""
    milestone: str
    generation: int
    at: int
    """When it happened."""
    begun_at: int
    """When it was told first: the beginning of the grid."""
    to: tuple[str, ...]
    until: str
    """acknowledged | ended"""
    every: int
    count: int
    """Reminders told so far."""
    next_at: int
    at_most: int | None = None
    """Of them; None: as long as it lasts."""

    @property
    def is_done(self) -> bool:
        """As many were told as were asked for."""
        return self.at_most is not None and self.count >= self.at_most

    @property
    def of(self) -> tuple[str, int, str]:
        return self.clock, self.started_at, self.milestone


class Head(msgspec.Struct, array_like=True):
    """The state of one ticket's stream."""

    source: str
    external_id: str
    policy: int
    """The version under which the ticket began."""
    salt: bytes | None = None
    """By which contents are hashed; None: erased, and nothing can be compared any more."""
    observations: int = 0
    late: int = 0
    newest: tuple[int, int] = (-1, 0)
    """Key of the newest observation stored, future ones included."""
    attributes: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    """As folded, each as `kept`."""
    fold: StoredFold | None = None
    """As the newest event with facts tells of it; None: the next decision folds the stream."""
    raised: dict[str, RaisedOf] = msgspec.field(default_factory=dict[str, RaisedOf])
    """By clock."""
    owes: bool = False
    """What was raised and what happened differ: the next tick settles it from the stream."""
    acknowledged: bool = False
    """Ever. From then on every decision but about reminders takes the stream: what ends an
    acknowledgement, a breach of any cycle, is not kept here."""
    snoozed_until: int | None = None
    heard: int = 0
    """When the newest evidence came: what falls due from then on is told, however late an engine
    looks; what was long past then is not news. See `hear`."""
    due: int | None = None
    """When an engine has to look next, as it was last decided."""
    muted: bool = False
    """Something was muted, and may have to be told: every tick sees to it, by the stream."""
    excuses: int = 0
    """The change of what is excused that the newest event with facts names."""
    repeats: list[Repeated] = msgspec.field(default_factory=list[Repeated])
    level: int = 0
    """The escalation level as it was last decided; kept once it was acknowledged."""
    held: dict[str, Held] = msgspec.field(default_factory=dict[str, Held])
    """By clock, who had the ticket when the newest cycle was breached, or was promised nothing any
    more, where somebody else has it since, or it is of another type."""

    def dump(self) -> bytes:
        return FORMAT + _ENCODER.encode(self)

    @classmethod
    def load(cls, state: bytes) -> "Head":
        """Raises HeadUnreadable."""
        if state[:1] != FORMAT:
            raise HeadUnreadable(f"a head of format {state[:1]!r}")
        try:
            return _DECODER.decode(memoryview(state)[1:])
        except msgspec.MsgspecError as error:
            raise HeadUnreadable(str(error)) from error

    def hear(self, at: int) -> None:
        """Something new was said of the ticket at `at`.

        Where an engine had not looked by then at what was due, that stays news: it is the engine
        that is late, not what was said."""
        if self.due is None or at <= self.due:
            self.heard = max(self.heard, at)

    def standing(self) -> list[Key]:
        """The milestones raised for the newest cycles and not taken back."""
        return [
            Key(clock, of.started_at, milestone, ordinal)
            for clock, of in self.raised.items()
            for milestone, (ordinal, _) in of.milestones.items()
            if ordinal != RETRACTED
        ]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Head)


class _Beginning(msgspec.Struct, array_like=True, gc=False):
    """The first members of a stored head."""

    source: msgspec.Raw
    external_id: msgspec.Raw
    policy: msgspec.Raw
    salt: msgspec.Raw
    observations: int
    late: int
    newest: tuple[int, int]


_BEGINNING = msgspec.msgpack.Decoder(_Beginning)


def newest_of(state: bytes) -> tuple[int, int] | None:
    """`newest` of a stored head, at a fifth of the time that it takes to read all of it; None where
    it cannot be read."""
    if state[:1] != FORMAT:
        return None
    try:
        return _BEGINNING.decode(memoryview(state)[1:]).newest
    except msgspec.MsgspecError:
        return None


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
    attributes.update(given)
    attributes.update(moments)
    attributes.update(personal)
    for name in DIGESTED:
        if name in given or name in personal:
            attributes[name] = kept(name, attributes[name])
