"""One side on a database of its own, for every test here that asks for it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.desk import Process, working
from tests.support.house import House, open_house
from tests.support.patience import LIMITS, PATIENCE


@pytest.fixture(autouse=True)
def nobody_is_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, a service within a test answers."""
    for name in LIMITS:
        monkeypatch.setattr(name, PATIENCE)


@pytest.fixture
def database_url(furnished_database_url: str) -> str:
    """With the read tables in it: who defines them costs the next test a new database. Before them
    is `migrated`."""
    return furnished_database_url


@pytest.fixture
async def house(furnished_database_url: str) -> AsyncIterator[House]:
    async with open_house(furnished_database_url) as house:
        yield house


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Process]:
    async with working(database_url) as process:
        yield process


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client() as client:
        yield client
