"""The documentation is whole: the reference is what the code says, every link leads somewhere."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config import targets
from ops.docs.configuration import INTRODUCTION
from ops.docs.reference import FOLDER, PAGES, ROOT
from tests.support.typed import blocks, unknown

DOCS = ROOT / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert PAGES[name](ROOT) == written, "make docs writes it anew"


def test_every_variable_has_a_meaning() -> None:
    rows = [line for line in PAGES["environment.md"](ROOT).splitlines() if line.startswith("| `")]
    assert [row for row in rows if row.endswith("|  |")] == []


def test_every_target_that_is_named_is_one() -> None:
    written = re.findall(r"`([0-9][^`]*)`", INTRODUCTION)
    assert [targets.target(one).text for one in written] == written != []


def leaves(nav: Any) -> Iterator[str]:
    """The pages of a navigation."""
    for one in nav:
        for there in one.values():
            if isinstance(there, str):
                yield there
            else:
                yield from leaves(there)


def test_the_navigation_leads_to_every_page() -> None:
    project = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    assert sorted(leaves(project["nav"])) == sorted(pages)


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """A link to a page or heading that is not there is one."""
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    built = subprocess.run(
        [Path(sys.executable).with_name("zensical"), "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert (tmp_path / "site" / "index.html").exists()


def test_no_page_names_a_command_that_there_is_not() -> None:
    """Also of those that cannot be tried out here."""
    said = {page.name: list(calls_of(page)) for page in DOCS.rglob("*.md")}
    assert {page: wrong for page, wrong in said.items() if wrong} == {}


def calls_of(page: Path) -> Iterator[str]:
    for block in blocks(page):
        if block.kind in ("sh", "console"):
            yield from unknown(block.text)
