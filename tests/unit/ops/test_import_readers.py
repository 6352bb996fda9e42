"""Import files become items row by row; what cannot be read is named by its line."""

import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ops.demo.extract import EXTRACT
from ops.importing import api_csv, jsonl, servicenow
from ops.importing.rows import ImportFile, Malformed, Row, UnusableFile
from ops.importing.told import Told

Reader = Callable[[Iterable[str]], Iterator[Row | Malformed]]
NOW = "2026-01-05T09:00:00Z"
TOLD = Told(tier="gold", order="dmy", zone=UTC, updated_at=NOW)
AS_OF = {"updated_at": NOW}


def a_servicenow(lines: Iterable[str], told: Told = TOLD) -> Iterator[Row | Malformed]:
    return servicenow.read(lines, told, [])


def a_csv(lines: Iterable[str], told: Told = TOLD) -> Iterator[Row | Malformed]:
    return api_csv.read(lines, told)


def a_jsonl(lines: Iterable[str], told: Told = TOLD) -> Iterator[Row | Malformed]:
    return jsonl.read(lines, told)


SERVICENOW = (
    "number,incident_state,sys_mod_count,caller_id,opened_at,sys_updated_by,sys_updated_at,"
    "category,subcategory,u_symptom,priority,assigned_to,resolved_at,made_sla\n"
)
NEW = (
    "INC0000045,New,0,Caller 2403,29/2/2016 01:16,Updated by 21,29/2/2016 01:23,"
    "Category 55,Subcategory 170,Symptom 72,3 - Moderate,?,29/2/2016 11:29,true\n"
)


def read(path: Path, reader: Reader) -> list[Row | Malformed]:
    with ImportFile(path) as file:
        return list(reader(file.lines()))


def read_text(tmp_path: Path, reader: Reader, text: str) -> list[Row | Malformed]:
    path = tmp_path / "file"
    path.write_bytes(text.encode())
    return read(path, reader)


def test_a_servicenow_row_is_one_observation(tmp_path: Path) -> None:
    (row,) = read_text(tmp_path, a_servicenow, SERVICENOW + NEW)
    assert row == Row(
        2,
        {
            "source": "servicenow",
            "external_id": "INC0000045",
            "updated_at": "2016-02-29T01:23:00Z",
            "revision": 0,
            "created_at": "2016-02-29T01:16:00Z",
            "priority": "P2",
            "customer_tier": "gold",
            "status": "New",
            "updated_by": "Updated by 21",
            "title": "Category 55 / Subcategory 170 / Symptom 72",
        },
    )


def test_what_servicenow_fills_in_from_the_end_is_no_reply(tmp_path: Path) -> None:
    (row,) = read_text(tmp_path, a_servicenow, SERVICENOW + NEW)
    assert isinstance(row, Row)
    assert "29T11:29" not in json.dumps(row.item)
    assert not {"first_responded_at", "last_agent_reply_at"} & set(row.item)


@pytest.mark.parametrize(
    ("written", "priority"),
    [
        ("1 - Critical", "P0"),
        ("2 - High", "P1"),
        ("3 - Moderate", "P2"),
        ("4 - Low", "P3"),
        ("5 - Planning", "P4"),
    ],
)
def test_servicenow_priorities_count_from_zero(tmp_path: Path, written: str, priority: str) -> None:
    text = SERVICENOW + NEW.replace("3 - Moderate", written)
    (row,) = read_text(tmp_path, a_servicenow, text)
    assert isinstance(row, Row)
    assert row.item["priority"] == priority


USUAL = (
    "number,short_description,description,caller_id,priority,state,category,assigned_to,"
    "sys_updated_on,sys_created_on\n"
    "INC0010001,Mail is down,Since nine,Ann,1 - Critical,New,Inquiry,,"
    "2025-04-03 10:15:30,2025-04-03 10:00:00\n"
)


