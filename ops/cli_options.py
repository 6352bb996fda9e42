"""What several verbs of the command line take."""

from typing import Annotated

import typer

LOCAL = "http://127.0.0.1:8000"
Url = Annotated[str, typer.Option(envvar="SLA_URL", help="Where the service answers.")]
Token = Annotated[str | None, typer.Option(envvar="SLA_TOKEN", help="If the service asks for one.")]
AdminToken = Annotated[
    str | None, typer.Option(envvar="SLA_TOKEN", help="With the scope admin, if it asks for one.")
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Rule = Annotated[
    str | None, typer.Option("--rrule", help="How it recurs, as FREQ=WEEKLY;BYDAY=SU;COUNT=10.")
]
Zone = Annotated[str | None, typer.Option("--time-zone", help="In whose local time it recurs.")]
