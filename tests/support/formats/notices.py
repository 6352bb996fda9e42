"""What notices tell of: all that they may say, and as little as they have to."""

from typing import Any

from msgspec import structs

from command_side.deciding.events import Gather, KeptBack, Notice, Repeats, Told
from tests.support.formats.others import MINUTE, NINE, SILENCE

TOLD = Told(
    type="escalation",
    alert_id="4f1c:resolution:2:level:2:0",
    clock="resolution",
    cycle=2,
    generation=1,
    milestone="level:2",
    escalation_level=2,
    occurred_at=NINE + 20 * MINUTE,
    raised_at=NINE + 21 * MINUTE,
    severity="warning",
    level_name="Manager notified",
    due_at=NINE + 61 * MINUTE,
    remaining=39 * MINUTE + 1_500,
    reason="it was reopened",
    muted="snoozed",
)
TOLD_IN_SHORT = Told(
    type="retracted",
    alert_id="4f1c:resolution:2:warning:0",
    clock="resolution",
    cycle=2,
    generation=0,
    milestone="warning",
    escalation_level=0,
    occurred_at=NINE + 22 * MINUTE,
    raised_at=NINE + 23 * MINUTE,
    severity=None,
    level_name=None,
    due_at=None,
    remaining=None,
    reason=None,
    muted=None,
)
NOTICES = (Notice(to=("slack", "Überwachung"), alerts=(TOLD, TOLD_IN_SHORT)),)
TOLD_EXCUSED = structs.replace(TOLD_IN_SHORT, reason="it is excused", because="excused")
LEAVING = Notice(
    to=("slack",),
    alerts=(
        structs.replace(TOLD_EXCUSED, stands="some"),
        structs.replace(TOLD_EXCUSED, milestone="critical", because=None, stands="none"),
    ),
)
TELL = {"acknowledged": ("slack", "pager"), "ended": ()}
REPEATS = (Repeats(route="Pager", to=("slack",), until="acknowledged", every=15 * MINUTE),)
SEVERAL = (structs.replace(REPEATS[0], at_most=6),)
KEPT_BACK_BY = (
    KeptBack(
        alert_id="4f1c:resolution:2:warning:0",
        route="Pager",
        because="silenced",
        silenced_by=(SILENCE,),
    ),
)
KEPT_BACK = (
    KeptBack(alert_id="4f1c:resolution:2:warning:0", route="Pager", because="snoozed"),
    KeptBack(alert_id="4f1c:resolution:2:warning:1", route="Größe", because="changed"),
)
REMINDED = structs.replace(TOLD, type="reminder", count=3, route="Pager")
FOLLOWING = (
    structs.replace(TOLD_IN_SHORT, type="ended", state="met", severity="warning"),
    structs.replace(TOLD_IN_SHORT, type="acknowledged", until=NINE + 90 * MINUTE),
    structs.replace(TOLD_IN_SHORT, type="snoozed", until=NINE + 30 * MINUTE),
    structs.replace(TOLD, type="reminder", count=2),
)
BY_OFFICE_HOURS = structs.replace(TOLD, type="reminder", count=1, calendar="office")
TURNED = structs.replace(
    TOLD_IN_SHORT, type="transition", milestone="", before="running", after="paused"
)
RULED: dict[str, Any] = {
    "rule": "Payments outage",
    "team": "Payments",
    "organization": "ACME",
}
GATHERED = Notice(to=("slack",), alerts=(TOLD,), gather=Gather(key="9a0c3f21", wait=10_000_000))
SILENCED: dict[str, Any] = {
    "suppressed": "silenced",
    "silenced_by": (SILENCE,),
    "notices": (GATHERED,),
}
OF_ONE: dict[str, Any] = {"level": 1, "level_name": "1"}
"""An escalation."""
