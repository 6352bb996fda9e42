"""Where an answer came from, it is not told: there it is known."""

from msgspec.structs import replace

from command_side.deciding.events import Notice, Told
from command_side.deciding.telling import but_for

TOLD = Told(
    type="acknowledged",
    alert_id="a",
    clock="resolution",
    cycle=1,
    generation=0,
    milestone="breached",
    severity="breached",
    escalation_level=0,
    level_name=None,
    occurred_at=0,
    raised_at=0,
)
BOTH, OTHERS, ALONE = (
    Notice(to=to, alerts=(TOLD,)) for to in (("pager", "slack"), ("mail",), ("pager",))
)


def test_all_others_are_told_what_they_would_be() -> None:
    left = but_for("pager", (BOTH, OTHERS, ALONE))
    assert left == (replace(BOTH, to=("slack",)), OTHERS)


def test_where_it_came_from_elsewhere_all_are() -> None:
    assert but_for("", (BOTH, OTHERS, ALONE)) == (BOTH, OTHERS, ALONE)
    assert but_for("pager", (ALONE,)) == ()
