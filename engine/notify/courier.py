"""The courier: carries what the outbox holds to its channels, at least once, and has it recorded.

Any number of couriers may share one outbox. A claim is a lease: a courier that dies in the middle
of a delivery leaves rows that another takes over, under the same dedup key, once it has run out.
"""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from engine.notify.backoff import Backoff
from engine.notify.message import (
    Channel,
    Delivered,
    Message,
    Notice,
    Outcome,
    Pace,
    Rejected,
    Retry,
)
from engine.notify.recorder import DeliveryLog, Recorder, Unrecorded

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
DELIVER_WITHIN = timedelta(seconds=15)
"""Well below the lease: nobody else may take over what is still under way."""
POLL = timedelta(milliseconds=250)
"""Other processes fill the outbox too, and cannot wake this one."""
GRACE = timedelta(minutes=10)
"""So long a notice waits for a channel that this process does not know: another may know it, which
was deployed later or has learnt a newer version, or this one may learn of it."""
MARK_AGAIN = (0.1, 0.2, 0.5, *[1.0] * 12)
"""Seconds between tries, while the database is away: some 13, about what the lease has left."""

What = Literal["tried", "sent", "retried", "dead", "skipped"]


class Outbox(Unrecorded, Protocol):
    """The table of what is to be sent. Instants are aware UTC."""

    async def ready(self, *, owner: str, now: datetime) -> Mapping[str, datetime]:
        """For every channel with something to send: from when on (possibly past) it may.

        Leases of `owner` itself do not count, nor in `claim`: one that it has to ask for again
        was given in an answer that it never got. Those of others end by the outbox's own clock,
        as `now` may be ahead of theirs."""
        ...

    async def claim(
        self, channel: str, pace: Pace, *, owner: str, now: datetime, lease: timedelta
    ) -> Sequence[Notice]:
        """Lease the next message's notices, and with them the channel's next slot."""
        ...

    async def sent(self, keys: Sequence[str], at: datetime) -> None:
        """They were delivered, whoever holds their lease by now."""
        ...

    async def retry(self, again: Mapping[str, datetime], error: str, *, owner: str) -> None:
        """Give leased rows back, each to be taken from its instant on."""
        ...

    async def dead(self, keys: Sequence[str], error: str, *, owner: str) -> None:
        """Keep leased rows aside until somebody replays them."""
        ...

    async def split(self, parts: Sequence[Sequence[str]], error: str, *, owner: str) -> None:
        """Give leased rows back, to be taken at once: each part as a message of its own."""
        ...

    async def hold(self, channel: str, until: datetime) -> None:
        """Let nothing go to this channel before `until`."""
        ...

    async def skip(self, channel: str, grace: timedelta) -> int:
        """Mark what could have gone to a channel for longer than `grace`, in which nobody has
        written to it; how many rows that were."""
        ...


