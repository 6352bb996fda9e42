"""`sla serve` and `sla mock-slack`: servers that last until Ctrl-C."""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Literal

from config import settings
from config.problems import ConfigError
from config.settings import Settings, SettingsError
from ops import logging
from ops.commands.exits import FOUND_PROBLEMS, err, refuse
from ops.embedded import PostgresUnavailable
from ops.serving import LOOPBACK, PortTaken, address, listener, serving, until_interrupted

Role = Literal["all", "api", "worker"]


def read_settings(data_dir: Path | None = None) -> Settings:
    """The environment's, or with another data folder; leaves when they cannot be used."""
    try:
        read = settings.read()
    except SettingsError as error:
        refuse(str(error))
    return read.model_copy(update={"sla_data_dir": data_dir}) if data_dir else read


def serve(*, host: str, port: int, role: Role, data_dir: Path | None) -> int:
    """Serve until Ctrl-C or SIGTERM: the exit code."""
    from ops.wiring import Service

    read = read_settings(data_dir)
    bound = _listen(host, port)
    logging.configure(read.log_level, json=not sys.stdout.isatty())
    if host not in LOOPBACK and not (read.api_tokens.get_secret_value() or read.api_tokens_file):
        err.print(
            f"Warning: listening on {host} without API_TOKENS: whoever reaches port {port} may"
            " read and change everything.",
            style="bold yellow",
            markup=False,
        )

    async def main() -> int:
        async with Service(read, role=role) as service, serving(service.app, bound) as server:
            where = address(bound)
            err.print(
                f"SLA Tracker: {where}/  API: {where}/docs  (Ctrl-C ends it)",
                markup=False,
                soft_wrap=True,
            )
            await asyncio.wait({server})
        return FOUND_PROBLEMS  # nobody asked the server to end

    try:
        ended = until_interrupted(main)
    except ConfigError as error:
        refuse(str(error))
    except PostgresUnavailable as error:
        refuse(str(error))
    return 0 if ended is None else ended


def mock_slack(*, host: str, port: int) -> int:
    """Play Slack until Ctrl-C or SIGTERM: the exit code."""
    from ops.mock_slack import create_app
    from ops.wiring import now

    bound = _listen(host, port)

    async def main() -> int:
        async with serving(create_app(now), bound) as server:
            where = address(bound)
            err.print(f"Mock Slack: {where}/  (Ctrl-C ends it)", markup=False, soft_wrap=True)
            err.print(f"Send to it:  SLACK_WEBHOOK_URL={where}/services/mock", markup=False)
            await asyncio.wait({server})
        return FOUND_PROBLEMS

    ended = until_interrupted(main)
    return 0 if ended is None else ended


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listener(host, port)
    except PortTaken as error:
        refuse(f"{error} Name another one with --port.")
