"""Reports over the real updates are what counting them apart gives, as of ten instants."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zlib import crc32
from zoneinfo import ZoneInfo

import pytest
from psycopg.rows import dict_row

from command_side.excuses import Offer
from engine.sla.instants import micros
from projections.alerts import Alerts
from projections.runner import Runner
from projections.ticket_clocks import TicketClocks
from projections.tickets import Tickets
from query_side import sql
from query_side.audit.reported import filling
from query_side.audit.reported.filling import COLUMNS, Filling
from query_side.reports.attainment import Grouping, Question, attainment
from query_side.reports.then import Stretch
from tests.support import counted_apart as apart
from tests.support.counted_apart import Cycle, Minutes, Promise, Row, instant, minute
from tests.support.desk import Clock, Process, pool_of
from tests.support.figures import Figures
from tests.support.items import identity, submission

pytestmark = pytest.mark.long

CONFIG = """
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["08:00-18:00"]}}
rules:
  - name: Service desk
    when: {team: Group 70}
    any: {response: 2h, resolution: 24h}
  - name: Networks
    when: {type: [Category 46, Category 53]}
    calendar: office
    P2: {response: 2h, resolution: 8h}
    any: {response: 4h, resolution: 16h}
sla_targets:
  ENTERPRISE:
    P0: {response: 15m, resolution: 4h}
    P1: {response: 30m, resolution: 8h}
    P2: {response: 1h, resolution: 24h}
    P3: {response: 4h, resolution: 72h}
  PREMIUM:
    calendar: office
    P0: {response: 30m, resolution: 4h}
    P1: {response: 1h, resolution: 8h}
    P2: {response: 2h, resolution: 20h}
    P3: {response: 8h, resolution: 40h}
  STANDARD:
    calendar: office
    P0: {response: 1h, resolution: 8h}
    P1: {response: 2h, resolution: 16h}
    P2: {response: 4h, resolution: 40h}
    P3: {response: 8h, resolution: 80h}
clocks:
  resolution: {pauses_in: [paused], reopen: resume}
"""
HOUR = 60
OF_A_TIER: Mapping[tuple[str, str], tuple[int, int]] = {
    ("enterprise", "P0"): (15, 4 * HOUR),
    ("enterprise", "P1"): (30, 8 * HOUR),
    ("enterprise", "P2"): (60, 24 * HOUR),
    ("enterprise", "P3"): (4 * HOUR, 72 * HOUR),
    ("premium", "P0"): (30, 4 * HOUR),
    ("premium", "P1"): (60, 8 * HOUR),
    ("premium", "P2"): (2 * HOUR, 20 * HOUR),
    ("premium", "P3"): (8 * HOUR, 40 * HOUR),
    ("standard", "P0"): (60, 8 * HOUR),
    ("standard", "P1"): (2 * HOUR, 16 * HOUR),
    ("standard", "P2"): (4 * HOUR, 40 * HOUR),
    ("standard", "P3"): (8 * HOUR, 80 * HOUR),
}
"""Minutes to respond and to resolve."""
BERLIN = "Europe/Berlin"
BEGINNING = datetime(2016, 2, 1, tzinfo=UTC)
OF_PREMIUM = (datetime(2016, 3, 10, 6, tzinfo=UTC), datetime(2016, 3, 12, 18, 30, tzinfo=UTC))
OF_THE_DESK = (datetime(2016, 3, 21, tzinfo=UTC), datetime(2016, 3, 23, 12, tzinfo=UTC))
"""Excused of premium tickets; and of the service desk's resolutions."""
INSTANTS = [
    datetime(2016, *month_and_day, 11, 7, tzinfo=UTC)
    for month_and_day in ((3, 2), (3, 4), (3, 8), (3, 11), (3, 15), (3, 22), (3, 27), (4, 4))
] + [datetime(2016, 6, 1, tzinfo=UTC), datetime(2017, 3, 1, tzinfo=UTC)]
ACKNOWLEDGED = 9
"""Of so many tickets one is."""
BATCH = 500
GROUPINGS: Sequence[Grouping] = ("rule", "team", "week")
Excused = Literal["with", "without"]


