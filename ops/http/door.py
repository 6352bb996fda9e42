"""Who may come in, and to what: tokens of the log and of the environment, with their scopes."""

import math
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from command_side import acting
from command_side.acting import Actor
from command_side.deciding.tokens import Scope, TokenBook, hashed, id_of
from engine.sla.instants import SECOND, micros
from ops.http import auth
from ops.http.auth import Token
from ops.http.pace import Pace
from ops.http.proxied import NotSworn, Proxy
from ops.logging import HOLDER

STREAM_OF_A_PERSON: Final = 15 * 60 * SECOND
CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who was let in."""

    name: str
    """For the log, and to be counted by."""
    scopes: frozenset[str] = frozenset()
    actor: Actor | None = None
    """As commands record it."""
    token_id: str | None = None
    """Of a token that was made here."""
    requests_a_minute: int = 0
    """0: as many as they like."""
    until: int | None = None
    """Of a person whom a proxy has recognised, with a session that other sites' pages can use: when
    a stream ends that they opened, so that the proxy is asked again."""


ANYBODY: Final = Holder("")
"""Let in as nobody needs a token."""
Asks = Callable[[HTTPConnection], Coroutine[Any, Any, None]]


class Door:
    """Closed as soon as there is any token; which there are may change at any time."""

    def __init__(
        self,
        configured: Sequence[Token],
        made: TokenBook,
        used: Callable[[str, datetime], None],
        now: Callable[[], datetime],
        seconds: Callable[[], float],
        *,
        home: str = "",
        hosts: Collection[str] = (),
        requests_a_minute: int = 0,
        proxy_keys: Sequence[str] = (),
    ) -> None:
        """`configured` are those of the environment, `made` those of the log; `used` is told the id
        of each that is used. `home` is the service's address for people, `hosts` are more names
        that it goes by, and with `proxy_keys` a proxy signs whom it has recognised."""
        self._configured, self._made, self._used, self._now = configured, made, used, now
        self._ours = auth.site_of(home)
        self._names = {*(name.casefold() for name in hosts), auth.name_of(self._ours)} - {""}
        self.is_https = home.startswith("https://")
        """Whether people reach the service by it alone."""
        self._most = requests_a_minute
        self._pace = Pace(seconds)
        self._proxy = Proxy(proxy_keys, now)

    @property
    def is_closed(self) -> bool:
        """Whether anybody needs a token."""
        return bool(self._configured) or bool(self._made) or bool(self._proxy)

    def requires(self, scope: Scope) -> Asks:
        """A dependency that lets through who may do what needs this scope, or `admin`."""

        async def check(connection: HTTPConnection) -> None:
            if not self.is_closed:
                self._refuse_strange_pages(connection)
                self._begin(connection, ANYBODY)
                return
            holder = self.holder(connection)
            if holder.requests_a_minute:
                self._refuse_too_many(holder)
            if holder.until is not None and auth.is_elsewhere(connection, self._ours):
                raise HTTPException(403, "Pages of other sites may do this only with a token.")
            if not holder.scopes & {scope, "admin"}:
                raise HTTPException(403, f"The token lacks the scope {scope}.")
            self._begin(connection, holder)

        return check

    def holder(self, connection: HTTPConnection) -> Holder:
        """Who it is, also where nothing has asked yet. Raises HTTPException (401)."""
        known: Holder | None = connection.scope.get(HOLDER)
        if known is None:
            given = auth.shown(connection)
            known = self._sworn(connection) if given is None else None
            known = connection.scope[HOLDER] = known or self._holder_of(given)
        return known

    def stands(self, holder: Holder) -> bool:
        """Whether somebody who was let in would be let in now, with a token that may have been
        revoked since."""
        if holder is ANYBODY:
            return not self.is_closed
        if holder.until is not None:
            return micros(self._now()) < holder.until
        token = None if holder.token_id is None else self._made.token(holder.token_id)
        return token is None or token.opens(micros(self._now()))

    def _holder_of(self, given: str | None) -> Holder:
        if given is None:
            raise HTTPException(
                401, "A token is needed: send Authorization: Bearer <token>.", CHALLENGE
            )
        found = self._of_the_log(given) or self._of_the_environment(given)
        if found is None:
            raise HTTPException(401, "The token is not known.", CHALLENGE)
        return found

    def _sworn(self, connection: HTTPConnection) -> Holder | None:
        try:
            person = self._proxy.person(connection)
        except NotSworn:
            raise HTTPException(
                401, "What the proxy says is not signed, or too old.", CHALLENGE
            ) from None
        if person is None:
            return None
        until = micros(self._now()) + STREAM_OF_A_PERSON
        actor = Actor(acting.PROXY, person.name)
        return Holder(person.name, person.scopes, actor, None, self._most, until)

    def _of_the_log(self, given: str) -> Holder | None:
        token_id = id_of(given)
        token = None if token_id is None else self._made.token(token_id)
        if token is None or not compare_digest(token.hash, hashed(given)):
            return None
        now = self._now()
        # Said only to who has the secret: to find a good one by trying, it is of no use.
        if token.revoked_at is not None:
            raise HTTPException(401, "The token was revoked.", CHALLENGE)
        if token.has_expired(micros(now)):
            raise HTTPException(401, "The token has expired.", CHALLENGE)
        self._used(token.token_id, now)
        most = self._most if token.requests_a_minute is None else token.requests_a_minute
        actor = Actor(f"{acting.TOKEN}{token.name}")
        return Holder(token.name, frozenset(token.scopes), actor, token.token_id, most)

    def _of_the_environment(self, given: str) -> Holder | None:
        """Looks at all of them, whichever it is: these may be short enough to be guessed."""
        hash_, held, name = hashed(given), frozenset[str](), ""
        for token in self._configured:
            if compare_digest(token.hash, hash_):
                held, name = held | token.scopes, name or token.name
        if not held:
            return None
        actor = Actor(f"{acting.TOKEN}{name}")
        return Holder(name, held, actor, requests_a_minute=self._most)

    def _begin(self, connection: HTTPConnection, holder: Holder) -> None:
        connection.scope[HOLDER] = holder
        acting.begin(holder.actor)

    def _refuse_too_many(self, holder: Holder) -> None:
        wait = self._pace.wait(holder.name, holder.requests_a_minute)
        if wait:
            seconds = math.ceil(wait)
            raise HTTPException(
                429,
                f"More than {holder.requests_a_minute} requests a minute came with this token.",
                {"Retry-After": str(seconds)},
            )

    def _refuse_strange_pages(self, connection: HTTPConnection) -> None:
        """Where nobody needs a token, a page of another site may not command, nor open a WebSocket:
        it could in the browser of anybody who reaches this service. Nor is anybody answered who
        asks under a name that is not the service's: that page's own name may lead here, and then a
        browser would show it the answers."""
        asked = connection.headers.getlist("host")
        if not all(auth.cannot_be_taken(host) or self._is_ours(host) for host in asked):
            raise HTTPException(
                421,
                "The service does not know this host name as its own, and there are no tokens:"
                " make one, or add the name to ALLOWED_HOSTS.",
            )
        if auth.is_elsewhere(connection, self._ours):
            raise HTTPException(
                403,
                "Pages of other sites may do this only with a token, and there are none: make one,"
                " or set PUBLIC_URL if this is the service's own page.",
            )

    def _is_ours(self, host: str) -> bool:
        return auth.name_of(host) in self._names
