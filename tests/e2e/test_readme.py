"""What the README tells people to type does what it says."""

import json
import re
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.database import temporary_database
from tests.support.patience import PATIENCE
from tests.support.service import ROOT, Program, running, service

SAID = re.compile(r"```sh\n(.*?)```", re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def program(
    server: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Program]:
    promises = (ROOT / "sla_config.yaml").read_text()
    with temporary_database(server, migrated_template) as (_, database):
        program = service(tmp_path_factory.mktemp("service"), promises, database=database)
        program.forked = False  # as the README starts it
        with running(program):
            yield program
        assert program.complaints() == []


def typed(program: Program, folder: Path) -> list[Any]:
    """What each curl of the README answers, typed into one shell, the first one twice."""
    commands = [
        block for block in SAID.findall((ROOT / "README.md").read_text()) if ADDRESS in block
    ]
    post, *rest = (block for block in commands if "curl" in block)
    script = "\n".join([post, post[post.index("curl") :], *rest])
    script = script.replace(ADDRESS, program.url).replace(
        "curl -s", f"echo >> {folder}/all; curl -s"
    )
    shell = shutil.which("bash") or "sh"
    done = subprocess.run(
        [shell, "-euc", f"({script}) >> {folder}/all"],
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    answers = (folder / "all").read_text().splitlines()
    return [json.loads(line) for line in answers if line]


# The README's commands call curl. The project itself needs make and Python alone, so its tests have
# to pass on a machine that has no curl.
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_first_ticket_of_the_readme_shows_something(program: Program, tmp_path: Path) -> None:
    posted, again, sla, forecast, resolved, report = typed(program, tmp_path)

    assert posted["accepted"] == 1
    assert again["duplicates"] == 1
    assert [(one["name"], one["state"], one["severity"]) for one in sla["clocks"]] == [
        ("response", "running", "compliant"),
        ("resolution", "running", "compliant"),
    ]
    assert [one["clock"] for one in forecast["items"]] == ["response", "resolution"]
    assert resolved["accepted"] == 1
    assert (report["total"]["met"], report["total"]["breached"]) == (2, 0)
