"""After an attempt: what becomes of the notices, by what the channel answered."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from engine.notify.backoff import Backoff
from engine.notify.message import Channel, Delivered, Notice, Outcome, Rejected, Retry
from engine.notify.port import Outbox
from engine.notify.tally import Distinct
from engine.sla.instants import SECOND, micros

logger = logging.getLogger(__name__)

MARK_AGAIN = (0.1, 0.2, 0.5, *[1.0] * 12)
"""Seconds between tries, while the database is away: some 13, about what the lease has left."""

NEWS = ("alert", "escalation")
"""What nobody has been told before: all else follows it, or waits for something else."""
What = Literal["sent", "put off", "split", "dead", "skipped"]
"""Of a message or a notice. Split: refused for one of its notices, and sent in two."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One message on its way, under the name that its rows are leased to."""

    name: str
    channel: Channel
    notices: Sequence[Notice]

    @property
    def to(self) -> str:
        """The channel's name."""
        return self.notices[0].channel


class Settling:
    """Marks notices as sent, puts them off, splits a message, or gives up; and counts."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        now: Callable[[], datetime],
        backoff: Backoff,
        jitter: Callable[[], float],
        told: Callable[[str, float], None],
    ) -> None:
        """`told` hears of each alert by channel how many seconds after it was raised it was taken
        there."""
        self.messages: Counter[tuple[str, What]] = Counter()
        """By channel, what became of messages: one that is tried again counts each time."""
        self.notices: Counter[tuple[str, What]] = Counter()
        """The same of the notices in them, a flood's each; and of those that were skipped."""
        self.tickets: defaultdict[str, Distinct] = defaultdict(Distinct)
        """By channel, those that anything was sent about."""
        self.stopping = False
        """Then nothing waits for a database that is away."""
        self._outbox = outbox
        self._now = now
        self._backoff = backoff
        self._jitter = jitter
        self._told = told

    async def settle(self, errand: Errand, outcome: Outcome) -> None:
        """Have the outbox keep what came of it. Raises what the database does."""
        keys, now = [notice.dedup_key for notice in errand.notices], self._now()
        match outcome:
            case Delivered():
                await self._mark_sent(errand.to, keys, now)
                self._count(errand.to, "sent", len(keys))
                for notice in errand.notices:
                    self.tickets[errand.to].add(notice.ticket_id)
                    if (raised_at := _news(notice)) is not None:
                        self._told(errand.to, (micros(now) - raised_at) / SECOND)
            case Rejected(reason, only_this=True) if len(keys) > 1:
                await self._split(errand, keys, reason)
            case Rejected(reason, only_this, asked):
                if asked:
                    await self._outbox.failed(errand.to, reason, now, surely=not only_this)
                await self._bury(errand, keys, reason)
                self.messages[errand.to, "dead"] += 1
            case Retry(reason, after):
                await self._outbox.failed(errand.to, reason, now, surely=True)
                await self._put_off(errand, reason, after, now)

    def _count(self, channel: str, what: What, notices: int) -> None:
        self.messages[channel, what] += 1
        self.notices[channel, what] += notices

    async def _mark_sent(self, name: str, keys: Sequence[str], at: datetime) -> None:
        """For as long as the lease may last: what is forgotten would be sent a second time."""
        for pause in MARK_AGAIN:
            try:
                return await self._outbox.sent(keys, at)
            except Exception as error:
                if self.stopping:
                    raise
                logger.warning(
                    "a delivery is not marked as sent yet",
                    extra={"channel": name, "error": str(error)},
                )
                await asyncio.sleep(pause)
        await self._outbox.sent(keys, at)

    async def _put_off(
        self, errand: Errand, reason: str, after: timedelta | None, now: datetime
    ) -> None:
        jitter = self._jitter()  # one for all: a flood that failed together is tried together
        again: dict[str, datetime] = {}
        hopeless: list[str] = []
        for notice in errand.notices:
            delay = self._backoff.delay(notice.attempts, jitter)
            if delay is None:
                hopeless.append(notice.dedup_key)
            else:
                again[notice.dedup_key] = now + max(delay, after or delay)
        if after is not None:
            await self._outbox.hold(errand.to, now + after)
        if hopeless:
            await self._bury(errand, hopeless, f"gave up: {reason}")
        self.messages[errand.to, "put off" if again else "dead"] += 1
        if again:
            await self._outbox.retry(again, reason, errand=errand.name)
            self.notices[errand.to, "put off"] += len(again)
            logger.warning(
                "a delivery is put off",
                extra={"channel": errand.to, "notices": len(again), "reason": reason},
            )

    async def _split(self, errand: Errand, keys: Sequence[str], reason: str) -> None:
        """Into halves, and those again, until the guilty notice is alone: the others are sent."""
        middle = len(keys) // 2
        await self._outbox.split([keys[:middle], keys[middle:]], reason, errand=errand.name)
        self._count(errand.to, "split", len(keys))
        logger.warning(
            "a message is refused: its notices are sent in two",
            extra={"channel": errand.to, "notices": len(keys), "reason": reason},
        )

    async def _bury(self, errand: Errand, keys: Sequence[str], reason: str) -> None:
        await self._outbox.dead(keys, reason, errand=errand.name)
        self.notices[errand.to, "dead"] += len(keys)
        logger.error(
            "a delivery is given up",
            extra={"channel": errand.to, "dedup_keys": list(keys[:10]), "reason": reason},
        )


def _news(notice: Notice) -> int | None:
    """When the worst of what it tells was raised; None: it is no news, or was muted until now."""
    first = notice.body["alerts"][0]
    return first.get("raised_at") if first["type"] in NEWS and not first.get("muted") else None
