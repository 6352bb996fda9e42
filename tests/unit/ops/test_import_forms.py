"""What a file is written in is found out from what stands in it."""

import gzip
import json
import time
import zipfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.imports import items, refusal, sla_import, tried, written
from tests.support.workbooks import workbook

TIER = ("--tier", "gold")
HEADER = "id,status,priority,created,subject"
ROW = "7,open,P1,2025-01-08T09:00:00Z,Müller"
PLAIN = f"{HEADER}\n{ROW}\n"


def is_it(path: Path, *told: str) -> None:
    (item,) = items(path, *TIER, *told)
    expected = {"external_id": "7", "status": "open", "updated_at": "2025-01-08T09:00:00Z"}
    assert item.items() >= {**expected, "title": "Müller"}.items()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_letters_and_delimiters_are_found(tmp_path: Path, encoding: str, between: str) -> None:
    is_it(written(tmp_path, "t.csv", PLAIN.replace(",", between), encoding))


def test_one_letter_at_the_end_decides_which_letters_they_are(tmp_path: Path) -> None:
    row = f"8,open,P1,2025-01-08T09:00:00Z,{'Mail' * 80}\n"
    text = f"{HEADER}\n" + row * 800  # beyond what is looked at first
    path = written(tmp_path, "t.csv", text.replace("8,", "9,", 1), "ascii")
    path.write_bytes(path.read_bytes() + f"{ROW}\n".encode("cp1252"))
    assert tried(path, *TIER)["tables"][0]["form"] == "CSV with commas, CP1252"


def test_a_few_broken_letters_cost_their_row(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", PLAIN)
    path.write_bytes(path.read_bytes() * 1 + b"8,open,P1,2025-01-08T09:00:00Z,M\xfcller\n")
    found = tried(path, *TIER)
    assert (found["tickets"], found["refused"][0]["error"]) == (1, "not UTF-8")


@pytest.mark.parametrize("form", ["{0}\n{1}\n", "[{0}, {1}]"])
@pytest.mark.parametrize(
    ("letters", "why"),
    [
        (rb"\ud800", "half a surrogate pair, which is no character"),
        ("äüß".encode() + b"\xff", "not UTF-8"),
    ],
)
@pytest.mark.parametrize("name", ["external_id", "title"])
def test_letters_that_are_none_cost_their_object(
    tmp_path: Path, form: str, letters: bytes, why: str, name: str
) -> None:
    item = {"external_id": "J-1", "title": "Mail", "status": "open", "priority": "P1"}
    item["updated_at"] = "2025-01-08T09:00:00Z"
    text = form.format(json.dumps(item), json.dumps({**item, name: "XX"}))
    path = written(tmp_path, "t.json", "")
    path.write_bytes(text.encode().replace(b"XX", letters))
    found = tried(path, *TIER)
    assert (found["tickets"], [one["error"] for one in found["refused"]]) == (1, [why])


@pytest.mark.parametrize(
    "text",
    [
        f"sep=;\n{PLAIN.replace(',', ';')}",
        PLAIN.replace("status,", '"status" ,'),
        f"Report of open tickets\n\n{PLAIN}",
        f"{HEADER},\r\n{ROW},\r\n",
        f"{HEADER}\n\n{ROW}\n\n",
        f"{HEADER},Labels,Labels,,\n{ROW},a,b,,\n",
        f'{HEADER},note\n{ROW},"two\nlines, ""quoted"""\n',
        json.dumps([dict(zip(HEADER.split(","), ROW.split(","), strict=True))], indent=2),
        json.dumps({"tickets": [dict(zip(HEADER.split(","), ROW.split(","), strict=True))]}),
        (json.dumps(dict(zip(HEADER.split(","), ROW.split(","), strict=True))) + "\n"),
    ],
    ids=[
        "sep",
        "quote in header",
        "title",
        "empty column",
        "empty lines",
        "doubled",
        "quoted",
        "list",
        "inside",
        "one",
    ],
)
def test_what_programs_put_around_a_table_does_no_harm(tmp_path: Path, text: str) -> None:
    is_it(written(tmp_path, "t.any", text))


def test_archives_and_folders_are_unpacked(tmp_path: Path) -> None:
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(PLAIN.encode()))
    is_it(packed)
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("export/t.csv", PLAIN)
        file.writestr("__MACOSX/t.csv", "x")
        file.writestr(".DS_Store", "x")
    is_it(archive)
    inside = tmp_path / "folder"
    inside.mkdir()
    (inside / "t.zip").write_bytes(archive.read_bytes())
    (inside / "README.pdf").write_bytes(b"%PDF-1.4")
    assert "README.pdf is not read: it is no table" in sla_import(inside, *TIER, "--dry-run").stderr
    is_it(inside)


