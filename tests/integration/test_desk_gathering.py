"""Notices of a route that gathers say what they belong together with; what is over, too."""

from typing import Any

import pytest

from command_side.deciding.events import Gather, Notice, Ticket
from tests.support.desk import CONFIG, Process
from tests.support.items import opening

ROUTES = """
  routes:
    - {name: Directors, match: {level: ">=4"}, to: [urgent, slack], continue: true}
    - {match: {team: disks}, to: [slack, hook], group_by: [team, priority, tags], group_wait: 30s}
    - {match: {}, to: [slack], group_by: team}
"""
REMINDING = """
  routes:
    - {name: Pager, match: {}, to: [slack], group_by: [team, fields.floor], repeat: {every: 15m}}
"""
ROUTED = (
    CONFIG[: CONFIG.index("  routes:")]
    + ROUTES.strip("\n")
    + CONFIG[CONFIG.index("\n  chan") :]
    + "    hook: {type: webhook, url_env: HOOK_URL}\n"
)


@pytest.fixture
async def routed(process: Process) -> Process:
    await process.offer(ROUTED)
    assert process.reloader.status.error is None, process.reloader.status.error
    return process


async def notices(process: Process, external_id: str = "T-1") -> list[Notice]:
    bodies: list[Any] = [one.body for one in await process.stream(external_id)]
    return [one for body in bodies for one in getattr(body, "notices", ())]


async def gathers(process: Process, external_id: str = "T-1") -> list[Gather | None]:
    return [one.gather for one in await notices(process, external_id)]


async def test_what_agrees_in_the_fields_of_a_route_belongs_together(routed: Process) -> None:
    disks: dict[str, Any] = {"team": "Disks", "tags": ["vip", "eu"]}
    await routed.post(opening(0, **disks))
    await routed.post(opening(0, "T-2", team="disks", tags=["EU", "VIP"]))
    await routed.post(opening(0, "T-3", team="disks"), opening(0, "T-4"), opening(0, "T-5"))
    await routed.run(52)

    for one in await notices(routed):
        # A webhook tells of each ticket by itself, and so at once.
        assert (one.to, one.gather is None) in ((("slack",), False), (("hook",), True))
    first = [one for one in await gathers(routed) if one]
    assert [one.wait for one in first] == [30_000_000]
    assert [one for one in await gathers(routed, "T-2") if one] == first
    assert [one for one in await gathers(routed, "T-3") if one] != first
    (other,) = await gathers(routed, "T-4")
    assert other is not None
    assert other.wait == 10_000_000
    assert await gathers(routed, "T-5") == [other]


async def test_what_another_route_tells_at_once_does_not_wait(routed: Process) -> None:
    await routed.post(opening(0, priority="P2"))
    await routed.run(46)
    assert [one is None for one in await gathers(routed)] == [False, False, False, True]


async def test_what_a_silence_kept_quiet_is_gathered_and_what_a_snooze_did_is_not(
    process: Process,
) -> None:
    await process.post(opening(0), opening(0, "T-2", customer_tier="gold"), opening(0, "T-3"))
    await process.silence(120, external_id=["T-1", "T-2"])
    await process.snooze(120, "T-3")
    await process.run(500)
    (first,) = await gathers(process)
    assert first == Gather(key="silence over", wait=10_000_000)
    assert await gathers(process, "T-2") == [first]
    assert await gathers(process, "T-3") == [None]
    assert len(await process.stream("T-1", Ticket.Unmuted.TOPIC)) == 1


async def test_reminders_are_gathered_as_their_alerts_are_and_a_silence_says_what_it_kept_back(
    process: Process,
) -> None:
    before, after = CONFIG.index("  routes:"), CONFIG.index("\n  chan")
    await process.offer(CONFIG[:before] + REMINDING.strip("\n") + CONFIG[after:])
    assert process.reloader.status.error is None, process.reloader.status.error
    for name in ("T-1", "T-2"):
        await process.post(opening(0, name, team="disks", floor="3"))
    await process.run(61)
    silence = await process.silence(80, external_id=["T-2"])
    await process.run(95)

    told = await gathers(process)
    assert len(told) == 5  # warning, critical, breached, and twice again
    assert len({one.key for one in told if one}) == 1
    assert await gathers(process, "T-2") == told[:4]
    bodies: list[Any] = [
        event.body for event in await process.stream("T-2", Ticket.NotReminded.TOPIC)
    ]
    kept_back = [one for body in bodies for one in body.reminders if one.because == "silenced"]
    assert [one.silenced_by for one in kept_back] == [(silence,)]
