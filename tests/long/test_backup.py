"""A service under load is backed up, lost, and restored elsewhere to an instant."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from websockets.asyncio.client import connect

from ops.embedded import EmbeddedPostgres
from ops.embedded.runfile import Running, conninfo
from ops.wiring import now
from tests.support import ledger
from tests.support.clients import Client, Poster, Slack, busy, client_of, item
from tests.support.figures import Figures, scaled
from tests.support.kills import CONFIG, LONGEST, life
from tests.support.receiver import receiving
from tests.support.service import ROOT, Program, mock_slack, running, service

pytestmark = pytest.mark.long

SECONDS = 20
"""Of load before the backup is taken, after it until the instant, and from then to the end."""
PAUSE = 0.1
"""Seconds between batches of ten of each of two posters: some 200 updates a second at most."""


async def sla(*arguments: str | Path, code: int = 0) -> dict[str, Any]:
    """What a command answers in JSON, in a process of its own."""
    done = await _run(*arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


async def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ops.cli", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def database(folder: Path) -> str:
    found = Running.read(folder / "data" / "postgres.json")
    assert found is not None
    return conninfo(found.socket_dir, port=found.port)


def all_is_archived(database_url: str) -> None:
    """What has been written by now; in life, a minute later at the latest."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        row = conn.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
        assert row is not None
        conn.execute("SELECT pg_switch_wal()")
        query = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"
        give_up = time.monotonic() + 60
        while conn.execute(query, row).fetchone() != (True,):
            assert time.monotonic() < give_up
            time.sleep(0.1)


def told(messages: list[dict[str, Any]]) -> Counter[str]:
    """What Slack shows, by keys."""
    return Counter(each["dedup_key"] for each in messages)


def said(shown: Counter[str]) -> Counter[str]:
    """The same by alert and what is said of it: what may come about again has a position in its
    key, which a restore gives to nothing else."""
    return Counter(re.sub(r"(:\d+)?:[^:]+$", "", key) for key in shown.elements())


def said_again(before: Counter[str], after: Counter[str]) -> list[str]:
    first, then = said(before), said(after)
    return sorted(key for key in first if then[key] > first[key])


async def posted_again(client: Client, items: list[dict[str, Any]]) -> None:
    """As a desk says again what it said."""
    for start in range(0, len(items), 100):
        await client.post(*items[start : start + 100])


async def loaded(posters: list[Poster], seconds: float) -> float:
    """Updates a second while they work on."""
    before, began = sum(len(one.acknowledged) for one in posters), time.monotonic()
    await asyncio.sleep(seconds)
    after = sum(len(one.acknowledged) for one in posters)
    return (after - before) / (time.monotonic() - began)