def test_a_damaged_archive_says_where(tmp_path: Path) -> None:
    packed = tmp_path / "t.csv.gz"
    title = "x" * 240
    rows = "".join(f"{n * 7919 % 100_003},open,P1,{1736326800 + n},{title}\n" for n in range(1000))
    packed.write_bytes(gzip.compress(f"{HEADER}\n{rows}".encode())[:-200])
    found = tried(packed, *TIER)
    assert "the compressed file is damaged from here on" in found["refused"][0]["error"]
    broken = tmp_path / "t.zip"
    broken.write_bytes(b"PK\x03\x04 and nothing more")
    assert "t.zip is damaged" in refusal(broken)


def test_a_workbook_has_its_dates_as_dates(tmp_path: Path) -> None:
    """And numbers of days in a CSV are the same dates."""
    header = ["Case No", "Status", "Priority", "Opened", "Subject"]
    path = workbook(tmp_path / "cases.xlsx", [header, [7, "open", "P1", 45665.375, "Müller"]])
    assert "'2025-01-08 09:00:00' names no time zone" in refusal(path, *TIER)
    is_it(path, "--timezone", "UTC")
    assert tried(path, *TIER, "--timezone", "UTC")["tables"][0]["form"] == "workbook, sheet Cases"
    is_it(
        written(tmp_path, "t.csv", PLAIN.replace("2025-01-08T09:00:00Z", "45665.375")),
        "--timezone",
        "UTC",
    )


DATES = "id,status,priority,created\n1,open,P1,{}\n2,open,P1,{}\n"


@pytest.mark.parametrize(
    ("written_as", "told"),
    [
        ("2025-01-08 09:00:00 UTC", ()),
        ('"Wed, 08 Jan 2025 10:00:00 +0100"', ()),
        ("1736326800", ()),
        ("1736326800000", ()),
        ("2025-01-08T04:00:00.000-0500", ()),
        ("08.01.2025 09:00", ("--timezone", "UTC")),
        ("08/Jan/25 9:00 AM", ("--timezone", "UTC")),
        ('"Jan 8, 2025 9:00 AM"', ("--timezone", "UTC")),
        ("8. Januar 2025 10:00", ("--timezone", "Europe/Berlin")),
        ("8 janv. 2025 10:00", ("--timezone", "Europe/Paris")),
        ("08|01|25 09h00", ("--timezone", "UTC", "--date-format", "%d|%m|%y %Hh%M")),
        ("2025-01-08T10:00:00 +01:00", ("--date-format", "%Y-%m-%dT%H:%M:%S %z")),
        ("08.01.25 09h00 UTC", ("--date-format", "%d.%m.%y %Hh%M %Z")),
        ("gmt 08.01.25 9h%", ("--date-format", "%Z %d.%m.%y %Hh%%", "--timezone", "Asia/Tokyo")),
    ],
)
def test_times_are_read_in_the_form_they_have(
    tmp_path: Path, written_as: str, told: tuple[str, ...]
) -> None:
    path = written(tmp_path, "t.csv", DATES.format(written_as, written_as))
    found = items(path, *TIER, *told)
    assert {one["created_at"] for one in found} == {"2025-01-08T09:00:00Z"}


@pytest.mark.parametrize(
    "wrong", ["31/04/2025 09:00", "01/01/0001 00:30 +01:00", "2025-01-08T99:00:00Z"]
)
def test_a_time_that_there_is_not_costs_its_row(tmp_path: Path, wrong: str) -> None:
    times = [*["2025-01-08T09:00:00Z"] * 4, wrong]
    rows = "".join(f"{number},open,P1,{time}\n" for number, time in enumerate(times))
    path = written(tmp_path, "t.csv", f"id,status,priority,created\n{rows}")
    found = tried(path, *TIER, "--date-order", "dmy", "--timezone", "UTC", "--yes")
    assert (found["tickets"], found["malformed"]) == (4, 1)


