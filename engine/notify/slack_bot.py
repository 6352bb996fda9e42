"""Slack by an app's bot: a ticket has one thread, whose first message shows what is so now."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from engine.notify import slack_blocks, slack_present
from engine.notify.message import Delivered, Message, Notice, Outcome, Pace
from engine.notify.news import by_ticket
from engine.notify.slack_api import GONE, Json, No, SlackApi
from engine.notify.slack_blocks import Look
from engine.notify.threads import Changed, First, Gone, Posted, Shown, Thread, Threads, taken

LINK_WITHIN = 3.0
"""Seconds for the link to an earlier thread: the message is to arrive in the time that is left."""
WORSE = ("breached", "critical")
"""What is worth more than a reply that nobody may look at: it is shown in the conversation, too."""


class SlackBot:
    """Posts Block Kit to one conversation; a flood is one message, and opens no thread."""

    def __init__(
        self,
        api: SlackApi,
        conversation: str,
        *,
        now: Callable[[], datetime],
        threads: Threads,
        look: Look,
        pace: Pace,
    ) -> None:
        self._api = api
        self._conversation = conversation
        self._now = now
        self._threads = threads
        self._look = look
        self.pace = pace

    async def deliver(self, message: Message) -> Outcome:
        """Post one message; the first of a ticket's cycle opens a thread, later ones go into it."""
        notices = message.notices
        if any(one.ticket_id != notices[-1].ticket_id for one in notices):
            answer = await self._post(slack_blocks.payload(notices, self._look))
            return answer.outcome if isinstance(answer, No) else Delivered()
        thread = await self._threads.find(notices[-1])
        posted = thread.posted
        if posted is not None and posted.place == self._conversation and posted.message_id:
            answer = await self._reply(notices, posted.message_id)
            if not (isinstance(answer, No) and answer.error in GONE):
                return self._kept(answer, thread, notices, posted.message_id)
        if posted is not None:  # it is gone, or elsewhere
            await self._threads.forget(thread.key, posted.message_id)
        return await self._open(thread, notices)

    async def _reply(self, notices: Sequence[Notice], message_id: str) -> Json | No:
        payload = slack_blocks.payload(notices, self._look, replies=True)
        (news,) = by_ticket(notices)
        is_worse = news.is_urgent and (
            news.first.told.get("severity") in WORSE or news.first.kind == "escalation"
        )
        return await self._post(
            payload | {"thread_ts": message_id, **({"reply_broadcast": True} if is_worse else {})}
        )

    async def _open(self, thread: Thread, notices: Sequence[Notice]) -> Outcome:
        before = thread.earlier
        about = [await self._link(before)] if before else []
        answer = await self._post(slack_blocks.payload(notices, self._look, about=about))
        return self._kept(answer, thread, notices, "")

    def _kept(
        self, answer: Json | No, thread: Thread, notices: Sequence[Notice], message_id: str
    ) -> Outcome:
        """Who cannot be asked to keep it opens another thread with the ticket's next message."""
        if isinstance(answer, No):
            return answer.outcome
        posted = Posted(
            self._conversation,
            message_id or str(answer.get("ts") or ""),
            slack_blocks.said(notices),
            self._now(),
        )
        shown = slack_present.when_told(notices[-1]).text()
        return taken(self._threads, thread.key, posted, notices[-1], shown)

    async def _link(self, before: Posted) -> Json:
        """To the thread of the cycle before, where Slack can say where that is."""
        if before.message_id:
            about = {"channel": before.place, "message_ts": before.message_id}
            with suppress(TimeoutError):  # then it says what it follows, without the link
                async with asyncio.timeout(LINK_WITHIN):
                    answer = await self._api.ask("chat.getPermalink", about)
                    link = "" if isinstance(answer, No) else str(answer.get("permalink") or "")
                    if slack_blocks.is_link(link):
                        return slack_blocks.linked("Opened again. Before", link)
        return slack_blocks.follows(before.said, before.at)

    async def show(self, first: First) -> Changed:
        """Have the first message say what is so by now."""
        present = slack_present.by_now(first.ticket, self._now())
        what = present.text()
        if what == first.shown:
            return Shown(what, over=bool(present.ended), asked=False)
        payload = slack_blocks.first(first.notice, present, self._look)
        about = {"channel": first.place, "ts": first.message_id}
        answer = await self._api.call("chat.update", about | payload)
        if not isinstance(answer, No):
            return Shown(what, over=bool(present.ended), asked=True)
        return Gone() if answer.error in GONE else answer.outcome

    async def _post(self, payload: Json) -> Json | No:
        return await self._api.call(
            "chat.postMessage", {"channel": self._conversation, "unfurl_media": False, **payload}
        )
