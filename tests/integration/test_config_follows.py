"""The service hears of a new configuration where the system tells it nothing, and says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from watchdog.observers import Observer

from config.settings import Settings
from ops.wiring import Service
from tests.support.desk import CONFIG
from tests.support.house import eventually
from tests.support.service import database_url_of

TIGHTER = CONFIG + "# a new release\n"


def service(database_url: str, config: Path) -> Service:
    settings = Settings(
        database_url=SecretStr(database_url_of(database_url)),
        sla_config=config,
        sla_data_dir=config.parent,
    )
    return Service(settings, role="api", environment={})


async def health(service: Service) -> dict[str, Any]:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sla") as client:
        return (await client.get("/health")).json()


Place = Callable[[Path], tuple[Path, Callable[[str], object]]]
"""Makes the file's path, and what brings a release there."""


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
    database_url: str, tmp_path: Path, place: Place
) -> None:
    for number in range(1, 5):
        (tmp_path / f"r{number}").mkdir()
        (tmp_path / f"r{number}" / "sla_config.yaml").write_text(f"{CONFIG}# {number}\n")
    path, change = place(tmp_path)
    async with service(database_url, path) as one:
        # The look at the start may see the first, the end of the first link is told: not the third.
        for number in range(2, 5):
            change(f"r{number}")
            await eventually(lambda version=number: one.config_version() == version)


async def test_a_file_that_the_system_does_not_watch_is_said_and_its_change_found(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("inotify watch limit reached")

    monkeypatch.setattr(Observer, "schedule", refuse)
    path = tmp_path / "sla_config.yaml"
    path.write_text(CONFIG)
    async with service(database_url, path) as one:
        said = await health(one)
        assert "is not watched: inotify watch limit reached" in said["config"]["error"]
        path.write_text(TIGHTER)
        await eventually(lambda: one.config_version() == 2)
