"""A running service, its database, and the command line beside it."""

import json
from pathlib import Path
from typing import Any

import psycopg
from typer.testing import CliRunner, Result

from ops.cli import app
from tests.support.service import Program, database_url_of

AS_SAID = ("--date-order", "dmy", "--time-zone", "UTC")
"""What the real incidents do not say of themselves."""


class Shop:
    """A service, the database behind it, and the command line beside it."""

    def __init__(self, program: Program, conninfo: str) -> None:
        self.program, self.conninfo = program, conninfo

    def sla(self, *arguments: str | Path) -> Result:
        environment = {
            "DATABASE_URL": database_url_of(self.conninfo),
            "SLA_CONFIG": str(self.program.folder / "sla_config.yaml"),
        }
        return CliRunner().invoke(app, list(map(str, arguments)), env=environment)

    def send(self, file: Path, format: str, *more: str | Path) -> tuple[int, dict[str, Any]]:
        """The exit code of `sla import`, and what it answered."""
        asked = ("import", file, "--format", format, "--url", self.program.url, "--json")
        result = self.sla(*asked, *more)
        return result.exit_code, json.loads(result.stdout)

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as conn:
            conn.execute(statement.encode())

    def ask(self, question: str, *arguments: object) -> list[tuple[Any, ...]]:
        """The rows that a query finds."""
        with psycopg.connect(self.conninfo) as conn:
            return conn.execute(question.encode(), arguments).fetchall()
