"""Fixtures that every test may ask for, and how hard hypothesis tries."""

import functools
import gc
import importlib
import inspect
import logging
import os
import pkgutil
import shutil
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from hypothesis import settings
from typer.main import get_command

from config import document
from ops import garbage
from ops.logging import HANDLER
from tests.support.database import empty_database_url, migrated_template, server
from tests.support.lending import database_url, furnished, furnished_database_url, migrated
from tests.support.patience import PATIENCE

__all__ = [
    "database_url",
    "empty_database_url",
    "furnished",
    "furnished_database_url",
    "migrated",
    "migrated_template",
    "server",
]

# The tree of our commands is made once, not at each of the hundreds of calls.
pytest.MonkeyPatch().setattr("typer.testing._get_command", functools.cache(get_command))
# Most configurations here are the same few, and each process of a test reads one twice. What was
# read is never changed; of a short one, three quarters of the time to apply it go to its YAML.
pytest.MonkeyPatch().setattr("config.document.parse", functools.lru_cache(document.parse))
# As in the Makefile: the programs that tests start would compile all that they import, each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Each client of httpx, in tests and in the programs that they start, would read the certificates of
# all the world, which takes 30 ms. Of those who have to be trusted by anybody, none is tried here.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "data" / "authority.pem")

# A client of httpx waits for five seconds, unless it is told otherwise. All of the product's are.
_waits: httpx.Timeout = inspect.signature(httpx.AsyncClient).parameters["timeout"].default
_waits.connect = _waits.read = _waits.write = _waits.pool = PATIENCE

# In CI the same examples each time: no change fails by chance for what it did not touch. New ones
# are for those who work on it.
settings.register_profile("dev", max_examples=30, deadline=None, print_blob=True)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
settings.register_profile("long", max_examples=3000, deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


IN_MEMORY = Path("/dev/shm")
ENOUGH = 4 * 1024**3
"""Bytes: a database of tests is three hundred small files, and on a disk most of the work of
having one is to create and to remove them."""


def _has_room(folder: Path) -> bool:
    """Some tests run what they write."""
    return (
        folder.is_dir()
        and shutil.disk_usage(folder).free > ENOUGH
        and not os.statvfs(folder).f_flag & os.ST_NOEXEC
    )


def pytest_configure(config: pytest.Config) -> None:
    """Before anything is collected: temporary folders are in memory, where there is enough; and a
    run that asks for a container has one, or ends."""
    long = config.option.markexpr == "long"  # its figures are those of a disk
    if not long and _has_room(IN_MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
    asked = os.environ.get("DATABASE")
    if asked and not hasattr(config, "workerinput"):  # the workers of a run inherit its server
        from tests.support.containers import start

        os.environ["DATABASE_URL"] = start(asked, config.add_cleanup)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded and collected stays to the end: no search for reference cycles goes through it
    while it comes, nor at each search in a test."""
    garbage.seldom_from_now_on()
    answer = yield
    gc.freeze()
    return answer


def pytest_collection_finish() -> None:
    """Hypothesis draws from the constants of whichever modules of the project are loaded: in CI all
    are, or its examples would depend on which tests ran before in the same process."""
    if settings.get_current_profile_name() != "ci":
        return
    for package in ("command_side", "query_side", "projections", "engine", "config", "ops"):
        for module in pkgutil.walk_packages(
            importlib.import_module(package).__path__, package + "."
        ):
            importlib.import_module(module.name)


@pytest.fixture(autouse=True)
def no_log_of_another_test_is_on_stdout() -> None:
    """A program that ran within an earlier test has set up its logs for the whole process."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if handler.name == HANDLER]:
        handler.flush()
        root.removeHandler(handler)
