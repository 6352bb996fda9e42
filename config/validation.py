"""Holds a document against the schema and says in plain words what does not fit."""

import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.document import Document
from config.findings import Findings
from config.problems import ConfigError, KeyPath, Problem
from config.schema import STORED, File, Tier
from config.suggestion import suggestion

_MESSAGES = {
    "missing": "is missing",
    "model_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
    "tuple_type": "must be a list",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "too_short": "must not be empty",
}

_SHOULD = re.compile("(Input|String) should")


def validate(document: Document, *, name: str, stored: bool = False) -> File:
    """The file's values in their shape; raises `ConfigError` with every misfit.

    Texts that are `stored` may have any length.
    """
    try:
        return File.model_validate(document.values, context=STORED if stored else None)
    except ValidationError as error:
        problems = [_problem(document, details) for details in error.errors()]
        raise ConfigError(
            sorted(problems, key=lambda each: (each.line, each.column)), name
        ) from error


Model = TypeVar("Model", bound=BaseModel)


def part(
    model: type[Model], values: Mapping[str, Any], path: KeyPath, findings: Findings
) -> Model | None:
    """The values at the path in a shape of their own; None, and findings, if they do not fit."""
    try:
        return model.model_validate(values, context=STORED if findings.stored else None)
    except ValidationError as error:
        for details in error.errors():
            within = _place(details)
            findings.refuse((*path, *within), _message(model, within, details))
        return None


def _problem(document: Document, details: ErrorDetails) -> Problem:
    path = _place(details)
    return document.problem(path, _message(File, path, details))


def _place(details: ErrorDetails) -> KeyPath:
    return tuple(part for part in details["loc"] if part != "[key]")


def _message(model: type[BaseModel], path: KeyPath, details: ErrorDetails) -> str:
    """What is wrong at this place in a model."""
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown key{suggestion(str(path[-1]), _known_keys(model, path[:-1]))}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"{str(value)[:60]!r} is none of {context['expected']}"
    message = _MESSAGES.get(kind) or _SHOULD.sub("must", details["msg"])
    if value is None:
        message += "; there is nothing here: is the indentation right?"
    elif kind == "string_type" and isinstance(value, bool | int | float):
        message += ": put it in quotes"
    elif kind == "model_type" and len(path) == len(("sla_targets", "tier", "priority")):
        meant = suggestion(str(path[-1]), Tier.model_fields)
        message += meant if "did you mean" in meant else ""
    elif kind == "model_type" and not path:
        message = "is no configuration: it begins with `sla_targets:`"
    return message


def _known_keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys of the block at the path, found by walking the model."""
    kind: Any = model
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields[str(part)]
            kind = _unwrapped(field.annotation)
        else:
            kind = _unwrapped(get_args(kind)[0 if isinstance(part, int) else 1])
    return [field.alias or name for name, field in kind.model_fields.items()]


def _unwrapped(annotation: Any) -> Any:
    """Without `Annotated[…]` and `… | None`."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = get_args(annotation)[0]
    return annotation
