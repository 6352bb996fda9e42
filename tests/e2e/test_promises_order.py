"""In whatever order real updates arrive, the clocks, the histories and what stands are the same."""

import random
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from ops.demo.extract import EXTRACT
from ops.importing import servicenow
from ops.importing.rows import ImportFile, Row
from tests.support import ledger, orders
from tests.support.clients import Client, client_of
from tests.support.service import ROOT, running, service

DATA = ROOT / "ops" / "demo" / "data"
ORDERS = ("as it was", "shuffled", "shuffled again", "backwards")
INSTANTS = ("2016-03-30T12:00:00Z", "2016-04-02T00:00:00Z", "2030-01-01T00:00:00Z")
"""In the middle, at the end, and long after: if nothing else happens."""
BATCH = 60


def arrivals() -> list[dict[str, Any]]:
    """All updates in each order, as if every order were a source of its own, side by side."""
    with ImportFile(DATA / "incidents.csv.gz") as file:
        rows = servicenow.read(file.lines(), EXTRACT, [])
        items = [row.item for row in rows if isinstance(row, Row)]
    shuffles = random.Random(20160328)
    ordered = {
        "as it was": items,
        "shuffled": shuffles.sample(items, len(items)),
        "shuffled again": shuffles.sample(items, len(items)),
        "backwards": items[::-1],
    }
    of_each = [[one | {"source": name} for one in ordered[name]] for name in ORDERS]
    return list(chain.from_iterable(zip(*of_each, strict=True)))


async def seen(client: Client, name: str, order: str) -> dict[str, Any]:
    """All that may not depend on the order."""
    clocks: list[Any] = []
    for instant in INSTANTS:
        sla = await client.get(f"/tickets/{name}/sla", source=order, as_of=instant)
        clocks.append([sla[key] for key in ("sla_state", "policy_version", "clocks", "escalation")])
    history = await client.get(f"/tickets/{name}/history", source=order)
    changes = [{**change, "late": None} for change in history["items"]]
    return {"clocks": clocks, "changes": changes}


def standing(log: Iterable[dict[str, Any]]) -> dict[str, Counter[tuple[str, ...]]]:
    """By order: what was raised and not taken back, with how often."""
    found: dict[str, Counter[tuple[str, ...]]] = {order: Counter() for order in ORDERS}
    for one in log:
        key = (one["external_id"], one["clock"], str(one["cycle"]), one["milestone"])
        if one["type"] in ("alert", "escalation", "retracted"):
            found[one["source"]][key] += -1 if one["type"] == "retracted" else 1
    return {order: +counts for order, counts in found.items()}


async def test_the_order_of_arrival_changes_nothing(database_url: str, tmp_path: Path) -> None:
    config = (DATA / "sla_config.yaml").read_text("utf-8")
    program = service(tmp_path, config, database=database_url)
    items = arrivals()
    with running(program):
        async with client_of(program) as client:
            for start in range(0, len(items), BATCH):
                await client.post(*items[start : start + BATCH])
            await ledger.settled(database_url)
            names = sorted({one["external_id"] for one in items})
            assert len(names) > 60
            rows = await orders.kept(database_url)
            assert rows.keys() == set(ORDERS)
            for order in ORDERS:
                assert rows[order] == rows["as it was"]
            for name in names[::8]:
                expected, *others = [await seen(client, name, order) for order in ORDERS]
                for other in others:
                    assert other == expected, name
            alerts = standing(await client.alerts())
            assert len(alerts["as it was"]) > 20
            for order in ORDERS:
                assert alerts[order] == alerts["as it was"]
    assert program.complaints() == []
    await ledger.every_milestone_is_raised_once(database_url)
