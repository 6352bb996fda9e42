"""A notice that names people, with all that it may say."""

from command_side.deciding.events import Notice, OnCall, Told
from tests.support.formats.others import MINUTE, NINE

NAMED = Notice(
    to=("slack",),
    alerts=(
        Told(
            type="retracted",
            alert_id="4f1c:resolution:2:warning:0",
            clock="resolution",
            cycle=2,
            generation=0,
            milestone="warning",
            escalation_level=0,
            occurred_at=NINE,
            raised_at=NINE + MINUTE,
        ),
    ),
    people=("anna", "björn"),
    on_call=(
        OnCall(rotation="Zahlungen", version=7),
        OnCall(rotation="ops", version=0, fallback=True, stale=True),
    ),
)
