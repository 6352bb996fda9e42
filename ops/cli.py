"""The command line: which verbs there are and what they take; `ops/commands` does the work.

Every import of ours is inside a verb, so that `sla --help` answers at once.
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    name="sla",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: the rich one costs a tenth of a second
    add_completion=False,
    pretty_exceptions_enable=False,  # they would show local variables, tokens among them
)

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]


Role = Literal["all", "api", "worker"]
DataDir = Annotated[
    Path | None,
    typer.Option(
        file_okay=False, help="Where the embedded database lives; else SLA_DATA_DIR, or .sla."
    ),
]


@app.callback()
def _sla() -> None:
    """SLA Tracker: promises to customers, measured to the microsecond."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    role: Annotated[
        Role, typer.Option(help="api takes and answers requests, worker does all the rest.")
    ] = "all",
    data_dir: DataDir = None,
) -> None:
    """Run the service, until Ctrl-C."""
    from ops.commands import serve as command

    raise typer.Exit(command.serve(host=host, port=port, role=role, data_dir=data_dir))


@app.command()
def mock_slack(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 9000,
) -> None:
    """Play Slack: take messages, and show them in a browser."""
    from ops.commands import serve as command

    raise typer.Exit(command.mock_slack(host=host, port=port))


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the replay, instead of staying up.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=1, help="How long the replay lasts.")] = 60,
) -> None:
    """Watch five days of real incidents in a minute. Needs nothing, leaves nothing behind."""
    from ops.commands import demo as command

    raise typer.Exit(command.run(once=once, seconds=seconds))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The file, plain or gzipped.", dir_okay=False)],
    format: Annotated[
        Literal["servicenow", "csv", "jsonl"],
        typer.Option(
            help="servicenow: its incident export. csv: a header with the field names of"
            " POST /tickets. jsonl: one item of POST /tickets a line."
        ),
    ],
    url: Annotated[str, typer.Option(help="Where the service answers.")] = "http://127.0.0.1:8000",
    token: Annotated[
        str | None, typer.Option(envvar="SLA_TOKEN", help="If the service asks for one.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="Updates a request.")] = 500,
    rejects: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write every row that was not taken here, as JSON."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Send a file of ticket updates to a running service. Repeating it does no harm."""
    from ops.commands import import_file

    raise typer.Exit(
        import_file.run(
            file,
            format=format,
            url=url,
            token=token,
            batch=batch,
            rejects=rejects,
            as_json=as_json,
        )
    )


def main() -> None:
    """The console script `sla`."""
    app()


if __name__ == "__main__":
    sys.exit(main())
