"""The search for reference cycles, while many events are worked on."""

import gc

from ops.garbage import collected_seldom


def test_cycles_are_looked_for_less_often_for_a_while() -> None:
    before = gc.get_threshold()
    with collected_seldom():
        assert gc.get_threshold() > before
        assert gc.get_freeze_count()

    assert gc.get_threshold() == before
    assert not gc.get_freeze_count()
