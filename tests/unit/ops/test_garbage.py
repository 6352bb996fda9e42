"""The search for reference cycles, while many events are worked on."""

import gc
import sys
from collections.abc import Iterator

import pytest

from ops import cli, garbage


@pytest.fixture(autouse=True)
def as_python_has_it() -> Iterator[None]:
    """The tests themselves run with seldom searches, and what they all share set apart."""
    ours = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    gc.unfreeze()
    yield
    gc.freeze()
    gc.set_threshold(*ours)


def test_cycles_are_looked_for_less_often_for_a_while() -> None:
    before = gc.get_threshold()
    with garbage.collected_seldom():
        assert gc.get_threshold() > before
        assert gc.get_freeze_count()

    assert gc.get_threshold() == before
    assert not gc.get_freeze_count()


def test_a_program_looks_for_few_of_them_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gc.get_threshold()
    at_its_start: list[tuple[int, int, int]] = []
    monkeypatch.setattr(cli, "app", lambda: at_its_start.append(gc.get_threshold()))

    cli.main()

    assert at_its_start[0] > before


def test_a_program_that_ends_looks_for_none_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "app", lambda: sys.exit(1))

    with pytest.raises(SystemExit):
        cli.main()

    assert gc.get_freeze_count()
