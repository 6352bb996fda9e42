"""The command line: clear words, and exit codes that scripts can rely on."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Generator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.commands import exits
from ops.commands.remote import options
from tests.support.web import serving

ROOT = Path(__file__).parents[3]
GOOD = """
sla_targets:
  ENTERPRISE:
    P0: {response_minutes: 15, resolution: 1h, escalation: {LEVEL_1: 10, LEVEL_2: 50%}}
  STANDARD:
    P1: {resolution: 2bd, calendar: office}
    P2: {resolution: 1bd@12:00, calendar: office, cutoff: "16:00", own_dates: ignored}
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: ["09:00-17:00"]}}
"""


def sla(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "SLA_CONFIG", "SLA_DATA_DIR", "SLA_TOKEN", "SLA_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def taken_port() -> Generator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_help_names_every_verb_and_loads_no_heavy_library() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from ops.cli import app;"
        "result = CliRunner().invoke(app, ['--help']); print(result.output);"
        "heavy = 'fastapi', 'httpx', 'psycopg', 'pydantic', 'uvicorn', 'ops.wiring';"
        "print(*[name for name in heavy if name in sys.modules], file=sys.stderr, end='')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""
    verbs = (
        "serve",
        "migrate",
        "status",
        "doctor",
        "demo",
        "import",
        "timeline",
        "explain",
        "breakdown",
        "verify",
        "config",
        "projections",
        "outbox",
    )
    for verb in verbs:
        assert verb in done.stdout


@pytest.mark.parametrize("group", [(), ("config",), ("projections",), ("outbox",)])
def test_the_list_of_verbs_ends_no_sentence_early(group: tuple[str, ...]) -> None:
    assert "..." not in sla(*group, "--help").stdout.partition("Commands:")[2]


def test_an_unknown_option_is_a_mistake_of_usage() -> None:
    assert sla("serve", "--colour", "red").exit_code == 2


def test_a_configuration_that_holds_is_said_to_hold(tmp_path: Path) -> None:
    (tmp_path / "sla_config.yaml").write_text(GOOD)
    result = sla("config", "check")
    assert (result.exit_code, result.stdout) == (0, "sla_config.yaml holds.\n")


def test_a_check_names_the_channels_that_have_no_address_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = ROOT / "ops" / "sla_config.full.yaml"
    for variable in re.findall(r"_env: ([A-Z_]+)", full.read_text()):
        monkeypatch.setenv(variable, "https://ops.example.com\n")
    monkeypatch.setenv("PAGERDUTY_ROUTING_KEY", "0" * 32)
    monkeypatch.setenv("APPRISE_URLS", "ntfy://ntfy.example.com/desk")
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    monkeypatch.delenv("PAGERDUTY_API_TOKEN")
    result = sla("config", "check", full)
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if line.startswith("Warning")] == [
        "Warning: notifications.channels.slack-urgent: SLACK_BOT_TOKEN is not set here:"
        " nothing could be sent",
        "Warning: notifications.channels.pager: PAGERDUTY_API_TOKEN is not set here:"
        " nothing that is acknowledged in PagerDuty is taken",
    ]


def test_a_bad_configuration_is_a_problem_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(GOOD.replace("resolution: 1h", "resolution: 1d"))
    result = sla("config", "check", file)
    assert result.exit_code == 1
    assert "bad.yaml:4: sla_targets.ENTERPRISE.P0.resolution" in result.stdout
    told = json.loads(sla("config", "check", file, "--json").stdout)
    assert [problem["line"] for problem in told["problems"]] == [4]


def test_what_is_no_file_is_no_configuration(tmp_path: Path) -> None:
    """And is not waited for, as one would for a pipe."""
    os.mkfifo(tmp_path / "sla_config.yaml")
    for other, kind in (("sla_config.yaml", "a named pipe"), ("/dev/zero", "a device")):
        result = sla("config", "check", other)
        assert result.exit_code == 1
        assert f"cannot be read: is {kind}, not a file" in result.stdout
    result = sla("serve", "--port", "0", "--data-dir", tmp_path / "data")
    assert result.exit_code == 2
    assert "sla_config.yaml: cannot be read: is a named pipe, not a file" in result.stderr


def test_what_is_promised_can_be_shown(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD)
    lines = [
        re.split(r"  +", line.strip()) for line in sla("config", "show", file).stdout.splitlines()
    ]
    assert ["ENTERPRISE", "P0", "15m", "1h", "24x7", "1 at 10 min, 2 at 50%"] in lines
    assert ["STANDARD", "P1", "-", "2bd", "office", "by kind of alert"] in lines
    noon = "1bd@12:00, cut-off 16:00"
    assert ["Own dates of tickets are ignored: STANDARD P2."] in lines
    assert ["STANDARD", "P2", "-", noon, "office", "by kind of alert"] in lines


def test_a_narrow_terminal_cuts_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    written = StringIO()
    monkeypatch.setattr(exits, "out", Console(file=written, width=30))
    made = exits.table("tier", "priority", "resolution", values="escalation")
    made.add_row("ENTERPRISE", "P0", "1h", "1 at 10 min, 2 at 20 min, 3 at 30 min")
    exits.show(made)
    assert "ENTERPRISE  P0        1h          1 at 10 min, 2" in written.getvalue()
    words = exits.table("ticket", "assignee", "why")
    words.add_row("TICKET-0001", "Ann of the second floor", "because of this")
    exits.show(words)
    assert "TICKET-0001  Ann of the second floor  because of this" in written.getvalue()
    assert "\u2026" not in written.getvalue()


def test_before_the_first_run_a_diff_compares_the_files(tmp_path: Path) -> None:
    (tmp_path / "sla_config.yaml").write_text(GOOD)
    (tmp_path / "new.yaml").write_text(GOOD.replace("1h", "2h"))
    result = sla("config", "diff", "new.yaml")
    assert result.exit_code == 0
    assert result.stdout == (
        "~ ENTERPRISE P0 resolution: 1h -> 2h\nCompared with sla_config.yaml: no service has run"
        " with the data folder .sla yet, so there are no open tickets to look at.\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [("config", "diff", "new.yaml"), ("config", "show", "new.yaml"), ("simulate", "--config", "n")],
)
def test_nothing_is_compared_with_a_configuration_that_does_not_hold(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "new.yaml").write_text("sla_targets: 7")
    assert sla(*arguments).exit_code == 1


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert sla("--version").output == f"sla {project['version']}\n"


@pytest.mark.parametrize("verb", ["serve", "mock-slack"])
def test_a_port_in_use_is_said_at_once(taken_port: int, verb: str) -> None:
    result = sla(verb, "--port", str(taken_port))
    assert result.exit_code == 2
    assert f"Cannot listen on 127.0.0.1:{taken_port}: address already in use" in result.stderr
    assert "--port" in result.stderr


def test_metrics_want_a_port_that_nobody_has(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_PORT", str(taken_port))
    result = sla("serve", "--port", "0")
    assert result.exit_code == 2
    assert f"Cannot listen on 127.0.0.1:{taken_port}: address already in use" in result.stderr
    assert "METRICS_PORT" in result.stderr


def test_metrics_alone_want_a_port_that_is_not_the_services(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    monkeypatch.setenv("METRICS_PORT", port)
    result = sla("serve", "--port", port)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"METRICS_PORT is {port}, where all else is answered.")


def test_a_service_without_a_configuration_does_not_start(tmp_path: Path) -> None:
    result = sla("serve", "--port", "0", "--data-dir", tmp_path / "data")
    assert result.exit_code == 2
    assert "sla_config.yaml: cannot be read" in result.stderr


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("API_TOKENS", "secret:everything", "token 1: write <token>:<scope>"),
        ("API_TOKENS", "\n", "API_TOKENS is set and holds no token"),
        ("DATABASE_URL", "postgresql://localhost:1/nothing", "The database does not answer"),
        ("DATABASE_URL", "postgresql://u:secret%@h/d", "bare % in its password"),
        ("DATABASE_URL", "postgresql://u:secret@h/d?command_timeout=5", "know: command_timeout"),
        ("SLA_DATA_DIR", "/dev/null/data", "/dev/null/data: Not a directory"),
    ],
)
def test_a_service_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, complaint: str
) -> None:
    (tmp_path / "sla_config.yaml").write_text(GOOD)
    monkeypatch.setenv(variable, value)
    result = sla("serve", "--port", "0")
    assert result.exit_code == 2
    assert complaint in result.stderr
    assert "secret" not in result.stderr


def test_a_command_about_the_log_refuses_an_address_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret%@h/d")
    result = sla("projections", "status")
    assert result.exit_code == 2
    assert "bare % in its password" in result.stderr
    assert "secret" not in result.stderr


def test_a_variable_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEDULER_INTERVAL", "often")
    result = sla("serve")
    assert result.exit_code == 2
    assert "SCHEDULER_INTERVAL" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("projections", "status"),
        ("projections", "rebuild", "tickets"),
        ("projections", "replay", "tickets"),
        ("outbox", "status"),
        ("outbox", "replay"),
        ("verify",),
    ],
)
def test_where_no_service_has_run_there_is_nothing_to_look_at(arguments: tuple[str, ...]) -> None:
    result = sla(*arguments)
    assert result.exit_code == 2
    assert "There is no data in .sla yet" in result.stderr


def test_an_unknown_projection_is_answered_with_the_known_ones() -> None:
    for verb, has_outbox in (("rebuild", False), ("replay", True)):
        result = sla("projections", verb, "everything")
        assert result.exit_code == 2
        assert "tickets" in result.stderr
        assert ("outbox" in result.stderr) == has_outbox


def test_notices_are_named_by_key_or_by_channel() -> None:
    result = sla("outbox", "replay", "a1:alert:slack", "--channel", "slack")
    assert result.exit_code == 2
    assert "keys or a channel, not both" in result.stderr


def test_what_is_no_checkpoint_is_not_checked_against() -> None:
    result = sla("verify", "--checkpoint", "yesterday")
    assert result.exit_code == 2
    assert "Not a checkpoint" in result.stderr


@pytest.mark.parametrize("verb", ["import", "timeline", "explain"])
def test_without_a_service_the_way_to_one_is_shown(tmp_path: Path, verb: str) -> None:
    file = tmp_path / "tickets.jsonl"
    file.write_text('{"external_id": "A"}\n')
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        more = ("--format", "jsonl") if verb == "import" else ()
        result = sla(verb, file, "--url", url, *more)
    assert result.exit_code == 2
    assert f"No service answers at {url}" in result.stderr
    assert "make run" in result.stderr


async def test_a_service_that_asks_for_a_token_is_told_one_by_an_option() -> None:
    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        healthy = scope["path"] == "/health"
        body = {"service": "x"} if healthy else {"status": 401, "detail": "A token is needed."}
        await JSONResponse(body, 200 if healthy else 401)(scope, receive, send)

    async with serving(guarded) as url:
        result = await asyncio.to_thread(sla, "timeline", "T-1", "--url", url)
    assert result.exit_code == 1
    assert result.stderr == "A token is needed. Name one with --token or SLA_TOKEN.\n"


def test_a_token_from_a_file_is_one_without_its_line_break(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for given in ("sesame", "sesame\n", " sesame\r\n"):
        assert options("http://127.0.0.1:1", given)["headers"] == {"Authorization": "Bearer sesame"}
    monkeypatch.setenv("SLA_TOKEN", "open\nsesame")
    result = sla("timeline", "T-1", "--url", "http://127.0.0.1:1")
    assert (result.exit_code, "sesame" in result.output) == (2, False)
    assert "The token holds what no token can" in result.output


@pytest.mark.parametrize("url", ["https://127.0.0.1", "https://sla.example.com", "http://sla"])
def test_certificates_are_left_unread_only_where_nobody_can_show_one(url: str) -> None:
    assert options(url, None)["verify"] is True
    assert options("http://127.0.0.1:1", None)["verify"] is False


def test_a_proxy_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:sesame@proxy:1\n")
    result = sla("timeline", "T-1", "--url", "https://sla.example.com")
    assert (result.exit_code, "sesame" in result.output) == (2, False)
    assert "A proxy or the certificates" in result.output


def test_where_the_service_answers_may_stand_in_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLA_URL", "http://127.0.0.1:1")
    for asked in (("timeline", "T-1"), ("sources", "list"), ("silences", "list")):
        assert "No service answers at http://127.0.0.1:1." in sla(*asked).stderr


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text("external_id\n")
    result = sla("import", file, "--format", "csv", "--url", "localhost:8000")
    assert result.exit_code == 2
    assert "Not an address" in result.stderr


def test_a_file_that_is_not_there_is_a_mistake_of_usage() -> None:
    result = sla("import", "nowhere.csv", "--format", "csv")
    assert result.exit_code == 2
    assert "nowhere.csv" in result.stderr


def test_rejects_never_overwrite_the_file_itself(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text("external_id\n")
    result = sla("import", file, "--format", "csv", "--rejects", file)
    assert result.exit_code == 2
    assert file.read_text() == "external_id\n"
