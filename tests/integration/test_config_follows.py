"""The service hears of a new configuration where the system tells it nothing, and says so."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from watchdog.observers import Observer

from command_side import policies
from command_side.policies import Accepted
from command_side.silences import Quiet, Silences
from config.problems import ConfigError
from config.settings import Settings
from engine.sla.instants import micros
from ops.wiring import Service, now
from tests.support.desk import CONFIG
from tests.support.house import eventually
from tests.support.items import opening
from tests.support.service import database_url_of

TIGHTER = CONFIG + "# a new release\n"


def service(database_url: str, config: Path) -> Service:
    settings = Settings(
        database_url=SecretStr(database_url_of(database_url)),
        sla_config=config,
        sla_data_dir=config.parent,
    )
    return Service(settings, role="api", environment={})


def client(service: Service) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://sla")


async def health(service: Service) -> dict[str, Any]:
    async with client(service) as asking:
        return (await asking.get("/health")).json()


Place = Callable[[Path], tuple[Path, Callable[[str], object]]]
"""Makes the file's path, and what brings a release there."""


async def test_a_version_of_another_release_that_cannot_be_read_is_said(
    furnished_database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "sla_config.yaml"
    path.write_text(CONFIG)
    async with service(furnished_database_url, path) as one:
        content = "sla_targets: {GOLD: {P1: {resolution: 1 aeon}}}\n"
        newer = Accepted(2, content, "hash", "jane", micros(now()), "open_tickets", 0.15, 0.05, 1)
        async with one.pool.connection() as conn:
            await policies.accept(conn, newer, now=now())
        await eventually(lambda: one.config_error() is not None)

        said = await health(one)
        assert said["status"] == "degraded"
        assert said["config"]["version"] == 1
        assert "version 2 of the configuration, in the log:1: sla_t" in said["config"]["error"]
        # What else the log says is followed all the same.
        for_an_hour = (micros(now()), micros(now() + timedelta(hours=1)))
        quiet = Quiet({"priority": ["P1"]}, (for_an_hour,), reason="-", by="-")
        await Silences(one.pool, now).create(quiet, now=now(), correlation_id=None)
        await eventually(lambda: len(one.silences.in_force()) == 1)
        async with client(one) as asking:
            answer = await asking.post("/tickets", json={"tickets": [opening()]})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    with pytest.raises(ConfigError, match="run the release that accepted it"):
        await service(furnished_database_url, path).__aenter__()


def a_link_to_a_file_elsewhere(folder: Path) -> tuple[Path, Callable[[str], object]]:
    (folder / "here").mkdir()
    path = folder / "here" / "sla_config.yaml"
    path.symlink_to(folder / "r1" / path.name)
    return path, lambda name: (folder / name / path.name).rename(folder / "r1" / path.name)


def a_link_to_the_folder(folder: Path) -> tuple[Path, Callable[[str], object]]:
    (folder / "current").symlink_to("r1")

    def change(name: str) -> None:
        (folder / "next").symlink_to(name)
        (folder / "next").rename(folder / "current")

    return folder / "current" / "sla_config.yaml", change


@pytest.mark.parametrize("place", [a_link_to_a_file_elsewhere, a_link_to_the_folder])
async def test_a_change_behind_a_link_comes_into_force(
    furnished_database_url: str, tmp_path: Path, place: Place
) -> None:
    for number in range(1, 5):
        (tmp_path / f"r{number}").mkdir()
        (tmp_path / f"r{number}" / "sla_config.yaml").write_text(f"{CONFIG}# {number}\n")
    path, change = place(tmp_path)
    async with service(furnished_database_url, path) as one:
        # The look at the start may see the first, the end of the first link is told: not the third.
        for number in range(2, 5):
            change(f"r{number}")
            await eventually(lambda version=number: one.config_version() == version)


async def test_a_file_that_the_system_does_not_watch_is_said_and_its_change_found(
    furnished_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("inotify watch limit reached")

    monkeypatch.setattr(Observer, "schedule", refuse)
    path = tmp_path / "sla_config.yaml"
    path.write_text(CONFIG)
    async with service(furnished_database_url, path) as one:
        said = await health(one)
        assert "is not watched: inotify watch limit reached" in said["config"]["error"]
        path.write_text(TIGHTER)
        await eventually(lambda: one.config_version() == 2)
