"""E-mail, by SMTP: to the addresses of the channel, and to each person whom a notice is for."""

import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.headerregistry import Address
from typing import Annotated, Literal

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPTimeoutError,
)
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from engine.notify.links import Links, none
from engine.notify.mail import mail
from engine.notify.message import Delivered, Message, Notice, Outcome, Pace, Rejected, Retry
from engine.notify.options import Options, Tools, Variable, Variables
from engine.notify.plain_text import cut, one_line
from engine.notify.taken import Taken
from engine.notify.threads import Apart, Threads

EMAIL_PACE = Pace(every=timedelta(seconds=1), burst=10, group_above=10)
WITHIN_SECONDS = 8.0
"""For each answer of the server: more than one fits into the time that a delivery has."""
PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}
MOST_WORDS = 200
NOBODY = (
    "nobody is to get it: the channel has no `to`, nor the notice anybody with an e-mail address"
)
_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+"
ADDRESS = re.compile(rf"{_WORD}(\.{_WORD})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""What every server takes, and no header can be broken by."""

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in."""

    host: str
    port: int
    security: Security
    login: tuple[str, str] | None = None
    """User and password."""
    tls: ssl.SSLContext | None = None
    """Whom to trust; None: whom this machine trusts."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets a mail."""

    address: str
    called: str
    """In logs and reasons: an address of the configuration, or the key of a person."""
    name: str = ""
    """Of a person, for the mail itself."""
    person: str = ""
    """Who alone reads it, by key, or by address, that may be anybody's; empty: there are more."""


class Email:
    """Sends a mail a notice, or one of a flood; what each receiver took is not sent it again."""

    def __init__(
        self,
        server: Server,
        *,
        sender: str,
        to: Sequence[str],
        now: Callable[[], datetime],
        public_url: str = "",
        links: Links | None = None,
        threads: Threads | None = None,
        pace: Pace = EMAIL_PACE,
    ) -> None:
        """`to` are those who get every mail; `public_url` is where people reach this service
        (empty: no links), and by `links` they answer; `threads` know a ticket's cycle."""
        self._server = server
        self._sender = sender
        alone = to[0] if len(to) == 1 else ""
        self._to = [Receiver(address, address, person=alone) for address in to]
        self._now = now
        self._public_url = public_url.rstrip("/")
        self._links = links
        self._threads = threads or Apart()
        self._taken = Taken()
        self._secrets = _secrets(server.login)
        self.pace = pace

    async def deliver(self, message: Message) -> Outcome:
        """Send to whoever has not taken it: delivered once nobody is left."""
        receivers = self._receivers(message.notices)
        if any(all(one not in mine for mine in receivers.values()) for one in message.notices):
            return Rejected(NOBODY, only_this=True, asked=False)
        smtp = self._smtp()
        try:
            await smtp.connect()
            refused = await self._send(smtp, receivers, message.notices)
            with suppress(SMTPException, OSError):  # it has taken them
                await smtp.quit()
        except (SMTPException, OSError) as error:
            return self._failed(error)
        finally:
            smtp.close()
        if not refused:
            self._taken.forget((one.address for one in receivers), message.notices)
            return Delivered()
        reason = "; ".join(f"{who.called}: {why.reason}" for who, why in refused.items())
        reason = self._safe(reason, receivers)
        if any(isinstance(why, Retry) for why in refused.values()):
            return Retry(reason)
        # Who is to get every mail would refuse each part of it, too: the channel is to blame.
        for_all = any(
            who in self._to and isinstance(why, Rejected) and not why.only_this
            for who, why in refused.items()
        )
        return Rejected(reason, only_this=not for_all)

    def _receivers(self, notices: Sequence[Notice]) -> dict[Receiver, list[Notice]]:
        """With what each is to get."""
        found = {receiver: list(notices) for receiver in self._to}
        known = {receiver.address.casefold(): receiver for receiver in self._to}
        for notice in notices:
            for person in notice.body.get("people") or ():
                if address := person.get("email"):
                    key, name = person["key"], person.get("name") or ""
                    receiver = Receiver(address, key, name, key)
                    receiver = known.setdefault(address.casefold(), receiver)
                    if notice not in found.setdefault(receiver, []):
                        found[receiver].append(notice)
        return found

    async def _send(
        self, smtp: SMTP, receivers: Mapping[Receiver, list[Notice]], notices: Sequence[Notice]
    ) -> dict[Receiver, Retry | Rejected]:
        """One mail to all who are still to get the same notices, but to each person one where it
        has links of their own; who did not take it, and why."""
        alike: dict[tuple[str, tuple[str, ...]], list[Receiver]] = {}
        by_key = {notice.dedup_key: notice for notice in notices}
        refused: dict[Receiver, Retry | Rejected] = {}
        for receiver, mine in receivers.items():
            left = self._taken.left(receiver.address, mine)
            if not ADDRESS.fullmatch(receiver.address):
                refused[receiver] = Rejected("this is no address that mail can be sent to")
            elif left:
                person = receiver.person if self._links else ""
                keys = tuple(one.dedup_key for one in left)
                alike.setdefault((person, keys), []).append(receiver)
        for (person, keys), who in alike.items():
            about = [by_key[key] for key in keys]
            not_taken = await self._hand_in(smtp, who, about, person)
            for receiver in who:
                if receiver.address not in not_taken:
                    self._taken.add(receiver.address, about)
                else:
                    refused[receiver] = not_taken[receiver.address]
        return refused

    async def _hand_in(
        self, smtp: SMTP, receivers: Sequence[Receiver], notices: Sequence[Notice], person: str
    ) -> Mapping[str, Retry | Rejected]:
        """The addresses that did not take it."""
        addresses = [one.address for one in receivers]
        thread = await self._threads.find(notices[-1])
        made = mail(
            notices,
            sender=self._sender,
            to=[Address(one_line(one.name), addr_spec=one.address) for one in receivers],
            at=self._now(),
            public_url=self._public_url,
            answers=self._links.to(person) if self._links else none,
            cycle=thread.key.cycle,
        )
        try:
            answers, _ = await smtp.sendmail(self._sender, addresses, bytes(made))
        except SMTPRecipientsRefused as error:
            return {one.recipient: _answered(one.code, one.message) for one in error.recipients}
        except SMTPDataError as error:
            return dict.fromkeys(addresses, _answered(error.code, error.message, only_this=True))
        return {who: _answered(one.code, one.message) for who, one in answers.items()}

    def _smtp(self) -> SMTP:
        server = self._server
        user, password = server.login or (None, None)
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=user,
            password=password,
            local_hostname=self._sender.rpartition("@")[2],
            timeout=WITHIN_SECONDS,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=server.tls,
        )

    def _failed(self, error: SMTPException | OSError) -> Outcome:
        """Before anybody was asked whether he takes it, or in the middle."""
        match error:
            case SMTPTimeoutError():
                return Retry("timed out")
            case SMTPAuthenticationError(code=code, message=text) if code >= 500:
                return Rejected(self._safe(f"the user or the password is refused: {code} {text}"))
            case SMTPResponseException(code=code, message=text):
                reason = self._safe(f"{code} {text}")
                return Rejected(reason) if code >= 500 else Retry(reason)
            case SMTPException(message=text) if type(error) in (SMTPException, SMTPNotSupported):
                return Rejected(self._safe(text))  # it has no STARTTLS, or knows no login
            case _:
                why = _certificate_fault(error) or type(error).__name__
                return Retry(f"no answer: {why}")

    def _safe(self, text: str, receivers: Iterable[Receiver] = ()) -> str:
        """What a server says, as it may be kept and logged: without what it repeats of ours."""
        for receiver in receivers:
            text = re.sub(re.escape(receiver.address), receiver.called, text, flags=re.IGNORECASE)
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return cut(text, MOST_WORDS)


