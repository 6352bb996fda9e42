"""The OpenAPI document says what everything is, under names that clients can be made from."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from config.settings import Settings
from ops.http import glossary
from ops.jobs.kinds import KINDS
from ops.wiring import Service

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Json:
    settings = Settings(database_url=SecretStr(""), api_tokens=SecretStr(""), api_tokens_file=None)
    return Service(settings).app.openapi()


def members(name: str, schema: Json) -> Iterator[tuple[str, Json]]:
    """Every member of a schema, those of what it holds included, by its way there."""
    for key, member in schema.get("properties", {}).items():
        yield f"{name}.{key}", member
        yield from members(f"{name}.{key}", member)
    if "items" in schema:
        yield from members(name, schema["items"])


def all_members(document: Json) -> list[tuple[str, Json]]:
    schemas: Json = document["components"]["schemas"]
    return [found for name, schema in schemas.items() for found in members(name, schema)]


def operations(document: Json) -> list[Json]:
    return [one for path in document["paths"].values() for one in path.values()]


def test_every_member_and_every_parameter_says_what_it_means(document: Json) -> None:
    found = all_members(document)
    assert [way for way, member in found if not member.get("description")] == []
    assert len(found) > 300
    schemas: Json = document["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []
    nameless = [
        (one["operationId"], parameter["name"])
        for one in operations(document)
        for parameter in one.get("parameters", ())
        if not parameter.get("description")
    ]
    assert nameless == []


def test_the_glossary_has_no_word_that_nothing_says(document: Json) -> None:
    models = {".".join(way.split(".")[:2]) for way, _ in all_members(document)}
    assert set(glossary.OF_A_MODEL) - models == set()
    said = {way.split(".")[-1] for way, _ in all_members(document)}
    said |= {one["name"] for asked in operations(document) for one in asked.get("parameters", ())}
    assert set(glossary.MEANINGS) - said == set()


def test_every_operation_has_a_short_name_of_its_own(document: Json) -> None:
    names = [one["operationId"] for one in operations(document)]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+){1,2}", name)] == []
    # Clients are made from them: these stay.
    assert {
        "report_tickets",
        "acknowledge_ticket",
        "snooze_ticket",
        "create_silence",
        "list_silences",
        "end_silence",
        "get_ticket",
        "get_ticket_sla",
        "get_ticket_timeline",
        "get_ticket_breakdown",
        "get_ticket_history",
        "list_ticket_events",
        "get_dashboard",
        "get_forecast",
        "get_attainment",
        "list_alerts",
        "stream_alerts",
        "list_conflicts",
        "get_config",
        "list_config_versions",
        "get_health",
        "get_readiness",
    } <= set(names)


def test_a_job_may_be_of_every_kind_and_have_the_result_of_each(document: Json) -> None:
    job = document["components"]["schemas"]["WholeJob"]["properties"]
    assert [kind for kind in KINDS if kind not in job["kind"]["description"]] == []
    results = {one["$ref"].rpartition("/")[2] for one in job["result"]["anyOf"] if "$ref" in one}
    assert results == {"WhatIf", "OpenTickets", "Attainment", "CyclePage", "Worst"}
