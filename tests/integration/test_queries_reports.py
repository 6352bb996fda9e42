"""What will be missed, and how much was kept, at the instant of asking."""

from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random
from statistics import mean
from typing import Any

import httpx
import pytest

from tests.support.audit import auditing
from tests.support.desk import working
from tests.support.house import House, get, open_house
from tests.support.items import opening, update
from tests.support.recorded import acknowledged, at, cycle, observed, opened, text

AFTER = timedelta(microseconds=1)
RUNNING = cycle(overdue_from=text(at(60) + AFTER))
MET = cycle(
    state="met",
    stopped_at=text(at(40)),
    elapsed_seconds=2400.0,
    **dict.fromkeys(("due_at", "warning_at", "critical_at", "breached_at", "overdue_from")),
)


async def test_the_forecast_lists_the_running_clocks_that_will_be_missed(
    house: House, client: httpx.AsyncClient
) -> None:
    late = cycle(
        clock="response", due_at=text(at(20)), overdue_from=text(at(20) + AFTER), rule="Payments"
    )
    await house.tell("both", opened("both", cycles=[late, RUNNING]), acknowledged("both", at(-5)))
    await house.tell("met", opened("met", cycles=[MET]))
    paused = {**MET, "state": "paused", "stopped_at": None}
    await house.tell("paused", opened("paused", cycles=[paused]))
    house.now = at(10)

    found = await get(client, "/forecast", hours=1)

    assert (found["at"], found["until"], found["total"]) == (text(at(10)), text(at(70)), 2)
    assert [(one["external_id"], one["clock"]) for one in found["items"]] == [
        ("both", "response"),
        ("both", "resolution"),
    ]
    first, second = found["items"]
    assert (first["rule"], second["rule"]) == ("Payments", None)
    assert (first["due_at"], first["due_in_seconds"]) == (text(at(20)), 600.0)
    assert first["acknowledged_until"] == text(at(20) + AFTER)
    assert len((await get(client, "/forecast", hours=0.5))["items"]) == 1
    limited = await get(client, "/forecast", hours=1, limit=1)
    assert (len(limited["items"]), limited["total"]) == (1, 2)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(50.9, ["compliant"]), (51, ["warning"]), (57, ["critical"]), (60, ["critical"]), (61, [])],
)
async def test_a_forecast_is_that_of_the_instant_of_asking(
    house: House, client: httpx.AsyncClient, minutes: float, expected: list[str]
) -> None:
    await house.tell("T-1", opened("T-1", cycles=[RUNNING]))
    house.now = at(minutes)

    found = await get(client, "/forecast")

    assert [one["severity"] for one in found["items"]] == expected
    assert found["total"] == len(expected)


async def attained(client: httpx.AsyncClient, **asked: Any) -> list[tuple[Any, ...]]:
    found = await get(client, "/reports/attainment", **asked)
    names = asked.get("group_by", "clock").split(",")
    return [
        (*(group[name] for name in names), group["met"], group["breached"])
        for group in found["groups"]
    ]


async def test_a_clock_counts_from_the_instant_at_which_it_is_decided(
    house: House, client: httpx.AsyncClient
) -> None:
    await house.tell("T-1", opened("T-1", cycles=[RUNNING]))
    await house.tell("T-2", opened("T-2", cycles=[MET]))
    house.now = at(60)
    assert await attained(client) == [("resolution", 1, 0)]
    house.now = at(60) + AFTER
    assert await attained(client) == [("resolution", 1, 1)]

    assert await attained(client, to=text(at(60))) == [("resolution", 1, 0)]
    assert await attained(client, **{"from": text(at(60))}) == [("resolution", 0, 1)]
    assert await attained(client, to=text(at(40))) == []


