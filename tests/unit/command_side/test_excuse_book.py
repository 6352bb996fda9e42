"""What is agreed not to count, as it stood after each of its changes."""

from dataclasses import replace
from uuid import UUID

import pytest

from command_side.deciding import excusing
from command_side.deciding.events import (
    EXCUSES,
    Body,
    ExcusedWindow,
    ExcuseEnded,
    ExcuseGranted,
    ExcuseWithdrawn,
    SilenceEnded,
    written,
)
from command_side.deciding.excusing import ExcuseBook
from command_side.deciding.rebuilding import excused_by
from command_side.event_store import Recorded
from engine.sla.conditions import Attributes
from engine.sla.instants import moment
from engine.sla.policy import UnknownVersion

ONE, TWO = UUID(int=1), UUID(int=2)
ANY = Attributes("gold", "P1")


def granted(excuse: UUID, *windows: tuple[int, int | None], **match: object) -> ExcuseGranted:
    return ExcuseGranted(
        excuse_id=excuse,
        windows=tuple(ExcusedWindow(start=start, until=end) for start, end in windows),
        match=match,
        reason="agreed",
    )


def change(book: ExcuseBook, body: Body) -> None:
    number, now = book.number + 1, moment(1_000 * (book.number + 1))
    state = written(body)
    book.take(Recorded(number, EXCUSES, number, body.TOPIC, state, None, now, now, None))


@pytest.fixture
def book() -> ExcuseBook:
    book = ExcuseBook()
    change(book, granted(ONE, (10, 20), (30, 40)))
    change(book, granted(TWO, (15, 35), priority="P1"))
    change(book, ExcuseEnded(excuse_id=ONE, ended_at=32))
    change(book, ExcuseWithdrawn(excuse_id=TWO, reason="no"))
    return book


def test_each_number_has_its_list(book: ExcuseBook) -> None:
    found = [book.version(number).windows("resolution", ANY) for number in range(5)]
    assert found == [
        (),
        ((10, 20), (30, 40)),
        ((10, 40),),
        ((10, 35),),
        ((10, 20), (30, 32)),
    ]
    assert book.newest is book.version(4)
    assert (book.number, book.changed_at(2)) == (4, 2_000)


def test_one_more_is_supposed_without_being_taken(book: ExcuseBook) -> None:
    first = book.agreements()[0]
    supposed = book.supposing(replace(first, excuse_id=UUID(int=3), windows=((50, 60),)))
    assert supposed.newest.windows("resolution", ANY) == ((10, 20), (30, 32), (50, 60))
    assert (supposed.number, book.number) == (5, 4)


def test_its_end_is_that_of_what_counts_else_of_what_was_granted(book: ExcuseBook) -> None:
    assert [one.until for one in book.agreements()] == [32, 35]


def test_a_list_that_is_not_known_yet_says_so(book: ExcuseBook) -> None:
    with pytest.raises(UnknownVersion, match="change 5"):
        book.version(5)
    with pytest.raises(LookupError):
        book.agreement(UUID(int=3))
    assert book.agreement(ONE).ended_at == 32


def test_few_lists_are_kept_ready(book: ExcuseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excusing, "KEPT", 2)
    for number in (1, 2, 3, 1):
        assert book.version(number).number == number


@pytest.mark.parametrize(
    "body",
    [
        SilenceEnded(silence_id=ONE, ended_at=1),
        granted(TWO, (1, 2), mood="sad"),
        granted(TWO, (1, 2), assigned="maybe"),
    ],
)
def test_what_cannot_be_read_is_no_change(body: Body) -> None:
    book = ExcuseBook()
    with pytest.raises(ValueError, match=r"nothing|none of what|yes or no"):
        change(book, body)
    assert book.number == 0


def test_a_stream_that_names_no_list_stands_under_none() -> None:
    assert excused_by(()) == 0