class Courier:
    """Serves all channels side by side: a slow one keeps none of the others waiting."""

    def __init__(
        self,
        outbox: Outbox,
        channels: Mapping[str, Channel],
        log: DeliveryLog,
        *,
        now: Callable[[], datetime],
        owner: str,
        backoff: Backoff | None = None,
        jitter: Callable[[], float] = random.random,
        deliver_within: timedelta = DELIVER_WITHIN,
    ) -> None:
        """`owner` names this courier among all; `channels` holds the configured ones only, by
        name, and may be replaced while running (`courier.channels = ...`)."""
        self.channels = channels
        self.counts: Counter[tuple[str, What]] = Counter()
        """By channel: messages tried, and notices sent, put off, given up or skipped."""
        self._outbox = outbox
        self._recorder = Recorder(outbox, log, owner=owner, lease=LEASE)
        self._now = now
        self._owner = owner
        self._backoff = backoff or Backoff()
        self._jitter = jitter
        self._deliver_within = deliver_within
        self._wake = asyncio.Event()
        self._busy: dict[str, asyncio.Task[int]] = {}
        self._not_configured: set[str] = set()
        self._stopping = False

    def wake(self) -> None:
        """There is something in the outbox: look now, not at the next poll."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; what is under way then is finished. Outlives database failures."""
        self._stopping = False
        stopped = asyncio.create_task(stop.wait())
        stopped.add_done_callback(lambda _: self._wake.set())
        failing = False
        try:
            while not stop.is_set():
                self._wake.clear()
                wait = POLL
                try:
                    wait = await self._serve()
                    failing = False
                except Exception:
                    if not failing:  # once, not at every poll
                        logger.exception("the outbox cannot be read")
                    failing = True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait.total_seconds()):
                        await self._wake.wait()
            self._stopping = True
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
        finally:
            for task in (stopped, *self._busy.values()):
                task.cancel()

    async def deliver_due(self) -> int:
        """Send whatever may go now, and record it; how many messages were tried. For a virtual
        clock: one call an instant does all that `run` would."""
        now = self._now()
        channels = await self._outbox.ready(owner=self._owner, now=now)
        ready = [name for name, at in channels.items() if at <= now]
        tried = sum(await asyncio.gather(*(self._drain(name) for name in ready)))
        while await self._recorder.record():
            pass
        return tried

    async def _serve(self) -> timedelta:
        """Start what can start; how long until something else can, at most a poll."""
        now, wait = self._now(), POLL
        for name, at in (await self._outbox.ready(owner=self._owner, now=now)).items():
            if name in self._busy:
                continue
            if at > now:
                wait = min(wait, at - now)
                continue
            self._start(name, self._drain(name))
        if "" not in self._busy:  # no channel's name: the recording of deliveries
            self._start("", self._recorder.record())
        return wait

    def _start(self, name: str, work: Coroutine[Any, Any, int]) -> None:
        task = asyncio.create_task(work)
        self._busy[name] = task

        def done(task: asyncio.Task[int]) -> None:
            del self._busy[name]
            if task.cancelled():
                return
            if error := task.exception():
                logger.error(
                    "a channel could not be served", exc_info=error, extra={"channel": name}
                )
            elif task.result():
                self._wake.set()  # record it; and more may have come meanwhile

        task.add_done_callback(done)

    async def _drain(self, name: str) -> int:
        """Send to one channel until it has nothing left, or its pace says wait."""
        channel, tried = self.channels.get(name), 0
        if channel is None:
            return await self._skip(name)
        while not self._stopping and (notices := await self._claim(name, channel.pace)):
            await self._settle(name, notices, await self._attempt(channel, notices))
            tried += 1
        return tried

    async def _claim(self, name: str, pace: Pace) -> Sequence[Notice]:
        return await self._outbox.claim(name, pace, owner=self._owner, now=self._now(), lease=LEASE)

    async def _attempt(self, channel: Channel, notices: Sequence[Notice]) -> Outcome:
        try:
            async with asyncio.timeout(self._deliver_within.total_seconds()):
                return await channel.deliver(Message(tuple(notices)))
        except TimeoutError:
            return Retry("timed out")
        except Exception as error:
            logger.exception("a channel failed", extra={"channel": notices[0].channel})
            reason = f"{type(error).__name__} in the channel"
            # A mistake of ours: retried, so that a new release can still send it, but by itself.
            return Retry(reason) if len(notices) == 1 else Rejected(reason, only_this=True)

    async def _settle(self, name: str, notices: Sequence[Notice], outcome: Outcome) -> None:
        keys, now = [notice.dedup_key for notice in notices], self._now()
        self.counts[name, "tried"] += 1
        match outcome:
            case Delivered():
                await self._mark_sent(name, keys, now)
                self.counts[name, "sent"] += len(keys)
            case Rejected(reason, only_this=True) if len(keys) > 1:
                await self._split(name, keys, reason)
            case Rejected(reason):
                await self._bury(name, keys, reason)
            case Retry(reason, after):
                await self._put_off(name, notices, reason, after, now)

    async def _mark_sent(self, name: str, keys: Sequence[str], at: datetime) -> None:
        """For as long as the lease may last: what is forgotten would be sent a second time."""
        for pause in MARK_AGAIN:
            try:
                return await self._outbox.sent(keys, at)
            except Exception as error:
                if self._stopping:
                    raise
                logger.warning(
                    "a delivery is not marked as sent yet",
                    extra={"channel": name, "error": str(error)},
                )
                await asyncio.sleep(pause)
        await self._outbox.sent(keys, at)

    async def _put_off(
        self,
        name: str,
        notices: Sequence[Notice],
        reason: str,
        after: timedelta | None,
        now: datetime,
    ) -> None:
        jitter = self._jitter()  # one for all: a flood that failed together is tried together
        again: dict[str, datetime] = {}
        hopeless: list[str] = []
        for notice in notices:
            delay = self._backoff.delay(notice.attempts, jitter)
            if delay is None:
                hopeless.append(notice.dedup_key)
            else:
                again[notice.dedup_key] = now + max(delay, after or delay)
        if after is not None:
            await self._outbox.hold(name, now + after)
        if hopeless:
            await self._bury(name, hopeless, f"gave up: {reason}")
        if again:
            await self._outbox.retry(again, reason, owner=self._owner)
            self.counts[name, "retried"] += len(again)
            logger.warning(
                "a delivery is put off",
                extra={"channel": name, "notices": len(again), "reason": reason},
            )

    async def _split(self, name: str, keys: Sequence[str], reason: str) -> None:
        """Into halves, and those again, until the guilty notice is alone: the others are sent."""
        middle = len(keys) // 2
        await self._outbox.split([keys[:middle], keys[middle:]], reason, owner=self._owner)
        self.counts[name, "retried"] += len(keys)
        logger.warning(
            "a message is refused: its notices are sent in two",
            extra={"channel": name, "notices": len(keys), "reason": reason},
        )

    async def _bury(self, name: str, keys: Sequence[str], reason: str) -> None:
        await self._outbox.dead(keys, reason, owner=self._owner)
        self.counts[name, "dead"] += len(keys)
        logger.error(
            "a delivery is given up",
            extra={"channel": name, "dedup_keys": list(keys[:10]), "reason": reason},
        )

    async def _skip(self, name: str) -> int:
        skipped = await self._outbox.skip(name, GRACE)
        self.counts[name, "skipped"] += skipped
        if skipped and name not in self._not_configured:
            self._not_configured.add(name)
            logger.warning("a channel is not configured: nothing is sent", extra={"channel": name})
        return 0
