"""What became of the alerts of a period: told, muted, withdrawn, acknowledged in time."""

import csv
import io
from typing import Any

import httpx

from tests.support.house import House, get
from tests.support.recorded import (
    acknowledged,
    at,
    delivered,
    escalated,
    opened,
    raised,
    retracted,
    text,
)

PERIOD = {"from": text(at(0)), "to": text(at(600))}


def told(group: Any) -> dict[str, int]:
    """What is not nothing."""
    names = ("raised", "escalations", "told", "muted", "passed_over", "withdrawn", "acknowledged")
    return {name: group[name] for name in names if group[name]}


async def some(house: House) -> None:
    """T-1 is told by Slack and mail and taken on after 5 minutes, T-2 is muted, T-3 withdrawn and
    told by nobody; T-4 climbs a level that is told at once, and its alert is passed over."""
    both: dict[str, Any] = {"to": ["slack", "mail"], "rule": "Payments", "raised_at": text(at(51))}
    await house.tell("T-1", opened("T-1"), raised("T-1", **both))
    for channel, minute in (("slack", 52), ("mail", 53), ("mail", 54)):
        house.now = at(minute)
        await house.tell("T-1", delivered("T-1", at(minute), channel=channel))
    house.now = at(56)
    await house.tell("T-1", acknowledged("T-1", at(56)))
    muted = raised("T-2", suppressed="snoozed", to=[], raised_at=text(at(51)))
    await house.tell("T-2", opened("T-2"), muted)
    none = raised("T-3", to=["slack"], rule="payments", raised_at=text(at(51)))
    await house.tell(
        "T-3", opened("T-3"), none, retracted("T-3", to=["slack"], raised_at=text(at(58)))
    )
    over = raised("T-4", suppressed="inhibited", to=[], raised_at=text(at(51)))
    level = escalated("T-4", 2, at(70), to=["slack"], raised_at=text(at(70)))
    await house.tell("T-4", opened("T-4"), over, level)
    house.now = at(71)
    await house.tell("T-4", delivered("T-4", at(71), "escalation", alert_id="T-4-level-2"))
    house.now = at(600)


async def test_every_alert_counts_once_in_all_and_by_each_of_its_channels(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)

    found = await get(client, "/reports/alerts", **PERIOD, within="60,300")

    assert told(found["total"]) == {
        "raised": 5,
        "escalations": 1,
        "told": 2,
        "muted": 1,
        "passed_over": 1,
        "withdrawn": 1,
        "acknowledged": 1,
    }
    assert {group["channel"]: told(group) for group in found["groups"]} == {
        "mail": {"raised": 1, "told": 1, "acknowledged": 1},
        "slack": {"raised": 3, "escalations": 1, "told": 2, "withdrawn": 1, "acknowledged": 1},
        None: {"raised": 2, "muted": 1, "passed_over": 1},
    }
    assert found["total"]["acknowledged_within"] == [
        {"seconds": 60.0, "count": 0},
        {"seconds": 300.0, "count": 1},
    ]
    assert found["total"]["p50_seconds_to_acknowledge"] == 300.0


async def test_each_group_leads_to_its_alerts_and_they_to_the_timelines(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)

    for by in ("channel", "rule,day", "milestone,clock,tier,priority,team,organization,week,month"):
        found = await get(client, "/reports/alerts", **PERIOD, group_by=by)
        for group in (*found["groups"], found["total"]):
            items = (await client.get(group["href"])).json()["items"]
            assert len(items) == group["raised"], group
            assert {one["href"] for one in items} == {
                f"/tickets/{one['ticket_id']}/timeline" for one in items
            }
    days = await get(client, "/reports/alerts", **PERIOD, group_by="rule,day")
    assert [(one["rule"], one["day"], one["raised"]) for one in days["groups"]] == [
        ("Payments", "2026-01-05", 2),
        (None, "2026-01-05", 3),
    ]


async def test_what_was_told_by_then_stays_answerable(
    house: House, client: httpx.AsyncClient
) -> None:
    await some(house)

    async def known(**asked: Any) -> dict[str, int]:
        asked = {name: text(at(minute)) for name, minute in asked.items()}
        return told((await get(client, "/reports/alerts", **{**PERIOD, **asked}))["total"])

    assert await known(as_of=51, to=52) == {"raised": 4, "muted": 1, "passed_over": 1}
    told_once = await known(as_of=55, to=56)
    assert (told_once["told"], told_once.get("acknowledged")) == (1, None)
    assert await known(known_at=50, to=52) == {}


async def test_the_alerts_are_a_table_too(house: House, client: httpx.AsyncClient) -> None:
    await some(house)

    asked = {**PERIOD, "group_by": "milestone", "within": "900", "format": "csv"}
    answer = await client.get("/reports/alerts", params=asked)

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["milestone"], row["raised"]) for row in rows] == [
        ("level:2", "1"),
        ("warning", "4"),
    ]
    assert [row["acknowledged_within_900_seconds"] for row in rows] == ["0", "1"]
