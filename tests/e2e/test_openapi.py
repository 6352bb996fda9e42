"""The service keeps to its own OpenAPI document, whatever is sent to it."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# Schemathesis says of its own types that they are partly unknown.

import re
from collections.abc import Generator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.clients import item
from tests.support.database import temporary_database
from tests.support.patience import PATIENCE
from tests.support.service import Program, running, service

CONFIG = "sla_targets: {ENTERPRISE: {P0: {resolution: 4h}}}\n"
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDLESS = ("/alerts/stream",)
EXAMPLES = min(12, settings().max_examples // 10)
"""Of each operation; the same ones each time, and 12 in CI, where there is time for it."""


@pytest.fixture(scope="module")
def program(
    server: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Program]:
    with temporary_database(server, migrated_template) as (_, database):
        program = service(tmp_path_factory.mktemp("service"), CONFIG, database=database)
        with running(program):
            httpx.post(f"{program.url}/tickets", json={"tickets": [item("known")]})
            yield program
        assert program.complaints() == []


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_operation_answers_as_documented(program: Program, mode: GenerationMode) -> None:
    document: Any = schemathesis.openapi.from_url(f"{program.url}/openapi.json", timeout=PATIENCE)
    asked = 0
    for result in document.get_all_operations():
        operation = result.ok()
        if operation.path in ENDLESS:
            continue
        takes = (operation.path_parameters, operation.query, operation.headers, operation.body)
        if mode is GenerationMode.NEGATIVE and not any(map(len, takes)):
            continue  # there is nothing that could be wrong
        _ask(operation.as_strategy(generation_mode=mode))
        asked += 1
    assert asked > 10


def test_every_reference_in_the_document_leads_somewhere(program: Program) -> None:
    document = httpx.get(f"{program.url}/openapi.json")
    known = set(document.json()["components"]["schemas"])
    assert set(re.findall(r"#/components/schemas/(\w+)", document.text)) <= known
    assert "TicketItem" in known


def test_every_operation_says_what_it_is(program: Program) -> None:
    paths = httpx.get(f"{program.url}/openapi.json").json()["paths"]
    operations = [one for path in paths.values() for one in path.values()]
    assert {tag for one in operations for tag in one["tags"]} == {
        "Commands",
        "Configuration",
        "Desks",
        "Excuses",
        "Jobs",
        "Queries",
        "Streams",
        "Audit",
        "Operations",
        "Tokens",
    }
    assert [one["summary"] for one in operations if not one.get("description")] == []


def _ask(cases: st.SearchStrategy[Any]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        # Some schemas draw slowly; how fast and how much is the library's concern, not the test's.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=cases, known=st.booleans())
    def ask(case: Any, known: bool) -> None:
        if known and "id" in case.path_parameters:
            case.path_parameters["id"] = "known"
        if case.query:
            case.query.pop("wait_for", None)  # answered with 504, rightly, in the end
        case.call_and_validate(checks=CHECKS, timeout=PATIENCE)

    ask()
