"""What a correlation id is to OpenTelemetry."""

from uuid import UUID

import pytest

from ops.tracing.identity import caller, span_id, trace_id

ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_the_bits_of_a_uuid_are_the_trace_however_it_is_spelt() -> None:
    for spelt in (ID, str(UUID(ID)), ID.upper()):
        assert f"{trace_id(spelt):032x}" == ID


def test_any_other_id_has_a_trace_that_is_always_the_same() -> None:
    others = ["order 66", "order 67", "0" * 32, "é", ""]
    found = [trace_id(one) for one in others]
    assert found == [trace_id(one) for one in others]
    assert len({*found, 0}) == len(others) + 1
    assert all(one.bit_length() <= 128 for one in found)


def test_spans_differ_by_their_trace_and_by_what_they_are_of() -> None:
    found = {span_id(1, "request"), span_id(2, "request"), span_id(1, "queue"), 0}
    assert len(found) == 4
    assert all(one.bit_length() <= 64 for one in found)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (f"00-{ID}-00f067aa0ba902b7-01", (ID, 0x00F067AA0BA902B7, True)),
        (f"00-{ID}-00f067aa0ba902b7-00", (ID, 0x00F067AA0BA902B7, False)),
        (f"01-{ID}-00f067aa0ba902b7-01-later", (ID, 0x00F067AA0BA902B7, True)),
        (f"ff-{ID}-00f067aa0ba902b7-01", None),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        (f"00-{ID}-{'0' * 16}-01", None),
        (f"00-{ID.upper()}-00f067aa0ba902b7-01", None),
        (f"00-{ID}", None),
        ("", None),
    ],
)
def test_a_caller_s_trace_is_read_as_it_is_written_down(given: str, found: object) -> None:
    assert caller(given) == found
