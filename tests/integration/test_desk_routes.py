"""Whom a ticket's alerts reach: by what is known of it, from the head where that knows it."""

import pytest

from tests.support.desk import CONFIG, Process
from tests.support.items import opening, update

ROUTES = """
  routes:
    - {name: Directors, match: {level: ">=4"}, to: [urgent, slack], continue: true}
    - {match: {tags: vip, fields.region: EMEA}, to: [urgent]}
    - {match: {team: disks, status: in_progress, assigned_to: jane}, to: [urgent]}
    - {match: {}, to: [slack]}
"""
ROUTED = (
    CONFIG[: CONFIG.index("  routes:")] + ROUTES.strip("\n") + CONFIG[CONFIG.index("\n  chan") :]
)


@pytest.fixture
async def routed(process: Process) -> Process:
    await process.offer(ROUTED)
    return process


async def test_two_routes_to_one_channel_give_one_notice_and_an_alert_has_its_tickets_level(
    routed: Process,
) -> None:
    await routed.post(opening(0, priority="P2"))
    await routed.run(61)
    slack, both = ["slack"], ["urgent", "slack"]
    assert await routed.notices() == [
        (10, "resolution level:1", slack),
        (20, "resolution level:2", slack),
        (30, "resolution level:3", slack),
        (45, "resolution level:4", both),
        (51, "resolution warning", both),
        (57, "resolution critical", both),
        (60, "resolution breached", both),
    ]


async def test_what_only_the_stream_knows_is_read_there(routed: Process) -> None:
    """Each of a source's own fields keeps its value by itself."""
    await routed.post(opening(0, tags=["VIP"], region="emea", seats=5))
    await routed.post(update(1, seats=6), when=1)
    await routed.post(opening(0, "T-2", tags=["eu"], region="emea"))
    await routed.run(52)
    assert await routed.notices() == [(51, "resolution warning", ["urgent"])]
    assert await routed.notices("T-2") == [(51, "resolution warning", ["slack"])]


async def test_it_goes_by_what_is_so_when_it_is_raised(routed: Process) -> None:
    await routed.post(opening(0, team="Disks", status="In Progress", assigned_to="Jane"))
    await routed.run(52)
    await routed.post(update(53, assigned_to=None), when=53)
    await routed.run(58)
    assert [to for _, _, to in await routed.notices()] == [["urgent"], ["slack"]]


@pytest.mark.parametrize("nobody", ["", "  ", None])
async def test_an_empty_assignee_is_nobody(process: Process, nobody: str | None) -> None:
    """As for rules and clocks, and as messages say."""
    routes = """  routes:
    - {match: {assigned_to: null}, to: [urgent]}
    - {match: {assigned_to: "*"}, to: [slack]}"""
    await process.offer(
        CONFIG[: CONFIG.index("  routes:")] + routes + CONFIG[CONFIG.index("\n  chan") :]
    )
    await process.post(opening(0, assigned_to="Jane"), update(1, assigned_to=nobody))
    await process.run(52)
    assert await process.notices() == [(51, "resolution warning", ["urgent"])]


async def test_a_silence_matches_them_too(routed: Process) -> None:
    await routed.silence(120, **{"fields.region": ["emea"], "level": ["<1"]})
    await routed.post(opening(0, region="emea"), opening(0, "T-2"))
    await routed.run(52)
    assert [why for _, _, why in await routed.told()] == ["silenced"]
    assert [to for _, _, to in await routed.notices("T-2")] == [["slack"]]
