"""A table of a desk that nobody knows is read by what its columns are called."""

import json
from pathlib import Path

import pytest

from tests.support.imports import items, refusal, sla_import, tried, written

UNKNOWN = (
    "Ticket ID,Subject,State,Prio,Opened at,Last Update,Assignee,Mood\n"
    "T-1,Mail is down,open,High,2025-01-08T09:00:00Z,2025-01-08T09:00:00Z,Ann,sad\n"
    "T-2,Printer,in progress,Low,2025-01-08T09:00:00Z,2025-01-08T10:00:00Z,,\n"
)


def test_columns_are_found_by_the_names_that_desks_give_them(tmp_path: Path) -> None:
    found = tried(written(tmp_path, "t.csv", UNKNOWN), "--tier", "gold")
    assert found["first"] == [
        {
            "source": "default",
            "external_id": "T-1",
            "updated_at": "2025-01-08T09:00:00Z",
            "created_at": "2025-01-08T09:00:00Z",
            "status": "open",
            "priority": "High",
            "customer_tier": "gold",
            "assigned_to": "Ann",
            "title": "Mail is down",
        },
        {
            "source": "default",
            "external_id": "T-2",
            "updated_at": "2025-01-08T10:00:00Z",
            "created_at": "2025-01-08T09:00:00Z",
            "status": "in progress",
            "priority": "Low",
            "customer_tier": "gold",
            "assigned_to": None,
            "title": "Printer",
        },
    ]
    assert found["unread"] == ["Mood"]
    assert (found["statuses"], found["priorities"]) == (
        {"open": 1, "in progress": 1},
        {"High": 1, "Low": 1},
    )


@pytest.mark.parametrize(
    "header",
    [
        "Ticketnummer;Zustand;Priorität;Erstellt am;Geändert am",
        "No;STATUS;PRIORITY;CREATED;UPDATED",
        "Référence;Statut;Priorité;Créé le;Mis à jour le",
        "ticketId;ticketStatus;ticketPriority;createdAt;updatedAt",
        "número;estado;prioridad;fecha de creación;última actualización",
    ],
)
def test_columns_may_be_in_another_case_or_language(tmp_path: Path, header: str) -> None:
    row = "7;open;P1;2025-01-08T09:00:00Z;2025-01-08T10:00:00Z"
    (item,) = items(written(tmp_path, "t.csv", f"{header}\n{row}\n"), "--tier", "gold")
    assert (item["external_id"], item["status"], item["priority"]) == ("7", "open", "P1")
    assert (item["created_at"], item["updated_at"]) == (
        "2025-01-08T09:00:00Z",
        "2025-01-08T10:00:00Z",
    )


def test_a_channel_named_source_is_not_whose_tickets_they_are(tmp_path: Path) -> None:
    text = "id,status,priority,created,source\n1,open,P1,2025-01-08T09:00:00Z,email\n"
    found = tried(written(tmp_path, "t.csv", text), "--tier", "gold")
    assert (found["source"], found["first"][0]["source"]) == ("default", "default")
    assert found["unread"] == ["source"]
    (item,) = items(tmp_path / "t.csv", "--tier", "gold", "--source", "shop")
    assert item["source"] == "shop"


def test_columns_of_what_became_of_a_ticket_are_observations(tmp_path: Path) -> None:
    """And never one as of now."""
    text = (
        "key,status,priority,created,first response,resolved at,closed at\n"
        "1,Closed,P1,2025-01-08T09:00:00Z,2025-01-08T09:10:00Z,2025-01-08T11:00:00Z,2025-01-09T09:00:00Z\n"
        "2,Open,P1,2025-01-08T09:00:00Z,,2025-01-08T11:00:00Z,\n"
    )
    found = items(written(tmp_path, "t.csv", text), "--tier", "gold")
    told = [(one["external_id"], one["updated_at"], one.get("status")) for one in found]
    assert told == [
        ("1", "2025-01-08T11:00:00Z", "resolved"),
        ("1", "2025-01-09T09:00:00Z", "Closed"),
        ("2", "2025-01-08T09:00:00Z", "Open"),  # reopened, nobody knows when
    ]
    assert found[0]["created_at"] == "2025-01-08T09:00:00Z"
    assert found[1]["first_responded_at"] == "2025-01-08T09:10:00Z"


