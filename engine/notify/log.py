"""The service's own log as a channel: for trying what is told, and when."""

import logging
from dataclasses import replace
from datetime import timedelta

from engine.notify.message import Delivered, Message, Outcome, Pace
from engine.notify.news import by_ticket
from engine.notify.options import Options, Tools
from engine.notify.plain import SAID
from engine.notify.words import address

logger = logging.getLogger(__name__)

LOG_PACE = Pace(every=timedelta(milliseconds=5), burst=200)
PERSONAL = ("title", "assigned_to", "by", "people")
"""Can be erased, which a log cannot: it says nothing of them."""


class Log:
    """Writes a line a notice, whatever LOG_LEVEL says: what is delivered can be seen."""

    pace = LOG_PACE

    def __init__(self, public_url: str = "") -> None:
        self._public_url = public_url
        logger.setLevel(logging.INFO)

    async def deliver(self, message: Message) -> Outcome:
        """Always taken."""
        for notice in message.notices:
            told = {name: said for name, said in notice.body.items() if name not in PERSONAL}
            (news,) = by_ticket([replace(notice, body=told)])
            about = {
                "channel": notice.channel,
                "said": f"{SAID.headline(news)} ({', '.join(SAID.about(news))})",
                "dedup_key": notice.dedup_key,
            }
            link = {"link": address(news, self._public_url)} if self._public_url else {}
            logger.info("a notice", extra=about | link)
        return Delivered()


class LogOptions(Options):
    """No key but its type."""

    def channel(self, tools: Tools) -> Log:
        return Log(tools.public_url)
