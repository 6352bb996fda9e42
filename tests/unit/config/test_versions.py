"""The policy book: versions in order, whichever way they come in."""

import pytest

from config.loading import Loaded, load
from config.versions import PolicyBook, UnknownVersion
from engine.notify.channel_types import CHANNEL_TYPES


def version(number: int, minutes: int = 60) -> Loaded:
    text = f"sla_targets: {{gold: {{high: {{resolution_minutes: {minutes}}}}}}}"
    return load(
        text,
        version=number,
        accepted_at=number,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )


def test_an_empty_book_has_no_current_policy() -> None:
    book = PolicyBook()
    assert book.newest is None
    assert book.all == ()
    with pytest.raises(UnknownVersion, match="no configuration"):
        _ = book.current


def test_the_newest_version_is_the_current_one_in_whatever_order_they_come() -> None:
    book = PolicyBook()
    for number in (2, 1, 3):
        book.add(version(number))
    assert [policy.version for policy in book.all] == [1, 2, 3]
    assert book.current is book.all[-1]
    assert book.version(2) is book.all[1]
    assert [each.policy.version for each in book.history()] == [1, 2, 3]
    assert [each.policy.version for each in book.history(since=1)] == [2, 3]


def test_a_version_that_is_known_stays_as_it_is() -> None:
    book = PolicyBook()
    book.add(version(1))
    policies = book.all
    book.add(version(1, minutes=5))
    assert book.all is policies


def test_a_version_that_nobody_recorded_is_unknown() -> None:
    book = PolicyBook()
    book.add(version(1))
    with pytest.raises(UnknownVersion, match="no version 2"):
        book.version(2)