async def test_a_service_under_load_comes_back_as_it_was_at_an_instant(
    tmp_path: Path, figures: Figures
) -> None:
    kept, seconds = tmp_path / "kept", scaled(SECONDS, least=3)
    slack = mock_slack(tmp_path / "slack")
    with running(slack):
        async with receiving() as receiver:

            def program(name: str) -> Program:
                addresses = {"OPS_URL": receiver.url, "OPS_SECRET": "a secret"}
                url = f"{slack.url}/services/slack"
                return service(tmp_path / name, CONFIG, slack=url, **addresses)

            before = program("before")
            with running(before):
                data = tmp_path / "before" / "data"
                async with client_of(before) as client:
                    posters = [Poster(client, life(name), PAUSE) for name in ("left", "right")]
                    async with busy(*posters):
                        figures("updates a second before", await loaded(posters, seconds))
                        count = sum(len(one.acknowledged) for one in posters)
                        began = time.monotonic()
                        taken = await sla("backup", kept, "--data-dir", data)
                        took = time.monotonic() - began
                        now_count = sum(len(one.acknowledged) for one in posters)
                        figures("updates a second meanwhile", (now_count - count) / took)
                        figures("seconds of the copy", taken["seconds"])
                        figures("seconds with its proof", took)
                        figures("MB of the copy", taken["size"] / 1e6)
                        figures("events that its proof checked", taken["verified"]["events"])
                        figures("updates a second after", await loaded(posters, seconds))
                        wanted = [each for one in posters for each in one.acknowledged]
                        instant = now()
                        await loaded(posters, seconds)
                    everything = [each for one in posters for each in one.acknowledged]
                    last = ledger.position(database(tmp_path / "before"))
                    all_is_archived(database(tmp_path / "before"))
                before.kill()
            sent_until = now()
            figures("updates acknowledged before the instant", len(wanted))
            figures("updates acknowledged after it", len(everything) - len(wanted))

            began = time.monotonic()
            after = program("after")
            restored = await sla(
                *("restore", kept, "--to", _utc(instant), "--sent-until", _utc(sent_until)),
                *("--data-dir", tmp_path / "after" / "data"),
            )
            figures("seconds of the restore, with its proof", time.monotonic() - began)
            assert (restored["verified"]["reason"], restored["verified"]["projections"]) == (
                None,
                [],
            )
            assert restored["lost_after"] < last < restored["goes_on_at"]
            figures("events lost", last - restored["lost_after"])
            # By now there is nothing on its way any more.
            heard, shown = Counter(receiver.keys), told(await Slack(slack).notices("slack"))
            with running(after):
                place = database(tmp_path / "after")
                assert await ledger.lost(place, wanted) == []
                lost = await ledger.lost(place, everything)
                figures("acknowledged before the instant and lost", 0)
                figures("acknowledged after it and lost, until said again", len(lost))
                async with client_of(after) as client:
                    url = f"{after.url.replace('http', 'ws', 1)}/ws/alerts?after={last}"
                    async with connect(url, proxy=None) as socket:
                        assert json.loads(await socket.recv())["type"] == "reset"
                    answer = await client.http.get(
                        f"{after.url}/dashboard", params={"wait_for": last}
                    )
                    assert answer.status_code == 410
                    await posted_again(client, [each for each, _ in everything])
                    assert await ledger.lost(place, everything) == []
                    await client.post(item("new since", "open"))
                    await ledger.settled(place, ahead=LONGEST)
                    held = await _held(tmp_path / "after" / "data")
                    again = sum(receiver.keys[key] > heard[key] > 0 for key in heard)
                    seen = told(await Slack(slack).notices("slack"))
                    twice = sum(seen[key] > shown[key] > 0 for key in shown)
                    about_again = said_again(shown, seen)
                    heard_again = said_again(heard, receiver.keys)
                    new = [key for key in seen if key not in shown]
                    figures("notices held", len(held))
                    figures("of these, sent in the lost time", sum(key in heard for key in held))
                    figures("keys that the receiver heard twice", again)
                    figures("keys that Slack shows twice", twice)
                    figures("said again at Slack, under another key", len(about_again))
                    figures("said again to the receiver, under another key", len(heard_again))
                    figures("keys of what is new that Slack shows", len(new))
                    assert (again, twice, about_again, heard_again) == (0, 0, [], [])
                    assert held
                    assert new
                await ledger.every_milestone_is_raised_once(place)
            assert after.complaints() == []
            data = tmp_path / "after" / "data"
            verified = await sla("verify", "--data-dir", data)
            assert verified["reason"] is None
            with EmbeddedPostgres(data) as postgres:
                rows = await ledger.projections_equal_a_rebuild(postgres.conninfo)
            figures("rows of the projections, equal to a replay", rows)
            latest = tmp_path / "latest"
            refused = await _run("restore", kept, "--to", "2100-01-01", "--data-dir", latest)
            assert (refused.returncode, "ends before that instant" in refused.stderr) == (2, True)
            whole = await sla("restore", kept, "--data-dir", latest)
            assert whole["lost_after"] >= last
            assert whole["verified"]["reason"] is None


async def _held(data: Path) -> set[str]:
    listed: Any = await sla("outbox", "held", "--data-dir", data, code=1)
    return {one["dedup_key"] for one in listed}


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}"
