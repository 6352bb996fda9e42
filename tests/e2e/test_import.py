"""Files go into a running service by the command line, and what they became can be looked after."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import ops
from ops.cli import app
from tests.support.database import temporary_database
from tests.support.service import mock_slack, running, service, until
from tests.support.shop import AS_SAID, Shop

CONFIG = """
sla_targets:
  ENTERPRISE:
    P0: {response: 15m, resolution: 1h}
    P2: {response: 4h, resolution: 24h}
  PREMIUM:
    P2: {response: 8h, resolution: 48h}
  STANDARD:
    P2: {response: 12h, resolution: 48h}
goals: {resolution: 90}
"""
INCIDENTS = Path(ops.__file__).parent / "demo" / "data" / "incidents.csv.gz"
ROWS = 370


@pytest.fixture(scope="module")
def shop(
    server: str, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Shop]:
    with temporary_database(server, migrated_template) as (_, conninfo):
        program = service(tmp_path_factory.mktemp("service"), CONFIG, database=conninfo)
        with running(program):
            yield Shop(program, conninfo)


@pytest.fixture(scope="module")
def first(shop: Shop) -> tuple[int, dict[str, Any]]:
    """The exit code and the answer of the first import of the incidents."""
    return shop.send(INCIDENTS, "servicenow", "--batch", "50", *AS_SAID)


def test_real_incidents_are_taken_once(shop: Shop, first: tuple[int, dict[str, Any]]) -> None:
    code, answer = first
    assert code == 0
    assert (answer["accepted"], answer["late"], answer["refused"]) == (ROWS, 0, [])
    assert sum(one["updates"] for one in answer["no_target"]) < ROWS
    assert {"customer_tier": "premium", "priority": "P2"} not in [
        {name: one[name] for name in ("customer_tier", "priority")} for one in answer["no_target"]
    ]
    assert {"made_sla", "resolved_at", "closed_at"} <= set(answer["unread"])
    code, again = shop.send(INCIDENTS, "servicenow", *AS_SAID)
    assert code == 0
    assert (again["accepted"], again["duplicates"]) == (0, ROWS)


def test_what_was_not_taken_is_named_by_line_and_written_down(shop: Shop, tmp_path: Path) -> None:
    file, rejects = tmp_path / "tickets.csv", tmp_path / "rejects.jsonl"
    file.write_text(
        "external_id,priority,customer_tier,status,updated_at\n"
        "A-1,P2,premium,open,2026-01-05T09:00:00Z\n"
        "A-1,P0,premium,open,2026-01-05T09:00:00Z\n"
        "A-2,P2,premium,lost,2026-01-05T09:00:00Z\n"
        "A-3,P2\n"
        "A-1,P2,premium,resolved,2026-01-05T10:00:00Z\n"
        "A-1,P2,premium,pending,2026-01-05T09:30:00Z\n"
    )
    code, answer = shop.send(file, "csv", "--rejects", rejects)
    assert code == 1
    assert {name: answer[name] for name in ("accepted", "late", "conflicts", "rejected")} == {
        "accepted": 3,
        "late": 1,
        "conflicts": 1,
        "rejected": 1,
    }
    assert answer["malformed"] == 1
    assert [(one["at"], one["outcome"]) for one in answer["refused"]] == [
        (f"{file}:3", "conflict"),
        (f"{file}:4", "rejected"),
        (f"{file}:5", "malformed"),
    ]
    assert "unknown status 'lost'" in answer["refused"][1]["error"]
    written = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert sorted(one["at"] for one in written) == [f"{file}:{line}" for line in (3, 4, 5)]


def test_items_of_the_api_are_taken_from_json_lines(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "tickets.jsonl"
    item = {"priority": "P2", "customer_tier": "premium", "status": "open", "tags": ["emea"]}
    file.write_text("".join(json.dumps({"external_id": f"J-{n}"} | item) + "\n" for n in range(9)))
    as_of = ("--updated-at", "2026-01-05T09:00:00Z")
    code, answer = shop.send(file, "jsonl", "--batch", "2", *as_of)
    assert (code, answer["accepted"]) == (0, 9)
    assert shop.send(file, "jsonl", *as_of)[1]["duplicates"] == 9


def test_what_counts_for_nothing_is_said_at_the_end(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(
        "external_id,priority,customer_tier,status,updated_at,assignee,room\n"
        "N-1,Highest,premium,open,2026-01-05T09:00:00Z,jane,1\n"
        "N-2,Highest,premium,open,2026-01-05T09:00:00Z,jane,1\n"
        "N-3,P2,Premium,open,2026-01-05T09:00:00Z,jane,\n"
    )
    code, answer = shop.send(file, "csv")
    assert (code, answer["accepted"]) == (0, 3)
    assert answer["no_target"] == [
        {"customer_tier": "premium", "priority": "Highest", "updates": 2}
    ]
    assert answer["ignored"] == {"assignee": 3, "room": 2}
    said = shop.sla("import", file, "--format", "csv", "--url", shop.program.url).stdout
    assert "No target in the configuration: premium Highest (2 updates)" in said
    assert "Nothing reads assignee (3 updates); did you mean assigned_to?" in said
    assert "Nothing reads room (2 updates)\n" in said


def test_what_the_file_leaves_open_is_asked_for(shop: Shop, tmp_path: Path) -> None:
    def refusal(*more: str | Path) -> str:
        result = shop.sla("import", *more, "--url", shop.program.url)
        assert result.exit_code == 2
        return result.stderr

    said = refusal(INCIDENTS, "--format", "servicenow")
    assert "--date-order dmy or --date-order mdy" in said
    said = refusal(INCIDENTS, "--format", "servicenow", "--date-order", "dmy")
    assert "--time-zone Europe/Berlin" in said
    said = refusal(INCIDENTS, "--format", "servicenow", "--time-zone", "Berlin")
    assert "unknown time zone 'Berlin': write an IANA name such as Europe/Berlin" in said
    said = refusal(INCIDENTS, "--format", "csv", "--updated-at", "yesterday")
    assert "--updated-at: no instant with its zone" in said
    assert "A jsonl file is sent as it is" in refusal(
        INCIDENTS, "--format", "jsonl", "--tier", "gold"
    )


def test_the_result_is_shown_to_people_as_well(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text("external_id,status,updated_at\nB-1,lost,2026-01-05T09:00:00Z\n")
    result = shop.sla("import", file, "--format", "csv", "--url", shop.program.url)
    assert result.exit_code == 1
    assert ["rejected", "1"] in [line.split() for line in result.stdout.splitlines()]
    assert f"{file}:2: B-1 rejected: " in result.stdout


def test_a_file_of_another_kind_is_refused(shop: Shop) -> None:
    result = shop.sla("import", INCIDENTS, "--format", "csv", "--url", shop.program.url)
    assert result.exit_code == 2
    assert "its header lacks external_id" in result.stderr


def test_somebody_else_at_the_address_gets_no_tickets(tmp_path: Path) -> None:
    slack = mock_slack(tmp_path)
    with running(slack):
        arguments = ["import", str(INCIDENTS), "--format", "servicenow", "--url", slack.url]
        result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "it is not SLA Tracker" in result.stderr


@pytest.mark.usefixtures("first")
def test_a_ticket_tells_its_story(shop: Shop) -> None:
    result = shop.sla("timeline", "INC0012380", "--url", shop.program.url)
    assert result.exit_code == 0
    assert "INC0012380 at " in result.stdout
    assert "Tue 2016-03-29 10:57:00  " in result.stdout
    told = shop.sla("timeline", "INC0012380", "--url", shop.program.url, "--json")
    kinds = [entry["kind"] for entry in json.loads(told.stdout)["entries"]]
    assert "opened" in kinds
    asked = ("timeline", "INC0012380", "--url", shop.program.url)
    assert "Tue 2016-03-29 16:27:00  " in shop.sla(*asked, "--tz", "Asia/Kolkata").stdout
    assert shop.sla(*asked, "--tz", "Asia/Kolkatta").stderr.startswith("--tz: unknown time zone")
    assert shop.sla("timeline", "NOBODY", "--url", shop.program.url).exit_code == 1
    assert shop.sla(*asked, "--as-of", "noon").stderr.startswith(
        "--as-of: must be a valid datetime"
    )


@pytest.mark.usefixtures("first")
def test_a_ticket_says_why_it_is_promised_what_it_is(shop: Shop) -> None:
    asked = ("explain", "INC0012380", "--url", shop.program.url)
    at = ("--as-of", "2016-03-29T12:00:00Z")
    told = json.loads(shop.sla(*asked, *at, "--json").stdout)
    result = shop.sla(*asked, *at)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "INC0012380 at Tue 2016-03-29 12:00:00 (UTC)",
        told["promise"],
        "Why? The first that matches decides, in this order (configuration version 1):",
        *(f"  yes  {one['rule']}: {one['because']}" for one in told["why"]),
    ]
    assert told["why"][0]["because"].startswith("customer tier is ")
    before = shop.sla(*asked, "--as-of", "2016-01-01T00:00:00Z").stdout.splitlines()
    assert before[1:] == ["The ticket did not exist yet."]
    assert shop.sla("explain", "NOBODY", "--url", shop.program.url).exit_code == 1


@pytest.mark.usefixtures("first")
def test_another_configuration_can_be_previewed_and_simulated(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    config = CONFIG.replace("goals: {resolution: 90}", "goals: {resolution: 99.5}")
    file.write_text(config.replace("resolution: 48h", "resolution: 500000h"))
    moved = json.loads(shop.sla("config", "diff", file, "--json").stdout)
    assert "~ PREMIUM P2 resolution: 48h -> 500000h" in moved["rules"]
    assert moved["moved"] > 0
    assert moved["breached"] == 0
    supposed = json.loads(shop.sla("simulate", "--config", file, "--json").stdout)
    assert supposed["proof"]["holds"]
    for group in supposed["groups"]:
        was, would = group["before"], group["after"]
        longer = (group["tier"].lower(), group["clock"]) in (
            ("premium", "resolution"),
            ("standard", "resolution"),
        )
        more = longer and was["breached"] > 0
        assert (would["met"] > was["met"]) == more, group
        for one, goal, share in ((was, 90, 10), (would, 99.5, 200)):
            decided = one["met"] + one["breached"]
            held = group["clock"] == "resolution" and decided > 0
            assert one["goal_percent"] == (goal if held else None)
            assert one["budget_left"] == (decided // share - one["breached"] if held else None)
    told = shop.sla("simulate", "--config", file).stdout
    assert "(goal 99.5 %)" in told
    assert "budget left" in told
    assert "has another verdict than the one that was recorded" in told
    asked = {"from": "2016-01-01T00:00:00Z"}
    found = httpx.get(f"{shop.program.url}/reports/attainment", params=asked).json()
    assert [(one["clock"], one["goal_percent"]) for one in found["groups"]] == [
        ("resolution", 90),
        ("response", None),
    ]


@pytest.mark.usefixtures("first")
def test_tables_are_proven_and_rebuilt_while_the_service_runs(shop: Shop) -> None:
    known = [one["name"] for one in json.loads(shop.sla("projections", "status", "--json").stdout)]
    assert {"tickets", "alerts", "outbox"} <= set(known)
    assert shop.sla("verify").exit_code == 0
    shop.execute("update tickets set priority = 'P9' where external_id = 'INC0012380'")
    found = json.loads(shop.sla("verify", "--json").stdout)
    (difference,) = found["projections"]
    assert (difference["table"], difference["missing"], difference["surplus"]) == ("tickets", 1, 1)
    assert shop.sla("projections", "rebuild", "tickets").exit_code == 0
    assert shop.sla("verify").exit_code == 0
    assert shop.sla("projections", "rebuild", "outbox").exit_code == 2
    shop.execute("update heads set state = 'of another release' where source <> ''")
    result = shop.sla("heads", "rebuild")
    assert (result.exit_code, result.stdout[:13]) == (0, "The heads of ")


def test_a_changed_log_is_found_out(empty_database_url: str, tmp_path: Path) -> None:
    program = service(tmp_path / "service", CONFIG, database=empty_database_url)
    shop = Shop(program, empty_database_url)
    with running(program):
        shop.send(INCIDENTS, "servicenow", *AS_SAID)
    known = json.loads(shop.sla("verify", "--json").stdout)["checkpoint"]
    assert shop.sla("verify", "--checkpoint", known).exit_code == 0
    shop.execute("alter table events disable trigger user")
    shop.execute("update events set occurred_at = now() where notification_id = 5")
    result = shop.sla("verify")
    assert result.exit_code == 1
    assert "The log was changed. At position 5: " in result.stdout
    position, digest = known.split(":")
    assert shop.sla("verify", "--checkpoint", f"{int(position) + 1}:{digest}").exit_code == 1


def test_a_file_of_an_unknown_desk_goes_in_as_it_is(shop: Shop, tmp_path: Path) -> None:
    """And once; what was read wrongly is corrected on demand."""
    file = tmp_path / "cases.csv"
    text = (
        "Case No;Subject;State;Priority;Opened;Last Update\n"
        "C-1;Printer;open;Medium;13.01.2025 09:00;13.01.2025 09:00\n"
        "C-1;Printer;solved;Medium;13.01.2025 09:00;13.01.2025 11:00\n"
        "C-2;Scanner;open;Highest;13.01.2025 09:00;14.01.2025 09:00\n"
    )
    file.write_bytes(text.encode("cp1252"))
    told = ("import", file, "--url", shop.program.url, "--timezone", "Europe/Berlin")
    assert shop.sla(*told, "--tier", "premium").exit_code == 2  # nobody has agreed yet

    def answered(*more: str) -> tuple[int, dict[str, Any]]:
        result = shop.sla(*told, "--tier", "premium", "--yes", "--json", *more)
        return result.exit_code, json.loads(result.stdout)

    code, first = answered("--strict")
    assert (code, first["accepted"], first["tickets"]) == (3, 3, 2)
    assert first["no_target"] == "no target: premium P0 1"
    assert answered()[1]["duplicates"] == 3
    asked = f"{shop.program.url}/tickets/C-1/sla?as_of=2025-01-13T12:00:00Z"
    assert httpx.get(asked).json()["clocks"][-1]["elapsed_seconds"] in (7200, None)
    code, contradicted = answered("--reading", str(_premium(tmp_path)))
    assert (code, contradicted["conflicts"], contradicted["duplicates"]) == (1, 1, 2)
    code, revised = answered("--reading", str(_premium(tmp_path)), "--revise")
    assert (code, revised["accepted"], revised["no_target"]) == (0, 1, None)
    of_it = "select distinct suppressed from alerts where external_id = 'C-2'"
    until(lambda: bool(shop.ask(of_it)), "the engine has seen that it is late")
    assert shop.ask(of_it) == [("backfill",)]  # history raises no alarms


def _premium(folder: Path) -> Path:
    """Priorities as they are promised something."""
    reading = folder / "reading.yaml"
    reading.write_text(
        "priorities: {map: {Medium: P2, Highest: P2}}\n"
        "exports:\n"
        "- about: cases\n"
        "  columns: [case_no]\n"
        "  rows:\n"
        "  - about: a case\n"
        "    when: body\n"
        "    ticket: {external_id: body.case_no, updated_at: body.last_update, title: body.subject,"
        " created_at: body.opened, status: body.state, priority: body.priority}\n"
    )
    return reading
