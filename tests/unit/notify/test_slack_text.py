"""Words for people, safe inside Slack's mark-up."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.notify.plain_text import duration, left
from engine.notify.slack_text import date, safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A & B", "A &amp; B"),
        ("<!channel> <@U1> <http://x|y>", "&lt;!channel&gt; &lt;@U1&gt; &lt;http://x|y&gt;"),
        ("two\nlines\tand\x00 more\x9b", "two lines and more"),
        ("T-1\u202e\u2066 \u05d0", "T-1 \u05d0"),
        ("\u200b\ufeff", ""),
        ("", ""),
    ],
)
def test_foreign_text_cannot_say_anything_to_slack(text: str, shown: str) -> None:
    assert safe(text, 100) == shown


@given(st.text(alphabet="ab&<> \n", max_size=60), st.integers(1, 40))
def test_cut_text_fits_and_no_entity_is_cut(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert len(shown) <= limit
    plain = html.unescape(shown)
    assert "&" not in shown.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert " ".join(text.split()).startswith(plain.removesuffix("…"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a second"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (540, "9 minutes"),
        (545, "9 minutes 5 seconds"),
        (3_900, "1 hour 5 minutes"),
        (86_400, "1 day"),
        (-90_061, "1 day 1 hour"),
        (86_400 * 3 + 59, "3 days"),
    ],
)
def test_a_length_of_time_has_two_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (540, "9 minutes left"),
        (0, "out of time"),
        (-1e-6, "out of time"),
        (-61, "overdue by 1 minute 1 second"),
    ],
)
def test_what_is_left_turns_into_an_overrun(seconds: float, words: str) -> None:
    assert left(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (16_200, "4 hours 30 minutes of working time left"),
        (0, "out of time"),
        (-600, "overdue by 10 minutes of working time"),
    ],
)
def test_of_hours_in_which_not_all_time_counts_that_is_said(seconds: float, words: str) -> None:
    assert left(seconds, working=True) == words


def test_an_instant_is_shown_in_the_readers_own_zone() -> None:
    assert date(1_767_604_500_000_000) == (
        "<!date^1767604500^{date_short_pretty} {time_secs}|2026-01-05 09:15:00 UTC>"
    )
