"""Versions of the configuration that are put into force afterwards, in a process of the command
side."""

from command_side.deciding.events import Ticket, shown
from config.loading import load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.instants import micros
from tests.support.desk import Process
from tests.support.items import at

BERLIN = """
default_calendar: berlin
sla_targets:
  GOLD:
    P1: {resolution: 8h}
calendars:
  berlin: {timezone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}}
notifications:
  routes: [{match: {}, to: [slack]}]
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
"""
HOLIDAY = BERLIN.replace('"]}}', '"]}, holidays: {dates: [2026-01-12]}}')
"""The Monday after is one."""
ROUND_THE_CLOCK = BERLIN.replace("default_calendar: berlin\n", "")


async def repair(
    process: Process, config: str, since: float, reason: str = "entered late"
) -> int | None:
    """By ann, from that minute on; not yet applied to any ticket."""
    loaded = load(
        config,
        version=1,
        accepted_at=micros(process.now()),
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )
    return await process.policies.record(loaded.applied(micros(at(since)), reason), author="ann")


async def moved(process: Process, name: str = "T-1") -> list[tuple[int, int]]:
    """From which version to which it was moved."""
    stream = await process.stream(name, Ticket.Retargeted.TOPIC)
    bodies = [shown(event.body) for event in stream]
    return [(body["previous_policy"], body["policy"]) for body in bodies]
