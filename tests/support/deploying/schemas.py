"""Terraform's files against the providers' schemas: every name exists, nothing is missing."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from tests.support.deploying.hcl import META, PARTS, Block, Module, read_module

PROVIDERS = Path(__file__).parents[2] / "data" / "providers"
OURS = {"terraform_data": {"input", "triggers_replace", "output", "id"}}
"""Terraform's own, without a provider."""

_EXPRESSION = re.compile(r"\$\{(.*)\}", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\$]|\\.|\$(?!\{)|\$\{path\.\w+\})*"')
_REFERENCE = re.compile(
    r"(?<![\w.\"-])(?P<first>(?:data\.|ephemeral\.)?[a-z_]+)\.(?P<name>\w+)"
    r"(?:\[[^]]*\]|\[\*\])?(?:\.(?P<attribute>\w+))?"
)


@cache
def schema(kind: str, name: str) -> dict[str, Any] | None:
    """What the provider takes in this type; None for one that the snapshot does not hold."""
    file = PROVIDERS / f"{name.partition('_')[0]}.json"
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found[kind].get(name)


def of_all(deploy: Path) -> Iterator[str]:
    """Of every module there is."""
    for part in PARTS:
        yield from (f"{part}: {what}" for what in complaints(deploy / part))


def complaints(folder: Path) -> list[str]:
    """Of one module: a sentence for each name that does not exist, and each that is missing."""
    module = read_module(folder)
    found: list[str] = []
    for block in module.blocks:
        if block.kind in ("resource", "data", "ephemeral"):
            found += _typed(block)
        if block.kind == "module":
            found += _called(block, folder)
    found += [f"{where}: {what}" for where, what in _references(module)]
    return found


def _typed(block: Block) -> Iterator[str]:
    kind = block.labels[0]
    if kind in OURS:
        yield from (f"{block.name}: no {each}" for each in block.body.keys() - META - OURS[kind])
        return
    known = schema(block.kind, kind)
    if known is None:
        yield f"{block.name}: {kind} is in no snapshot: misspelt, or take the snapshot anew"
        return
    body = {name: value for name, value in block.body.items() if name not in META}
    yield from _body(block.name, body, known)


def _body(where: str, body: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    attributes, blocks = known["attributes"], known["blocks"]
    written = {name: value for name, value in body.items() if name != "dynamic"}
    generated: dict[str, list[Any]] = {}
    for entry in body.get("dynamic", []):
        for name, dynamic in entry.items():
            generated.setdefault(name, []).extend(dynamic["content"])
    for name, value in written.items():
        if name in blocks:
            if not isinstance(value, list):
                yield f"{where}: {name} is a block"
        elif name not in attributes:
            yield f"{where}: there is no {name}"
        elif not attributes[name].keys() & {"optional", "required"}:
            yield f"{where}: {name} is only read"
    for name, known_block in blocks.items():
        inside = [*_list(written.get(name)), *generated.get(name, [])]
        if known_block["required"] and not inside:
            yield f"{where}: {name} is missing"
        if len(_list(written.get(name))) > known_block.get("max", 1000):
            yield f"{where}: there can be one {name} only"
        for number, each in enumerate(inside):
            yield from _body(f"{where}.{name}[{number}]", each, known_block)
    yield from (f"{where}: there is no block {name}" for name in generated if name not in blocks)
    for name, about in attributes.items():
        if about.get("required") and name not in written:
            yield f"{where}: {name} is missing"


def _list(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else []


def _called(block: Block, folder: Path) -> Iterator[str]:
    source = block.body["source"]
    called = read_module((folder / source).resolve())
    variables = {one.labels[0]: one.body for one in called.of("variable")}
    given = block.body.keys() - META - {"source", "version", "providers"}
    yield from (f"{block.name}: {source} has no variable {name}" for name in given - set(variables))
    for name, about in variables.items():
        if "default" not in about and name not in given:
            yield f"{block.name}: {name} is missing"


def _references(module: Module) -> Iterator[tuple[str, str]]:
    variables = {one.labels[0] for one in module.of("variable")}
    locals_ = {name for one in module.of("locals") for name in one.body}
    modules = {one.labels[0]: one for one in module.of("module")}
    declared = {
        ("" if one.kind == "resource" else f"{one.kind}.") + one.name: one
        for one in module.blocks
        if one.kind in ("resource", "data", "ephemeral")
    }
    for block in module.blocks:
        where = f"{block.file}: {block.kind} {block.name}".rstrip()
        for found in _found(block.body):
            first, name, attribute = found["first"], found["name"], found["attribute"]
            if first == "var":
                if name not in variables:
                    yield where, f"there is no variable {name}"
            elif first == "local":
                if name not in locals_:
                    yield where, f"there is no local {name}"
            elif first == "module":
                if name not in modules:
                    yield where, f"there is no module {name}"
                elif attribute is not None:
                    source = (module.folder / modules[name].body["source"]).resolve()
                    if attribute not in {one.labels[0] for one in read_module(source).of("output")}:
                        yield where, f"module {name} has no output {attribute}"
            elif "_" in first and first not in _generated(block.body):
                target = declared.get(f"{first}.{name}")
                if target is None:
                    yield where, f"there is no {first}.{name}"
                elif attribute is not None and attribute not in _readable(target):
                    yield where, f"{first}.{name} has no {attribute}"


def _generated(body: dict[str, Any]) -> set[str]:
    """The names that dynamic blocks give to what they go through."""
    found: set[str] = set()
    for name, value in body.items():
        for each in _dicts(value):
            found |= _generated(each)
            if name == "dynamic":
                found |= set(each)
                for content in _dicts(list(each.values())):
                    found |= _generated(content)
    return found


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [cast(dict[str, Any], each) for each in _list(value) if isinstance(each, dict)]


def _readable(block: Block) -> set[str]:
    if block.labels[0] in OURS:
        return OURS[block.labels[0]]
    known = schema(block.kind, block.labels[0]) or {"attributes": {}, "blocks": {}}
    return {"id", *known["attributes"], *known["blocks"]}


def _found(value: Any) -> Iterator["re.Match[str]"]:
    if isinstance(value, dict):
        for name, each in cast(dict[str, Any], value).items():
            if name not in ("ignore_changes", "type"):
                yield from _found(name)
                yield from _found(each)
    elif isinstance(value, list):
        for each in _list(value):
            yield from _found(each)
    elif isinstance(value, str):
        whole = _EXPRESSION.fullmatch(value)
        if whole is not None and "${" not in whole[1]:
            yield from _REFERENCE.finditer(_STRING.sub('""', whole[1]))
        else:
            for inner in re.findall(r"\$\{(.*?)\}", value, re.DOTALL):
                yield from _REFERENCE.finditer(_STRING.sub('""', inner))
            if whole is not None:
                yield from _REFERENCE.finditer(_STRING.sub('""', whole[1]))
