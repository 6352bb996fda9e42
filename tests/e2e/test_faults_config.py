"""A mistake in the configuration is said, and the last good one stays in force."""

from pathlib import Path

import pytest

from ops.wiring import now
from tests.support.clients import client_of, item
from tests.support.service import Ended, running, service

GOOD = """sla_targets:
  ENTERPRISE:
    P0:
      resolution_minutes: 60
"""
TYPO = GOOD.replace("resolution_minutes", "resolution_minuts")
BETTER = GOOD.replace("60", "30")


async def test_a_typo_keeps_the_last_good_configuration(database_url: str, tmp_path: Path) -> None:
    program = service(tmp_path, GOOD, database=database_url)
    file = tmp_path / "sla_config.yaml"
    with running(program):
        async with client_of(program) as client:

            async def version(number: int) -> bool:
                return (await client.get("/health"))["config"]["version"] == number

            async def refused() -> bool:
                return (await client.get("/health"))["config"]["error"] is not None

            assert await version(1)
            file.write_text(TYPO)
            await client.until(refused, "the file is refused")
            health = await client.get("/health")
            assert health["status"] == "degraded"
            assert health["config"]["version"] == 1
            assert "resolution_minuts" in health["config"]["error"]
            assert "sla_config.yaml:4:" in health["config"]["error"]
            answer = await client.post(item("meanwhile", updated_at=now()))
            sla = await client.get("/tickets/meanwhile/sla")
            assert sla["clocks"][0]["target_seconds"] == 3600
            assert answer["accepted"] == 1

            file.write_text(BETTER)

            async def tightened() -> bool:
                sla = await client.get("/tickets/meanwhile/sla")
                return sla["clocks"][0]["target_seconds"] == 1800

            await client.until(tightened, "the open ticket comes under the new target")
            assert await version(2)
            assert (await client.get("/health"))["status"] == "healthy"


def test_a_first_start_with_a_mistake_ends_with_2_and_says_where(tmp_path: Path) -> None:
    program = service(tmp_path, TYPO)
    with pytest.raises(Ended) as ended:
        program.start()
    assert ended.value.code == 2
    assert "resolution_minuts" in ended.value.said
    assert "sla_config.yaml:4:" in ended.value.said
    assert "Traceback" not in ended.value.said


def test_a_later_start_with_a_mistake_goes_on_with_the_last_good_one(
    database_url: str, tmp_path: Path
) -> None:
    program = service(tmp_path, GOOD, database=database_url)
    with running(program):
        pass
    (tmp_path / "sla_config.yaml").write_text(TYPO)
    with running(program):
        said = [line["message"] for line in program.complaints()]
        assert any("refused" in message for message in said)
