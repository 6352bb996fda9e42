"""The page of the command line, from the commands themselves."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from inspect import cleandoc
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer.main
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from ops.cli import app
from ops.docs.table import code, table

INTRODUCTION = """# Commands

`sla` is `.venv/bin/sla`. Commands that talk to a running service take `--url` (else `SLA_URL`,
else `http://127.0.0.1:8000`) and `--token` (else `SLA_TOKEN`); those that look into the database
themselves take `DATABASE_URL`, or the embedded one's `--data-dir`. Every command says `--help`.
"""

WORDS: Mapping[Any, str] = {int: "NUMBER", float: "NUMBER", Path: "FILE", datetime: "TIME"}


def page(root: Path) -> str:
    return INTRODUCTION + "".join(_written(typer.main.get_command(app), "sla"))


def _written(command: object, name: str) -> Iterator[str]:
    """A section for each command, those of groups under their whole names."""
    if isinstance(command, TyperGroup):
        for one in sorted(command.commands):
            yield from _written(command.commands[one], f"{name} {one}")
    elif isinstance(command, TyperCommand):
        yield from _section(command, name)


def _section(command: TyperCommand, name: str) -> Iterator[str]:
    arguments = [one for one in command.params if isinstance(one, TyperArgument)]
    options = [one for one in command.params if isinstance(one, TyperOption) and not one.hidden]
    shown = " ".join([name, *map(_argument, arguments)])
    yield f"\n## {name}\n\n```text\n{shown}\n```\n\n{cleandoc(command.help or '')}\n"
    rows = [
        *((code(_argument(one)), one.help or "") for one in arguments),
        *((code(_option(one)), one.help or "") for one in options),
    ]
    if rows:
        yield "\n" + table(("takes", "meaning"), rows)


def _argument(argument: TyperArgument) -> str:
    name = (argument.name or "").upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _option(option: TyperOption) -> str:
    names = ", ".join(option.opts)
    if option.is_flag:
        return names
    kind = option.type_descriptor.annotation
    if get_origin(kind) is Literal:
        return f"{names} {'|'.join(map(str, get_args(kind)))}"
    return f"{names} {WORDS.get(kind, 'TEXT')}"
