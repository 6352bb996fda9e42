"""What a file leaves open is read as it was said to be meant."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ops.importing import api_csv, servicenow
from ops.importing.rows import Malformed, MalformedRow, Row, UnusableFile
from ops.importing.told import DateOrder, Told
from tests.support.imports import tried, written

LONG = "9" * 5_000
TOLD = Told(tier="gold", order="dmy", zone=UTC, updated_at="2026-01-05T09:00:00Z")


@pytest.mark.parametrize(
    ("text", "order", "zone", "instant"),
    [
        ("3/4/2025 10:15", "dmy", "UTC", "2025-04-03T10:15:00Z"),
        ("3/4/2025 10:15", "mdy", "UTC", "2025-03-04T10:15:00Z"),
        ("3/4/2025 10:15:07 PM", "mdy", "UTC", "2025-03-04T22:15:07Z"),
        ("3/4/2025, 12:00 am", "mdy", "UTC", "2025-03-04T00:00:00Z"),
        ("03.04.2025 10:15:07", "dmy", "UTC", "2025-04-03T10:15:07Z"),
        ("03-04-2025 10:15", "dmy", "Asia/Kolkata", "2025-04-03T04:45:00Z"),
        ("2025-07-03 10:15", None, "Europe/Berlin", "2025-07-03T08:15:00Z"),
        ("2025-01-03T10:15:07", None, "Europe/Berlin", "2025-01-03T09:15:07Z"),
        ("2025-03-30 02:30", None, "Europe/Berlin", "2025-03-30T01:30:00Z"),  # in the spring gap
        ("2025-10-26 02:30", None, "Europe/Berlin", "2025-10-26T00:30:00Z"),  # the first of two
        ("2025-01-03T10:15:07.5+02:00", None, None, "2025-01-03T10:15:07.5+02:00"),
        ("2025-01-03T10:15:07Z", None, None, "2025-01-03T10:15:07Z"),
    ],
)
def test_a_time_is_read_as_it_was_said_to_be_meant(
    text: str, order: DateOrder | None, zone: str | None, instant: str
) -> None:
    told = Told(order=order, zone=ZoneInfo(zone) if zone else None)
    assert told.instant("updated_at", text) == instant


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "3/4/25 10:15", "2025-04-03", "3/4.2025 10:15", "13:00 3/4/2025"],
)
def test_what_is_no_time_costs_its_row(text: str) -> None:
    with pytest.raises(MalformedRow, match="no time that can be read"):
        TOLD.instant("updated_at", text)


@pytest.mark.parametrize("text", ["31/4/2025 10:15", "1/1/2025 24:01", "1/1/2025 13:00 PM"])
def test_a_time_that_there_is_not_costs_its_row(text: str) -> None:
    with pytest.raises(MalformedRow, match="no time that there is"):
        TOLD.instant("updated_at", text)


def test_a_number_of_thousands_of_digits_costs_its_row(tmp_path: Path) -> None:
    lines = f"number,sys_updated_on,state,priority,sys_mod_count\nA,,New,,{LONG}\n"
    (row,) = servicenow.read(lines.splitlines(keepends=True), TOLD, [])
    assert isinstance(row, Malformed)
    assert row.error.startswith("sys_mod_count is not a number")
    lines = f"external_id,updated_at,revision\nA,2025-04-03T10:15:00Z,{LONG}\n"
    (row,) = api_csv.read(lines.splitlines(keepends=True), TOLD)
    assert isinstance(row, Malformed)
    assert row.error.startswith("revision is not a number")
    (refused,) = tried(
        written(tmp_path, "t.csv", lines), "--priority", "P1", "--tier", "gold", "--yes"
    )["refused"]
    assert refused["error"].startswith("revision: ")


def test_the_times_of_a_csv_may_name_their_zone_or_are_told_it() -> None:
    text = "external_id,updated_at,created_at\nA-1,2025-04-03 10:15,2025-04-03T10:00:00+02:00\n"
    told = Told(zone=ZoneInfo("Europe/Berlin"))
    assert list(api_csv.read(text.splitlines(keepends=True), told)) == [
        Row(
            2,
            {
                "external_id": "A-1",
                "updated_at": "2025-04-03T08:15:00Z",
                "created_at": "2025-04-03T10:00:00+02:00",
            },
        )
    ]
    with pytest.raises(UnusableFile, match="names no time zone"):
        list(api_csv.read(text.splitlines(keepends=True), Told()))
