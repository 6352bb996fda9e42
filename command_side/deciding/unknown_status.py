"""Saying of a status that nobody has mapped how it would be taken."""

import json
from collections.abc import Iterable

from command_side.deciding.problems import Problem

PHASE = "waiting"
"""What an unknown status most harmlessly is: the clocks run, and it answers nobody."""
OTHERS = "active, paused, done or cancelled"


def unknown_status(status: str, known: Iterable[str]) -> Problem:
    """With the line of YAML that maps it, and all that are mapped already."""
    msg = (
        f"unknown status {status!r}; this line under `statuses:` in the configuration accepts it:"
        f" `{line(status)}` (or {OTHERS}); known are: {', '.join(sorted(known))}, awaiting*"
    )
    return Problem(("status",), msg)


def line(status: str) -> str:
    """`"In Review": waiting`, whatever characters it has."""
    if status == "default":  # which by itself is every other status
        status = status.title()
    quoted = json.dumps(status, ensure_ascii=False)
    safe = "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in quoted)
    return f"{safe}: {PHASE}"
