"""The watcher notices every way in which editors and orchestrators change a file."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.problems import ConfigError
from config.reading import Content
from config.watcher import Watcher

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
PATIENCE = 30
"""Seconds to wait before a test that hangs is given up."""


class Heard:
    """What a watcher has passed on, to be waited for."""

    def __init__(self, watcher: Watcher, contents: asyncio.Queue[Content]) -> None:
        self.watcher = watcher
        self.contents = contents

    async def text(self) -> str:
        content = await asyncio.wait_for(self.contents.get(), PATIENCE)
        assert isinstance(content, str)
        return content

    async def problem(self) -> ConfigError:
        content = await asyncio.wait_for(self.contents.get(), PATIENCE)
        assert isinstance(content, ConfigError)
        return content


@asynccontextmanager
async def watching(path: Path, *, last: str | None = None) -> AsyncGenerator[Heard]:
    contents: asyncio.Queue[Content] = asyncio.Queue()
    watcher = Watcher(path, contents.put, now=lambda: NOON, last=last, settled=0.01)
    watcher.start()
    try:
        yield Heard(watcher, contents)
    finally:
        watcher.stop()


def config(folder: Path, text: str = "one") -> Path:
    path = folder / "sla_config.yaml"
    path.write_text(text)
    return path


async def test_what_the_file_says_is_passed_on_at_the_start(tmp_path: Path) -> None:
    async with watching(config(tmp_path)) as heard:
        assert await heard.text() == "one"
        assert heard.watcher.status.error is None


def replace(path: Path, text: str) -> None:
    """In one step, so that nobody can see an empty file."""
    new = path.with_name(".sla_config.yaml.swp")
    new.write_text(text)
    new.rename(path)


def overwritten(path: Path) -> None:
    path.write_text("two")


def replaced_by_a_rename(path: Path) -> None:
    replace(path, "two")


def renamed_away_and_written_anew(path: Path) -> None:
    path.rename(path.with_name("sla_config.yaml~"))
    path.write_text("two")


@pytest.mark.parametrize(
    "change", [overwritten, replaced_by_a_rename, renamed_away_and_written_anew]
)
async def test_a_new_content_is_passed_on(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = config(tmp_path)
    async with watching(path, last="one") as heard:
        change(path)
        while (content := await asyncio.wait_for(heard.contents.get(), PATIENCE)) != "two":
            assert not content or isinstance(content, ConfigError), "seen between two steps"


async def test_a_swap_of_the_link_beside_it_is_noticed(tmp_path: Path) -> None:
    """How Kubernetes updates a mounted ConfigMap."""
    for version in ("one", "two"):
        (tmp_path / f"..{version}").mkdir()
        config(tmp_path / f"..{version}", version)
    (tmp_path / "..data").symlink_to("..one")
    path = tmp_path / "sla_config.yaml"
    path.symlink_to("..data/sla_config.yaml")
    async with watching(path) as heard:
        assert await heard.text() == "one"
        (tmp_path / "..data_tmp").symlink_to("..two")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        shutil.rmtree(tmp_path / "..one")
        assert await heard.text() == "two"


async def test_a_file_that_disappears_is_reported_and_its_return_too(tmp_path: Path) -> None:
    path = config(tmp_path)
    async with watching(path, last="one") as heard:
        path.unlink()
        assert "cannot be read: no such file" in str(await heard.problem())
        assert heard.watcher.status.error is not None
        assert heard.watcher.status.since == NOON
        replace(path, "one")
        assert await heard.text() == "one"
        assert heard.watcher.status.error is None


async def test_a_pipe_in_its_place_is_refused_and_the_next_file_is_taken(tmp_path: Path) -> None:
    """To open it would wait for somebody who writes to it, for ever."""
    path = config(tmp_path)
    async with watching(path, last="one") as heard:
        path.unlink()
        os.mkfifo(path)
        assert "cannot be read: is a named pipe, not a file" in str(await heard.problem())
        replace(path, "two")
        assert await heard.text() == "two"


async def test_the_same_content_is_passed_on_once(tmp_path: Path) -> None:
    path = config(tmp_path)
    async with watching(path) as heard:
        assert await heard.text() == "one"
        replace(path, "one")
        (tmp_path / "another file").write_text("x")
        heard.watcher.look()
        replace(path, "two")
        assert await heard.text() == "two"
        assert heard.contents.empty()


async def test_a_look_needs_no_event(tmp_path: Path) -> None:
    """For a target outside the directory, whose changes the system does not tell."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here").mkdir()
    target = config(tmp_path / "elsewhere")
    path = tmp_path / "here" / "sla_config.yaml"
    path.symlink_to(target)
    async with watching(path) as heard:
        assert await heard.text() == "one"
        replace(target, "two")
        heard.watcher.look()
        assert await heard.text() == "two"


async def test_a_directory_that_cannot_be_watched_is_said_and_looked_at(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "later" / "sla_config.yaml"
    async with watching(path) as heard:
        await heard.problem()
        path.parent.mkdir()
        path.write_text("one")
        heard.watcher.look()
        assert await heard.text() == "one"
        assert "is not watched" in str(heard.watcher.status.error)
        assert heard.watcher.status.since == NOON
    assert "the configuration is not watched" in caplog.text


async def test_a_failing_listener_is_logged_and_the_next_change_still_comes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = config(tmp_path)
    heard: asyncio.Queue[Content] = asyncio.Queue()

    async def listener(content: Content) -> None:
        await heard.put(content)
        if content == "one":
            raise RuntimeError("not today")

    watcher = Watcher(path, listener, now=lambda: NOON, settled=0.01)
    watcher.start()
    try:
        assert await asyncio.wait_for(heard.get(), PATIENCE) == "one"
        replace(path, "two")
        assert await asyncio.wait_for(heard.get(), PATIENCE) == "two"
    finally:
        watcher.stop()
    assert "a change of the configuration was lost" in caplog.text


async def test_a_watcher_that_never_began_can_be_stopped(tmp_path: Path) -> None:
    Watcher(tmp_path / "sla_config.yaml", asyncio.Queue[Content]().put, now=lambda: NOON).stop()
