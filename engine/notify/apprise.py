"""The services that the library `apprise` knows: Telegram, Discord, Matrix, ntfy, SMS and others.

It is an optional part of an installation, and speaks from threads.
"""

import asyncio
import logging
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pydantic import ValidationInfo, field_validator

from engine.notify.links import Links, none
from engine.notify.message import Delivered, Message, Outcome, Pace, Retry
from engine.notify.news import by_ticket
from engine.notify.options import Options, Tools, Variable
from engine.notify.plain import SAID, plain
from engine.notify.taken import Taken

if TYPE_CHECKING:
    from apprise import NotifyBase

APPRISE_PACE = Pace(every=timedelta(seconds=1), burst=4, group_above=3)
"""What the strictest of them allows, about."""
WITHIN_SECONDS = 12.0
"""A thread that takes longer goes on by itself: its message may still arrive."""
THREADS = 4
MISSING = "needs the library apprise: pip install apprise (the extra `apprise`)"
KINDS: Mapping[str, str] = {
    "warning": "warning",
    "critical": "warning",
    "escalated": "warning",
    "breached": "failure",
    "channel dead": "failure",
    "channel well": "success",
    "resolved in time": "success",
    "answered in time": "success",
    "done in time": "success",
}
"""What the library takes it for, by the word for what happened; all else is info."""


class Apprise:
    """Sends plain text to each of the services; who has taken it does not get it again."""

    def __init__(
        self,
        services: "Sequence[NotifyBase]",
        *,
        public_url: str = "",
        links: Links | None = None,
        pace: Pace = APPRISE_PACE,
    ) -> None:
        """`public_url` is where people reach this service; empty: no links. By `links` they
        answer."""
        self._services = {f"{place} {one.service_name}": one for place, one in _numbered(services)}
        self._public_url = public_url.rstrip("/")
        self._answers = links.to() if links else none
        self._taken = Taken()
        # Threads of its own: services that hang keep none of those that look up addresses.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="apprise")
        self.pace = pace

    async def deliver(self, message: Message) -> Outcome:
        """Send to all that have not taken it: delivered once none is left."""
        notices = message.notices
        waiting = [name for name in self._services if self._taken.left(name, notices)]
        said = plain(notices, self._public_url, self._answers)
        what = SAID.what(by_ticket(notices)[0]).removeprefix("still ")
        title, kind = f"{said.emoji} {said.title}", KINDS.get(what, "info")
        sendings = (self._send(name, title, said.text, kind) for name in waiting)
        failed: list[str] = []
        for name, why in zip(waiting, await asyncio.gather(*sendings), strict=True):
            if why is None:
                self._taken.add(name, notices)
            else:
                failed.append(f"service {name}: {why}")
        if failed:
            return Retry("; ".join(failed))
        self._taken.forget(self._services, notices)
        return Delivered()

    async def _send(self, name: str, title: str, body: str, kind: str) -> str | None:
        """Why it was not taken. The library says no more, and may repeat the address: it is a
        secret."""
        service = self._services[name]

        def send() -> bool:
            return service.notify(title=title, body=body, notify_type=kind, body_format="text")

        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                sent = await asyncio.get_running_loop().run_in_executor(self._threads, send)
        except TimeoutError:
            return "timed out"
        except Exception as error:
            return type(error).__name__
        return None if sent else "it did not take it"


def _numbered(services: "Sequence[NotifyBase]") -> "list[tuple[int, NotifyBase]]":
    return list(enumerate(services, start=1))


class AppriseOptions(Options):
    """Which services, by the library's own addresses, with spaces or commas between."""

    tells_of_many = True
    urls_env: Variable

    @field_validator("urls_env")
    @classmethod
    def _installed(cls, variable: str, info: ValidationInfo) -> str:
        if find_spec("apprise") is not None:
            # It takes a second: for those alone who use it, and here, as configurations are read
            # in threads. Channels are built where everything else would have to wait.
            import_module("apprise")
        elif info.context is None:
            raise ValueError(MISSING)
        return variable

    def channel(self, tools: Tools) -> Apprise:
        given = tools.variables
        urls = re.split(r"[\s,]+(?=[A-Za-z0-9.+-]+://)", given.text(self.urls_env))
        if find_spec("apprise") is None:
            raise given.unfit(self.urls_env, MISSING)
        import apprise

        for name in ("apprise", "urllib3"):  # they log addresses, which are secrets
            logging.getLogger(name).setLevel(logging.CRITICAL)
        services: list[NotifyBase] = []
        for place, url in enumerate(urls, start=1):
            service = apprise.Apprise.instantiate(url)  # pyright: ignore[reportUnknownMemberType] - the library leaves its dicts untyped
            if service is None:
                raise given.unfit(
                    self.urls_env, f"holds what apprise does not know: address {place}"
                )
            if service.overflow_mode == apprise.OverflowMode.UPSTREAM:
                service.overflow_mode = apprise.OverflowMode.SPLIT  # not refused for its length
            services.append(service)
        return Apprise(
            services,
            public_url=tools.public_url,
            links=tools.links,
            pace=replace(APPRISE_PACE, group_wait=tools.group_wait),
        )