def test_the_usual_columns_of_servicenow_are_read(tmp_path: Path) -> None:
    unread: list[str] = []
    told = Told(tier="gold", zone=ZoneInfo("Europe/Berlin"))
    (row,) = read_text(tmp_path, lambda lines: servicenow.read(lines, told, unread), USUAL)
    assert row == Row(
        2,
        {
            "source": "servicenow",
            "external_id": "INC0010001",
            "updated_at": "2025-04-03T08:15:30Z",
            "customer_tier": "gold",
            "created_at": "2025-04-03T08:00:00Z",
            "priority": "P0",
            "status": "New",
            "description": "Since nine",
            "title": "Mail is down",
        },
    )
    assert unread == ["caller_id"]


def test_a_column_of_tiers_wins_over_what_was_said(tmp_path: Path) -> None:
    for cell, tier in {"Ann": "Ann", "": None}.items():
        text = USUAL.replace("caller_id", "customer_tier").replace("Ann", cell)
        (row,) = read_text(tmp_path, a_servicenow, text)
        assert isinstance(row, Row)
        assert row.item.get("customer_tier") == tier


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        (Told(order="dmy", zone=UTC), "say it with --tier"),
        (Told(tier="gold", zone=UTC), "--date-order dmy or --date-order mdy"),
        (Told(tier="gold", order="dmy"), "say which with --time-zone"),
    ],
)
def test_what_servicenow_leaves_open_is_asked_for_and_not_guessed(
    tmp_path: Path, told: Told, asked: str
) -> None:
    with pytest.raises(UnusableFile, match=asked):
        read_text(tmp_path, lambda lines: a_servicenow(lines, told), SERVICENOW + NEW)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (a_csv, "external_id,status,closed_at\nA-1,closed,2020-01-05T09:00:00Z\n"),
        (a_csv, "external_id,status,updated_at\nA-1,closed,\n"),
        (a_jsonl, '{"external_id": "A-1", "status": "closed"}'),
        (a_jsonl, '{"external_id": "A-1", "status": "closed", "updated_at": null}'),
        (a_servicenow, USUAL.replace("2025-04-03 10:15:30", "")),
    ],
)
def test_what_does_not_say_when_it_was_so_is_not_taken_for_now(
    tmp_path: Path, reader: Callable[[Iterable[str], Told], Iterator[Row | Malformed]], text: str
) -> None:
    unsaid = Told(tier="gold", order="dmy", zone=UTC)
    (bad,) = read_text(tmp_path, lambda lines: reader(lines, unsaid), text)
    assert isinstance(bad, Malformed)
    assert "no updated_at, and it shall not count as of now" in bad.error
    (good,) = read_text(tmp_path, lambda lines: reader(lines, TOLD), text)
    assert isinstance(good, Row)
    assert good.item["updated_at"] == NOW


def test_an_unknown_servicenow_state_is_left_to_the_service(tmp_path: Path) -> None:
    (row,) = read_text(tmp_path, a_servicenow, SERVICENOW + NEW.replace(",New,", ",-100,"))
    assert isinstance(row, Row)
    assert row.item["status"] == "-100"


@pytest.mark.parametrize(
    ("was", "becomes", "error"),
    [
        ("INC0000045", "?", "no number"),
        ("29/2/2016 01:23", "2016-02-29", "sys_updated_at is no time that can be read"),
        ("29/2/2016 01:23", "31/2/2016 01:23", "no time that there is (read as dmy)"),
        ("29/2/2016 01:23", "2/29/2016 01:23", "no time that there is (read as dmy)"),
        (",0,Caller", ",x,Caller", "sys_mod_count is not a number"),
        ("3 - Moderate", "Urgent", "unknown priority: 'Urgent'"),
        (",true", "", "13 columns where the header has 14"),
        (",true", ",true,?", "15 columns where the header has 14"),
    ],
)
def test_a_malformed_servicenow_row_is_named_and_the_rest_goes_on(
    tmp_path: Path, was: str, becomes: str, error: str
) -> None:
    text = SERVICENOW + NEW.replace(was, becomes) + NEW
    bad, good = read_text(tmp_path, a_servicenow, text)
    assert isinstance(bad, Malformed)
    assert bad.line == 2
    assert error in bad.error
    assert isinstance(good, Row)
    assert good.line == 3


