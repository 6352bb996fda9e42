"""What the demo shows: a live page in a terminal, plain lines anywhere else."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

Json = dict[str, Any]

STATES = ("compliant", "warning", "critical", "breached", "untracked")
COLOURS: Mapping[str, str] = {
    "compliant": "green",
    "warning": "yellow",
    "critical": "dark_orange",
    "breached": "red",
    "untracked": "bright_black",
    "retracted": "cyan",
}
SHOWN = 12  # alerts on the page


@dataclass(slots=True)
class Scene:
    """What is to be seen at the moment."""

    at: datetime
    speed: float
    total: int
    """Updates to replay."""
    replayed: int = 0
    tickets: int = 0
    states: Mapping[str, int] = field(default_factory=dict[str, int])
    told: Counter[str] = field(default_factory=Counter[str])
    """Alerts by type; suppressed ones count as `suppressed`."""
    alerts: list[Json] = field(default_factory=list[Json])
    """In the order of the alert log, without the suppressed ones."""
    position: int = 0
    """Up to where the alert log has been heard."""
    messages: int = 0
    """That the mock Slack has got."""
    message: str = ""
    """The newest of them."""

    def heard(self, alert: Json) -> None:
        """One more entry of the alert log."""
        if alert["suppressed"]:
            self.told["suppressed"] += 1
            return
        self.told[alert["type"]] += 1
        self.alerts.append(alert)


class Screen(Protocol):
    """Where the demo is watched."""

    def __enter__(self) -> "Screen": ...
    def __exit__(self, *_: object) -> None: ...
    def show(self, scene: Scene) -> None: ...


def screen(console: Console) -> Screen:
    """The one that fits the console."""
    return _Page(console) if console.is_terminal else _Lines(console)


class _Page:
    """Redraws itself in place."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="crop")

    def __enter__(self) -> "_Page":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, scene: Scene) -> None:
        share = Table.grid(padding=(0, 1))
        share.add_row(
            Text(_instant(scene.at), style="bold"),
            ProgressBar(total=scene.total, completed=scene.replayed, width=16),
            f"{scene.replayed}/{scene.total} updates, {scene.speed:,.0f} x real time",
        )
        alerts = Table.grid(padding=(0, 1))
        for alert in reversed(scene.alerts[-SHOWN:]):
            alerts.add_row(*_cells(alert), style=_colour(alert))
        self._live.update(
            Group(
                share,
                "",
                _counts(scene),
                Text(_summary(scene)),
                Text(
                    f"Slack: {scene.message}" if scene.message else "",
                    no_wrap=True,
                    overflow="ellipsis",
                ),
                "",
                alerts,
            ),
            refresh=True,
        )


class _Lines:
    """A line for everything new, and the counts now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = 0
        self._hour: datetime | None = None

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, scene: Scene) -> None:
        for alert in scene.alerts[self._told :]:
            self._print("  " + " ".join(filter(None, _cells(alert))))
        self._told = len(scene.alerts)
        hour = scene.at.replace(hour=scene.at.hour // 6 * 6, minute=0, second=0, microsecond=0)
        if hour != self._hour or scene.replayed == scene.total:
            self._hour = hour
            counts = ", ".join(f"{scene.states.get(state, 0)} {state}" for state in STATES)
            self._print(f"{_instant(scene.at)}: {counts}; {_summary(scene)}")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _counts(scene: Scene) -> Table:
    table = Table.grid(padding=(0, 3))
    table.add_row(
        Text(f"{scene.tickets} tickets"),
        *(
            Text(f"{scene.states.get(state, 0)} {state}", style=f"bold {COLOURS[state]}")
            for state in STATES
        ),
    )
    return table


def _summary(scene: Scene) -> str:
    told = scene.told
    return (
        f"{told['alert']} alerts, {told['escalation']} escalations, {told['retracted']} withdrawn,"
        f" {told['suppressed']} kept quiet; {scene.messages} Slack messages"
    )


def _cells(alert: Json) -> tuple[str, ...]:
    """When, which ticket, whose, what."""
    return (
        f"{datetime.fromisoformat(alert['raised_at']):%a %H:%M}",
        alert["external_id"],
        f"{alert['priority']} {alert['customer_tier']}",
        _what(alert),
    )


def _what(alert: Json) -> str:
    clock, severity = alert["clock"] or "", alert["severity"] or ""
    match alert["type"]:
        case "alert":
            return f"{clock} {severity}"
        case "escalation":
            name = alert["level_name"] or ""
            return f"escalated to level {alert['escalation_level']}: {name}"
        case "retracted":
            return f"withdrawn: {clock} {(alert['milestone'] or '').replace(':', ' ')}"
        case other:
            return f"{other} {clock}"


def _colour(alert: Json) -> str:
    return COLOURS.get(alert["type"], COLOURS.get(alert["severity"] or "", ""))


def _instant(at: datetime) -> str:
    return f"{at:%a %d %b %Y %H:%M} UTC"
