"""What becomes of a press in Slack: the desk's command, and a word to whoever pressed."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx

from command_side.deciding.people import SnoozedAlready, TicketOver
from command_side.desk import TicketDesk, TicketUnknown
from config.loading import Loaded
from config.people import Person
from engine.notify.message import Delivered
from engine.notify.post import post
from engine.notify.slack_buttons import ACKNOWLEDGE, HOUR, SNOOZE_HOUR, SNOOZE_TOMORROW
from engine.notify.slack_press import Press, tomorrow_morning
from engine.notify.slack_text import date
from engine.sla.instants import micros
from ops.http.people import time_zone

logger = logging.getLogger(__name__)

ACTIONS = (ACKNOWLEDGE, SNOOZE_HOUR, SNOOZE_TOMORROW)
WITHIN_SECONDS = 2.5
"""Slack waits for three."""
UNKNOWN = "This ticket is not known here any more. Nothing has changed."
OVER = "This ticket is over: nothing of it goes on. Nothing has changed."
ALREADY = "It is snoozed already: nothing is sent about it before {}. Nothing has changed."
NOT_YOU = "Only people whom the configuration knows may do this here. Nothing has changed."
UNSURE = "This may not have been recorded: the service does not answer in time. Please look again."


@dataclass(frozen=True, slots=True)
class Pressing:
    """Takes what is pressed."""

    desk: TicketDesk
    newest: Callable[[], Loaded | None]
    """The newest version of the configuration: its people are known by their keys."""
    client: httpx.AsyncClient
    now: Callable[[], datetime]

    async def take(self, press: Press) -> str:
        """Have it recorded, once however often it comes; what to say to who pressed, in mark-up.
        Never raises; empty: nothing was to be done."""
        if press.action not in ACTIONS:  # a link, which the browser follows
            return ""
        ticket = press.ticket
        if ticket is None:
            return UNKNOWN
        person = self._person(press.user)
        if person is None and press.only_people:
            return NOT_YOU
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                return await self._command(press, person)
        except TicketUnknown:
            return UNKNOWN
        except TicketOver:  # a message keeps its buttons
            return OVER
        except SnoozedAlready as already:
            return ALREADY.format(date(already.until))
        except Exception as error:
            about = {"ticket_id": str(ticket), "error": repr(error)}
            logger.warning("a press in Slack may not have been recorded", extra=about)
            return UNSURE

    async def say(self, press: Press, text: str) -> None:
        """To who pressed, and nobody else; that cannot be heard is no reason to fail."""
        content = json.dumps(
            {"response_type": "ephemeral", "replace_original": False, "text": text}
        ).encode()
        outcome = await post(self.client, press.response_url, content, {}, self.now)
        if not isinstance(outcome, Delivered):
            logger.warning("who pressed in Slack heard nothing", extra={"reason": outcome.reason})

    async def _command(self, press: Press, person: Person | None) -> str:
        now, ticket = self.now(), press.ticket
        if ticket is None:
            raise TicketUnknown
        by = person.key if person else f"slack:{press.user}"
        if press.action == ACKNOWLEDGE:
            await self.desk.acknowledge(
                ticket, by=by, note=None, now=now, correlation_id=press.once, once=True
            )
            return "You have it: nobody higher up is told for now."
        until = now + HOUR
        if press.action == SNOOZE_TOMORROW:
            until = tomorrow_morning(now, time_zone(self.newest(), person))
        await self.desk.snooze(
            ticket,
            until=until,
            by=by,
            reason=None,
            now=now,
            correlation_id=press.once,
            once=True,
        )
        return f"Snoozed: nothing is sent about it before {date(micros(until))}."

    def _person(self, user: str) -> Person | None:
        newest = self.newest()
        return next((one for one in newest.people if one.slack == user), None) if newest else None