async def test_groups_ignore_case_and_nobody_is_a_group_too(
    house: House, client: httpx.AsyncClient
) -> None:
    people: dict[str, dict[str, str | None]] = {
        "T-1": {"assigned_to": "Ann"},
        "T-2": {"assigned_to": "ann"},
        "T-3": {"assigned_to": None},
        "T-4": {"assigned_to": '=HYPERLINK("x")'},
    }
    for name, said in people.items():
        await house.tell(
            name,
            opened(name, cycles=[MET]),
            observed(at(1), {}, said, cycles=[MET], customer_tier="GOLD"),
        )
    house.now = at(60)

    assert await attained(client, group_by="assigned_to,tier") == [
        ('=HYPERLINK("x")', "GOLD", 1, 0),
        ("Ann", "GOLD", 2, 0),
        (None, "GOLD", 1, 0),
    ]
    assert await attained(client, group_by="day") == [("2026-01-05", 4, 0)]

    answer = await client.get(
        "/reports/attainment", params={"group_by": "assigned_to", "format": "csv"}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="attainment-20251206-20260105.csv"' in answer.headers["content-disposition"]
    september = {"from": "2025-09-01T00:00:00+02:00", "to": "2025-10-01T00:00:00+02:00"}
    september |= {"time_zone": "Europe/Berlin", "format": "csv"}
    named = await client.get("/reports/attainment", params=september)
    assert 'filename="attainment-20250901-20251001.csv"' in named.headers["content-disposition"]
    lines = answer.text.splitlines()
    assert lines[0] == (
        "assigned_to,met,breached,cancelled,attainment_percent,attainment_percent_excused_counted,"
        "goal_percent,budget_left,elapsed_mean_seconds,elapsed_p50_seconds,elapsed_p90_seconds,"
        "open,mean_seconds,p50_seconds,p90_seconds,p95_seconds,mtta_seconds,mttr_seconds"
    )
    assert lines[1].startswith('"\'=HYPERLINK(""x"")",1,0,0,100.0,,,,2400.0')
    assert lines[3].startswith(",1,0,0,")


async def test_what_was_cancelled_is_counted_apart_overdue_or_not(
    house: House, client: httpx.AsyncClient
) -> None:
    over = {"state": "cancelled", "stopped_at": text(at(70)), "due_at": None}
    await house.tell("spam", opened("spam", cycles=[cycle(**over, overdue_from=text(at(61)))]))
    in_time = cycle(**over, breached_at=None, overdue_from=None)
    await house.tell("duplicate", opened("duplicate", cycles=[in_time]))
    withdrawn = cycle(**over, clock="response", target_seconds=None, overdue_from=text(at(61)))
    await house.tell("withdrawn", opened("withdrawn", cycles=[withdrawn]))
    await house.tell("met", opened("met", cycles=[MET]))
    house.now = at(90)

    found = await get(client, "/reports/attainment")

    told = [
        (one["clock"], one["met"], one["breached"], one["cancelled"], one["attainment_percent"])
        for one in found["groups"]
    ]
    assert told == [("resolution", 1, 0, 2, 100.0), ("response", 0, 0, 1, None)]
    assert (found["total"]["cancelled"], found["total"]["attainment_percent"]) == (3, 100.0)
    earlier = await get(client, "/reports/attainment", to=text(at(70)))
    assert earlier["total"]["cancelled"] == 0


async def test_a_period_without_decisions_has_no_percentage(
    house: House, client: httpx.AsyncClient
) -> None:
    house.now = at(60)
    found = await get(client, "/reports/attainment")
    assert found["groups"] == []
    assert (found["total"]["met"], found["total"]["attainment_percent"]) == (0, None)


@pytest.mark.parametrize(
    ("path", "asked", "place"),
    [
        (
            "/reports/attainment",
            {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
            "to",
        ),
        ("/reports/attainment", {"group_by": "clock,colour"}, "group_by"),
        ("/reports/attainment", {"format": "pdf"}, "format"),
        ("/reports/attainment", {"from": "9999-12-31T23:59:59Z"}, "from"),
        ("/forecast", {"hours": "0"}, "hours"),
        ("/forecast", {"hours": "inf"}, "hours"),
        ("/forecast", {"hours": "nan"}, "hours"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_its_place(
    client: httpx.AsyncClient, path: str, asked: dict[str, str], place: str
) -> None:
    answer = await client.get(path, params=asked)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["query", place]


@asynccontextmanager
async def year(url: str) -> AsyncGenerator[tuple[House, httpx.AsyncClient, list[dict[str, Any]]]]:
    """Tickets that came and went by chance, no engine ever awake; every cycle as /sla has it."""
    chance = Random(7)
    async with working(url) as process, auditing(process) as auditor:
        people = {f"T-{number}": chance.choice("abc") for number in range(40)}
        for name, person in people.items():
            minute = chance.uniform(0, 600)
            priority = chance.choice(["P1", "P2", "P3"])
            items = [opening(minute, name, priority=priority, assigned_to=person)]
            for _ in range(chance.randrange(6)):
                minute += chance.expovariate(1 / 40)
                status = chance.choice(["in_progress", "pending", "resolved", "open", "cancelled"])
                items.append(update(minute, name, status=status))
            await process.post(*items, when=1200)
        process.clock.set(1500)
        cycles: list[dict[str, Any]] = []
        for name, person in people.items():
            for one in (await auditor.sla(name))["clocks"]:
                cycles.append({**one, "assigned_to": person, "ticket": name})
        async with open_house(url) as house, house.client() as client:
            house.now = process.now()
            await house.runner.catch_up()
            yield house, client, cycles


def percentile(values: list[float], share: float) -> float:
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


@pytest.mark.parametrize(("since", "until"), [(-1000, 2000), (300, 650)])
async def test_the_report_counts_what_every_tickets_clocks_say(
    furnished_database_url: str, since: float, until: float
) -> None:
    async with year(furnished_database_url) as (_, client, cycles):
        met: dict[tuple[str, str], int] = defaultdict(int)
        breached: dict[tuple[str, str], int] = defaultdict(int)
        cancelled: dict[tuple[str, str], int] = defaultdict(int)
        elapsed: dict[tuple[str, str], list[float]] = defaultdict(list)
        for one in cycles:
            gone = one["state"] == "cancelled"
            missed = one["breached_at"] is not None and not gone
            if not missed and not gone and (one["state"] != "met" or one["target_seconds"] is None):
                continue
            when = datetime.fromisoformat(one["breached_at" if missed else "stopped_at"])
            if not at(since) <= when < at(until):
                continue
            group = (one["assigned_to"], one["name"])
            (cancelled if gone else breached if missed else met)[group] += 1
            if one["state"] in ("met", "breached"):
                elapsed[group].append(one["elapsed_seconds"])

        found = await get(
            client,
            "/reports/attainment",
            **{"from": text(at(since)), "to": text(at(until)), "group_by": "assigned_to,clock"},
        )
        board = (await get(client, "/dashboard", size=100))["items"]

    over = [one for one in board if one["phase"] == "done" and one["sla_state"] != "untracked"]
    for ticket in over:
        own = [one for one in cycles if one["ticket"] == ticket["external_id"]]
        if not any(one["state"] in ("running", "paused") for one in own):
            agree = any(one["state"] == "breached" for one in own)
            assert (ticket["sla_state"] == "breached") == agree, ticket
    assert over

    assert len(found["groups"]) == len({*met, *breached, *cancelled}) > 4
    for group in found["groups"]:
        key = (group["assigned_to"], group["clock"])
        assert (group["met"], group["breached"]) == (met[key], breached[key])
        assert group["cancelled"] == cancelled[key]
        spent = sorted(elapsed[key])
        if spent:
            assert group["elapsed_mean_seconds"] == pytest.approx(mean(spent))
            assert group["elapsed_p50_seconds"] == pytest.approx(percentile(spent, 0.5))
            assert group["elapsed_p90_seconds"] == pytest.approx(percentile(spent, 0.9))
    total = found["total"]
    assert (total["met"], total["breached"]) == (sum(met.values()), sum(breached.values()))
    share = 100 * total["met"] / (total["met"] + total["breached"])
    assert share - 0.01 <= total["attainment_percent"] <= share
