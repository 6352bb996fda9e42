"""What somebody wrote stays text in a spreadsheet, and never becomes a formula."""

import pytest

from query_side.spreadsheet import as_csv, cell

SUM = "SUM(1;1)"


@pytest.mark.parametrize(
    "text",
    [
        *(sign + SUM for sign in "=+-@"),
        *(sign + SUM for sign in "\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"),
        *(f"{unseen}={SUM}" for unseen in " \t\r\n\v\u00a0\u3000\u2028\u200b\ufeff\u00ad\u2060"),
        f" \u200b\t\uff1d{SUM}",
        "\tplain",
        "\rplain",
        "\nplain",
    ],
)
def test_a_text_that_begins_as_a_formula_is_kept_from_being_one(text: str) -> None:
    assert cell(text) == "'" + text


@pytest.mark.parametrize(
    "value", ["", "Ann", "a=b", "Doe, John", " Ann", "Ann-Marie", 5, -5.0, None]
)
def test_all_else_is_left_as_it_is(value: object) -> None:
    assert cell(value) == value


def test_a_table_has_its_columns_and_nothing_else() -> None:
    rows = [{"team": "=1+1", "met": 2, "href": "/x"}, {"met": None}]
    assert as_csv(["team", "met"], rows) == "team,met\r\n'=1+1,2\r\n,\r\n"