@pytest.mark.parametrize("rows_after", [3, 5000])
def test_a_quote_that_is_not_closed_costs_no_row_but_its_own(
    tmp_path: Path, rows_after: int
) -> None:
    text = 'external_id,title\nA-1,"broken\n'
    text += "".join(f'A-{number},"Mail, {number}"\n' for number in range(2, 2 + rows_after))
    bad, *good = read_text(tmp_path, a_csv, text)
    assert isinstance(bad, Malformed)
    assert (bad.line, "is a quote not closed?" in bad.error) == (2, True)
    assert [row.line for row in good] == [*range(3, 3 + rows_after)]
    assert all(isinstance(row, Row) for row in good)


def test_a_quote_that_is_not_closed_may_be_in_the_last_row(tmp_path: Path) -> None:
    text = 'external_id,title\nA-1,fine\nA-2,"broken\nA-3,fine\n'
    rows = read_text(tmp_path, a_csv, text)
    assert [(type(row), row.line) for row in rows] == [(Row, 2), (Malformed, 3), (Row, 4)]


def test_a_file_in_another_encoding_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes("external_id,title\nA-1,x\n".encode("utf-16"))
    with pytest.raises(UnusableFile, match="its header is not UTF-8"):
        read(path, a_csv)


def test_half_a_surrogate_pair_costs_one_row(tmp_path: Path) -> None:
    text = (
        '{"external_id": "A-1", "team": {"\\uD83D": 1}}\n'
        '{"external_id": "A-2", "title": "\\ud83d\\ude00"}\n'
    )
    bad, good = read_text(tmp_path, a_jsonl, text)
    assert bad == Malformed(1, "half a surrogate pair, which is no character")
    assert good == Row(2, {"external_id": "A-2", "title": "\U0001f600", **AS_OF})


def test_a_csv_header_names_the_fields_of_the_api(tmp_path: Path) -> None:
    text = (
        "external_id,priority,revision,tags,title,region\r\n"
        'A-1,P1,3,"emea; vip,beta","Mail, again ""down""\nsince nine",north\r\n'
        "\r\n"
        "A-2,,,,,\r\n"
    )
    assert read_text(tmp_path, a_csv, text) == [
        Row(
            2,
            {
                "external_id": "A-1",
                "priority": "P1",
                "revision": 3,
                "tags": ["emea", "vip", "beta"],
                "title": 'Mail, again "down"\nsince nine',
                "region": "north",
                **AS_OF,
                "customer_tier": "gold",
            },
        ),
        Row(5, {"external_id": "A-2", **AS_OF, "customer_tier": "gold"}),
    ]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (",P1,0", "no external_id"),
        ("A-1,P1,zero", "revision is not a number: 'zero'"),
        ('A-1,"P1"x,0', "expected after"),
    ],
)
def test_a_malformed_csv_row_is_named_and_the_rest_goes_on(
    tmp_path: Path, row: str, error: str
) -> None:
    text = f"external_id,priority,revision\n{row}\nA-2,P1,0\n"
    bad, good = read_text(tmp_path, a_csv, text)
    assert isinstance(bad, Malformed)
    assert (bad.line, error in bad.error) == (2, True)
    assert isinstance(good, Row)


@pytest.mark.parametrize(
    ("reader", "text", "error"),
    [
        (a_servicenow, "number,priority\n", "header lacks sys_updated_on or sys_updated_at"),
        (a_csv, "id,priority\n", "header lacks external_id; it has id, priority"),
        (a_csv, "external_id,title,title\n", "header names 'title' twice"),
        (a_csv, "", "the file is empty"),
    ],
)
def test_a_file_of_another_kind_is_refused_as_a_whole(
    tmp_path: Path, reader: Reader, text: str, error: str
) -> None:
    with pytest.raises(UnusableFile, match=error):
        read_text(tmp_path, reader, text)