def _answered(code: int, text: str, *, only_this: bool = False) -> Retry | Rejected:
    reason = f"{code} {text}"
    return Rejected(reason, only_this) if code >= 500 else Retry(reason)


def _certificate_fault(error: BaseException) -> str | None:
    """Whether it is the certificate."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}"
        cause = cause.__cause__
    return None


def _secrets(login: tuple[str, str] | None) -> list[str]:
    """What proves who we are, as it is sent; the longest first."""
    if login is None:
        return []
    user, password = login
    sent = (f"\0{user}\0{password}", password)
    return [password, *(b64encode(each.encode()).decode().rstrip("=") for each in sent)]


def _address(text: str) -> str:
    if not ADDRESS.fullmatch(text):
        raise ValueError("must be an address such as sla@example.com")
    return text


def _some(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:]+", text):
        raise ValueError("must be the name or address of a server, such as smtp.example.com")
    return text


OneAddress = Annotated[str, AfterValidator(_address)]


class EmailOptions(Options):
    """Who sends it, by which server, and to whom besides the people of a notice."""

    tells_of_many = True
    host: Annotated[str, AfterValidator(_host)]
    security: Security = "starttls"
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    sender: OneAddress = Field(alias="from")
    to: Annotated[tuple[OneAddress, ...], BeforeValidator(_some)] = ()
    user_env: Variable | None = None
    password_env: Variable | None = Field(None, validate_default=True)

    @property
    def to_people_alone(self) -> bool:
        return not self.to

    @field_validator("to")
    @classmethod
    def _no_loop(cls, to: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if str(info.data.get("sender")).casefold() in map(str.casefold, to):
            raise ValueError("must not be who it is `from`: mail would go in circles")
        return to

    @field_validator("password_env")
    @classmethod
    def _with_its_user(cls, variable: str | None, info: ValidationInfo) -> str | None:
        if variable is None and info.data.get("user_env") is not None:
            raise ValueError("is missing: there is a user without a password")
        if variable is not None and info.data.get("security") == "none":
            raise ValueError("would be sent in the open: set `security` to starttls or tls")
        if variable is not None and info.data.get("user_env") is None:
            raise ValueError("is a password without a user: name `user_env`, too")
        return variable

    def addresses(self, variables: Variables) -> Sequence[str]:
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "smtps" if self.security == "tls" else "smtp"
        return (f"{scheme}://{host}:{self.port or PORTS[self.security]}",)

    def channel(self, tools: Tools) -> Email:
        given = tools.variables
        login = None
        if self.user_env is not None and self.password_env is not None:
            login = given.text(self.user_env), given.text(self.password_env)
        return Email(
            Server(self.host, self.port or PORTS[self.security], self.security, login),
            sender=self.sender,
            to=self.to,
            now=tools.now,
            public_url=tools.public_url,
            links=tools.links,
            threads=tools.threads,
            pace=replace(EMAIL_PACE, group_wait=tools.group_wait),
        )