def promised(row: Row) -> Promise:
    """The same promises, written down again."""
    if row.team == "Group 70":
        found, rule, hours = (2 * HOUR, 24 * HOUR), "Service desk", "always"
    elif row.type in ("Category 46", "Category 53"):
        found = (2 * HOUR, 8 * HOUR) if row.priority == "P2" else (4 * HOUR, 16 * HOUR)
        rule, hours = "Networks", "office"
    else:
        found, rule = OF_A_TIER[row.tier, row.priority], None
        hours = "always" if row.tier == "enterprise" else "office"
    return Promise(rule, dict(zip(("response", "resolution"), found, strict=True)), hours)


@cache
def counting(hours: str, premium: bool, desk: bool) -> Minutes:
    windows = [OF_PREMIUM] if premium else []
    windows += [OF_THE_DESK] if desk else []
    excused = [(minute(start), minute(end)) for start, end in windows]
    return apart.minutes(BERLIN if hours == "office" else None, excused)


def without_excuses(clock: str, promise: Promise, row: Row) -> Minutes:
    return counting(promise.hours, premium=False, desk=False)


def with_excuses(clock: str, promise: Promise, row: Row) -> Minutes:
    desk = row.team == "Group 70" and clock == "resolution"
    return counting(promise.hours, premium=row.tier == "premium", desk=desk)


def group_of(name: Grouping, cycle: Cycle, at: int) -> str | None:
    assert cycle.judged is not None
    promise, row = cycle.judged
    if name == "week":
        year, week, _ = instant(at).astimezone(ZoneInfo(BERLIN)).isocalendar()
        return f"{year}-W{week:02}"
    return promise.rule if name == "rule" else row.team


def expected(
    lives: Mapping[str, Sequence[Row]], acknowledged: Mapping[str, int], until: int
) -> dict[tuple[Grouping, Excused], dict[str | None, dict[str, float | None]]]:
    """By grouping, with and without what is excused, and group."""
    found: dict[Any, dict[Any, apart.Figures]] = defaultdict(lambda: defaultdict(apart.Figures))
    for number, rows in lives.items():
        taken = [acknowledged[number]] if number in acknowledged else []
        excused = apart.cycles(rows, until, promised, with_excuses)
        whole = apart.cycles(rows, until, promised, without_excuses)
        for one, other in zip(excused, whole, strict=True):
            for kind, cycle in (("with", one), ("without", other)):
                counted = apart.counted(cycle, until, taken)
                if counted.at < until:
                    for name in GROUPINGS:
                        found[name, kind][group_of(name, one, counted.at)].add(counted)
    return {
        key: {name: figures.shown() for name, figures in groups.items()}
        for key, groups in found.items()
    }


