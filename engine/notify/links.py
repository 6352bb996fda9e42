"""Links by which people answer a message where no button can: what one stands for, and is signed.

A link is the authority. Who has it may do the one thing that it names, about one cycle of a
ticket's clock, in the name of the person whom it was made for, until it expires.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, Literal, NamedTuple
from uuid import UUID

from engine.notify.news import RAISED, News

Action = Literal["acknowledge", "snooze"]

LASTS: Final = timedelta(days=7)
HOUR: Final = timedelta(hours=1)
"""For how long it is snoozed, from when that is said."""
PATH: Final = "/answer/"
LABELS: Final[Mapping[Action, str]] = {"acknowledge": "Acknowledge", "snooze": "Snooze 1 h"}
_ACTIONS: Final[Mapping[int, Action]] = {ord("A"): "acknowledge", ord("S"): "snooze"}
_LETTERS = {action: letter for letter, action in _ACTIONS.items()}
_PURPOSE = b"sla-tracker answer 1\0"
"""So that nothing else that is ever signed with the key is a link."""
_SIGNATURE = 16
"""Bytes of an HMAC-SHA256 that are kept: RFC 2104 asks for half of it, and links stay short."""
_HEAD = 1 + 16 + 5 + 4 + 2
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,1500}")


class NoLink(ValueError):
    """Forged, changed, cut off, or signed with a key that counts no more."""


class Link(NamedTuple):
    """Where a message leads."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link stands for."""

    action: Action
    ticket_id: UUID
    clock: str
    cycle: int
    """Of the clock, that the message was about."""
    person: str
    """Whom it was made for: a key, or an address that may be a person's or a list's; empty:
    whoever has it. Who is no known person says a name."""
    expires_at: datetime


Answers = Callable[[News], Sequence[Link]]
"""What may be answered to a message about one ticket."""


def none(_: News) -> Sequence[Link]:
    """Nothing: nobody takes answers."""
    return ()


class Links:
    """Makes links with the first of its keys, and knows those of all of them: while one is
    replaced, what was sent goes on working."""

    def __init__(self, keys: Sequence[str], public_url: str, now: Callable[[], datetime]) -> None:
        """`public_url` is where people reach this service."""
        self._keys = [key.encode() for key in keys]
        self._address = public_url.rstrip("/") + PATH
        self._now = now

    def to(self, person: str = "") -> Answers:
        """For messages to somebody alone, by key or address; else to whoever reads them."""

        def answers(news: News) -> Sequence[Link]:
            return self._answers(news, person)

        return answers

    def _answers(self, news: News, person: str) -> Sequence[Link]:
        """None where there is nothing to be done about it."""
        going_on = [
            item.told
            for item in news.items
            if item.kind in RAISED and not item.meanwhile and item.told.get("clock")
        ]
        if not news.is_urgent or not going_on:
            return ()
        # What lasts longest: its answer is of use also when another of its clocks is over.
        told = next((one for one in going_on if one["clock"] == "resolution"), going_on[0])
        expires_at = self._now() + LASTS
        return [
            Link(
                label,
                self._address
                + self.token(
                    Asked(
                        action,
                        news.notice.ticket_id,
                        told["clock"],
                        told.get("cycle") or 1,
                        person,
                        expires_at,
                    )
                ),
            )
            for action, label in LABELS.items()
        ]

    def token(self, asked: Asked) -> str:
        """The end of a link's address."""
        clock = asked.clock.encode()
        said = b"".join(
            (
                bytes([_LETTERS[asked.action]]),
                asked.ticket_id.bytes,
                int(asked.expires_at.timestamp()).to_bytes(5, "big"),
                asked.cycle.to_bytes(4, "big"),
                len(clock).to_bytes(2, "big"),
                clock,
                asked.person.encode(),
            )
        )
        return _text(said + _signature(self._keys[0], said))

    def read(self, token: str) -> Asked:
        """What it stands for, though it may have expired. Raises NoLink."""
        if not _TOKEN.fullmatch(token):
            raise NoLink
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise NoLink from None
        said, given = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
        # All of them, whichever it is: the time that this takes tells nothing.
        matches = [hmac.compare_digest(_signature(key, said), given) for key in self._keys]
        if not any(matches) or _text(raw) != token:  # bits that nothing reads are changed, too
            raise NoLink
        action = _ACTIONS.get(said[0])
        if action is None:  # of a newer release
            raise NoLink
        length = int.from_bytes(said[_HEAD - 2 : _HEAD], "big")
        return Asked(
            action=action,
            ticket_id=UUID(bytes=said[1:17]),
            clock=said[_HEAD : _HEAD + length].decode(),
            cycle=int.from_bytes(said[22:26], "big"),
            person=said[_HEAD + length :].decode(),
            expires_at=datetime.fromtimestamp(int.from_bytes(said[17:22], "big"), UTC),
        )


def once(token: str) -> str:
    """What tells a link from any other, in the log, where the link itself must not stand."""
    return f"link:{sha256(token.encode()).hexdigest()[:32]}"


def _signature(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, _PURPOSE + said, sha256).digest()[:_SIGNATURE]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
