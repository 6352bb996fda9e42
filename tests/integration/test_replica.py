"""What may be a little behind is answered by a replica that streams, as far as it is there."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from config.settings import Settings
from ops.embedded import EmbeddedPostgres
from ops.wiring import Service
from tests.support.clients import item
from tests.support.patience import PATIENCE
from tests.support.replica import replica_of, standing_still
from tests.support.service import database_url_of

CONFIG = "sla_targets: {ENTERPRISE: {P0: {resolution_minutes: 60}}}"
ASKED = (
    "/dashboard",
    "/dashboard/facets",
    "/dashboard/groups?by=team",
    "/alerts",
    "/tickets/T-1",
    "/tickets/T-1/history",
    "/tickets/T-1/sla",
    "/tickets/T-1/timeline",
    "/tickets/T-1/breakdown",
    "/tickets/T-1/events",
    "/forecast",
    "/forecast?by=hour",
    "/reports/attainment",
    "/reports/cycles",
    "/reports/worst",
    "/reports/alerts",
    "/silences",
    "/excuses",
    "/conflicts",
    "/config/history",
)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a look at the replica is soon old, and so is what it shows."""
    for name in ("TRUSTED_FOR", "CLOSE_SECONDS"):
        monkeypatch.setattr(f"ops.replica.{name}", PATIENCE)


@dataclass
class Pair:
    primary: str
    replica: str


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with (
        EmbeddedPostgres(folder / "primary") as postgres,
        replica_of(postgres.conninfo, folder / "replica") as replica,
    ):
        yield Pair(postgres.conninfo, replica)


class Asked:
    """A service, asked from outside."""

    def __init__(self, service: Service, http: httpx.AsyncClient) -> None:
        self.service, self.http = service, http

    async def post(self, status: str = "open") -> int:
        answer = await self.http.post("/tickets", json={"tickets": [item("T-1", status)]})
        assert answer.status_code == 200, answer.text
        return answer.json()["position"]

    async def get(self, path: str) -> httpx.Response:
        answer = await self.http.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer

    async def of_the_replica(self) -> dict[str, Any]:
        answer = await self.http.get("/health")
        return answer.json()["database"]["replica"]

    async def until(self, *, used: bool, position: int = 0) -> None:
        """Until /health says so of the replica, and that it has come so far."""
        give_up = monotonic() + PATIENCE
        while True:
            said = await self.of_the_replica()
            if said["used"] is used and (said["position"] or 0) >= position:
                return
            wanted = f"used={used}, position={position}"
            assert monotonic() < give_up, f"{wanted}: not what it says: {said}"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def served(primary: str, replica: str, tmp_path: Path) -> AsyncGenerator[Asked]:
    file = tmp_path / "sla_config.yaml"
    file.write_text(CONFIG)
    settings = Settings(
        database_url=SecretStr(database_url_of(primary)),
        database_read_url=SecretStr(database_url_of(replica)),
        sla_config=file,
        sla_data_dir=tmp_path,
    )
    service = Service(settings, environment={})
    transport = httpx.ASGITransport(app=service.app)
    async with (
        service,
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http,
    ):
        yield Asked(service, http)


async def test_it_answers_and_says_how_far_it_is(pair: Pair, tmp_path: Path) -> None:
    async with served(pair.primary, pair.replica, tmp_path) as asked:
        position = await asked.post()
        await asked.until(used=True, position=position)
        assert (await asked.of_the_replica())["behind_seconds"] == 0
        for path in ASKED:
            answer = await asked.get(path)
            assert int(answer.headers["X-As-Of-Position"]) >= position, path
        for path in (
            f"/dashboard?wait_for={position}",
            "/dashboard?as_of=2026-01-05T09:00:00Z",
            "/reports/attainment?known_at=2026-01-05T09:00:00Z",
            "/health",
        ):
            assert "X-As-Of-Position" not in (await asked.get(path)).headers, path


async def test_one_that_is_far_behind_is_not_asked_and_one_that_is_close_again_is(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(pair.primary, pair.replica, tmp_path) as asked:
        await asked.until(used=True)
        with standing_still(pair.replica):
            position = await asked.post("in_progress")
            fresh = await asked.get(f"/tickets/T-1?wait_for={position}")
            assert fresh.json()["status"] == "in_progress"
            behind = await asked.get("/tickets/T-1")
            assert behind.json()["status"] == "open"
            assert int(behind.headers["X-As-Of-Position"]) < position
            monkeypatch.setattr("ops.replica.CLOSE_SECONDS", 0.5)
            await asked.until(used=False)
            answer = await asked.get("/tickets/T-1")
            assert answer.json()["status"] == "in_progress"
            assert "X-As-Of-Position" not in answer.headers
            health = (await asked.get("/health")).json()
            assert health["status"] == "healthy"
            assert "replica" in [one["kind"] for one in health["troubles"]]
        monkeypatch.setattr("ops.replica.CLOSE_SECONDS", PATIENCE)
        await asked.until(used=True, position=position)


async def test_without_it_the_primary_answers(pair: Pair, tmp_path: Path) -> None:
    async with served(pair.primary, "host=/nowhere user=sla dbname=sla", tmp_path) as asked:
        await asked.post("resolved")
        assert await asked.of_the_replica() == {
            "used": False,
            "behind_seconds": None,
            "position": None,
        }
        answer = await asked.get("/dashboard")
        assert "X-As-Of-Position" not in answer.headers
