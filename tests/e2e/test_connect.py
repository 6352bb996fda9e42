"""A desk is connected by the configuration alone, and a mistake in it loses nothing."""

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from ops.cli import app
from tests.support.lives import LIVES, encoded
from tests.support.service import Program, running, service, until

MISTAKEN = """
sla_targets:
  GOLD:
    P1: {response: 30m, resolution: 2h}
    P2: {response: 30m, resolution: 4h}
sources:
  helpdesk:
    desk: jira
    secret_env: HELPDESK_SECRET
    priorities: {map: {Highest: P1}}
    agents: {domains: [ourdesk.example]}
"""
MENDED = MISTAKEN + "    tiers: {default: gold}\n"
SECRET = "a-secret"
ADMIN = {"Authorization": "Bearer t"}


def sla(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sources", *arguments])


def send(program: Program, number: int) -> httpx.Response:
    headers, told = LIVES["jira"][1]()[number]
    body = encoded(told).replace(b"Waiting for customer", b"Waiting for CAB")
    return post(program, body, headers)


def post(program: Program, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return httpx.post(
        f"{program.url}/connect/helpdesk",
        content=body,
        headers={**headers, "X-Hub-Signature": f"sha256={signature}"},
    )


def pasted(config: str, lines: str) -> str:
    """Into the block, each in place of the one that begins alike."""
    keys = [line.partition(":")[0] for line in lines.splitlines()]
    kept = [line for line in config.splitlines() if line.partition(":")[0] not in keys]
    return "\n".join([*kept, lines, ""])


def test_what_is_not_mapped_is_mended_by_pasting_the_lines_that_are_proposed(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk needs no token of ours; whoever looks does."""
    monkeypatch.setenv("SLA_TOKEN", "t")
    program = service(
        tmp_path,
        MISTAKEN,
        database=database_url,
        HELPDESK_SECRET=f"the-one-before {SECRET}\n",
        API_TOKENS="t:admin",
    )
    with running(program):
        for number in range(9):
            answer = send(program, number)
            assert (answer.status_code, answer.json()["parked"]) == (200, 1)
        listed = sla("list", "--url", program.url)
        assert listed.exit_code == 1
        assert "9 deliveries are parked: customer_tier" in listed.stdout
        assert "2 deliveries are parked: status 'Waiting for CAB' is not known" in listed.stdout
        assert "5 deliveries: priority 'High' has no target" in listed.stdout
        file = tmp_path / "sla_config.yaml"
        shown = sla("show", "helpdesk", "--config", str(file), "--url", program.url)
        assert 'statuses: {"Waiting for CAB": awaiting_vendor}' in shown.stdout
        assert httpx.get(f"{program.url}/connect/parked").status_code == 401
        answer = httpx.get(f"{program.url}/connect", headers=ADMIN)

        file.write_text(pasted(MISTAKEN, answer.json()["sources"][0]["yaml"]))

        def taken_over() -> bool:
            return httpx.get(f"{program.url}/health").json()["config"]["version"] == 2

        until(taken_over, "the configuration is taken over")
        replayed = sla("replay", "helpdesk", "--url", program.url)
        assert (replayed.exit_code, replayed.stdout) == (0, "9 read again, 0 still parked.\n")
        clocks = httpx.get(
            f"{program.url}/tickets/HELP-7/sla?as_of=2026-01-05T12:00:00Z", headers=ADMIN
        ).json()["clocks"]
        assert [(one["name"], one["state"], one["elapsed_seconds"]) for one in clocks] == [
            ("response", "met", 600),
            ("resolution", "met", 4200),
        ]
        assert sla("list", "--url", program.url).exit_code == 0
        let_be_at(program)
        assert httpx.get(f"{program.url}/connect", headers=ADMIN).json()["sources"][0]["yaml"] == ""


def let_be_at(program: Program) -> None:
    """What is of no use: by its id, and once more as all that is parked of the desk."""
    assert post(program, b"{}", {}).json()["parked"] == 1
    shown = sla("parked", "helpdesk", "--url", program.url)
    assert (shown.exit_code, "sla sources let-be" in shown.stdout) == (1, True)
    ping = shown.stdout.split()[0]
    done = sla("let-be", "--delivery", ping, "--reason", "a ping", "--url", program.url)
    assert (done.exit_code, done.stdout) == (0, "Let be: 1 delivery.\n")
    shown = sla("parked", "--url", program.url)
    assert (shown.exit_code, shown.stdout.rstrip().endswith(": a ping")) == (0, True)
    assert sla("list", "--url", program.url).exit_code == 0
    again = sla("let-be", "--delivery", ping, "--url", program.url)
    assert (again.exit_code, f"{ping} is left alone" in again.stdout) == (1, True)

    again = sla("replay", "--delivery", ping, "--url", program.url)
    assert (again.exit_code, again.stdout) == (1, "1 read again, 1 still parked.\n")
    done = sla("let-be", "helpdesk", "--url", program.url)
    assert (done.exit_code, done.stdout) == (0, "Let be: 1 delivery.\n")
    refused = sla("let-be", "--url", program.url)
    assert (refused.exit_code, "sla sources parked" in refused.stderr) == (2, True)


def test_what_a_desk_is_known_to_send_is_shown(tmp_path: Path) -> None:
    config = tmp_path / "sla_config.yaml"
    config.write_text(MENDED)
    shown = sla("show", "helpdesk", "--config", str(config))
    assert shown.exit_code == 0
    assert "Jira signs in the header X-Hub-Signature" in shown.stdout
    assert "body.issue.fields.status.name" in shown.stdout


def test_a_delivery_is_tried_out_before_anything_is_connected(tmp_path: Path) -> None:
    config, file = tmp_path / "sla_config.yaml", tmp_path / "delivery.json"
    config.write_text(MENDED)
    file.write_bytes(encoded(LIVES["jira"][1]()[3][1]))
    tried = sla("test", "helpdesk", str(file), "--config", str(config))
    assert tried.exit_code == 0
    words = " ".join(tried.stdout.split())
    assert "status Waiting for customer" in words
    assert "customer_tier (if new) gold" in words

    file.write_text("{}")
    assert sla("test", "helpdesk", str(file), "--config", str(config)).exit_code == 1
    unknown = sla("test", "helpdesc", str(file), "--config", str(config))
    assert unknown.exit_code == 2
    assert "did you mean 'helpdesk'?" in unknown.stderr


def test_a_check_says_which_secrets_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "sla_config.yaml"
    config.write_text(MENDED)
    monkeypatch.delenv("HELPDESK_SECRET", raising=False)
    checked = sla("check", "--config", str(config))
    assert checked.exit_code == 1
    assert "HELPDESK_SECRET is not set here" in checked.stdout
    monkeypatch.setenv("HELPDESK_SECRET", SECRET)
    assert sla("check", "--config", str(config)).exit_code == 0
    config.write_text(MISTAKEN)
    checked = sla("check", "--config", str(config))
    assert checked.exit_code == 1
    assert "helpdesk: nothing says a tier, and each delivery of a new ticket" in checked.stdout
    config.write_text(MENDED.replace("default: gold", "default: golt"))
    checked = sla("check", "--config", str(config))
    assert checked.exit_code == 1
    assert "helpdesk: tier 'golt' has no target." in checked.stdout