async def lived(process: Process, lives: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    """All updates as they came; when tickets were acknowledged."""
    process.clock.set(BEGINNING)
    await process.offer(CONFIG)
    assert process.reloader.status.error is None, process.reloader.status.error
    for window, match, clocks in (
        (OF_PREMIUM, {"customer_tier": ["premium"]}, None),
        (OF_THE_DESK, {"team": ["Group 70"]}, ["resolution"]),
    ):
        start, end = window
        windows = ((micros(start), micros(end)),)
        offer = Offer(windows, match, {}, clocks, "agreed", "ann")
        await process.excuses.grant(offer, now=BEGINNING, correlation_id=None)
    await process.learn()
    rows = sorted(
        ((row, number) for number, rows in lives.items() for row in rows),
        key=lambda one: (one[0].at, one[1], one[0].revision),
    )
    acknowledged: dict[str, int] = {}
    seen: set[str] = set()
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        now = process.clock.set(instant(batch[-1][0].at))
        items = [submission(item(number, row)) for row, number in batch]
        async with process.pool.connection() as conn:
            await process.intake.ingest(conn, items, now)
        assert {one.outcome for one in items} <= {"accepted"}
        new = {number for _, number in batch} - seen
        seen |= new
        for number in sorted(new):
            if crc32(number.encode()) % ACKNOWLEDGED == 0:
                acknowledged[number] = minute(now)
                await process.desk.acknowledge(
                    identity(number), by="ann", note=None, now=now, correlation_id=None
                )
    return acknowledged


def item(number: str, row: Row) -> dict[str, Any]:
    said = {
        "external_id": number,
        "updated_at": instant(row.at).isoformat(),
        "revision": row.revision,
        "created_at": instant(row.created).isoformat(),
        "status": row.status,
        "priority": row.priority,
        "customer_tier": row.tier,
        "team": row.team,
        "assigned_to": row.assigned_to,
    }
    return said if row.type is None else {**said, "type": row.type}


async def test_reports_are_what_counting_apart_gives_and_both_ways_are_one(
    database_url: str, updates: Path, figures: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "MOST", 1_000_000)
    lives = apart.lives(updates)
    figures("tickets", len(lives))
    figures("updates", sum(map(len, lives.values())))
    async with pool_of(database_url) as pool:
        process = Process(pool, Clock())
        acknowledged = await lived(process, lives)
        figures("acknowledged", len(acknowledged))
        runner = Runner(pool, [Tickets(), TicketClocks(), Alerts()], process.now, "test")
        await runner.define_tables()
        await runner.catch_up()
        process.clock.set(datetime(2017, 3, 2, tzinfo=UTC))
        fill = Filling(pool, process.book, process.now)
        compared = 0
        for at in INSTANTS:
            began = time.monotonic()
            counted = expected(lives, acknowledged, minute(at))
            figures(f"{at:%Y-%m-%d}: seconds to count apart", time.monotonic() - began)
            began = time.monotonic()
            async with fill.rows(Stretch(BEGINNING, at, at, None)) as rows:
                figures(f"{at:%Y-%m-%d}: seconds to replay", time.monotonic() - began)
                for (name, kind), groups in counted.items():
                    asked = {"group_by": [name], "excused": kind, "time_zone": BERLIN}
                    found = await attainment(
                        rows.conn,
                        rows.policy,
                        Question.model_validate(asked),
                        since=BEGINNING,
                        until=at,
                        now=rows.now,
                        cycles=rows.cycles,
                    )
                    reported = {
                        getattr(group, name): {
                            figure: getattr(group, figure) for figure in next(iter(groups.values()))
                        }
                        for group in found.groups
                        if group.met or group.breached or group.open
                    }
                    assert reported.keys() == groups.keys(), (at, name, kind)
                    for group, shown in groups.items():
                        assert reported[group] == pytest.approx(shown, abs=0.0011), (
                            at,
                            name,
                            kind,
                            group,
                        )
                    compared += sum(map(len, groups.values()))
                    if name == "rule":
                        total = found.total
                        figures(
                            f"{at:%Y-%m-%d} {kind} what is excused",
                            f"{total.met:,} met, {total.breached:,} breached, {total.open:,} open,"
                            f" {total.attainment_percent} %",
                        )
        figures("figures compared", compared)
        figures("rows of the read tables that equal their replay", await both_ways(process, fill))


async def both_ways(process: Process, fill: Filling) -> int:
    """Every row of the read tables is what a replay of all tickets says of now."""
    now = process.now()
    everything = filling.concerned

    async def nothing_settled(*asked: Any) -> filling.Concerned:
        found = await everything(*asked)
        return filling.Concerned([], [*found.settled, *found.replayed])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling, "concerned", nothing_settled)
        async with (
            fill.rows(Stretch(BEGINNING, now, now, None)) as rows,
            rows.conn.cursor(row_factory=dict_row) as cursor,
        ):
            order = " ORDER BY ticket_id, clock, cycle"
            await cursor.execute("SELECT " + COLUMNS + " FROM replayed_cycles" + order)
            replayed = await cursor.fetchall()
            tables = "SELECT " + COLUMNS + " FROM (" + sql.load("cycles") + ") c" + order
            await cursor.execute(tables)
            kept = await cursor.fetchall()
    assert len(kept) == len(replayed)
    for one, other in zip(kept, replayed, strict=True):
        assert one == other
    return len(kept)
