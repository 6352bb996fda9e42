"""A real SMTP server for tests, in the test's own event loop: it takes mail, or refuses it."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from typing import Any, cast

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "sla", "correct horse battery staple"


@cache
def certificates() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Of a server at 127.0.0.1, and for clients that trust who has made it."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.tempfile() as path:
        server.load_cert_chain(path)
    client = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    return server, client


@dataclass
class Mailbox:
    """What has come, and what is refused."""

    port: int = 0
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
    """By address, or `DATA` or `MAIL`: with what answer."""
    mails: list[tuple[list[str], EmailMessage]] = field(
        default_factory=list[tuple[list[str], EmailMessage]]
    )
    """To whom, and what."""
    users: list[str] = field(default_factory=list[str])
    """Who has logged in."""

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.refused.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.refused.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if refusal := self.refused.get("DATA"):
            return refusal
        content = cast(bytes, envelope.content)
        made = message_from_bytes(content, policy=policy.default)
        self.mails.append((list(envelope.rcpt_tos), made))
        return "250 OK"

    def check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        login = cast(LoginPassword, data)
        known = (login.login, login.password) == (USER.encode(), PASSWORD.encode())
        if known:
            self.users.append(USER)
        return AuthResult(success=known, handled=False)


@asynccontextmanager
async def mailbox(
    *, security: str = "none", login: bool = False, refused: Mapping[str, str] | None = None
) -> AsyncGenerator[Mailbox]:
    """On a free port of this machine."""
    box = Mailbox(refused=refused or {})
    certificate = certificates()[0]

    def connection() -> SMTP:
        return SMTP(
            box,
            hostname="127.0.0.1",
            tls_context=certificate if security == "starttls" else None,
            require_starttls=security == "starttls",
            authenticator=box.check if login else None,
            auth_required=login and security == "starttls",
            auth_require_tls=security == "starttls",
        )

    loop = asyncio.get_running_loop()
    ssl_ = certificate if security == "tls" else None
    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=ssl_)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def scripted(*lines: str | None) -> AsyncGenerator[int]:
    """A port where each thing that is said gets the next line; None: hangs up. After the last it
    says nothing any more."""
    hanging = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for line in lines:
                if line is None:
                    return
                writer.write(line.encode() + b"\r\n")
                await writer.drain()
                if not await reader.readline():
                    return
            await hanging.wait()
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        hanging.set()
        server.close()
        await server.wait_closed()
