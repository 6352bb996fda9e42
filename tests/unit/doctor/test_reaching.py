"""Whether a place can be reached is found out without saying anything there."""

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest

from engine.notify.channel_types import CHANNEL_TYPES
from ops.doctor import reaching
from ops.doctor.outside import Try
from ops.doctor.reaching import attempt, tried
from tests.support.smtp import certificates

KEY = "0" * 32


class Variables:
    def text(self, variable: str) -> str:
        return KEY

    def address(self, variable: str) -> str:
        return f"https://{variable.lower()}.example.com/secret"

    def unfit(self, variable: str, why: str) -> Exception:
        return ValueError(why)


@asynccontextmanager
async def listening(
    heard: list[bytes], *, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[int, None]:
    """Somebody who notes what is said to them; their port."""

    met: list[asyncio.Task[None] | None] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(asyncio.current_task())
        heard.append(await reader.read())
        writer.close()
        with suppress(OSError):  # of somebody who has left without a farewell
            await writer.wait_closed()

    async with await asyncio.start_server(meet, "127.0.0.1", 0, ssl=tls) as server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*(one for one in met if one))


def greet(listener: socket.socket, tls: ssl.SSLContext) -> None:
    """One who comes, by TLS; whoever does not trust it leaves."""
    came, _ = listener.accept()
    with suppress(OSError), came, tls.wrap_socket(came, server_side=True):
        pass


async def test_who_is_there_is_met_and_told_nothing() -> None:
    heard: list[bytes] = []
    server, client = certificates()
    async with listening(heard) as plain, listening(heard, tls=server) as encrypted:
        found = await tried(
            {
                "hook": [f"http://127.0.0.1:{plain}/secret"],
                "mail": [f"smtp://127.0.0.1:{plain}", f"smtps://127.0.0.1:{encrypted}"],
                "log": [],
            },
            client,
        )
    here = Try("127.0.0.1")
    assert found == {"hook": [here], "mail": [here, here], "log": []}
    assert heard == [b"", b"", b""]


async def test_what_is_in_the_way_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    server, trust = certificates()
    strangers = ssl.create_default_context()
    said = [
        await attempt("https://127.0.0.1:1/secret", trust),
        await attempt("https://nowhere.invalid", trust),
    ]
    async with listening([]) as silent:
        with monkeypatch.context() as hurried:
            hurried.setattr(reaching, "PATIENCE", 0.2)
            said.append(await attempt(f"https://127.0.0.1:{silent}", trust))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeted = asyncio.create_task(asyncio.to_thread(greet, listener, server))
        said.append(await attempt(f"https://127.0.0.1:{listener.getsockname()[1]}", strangers))
        await greeted
    assert [one.error for one in said] == [
        "it refuses connections on port 1",
        "its name is not known",
        f"no answer within 0 seconds, on port {silent}",
        "its certificate is not trusted: unable to get local issuer certificate",
    ]


async def test_where_a_proxy_is_the_way_out_the_proxy_is_what_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[bytes] = []
    trust = certificates()[1]
    async with listening(heard) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        reached = await attempt("https://hooks.invalid/secret", trust)
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:no")
        strange = await attempt("https://hooks.invalid/secret", trust)
    assert reached == Try("hooks.invalid, by the proxy 127.0.0.1")
    assert strange.error == "the proxy's port is none"


@pytest.mark.parametrize(
    ("type_", "options", "addresses"),
    [
        ("slack", {"url_env": "HOOK"}, ["https://hook.example.com/secret"]),
        ("slack", {"token_env": "BOT", "channel": "C012AB3CD"}, ["https://slack.com/api"]),
        ("teams", {"url_env": "FLOW"}, ["https://flow.example.com/secret"]),
        ("webhook", {"url_env": "HOOK"}, ["https://hook.example.com/secret"]),
        ("pagerduty", {"routing_key_env": "KEY"}, ["https://events.pagerduty.com"]),
        (
            "pagerduty",
            {"routing_key_env": "KEY", "webhook_secret_env": "S", "api_token_env": "T"},
            ["https://events.pagerduty.com", "https://api.pagerduty.com"],
        ),
        ("email", {"host": "mail.example.com"}, ["smtp://mail.example.com:587"]),
        ("email", {"host": "::1", "security": "tls"}, ["smtps://[::1]:465"]),
        ("log", {}, []),
    ],
)
def test_each_channel_says_where_it_is_sent(
    type_: str, options: dict[str, str], addresses: list[str]
) -> None:
    sender = {"from": "sla@example.com"} if type_ == "email" else {}
    channel = CHANNEL_TYPES[type_].model_validate({**options, **sender})
    assert list(channel.addresses(Variables())) == addresses