def test_a_form_of_times_that_names_no_zone_is_asked_for_it(tmp_path: Path) -> None:
    path = written(tmp_path, "t.csv", PLAIN.replace("2025-01-08T09:00:00Z", "09h00%z 08|01|25"))
    assert "names no time zone" in refusal(path, *TIER, "--date-format", "%Hh%M%%z %d|%m|%y")


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """This machine."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
def test_a_zone_that_only_this_machine_knows_by_its_name_is_not_guessed(tmp_path: Path) -> None:
    """It was taken for none at all, and on other machines refused."""
    times = [*["08.01.25 09h00 UTC"] * 4, "08.01.25 04h00 EST"]
    rows = "".join(f"{number},open,P1,{time}\n" for number, time in enumerate(times))
    path = written(tmp_path, "t.csv", f"id,status,priority,created\n{rows}")
    form = ("--date-format", "%d.%m.%y %Hh%M %Z", "--timezone", "Europe/Berlin")
    found = tried(path, *TIER, *form, "--yes")
    assert (found["tickets"], found["malformed"]) == (4, 1)


def test_the_dates_of_a_column_decide_which_comes_first(tmp_path: Path) -> None:
    zone = ("--timezone", "UTC")
    for other, first in (("13/01/2025 09:00", "2025-04-03"), ("01/13/2025 09:00", "2025-03-04")):
        path = written(tmp_path, "t.csv", DATES.format("03/04/2025 09:00", other))
        assert items(path, *TIER, *zone)[0]["created_at"] == f"{first}T09:00:00Z"
        said = sla_import(path, *TIER, *zone, "--dry-run").stdout
        assert f"name the {'day' if first == '2025-04-03' else 'month'} first" in said
    path = written(tmp_path, "t.csv", DATES.format("03/04/2025 09:00", "05/06/2025 09:00"))
    assert "'03/04/2025 09:00' may name the day first or the month" in refusal(path, *TIER, *zone)
    (first, _) = items(path, *TIER, *zone, "--date-order", "mdy")
    assert first["created_at"] == "2025-03-04T09:00:00Z"
    both = written(tmp_path, "t.csv", DATES.format("13/01/2025 09:00", "01/13/2025 09:00"))
    found = tried(both, *TIER, *zone)
    assert (found["tickets"], found["malformed"]) == (1, 1)


def test_rows_of_one_time_follow_the_file_where_it_has_an_order(tmp_path: Path) -> None:
    at = "2025-01-08T09:00:00Z"
    ways = {
        "1,new,P1,2025-01-08T08:00:00Z\n1,open,P1,{0}\n1,solved,P1,{0}\n": [
            "new",
            "open",
            "solved",
        ],
        "1,solved,P1,{0}\n1,open,P1,{0}\n1,new,P1,2025-01-08T08:00:00Z\n": [
            "new",
            "open",
            "solved",
        ],
    }
    for text, order in ways.items():
        path = written(tmp_path, "t.csv", "id,status,priority,updated\n" + text.format(at))
        found = items(path, *TIER)
        assert [one["status"] for one in found] == order
        assert [one.get("revision", 0) for one in found] == [0, 0, 1]


def test_a_history_says_what_was_before(tmp_path: Path) -> None:
    text = (
        "Issue Key,Field,Old value,New value,Changed at\n"
        "H-1,status,Pending,In Progress,2025-01-08T10:00:00Z\n"
        "H-1,priority,P2,P1,2025-01-08T10:00:00Z\n"
        "H-1,Assignee,,Ann,2025-01-08T11:00:00Z\n"
        "H-1,status,In Progress,Done,2025-01-08T12:00:00Z\n"
        "H-1,rank,1,2,2025-01-08T12:00:00Z\n"
    )
    found = items(written(tmp_path, "t.csv", text), *TIER)
    assert [(one["updated_at"][11:16], one.get("status")) for one in found] == [
        ("10:00", "In Progress"),
        ("11:00", None),
        ("12:00", "Done"),
    ]
    assert (found[0]["priority"], found[1]["assigned_to"]) == ("P1", "Ann")
