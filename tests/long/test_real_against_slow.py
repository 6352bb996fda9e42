"""Every clock of every real ticket is what counting minute by minute gives."""

import time
from pathlib import Path

import pytest

from tests.support import incidents
from tests.support.at_length import compare_all
from tests.support.figures import Figures
from tests.support.slowly import POLICIES

pytestmark = pytest.mark.long


@pytest.mark.parametrize("retold", [False, True], ids=["", "retold"])
@pytest.mark.parametrize("under", POLICIES)
def test_every_clock_of_every_real_ticket_is_what_counting_gives(
    under: str, retold: bool, updates: Path, figures: Figures
) -> None:
    tickets = incidents.timelines(updates)
    began = time.monotonic()
    compared = compare_all(tickets, under, retold=retold)
    figures("tickets", compared.tickets)
    figures("cycles", compared.cycles)
    figures("minutes stepped through", compared.minutes)
    figures("seconds", time.monotonic() - began)
    figures("tickets that differ", len(compared.differences))
    assert compared.differences == []
    assert compared.tickets == len(tickets)
    assert compared.cycles >= len(tickets)
