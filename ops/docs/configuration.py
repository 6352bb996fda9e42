"""The page of the configuration's keys: the full example, key by key. Tests hold that it is valid
and names every key that there is."""

import re
from collections.abc import Iterator
from pathlib import Path

MEANING = {
    "sla_targets": "What a customer is promised, by tier and priority: the time of each clock.",
    "rules": "Promises by what a ticket says of itself, tried in order before `sla_targets`.",
    "alert_thresholds": "How early people are warned.",
    "escalation_levels": "What the levels of a ladder are called in messages.",
    "statuses": "What a status means to the clocks: waiting, active, paused, done ….",
    "clocks": "More clocks than response and resolution, and how each counts.",
    "calendars": "Business hours, holidays and shifts, each in its own time zone.",
    "default_calendar": "Where a promise names no calendar; `24x7` is always there.",
    "goals": "What share of a clock's cycles has to be kept, for reports alone.",
    "own_dates": "Whether a ticket's own due dates are taken.",
    "escalation": "Levels without a ladder, and how long an acknowledgement holds.",
    "notifications": "Who is told of what, where and how often.",
    "people": "Who can be told.",
    "on_call": "Who is on call, from calendars that you have.",
    "sources": "Desks that post their webhooks here, and tables that are imported.",
    "on_change": "Whether a new version holds for open tickets.",
    "retention": "How long what nothing needs any more is kept. Events are, for ever.",
}
INTRODUCTION = """# Configuration

The file that `SLA_CONFIG` names, `sla_config.yaml` by default. Save it and a running service
takes it over as a new version; a file with a mistake is refused as a whole, with key and line,
and the last good one stays in force. `sla config check FILE` says the same beforehand, and `sla
config diff FILE` what a change would do.

Only `sla_targets` is required. Targets are `90s`, `15m`, `4h`, or working time of the calendar:
`2bd` (working days), `1bd@12:00` (at noon of the next), `2bd-end` (when the second one closes).
What follows is one valid file, every key of it: `ops/sla_config.full.yaml`.
"""


def page(root: Path) -> str:
    text = (root / "ops" / "sla_config.full.yaml").read_text(encoding="utf-8")
    return INTRODUCTION + "".join(
        f"\n## {key}\n\n{MEANING[key]}\n\n```yaml\n{block}\n```\n" for key, block in _blocks(text)
    )


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Each top-level key with its lines."""
    starts = [*re.finditer(r"^(\w+):", text, re.MULTILINE)]
    for start, after in zip(starts, [*starts[1:], None], strict=True):
        yield start[1], text[start.start() : after.start() if after else None].rstrip()
