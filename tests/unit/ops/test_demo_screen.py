"""The demo's screen: plain lines for files and pipes, a page for terminals."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

from rich.console import Console

from ops.demo.screen import Scene, screen

AT = datetime(2016, 3, 28, 7, tzinfo=UTC)


def alert(position: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "alert",
        "position": position,
        "external_id": f"INC{position}",
        "clock": "response",
        "severity": "warning",
        "milestone": "warning",
        "escalation_level": 1,
        "level_name": "Team lead notified",
        "raised_at": "2016-03-28T07:30:00Z",
        "priority": "P1",
        "customer_tier": "premium",
        "suppressed": None,
        **more,
    }


def scene() -> Scene:
    scene = Scene(AT, 6000, total=370, replayed=12, tickets=5, states={"breached": 2})
    scene.heard(alert(7))
    scene.heard(alert(8, type="escalation"))
    scene.heard(alert(9, type="retracted"))
    scene.heard(alert(10, suppressed="backfill"))
    return scene


def test_lines_say_everything_once() -> None:
    written = StringIO()
    told = scene()
    with screen(Console(file=written, width=200)) as shown:
        shown.show(told)
        shown.show(told)
        told.at += timedelta(hours=6)
        shown.show(told)
    assert written.getvalue().splitlines() == [
        "  Mon 07:30 INC7 P1 premium response warning",
        "  Mon 07:30 INC8 P1 premium escalated to level 1: Team lead notified",
        "  Mon 07:30 INC9 P1 premium withdrawn: response warning",
        *(
            f"Mon 28 Mar 2016 {hour}:00 UTC: 0 compliant, 0 warning, 0 critical, 2 breached,"
            " 0 untracked; 1 alerts, 1 escalations, 1 withdrawn, 1 kept quiet; 0 Slack messages"
            for hour in ("07", "13")
        ),
    ]


def test_there_is_a_line_for_everything_however_much_comes_between_two_looks() -> None:
    written = StringIO()
    told = Scene(AT, 19_677, total=370)
    for position in range(100):
        told.heard(alert(position))
    with screen(Console(file=written, width=200)) as shown:
        shown.show(told)
    lines = [line for line in written.getvalue().splitlines() if line.startswith("  ")]
    assert [line.split()[2] for line in lines] == [f"INC{number}" for number in range(100)]


def test_a_page_fits_a_terminal_of_80_columns() -> None:
    written = StringIO()
    told = Scene(AT, 19_677, total=370, replayed=370, tickets=70, states={})
    with screen(Console(file=written, width=80, force_terminal=True, height=40)) as shown:
        shown.show(told)
    assert "Mon 28 Mar 2016 07:00 UTC" in written.getvalue()
    assert "370/370 updates, 19,677 x real time" in written.getvalue()


def test_a_page_shows_the_same() -> None:
    written = StringIO()
    with screen(Console(file=written, width=120, force_terminal=True, height=40)) as shown:
        shown.show(scene())
    for text in ("INC7", "12/370", "2 breached", "withdrawn: response warning"):
        assert text in written.getvalue()