@pytest.mark.parametrize("updated", ["", ",Updated"])
def test_a_row_that_is_there_twice_says_nothing_more(tmp_path: Path, updated: str) -> None:
    """Pages of an export overlap; no other ticket loses the times of its resolution for that."""
    at = updated and ",2025-01-09T08:00:00Z"
    header = f"id,status,priority,team,created,solved{updated}\n"
    one = f"1,solved,P1,a,2025-01-08T09:00:00Z,2025-01-08T12:00:00Z{at}\n"
    two = f"2,solved,P1,b,2025-01-08T10:00:00Z,2025-01-08T11:00:00Z{at}\n"
    once = items(written(tmp_path, "once.csv", header + one + two), "--tier", "gold")
    twice = items(written(tmp_path, "twice.csv", header + one + two + one), "--tier", "gold")
    assert ("2025-01-08T12:00:00Z", "solved") in [(i["updated_at"], i.get("status")) for i in once]
    assert twice == once


def test_a_ticket_that_two_rows_tell_of_costs_no_other_its_times(tmp_path: Path) -> None:
    """Two exports one after another: nothing orders them but what they say."""
    text = (
        "id,status,priority,created,updated,solved\n"
        "1,open,P1,2025-01-08T09:00:00Z,2025-01-08T09:30:00Z,\n"
        "1,solved,P1,2025-01-08T09:00:00Z,2025-01-10T09:00:00Z,2025-01-08T12:00:00Z\n"
        "2,solved,P1,2025-01-08T10:00:00Z,2025-01-09T08:00:00Z,2025-01-08T11:00:00Z\n"
    )
    found = items(written(tmp_path, "t.csv", text), "--tier", "gold")
    assert [(i["external_id"], i["updated_at"], i.get("status")) for i in found] == [
        ("1", "2025-01-08T09:30:00Z", "open"),
        ("1", "2025-01-10T09:00:00Z", "solved"),
        ("2", "2025-01-08T11:00:00Z", "solved"),
        ("2", "2025-01-09T08:00:00Z", "solved"),
    ]
    assert tried(tmp_path / "t.csv", "--tier", "gold")["unread"] == []


def test_rows_that_name_no_ticket_are_not_several_of_one(tmp_path: Path) -> None:
    text = "id,status,priority,created\n" + "".join(
        f"{name},open,P1,2025-01-08T09:00:0{n}Z\n" for n, name in enumerate((1, 2, 3, 4, "", 5))
    )
    found = tried(written(tmp_path, "t.csv", text), "--tier", "gold")
    assert [one["read_as"] for one in found["tables"]] == ["one row a ticket"]


def test_a_ticket_of_one_row_has_always_been_of_its_team(tmp_path: Path) -> None:
    """Else what was kept or missed before its export would be nobody's."""
    text = (
        "key,status,priority,created,resolved at,group,assignee\n"
        "1,Solved,P1,2025-01-08T09:00:00Z,2025-01-08T11:00:00Z,Payments,Ann\n"
    )
    told = ("--tier", "gold", "--updated-at", "2025-01-31T00:00:00Z")
    first, last = items(written(tmp_path, "t.csv", text), *told)
    assert (first["updated_at"], last["updated_at"]) == (
        "2025-01-08T11:00:00Z",
        "2025-01-31T00:00:00Z",
    )
    assert (first["team"], first["assigned_to"]) == ("Payments", "Ann")


def test_a_ticket_of_several_rows_was_of_whom_they_say(tmp_path: Path) -> None:
    text = (
        "key,status,priority,created,updated,group\n"
        "1,Open,P1,2025-01-08T09:00:00Z,2025-01-08T09:00:00Z,\n"
        "1,Solved,P1,2025-01-08T09:00:00Z,2025-01-08T11:00:00Z,Payments\n"
    )
    first, last = items(written(tmp_path, "t.csv", text), "--tier", "gold")
    assert first.get("team") is None
    assert last["team"] == "Payments"


