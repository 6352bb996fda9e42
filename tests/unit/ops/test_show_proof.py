"""What `sla verify` says of a log that is whole, and of one that was changed."""

from io import StringIO
from typing import Any

import pytest

from ops.commands import log
from ops.commands.exits import Plain

REBUILD = "`sla projections rebuild` mends it"
whole_or_changed = pytest.mark.parametrize("reason", [None, "its link is not the checkpoint's"])


def shown(monkeypatch: pytest.MonkeyPatch, reason: str | None, *projections: Any) -> str:
    said = StringIO()
    monkeypatch.setattr(log, "out", Plain(file=said, width=200))
    found = {"events": 4, "erased": 0, "checkpoint": "4:0375", "bad_position": 5, "reason": reason}
    log.show_proof({**found, "projections": projections})
    return said.getvalue()


@whole_or_changed
def test_a_log_that_was_changed_is_vouched_for_by_no_checkpoint(
    monkeypatch: pytest.MonkeyPatch, reason: str | None
) -> None:
    assert ("4:0375" in shown(monkeypatch, reason)) is (reason is None)


@whole_or_changed
def test_where_the_log_was_changed_nobody_is_asked_to_build_read_tables_by_it(
    monkeypatch: pytest.MonkeyPatch, reason: str | None
) -> None:
    other = {"table": "tickets", "missing": 0, "surplus": 1, "keys": ["[A]"]}
    words = shown(monkeypatch, reason, other)
    assert "tickets is not as the log has it" in words
    assert (REBUILD in words) is (reason is None)
    assert ("Build no read table anew" in words) is (reason is not None)
