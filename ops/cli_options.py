"""What several verbs of the command line take."""

from pathlib import Path
from typing import Annotated

import typer

LOCAL = "http://127.0.0.1:8000"
Url = Annotated[str, typer.Option(envvar="SLA_URL", help="Where the service answers.")]
Token = Annotated[str | None, typer.Option(envvar="SLA_TOKEN", help="If the service asks for one.")]
AdminToken = Annotated[
    str | None, typer.Option(envvar="SLA_TOKEN", help="With the scope admin, if it asks for one.")
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        file_okay=False, help="Where the embedded database lives; else SLA_DATA_DIR, or .sla."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Rule = Annotated[
    str | None, typer.Option("--rrule", help="How it recurs, as FREQ=WEEKLY;BYDAY=SU;COUNT=10.")
]
Zone = Annotated[str | None, typer.Option("--time-zone", help="In whose local time it recurs.")]