def test_what_does_not_say_since_when_it_is_so_is_asked_for(tmp_path: Path) -> None:
    text = "id,status,priority,created\n1,in progress,P1,2025-01-08T09:00:00Z\n"
    path = written(tmp_path, "t.csv", text)
    result = sla_import(path, "--tier", "gold", "--dry-run")
    assert "Nothing says since when it is so ('in progress'), 1 ticket" in result.stderr
    assert "--updated-at" in result.stderr
    (item,) = items(path, "--tier", "gold", "--updated-at", "2025-01-31T00:00:00Z")
    assert (item["updated_at"], item["created_at"]) == (
        "2025-01-31T00:00:00Z",
        "2025-01-08T09:00:00Z",
    )


def test_what_the_words_of_a_status_say_is_proposed_and_never_taken(tmp_path: Path) -> None:
    """What it means is asked first: it decides whether its time is known."""
    text = (
        "key;status;priority;created;resolved\n"
        "1;Geschlossen;P1;2025-01-08T09:00:00Z;2025-01-08T11:00:00Z\n"
        "2;Xyz;P1;2025-01-08T09:00:00Z;\n"
    )
    path, kept = written(tmp_path, "t.csv", text), tmp_path / "reading.yaml"
    found = tried(path, "--tier", "gold", "--write-reading", kept)
    assert (found["unknown_statuses"], found["first"]) == ({"Geschlossen": 1, "Xyz": 1}, [])
    (unknown, _) = found["open"]
    assert "'Geschlossen' as resolved" in unknown
    assert "statuses:\n  Geschlossen: resolved\n" in kept.read_text()
    assert kept.read_text().endswith("#   Xyz: \n")
    again = tried(path, "--reading", kept)
    (closed,) = again["first"]
    assert (closed["updated_at"], closed["status"]) == ("2025-01-08T11:00:00Z", "resolved")
    assert again["unknown_statuses"] == {"Xyz": 1}
    refused = sla_import(path, "--tier", "gold", "--reading", kept, "--yes", "--dry-run")
    assert (refused.exit_code, "these updates are refused" in refused.stderr) == (1, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,status,priority\n1,open,P1\n", "none of its columns says when something was so"),
        ("subject,status,created\nx,open,2025-01-08T09:00:00Z\n", "which ticket a row is about"),
        ("id,created\n1,2025-01-08T09:00:00Z\n", "none of its columns is a status"),
        ("id,status,created\n1,open,2025-01-08\n", "created name a day and no hour"),
        ("id,status,created\n", "it has a header and no rows"),
        ("", "the file is empty"),
        ("%PDF-1.4 and so on\n", "it is no table"),
        ('{"a": \n', "it is not valid JSON"),
        ("[1, 2]", "the JSON holds no list of objects"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path, text: str, why: str) -> None:
    assert why in refusal(written(tmp_path, "t.csv", text))


def test_what_a_file_cannot_know_is_asked_for(tmp_path: Path) -> None:
    text = (
        "id,status,priority,updated\n1,open,,2025-01-08 09:00\n2,Paused by us,P1,2025-01-08 09:00\n"
    )
    path = written(tmp_path, "t.csv", text)
    assert "names no time zone: say which with --timezone" in refusal(path)
    result = sla_import(path, "--timezone", "Europe/Berlin", "--dry-run")
    assert "does not say which tier the customers have: say it with --tier" in result.stderr
    assert "Without a priority, 1 of 2 tickets: say with --priority" in result.stderr
    assert "Nobody knows what these statuses mean: 'Paused by us' (1)" in result.stderr
    told = ("--timezone", "Europe/Berlin", "--tier", "gold", "--priority", "P3")
    first, _ = items(path, *told)
    assert (first["updated_at"], first["priority"]) == ("2025-01-08T08:00:00Z", "P3")


def test_words_of_the_file_are_shown_as_they_stand(tmp_path: Path) -> None:
    """In brackets they are no style of a terminal, and between colons no picture."""
    text = (
        "id,status,priority,created,title\n"
        "1,open,P1,2025-01-08T09:00:00Z,[URGENT] Mail [/home] at :key:\n"
    )
    path = written(tmp_path, "t.csv", text)
    result = sla_import(path, "--tier", "gold", "--dry-run", "--yes")
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "[URGENT] Mail [/home] at :key:" in result.stdout


def test_what_yes_has_refused_is_said_before_and_how_it_is_mended(tmp_path: Path) -> None:
    text = "id,status,priority,created\n1,Geschlossen,P1,2025-01-08T09:00:00Z\n"
    path = written(tmp_path, "t.csv", text)
    told = ("--tier", "gold", "--updated-at", "2025-01-31T00:00:00Z", "--dry-run")
    said = sla_import(path, *told, "--yes").stderr
    assert "Nobody knows what these statuses mean: 'Geschlossen' (1)." in said
    assert "with --yes these updates are refused, and the others taken" in said
    assert "--write-reading FILE.yaml" in said


def test_nothing_of_a_proposal_is_sent_until_somebody_agrees(tmp_path: Path) -> None:
    result = sla_import(written(tmp_path, "t.csv", UNKNOWN), "--tier", "gold", "--dry-run")
    assert result.exit_code == 0
    assert "--yes imports it as shown" in result.stderr
    assert "external_id" in result.stdout
    assert "Columns that nothing reads: Mood" in result.stdout


def test_a_reading_is_kept_changed_and_given_again(tmp_path: Path) -> None:
    text = "id,activity,timestamp\n1,4,2025-01-08T09:00:00Z\n1,9,2025-01-08T10:00:00Z\n"
    path, kept = written(tmp_path, "log.csv", text), tmp_path / "reading.yaml"
    told = ("--tier", "gold", "--priority", "P2")
    assert tried(path, *told, "--write-reading", kept)["unknown_statuses"] == {"4": 1, "9": 1}
    reading = kept.read_text()
    assert "# statuses:\n#   '4': \n#   '9': \n" in reading
    meant = "statuses: {'4': open, '9': resolved}\n"
    kept.write_text(reading + meant)
    told_again = tried(path, "--reading", kept)
    assert [(one["updated_at"], one["status"]) for one in told_again["first"]] == [
        ("2025-01-08T09:00:00Z", "open"),
        ("2025-01-08T10:00:00Z", "resolved"),
    ]
    assert told_again["first"][0]["customer_tier"] == "gold"
    assert told_again["unknown_statuses"] == {}
    kept.write_text("desk: generic\nexport: []\n")
    assert f"--reading: {kept}: export: nothing reads it" in refusal(path, "--reading", kept)
    assert "'zendeks' is no source, no desk and no file; did you mean 'zendesk'?" in refusal(
        path, "--reading", "zendeks"
    )


def test_notes_that_quote_their_rows_are_told_apart_up_to_a_number(tmp_path: Path) -> None:
    row = "J-{0},open,P1,2025-01-08T09:00:00Z,day {0}\n"
    rows = "".join(row.format(number) for number in range(1_100))
    path = written(tmp_path, "t.csv", f"external_id,status,priority,updated_at,created_at\n{rows}")
    remarks = tried(path, "--tier", "gold")["remarks"]
    assert (len(remarks), remarks["created_at: 'day 7' is no time"]) == (1_001, 1)
    assert remarks["other notes"] == 100


def test_rows_that_are_refused_are_written_down_with_line_and_reason(tmp_path: Path) -> None:
    text = (
        "id,status,priority,updated,note\n"
        '1,open,P1,2025-01-08T09:00:00Z,"two\nlines"\n'
        "2,open,P1,yesterday,\n"
        ",open,P1,2025-01-08T09:00:00Z,\n"
        "4,open,P1\n"
        "5,open,P1,2025-01-08T09:00:00Z,\n"
        "6,open,P1,2025-01-08T09:00:00Z,\n"
    )
    path, rejects = written(tmp_path, "t.csv", text), tmp_path / "rejects.jsonl"
    found = tried(path, "--tier", "gold", "--rejects", rejects)
    assert [(one["at"], one["outcome"]) for one in found["refused"]] == [
        ("t.csv:4", "malformed"),
        ("t.csv:5", "malformed"),
        ("t.csv:6", "malformed"),
    ]
    why = [json.loads(line)["error"] for line in rejects.read_text().splitlines()]
    assert "'yesterday' is no time" in why[0]
    assert "finds no ticket" in why[1]
    assert why[2] == "3 columns where the header has 5"
    assert found["tickets"] == 3
