"""Columns as they travel to the database."""

from datetime import UTC, datetime
from typing import Any

import pytest

from command_side.event_store import binary
from projections.elements import Elements

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
INSTANTS = "timestamp with time zone"


def test_an_instant_travels_alike_as_text_and_as_value() -> None:
    given = ["2026-03-02T09:00:00Z", None, NINE, "2026-03-02T10:00:00.000000+01:00"]
    kind, sent = Elements().column(INSTANTS, given)

    assert kind == INSTANTS
    assert sent.content == binary.values(binary.INSTANT, [NINE, None, NINE, NINE]).content


@pytest.mark.parametrize(
    ("kind", "values", "texts"),
    [
        ("integer", [1, "x", None], ["1", "x", None]),
        ("integer", [2.0, 2**31], ["2", "2147483648"]),
        ("boolean", ["t", False], ["t", "0"]),
        (INSTANTS, ["infinity", NINE], ["infinity", "2026-03-02T09:00:00+00:00"]),
        (INSTANTS, ["2026-03-02T09:00:00.1234567+00:00"], ["2026-03-02T09:00:00.1234567+00:00"]),
        (INSTANTS, ["2026-03-02T09:00:00.1234567Z"], ["2026-03-02T09:00:00.1234567Z"]),
        (INSTANTS, ["2026-03-02T09:00:00"], ["2026-03-02T09:00:00"]),
        ("numeric", [1.5, 3], ["1.5", "3"]),
        ("jsonb", [{"a": "\0b"}, None], ['{"a":"b"}', None]),
    ],
)
def test_what_is_not_read_here_travels_as_text(kind: Any, values: Any, texts: Any) -> None:
    travels, sent = Elements().column(kind, values)

    assert travels == "text"
    assert sent.content == binary.values(binary.TEXT, texts).content
