"""The courier: carries what the outbox holds to its channels, at least once, and has it recorded.

Any number of couriers may share one outbox. A claim is a lease: a courier that dies in the middle
of a delivery leaves rows that another takes over, under the same dedup key, once it has run out.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from engine import tracing
from engine.notify.backoff import Backoff
from engine.notify.failing import LOOK, Care
from engine.notify.message import (
    Channel,
    Delivered,
    Message,
    Outcome,
    Rejected,
    Retry,
    as_sent,
)
from engine.notify.people import Person, named
from engine.notify.port import Outbox, Unreachable
from engine.notify.recorder import DeliveryLog, Recorder
from engine.notify.settling import Errand, Settling

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
DELIVER_WITHIN = timedelta(seconds=15)
"""Well below the lease: nobody else may take over what is still under way."""
REMEMBER_WITHIN = 2.0
"""Seconds that marking as sent waits for what the channel has to remember of a message."""
AT_ONCE = 10
"""Messages under way to one channel: one that hangs leaves the way free for the others."""
POLL = timedelta(milliseconds=250)
"""Other processes fill the outbox too, and cannot wake this one."""
GRACE = timedelta(minutes=10)
"""So long a notice waits for a channel that this process cannot write to: another may, which was
deployed later, has an address or has learnt a newer version, or this one may learn of it."""


UNKNOWN = Unreachable("there is no such channel")


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
        told: Callable[[str, float], None] = lambda channel, seconds: None,
    ) -> None:
        """`owner` names this courier among all; `channels` holds those that can be written to, by
        name, `courier.unreachable` those that cannot, `courier.care` says which of them are looked
        after; all may be replaced while running. `told` hears of each alert by channel how many
        seconds after it was raised it was taken there."""
        self.channels = channels
        self.unreachable: Mapping[str, Unreachable] = {}
        self.people: Mapping[str, Person] = {}
        """By key, as the newest configuration has them; may be replaced too."""
        self.care: Care | None = None
        self._looked_at: datetime | None = None
        self._outbox = outbox
        self._recorder = Recorder(outbox, log, owner=owner, lease=LEASE)
        self._settling = Settling(
            outbox, now=now, backoff=backoff or Backoff(), jitter=jitter, told=told
        )
        self.messages, self.notices = self._settling.messages, self._settling.notices
        self.tickets = self._settling.tickets
        self._now = now
        self._owner = owner
        self._deliver_within = deliver_within
        self._numbers = count(1)
        self._under_way: set[str] = set()
        self._wake = asyncio.Event()
        self._busy: dict[str, asyncio.Task[int]] = {}
        self._knocks: dict[str, asyncio.Event] = {}
        """Of the channels that are served: set where there may be more to send."""

    def wake(self) -> None:
        """There is something in the outbox: look now, not at the next poll."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; what is under way then is finished. Outlives database failures."""
        self._settling.stopping = False
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
                with contextlib.suppress(TimeoutError):  # nobody woke it: a look is due
                    async with asyncio.timeout(wait.total_seconds()):
                        await self._wake.wait()
            self._settling.stopping = True
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
        finally:
            for task in (stopped, *self._busy.values()):
                task.cancel()

    async def deliver_due(self) -> int:
        """Send whatever may go now, and record it; how many messages were tried. For a virtual
        clock: one call an instant does all that `run` would."""
        now = self._now()
        await self._look_after(now)
        ready = [name for name, at in (await self._ready(now)).items() if at <= now]
        tried = sum(await asyncio.gather(*(self._drain(name) for name in ready)))
        while await self._recorder.record():
            pass
        return tried

    async def _serve(self) -> timedelta:
        """Start what can start; how long until something else can, at most a poll."""
        now, wait = self._now(), POLL
        if self._looked_at is None or abs(now - self._looked_at) >= LOOK:
            await self._look_after(now)
        for name, at in (await self._ready(now)).items():
            if at > now:
                wait = min(wait, at - now)
            elif name not in self._busy:
                self._start(name, self._drain(name))
            elif name in self._knocks:
                self._knocks[name].set()
        if "" not in self._busy:  # no channel's name: the recording of deliveries
            self._start("", self._recorder.record())
        return wait

    async def _look_after(self, now: datetime) -> None:
        """Have it said which channels are dead, and which are well again."""
        self._looked_at = now
        for one in await self._outbox.turn(self.care, now) if self.care else ():
            about = {"channel": one.channel, "since": one.since, "told": list(one.told)}
            if one.now == "dead":
                logger.error("a channel is dead", extra={**about, "reason": one.reason})
            else:
                logger.warning("a channel is well again", extra=about)

    async def _ready(self, now: datetime) -> Mapping[str, datetime]:
        return await self._outbox.ready(owner=self._owner, under_way=self._under_way, now=now)

    def _start(self, name: str, work: Coroutine[Any, Any, int]) -> None:
        task = asyncio.create_task(work)
        self._busy[name] = task

        def done(task: asyncio.Task[int]) -> None:
            del self._busy[name]
            if task.cancelled():
                return
            if error := task.exception():
                _not_served(name, error)
            elif task.result():
                self._wake.set()  # record it; and more may have come meanwhile

        task.add_done_callback(done)

    async def _drain(self, name: str) -> int:
        """Send to one channel until it has nothing left, or its pace says wait, and nothing is
        under way to it any more; whoever knocks meanwhile has found more."""
        if name not in self.channels:
            return await self._give_up(name)
        tried, under_way = 0, set[asyncio.Task[None]]()
        knock = self._knocks[name] = asyncio.Event()
        try:
            while True:
                knock.clear()
                while len(under_way) < AT_ONCE and (errand := await self._claim(name)):
                    task = asyncio.create_task(self._carry(errand))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                    task.add_done_callback(lambda _: knock.set())
                    tried += 1
                if not under_way and not knock.is_set():
                    return tried
                await knock.wait()
        except Exception:  # of the claim: what is under way has nothing to do with it
            await asyncio.gather(*under_way)
            raise
        finally:
            del self._knocks[name]
            for task in under_way:
                task.cancel()

    async def _claim(self, name: str) -> Errand | None:
        channel = self.channels.get(name)
        if channel is None or self._settling.stopping:
            return None
        errand = f"{self._owner}/{next(self._numbers)}"
        self._under_way.add(errand)
        try:
            notices = await self._outbox.claim(
                name,
                channel.pace,
                errand=errand,
                owner=self._owner,
                under_way=self._under_way,
                now=self._now(),
                lease=LEASE,
            )
        except BaseException:
            self._under_way.discard(errand)
            raise
        if notices:
            return Errand(errand, channel, notices)
        self._under_way.discard(errand)
        return None

    async def _carry(self, errand: Errand) -> None:
        began = tracing.began()
        try:
            outcome = await self._attempt(errand)
            if tracing.spans is not None:
                error = None if isinstance(outcome, Delivered) else type(outcome).__name__.lower()
                keys = [one.dedup_key for one in errand.notices]
                tracing.spans.sent(errand.to, keys, began, error)
            async with asyncio.TaskGroup() as group:
                if isinstance(outcome, Delivered) and outcome.remember is not None:
                    # Before it is marked as sent, for what follows on its ticket may go at once
                    # then; but the lease does not wait.
                    remembering = group.create_task(outcome.remember())
                    await asyncio.wait({remembering}, timeout=REMEMBER_WITHIN)
                await self._settling.settle(errand, outcome)
        except Exception as error:
            _not_served(errand.to, error)
        finally:
            self._under_way.discard(errand.name)

    async def _attempt(self, errand: Errand) -> Outcome:
        try:
            async with asyncio.timeout(self._deliver_within.total_seconds()):
                now = self._now()
                notices = tuple(as_sent(named(one, self.people), now) for one in errand.notices)
                return await errand.channel.deliver(Message(notices))
        except TimeoutError:
            return Retry("timed out")
        except Exception as error:
            logger.exception("a channel failed", extra={"channel": errand.to})
            reason = f"{type(error).__name__} in the channel"
            # A mistake of ours: retried, so that a new release can still send it, but by itself.
            alone = len(errand.notices) == 1
            return Retry(reason) if alone else Rejected(reason, only_this=True)

    async def _give_up(self, name: str) -> int:
        why = self.unreachable.get(name, UNKNOWN)
        state = "dead" if why.wanted else "skipped"
        count = await self._outbox.give_up(name, GRACE, why.reason, state)
        if count:
            if why.wanted:
                since = self._now() - GRACE
                await self._outbox.failed(name, why.reason, since, surely=True)
            self.notices[name, state] += count
            logger.log(
                logging.ERROR if why.wanted else logging.INFO,
                "notices are given up",
                extra={"channel": name, "notices": count, "state": state, "reason": why.reason},
            )
        return 0


def _not_served(name: str, error: BaseException) -> None:
    logger.error("a channel could not be served", exc_info=error, extra={"channel": name})
