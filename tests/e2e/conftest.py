"""What the tests of the page share: each module has one browser and one service for all of it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.database import temporary_database
from tests.support.service import Program, running, service

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.browser import Start


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    from tests.support.browser import chromium  # only tests of the page wait for it

    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def database(server: str, migrated_template: str) -> Generator[str]:
    with temporary_database(server, migrated_template) as (_, database):
        yield database


@pytest.fixture(scope="module")
def start(browser: Browser, database: str, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Starts the service, until it is left: on `database`, with a configuration and tokens."""

    @contextmanager
    def start(config: str, tokens: str = "chief:admin") -> Generator[Program]:
        folder = tmp_path_factory.mktemp("service")
        program = service(folder, config, database=database, API_TOKENS=tokens)
        with running(program):
            yield program

    return start
