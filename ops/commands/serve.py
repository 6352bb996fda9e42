"""`sla serve` and `sla mock-slack`: servers that last until Ctrl-C."""

import asyncio
import os
import socket
import sys
from collections.abc import Generator
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    contextmanager,
    nullcontext,
    suppress,
)
from pathlib import Path
from typing import Literal

import psycopg
from psycopg_pool import PoolTimeout

from command_side.event_store import MigrationRefused
from config import settings
from config.problems import ConfigError
from config.settings import Settings, SettingsError
from ops import garbage, logging
from ops.commands.exits import FOUND_PROBLEMS, err, refuse
from ops.embedded import BadAddress, PostgresUnavailable
from ops.http import auth
from ops.http.serving import LOOPBACK, PortTaken, address, listener, serving, until_interrupted

Role = Literal["all", "api", "worker"]
WAYS_OUT = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What httpx takes from the environment, in either case."""


def read_settings(data_dir: Path | None = None) -> Settings:
    """The environment's, or with another data folder; leaves when they cannot be used."""
    try:
        read = settings.read()
    except SettingsError as error:
        refuse(str(error))
    return read.model_copy(update={"sla_data_dir": data_dir}) if data_dir else read


def serve(*, host: str, port: int, role: Role, data_dir: Path | None) -> int:
    """Serve until Ctrl-C or SIGTERM: the exit code."""
    from ops.http.application import metrics_alone
    from ops.metrics import route as metrics
    from ops.wiring import Service

    read = read_settings(data_dir)

    async def main() -> int:
        async with (
            Service(read, role=role, metrics_port=read.metrics_port) as service,
            serving(
                service.app,
                bound,
                leave=service.tailer.end_streams,
                streams=read.ws_max_connections,
            ) as server,
            AsyncExitStack() as exits,
        ):
            servers = {server}
            if numbers is not None:
                alone = metrics_alone(metrics.build(service))
                servers.add(await exits.enter_async_context(serving(alone, numbers)))
            where = address(bound)
            if host not in LOOPBACK and not service.admitting.door.is_closed:
                _say(
                    f"Warning: listening on {host} without tokens. Whoever reaches port"
                    f" {bound.getsockname()[1]} may read and change everything;"
                    " `sla tokens create` makes one.",
                    style="bold yellow",
                )
            _say(f"SLA Tracker: {where}/  API: {where}/docs  (Ctrl-C ends it)")
            if numbers is not None:
                _say(f"Metrics, and nothing else: {address(numbers)}/metrics")
            with garbage.collected_seldom():
                await asyncio.wait(servers, return_when=asyncio.FIRST_COMPLETED)
        return FOUND_PROBLEMS  # nobody asked a server to end

    with (
        _listen(host, port) as bound,
        _listen_for_metrics(host, read.metrics_port, bound) as numbers,
        _clear_words(read),
    ):
        logging.configure(read.log_level, json=not sys.stdout.isatty())
        ended = until_interrupted(main)
    return 0 if ended is None else ended


def mock_slack(*, host: str, port: int, actions: str) -> int:
    """Play Slack until Ctrl-C or SIGTERM: the exit code. `actions` is where presses go."""
    from ops.demo.mock_slack import create_app
    from ops.demo.mock_slack_people import Interactivity
    from ops.wiring import now

    secret = os.environ.get("SLACK_SIGNING_SECRET", "")
    interactivity = Interactivity(actions, secret) if secret else None

    async def main() -> int:
        async with serving(create_app(now, interactivity), bound) as server:
            where = address(bound)
            _say(f"Mock Slack: {where}/  (Ctrl-C ends it)")
            _say(f"Send to it: SLACK_WEBHOOK_URL={where}/services/mock")
            _say(f"Or with threads: any xoxb- token, and base_url: {where}/api")
            if interactivity is None:
                _say("Its buttons work if it has the SLACK_SIGNING_SECRET of the service.")
            await asyncio.wait({server})
        return FOUND_PROBLEMS

    with _listen(host, port) as bound:
        ended = until_interrupted(main)
    return 0 if ended is None else ended


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listener(host, port)
    except PortTaken as error:
        refuse(f"{error} Name another one with --port.")


def _listen_for_metrics(
    host: str, port: int | None, beside: socket.socket
) -> AbstractContextManager[socket.socket | None]:
    if port is None:
        return nullcontext()
    if port == beside.getsockname()[1]:
        refuse(f"METRICS_PORT is {port}, where all else is answered. Set it to another port.")
    try:
        return listener(host, port)
    except PortTaken as error:
        refuse(f"{error} Set METRICS_PORT to another port.")


@contextmanager
def _clear_words(read: Settings) -> Generator[None, None, None]:
    """What keeps a service from starting is the operator's to mend: no traceback."""
    from engine.notify.post import NoWayOut

    try:
        yield
    except (
        auth.BadTokens,
        BadAddress,
        ConfigError,
        MigrationRefused,
        PortTaken,
        PostgresUnavailable,
    ) as error:
        refuse(str(error))
    except NoWayOut as error:
        there = {name.upper() for name, value in os.environ.items() if value}
        named = ", ".join(name for name in WAYS_OUT if name in there)
        refuse(f"Nobody could be notified: {error}. Set here: {named}")
    except (psycopg.OperationalError, PoolTimeout) as error:
        refuse(f"The database does not answer: {error}")
    except OSError as error:
        refuse(f"{error.filename or read.sla_data_dir}: {error.strerror or error}")


def _say(text: str, style: str = "") -> None:
    with suppress(OSError):  # a full disk behind it keeps nobody from serving
        err.print(text, style=style, soft_wrap=True)
