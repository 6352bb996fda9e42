"""`sla import` tried out on files, without a service."""

import json
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from ops.import_cli import import_

ALONE = typer.Typer()
"""The command without the others: making all of them takes longer than what is tried."""
ALONE.command()(import_)
NOBODY = "http://127.0.0.1:9"


def sla_import(*arguments: str | Path) -> Result:
    return CliRunner().invoke(ALONE, [*map(str, arguments), "--url", NOBODY])


def tried(*arguments: str | Path) -> dict[str, Any]:
    """What a dry run says, as machines get it."""
    result = sla_import(*arguments, "--dry-run", "--json")
    assert result.stdout, result.stderr
    return json.loads(result.stdout)


def items(*arguments: str | Path) -> list[dict[str, Any]]:
    """What would be sent of the first tickets."""
    return tried(*arguments)["first"]


def refusal(*arguments: str | Path) -> str:
    """Why nothing of it is imported."""
    result = sla_import(*arguments, "--dry-run", "--json")
    assert result.exit_code == 2, result.stdout
    return result.stderr


def written(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path
