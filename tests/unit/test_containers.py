"""Tests on a PostgreSQL in a container: without a Docker engine they say so, once and at once."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from command_side.event_store.migrating import OLDEST
from tests.support import containers

ROOT = Path(__file__).resolve().parent.parent.parent
NOBODY = "tcp://127.0.0.1:9"


def test_a_run_without_an_engine_ends_before_its_first_test() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/unit/test_scheduler.py"],
        cwd=ROOT,
        env={**os.environ, "DATABASE": "container:16", "DOCKER_HOST": NOBODY},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "DATABASE=container:16 needs a Docker engine that starts postgres:16" in run.stderr
    assert "Without DATABASE, the tests start a PostgreSQL of their own" in run.stderr
    assert "passed" not in run.stdout


@pytest.mark.parametrize(
    ("asked", "version"), [("container", containers.NEWEST), ("container:14", 14)]
)
def test_the_newest_version_is_taken_unless_another_is_named(asked: str, version: int) -> None:
    assert containers.major(asked) == version


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("container:13", "PostgreSQL 14 to 18 is supported"),
        ("container:19", "PostgreSQL 14 to 18 is supported"),
        ("container:latest", "DATABASE is container, or container:18; not 'container:latest'"),
        ("docker", "DATABASE is container, or container:18; not 'docker'"),
    ],
)
def test_what_is_no_supported_version_is_refused(asked: str, said: str) -> None:
    with pytest.raises(pytest.UsageError) as refused:
        containers.major(asked)
    assert said in str(refused.value)


def test_make_takes_every_version_from_the_oldest_to_the_one_that_ships() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    versions = re.search(r"^MAJORS := (.*)$", makefile, re.MULTILINE)
    assert versions is not None
    assert list(map(int, versions[1].split())) == list(range(OLDEST, containers.NEWEST + 1))
    compose = (ROOT / "docker-compose.yaml").read_text("utf-8")
    assert f"image: postgres:{containers.NEWEST}" in compose
