"""The demo: five days of a real help desk in a minute, measured, alerted and told to a Slack."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from pydantic import SecretStr
from rich.console import Console

from config.settings import Settings
from ops import logging
from ops.demo.extract import incidents
from ops.demo.mock_slack import create_app
from ops.demo.mock_slack_people import Interactivity
from ops.demo.screen import Json, Scene, screen
from ops.demo.virtual_clock import VirtualClock
from ops.http.serving import PortTaken, address, listener, serving
from ops.wiring import Service

SERVICE_PORT, SLACK_PORT = 8000, 9000  # or any free ones
BEFORE, AFTER = timedelta(hours=1), timedelta(hours=3)  # of virtual time around the replay
_LOOK_EVERY = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Stage:
    """What the demo plays on."""

    service: Service
    address: str
    slack: str
    config: Path


async def run(console: Console, *, seconds: float, once: bool) -> int:
    """Plays the extract in about so many seconds; unless `once`, the service stays up after it.

    The answer is an exit code: 0 when every update was taken. Cancelled, it cleans up first.
    """
    updates = incidents()
    clock = VirtualClock(_instant(updates[0]) - BEFORE)
    end = _instant(updates[-1]) + AFTER
    console.print("Starting a PostgreSQL, the service and a Slack to talk to ...")
    async with stage(clock) as there:
        console.print(f"  dashboard   {there.address}/\n  API         {there.address}/docs")
        console.print(f"  mock Slack  {there.slack}/")
        taken = await play(console, clock, there, updates, end, seconds=seconds)
        clock.run(1.0)
        console.print(
            f"{taken} of {len(updates)} updates of {len(_tickets(updates))} tickets taken."
        )
        if not once:
            console.print("Time now passes as usual. Look around; a change of the promises counts")
            console.print(f"at once: {there.config}", soft_wrap=True)
            console.print("Ctrl-C ends the demo and leaves nothing behind.")
            await asyncio.Event().wait()
    return 0 if taken == len(updates) else 1


async def play(
    console: Console,
    clock: VirtualClock,
    there: Stage,
    updates: Sequence[Json],
    end: datetime,
    *,
    seconds: float,
) -> int:
    """The updates until `end`, in about so many seconds; how many were taken."""
    async with httpx.AsyncClient(base_url=there.address, timeout=30, trust_env=False) as client:
        clock.run((end - clock.now()).total_seconds() / seconds)
        return await _watch(console, clock, client, there.slack, updates, end)


@asynccontextmanager
async def stage(clock: VirtualClock) -> AsyncGenerator[Stage, None]:
    """A service and its Slack on this clock."""
    with (
        TemporaryDirectory(prefix="sla-demo-") as folder,
        _listener(SERVICE_PORT) as ours,
        _listener(SLACK_PORT) as slacks,
    ):
        config = Path(folder) / "sla_config.yaml"
        promises = (files("ops.demo") / "data" / "sla_config.yaml").read_text("utf-8")
        config.write_text(promises.replace("http://127.0.0.1:9000", address(slacks)), "utf-8")
        secret = secrets.token_hex(16)
        interactivity = Interactivity(f"{address(ours)}/slack/actions", secret)
        settings = Settings(
            database_url=SecretStr(""),
            slack_webhook_url=SecretStr(""),
            slack_signing_secret=SecretStr(secret),
            public_url=address(ours),
            sla_config=config,
            sla_data_dir=Path(folder) / "data",
            api_tokens=SecretStr(""),
            api_tokens_file=None,
        )
        logging.configure("WARNING", json=False)
        service = Service(
            settings,
            now=clock.now,
            sleep=clock.sleep,
            speed=lambda: clock.speed,
            environment={**os.environ, "SLACK_BOT_TOKEN": "xoxb-demo"},
        )
        async with (
            serving(create_app(clock.now, interactivity), slacks),
            service,
            serving(service.app, ours, leave=service.tailer.end_streams),
        ):
            yield Stage(service, address(ours), address(slacks), config)


async def _watch(
    console: Console,
    clock: VirtualClock,
    client: httpx.AsyncClient,
    slack: str,
    updates: Sequence[Json],
    end: datetime,
) -> int:
    """Replays and shows until the clock stands at `end`; how many updates were taken."""
    scene = Scene(clock.now(), clock.speed, len(updates))
    with screen(console) as shown:
        async with asyncio.TaskGroup() as group:
            replay = group.create_task(_replay(clock, client, updates, scene))
            while clock.now() < end or not replay.done():
                await _look(client, slack, scene, clock.now())
                shown.show(scene)
                await asyncio.sleep(_LOOK_EVERY)
        await _look(client, slack, scene, clock.now())
        shown.show(scene)
    return replay.result()


async def _replay(
    clock: VirtualClock, client: httpx.AsyncClient, updates: Sequence[Json], scene: Scene
) -> int:
    """Sends every update at its virtual instant; how many were taken."""
    taken = 0
    while scene.replayed < len(updates):
        await clock.sleep(_instant(updates[scene.replayed]) - clock.now())
        now = clock.now()
        due = [one for one in updates[scene.replayed :] if _instant(one) <= now]
        answer = await client.post("/tickets", json={"tickets": due})
        taken += int(answer.raise_for_status().json()["accepted"])
        scene.replayed += len(due)
    return taken


async def _look(client: httpx.AsyncClient, slack: str, scene: Scene, at: datetime) -> None:
    """Brings the scene up to date, by the same API that everybody uses."""
    scene.at = at
    board = (await client.get("/dashboard", params={"size": 1})).raise_for_status().json()
    scene.tickets, scene.states = board["total"], board["summary"]
    while True:
        after = scene.position
        page = (await client.get("/alerts", params={"after": after, "limit": 1000})).json()
        for alert in page["items"]:
            scene.heard(alert)
        if not page["items"]:
            break
        scene.position = page["next_after"]
    received = (await client.get(f"{slack}/received")).json()
    scene.messages = received["count"]
    if received["messages"]:
        scene.message = str(received["messages"][-1]["payload"].get("text", ""))


def _tickets(updates: Sequence[Json]) -> set[str]:
    return {update["external_id"] for update in updates}


def _instant(update: Json) -> datetime:
    return datetime.fromisoformat(update["updated_at"])


def _listener(port: int) -> socket.socket:
    try:
        return listener("127.0.0.1", port)
    except PortTaken:
        return listener("127.0.0.1", 0)
