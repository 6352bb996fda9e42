"""The page of the HTTP API, from the document that the service answers itself."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from config.settings import Settings
from ops.docs.table import code, table
from ops.wiring import Service

INTRODUCTION = """# HTTP API

A running service shows the same at `/docs`, with every member of every answer, and lets you try it;
`/openapi.json` is for programs. Refusals are `application/problem+json` (RFC 9457) with a
`detail` that says what to do. Every answer of a command carries a `position`; a query with
`wait_for=` that position reads what you wrote.

Live: `/ws/alerts` is a WebSocket and `/alerts/stream` a stream of server-sent events; both go on
where you were, with the last position you have seen. `/metrics` is for Prometheus.
"""
Schemas = Mapping[str, Mapping[str, Any]]
Row = tuple[str, str, str]
METHODS = ("get", "post", "put", "patch", "delete")


def page(root: Path) -> str:
    document = Service(Settings.model_construct()).app.openapi()
    schemas = document["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if operation := operations.get(method):
                said = _operation(f"{method.upper()} {path}", operation, schemas)
                by_tag.setdefault(operation["tags"][0], []).append("".join(said))
    return INTRODUCTION + "".join(f"\n## {tag}\n" + "".join(by_tag[tag]) for tag in sorted(by_tag))


def _operation(name: str, operation: Mapping[str, Any], schemas: Schemas) -> Iterator[str]:
    yield f"\n### {name}\n\n{operation['summary']}.\n"
    if said := operation.get("description"):
        yield f"\n{said}\n"
    for kind, one in operation.get("requestBody", {}).get("content", {}).items():
        yield f"\nTakes `{kind}`.\n"
        if rows := list(_members(one.get("schema", {}), schemas)):
            yield "\n" + table(("member", "required", "meaning"), rows)
    if given := operation.get("parameters"):
        rows = [
            (code(one["name"]), one["in"], "yes" if one.get("required") else "", _said(one))
            for one in given
        ]
        yield "\n" + table(("parameter", "in", "required", "meaning"), rows)


def _said(parameter: Mapping[str, Any]) -> str:
    return parameter.get("description", "")


def _members(schema: Mapping[str, Any], schemas: Schemas, path: str = "") -> Iterator[Row]:
    """What may stand in a body; of a list, what may stand in each of its items, after `[]`."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    required = schema.get("required", ())
    for name, member in schema.get("properties", {}).items():
        yield code(path + name), "yes" if name in required else "", _said(member)
        if "$ref" in member.get("items", {}):
            yield from _members(member["items"], schemas, f"{path}{name}[].")