def test_json_lines_are_items_as_they_are(tmp_path: Path) -> None:
    text = '{"external_id": "Ä-1", "tags": null}\n\n{"external_id": "A-2"}'
    assert read_text(tmp_path, a_jsonl, text) == [
        Row(1, {"external_id": "Ä-1", "tags": None, **AS_OF}),
        Row(3, {"external_id": "A-2", **AS_OF}),
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"title": "x"}', "no external_id"),
        ('{"external_id": 7}', "no external_id"),
        ('{"external_id": "A", "revision": NaN}', "NaN is no number"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_malformed_json_line_is_named_and_the_rest_goes_on(
    tmp_path: Path, line: str, error: str
) -> None:
    bad, good = read_text(tmp_path, a_jsonl, f'{line}\n{{"external_id": "A-2"}}\n')
    assert isinstance(bad, Malformed)
    assert (bad.line, error in bad.error) == (1, True)
    assert good == Row(2, {"external_id": "A-2", **AS_OF})


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (a_csv, b"external_id,title\nA-1,caf\xe9\nA-2,ok\n"),
        (a_jsonl, b'\n{"external_id": "A-1", "title": "caf\xe9"}\n{"external_id": "A-2"}\n'),
    ],
)
def test_bytes_that_are_no_utf8_cost_one_row(tmp_path: Path, reader: Reader, text: bytes) -> None:
    path = tmp_path / "latin1"
    path.write_bytes(text)
    bad, good = read(path, reader)
    assert bad == Malformed(2, "not UTF-8")
    assert isinstance(good, Row)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes(b"\xef\xbb\xbfexternal_id\r\nA-1\r\n")
    assert read(path, a_csv) == [Row(2, {"external_id": "A-1", **AS_OF, "customer_tier": "gold"})]


def test_a_gzipped_file_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "incidents.csv"
    path.write_bytes(gzip.compress((SERVICENOW + NEW).encode()))
    assert len(read(path, a_servicenow)) == 1
    with ImportFile(path) as file:
        assert file.consumed == 0
        list(file.lines())
        assert file.consumed == file.size


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_pipe_is_read_as_it_comes(tmp_path: Path, packed: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    content = packed((SERVICENOW + NEW).encode())
    with ThreadPoolExecutor() as writer:
        writer.submit(path.write_bytes, content)
        with ImportFile(path) as file:
            assert (file.size, len(list(a_servicenow(file.lines())))) == (None, 1)
            assert file.consumed == 0


@pytest.mark.parametrize(
    ("reader", "head", "row"),
    [
        (a_servicenow, SERVICENOW, NEW),
        (a_jsonl, "", '{"external_id": "A-1"}\n'),
    ],
)
def test_a_gzipped_file_that_was_cut_gives_what_it_has(
    tmp_path: Path, reader: Reader, head: str, row: str
) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress((head + row * 20_000).encode())[:-200])
    *rows, last = read(path, reader)
    assert rows
    assert all(isinstance(row, Row) for row in rows)
    assert isinstance(last, Malformed)
    assert "damaged from here on" in last.error


def test_the_demo_brings_a_lively_extract() -> None:
    def as_the_demo(lines: Iterable[str]) -> Iterator[Row | Malformed]:
        return servicenow.read(lines, EXTRACT, [])

    path = Path(str(Path(servicenow.__file__).parent.parent / "demo" / "data" / "incidents.csv.gz"))
    rows = [row.item for row in read(path, as_the_demo) if isinstance(row, Row)]
    assert len(rows) == 370
    assert {row["customer_tier"] for row in rows} == {"enterprise", "premium", "standard"}
    assert {row["priority"] for row in rows} == {"P0", "P1", "P2", "P3"}
    assert {"New", "Active", "Awaiting User Info", "Resolved"} <= {row["status"] for row in rows}
