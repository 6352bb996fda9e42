"""First messages of threads are kept up with their tickets: desired state, the newest wins. What is
long over is forgotten."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from engine.notify.courier import Courier
from engine.notify.message import Rejected, Retry
from engine.notify.people import names
from engine.notify.threads import First, Gone, KeepsFirst, Shown, Threads

logger = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=1)
AGAIN = timedelta(seconds=5)
"""At most one change of a message in this time."""
PUT_OFF = timedelta(seconds=30)
"""After a failure that says nothing of when."""
LEASE = timedelta(seconds=60)
SHOW_WITHIN = timedelta(seconds=15)
AT_ONCE = 3
"""Changed one after the other: together they stay below the lease, so that no older change of a
message comes after a newer one."""
KEPT_FOR = timedelta(days=30)
"""After the end of its cycle a thread may still be linked, or gone on in."""
PRUNE_EVERY = timedelta(hours=1)


class Freshening:
    """Any number may share one table."""

    def __init__(
        self,
        threads: Threads,
        courier: Courier,
        *,
        now: Callable[[], datetime],
    ) -> None:
        """The courier knows by now which channels can be written to, and who people are."""
        self._threads = threads
        self._courier = courier
        self._now = now
        self._pruned_at: datetime | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; outlives failures of the database."""
        failing = False
        while not stop.is_set():
            try:
                while await self.freshen() and not stop.is_set():
                    pass
                await self.prune()
                failing = False
            except Exception:
                if not failing:  # once, not at every look
                    logger.exception("first messages cannot be kept up with their tickets")
                failing = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY.total_seconds()):
                    await stop.wait()

    async def prune(self) -> None:
        """Once in a while, forget what is long over."""
        now = self._now()
        if self._pruned_at is None or abs(now - self._pruned_at) >= PRUNE_EVERY:
            self._pruned_at = now
            if count := await self._threads.prune(now - KEPT_FOR):
                logger.info("threads are forgotten", extra={"threads": count})

    async def freshen(self) -> int:
        """Change what has to be; how many messages were looked at."""
        channels = {
            name: channel
            for name, channel in self._courier.channels.items()
            if isinstance(channel, KeepsFirst)
        }
        if not channels:
            return 0
        changed = await self._threads.changed(
            list(channels), self._now(), lease=LEASE, most=AT_ONCE
        )
        put_off = set[str]()
        for first in changed:
            name = first.key.channel
            if name not in put_off and await self._show(channels[name], first):
                put_off.add(name)  # the others of it, too: they come again after their lease
        return len(changed)

    async def _show(self, channel: KeepsFirst, first: First) -> bool:
        """Whether nothing of its channel's is to be changed for a while."""
        about = {"channel": first.key.channel, "ticket_id": str(first.key.ticket_id)}
        who = names(self._courier.people, first.ticket.get("acknowledged_by"))
        first = replace(first, notice=replace(first.notice, names=who))
        try:
            async with asyncio.timeout(SHOW_WITHIN.total_seconds()):
                outcome = await channel.show(first)
        except TimeoutError:
            outcome = Retry("timed out")
        except Exception:
            logger.exception("a channel failed", extra=about)
            outcome = Rejected("a mistake of ours")
        now = self._now()
        match outcome:
            case Shown():
                await self._threads.shown(first, outcome, at=now, again=now + AGAIN)
            case Gone():
                await self._threads.forget(first.key, first.message_id)
            case Retry(reason, after):
                logger.warning("a change is put off", extra={**about, "reason": reason})
                await self._threads.put_off(first, now + (after or PUT_OFF))
                return True
            case Rejected(reason):
                # Until something else happens to its ticket.
                logger.warning("a message cannot be changed", extra={**about, "reason": reason})
                kept = Shown(first.shown, over=False, asked=True)
                await self._threads.shown(first, kept, at=now, again=now + PUT_OFF)
        return False
