"""Every panel of the dashboard shows data of a real run: real updates, a real Prometheus."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from ops.demo.extract import incidents
from ops.embedded.runfile import Running, conninfo
from ops.observe.dashboard import dashboard
from ops.wiring import now
from tests.support.clients import item
from tests.support.figures import Figures
from tests.support.service import Program, mock_slack, running, service

# The service needs no Prometheus, and `make long` has to pass on a machine that has none: there the
# suite holds every panel's query by the names of our metrics. It comes with promtool.
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not shutil.which("prometheus"), reason="no Prometheus (Debian: prometheus)"),
]

CONFIG = """
sla_targets:
  ENTERPRISE:
    P1: {response: 15m, resolution: 60m}
notifications:
  fallback: [slack]
  routes: [{match: {}, to: [slack, urgent, "on-call:first-line"]}]
  channels:
    slack: {type: slack, url_env: SLACK_WEBHOOK_URL}
    urgent: {type: webhook, url_env: URGENT_URL, secret_env: URGENT_SECRET}
sources: {helpdesk: {desk: zammad, unsigned: true}}
people: {anna: {name: Anna Berg, email: anna@example.com}}
on_call: {first-line: {calendar_file: shifts.ics, fallback: [anna], tell_by: [slack]}}
"""
SHIFTS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//EN
END:VCALENDAR
"""
PATIENCE_SECONDS = 60
"""Within which every panel has to show something."""


@contextmanager
def prometheus(folder: Path, target: str) -> Generator[str]:
    """Its address, while it scrapes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    file = folder / "prometheus.yaml"
    scraped = [{"job_name": "sla-tracker", "static_configs": [{"targets": [target]}]}]
    file.write_text(json.dumps({"global": {"scrape_interval": "1s"}, "scrape_configs": scraped}))
    command = ["prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address={address}"], stderr=log, stdout=log
        )
        try:
            until_ready(f"http://{address}", process)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(30)


def until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "it has ended: prometheus.log says why"
        with suppress(httpx.TransportError):
            if httpx.get(f"{address}/-/ready").is_success:
                return
        time.sleep(0.1)
    raise AssertionError("it is not ready: prometheus.log says why")


def post_what_falls_due(program: Program) -> None:
    """Of it one clock is breached, and the other warns, then is critical."""
    at = now() - timedelta(minutes=57)
    due = item(f"T-{at}", priority="P1", updated_at=at, created_at=at)
    post(program, [due])


def post(program: Program, tickets: Sequence[dict[str, Any]]) -> None:
    answer = httpx.post(f"{program.url}/tickets", json={"tickets": tickets}, timeout=60)
    assert answer.status_code == 200, answer.text


def supposed(program: Program) -> None:
    """What would take an hour to come about: a copy that was verified, a channel that is dead."""
    server = Running.read(program.folder / "data" / "postgres.json")
    assert server is not None
    with psycopg.connect(conninfo(server.socket_dir, port=server.port)) as conn:
        conn.execute("INSERT INTO verified_backups VALUES (now(), now(), 1, '', 'there')")
        conn.execute(
            "INSERT INTO outbox_channels (channel, failing_since, failed_at, failing_surely,"
            " dead_since, dead_told) VALUES ('urgent', now(), now(), true, now(), '{slack}')"
            " ON CONFLICT (channel) DO UPDATE SET failing_since = now(), failed_at = now(),"
            " failing_surely = true, dead_since = now(), dead_told = '{slack}'"
        )


def values(prometheus: str, asks: str, since: datetime) -> list[float]:
    """All that it has since then, from any of its series."""
    expression = asks.replace("$job", "sla-tracker").replace("$__rate_interval", "10s")
    given = {"query": expression, "start": since.timestamp(), "end": now().timestamp(), "step": 1}
    answer = httpx.get(f"{prometheus}/api/v1/query_range", params=given).raise_for_status()
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return [float(value) for one in found for _, value in one["values"] if value != "NaN"]


def empty(prometheus: str, since: datetime) -> list[str]:
    """The panels of which a question has no answer."""
    return [
        panel["title"]
        for panel in dashboard()["panels"]
        if panel["type"] != "row"
        for target in panel["targets"]
        if not values(prometheus, target["expr"], since)
    ]


def test_no_panel_is_empty(tmp_path: Path, figures: Figures) -> None:
    slack = mock_slack(tmp_path / "slack")
    program = service(
        tmp_path / "service",
        CONFIG,
        URGENT_URL="http://127.0.0.1:9/nobody",
        URGENT_SECRET="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLLaw",
    )
    (program.folder / "shifts.ics").write_text(SHIFTS)
    with running(slack):
        program.environment["SLACK_WEBHOOK_URL"] = f"{slack.url}/services/x"
        with (
            running(program),
            prometheus(tmp_path, program.url.removeprefix("http://")) as address,
        ):
            supposed(program)
            since = now()
            post(program, incidents())
            unread = httpx.post(f"{program.url}/connect/helpdesk", json={"ticket": {"id": 1}})
            assert unread.status_code < 300, unread.text
            while left := empty(address, since):
                assert now() - since < timedelta(seconds=PATIENCE_SECONDS), left
                post_what_falls_due(program)
                time.sleep(1)
            figures("seconds until every panel showed something", (now() - since).total_seconds())
            figures("panels", sum(one["type"] != "row" for one in dashboard()["panels"]))
