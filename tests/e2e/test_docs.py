"""What the documentation tells people to type does what it shows."""

import shutil
import time
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.support.database import temporary_database
from tests.support.service import ROOT, Program, running, service, until
from tests.support.typed import Shell, blocks, differs

DOCS = ROOT / "docs"
PROMISES = (ROOT / "sla_config.yaml").read_text(encoding="utf-8")
TYPED = [page for page in DOCS.rglob("*.md") if any(one.kind == "sh" for one in blocks(page))]
TYPED.sort(key=lambda page: (page.stem != "first-hour", page))  # it counts all tickets there are


@pytest.fixture(scope="module")
def program(
    server: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Program]:
    with temporary_database(server, migrated_template) as (_, database):
        program = service(tmp_path_factory.mktemp("service"), PROMISES, database=database)
        with running(program):
            yield program


# The pages call curl. The project itself needs make and Python alone, so its tests have to pass on
# a machine that has no curl; where there is one, as nearly everywhere, these run with all others.
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize("page", TYPED, ids=lambda page: page.stem)
def test_a_page_says_what_happens(program: Program, page: Path, tmp_path: Path) -> None:
    def version() -> int:
        while not (answer := httpx.get(f"{program.url}/config", timeout=60)).is_success:
            time.sleep(1)  # a busy machine: it says when to ask again
        return answer.json()["version"]

    def promise(text: str) -> None:
        file, before = program.folder / "sla_config.yaml", version()
        if file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            until(lambda: version() > before, "the service has the new promises")

    def save(name: str, text: str) -> None:
        (tmp_path / name).write_text(text + "\n", encoding="utf-8")
        if name == "sla_config.yaml":
            promise(text + "\n")

    promise(PROMISES)  # whatever the page before has promised
    shell = Shell(tmp_path, program.url, program.environment)
    try:
        wrong = [f"{block.text}\n-> {said}" for block, said in differs(page, shell, save)]
    finally:
        shell.leave()
    assert not wrong, "\n\n".join(wrong)
